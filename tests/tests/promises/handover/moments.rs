//! Promises about hand-overs at awkward moments: while an attempt hangs, while the daemon is locked, and where one of
//! the two daemons dies over it.

use cp_token_tests::programs;
use cp_token_tests::world::{PATIENCE, World, processes};

use super::{KINDS, replace_daemon, restart, stage};
use crate::sizes::tell;

#[test]
fn a_token_request_under_way_is_let_finish_and_everybody_is_served_meanwhile() {
    let world = stage();
    let before = world.server().token_requests();
    world.server().hold();
    let waiting = world.spawn_helper(&["-p", "prod", "--fresh"]);
    assert!(world.server().wait_for(PATIENCE, |ledger| ledger.in_flight() == 1));
    let old = world.daemon_pid();
    let restarting = world.spawn_helper(&["daemon", "restart"]);
    for _ in 0..20 {
        world.helper(&["-p", "other"]).token();
    }
    assert!(processes::program(old).is_some(), "the old daemon still has its token request");
    world.server().release();
    let token = waiting.finish().token();
    restarting.finish().succeeded();
    assert_eq!(world.helper(&["-p", "prod"]).token(), token);
    assert_eq!((world.server().token_requests() - before, world.server().max_in_flight()), (1, 1));
}

#[test]
fn a_locked_daemon_stays_locked_under_the_same_passphrase_and_guesses_stay_dear() {
    let world = stage();
    let passphrase = world.new_secret();
    let unlock = |word: &str| world.call(&["unlock", "--passphrase-stdin"]).stdin(word).run();
    world.call(&["lock", "--passphrase-stdin"]).stdin(&passphrase).run().succeeded();
    let before = world.server().token_requests();
    for _ in 0..6 {
        drop(unlock("wrong"));
    }
    assert!(restart(&world).succeeded().stdout.contains("it is locked as before"));
    world.helper(&["-p", "prod"]).failed(77).saying("locked");
    unlock(&passphrase).failed(75).saying("was not looked at");
    while unlock(&passphrase).code != 0 {
        std::thread::yield_now();
    }
    world.helper(&["-p", "prod"]).token();
    world.helper(&["-p", "other"]).token();
    assert_eq!(
        world.server().token_requests() - before,
        2,
        "the lock drops tokens, a restart brings none back"
    );
}

#[test]
fn refusals_back_offs_and_the_log_outlive_a_restart() {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    world.server().reset_secret(&client.id, &world.new_secret());
    world.helper(&["forget"]).succeeded();
    world.helper(&[]).failed(77);
    let before = world.server().token_requests();
    let entries = |world: &World| world.helper(&["log", "--json"]).json().as_array().expect("a list").clone();
    let log = entries(&world);
    restart(&world).succeeded();
    world.helper(&[]).failed(77).saying("profile reset-secret prod");
    world.helper(&["--fresh"]).failed(77);
    assert_eq!(world.server().token_requests(), before, "a refused secret is not sent again");
    let after = entries(&world);
    assert_eq!(after[..log.len()], log);
    let restarted = &after[log.len()];
    assert_eq!((&restarted["what"], &restarted["outcome"]), (&"restart".into(), &"done".into()));
}

#[test]
fn no_daemon_is_started_and_the_last_one_goes_by_the_way_of_the_first() {
    let world = World::new();
    assert!(restart(&world).succeeded().stdout.contains("is ready"));
    let old = world.daemon_pid();
    restart(&world).succeeded();
    assert!(processes::wait_for_end(old), "the old daemon does not end");
    world.stop_daemon();
    assert!(!world.socket().exists(), "the name goes with the last daemon");
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
}

#[test]
fn whichever_daemon_is_killed_in_a_hand_over_one_serves() {
    if !programs::present(&["strace"]) || !programs::is_root() {
        return;
    }
    let mut succeeded = 0;
    for number in 1..=8 {
        let world = stage();
        let old = world.daemon_pid();
        // The old one dies at one of its sends on the channel; the first lie in the channel before the new one begins.
        let order = format!("inject=write,sendto,writev:signal=KILL:when={number}");
        let mut strace = std::process::Command::new("strace");
        strace.args(["-p", &old.to_string(), "-o", "/dev/null", "-e", &order]);
        strace.stdin(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
        let mut strace = strace.spawn().expect("run strace");
        let mut line = String::new();
        let mut words = std::io::BufReader::new(strace.stderr.take().expect("a pipe"));
        std::io::BufRead::read_line(&mut words, &mut line).expect("read what strace says");
        drop(world.helper(&["daemon", "restart"]));
        processes::end(strace.id());
        drop(strace.wait());
        // Whoever is left listens; a call that is answered has met it.
        if processes::wait_for_end(old) && !processes::running(&[world.daemon_file()]).is_empty() {
            succeeded += 1;
        }
        world.helper(&["daemon", "start"]).succeeded();
        let told = world.helper(&["status"]).succeeded();
        assert!(told.stdout.contains("process"), "{told:?}");
        for kind in KINDS {
            let outcome = world.call(kind).printing_a_token().run();
            assert!([0, 69, 77].contains(&outcome.code), "{outcome:?}");
        }
    }
    assert!(succeeded > 0, "no successor was left behind");
    tell(&format!("of 8 daemons that were killed, {succeeded} had a successor"));
}

#[test]
fn b22_a_daemon_whose_file_was_replaced_while_it_ran_is_succeeded_by_the_new_file() {
    let world = stage();
    let before = world.server().token_requests();
    let kept = world.path("bin/kept");
    std::fs::hard_link(world.daemon_file(), &kept).expect("keep it");
    replace_daemon(&world, &kept);
    let old = world.daemon_pid();
    let file = std::fs::read_link(format!("/proc/{old}/exe")).expect("we may look");
    assert_ne!(file, world.daemon_file(), "the old one runs a file that is not there any more");
    restart(&world).succeeded();
    let file = std::fs::read_link(format!("/proc/{}/exe", world.daemon_pid())).expect("we may look");
    assert_eq!(file, world.daemon_file());
    for kind in KINDS {
        assert_eq!(world.call(kind).printing_a_token().run().code, 0);
    }
    assert_eq!(world.server().token_requests(), before);
}
