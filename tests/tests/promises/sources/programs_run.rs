//! Promises about the run of a program that prints a secret: what it is given, and what becomes of it.

use std::io::{BufRead, BufReader};

use cp_token_tests::programs;
use cp_token_tests::world::{Launch, World, processes};

use super::{creating, private_path, put, script};

#[test]
fn b08_b09_e10_a_program_has_nothing_of_whoever_started_the_daemon() {
    let world = World::new();
    let client = world.new_client();
    let secret = private_path(&world, "secret");
    put(&secret, &client.secret, 0o600);
    let [variables, descriptors, place] = ["variables", "descriptors", "place"].map(|name| world.path(name));
    let note = format!(
        "env >{}; ls -l /proc/self/fd >{}; pwd >{}; cat {}",
        variables.display(),
        descriptors.display(),
        place.display(),
        secret.display()
    );
    let program = script(&world, "show", &note);
    let hostile = ["HTTPS_PROXY", "SSL_CERT_FILE", "LD_LIBRARY_PATH", "BASH_ENV", "AWS_SECRET_ACCESS_KEY"];
    let create = creating(&world, &client, "--secret-command", &program).env("GNUPGHOME", "/nonexistent");
    let created = hostile.iter().fold(create, |call, name| call.env(name, "/nonexistent")).run();
    assert_eq!(created.code, 0, "it says which of them it does not use: {created:?}");
    let read = |file| std::fs::read_to_string(file).expect("the program made a note");
    let variables = read(variables);
    let has = |name: &str| variables.lines().any(|line| line.starts_with(&format!("{name}=")));
    assert!(["HOME", "PATH", "GNUPGHOME", "XDG_RUNTIME_DIR"].into_iter().all(has), "{variables}");
    assert!(!hostile.into_iter().any(has) && !variables.contains("CP_TOKEN"), "{variables}");
    assert_eq!(read(place), "/\n");
    let descriptors = read(descriptors);
    let links: Vec<_> = descriptors.lines().filter_map(|line| Some(line.split_once(" -> ")?.1)).collect();
    // The last one is the folder that is being listed.
    assert!(links.len() == 4 && links[3].ends_with("/fd"), "{descriptors}");
    assert_eq!((links[0], links[2]), ("/dev/null", "/dev/null"));
}

#[test]
fn a_program_that_hangs_holds_up_its_own_profile_alone_and_ends_with_the_daemon() {
    let world = World::new();
    let client = world.new_client();
    let [secret, hangs] = ["secret", "hangs"].map(|name| private_path(&world, name));
    put(&secret, &client.secret, 0o600);
    let pipe = world.path("begun");
    assert_eq!(world.program("mkfifo").args([&pipe]).run().code, 0);
    let show = format!(
        "if test -e {}; then sleep 1000 & echo $$ $! >{}; wait; fi; cat {}",
        hangs.display(),
        pipe.display(),
        secret.display()
    );
    let program = script(&world, "show", &show);
    creating(&world, &client, "--secret-command", &program).run().succeeded();
    world.create_profile("other", "memory");
    put(&hangs, "", 0o600);
    let waiting = world.spawn_helper(&["-p", "prod", "--fresh"]);
    let mut line = String::new();
    let begun = std::fs::File::open(&pipe).expect("open the pipe");
    BufReader::new(begun).read_line(&mut line).expect("the program tells its number");
    let pids: Vec<u32> = line.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    world.helper(&["-p", "other", "--fresh"]).token();
    assert!(pids.len() == 2 && pids.iter().all(|pid| processes::program(*pid).is_some()), "the control");
    world.stop_daemon();
    waiting.finish().failed(75);
    assert!(pids.into_iter().all(processes::wait_for_end));
}

#[test]
fn exit_codes_are_learnt_whatever_the_caller_ignores() {
    if !programs::present(&["bash"]) {
        return;
    }
    let world = World::new();
    let client = world.new_client();
    let secret = private_path(&world, "secret");
    put(&secret, &client.secret, 0o600);
    let program = script(&world, "show", &format!("cat {}", secret.display()));
    let ignoring =
        |line: &str| world.program("bash").args(["-c", &format!("trap '' CHLD; exec {line}")]).run();
    assert!(ignores_its_children(&ignoring("cat /proc/self/status").succeeded().stdout), "the control");
    ignoring("cp-token daemon start").succeeded();
    let status = std::fs::read_to_string(format!("/proc/{}/status", world.daemon_pid())).expect("it runs");
    assert!(!ignores_its_children(&status));
    creating(&world, &client, "--secret-command", &program).run().succeeded();
    world.helper(&["--fresh"]).token();
}

#[test]
fn a_program_ignores_no_signal_that_the_daemon_ignores() {
    let world = World::new();
    let client = world.new_client();
    let (secret, seen) = (private_path(&world, "secret"), world.path("seen"));
    put(&secret, &client.secret, 0o600);
    let text = format!("grep SigIgn: /proc/self/status >{}; cat {}", seen.display(), secret.display());
    creating(&world, &client, "--secret-command", &script(&world, "show", &text)).run().succeeded();
    let seen = std::fs::read_to_string(seen).expect("it ran");
    assert_eq!(ignored(&seen) & STANDARD, 0, "{seen}");
    let own = std::fs::read_to_string(format!("/proc/{}/status", world.daemon_pid())).expect("it runs");
    assert_ne!(ignored(&own) & 1 << (processes::Signal::XFSZ.as_raw() - 1), 0, "the control: {own}");
}

/// A program whose child tells its number and never ends, while it prints without end itself.
fn endless(world: &World) -> (String, std::path::PathBuf) {
    let pid = world.path("pid");
    let line = format!("sleep 1000 & echo $! >{0}.new; mv {0}.new {0}; exec yes", pid.display());
    (script(world, "endless", &line), pid)
}

#[test]
fn programs_run_and_are_ended_with_their_group_where_the_kernel_gives_out_no_descriptor_of_a_process() {
    if !programs::present(&["strace"]) {
        return;
    }
    for error in ["ENOSYS", "EPERM"] {
        let world = World::new();
        let client = world.new_client();
        let secret = private_path(&world, "secret");
        put(&secret, &client.secret, 0o600);
        let program = script(&world, "show", &format!("sleep 0.1; cat {}", secret.display()));
        let trace = world.path("trace").display().to_string();
        let (filter, order) = ("trace=pidfd_open", format!("inject=pidfd_open:error={error}"));
        let daemon =
            world.launch(Launch::by(["strace", "-f", "-qq", "-o", &trace, "-e", filter, "-e", &order]));
        creating(&world, &client, "--secret-command", &program).run().succeeded();
        world.helper(&["--fresh"]).token();
        let (endless, pid) = endless(&world);
        let update = world.helper(&["profile", "update", "prod", "--secret-command", &endless]);
        update.failed(69).saying("printed more than a secret can hold");
        let pid = std::fs::read_to_string(pid).expect("it ran").trim().parse().expect("a number");
        assert!(processes::wait_for_end(pid));
        let failing = script(&world, "failing", "exit 3");
        let update = world.helper(&["profile", "update", "prod", "--secret-command", &failing]);
        update.failed(69).saying("failed with exit code 3");
        assert_eq!(daemon.terminate(), 0);
        let trace = std::fs::read_to_string(&trace).expect("the trace");
        assert!(trace.matches("(INJECTED)").count() >= 4, "the control: {error} {trace}");
    }
}

fn ignores_its_children(status: &str) -> bool {
    ignored(status) & 1 << (processes::Signal::CHILD.as_raw() - 1) != 0
}

/// The signals that are no real-time ones, of which the system's library keeps some for itself.
const STANDARD: u64 = 0x7fff_ffff;

/// The signals that a process ignores, a bit for each.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("the signals it ignores");
    u64::from_str_radix(mask.trim(), 16).expect("a number")
}
