//! Promises about `cp-token service install`, `uninstall` and `status`: what they write, and what they leave alone.

use std::path::PathBuf;

use cp_token_tests::programs;
use cp_token_tests::user_manager::UserManager;
use cp_token_tests::world::World;

use super::{create, identity, installed, token};
use crate::schemas::assert_obeys;

const PACKAGED: [(&str, &str); 2] = [
    ("cp-token.socket", include_str!("../../../../packaging/systemd/cp-token.socket")),
    ("cp-tokend.service", include_str!("../../../../packaging/systemd/cp-tokend.service")),
];

fn units(world: &World) -> PathBuf {
    world.path("home/.config/systemd/user")
}

fn unit(world: &World, name: &str) -> String {
    std::fs::read_to_string(units(world).join(name)).unwrap_or_default()
}

/// The account as JSON, which obeys its schema whatever the exit code says.
fn account(manager: &UserManager<'_>, code: i32) -> serde_json::Value {
    let outcome = manager.helper(&["service", "status", "--json"]);
    assert_eq!(outcome.code, code, "{outcome:?}");
    assert_obeys("service", &outcome.stdout);
    serde_json::from_str(&outcome.stdout).expect("JSON")
}

#[test]
fn install_writes_what_is_packaged_and_changes_nothing_the_second_time_and_uninstall_leaves_nothing() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    assert_eq!(account(&manager, 69)["installed"], false);
    manager.helper(&["service", "uninstall"]).succeeded();
    installed(&manager);
    let daemon = world.daemon_file().display().to_string();
    for (name, packaged) in PACKAGED {
        assert_eq!(unit(&world, name), packaged.replace("/usr/bin/cp-tokend", &daemon), "{name}");
    }
    let socket = identity(&world);
    let again = manager.helper(&["service", "install"]).succeeded();
    assert!(again.stdout.lines().all(|line| line.starts_with("unchanged: ")), "{again:?}");
    assert_eq!(again.stdout.lines().count(), 3, "{again:?}");
    assert_eq!(identity(&world), socket);
    let idle = account(&manager, 0);
    assert!(idle["active"] == true && idle["pid"].is_null() && world.running().is_empty(), "{idle}");
    create(&world, &manager, "prod", &["--secret-source", "memory"]);
    let busy = account(&manager, 0);
    assert!(busy["skew"] == false && busy["daemon_version"] == busy["helper_version"], "{busy}");
    assert_eq!(busy["files"][0]["state"], "current");
    assert_eq!(manager.property("cp-token.socket", "UnitFileState"), "enabled");
    manager.helper(&["service", "uninstall"]).failed(64).saying("the secret of prod is in its memory alone");
    assert_eq!(world.running().len(), 1);
    let gone = manager.helper(&["service", "uninstall", "--force"]).succeeded();
    assert!(gone.stdout.contains("stopped and disabled") && gone.stdout.contains("removed: "), "{gone:?}");
    assert!(world.running().is_empty() && !world.socket().exists());
    let left = std::fs::read_dir(units(&world))
        .expect("the folder of units")
        .flatten()
        .filter(|entry| entry.path().is_file());
    assert_eq!(left.count(), 0);
    let account = account(&manager, 69);
    assert!(account["installed"] == false && account["enabled"] == false, "{account}");
}

#[test]
fn a_unit_that_somebody_edited_is_replaced_or_removed_only_when_that_is_said() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    installed(&manager);
    let file = units(&world).join("cp-tokend.service");
    let edited = unit(&world, "cp-tokend.service").replace("WatchdogSec=60", "WatchdogSec=61");
    std::fs::write(&file, &edited).expect("edit it");
    for word in ["install", "uninstall"] {
        manager.helper(&["service", word]).failed(64).saying("--force");
        assert_eq!(unit(&world, "cp-tokend.service"), edited, "{word}");
    }
    assert_eq!(account(&manager, 0)["files"][1]["state"], "edited");
    let forced = manager.helper(&["service", "install", "--force"]).succeeded();
    assert!(forced.stdout.contains("replaced: "), "{forced:?}");
    assert_ne!(unit(&world, "cp-tokend.service"), edited);
    manager.helper(&["service", "uninstall"]).succeeded();
    assert!(!file.exists());
}

#[test]
fn b19_a_daemon_that_the_helper_started_gives_way_to_the_service_and_takes_no_secret_with_it_unasked() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    create(&world, &manager, "prod", &["--secret-source", "memory"]);
    let first = token(&manager, &[]);
    let before = world.daemon_pid();
    manager.helper(&["service", "install"]).failed(64).saying("the secret of prod is in its memory alone");
    assert!(!units(&world).join("cp-token.socket").exists(), "nothing is half done");
    assert_eq!((world.daemon_pid(), token(&manager, &[])), (before, first));
    manager.helper(&["profile", "delete", "prod", "--yes"]).succeeded();
    let outcome = manager.helper(&["service", "install"]).succeeded();
    assert!(outcome.stdout.contains("stopped: the daemon that ran"), "{outcome:?}");
    manager.helper(&["daemon", "start"]).succeeded();
    assert_eq!(world.daemon_pid().to_string(), outer(&manager), "the one that runs is the service's");
}

/// The number that the service's daemon has outside of the namespace.
fn outer(manager: &UserManager<'_>) -> String {
    let inner = manager.property("cp-tokend.service", "MainPID");
    let named = |pid: &str| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?.to_owned();
        let mut numbers = line.split_whitespace();
        let first = numbers.next()?.to_owned();
        (numbers.next()? == inner && status.contains("Name:\tcp-tokend")).then_some(first)
    };
    let entries = std::fs::read_dir("/proc").expect("read /proc").flatten();
    let mut found = entries.filter_map(|entry| named(entry.file_name().to_str()?));
    found.next().expect("the service's daemon runs")
}

#[test]
fn a_path_that_is_no_plain_one_is_the_program_that_runs() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    let folder = world.path("bin/a b 100%n $HOME;é");
    std::fs::create_dir(&folder).expect("make a folder");
    std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("open it");
    for file in [world.helper_file(), world.daemon_file()] {
        let to = folder.join(file.file_name().expect("a name"));
        std::fs::hard_link(file, to).expect("another name");
    }
    let odd = |words: &[&str]| manager.program(folder.join("cp-token")).args(words).run();
    odd(&["service", "install"]).succeeded();
    odd(&["status"]).succeeded();
    let run = manager.property("cp-tokend.service", "ExecStart");
    assert!(run.contains("/a b 100%n $HOME;é/cp-tokend"), "{run}");
    assert_eq!(odd(&["service", "status", "--json"]).json()["files"][1]["state"], "current");
    odd(&["service", "uninstall"]).succeeded();
}

#[test]
fn units_of_a_package_are_enabled_and_never_copied_or_removed() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    let place = PathBuf::from("/run/systemd/user");
    let daemon = world.daemon_file().display().to_string();
    for (name, text) in PACKAGED {
        let line = "mkdir -p \"${0%/*}\" && cat >\"$0\"";
        let put = manager.as_root("sh").args(["-c", line]).args([place.join(name)]);
        put.stdin(text.replace("/usr/bin/cp-tokend", &daemon)).run().succeeded();
    }
    let outcome = manager.helper(&["service", "install"]).succeeded();
    assert!(outcome.stdout.contains("those of a package, in /run/systemd/user"), "{outcome:?}");
    assert!(!units(&world).join("cp-tokend.service").exists());
    assert_eq!(account(&manager, 0)["files"][0]["state"], "package");
    manager.helper(&["status"]).succeeded();
    let outcome = manager.helper(&["service", "uninstall"]).succeeded();
    assert!(outcome.stdout.contains("they stay"), "{outcome:?}");
    manager.as_root("test").args(["-e"]).args([place.join("cp-token.socket")]).run().succeeded();
    assert_eq!(account(&manager, 69)["installed"], true);
}

#[test]
fn a_shell_that_meets_elsewhere_is_told_so() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    let elsewhere = format!("CP_TOKEN_SOCKET={}", world.path("run/other/daemon.sock").display());
    let there = |words: &[&str]| {
        manager.program("env").args([&elsewhere]).args([world.helper_file()]).args(words).run()
    };
    let outcome = there(&["service", "install"]).succeeded();
    assert!(outcome.stdout.contains("to do: this shell uses the socket "), "{outcome:?}");
    let outcome = there(&["service", "status"]);
    assert!(
        outcome.code == 69 && outcome.stderr.contains("this shell uses another socket than the service"),
        "{outcome:?}"
    );
    assert_eq!(account(&manager, 0)["reached_from_here"], true);
}

#[test]
fn without_a_manager_one_line_says_so_and_nothing_is_written() {
    if !programs::is_root() || !programs::present(&["systemctl"]) {
        return;
    }
    let world = World::new();
    for words in [&["service", "install"][..], &["service", "status"], &["service", "status", "--json"]] {
        world.helper(words).failed(69).saying("no systemd of this user answers");
    }
    let poor = world.call(&["service", "install"]).env("PATH", "/nonexistent").run();
    poor.failed(69).saying("there is no systemctl here");
    let outcome = world.helper(&["service", "uninstall"]).succeeded();
    assert_eq!(outcome.stdout, "nothing was installed\n");
    assert!(!world.path("home/.config").exists() && world.running().is_empty());
}
