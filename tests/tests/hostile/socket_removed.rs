//! Promises where only the socket's name is removed, by a program that tidies say: the daemon goes on with all it holds,
//! and nobody says that none runs.

use std::fs::File;
use std::os::unix::net::{UnixListener, UnixStream};

use cp_token_tests::programs;
use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{Launch, World, eventually};

use crate::stage::give_to;

fn remove(world: &World) {
    std::fs::remove_file(world.socket()).expect("remove the socket");
}

#[test]
fn b17_a_daemon_whose_socket_is_removed_is_found_by_every_command_and_keeps_what_only_memory_holds() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let commands: [&[&str]; 7] = [
        &["--no-start"],
        &["status"],
        &["log"],
        &["profile", "list"],
        &["daemon", "start"],
        &["daemon", "reload"],
        &["daemon", "restart"],
    ];
    for command in commands {
        remove(&world);
        world.helper(command).succeeded();
        assert_eq!(world.running(), [daemon.pid()], "{command:?}");
    }
    remove(&world);
    assert_eq!(world.helper(&[]).token(), token, "nothing was lost");
    assert!(daemon.log().contains("the socket was removed and is made again"), "{}", daemon.log());
    assert_eq!(daemon.terminate(), 0);
    assert!(!world.socket().exists(), "the name is taken away at the end, as ever");
}

#[test]
fn a_daemon_whose_lock_is_removed_too_makes_both_anew_and_keeps_what_only_memory_holds() {
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let lock = world.path("run/cp-token/daemon.lock");
    for removed in [&[lock.clone()][..], &[lock.clone(), world.socket()], &[world.socket(), lock.clone()]] {
        removed.iter().for_each(|path| std::fs::remove_file(path).expect("remove it"));
        let is_held = || File::open(&lock).is_ok_and(|lock| lock.try_lock_shared().is_err());
        eventually("it holds the lock again", is_held);
        eventually("it listens again", || UnixStream::connect(world.socket()).is_ok());
        assert_eq!(world.helper(&[]).token(), token, "{removed:?}");
        assert_eq!(world.running(), [daemon.pid()], "{removed:?}");
        world.helper(&["daemon", "restart"]).succeeded();
    }
    assert_eq!(world.helper(&["--no-start"]).token(), token, "nothing was lost");
    assert!(daemon.log().contains("the lock was removed and is made again"), "{}", daemon.log());
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn a_daemon_that_ends_with_the_folder_of_its_socket_says_what_is_lost_and_so_does_the_next_call() {
    let world = World::new();
    // It looks around every half second.
    let mut daemon = world.launch(Launch::default().env("WATCHDOG_USEC", "1000000"));
    world.create_profile("prod", "memory");
    std::fs::remove_dir_all(world.path("run/cp-token")).expect("remove the folder");
    assert_eq!(daemon.wait(), 0);
    let words = "the directory of its socket was removed; a secret that only its memory held is lost";
    assert!(daemon.log().contains(words), "{}", daemon.log());
    world
        .helper(&[])
        .failed(69)
        .saying("it was in the memory of a daemon that has ended")
        .saying("daemon.log");
}

#[test]
fn daemon_stop_right_after_the_socket_is_removed_stops_the_daemon() {
    let world = World::new();
    world.helper(&["daemon", "start"]).succeeded();
    let pid = world.daemon_pid();
    remove(&world);
    let said = world.helper(&["daemon", "stop", "--yes"]).succeeded();
    assert!(said.stdout.contains("cp-tokend is stopped"), "{said:?}");
    assert!(processes::wait_for_end(pid), "it runs on");
    let said = world.helper(&["daemon", "stop", "--yes"]).succeeded();
    assert!(said.stdout.contains("no daemon ran"), "the control: {said:?}");
}

#[test]
fn no_command_says_that_no_daemon_runs_while_the_lock_is_held() {
    let world = World::new();
    // As a daemon that does nothing about it would, be it of another system or one that is stopped.
    let lock = File::create(world.path("run/cp-token/daemon.lock")).expect("make the lock");
    lock.lock().expect("hold the lock");
    let commands: [&[&str]; 6] = [
        &["daemon", "stop"],
        &["--no-start"],
        &["forget", "-p", "prod"],
        &["forget", "--all"],
        &["unlock"],
        &["lock", "--no-on-suspend"],
    ];
    let calls = commands.map(|command| world.spawn_helper(command));
    for call in calls {
        call.finish().failed(69).saying("a daemon runs, and its socket").saying("end the process cp-tokend");
    }
    drop(lock);
    let said = world.helper(&["daemon", "stop", "--yes"]).succeeded();
    assert!(said.stdout.contains("no daemon ran"), "the control: {said:?}");
    for command in &commands[2..] {
        let said = world.helper(command).succeeded();
        assert!(said.stdout.contains("no daemon runs"), "the control: {said:?}");
    }
}

#[test]
fn a_token_is_forgotten_right_after_the_socket_is_removed() {
    let world = World::new();
    let _daemon = world.daemon();
    world.create_profile("prod", "memory");
    for forget in [&["forget"][..], &["forget", "--all"]] {
        let token = world.helper(&[]).token();
        remove(&world);
        let said = world.helper(forget).succeeded();
        assert!(!said.stdout.contains("no daemon runs"), "{said:?}");
        assert_ne!(world.helper(&[]).token(), token, "{forget:?}");
    }
    remove(&world);
    let said = world.helper(&["unlock"]).succeeded();
    assert!(said.stdout.contains("is not locked"), "{said:?}");
}

#[test]
fn a_file_in_the_sockets_place_is_named_by_every_command_and_costs_nothing_that_is_held() {
    let world = World::new();
    // It looks around every half second.
    let daemon = world.launch(Launch::default().env("WATCHDOG_USEC", "1000000"));
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let other = world.path("run/cp-token/other");
    std::fs::write(&other, "").expect("write a file");
    std::fs::rename(&other, world.socket()).expect("take the name");
    eventually("it has looked", || daemon.log().contains("something else has the name of the socket"));
    let commands: [&[&str]; 8] = [
        &[],
        &["--no-start"],
        &["status"],
        &["forget"],
        &["forget", "--all"],
        &["unlock"],
        &["daemon", "stop"],
        &["doctor"],
    ];
    for (call, command) in commands.map(|command| (world.spawn_helper(command), command)) {
        let said = call.finish();
        let words = "something else has the name of its socket";
        let is_named = said.stdout.contains(words) || said.stderr.contains(words);
        assert!(said.code == 69 && is_named, "{command:?} {said:?}");
    }
    std::fs::remove_file(world.socket()).expect("remove it");
    assert_eq!(world.helper(&["--no-start"]).token(), token, "nothing was lost");
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn a_socket_where_nobody_of_ours_listens_is_named_and_costs_nothing_that_is_held() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    // It looks around every half second.
    let daemon = world.launch(Launch::default().env("WATCHDOG_USEC", "1000000"));
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    for owner in [0, 1235] {
        let seen = daemon.log().matches("something else has the name of the socket").count();
        let other = world.path("run/cp-token/other");
        drop(UnixListener::bind(&other).expect("make a socket"));
        give_to(&other, owner);
        std::fs::rename(&other, world.socket()).expect("take the name");
        let has_looked = || daemon.log().matches("something else has the name of the socket").count() > seen;
        eventually("it has looked", has_looked);
        for command in [&[][..], &["--no-start"], &["status"], &["daemon", "stop"], &["daemon", "start"]] {
            let words = "something else has the name of its socket";
            world.helper(command).failed(69).saying(words).saying("remove that");
        }
        std::fs::remove_file(world.socket()).expect("remove it, as the words say");
        assert_eq!(world.helper(&["--no-start"]).token(), token, "nothing was lost");
    }
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn whoever_asks_for_another_name_in_a_daemons_folder_learns_where_it_listens() {
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let other = world.path("run/cp-token/other.sock");
    let listens = format!("the daemon of this folder listens at {}", world.socket().display());
    let ask = || {
        for command in [&[][..], &["--no-start"], &["status"], &["daemon", "stop"], &["daemon", "start"]] {
            let said = world.call(command).env("CP_TOKEN_SOCKET", &other).run().failed(69);
            let said = said.saying(&listens).saying("one daemon for each folder");
            assert!(!said.stderr.contains("end the process") && !said.stderr.contains("stop it"), "{said:?}");
        }
    };
    ask();
    world.helper(&["daemon", "restart"]).succeeded();
    // Another daemon has named its socket there before, and this one has made its lock again.
    std::fs::remove_file(world.path("run/cp-token/daemon.lock")).expect("remove the lock");
    let names =
        || std::fs::read(world.path("run/cp-token/daemon.lock")).unwrap_or_default() == b"daemon.sock";
    eventually("it names its socket again", names);
    ask();
    assert_eq!(world.helper(&["--no-start"]).token(), token, "the control");
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn a_socket_that_somebody_else_puts_in_its_place_is_neither_removed_nor_replaced() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    let other = world.path("run/cp-token/other.sock");
    let _listener = UnixListener::bind(&other).expect("listen");
    daemon.signal(Signal::STOP);
    remove(&world);
    std::fs::rename(&other, world.socket()).expect("take the name");
    let identity = || std::os::unix::fs::MetadataExt::ino(&world.socket().metadata().expect("it is there"));
    let theirs = identity();
    daemon.signal(Signal::CONT);
    std::fs::write(world.config_folder().join("config.toml"), "junk = [").expect("break the config");
    daemon.signal(Signal::HUP);
    eventually("its loop has turned", || daemon.log().contains("the config file is not used"));
    assert_eq!(identity(), theirs);
    assert_eq!(daemon.terminate(), 0);
    assert_eq!(identity(), theirs);
}

#[test]
fn b19_a_socket_of_a_service_managers_making_that_is_removed_is_made_anew_as_well() {
    if !programs::is_root() || !programs::present(&["python3"]) {
        return;
    }
    const MANAGER: &str = "
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(os.environ['CP_TOKEN_SOCKET'])
listener.listen(64)
if listener.fileno() != 3:
    os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])
";
    let world = World::new();
    let daemon = world.launch(Launch::by(["python3", "-I", "-c", MANAGER]));
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    remove(&world);
    assert_eq!(world.helper(&["--no-start"]).token(), token);
    assert_eq!(daemon.terminate(), 0);
}
