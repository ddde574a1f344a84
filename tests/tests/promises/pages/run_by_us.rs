//! Owns the scenarios of the blocks in which cp-token itself runs the program.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use cp_token_tests::programs;

use super::page_world::{PageWorld, target};

/// A revocation in the middle costs one report and one repeat.
pub(super) fn curl(text: &str) {
    if !programs::present(&["bash", "curl", "jq"]) {
        return;
    }
    let page_world = PageWorld::new();
    let server = page_world.world.server();
    let dead = page_world.world.helper(&[]).token();
    server.revoke(&dead);
    let done = page_world.call("bash", text).run();
    assert!(done.code == 0 && done.stdout == "{\"users\":[]}\n".repeat(3), "{done:?}");
    let asked: Vec<_> =
        server.entries().iter().filter(|entry| entry.request.method == "GET").map(target).collect();
    assert_eq!(asked, [11, 11, 12, 13].map(|guid| format!("/api/v1/Computer/{guid}?idType=guid")));
    assert_eq!((server.token_requests(), server.refused_bearers()), (2, 1));
}

/// A program that asks the server with the token that its environment, or a file, gives to it.
fn report(page_world: &PageWorld, token: &str) -> String {
    let ca = page_world.world.ca_file();
    format!(
        "#!/bin/sh\nprintf 'header = \"Authorization: Bearer %s\"\\n' \"{token}\" |\n\
         curl -fsS -K - --cacert {} \"$CP_TOKEN_URL/api/v3/report\"\n",
        ca.display()
    )
}

pub(super) fn with_a_variable(text: &str) {
    if !programs::present(&["curl"]) {
        return;
    }
    let page_world = PageWorld::new();
    page_world.own_program("report", &report(&page_world, "$CP_TOKEN"));
    page_world.call("sh", text).run().succeeded();
    assert_eq!(page_world.asked(), ["/api/v3/report"]);
    page_world.cost_one_token_request();
}

pub(super) fn two_calls_of_curl(text: &str) {
    if !programs::present(&["curl"]) {
        return;
    }
    let page_world = PageWorld::new();
    page_world.call("sh", text).run().succeeded();
    assert_eq!(page_world.asked(), ["/api/v3/users?active=true", "/api/v3/users"]);
    page_world.cost_one_token_request();
}

/// Asks as the other programs do, in Python.
const REPORT: &str = "import os, urllib.request\n\
    request = urllib.request.Request(os.environ['CP_TOKEN_URL'] + '/api/v3/report')\n\
    request.add_unredirected_header('Authorization', 'Bearer ' + os.environ['CP_TOKEN'])\n\
    urllib.request.urlopen(request).read()\n";

pub(super) fn both_ways_of_exec(text: &str) {
    if !programs::present(&["curl", "python3"]) {
        return;
    }
    let page_world = PageWorld::new();
    page_world.own_program("report.py", REPORT);
    run_beside_a_file(&page_world, text);
    assert_eq!(page_world.asked(), ["/api/v3/report", "/api/v3/report"]);
}

/// The file lies in memory, and goes with the program.
pub(super) fn with_a_file(text: &str) {
    if !programs::present(&["curl"]) {
        return;
    }
    let page_world = PageWorld::new();
    run_beside_a_file(&page_world, text);
    assert_eq!(page_world.asked(), ["/api/v3/report"]);
    page_world.cost_one_token_request();
}

fn run_beside_a_file(page_world: &PageWorld, text: &str) {
    let memory = Path::new("/dev/shm").join(page_world.world.root().file_name().expect("a world has a name"));
    std::fs::create_dir(&memory).expect("make a folder in memory");
    std::fs::set_permissions(&memory, PermissionsExt::from_mode(0o700)).expect("for us alone");
    page_world.own_program("sync-all-night", &report(page_world, "$(cat \"$CP_TOKEN_FILE\")"));
    let done = page_world.call("sh", text).env("XDG_RUNTIME_DIR", &memory).run();
    let left = files(&memory);
    drop(std::fs::remove_dir_all(&memory));
    assert!(done.code == 0 && left.is_empty(), "{done:?} {left:?}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(below).collect()
}
