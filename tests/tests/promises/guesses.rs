//! Promises about guessing the passphrase of the lock: it is slow for whoever guesses, and for nobody else.

use std::io::Read;

use cp_token_tests::clock_shim::{Clock, ClockShim};
use cp_token_tests::world::{ASK_FOR_STATUS, Raw, Running, World, frame};

use crate::lock::{contains, lock, unlock};

/// Body of the request to unlock.
fn unlock_request(passphrase: &str) -> Vec<u8> {
    let length = u8::try_from(passphrase.len()).expect("a short passphrase");
    [&[12, length], passphrase.as_bytes()].concat()
}

#[test]
fn c14_of_a_hundred_guesses_few_are_looked_at_and_the_others_are_told_how_long_to_wait() {
    let world = World::new();
    let Some(clocks) = ClockShim::build(&world) else { return };
    let passphrase = world.new_secret();
    let daemon = world.launch(clocks.launch());
    lock(&world, &passphrase).succeeded();
    let mut looked_at = 0;
    for guess in 0..100 {
        let outcome = unlock(&world, &format!("guess {guess}"));
        if outcome.code == 75 {
            outcome.failed(75).saying("was not looked at").saying("try again in");
        } else {
            outcome.failed(77).saying("not the passphrase").saying("try again");
            looked_at += 1;
        }
        world.helper(&["status"]).succeeded();
    }
    daemon.wait_for_log("a wrong passphrase", looked_at);
    // Three at once; after that each needs twice as long as the one before, and a dozen an hour.
    assert!((3..12).contains(&looked_at), "{looked_at} guesses were looked at");
    let pause_is_over = |pauses: i64| clocks.set(Clock::Boot, pauses * 100);
    for pauses in 1..=7 {
        pause_is_over(pauses);
        unlock(&world, "one more").failed(77);
    }
    unlock(&world, &passphrase).failed(75).saying("was not looked at");
    clocks.set(Clock::Wall, 3600);
    unlock(&world, &passphrase).failed(75).saying("was not looked at");
    pause_is_over(8);
    unlock(&world, &passphrase).succeeded();
    lock(&world, &passphrase).succeeded();
    unlock(&world, "a slip").failed(77);
    unlock(&world, &passphrase).succeeded();
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
        let mut other = world.raw();
        other.send(&frame(&unlock_request("another")));
        let other = other.rest();
        let mut status = world.raw();
        status.send(&frame(&ASK_FOR_STATUS));
        let status = status.rest();
        let mut told = so_far(&mut guessing);
        if !contains(&told, "not the passphrase") {
            answered_meanwhile += 1;
            assert!(contains(&status, "daemon.sock"));
            assert!(contains(&other, "busy with another passphrase"));
        }
        told.extend(guessing.rest());
        assert!(contains(&told, "not the passphrase") || contains(&told, "was not looked at"));
    }
    assert!(answered_meanwhile > 0, "no guess took longer than a status");
    daemon.wait_for_log("a wrong passphrase", 1);
}

#[test]
fn c14_many_guesses_at_once_are_looked_at_one_at_a_time() {
    let world = World::new();
    let daemon = world.daemon();
    lock(&world, &world.new_secret()).succeeded();
    let guesses: Vec<Running> = (0..20)
        .map(|guess| world.call(&["unlock", "--passphrase-stdin"]).stdin(format!("guess {guess}")).spawn())
        .collect();
    let codes: Vec<i32> = guesses.into_iter().map(|guess| guess.finish().code).collect();
    let looked_at = codes.iter().filter(|code| **code == 77).count();
    assert!(codes.iter().all(|code| [75, 77].contains(code)), "{codes:?}");
    daemon.wait_for_log("a wrong passphrase", looked_at);
    assert!((1..20).contains(&looked_at), "{codes:?}");
}
