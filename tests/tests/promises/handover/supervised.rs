//! Promises about restarts below somebody who watches the daemon's process: it keeps its number, and nothing is lost.

use std::path::Path;

use cp_token_tests::programs;
use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{Daemon, Launch, World, eventually};

use super::{executable, replace_daemon, restart};

/// Asks for two restarts with a new file each, one in words and one by signal: same process, same token, no request.
fn keeps_its_number(world: &World, daemon: &Daemon) {
    world.create_profile("prod", "memory");
    let token = world.helper(&["-p", "prod"]).token();
    let (pid, requests) = (daemon.pid(), world.server().token_requests());
    let kept = world.path("bin/kept");
    std::fs::copy(world.daemon_file(), &kept).expect("keep it");
    for number in 1..=2 {
        replace_daemon(world, &kept);
        if number == 1 {
            let message = restart(world).succeeded().stdout;
            assert!(
                message.contains("took over from") && message.contains("1 token and 1 secret kept"),
                "{message}"
            );
        } else {
            daemon.signal(Signal::USR2);
        }
        daemon.wait_for_log("took over", number);
        assert_eq!(world.helper(&["-p", "prod"]).token(), token);
    }
    assert_eq!(world.daemon_pid(), pid, "one process, by the number that its parent knows");
    assert_eq!(world.server().token_requests(), requests);
}

#[test]
fn below_a_shell_and_below_tini_a_restart_keeps_the_process() {
    for words in [&["sh", "-c", "\"$0\"; exit $?"][..], &["tini", "-s", "--"]] {
        if programs::present(&words[..1]) {
            let world = World::new();
            let daemon = world.launch(Launch::by(words));
            keeps_its_number(&world, &daemon);
            assert_eq!(daemon.terminate(), 0);
        }
    }
}

/// The first process of a PID namespace, as in a container.
const FIRST: [&str; 5] = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];

#[test]
fn as_the_first_process_of_a_container_a_restart_keeps_the_process() {
    if !programs::is_root() || !programs::present(&["unshare"]) {
        return;
    }
    let world = World::new();
    let daemon = world.launch(Launch::by(FIRST));
    keeps_its_number(&world, &daemon);
    assert_eq!(daemon.terminate(), 0);
}

/// Prints a secret, and leaves children behind whose parent is gone.
const ORPHANS: &str =
    "#!/bin/sh\n(/bin/true & /bin/true &)\nsetsid sh -c '/bin/true & sleep 0' >/dev/null 2>&1 &\n";

#[test]
fn orphans_that_fall_to_the_first_process_of_a_container_are_reaped_and_no_exit_code_is_lost() {
    if !programs::is_root() || !programs::present(&["unshare", "setsid"]) {
        return;
    }
    let world = World::new();
    let daemon = world.launch(Launch::by(FIRST));
    let client = world.new_client();
    let program = world.path("bin/secret");
    std::fs::write(&program, format!("{ORPHANS}printf %s '{}'\n", client.secret)).expect("write a program");
    executable(&program);
    let line = ["profile", "create", "cmd", "--url", &world.server().url(), "--client-id", &client.id];
    let create = world.call(&line).args(["--secret-command", program.to_str().expect("a path")]);
    create.args([Path::new("--ca-bundle"), &world.ca_file()]).run().succeeded();
    for _ in 0..5 {
        world.helper(&["-p", "cmd", "--fresh"]).token();
    }
    eventually("every orphan is reaped", || zombies(daemon.pid()) == 0);
    assert_eq!(daemon.terminate(), 0);
}

fn zombies(parent: u32) -> usize {
    let children =
        std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).expect("it runs");
    let state = |pid: &str| std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    children.split_whitespace().filter(|pid| state(pid).contains(") Z ")).count()
}

/// A service folder with a `run` that becomes the daemon, in the way that s6 and runit have it.
fn service(world: &World) -> std::path::PathBuf {
    let folder = world.path("service");
    std::fs::create_dir(&folder).expect("a folder");
    let run = folder.join("run");
    let text =
        format!("#!/bin/sh\nexec '{}' 2>'{}'\n", world.daemon_file().display(), world.path("log").display());
    std::fs::write(&run, text).expect("write it");
    executable(&run);
    folder
}

#[test]
fn below_s6_and_below_runit_a_restart_keeps_the_process_and_the_supervisor_minds_it_as_before() {
    for supervisor in ["s6-supervise", "runsv"] {
        if !programs::present(&[supervisor]) {
            continue;
        }
        let world = World::new();
        let folder = service(&world);
        let running = world.program(supervisor).args([&folder]).spawn();
        eventually("it serves", || !world.running().is_empty() && world.socket().exists());
        let pid = world.daemon_pid();
        world.create_profile("prod", "memory");
        let token = world.helper(&[]).token();
        let message = restart(&world).succeeded().stdout;
        assert!(message.contains("1 token and 1 secret kept"), "{message}");
        assert_eq!(world.helper(&[]).token(), token, "{supervisor}");
        assert_eq!(world.daemon_pid(), pid, "{supervisor}: its own child, and no other");
        processes::signal(pid, Signal::KILL);
        assert!(processes::wait_for_end(pid));
        eventually("the supervisor starts another", || !world.running().is_empty());
        running.signal(Signal::TERM);
        drop(running.finish());
        for left in world.running() {
            processes::signal(left, Signal::TERM);
            assert!(processes::wait_for_end(left));
        }
    }
}
