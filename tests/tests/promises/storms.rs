//! Promises about many things at once: signals, requests, callers that die, changes that meet. Order comes from the
//! server's gate and from the ends of programs, never from pauses.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use cp_token_tests::programs;
use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{ASK_FOR_A_TOKEN, TIMEOUT, World, eventually, frame};

use crate::sizes::{repetitions, tell};

#[test]
fn j02_a_storm_of_signals_changes_nothing() {
    const STORM: [Signal; 6] =
        [Signal::USR1, Signal::HUP, Signal::WINCH, Signal::CHILD, Signal::ALARM, Signal::PIPE];
    let world = World::new();
    let mut daemon = world.daemon();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    for _ in 0..20 {
        for _ in 0..50 {
            STORM.into_iter().for_each(|signal| daemon.signal(signal));
        }
        assert_eq!(world.helper(&[]).token(), token);
    }
    assert!(daemon.is_running() && world.server().token_requests() == 1);
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn j02_a_storm_of_the_signal_for_an_upgrade_loses_nothing() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    for _ in 0..20 {
        for _ in 0..50 {
            // Whoever runs: a successor that is hit before it listens ends, and the old daemon goes on.
            for pid in processes::running(&[world.daemon_file()]) {
                processes::signal(pid, Signal::USR2);
            }
        }
        assert_eq!(world.helper(&[]).token(), token);
    }
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn j03_requests_leave_nothing_behind() {
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    let request = frame(&ASK_FOR_A_TOKEN);
    let ask = |count| {
        for _ in 0..count {
            let mut raw = world.raw();
            raw.send(&request);
            assert!(raw.rest().len() > 100);
        }
        daemon.anonymous_kib()
    };
    let counted = || (daemon.threads(), programs::is_root().then(|| daemon.descriptors()));
    let (before, (threads, descriptors)) = (ask(2000), counted());
    let after = ask(repetitions(20_000, 1_000_000));
    tell(&format!("the daemon's own memory before and after the requests: {before} and {after} KiB"));
    assert!(after.saturating_sub(before) < 256, "{before} KiB became {after} KiB");
    // What the daemon writes meanwhile has a thread of its own for as long.
    eventually("threads and descriptors come back", || {
        let (threads_after, descriptors_after) = counted();
        threads_after <= threads && descriptors_after <= descriptors
    });
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn j04_a_daemon_that_aborts_is_replaced_and_every_caller_is_told_or_served() {
    let Some(world) = World::with_keyring() else { return };
    world.create_profile("prod", "keyring");
    for _ in 0..5 {
        world.helper(&["forget"]).succeeded();
        world.server().hold();
        let before = world.server().token_requests();
        let asking: Vec<_> = (0..10).map(|_| world.spawn_helper(&[])).collect();
        assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.token_requests() == before + 1));
        let daemon = world.daemon_pid();
        assert!(processes::signal(daemon, Signal::ABORT));
        world.server().release();
        for caller in asking {
            let outcome = caller.finish();
            match outcome.code {
                0 => drop(outcome.token()),
                code => drop(outcome.failed(if [69, 75, 76].contains(&code) { code } else { 75 })),
            }
        }
        assert!(processes::wait_for_end(daemon));
        world.helper(&[]).token();
    }
    let cores = std::fs::read_dir(world.root()).expect("read the folder").flatten();
    assert_eq!(cores.filter(|entry| entry.file_name().to_string_lossy().starts_with("core")).count(), 0);
}

/// Each round has a profile of its own, because the token requests of one are bounded.
#[test]
fn j05_a_token_request_outlives_the_caller_who_caused_it() {
    let world = World::new();
    let url = world.server().url();
    for round in 1..=repetitions(10, 500) {
        let name = format!("p{round}");
        world.creating(&name, "memory", &world.new_client(), &url).args(["--no-verify"]).run().succeeded();
        world.server().hold();
        let leader = world.spawn_helper(&["-p", &name]);
        assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
        leader.signal(Signal::KILL);
        assert_eq!(leader.finish().code, 128 + 9);
        let follower = world.spawn_helper(&["-p", &name]);
        world.server().release();
        let token = follower.finish().token();
        assert_eq!((world.server().issued().last(), world.server().token_requests()), (Some(&token), round));
    }
}

#[test]
fn j06_a_config_that_is_rewritten_while_it_is_read_is_the_old_one_or_the_new_one() {
    let world = World::new();
    world.create_profile("a1", "memory");
    world.create_profile("a2", "memory");
    let file = world.config_folder().join("config.toml");
    let old = std::fs::read_to_string(&file).expect("read the config");
    let new = old.replace("a1", "b1").replace("a2", "b2");
    let names = |list: &serde_json::Value| -> BTreeSet<String> {
        let profiles = list.as_array().expect("a list").iter();
        profiles.map(|profile| profile["name"].as_str().expect("a name").to_owned()).collect()
    };
    let both = [["a1", "a2"], ["b1", "b2"]].map(|names| names.map(str::to_owned).into());
    let (done, mut seen) = (AtomicBool::new(false), BTreeSet::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let draft = world.config_folder().join("edited");
            for text in [&new, &old].into_iter().cycle().take_while(|_| !done.load(Ordering::Relaxed)) {
                std::fs::write(&draft, text).expect("write the config");
                shell_mode(&draft);
                std::fs::rename(&draft, &file).expect("put it in its place");
            }
        });
        for _ in 0..repetitions(100, 2000) {
            let reloaded = world.helper(&["daemon", "reload"]);
            let list = names(&world.helper(&["profile", "list", "--json"]).json());
            let expected = both.contains(&list) && reloaded.code == 0;
            seen.insert(list.clone());
            done.fetch_or(!expected, Ordering::Relaxed);
            assert!(expected, "{list:?}, {reloaded:?}");
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(seen.len(), 2, "both were seen: {seen:?}");
}

/// As an editor would leave it: the daemon refuses a config that others could write.
fn shell_mode(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("set the mode");
}

#[test]
fn j08_a_token_that_comes_after_forget_is_thrown_away() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let first = world.helper(&[]).token();
    for forget in [["forget", "--all"], ["forget", "-pprod"]] {
        world.helper(&forget).succeeded();
        let before = world.server().token_requests();
        world.server().hold();
        let waiting = world.spawn_helper(&[]);
        assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
        world.helper(&forget).succeeded();
        // Whoever waited waits for the next one, and another's wish is not its failure.
        assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.token_requests() == before + 2));
        world.server().release();
        let token = waiting.finish().token();
        assert_ne!(token, first);
        assert_eq!(world.helper(&[]).token(), token);
        assert_eq!(
            (world.server().issued().last(), world.server().token_requests()),
            (Some(&token), before + 2)
        );
    }
}

#[test]
fn i10_mixed_requests_for_two_profiles_never_mix_them() {
    let world = World::new();
    let tokens = ["one", "two"].map(|name| {
        world.create_profile(name, "memory");
        world.helper(&["-p", name]).token()
    });
    let requests = ["one", "two"].map(|name| {
        let selector = [&[0, 1, 3], name.as_bytes()].concat();
        frame(&[selector.as_slice(), &[0, 0, 0xfb, 0x30, 0x75, 0, 0, 0]].concat())
    });
    let holds = |answer: &[u8], token: &str| answer.windows(token.len()).any(|part| part == token.as_bytes());
    for round in 0..repetitions(2_000, 100_000) {
        let mine = usize::from(round % 3 == 0);
        let mut raw = world.raw();
        raw.send(&requests[mine]);
        let answer = raw.rest();
        assert!(holds(&answer, &tokens[mine]) && !holds(&answer, &tokens[1 - mine]), "round {round}");
    }
    assert_eq!(world.server().token_requests(), 2);
}
