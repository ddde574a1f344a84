//! Accidents of a machine that has run out of something: descriptors, memory, threads, somebody who reads the log.

use std::io::Read;
use std::process::{Command, Stdio};

use cp_token_tests::programs;
use cp_token_tests::world::{Daemon, Launch, Raw, TIMEOUT, World, eventually, processes};

use crate::stage::{AS_OTHER, by_other, can_be_others, give_world_to_other, idle_costs, serving};

/// Sets a limit of a running process.
fn limit(pid: u32, limit: &str) {
    let done = Command::new("prlimit").args(["--pid", &pid.to_string(), limit]).status();
    assert!(done.expect("run prlimit").success(), "prlimit {limit}");
}

fn processor_time(daemon: &Daemon) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.pid())).expect("it runs");
    let fields: Vec<&str> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}

#[test]
fn d01_a_daemon_without_descriptors_neither_dies_nor_spins_and_is_back_once_it_has_some() {
    if !programs::present(&["prlimit"]) {
        return;
    }
    let Some((world, daemon, before)) = serving() else { return };
    limit(daemon.pid(), "--nofile=32:32");
    let spent = processor_time(&daemon);
    let mut crowd: Vec<Raw> = (0..100).map(|_| world.raw()).collect();
    eventually("accept fails", || daemon.log().contains("accept failed"));
    // The first ones are let go after five seconds, and others take their places: for all that time some wait.
    assert!(crowd.remove(0).rest().is_empty());
    assert!(processor_time(&daemon) - spent < 200, "the daemon spins");
    drop(crowd);
    world.helper(&[]).token();
    world.helper(&["--fresh"]).token();
    before.come_back(&daemon, 2048);
    assert!(daemon.log().matches("accept failed").count() <= 10);
}

#[test]
fn d01_a_daemon_that_is_born_with_few_descriptors_serves_with_few() {
    if !programs::is_root() || !programs::present(&["prlimit"]) {
        return;
    }
    let world = World::new();
    let _daemon = world.launch(Launch::by(["prlimit", "--nofile=32"]));
    world.create_profile("prod", "memory");
    let crowd: Vec<Raw> = (0..100).map(|_| world.raw()).collect();
    drop(crowd);
    let callers: Vec<_> = (0..30).map(|_| world.spawn_helper(&[])).collect();
    for caller in callers {
        caller.finish().token();
    }
}

#[test]
fn d02_whatever_accept_fails_with_the_next_caller_is_served() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    for error in ["ENFILE", "EMFILE", "ENOMEM", "ENOBUFS", "ECONNABORTED", "EPERM", "EINTR", "EPROTO"] {
        let world = World::new();
        let fault = format!("inject=accept4:error={error}:when=2..4");
        let daemon = world.launch(Launch::by(["strace", "-f", "-qq", "-o", "/dev/null", "-e", &fault]));
        world.create_profile("prod", "memory");
        for _ in 0..5 {
            world.helper(&[]).token();
        }
        let outcome = daemon.log().contains("accept failed");
        assert_eq!(outcome, !["ECONNABORTED", "EINTR"].contains(&error), "{error}");
    }
}

#[test]
fn d05_without_another_thread_or_process_the_daemon_says_so_or_serves_what_it_holds() {
    if !can_be_others() || !programs::present(&["prlimit"]) {
        return;
    }
    let world = World::new();
    give_world_to_other(&world);
    let few = [&AS_OTHER[..], &["prlimit", "--nproc=1"]].concat();
    let refused = world.try_launch(Launch::by(few)).err().expect("a start without a thread for the log");
    assert_eq!(refused.code, 69);
    assert!(refused.stderr.contains("free some of the machine's processes"), "{refused:?}");
    let daemon = world.launch(Launch::by(AS_OTHER));
    let get = || by_other(&world, world.helper_file()).args(["get"]).printing_a_token().run();
    let client = world.new_client();
    let line = ["profile", "create", "prod", "--secret-source", "memory", "--secret-stdin", "--url"];
    let create = by_other(&world, world.helper_file()).args(line).args([world.server().url()]);
    let create = create.args(["--client-id", &client.id, "--ca-bundle"]).args([world.ca_file()]);
    create.stdin(&client.secret).run().succeeded();
    let token = get().token();
    idle_costs(&daemon);
    let pid = daemon.pid().to_string();
    by_other(&world, "prlimit").args(["--pid", &pid, "--nproc=1:1"]).run().succeeded();
    assert_eq!(get().token(), token, "what is held is served");
    let fresh = by_other(&world, world.helper_file()).args(["get", "--fresh"]);
    fresh.run().failed(75);
    let delete = by_other(&world, world.helper_file()).args(["profile", "delete", "prod", "--yes"]);
    delete.run().failed(75).saying("RLIMIT_NPROC").saying("nothing was changed");
    by_other(&world, world.helper_file()).args(["status"]).run().succeeded();
}

#[test]
fn d06_a_limit_on_the_address_space_is_no_harm_under_an_ordinary_load() {
    if !programs::is_root() || !programs::present(&["prlimit"]) {
        return;
    }
    let world = World::new();
    let mut daemon = world.launch(Launch::by(["prlimit", "--as=536870912"]));
    world.create_profile("prod", "memory");
    let callers: Vec<_> = (0..50).map(|_| world.spawn_helper(&[])).collect();
    for caller in callers {
        caller.finish().token();
    }
    world.helper(&["--fresh"]).token();
    assert!(daemon.is_running());
}

#[test]
fn d07_without_a_byte_of_lockable_memory_the_daemon_works_and_says_what_it_lacks() {
    if !can_be_others() || !programs::present(&["prlimit"]) {
        return;
    }
    // Root may lock whatever the limit says.
    let world = World::new();
    give_world_to_other(&world);
    for (limit, state) in [("--memlock=0", "off"), ("--memlock=65536", "on"), ("--memlock=8388608", "on")] {
        let daemon = world.launch(Launch::by([&AS_OTHER[..], &["prlimit", limit]].concat()));
        let status = by_other(&world, world.helper_file()).args(["status", "--json"]).run().json();
        let protections = status["protections"].as_array().expect("a list").clone();
        let locked =
            protections.iter().find(|one| one["name"].as_str().is_some_and(|name| name.contains("locked")));
        assert_eq!(locked.map(|one| one["state"].clone()), Some(state.into()), "{limit}");
        assert_eq!(daemon.terminate(), 0);
    }
}

#[test]
fn d10_a_daemon_that_is_killed_under_load_is_there_again_for_the_next_caller() {
    if !programs::is_root() {
        return;
    }
    let Some(world) = World::with_keyring() else { return };
    world.create_profile("prod", "keyring");
    let callers: Vec<_> = (0..20).map(|_| world.spawn_helper(&["--fresh"])).collect();
    processes::end(world.daemon_pid());
    for caller in callers {
        let outcome = caller.finish();
        assert!([0, 75].contains(&outcome.code), "{outcome:?}");
    }
    world.helper(&[]).token();
    assert_eq!(world.running(), [world.daemon_pid()]);
}

/// A daemon whose standard error nobody reads, or whose log takes nothing.
#[test]
fn d11_a_log_that_nobody_reads_or_that_is_full_holds_nothing_up() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    for sink in [Stdio::piped(), full()] {
        let mut command = Command::new(world.daemon_file());
        command.env_clear().env("CP_TOKEN_LOG", "trace").env("HOME", world.path("home"));
        command.env("CP_TOKEN_SOCKET", world.socket()).env("CP_TOKEN_STATE_DIR", world.state_folder());
        command.env("CP_TOKEN_CONFIG_DIR", world.config_folder()).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(sink).spawn().expect("run the daemon");
        child.stdout.as_mut().expect("a pipe").read_exact(&mut [0; 6]).expect("ready");
        drop(world.helper(&["profile", "delete", "prod", "--yes"]));
        world.create_profile("prod", "memory");
        for _ in 0..3000 {
            let mut raw = world.raw();
            raw.send(b"no such protocol");
            assert!(raw.rest().is_empty());
        }
        reload_often(&world, 1000);
        world.helper(&[]).token();
        world.helper(&["--fresh"]).token();
        world.helper(&["daemon", "stop", "--yes"]).succeeded();
        assert!(processes::wait_for_end(child.id()), "it does not end within {TIMEOUT:?}");
        drop(child.wait());
    }
}

/// Each of these writes a line or two, because the config is broken.
fn reload_often(world: &World, times: usize) {
    let config = world.config_folder().join("config.toml");
    let good = std::fs::read(&config).expect("read the config");
    std::fs::write(&config, "x").expect("break the config");
    for _ in 0..times {
        let mut raw = world.raw();
        raw.send(&cp_token_tests::world::frame(&[9]));
        drop(raw.rest());
    }
    std::fs::write(&config, good).expect("fix the config");
}

fn full() -> Stdio {
    std::fs::File::options().write(true).open("/dev/full").expect("a device that is full").into()
}
