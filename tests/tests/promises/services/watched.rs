//! Promises about what the service manager is told: a daemon that stands still is noticed, and nobody is told anything
//! where nobody asks.

use std::os::unix::net::UnixDatagram;

use cp_token_tests::user_manager::UserManager;
use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{Launch, TIMEOUT, World, eventually};

use super::{identity, installed};

/// What the manager hears, one message each, up to and with the one that has these words.
fn received(manager: &UnixDatagram, until: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut message = [0; 4096];
    while !all.last().is_some_and(|last: &String| last.contains(until)) {
        let length = manager.recv(&mut message).expect("the daemon says more");
        all.push(String::from_utf8_lossy(&message[..length]).into_owned());
    }
    all
}

fn manager(world: &World) -> UnixDatagram {
    let socket = UnixDatagram::bind(world.path("manager")).expect("a socket");
    socket.set_read_timeout(Some(TIMEOUT)).expect("a limit");
    socket
}

#[test]
fn a_manager_that_watches_hears_of_the_loop_of_a_reload_and_of_the_end_and_no_secret() {
    let world = World::new();
    let manager = manager(&world);
    let outcome =
        Launch::default().env("NOTIFY_SOCKET", world.path("manager")).env("WATCHDOG_USEC", "200000");
    let daemon = world.launch(outcome);
    let first = received(&manager, "READY=1");
    assert!(first.len() == 1 && first[0].contains("STATUS=cp-tokend "), "{first:?}");
    for _ in 0..3 {
        received(&manager, "WATCHDOG=1");
    }
    daemon.signal(Signal::HUP);
    let reload = received(&manager, "READY=1");
    assert!(reload.iter().any(|message| message.contains("RELOADING=1\nMONOTONIC_USEC=")), "{reload:?}");
    daemon.signal(Signal::STOP);
    daemon.signal(Signal::CONT);
    assert_eq!(daemon.terminate(), 0);
    received(&manager, "STOPPING=1");
}

#[test]
fn a_manager_that_does_not_watch_this_process_hears_no_sign_of_life() {
    for variables in
        [&[][..], &[("WATCHDOG_USEC", "20000"), ("WATCHDOG_PID", "1")], &[("WATCHDOG_USEC", "0")]]
    {
        let world = World::new();
        let manager = manager(&world);
        let launch = Launch::default().env("NOTIFY_SOCKET", world.path("manager"));
        let daemon =
            world.launch(variables.iter().fold(launch, |launch, (name, value)| launch.env(name, value)));
        // Ten conversations take longer than a look of the watched one would.
        for _ in 0..10 {
            world.helper(&["status"]).succeeded();
        }
        assert_eq!(daemon.terminate(), 0);
        let all = received(&manager, "STOPPING=1");
        assert!(!all.iter().any(|message| message.contains("WATCHDOG=1")), "{all:?}");
    }
}

#[test]
fn a_daemon_that_stands_still_is_ended_and_started_anew_behind_the_same_socket() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    installed(&manager);
    let folder = world.path("home/.config/systemd/user/cp-tokend.service.d");
    std::fs::create_dir(&folder).expect("make a folder");
    std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("open it");
    std::fs::write(folder.join("soon.conf"), "[Service]\nWatchdogSec=1\n").expect("a short patience");
    manager.systemctl(&["daemon-reload"]).succeeded();
    manager.helper(&["status"]).succeeded();
    let (first, socket) = (world.daemon_pid(), identity(&world));
    assert_eq!(manager.property("cp-tokend.service", "NRestarts"), "0");
    assert!(processes::signal(first, Signal::STOP));
    assert!(processes::wait_for_end(first), "nobody noticed that it stands still");
    manager.helper(&["status"]).succeeded();
    assert!(world.daemon_pid() != first && identity(&world) == socket);
    assert_eq!(manager.property("cp-tokend.service", "NRestarts"), "1");
}

/// Asks until a daemon answers.
fn answers(manager: &UserManager<'_>) {
    eventually("a daemon answers", || manager.helper(&["status"]).code == 0);
}

#[test]
fn b19_a_service_that_takes_the_name_over_serves_when_the_daemon_before_it_has_seen_so_and_gone() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    installed(&manager);
    manager.systemctl(&["stop", "cp-token.socket"]).succeeded();
    // A daemon that looks around twice a second, and not each half minute.
    let daemon = world.daemon_file();
    let before = manager.program("env").args(["WATCHDOG_USEC=1000000"]).args([&daemon]).spawn();
    answers(&manager);
    let first = world.daemon_pid();
    manager.systemctl(&["start", "cp-token.socket"]).succeeded();
    let socket = identity(&world);
    answers(&manager);
    assert_eq!(before.finish().code, 0);
    assert!(world.daemon_pid() != first && identity(&world) == socket);
    assert_eq!(
        manager.property("cp-tokend.service", "NRestarts"),
        "0",
        "it waited, and was not tried again and again"
    );
}

#[test]
fn b19_no_daemon_makes_a_socket_of_its_own_where_a_service_manager_listens() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    installed(&manager);
    let socket = identity(&world);
    let outcome = manager.program("timeout").args(["-k1", "60"]).args([world.daemon_file()]).run();
    assert!(outcome.code == 69 && outcome.stderr.contains("a service manager listens at"), "{outcome:?}");
    assert_eq!(identity(&world), socket);
    manager.helper(&["status"]).succeeded();
    let pid = world.daemon_pid();
    assert!(processes::signal(pid, Signal::KILL) && processes::wait_for_end(pid));
    manager.systemctl(&["stop", "cp-token.socket"]).succeeded();
    manager.helper(&["daemon", "start"]).succeeded();
    assert!(world.socket().exists(), "without one it does");
    manager.helper(&["daemon", "stop", "--yes"]).succeeded();
}
