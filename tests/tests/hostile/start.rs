//! What a started daemon takes over from its caller: nothing.

use std::os::unix::fs::PermissionsExt;

use cp_token_tests::programs;
use cp_token_tests::world::{Launch, World, processes};

/// Variables that turn a program into something else.
const HOSTILE: [&str; 30] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSLKEYLOGFILE",
    "RUST_LOG",
    "RUST_BACKTRACE",
    "RUST_MIN_STACK",
    "LD_BIND_NOT",
    "LD_DEBUG_OUTPUT",
    "LD_LIBRARY_PATH",
    "LD_PROFILE",
    "MALLOC_TRACE",
    "MALLOC_CHECK_",
    "GCONV_PATH",
    "LOCPATH",
    "NLSPATH",
    "TMPDIR",
    "RES_OPTIONS",
    "HOSTALIASES",
    "BASH_ENV",
    "PYTHONPATH",
    "LISTEN_FDS",
    "CP_TOKEN_PROFILE_X",
    "CURL_CA_BUNDLE",
];

fn environment(pid: u32) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{pid}/environ")).expect("we may look");
    bytes.split(|byte| *byte == 0).map(|one| String::from_utf8_lossy(one).into_owned()).collect()
}

fn has(environment: &[String], name: &str) -> bool {
    environment.iter().any(|one| one.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
}

#[test]
fn b08_the_daemon_is_given_no_variable_that_it_has_no_use_for() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let start =
        HOSTILE.iter().fold(world.call(&["daemon", "start"]), |call, name| call.env(name, "/nonexistent"));
    start.run().succeeded();
    let given = environment(world.daemon_pid());
    for name in HOSTILE {
        assert!(!has(&given, name), "{name}");
    }
    assert!(has(&given, "HOME") && has(&given, "CP_TOKEN_SOCKET"), "the control: what it needs is there");
}

#[test]
fn b07_the_daemon_beside_the_helper_is_run_and_none_that_path_or_folder_offer() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let trap = world.path("trap");
    std::fs::create_dir(&trap).expect("make a folder");
    let mark = world.path("mark");
    let script = format!("#!/bin/sh\ntouch '{}'\n", mark.display());
    std::fs::write(trap.join("cp-tokend"), script).expect("set the trap");
    std::fs::set_permissions(trap.join("cp-tokend"), std::fs::Permissions::from_mode(0o755)).expect("arm it");
    let line = "cd \"$0\" && PATH=$0:$PATH && \"$1\" daemon start";
    let run = world.program("sh").args(["-c", line]).args([&trap, &world.helper_file()]).run();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!mark.exists() && processes::program(world.daemon_pid()) == Some(world.daemon_file()));
    world
        .program("sh")
        .args(["-c", "cd \"$0\" && PATH=$0:$PATH && cp-tokend"])
        .args([&trap])
        .run()
        .succeeded();
    assert!(mark.exists(), "the control: the trap works");
}

#[test]
fn b09_no_descriptor_of_the_caller_reaches_the_daemon_and_a_pipeline_returns() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let mark = world.path("mark");
    let open: String = (3..=9).map(|number| format!("exec {number}>>\"$0\"; ")).collect();
    let line = format!("{open} cp-token daemon start | cat");
    let outcome = world.program("sh").args(["-c", &line]).args([&mark]).run().succeeded();
    assert!(outcome.stdout.contains("is ready"));
    let held = |pid: u32| {
        let links = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("we may look").flatten();
        let links: Vec<_> = links.filter_map(|entry| std::fs::read_link(entry.path()).ok()).collect();
        links.iter().filter(|link| **link == mark).count()
    };
    assert_eq!(held(world.daemon_pid()), 0);
    let control = world.program("bash").args(["-c", &format!("{open} ls -l /proc/$$/fd")]).args([&mark]);
    assert!(control.run().succeeded().stdout.contains("/mark"), "the control: a shell's child has them");
}

#[test]
fn b10_the_daemon_outlives_its_callers_terminal_and_stands_in_no_folder() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    world.helper(&["daemon", "start"]).succeeded();
    let pid = world.daemon_pid();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let fields: Vec<&str> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
    assert_eq!([fields[3], fields[4]], [pid.to_string().as_str(), "0"], "a session of its own, no terminal");
    let folder = std::fs::read_link(format!("/proc/{pid}/cwd")).expect("we may look");
    assert_eq!(folder.to_str(), Some("/"));
    let own = std::fs::read_link("/proc/self/cwd").expect("ours");
    assert_ne!(own.to_str(), Some("/"), "the control");
}

#[test]
fn b18_a_daemon_that_crashes_at_every_start_is_not_started_for_every_caller() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let starts = world.path("starts");
    std::fs::remove_file(world.daemon_file()).expect("take the daemon away");
    let script = format!("#!/bin/sh\necho start >>'{}'\nkill -SEGV $$\n", starts.display());
    std::fs::write(world.daemon_file(), script).expect("put another one there");
    std::fs::set_permissions(world.daemon_file(), std::fs::Permissions::from_mode(0o755)).expect("a program");
    let callers: Vec<_> = (0..20).map(|_| world.spawn_helper(&[])).collect();
    for caller in callers {
        caller.finish().failed(69).saying("cp-tokend");
    }
    world.helper(&[]).failed(69).saying("failed to start 3 times");
    assert_eq!(std::fs::read_to_string(starts).expect("the record").lines().count(), 3);
}

#[test]
fn e16_nothing_is_opened_bound_or_begun_before_the_process_is_closed_to_others() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    let world = World::new();
    let trace = world.path("trace");
    let file = trace.to_str().expect("a path in UTF-8");
    let daemon = world.launch(Launch::by([
        "strace",
        "-f",
        "-qq",
        "-o",
        file,
        "-e",
        "trace=prctl,clone,clone3,socket,bind",
    ]));
    assert_eq!(daemon.terminate(), 0);
    let trace = std::fs::read_to_string(trace).expect("read the trace");
    let at = |word: &str| trace.lines().position(|line| line.contains(word));
    let closed = at("PR_SET_DUMPABLE").expect("the process is made undumpable");
    for later in ["clone", "socket(", "bind("] {
        assert!(at(later).is_some_and(|line| line > closed), "{later} comes first in:\n{trace}");
    }
}
