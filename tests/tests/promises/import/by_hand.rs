//! Promises of the import that need no official CLI: files and messages are written by hand, and some with ill intent.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_tests::world::World;

use super::{CODE42_CONFIG, CRASHPLAN_CONFIG, PLAIN_FILE, import};

fn written(world: &World, path: &str, content: &[u8]) -> PathBuf {
    let path = world.path(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("make their folder");
    std::fs::write(&path, content).expect("write their file");
    path
}

#[test]
fn where_no_official_cli_was_ever_used_one_line_says_so_and_no_daemon_is_started() {
    let world = World::new();
    world
        .helper(&["profile", "import"])
        .failed(78)
        .saying("no profile of crashplancli or code42cli was found");
    world.helper(&["profile", "import", "--from", "elsewhere"]).failed(64);
    assert!(world.running().is_empty());
}

/// A profile `p` of crashplancli for a new client, with its secret in the plain file.
fn written_with_plain_file(world: &World) {
    world.oracle().spare(world.path(PLAIN_FILE));
    let (client, url) = (world.new_client(), world.server().url());
    let section = format!("[p]\ncpg_authority_url={url}\ncpg_username={}\napi-client-auth=True\n", client.id);
    written(world, CRASHPLAN_CONFIG, section.as_bytes());
    let (id, secret) = (client.id.replace('-', "_2d"), STANDARD.encode(&client.secret));
    let entry = format!("[crashplancli_3A_3Ap]\n{id} =\n\t{secret}\n");
    written(world, PLAIN_FILE, entry.as_bytes());
}

#[test]
fn a_secret_of_the_plain_file_moves_into_a_keyring_that_has_come_since() {
    let Some(world) = World::with_keyring() else { return };
    written_with_plain_file(&world);
    let result = import(&world, &[]).succeeded().stdout;
    assert!(result.contains("unencrypted; remove it there: crashplan profile delete p\n"), "{result}");
    std::fs::remove_file(world.path(PLAIN_FILE)).expect("remove it");
    world.stop_daemon();
    assert_eq!(world.api_status(&world.helper(&[]).token()), 200);
}

#[test]
fn a_rehearsal_without_a_keyring_says_that_the_real_thing_would_fail() {
    let world = World::new();
    written_with_plain_file(&world);
    let failed = import(&world, &["--dry-run"]);
    assert!(failed.code == 69 && failed.stderr.contains("--secret-source memory"), "{failed:?}");
    let result = import(&world, &["--dry-run", "--secret-source", "memory"]).succeeded().stdout;
    assert!(result.contains("p: would be imported") && result.contains("in memory alone"), "{result}");
    assert_eq!(world.server().token_requests(), 0);
}

#[test]
fn json_says_what_became_of_each_and_failures_keep_their_exit_code() {
    let world = World::new();
    written_with_plain_file(&world);
    let outcome = |arguments: &[&str], code: i32| {
        let result = import(&world, &[&["--json"], arguments].concat());
        assert_eq!(result.code, code, "{result:?}");
        crate::schemas::assert_obeys("import", &result.stdout);
        let result: serde_json::Value = serde_json::from_str(&result.stdout).expect("an array");
        (result[0]["profile"].clone(), result[0]["outcome"].clone(), result[0]["code"].clone())
    };
    let memory = ["--secret-source", "memory"];
    let rehearsed = outcome(&[&memory[..], &["--dry-run"]].concat(), 0);
    assert_eq!(rehearsed, ("p".into(), "would_be_imported".into(), serde_json::Value::Null));
    assert_eq!(outcome(&[], 69).1, "failed");
    assert_eq!(outcome(&memory, 0).1, "imported");
    assert_eq!(outcome(&memory, 0).1, "exists");
}

#[test]
fn hostile_files_are_named_and_hold_up_nobody() {
    let world = World::new();
    let good = world.new_client();
    let url = world.server().url();
    let section =
        format!("[prod]\nc42_authority_url = {url}\nc42_username = {}\napi-client-auth = True\n", good.id);
    written(&world, CODE42_CONFIG, section.as_bytes());
    let mut large = b"[a]\nx = ".to_vec();
    large.resize(10_000_000, b'x');
    for (content, words) in [
        (&b"[a]\nx = 1\nbroken"[..], "line 3"),
        (b"[a]\nx = \0", "NUL"),
        (b"\xff\xfe[a]", "not UTF-8"),
        (b"[a]\n[a]\n", "line 2"),
        (&large, "larger than a mebibyte"),
    ] {
        let path = written(&world, CRASHPLAN_CONFIG, content);
        let outcome = import(&world, &["--dry-run"]);
        assert!(
            outcome.stderr.contains(words) && outcome.stderr.contains(&*path.to_string_lossy()),
            "{outcome:?}"
        );
        assert!(
            outcome.stdout.contains("prod: NOT imported from code42cli"),
            "the other program's: {outcome:?}"
        );
        assert_eq!(outcome.code, 78, "{outcome:?}");
    }
    std::fs::remove_file(world.path(CRASHPLAN_CONFIG)).expect("remove it");
    std::fs::create_dir(world.path(CRASHPLAN_CONFIG)).expect("a folder in its place");
    let outcome = import(&world, &["--dry-run"]);
    assert!(outcome.stderr.contains("it is no ordinary file"), "{outcome:?}");
}

/// What the daemon answers to a rehearsal with this service's item, asked by whoever can write its language.
fn dry_run(world: &World, service: &str) -> String {
    const RECORDED: &[u8] =
        include_bytes!("../../../../protocol/tests/golden/v1/request-profile-create-from-external-item.bin");
    const SERVICE: &[u8] = b"crashplancli::A Person";
    assert_eq!(service.len(), SERVICE.len(), "the recorded message has room for this many bytes");
    let start = RECORDED.windows(SERVICE.len()).position(|bytes| bytes == SERVICE).expect("the service");
    let mut message = RECORDED.to_vec();
    message[start..start + SERVICE.len()].copy_from_slice(service.as_bytes());
    let mut raw = world.raw();
    raw.send(&message);
    let mut body = raw.body();
    while body == [0] {
        body = raw.body();
    }
    String::from_utf8_lossy(&body).into_owned()
}

#[test]
fn nobody_can_have_the_daemon_read_what_other_programs_keep_in_the_keyring() {
    let Some(world) = World::with_keyring() else { return };
    let services = ["crashplancli::A Person", "bank-account::A Person"];
    for service in services {
        let item = ["store", "--label=theirs", "service", service, "username", "jo@example.com"];
        world.keyring().secret_tool(&item, &world.new_secret());
    }
    let _daemon = world.daemon();
    let [allowed, refused] = services.map(|service| dry_run(&world, service));
    assert!(allowed.contains("can be created"), "{allowed}");
    assert!(refused.contains("only items of crashplancli and code42cli are taken over"), "{refused}");
    assert_eq!(world.server().token_requests(), 0);
}
