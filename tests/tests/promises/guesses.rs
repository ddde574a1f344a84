//! Promises about guessing the passphrase of the lock: it is slow for whoever guesses, and for nobody else.

use std::io::Read;

use cp_token_tests::clock_shim::{Clock, ClockShim};
use cp_token_tests::world::{ASK_FOR_STATUS, Daemon, Raw, World, frame};

use crate::lock::{contains, lock, unlock};

/// Body of the request to unlock.
fn unlock_request(passphrase: &str) -> Vec<u8> {
    let length = u8::try_from(passphrase.len()).expect("a short passphrase");
    [&[12, length], passphrase.as_bytes()].concat()
}

/// So many wait at once to have their passphrase looked at.
const IN_LINE: usize = 8;

/// A locked daemon under moved clocks that has seen as many wrong passphrases as cost nothing, and one more.
fn with_first_pause(world: &World, passphrase: &str) -> Option<(ClockShim, Daemon)> {
    let clocks = ClockShim::build(world)?;
    let daemon = world.launch(clocks.launch());
    lock(world, passphrase).succeeded();
    for guess in 0..3 {
        unlock(world, &format!("slip {guess}")).failed(77).saying("not the passphrase").saying("try again");
    }
    Some((clocks, daemon))
}

/// A try that is known to stand in the line, or to have been sent away.
fn trying(world: &World, passphrase: &str) -> Raw {
    let mut raw = world.raw();
    raw.send(&frame(&unlock_request(passphrase)));
    assert_eq!(raw.body(), [0], "the daemon says that it is at work");
    raw
}

/// As [`with_first_pause`], with the pause after the last wrong one as long as any: a minute.
fn with_longest_pause(world: &World, passphrase: &str) -> Option<(ClockShim, Daemon)> {
    let (clocks, daemon) = with_first_pause(world, passphrase)?;
    let mut guesses: Vec<Raw> = (0..IN_LINE).map(|guess| trying(world, &format!("guess {guess}"))).collect();
    clocks.set(Clock::Boot, 100);
    assert!(guesses.iter_mut().all(|guess| contains(&guess.rest(), "not the passphrase")));
    Some((clocks, daemon))
}

#[test]
fn c14_of_a_hundred_guesses_in_a_pause_as_many_are_looked_at_as_stand_in_line() {
    let world = World::new();
    let Some((clocks, daemon)) = with_longest_pause(&world, &world.new_secret()) else { return };
    let mut in_line: Vec<Raw> = (0..IN_LINE).map(|guess| trying(&world, &format!("again {guess}"))).collect();
    for guess in IN_LINE..100 {
        let mut beyond = world.raw();
        beyond.send(&frame(&unlock_request(&format!("again {guess}"))));
        assert!(contains(&beyond.rest(), "busy with other passphrases"), "the line is full");
    }
    unlock(&world, "again").failed(75).saying("busy with other passphrases").saying("try again in a moment");
    world.helper(&["status"]).succeeded();
    clocks.set(Clock::Wall, 3600);
    assert_eq!(daemon.log().matches("a wrong passphrase").count(), 3 + IN_LINE, "nobody is looked at yet");
    clocks.set(Clock::Boot, 200);
    assert!(in_line.iter_mut().all(|guess| contains(&guess.rest(), "not the passphrase")));
    daemon.wait_for_log("a wrong passphrase", 3 + 2 * IN_LINE);
}

#[test]
fn c16_the_right_passphrase_is_heard_at_the_end_of_the_pause_beside_wrong_ones_in_a_loop() {
    let world = World::new();
    let passphrase = world.new_secret();
    let Some((clocks, daemon)) = with_longest_pause(&world, &passphrase) else { return };
    // Those that come before the right one are looked at first, and each begins a pause of a minute.
    let mut loops: Vec<Raw> = (1..IN_LINE).map(|guess| trying(&world, &format!("loop {guess}"))).collect();
    let mut right = trying(&world, &passphrase);
    clocks.set(Clock::Boot, 200);
    assert!(contains(&right.rest(), "cp-tokend is unlocked"), "it waits for the pause that it came in");
    for guess in &mut loops {
        let message = guess.rest();
        assert!(contains(&message, "not the passphrase") || contains(&message, "is not locked"));
    }
    daemon.wait_for_log("unlocked", 1);
    lock(&world, &passphrase).succeeded();
    unlock(&world, "a slip").failed(77);
    unlock(&world, &passphrase).succeeded();
}

/// A try that has a place in the line; nothing where there is none.
fn placed(world: &World, passphrase: &str) -> Option<Raw> {
    let mut raw = world.raw();
    raw.send(&frame(&unlock_request(passphrase)));
    let is_sent_away = raw.body() != [0] || {
        // Whoever is sent away knows it before somebody who has come later is answered.
        world.helper(&["status"]).succeeded();
        contains(&so_far(&mut raw), "busy with other passphrases")
    };
    (!is_sent_away).then_some(raw)
}

/// As [`placed`]; places that were given back are there in a moment.
fn in_line(world: &World, passphrase: &str) -> Raw {
    (0..100).find_map(|_| placed(world, passphrase)).expect("a place in the line")
}

#[test]
fn c16_who_leaves_while_it_waits_gives_its_place_back_and_is_not_looked_at() {
    let world = World::new();
    let passphrase = world.new_secret();
    let Some((clocks, daemon)) = with_longest_pause(&world, &passphrase) else { return };
    for round in 0..2 {
        let leavers: Vec<Raw> =
            (0..IN_LINE).map(|guess| in_line(&world, &format!("left {round} {guess}"))).collect();
        unlock(&world, &passphrase).failed(75).saying("busy with other passphrases");
        drop(leavers);
    }
    let mut right = in_line(&world, &passphrase);
    clocks.set(Clock::Boot, 200);
    assert!(contains(&right.rest(), "cp-tokend is unlocked"), "at the end of the pause that it came in");
    assert_eq!(daemon.log().matches("a wrong passphrase").count(), 3 + IN_LINE, "nobody else was looked at");
}

/// What has come so far.
fn so_far(raw: &mut Raw) -> Vec<u8> {
    let mut bytes = Vec::new();
    raw.0.set_nonblocking(true).expect("do not wait");
    // It ends with the word that there is no more at present.
    drop(raw.0.read_to_end(&mut bytes));
    raw.0.set_nonblocking(false).expect("wait again");
    bytes
}

#[test]
fn c14_a_guess_under_way_holds_up_neither_status_nor_the_word_that_it_is_under_way() {
    let world = World::new();
    let passphrase = world.new_secret();
    let daemon = world.daemon();
    lock(&world, &passphrase).succeeded();
    let mut answered_meanwhile = 0;
    for guess in 0..3 {
        let mut guessing = world.raw();
        guessing.send(&frame(&unlock_request(&format!("guess {guess}"))));
        assert_eq!(guessing.body(), [0], "the daemon says that it is at work");
        let mut status = world.raw();
        status.send(&frame(&ASK_FOR_STATUS));
        let status = status.rest();
        let mut message = so_far(&mut guessing);
        if !contains(&message, "not the passphrase") {
            answered_meanwhile += 1;
            assert!(contains(&status, "daemon.sock"));
        }
        message.extend(guessing.rest());
        assert!(contains(&message, "not the passphrase"));
    }
    assert!(answered_meanwhile > 0, "no guess took longer than a status");
    daemon.wait_for_log("a wrong passphrase", 1);
}
