//! Promises about hand-overs at awkward moments: while an attempt hangs, while the daemon is locked, while it is traced,
//! and where two people ask at once.

use cp_token_tests::programs;
use cp_token_tests::world::{TIMEOUT, World, eventually, processes};

use super::{KINDS, bad_new_process, replace_daemon, restart, stage};

#[test]
fn a_token_request_under_way_is_let_finish_and_everybody_is_served_meanwhile() {
    let world = stage();
    let before = world.server().token_requests();
    world.server().hold();
    let waiting = world.spawn_helper(&["-p", "prod", "--fresh"]);
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
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
    for _ in 0..3 {
        drop(unlock("wrong"));
    }
    assert!(restart(&world).succeeded().stdout.contains("it is locked as before"));
    world.helper(&["-p", "prod"]).failed(77).saying("locked");
    unlock("wrong").failed(77).saying("try again in 2 s");
    unlock(&passphrase).succeeded();
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
    assert_eq!((&restarted["operation"], &restarted["outcome"]), (&"restart".into(), &"done".into()));
}

#[test]
fn no_daemon_is_started_and_the_last_one_goes_by_the_way_of_the_first() {
    let world = World::new();
    assert!(restart(&world).succeeded().stdout.contains("is ready"));
    let old = world.daemon_pid();
    restart(&world).succeeded();
    assert_eq!(world.daemon_pid(), old);
    world.stop_daemon();
    assert!(!world.socket().exists(), "the name goes with the last daemon");
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
}

#[test]
fn b22_a_daemon_whose_file_was_replaced_while_it_ran_goes_on_with_the_new_file() {
    let world = stage();
    let before = world.server().token_requests();
    let kept = world.path("bin/kept");
    std::fs::hard_link(world.daemon_file(), &kept).expect("keep it");
    replace_daemon(&world, &kept);
    let old = world.daemon_pid();
    let file = std::fs::read_link(format!("/proc/{old}/exe")).expect("we may look");
    assert_ne!(file, world.daemon_file(), "the old one runs a file that is not there any more");
    restart(&world).succeeded();
    let file = std::fs::read_link(format!("/proc/{old}/exe")).expect("we may look");
    assert_eq!(file, world.daemon_file());
    assert_eq!(world.daemon_pid(), old);
    for kind in KINDS {
        assert_eq!(world.call(kind).printing_a_token().run().code, 0);
    }
    assert_eq!(world.server().token_requests(), before);
}

#[test]
fn callers_who_were_told_that_the_daemon_goes_on_cause_no_further_restart() {
    let world = World::new();
    let daemon = world.daemon();
    let kept = world.path("bin/kept");
    std::fs::copy(world.daemon_file(), &kept).expect("keep it");
    bad_new_process(&world, "hangs");
    let first = world.spawn_helper(&["daemon", "restart"]);
    // It has heard the first one once it runs the new program.
    eventually("the new program runs", || processes::running(&[world.daemon_file()]).len() == 2);
    let second = world.spawn_helper(&["daemon", "restart"]);
    first.finish().failed(69).saying("the daemon goes on as before");
    second.finish().failed(69).saying("the daemon goes on as before");
    replace_daemon(&world, &kept);
    // Its loop turns for each of these, and would begin what is still wanted.
    for _ in 0..3 {
        daemon.signal(processes::Signal::HUP);
        world.helper(&["daemon", "reload"]).succeeded();
    }
    assert!(!daemon.log().contains("took over"), "{}", daemon.log());
    assert_eq!(daemon.log().matches("this daemon goes on").count(), 1);
    restart(&world).succeeded();
    daemon.wait_for_log("took over", 1);
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn a_daemon_that_is_traced_hands_nothing_over() {
    if !programs::present(&["strace"]) || !programs::is_root() {
        return;
    }
    let world = stage();
    let old = world.daemon_pid();
    let mut strace = std::process::Command::new("strace");
    strace.args(["-p", &old.to_string(), "-o", "/dev/null", "-e", "trace=none"]);
    strace.stdin(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
    let mut strace = strace.spawn().expect("run strace");
    let mut line = String::new();
    let mut words = std::io::BufReader::new(strace.stderr.take().expect("a pipe"));
    std::io::BufRead::read_line(&mut words, &mut line).expect("read what strace says");
    restart(&world).failed(69).saying("another program traces the daemon");
    processes::signal(strace.id(), processes::Signal::INT);
    drop(strace.wait());
    restart(&world).succeeded();
}
