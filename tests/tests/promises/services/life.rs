//! Promises about the life of a service: from its first caller to its end.

use cp_token_tests::user_manager::UserManager;
use cp_token_tests::world::World;
use cp_token_tests::world::processes::{self, Signal};

use super::{create, identity, installed, token};

#[test]
fn the_first_caller_starts_the_daemon_by_its_socket_which_stays_the_same_over_crashes_and_stops() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    installed(&manager);
    assert!(world.running().is_empty() && world.socket().exists(), "nothing runs before somebody calls");
    let socket = identity(&world);
    create(&world, &manager, "prod", &["--secret-source", "memory"]);
    assert!(!token(&manager, &[]).is_empty());
    let first = world.daemon_pid();
    assert!(processes::signal(first, Signal::KILL));
    assert!(processes::wait_for_end(first));
    let status = manager.helper(&["status"]).succeeded();
    assert!(status.stdout.contains("prod"), "{status:?}");
    let second = world.daemon_pid();
    assert!(second != first && identity(&world) == socket);
    manager.helper(&["daemon", "stop", "--yes"]).succeeded();
    assert!(processes::wait_for_end(second));
    manager.helper(&["status"]).succeeded();
    assert!(identity(&world) == socket && world.daemon_pid() != second, "the next caller starts it anew");
    assert_eq!(manager.property("cp-tokend.service", "Result"), "success");
    manager.systemctl(&["reload", "cp-tokend.service"]).succeeded();
    assert_eq!(identity(&world), socket);
    manager.systemctl(&["stop", "cp-token.socket"]).succeeded();
    assert!(world.running().is_empty() && !world.socket().exists(), "the socket's end is the daemon's");
}

#[test]
fn to_the_manager_a_daemon_that_hands_over_is_the_same_process_and_is_minded_as_before() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    installed(&manager);
    let socket = identity(&world);
    create(&world, &manager, "prod", &["--secret-source", "memory"]);
    let held = token(&manager, &[]);
    let (first, minded) = (world.daemon_pid(), manager.property("cp-tokend.service", "MainPID"));
    let requests = world.server().token_requests();
    let outcome = manager.helper(&["daemon", "restart"]).succeeded();
    assert!(outcome.stdout.contains("1 token and 1 secret kept"), "{outcome:?}");
    assert_eq!(world.daemon_pid(), first, "in the same process");
    assert_eq!(token(&manager, &[]), held);
    assert_eq!((world.server().token_requests(), identity(&world)), (requests, socket));
    assert_eq!(manager.property("cp-tokend.service", "ActiveState"), "active");
    assert_eq!(manager.property("cp-tokend.service", "MainPID"), minded);
    assert!(processes::signal(first, Signal::KILL) && processes::wait_for_end(first));
    manager.helper(&["status"]).succeeded();
    assert!(world.daemon_pid() != first && identity(&world) == socket, "the manager has started another");
}
