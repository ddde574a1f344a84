//! Owns the simulation: random clocks, servers and callers against the real policy, under virtual time. Every
//! history has a seed that is printed when it fails; `CP_TOKEN_SIMULATION_SEED` replays one, and
//! `CP_TOKEN_SIMULATION_HISTORIES` says how many to run.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test says what it ran and stops at the first surprise"
)]

mod account_world;
mod broker_world;
mod code_world;
mod lease_world;
mod lock_world;
mod panics;
mod pause_checker;
mod profiles;
mod random;
mod server;
mod waiting_limit;

use std::env;

use account_world::Home;

/// Runs `history` with fresh seeds, and names the seed of the first that fails.
fn many(default: u64, history: impl Fn(u64)) {
    let number = |name| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("CP_TOKEN_SIMULATION_SEED") {
        return history(seed);
    }
    let first = random::fresh_seed();
    let count = number("CP_TOKEN_SIMULATION_HISTORIES").unwrap_or(default);
    println!("{count} histories from seed {first}");
    for seed in (0..count).map(|index| first.wrapping_add(index)) {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| history(seed)));
        assert!(outcome.is_ok(), "history {seed} failed; replay it with CP_TOKEN_SIMULATION_SEED={seed}");
    }
}

#[test]
fn no_history_of_a_lease_breaks_a_promise() {
    many(100_000, lease_world::history);
}

#[test]
fn no_history_of_the_broker_breaks_a_promise() {
    many(100_000, broker_world::history);
}

#[test]
fn no_history_of_daemons_that_share_accounts_breaks_a_promise() {
    many(1_500, |seed| account_world::history(seed, Home::Shared));
}

/// The positive control: daemons that do not see each other's file must be found out.
#[test]
fn daemons_that_do_not_share_their_used_codes_are_found_out() {
    let found =
        (0..500).any(|seed| std::panic::catch_unwind(|| account_world::history(seed, Home::Parted)).is_err());
    assert!(found, "the simulation would not notice a code that was sent twice");
}

/// The positive control: the same watch over a lease that is handled wrongly must find it out.
#[test]
fn a_lease_whose_clock_stands_still_is_found_out() {
    let found = (0..2_000)
        .any(|seed| std::panic::catch_unwind(|| lease_world::history_with_a_frozen_clock(seed)).is_err());
    assert!(found, "the simulation would not notice a token past its life");
}
