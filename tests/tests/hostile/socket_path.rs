//! Attacks on the folder and the name that both programs meet at, and systems where there can be none.

use std::os::unix::fs::{MetadataExt, symlink};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use cp_token_tests::programs;
use cp_token_tests::world::{Launch, Outcome, World, eventually};

use crate::python::interpreter;
use crate::stage::{can_be_others, chmod, give_to};

fn refused(world: &World, words: &str) -> Outcome {
    let outcome = world.try_launch(Launch::default()).err().expect("the daemon starts all the same");
    assert!(
        outcome.code == 69 && outcome.stdout.is_empty() && outcome.stderr.contains(words),
        "{words}: {outcome:?}"
    );
    outcome
}

fn starts(world: &World) {
    world.daemon().kill();
}

#[test]
fn a08_a_folder_or_a_name_that_somebody_else_made_first_is_used_by_neither_end() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    let folder = world.path("run/cp-token");
    give_to(&folder, 1235);
    chmod(&folder, 0o777);
    refused(&world, "it belongs to user 1235");
    world.helper(&[]).failed(76).saying("belongs to user 1235");
    assert_eq!(std::fs::read_dir(&folder).expect("look").count(), 0, "something was made in it");
    give_to(&folder, 0);
    chmod(&folder, 0o700);
    let listener = std::os::unix::net::UnixListener::bind(world.socket()).expect("take the name");
    give_to(world.socket(), 1235);
    drop(listener);
    refused(&world, "is no socket of this user; remove it");
    std::fs::remove_file(world.socket()).expect("as the words say");
    std::fs::write(world.socket(), "a file").expect("take the name again");
    refused(&world, "is no socket of this user; remove it");
    std::fs::remove_file(world.socket()).expect("as the words say");
    starts(&world);
}

#[test]
fn a09_a_link_in_the_place_of_socket_or_lock_is_not_followed_and_a_folder_only_by_a_link_of_ours() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let (folder, victim) = (world.path("run/cp-token"), world.path("victim"));
    for name in ["daemon.sock", "daemon.lock"] {
        drop(std::fs::remove_file(folder.join(name)));
        symlink(&victim, folder.join(name)).expect("set a link");
        refused(&world, name);
        assert!(!victim.exists(), "the link was followed");
        std::fs::remove_file(folder.join(name)).expect("take the link away");
    }
    std::fs::rename(&folder, &victim).expect("move the folder");
    symlink(&victim, &folder).expect("set a link");
    starts(&world);
    world.helper(&[]).failed(78).saying("there is no profile");
    world.stop_daemon();
    assert!(victim.join("daemon.lock").exists(), "the link leads to it");
    if !can_be_others() {
        return;
    }
    give_to(&folder, 1235);
    refused(&world, "belongs to user 1235");
    world.helper(&[]).failed(76).saying("belongs to user 1235");
}

#[test]
fn a11_a_folder_that_others_may_write_to_is_refused_with_the_command_that_mends_it() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let folder = world.path("run/cp-token");
    for mode in [0o755, 0o710, 0o701] {
        chmod(&folder, mode);
        starts(&world);
    }
    for mode in [0o777, 0o722] {
        chmod(&folder, mode);
        let result = refused(&world, &format!("chmod 700 {}", folder.display()));
        assert_eq!(result.stderr.lines().count(), 1);
    }
    world.helper(&[]).failed(78).saying("chmod 700 ");
    world.program("chmod").args(["700"]).args([&folder]).run().succeeded();
    starts(&world);
}

#[test]
fn a12_a_folder_above_that_others_may_write_is_refused_but_for_a_sticky_one() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    let above = world.path("run");
    let cases = [
        (0o777, 0, 0, Some("others may write")),
        (0o1777, 0, 0, None),
        (0o770, 0, 0, None),
        (0o770, 0, 1234, Some("others may write")),
        (0o1770, 0, 1234, None),
        (0o755, 1235, 0, Some("belongs to user 1235")),
        (0o700, 0, 0, None),
    ];
    for (mode, user, group, refusal) in cases {
        std::os::unix::fs::chown(&above, Some(user), Some(group)).expect("give it away");
        chmod(&above, mode);
        match refusal {
            Some(words) => drop(refused(&world, words)),
            None => starts(&world),
        }
    }
}

/// Makes a socket the careless way: first the name, then the mode.
const CARELESS: &str = "
import os, socket, sys
os.umask(0)
for _ in range(300):
    s = socket.socket(socket.AF_UNIX)
    s.bind(sys.argv[1])
    os.chmod(sys.argv[1], 0o600)
    os.unlink(sys.argv[1])
";

/// Every mode that the name was seen with while `work` was done, as bits.
fn modes_seen(world: &World, work: impl FnOnce()) -> u32 {
    let (seen, over) = (AtomicU32::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                if let Ok(facts) = std::fs::symlink_metadata(world.socket()) {
                    seen.fetch_or(facts.mode() & 0o777, Ordering::Relaxed);
                }
            }
        });
        work();
        over.store(true, Ordering::Relaxed);
    });
    seen.into_inner()
}

#[test]
fn a13_at_no_instant_of_a_start_is_the_socket_open_to_others_whatever_the_umask_is() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let careless = || {
        world.program(interpreter()).args(["-c", CARELESS]).args([world.socket()]).run().succeeded();
    };
    // The control: such looks do see the careless way, sooner or later.
    eventually("a look sees an open socket", || modes_seen(&world, careless) & 0o077 != 0);
    let rounds = if std::env::var_os("CP_TOKEN_TESTS_LONG").is_some() { 1000 } else { 40 };
    let starts = || {
        for _ in 0..rounds {
            world.launch(Launch::by(["sh", "-c", "umask 0; exec \"$0\""])).kill();
        }
    };
    assert_eq!(modes_seen(&world, starts), 0o600);
}

#[test]
fn a13_the_mode_is_set_before_the_name() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    let world = World::new();
    let trace = world.path("trace");
    let file = trace.to_str().expect("a path in UTF-8");
    world.launch(Launch::by(["strace", "-f", "-qq", "-o", file, "-e", "trace=fchmod,bind,listen"])).kill();
    let trace = std::fs::read_to_string(trace).expect("read the trace");
    let at = |word: &str| trace.lines().position(|line| line.contains(word)).expect("the call");
    assert!(at("fchmod(") < at("bind(") && at("bind(") < at("listen("), "{trace}");
    assert!(trace.contains(", 0600)"), "{trace}");
}

#[test]
fn a14_a_path_that_no_socket_address_holds_is_refused_by_both_and_cut_by_none() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let long = world.path("x".repeat(120));
    let result = world.try_launch(Launch::default().env("CP_TOKEN_SOCKET", &long)).err().expect("a refusal");
    assert!(result.stderr.contains("longer than 107 bytes"), "{result:?}");
    world.call(&[]).env("CP_TOKEN_SOCKET", &long).run().failed(78).saying("longer than 107 bytes");
    std::fs::create_dir(&long).expect("make the folder");
    let by_runtime = world.call(&[]).without_env("CP_TOKEN_SOCKET").env("XDG_RUNTIME_DIR", &long);
    by_runtime.run().failed(78).saying("longer than 107 bytes");
    let names = std::fs::read_dir(world.root()).expect("look").flatten();
    let cut = names.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"xx"));
    assert_eq!(cut.count(), 1, "the folder alone");
}

#[test]
fn a15_a_disk_without_sockets_or_locks_is_named_and_no_other_place_is_taken() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    for (fault, words) in [
        ("bind:error=EOPNOTSUPP", "no socket can be made"),
        ("flock:error=ENOLCK", "daemon.lock is not used"),
    ] {
        let world = World::new();
        let inject = format!("inject={fault}");
        let trouble = Launch::by(["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject]);
        let result = world.try_launch(trouble).err().expect("a refusal");
        assert!(result.code == 69 && result.stderr.contains(words), "{result:?}");
        assert!(result.stderr.contains("set CP_TOKEN_SOCKET to a place on a local disk"), "{result:?}");
        assert!(!world.socket().exists());
        starts(&world);
    }
}

#[test]
fn b15_without_a_runtime_folder_both_meet_in_the_account_s_own_home_and_never_in_tmp() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    let world = World::new();
    let trace = world.path("trace");
    let file = trace.to_str().expect("a path in UTF-8");
    let strace = programs::find("strace").expect("it is there");
    let home = format!("HOME={}", world.path("home").display());
    let bare = world.program("env").args(["-i", &home, "TMPDIR=/var/tmp"]).args([strace]);
    let bare = bare.args(["-f", "-qq", "-s", "200", "-o", file, "-e", "trace=%file,bind,connect"]);
    // strace follows the daemon too, so it ends with it.
    let both = r#""$0" daemon start && ! "$0" && "$0" daemon stop"#;
    let bare = bare.args(["/bin/sh", "-c", both]).args([world.helper_file()]);
    let result = bare.run();
    assert!(result.code == 0 && result.stderr.contains("there is no profile"), "{result:?}");
    assert!(result.stdout.contains("/home/.local/state/cp-token/run/daemon.sock"), "{result:?}");
    let trace = std::fs::read_to_string(trace).expect("read the trace");
    assert!(trace.contains(".local/state/cp-token/run"), "the control");
    let own = format!("\"{}", world.root().display());
    let strange =
        |line: &&str| ["\"/tmp/", "\"/var/tmp"].iter().any(|place| line.replace(&own, "").contains(place));
    let strange: Vec<_> = trace.lines().filter(|line| !line.contains("execve(")).filter(strange).collect();
    assert!(strange.is_empty(), "{strange:#?}");
}

#[test]
fn b16_a_runtime_folder_that_is_relative_missing_or_another_user_s_is_refused() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    let with = |folder: &std::ffi::OsStr| {
        world.call(&[]).without_env("CP_TOKEN_SOCKET").env("XDG_RUNTIME_DIR", folder).run()
    };
    with("run".as_ref()).failed(78).saying("must be an absolute path");
    with("/nonexistent/run".as_ref()).failed(69).saying("does not exist");
    let foreign = world.path("foreign");
    std::fs::create_dir(&foreign).expect("make a folder");
    give_to(&foreign, 1235);
    with(foreign.as_os_str()).failed(76).saying("belongs to user 1235");
    assert_eq!(std::fs::read_dir(&foreign).expect("look").count(), 0);
    with(world.path("run").as_os_str()).failed(78).saying("there is no profile");
}
