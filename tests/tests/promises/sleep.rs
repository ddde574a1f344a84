//! Promises about the lock of a machine that falls asleep: locked before it sleeps, only where a person asked for
//! it, and never without somebody who says when.

use cp_token_tests::programs;
use cp_token_tests::world::{FakeLogind, Launch, Outcome, World};

fn lock_on_suspend(world: &World, passphrase: &str) -> Outcome {
    world.call(&["lock", "--on-suspend", "--passphrase-stdin"]).stdin(passphrase).run()
}

fn unlock(world: &World, passphrase: &str) -> Outcome {
    world.call(&["unlock", "--passphrase-stdin"]).stdin(passphrase).run()
}

/// Whether it is locked, and whether it locks for sleep.
fn status(world: &World) -> [bool; 2] {
    let status = world.helper(&["status", "--json"]).json();
    ["locked", "locks_on_suspend"].map(|field| status[field].as_bool().expect("a flag"))
}

#[test]
fn e17_the_machine_sleeps_only_after_the_daemon_is_locked_time_after_time() {
    let world = World::new();
    let Some(logind) = FakeLogind::start(&world) else { return };
    let daemon = world.launch(logind.launch());
    let passphrase = world.new_secret();
    world.create_profile("prod", "memory");
    assert_eq!(status(&world), [false, false], "it is off unless asked for");
    lock_on_suspend(&world, &passphrase).succeeded();
    for round in 1..=3 {
        let delay = logind.granted();
        let [what, who, _, mode] = &delay.asked;
        assert_eq!([what.as_str(), who, mode], ["sleep", "cp-token", "delay"]);
        logind.announce(false);
        world.helper(&[]).token();
        assert_eq!(status(&world), [false, true], "the control: it is open until then");
        logind.announce(true);
        delay.wait_until_released();
        assert_eq!(status(&world), [true, true], "round {round}");
        daemon.wait_for_log("locked before the machine sleeps", round);
        world.helper(&[]).failed(77).saying("cp-tokend is locked");
        logind.announce(false);
        world.helper(&[]).failed(77);
        unlock(&world, "another one").failed(77);
        unlock(&world, &passphrase).succeeded();
    }
    world.helper(&[]).token();
}

#[test]
fn a_lock_for_sleep_that_was_taken_back_lets_the_machine_sleep_and_stays_open() {
    let world = World::new();
    let Some(logind) = FakeLogind::start(&world) else { return };
    let _daemon = world.launch(logind.launch());
    world.create_profile("prod", "memory");
    lock_on_suspend(&world, &world.new_secret()).succeeded();
    let delay = logind.granted();
    world.helper(&["lock", "--no-on-suspend"]).succeeded();
    delay.wait_until_released();
    logind.announce(true);
    assert_eq!(status(&world), [false, false]);
    world.helper(&[]).token();
}

#[test]
fn the_passphrase_that_was_given_last_is_the_one_that_unlocks() {
    let world = World::new();
    let Some(logind) = FakeLogind::start(&world) else { return };
    let _daemon = world.launch(logind.launch());
    let [first, second, third] = [(); 3].map(|()| world.new_secret());
    lock_on_suspend(&world, &first).succeeded();
    let replaced = logind.granted();
    lock_on_suspend(&world, &second).succeeded();
    replaced.wait_until_released();
    let delay = logind.granted();
    logind.announce(true);
    delay.wait_until_released();
    unlock(&world, &first).failed(77);
    unlock(&world, &second).succeeded();
    let delay = logind.granted();
    world.call(&["lock", "--passphrase-stdin"]).stdin(&third).run().succeeded();
    delay.wait_until_released();
    unlock(&world, &third).succeeded();
    let delay = logind.granted();
    logind.announce(true);
    delay.wait_until_released();
    unlock(&world, &third).succeeded();
}

#[test]
fn where_nobody_announces_sleep_the_choice_is_refused_and_nothing_changes() {
    let Some(world) = World::with_bus() else { return };
    let bus_without_logind = world.keyring().address();
    for bus in ["unix:path=/nonexistent", bus_without_logind] {
        let daemon = world.launch(Launch::default().env("DBUS_SYSTEM_BUS_ADDRESS", bus));
        let outcome = lock_on_suspend(&world, &world.new_secret()).failed(69);
        outcome.saying("does not say when it is about to sleep").saying("`cp-token lock`");
        assert_eq!(status(&world), [false, false]);
        world.helper(&["profile", "list"]).succeeded();
        assert_eq!(daemon.terminate(), 0);
    }
}

#[test]
fn a_lock_for_sleep_that_comes_and_goes_costs_nothing_in_the_end() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let Some(logind) = FakeLogind::start(&world) else { return };
    let daemon = world.launch(logind.launch());
    let mut costs = Vec::new();
    for _ in 0..10 {
        lock_on_suspend(&world, &world.new_secret()).succeeded();
        let delay = logind.granted();
        let threads = daemon.threads();
        world.helper(&["lock", "--no-on-suspend"]).succeeded();
        delay.wait_until_released();
        world.helper(&["status"]).succeeded();
        costs.push((daemon.descriptors(), threads));
    }
    let second = costs[1].0;
    // The connection of a caller that has its answer may still be open for a moment.
    let is_settled = || {
        world.helper(&["status"]).succeeded();
        daemon.descriptors() <= second
    };
    assert!((0..20).any(|_| is_settled()), "descriptors: {costs:?}");
    assert!(costs.iter().all(|(_, threads)| *threads <= 5), "threads: {costs:?}");
}

#[test]
fn a_bus_that_goes_away_locks_at_once_because_nobody_would_say_so_any_more() {
    let world = World::new();
    let Some(logind) = FakeLogind::start(&world) else { return };
    let daemon = world.launch(logind.launch());
    let passphrase = world.new_secret();
    world.create_profile("prod", "memory");
    lock_on_suspend(&world, &passphrase).succeeded();
    world.helper(&[]).token();
    drop(logind);
    daemon.wait_for_log("locked, because sleep is no longer announced", 1);
    assert_eq!(status(&world), [true, true]);
    let unlocked = unlock(&world, &passphrase).succeeded();
    assert!(unlocked.stdout.contains("it does not lock any more when the machine is about to sleep"));
    assert_eq!(status(&world), [false, false]);
    world.helper(&[]).token();
}

#[test]
fn a_machine_that_is_just_falling_asleep_is_asked_again_until_it_grants_a_delay() {
    let world = World::new();
    let Some(logind) = FakeLogind::start_refusing(&world, 3) else { return };
    let _daemon = world.launch(logind.launch());
    lock_on_suspend(&world, &world.new_secret()).succeeded();
    let delay = logind.granted();
    logind.announce(true);
    delay.wait_until_released();
    assert_eq!(status(&world), [true, true]);
}
