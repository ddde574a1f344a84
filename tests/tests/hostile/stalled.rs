//! Attacks by callers who hold the daemon up: silent, slow, deaf, gone.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;

use cp_token_tests::programs;
use cp_token_tests::world::{ASK_FOR_A_TOKEN, ASK_FOR_STATUS, Raw, World, frame};

use crate::stage::{allow_descriptors, idle_costs, serving};

fn connections(world: &World, count: usize, said: &[u8]) -> Vec<Raw> {
    allow_descriptors(8192);
    let connect = |_| {
        let mut raw = world.raw();
        raw.send(said);
        raw
    };
    (0..count).map(connect).collect()
}

/// Whether the daemon has not closed the connection yet.
fn stands(raw: &mut Raw) -> bool {
    raw.0.set_nonblocking(true).expect("set it");
    let outcome = raw.0.read(&mut [0; 1]);
    raw.0.set_nonblocking(false).expect("set it back");
    outcome.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

fn serves_everything(world: &World) {
    world.helper(&[]).token();
    world.helper(&["--fresh"]).token();
    world.helper(&["status"]).succeeded();
}

#[test]
fn a19_c04_five_hundred_silent_callers_and_as_many_who_stop_after_two_bytes_hold_nobody_up() {
    if !programs::is_root() {
        return;
    }
    for said in [&b""[..], b"CP", &frame(&ASK_FOR_A_TOKEN)[..15]] {
        let world = World::new();
        let daemon = world.daemon();
        world.create_profile("prod", "memory");
        let before = idle_costs(&daemon);
        let mut stalled = connections(&world, 500, said);
        serves_everything(&world);
        for raw in &mut stalled {
            assert!(raw.rest().is_empty(), "a stalled caller got a byte");
        }
        before.come_back(&daemon, 2048);
        serves_everything(&world);
    }
}

/// Each byte keeps the connection alive no longer than silence would: the limit is on the whole.
#[test]
fn c04_one_byte_after_the_other_buys_no_time() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let _daemon = world.daemon();
    world.create_profile("prod", "memory");
    let mut slow = connections(&world, 200, b"CPTK\x01\x00\x00\x00\x00\xff\x00\x00");
    let mut bytes = 0;
    while !slow.is_empty() {
        // The pace of the loris is that of an honest caller, who is served in every round.
        world.helper(&[]).token();
        slow.retain_mut(|raw| raw.0.write_all(b"\0").is_ok() && stands(raw));
        bytes += 1;
        assert!(bytes < 20_000, "each byte buys time");
    }
}

#[test]
fn a18_ten_thousand_callers_who_leave_before_the_reply_cost_nothing() {
    let Some((world, daemon, before)) = serving() else { return };
    for round in 0..10_000 {
        let mut raw = world.raw();
        match round % 3 {
            0 => raw.send(&frame(&ASK_FOR_A_TOKEN)),
            1 => raw.send(&frame(&ASK_FOR_STATUS)),
            _ => raw.send(&frame(&ASK_FOR_STATUS)[..7]),
        }
    }
    serves_everything(&world);
    before.come_back(&daemon, 2048);
}

#[test]
fn a17_whoever_only_knocks_costs_nothing_and_fills_no_log() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    let (before, log) = (idle_costs(&daemon), daemon.log().len());
    let knocks = if std::env::var_os("CP_TOKEN_TESTS_LONG").is_some() { 100_000 } else { 20_000 };
    for _ in 0..knocks {
        drop(world.raw());
    }
    serves_everything(&world);
    before.come_back(&daemon, 2048);
    assert!(daemon.log().len() < log + 16_384, "the log grew by {}", daemon.log().len() - log);
}

#[test]
fn c06_whoever_never_reads_his_reply_is_given_up_on() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    // No reply is longer than a frame, and a frame fits the buffer of a socket: what the daemon must not do is wait
    // for it to be read.
    world.create_profile("prod", "memory");
    let before = idle_costs(&daemon);
    let mut deaf = connections(&world, 300, &frame(&ASK_FOR_STATUS));
    serves_everything(&world);
    before.come_back(&daemon, 2048);
    for raw in &mut deaf {
        assert!(!raw.rest().is_empty(), "the reply waits in the caller's own buffer");
    }
}

#[test]
fn c07_half_a_close_a_reset_and_nothing_at_all_keep_the_daemon_idle() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    let mut half = world.raw();
    half.send(&frame(&ASK_FOR_STATUS));
    half.end_sending();
    assert!(!half.rest().is_empty(), "whoever has said everything may close that side");
    let early = connections(&world, 100, &frame(&ASK_FOR_STATUS)[..5]);
    for raw in early {
        raw.end_sending();
        assert!({ raw }.rest().is_empty());
    }
    let deaf = connections(&world, 100, b"");
    for raw in &deaf {
        drop(raw.0.shutdown(Shutdown::Read));
    }
    let turns = || voluntary_switches(daemon.pid());
    let before = turns();
    for raw in deaf {
        assert!({ raw }.rest().is_empty());
    }
    assert!(turns() - before < 5000, "the daemon spins");
    serves_everything(&world);
}

fn voluntary_switches(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.and_then(|number| number.trim().parse().ok()).expect("a number")
}
