//! Promises about what a server may say of a token's life, and of the time to wait: every figure is bounded.

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::world::{Outcome, TIMEOUT, World, eventually};

const DOCUMENTED: u64 = 900;
const DAY: u64 = 24 * 60 * 60;
const MARGIN: u64 = 60;

/// The first token of a new profile at a server that says this of its life.
fn first(world: &World, expires_in: Option<&str>) -> Outcome {
    world.server().set_expires_in(expires_in);
    let name = format!("p{}", world.server().connections());
    let creating = world.creating(&name, "memory", &world.new_client(), &world.server().url());
    creating.args(["--no-verify"]).run().succeeded();
    world.helper(&["get", "-p", &name, "-f", "json"])
}

#[test]
fn f04_a_life_that_can_be_read_is_clamped_to_a_day_and_shown_less_the_margin() {
    let world = World::new();
    let _daemon = world.daemon();
    let lives = [
        (None, DOCUMENTED),
        (Some("null"), DOCUMENTED),
        (Some("3600"), 3600),
        (Some("\"3600\""), 3600),
        (Some("3600.5"), 3600),
        (Some("86400"), DAY),
        (Some("86401"), DAY),
        (Some("18446744073709551615"), DAY),
        (Some("99999999999999999999999999"), DAY),
        (Some("1e308"), DAY),
    ];
    for (message, life) in lives {
        let shown = first(&world, message).json()["expires_in"].as_u64().expect("a number");
        let most = life - MARGIN;
        assert!((most - TIMEOUT.as_secs()..=most).contains(&shown), "{message:?} is shown as {shown}");
    }
}

#[test]
fn f04_a_life_that_cannot_be_read_or_is_none_is_an_error_and_never_a_token() {
    let world = World::new();
    let _daemon = world.daemon();
    for message in ["0", "-1", "-1e308", "0.0", "\"0\"", "1e-9"] {
        first(&world, Some(message)).failed(75).saying("no life left");
    }
    for message in ["true", "[]", "{}", "\"soon\"", "\"\"", "\"inf\"", "\"NaN\""] {
        first(&world, Some(message)).failed(75).saying("expires_in is not a number");
    }
    first(&world, Some("60")).succeeded();
}

#[test]
fn f04_more_than_the_server_ever_gives_is_a_clear_error_and_costs_no_request() {
    let world = World::new();
    world.create_profile("prod", "memory");
    for _ in 0..20 {
        world.helper(&["--min-validity", "1h"]).failed(64).saying("the server's tokens live 900 s");
    }
    world.helper(&["--min-validity", "10m"]).token();
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn f05_what_the_server_takes_for_the_time_changes_nothing() {
    let world = World::new();
    world.server().add_header("Date", "Thu, 01 Jan 1970 00:00:00 GMT");
    world.server().add_header("Expires", "Thu, 01 Jan 1970 00:00:00 GMT");
    world.server().add_header("Age", "100000");
    world.create_profile("prod", "memory");
    let shown = world.helper(&["-f", "json"]).json()["expires_in"].as_u64().expect("a number");
    assert!(shown > DOCUMENTED - MARGIN - TIMEOUT.as_secs(), "{shown}");
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn f07_a_server_may_ask_for_a_second_to_five_minutes_of_patience() {
    let world = World::new();
    let _daemon = world.daemon();
    for (asked, bounds) in [
        ("99999999", 181..=300),
        ("18446744073709551616", 1..=300),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 181..=300),
        ("120", 1..=120),
    ] {
        let name = format!("p{}", world.server().connections());
        let creating = world.creating(&name, "memory", &world.new_client(), &world.server().url());
        creating.args(["--no-verify"]).run().succeeded();
        world.server().answer_next(Answer::status(429, &[("Retry-After", asked)], ""));
        world.helper(&["-p", &name]).failed(75);
        let token = &world.helper(&["profile", "show", &name, "--json"]).json()["token"];
        let wait = token["retry_in"].as_u64().expect("a number");
        assert!(bounds.contains(&wait), "{asked:?} is taken for {wait}");
    }
    for asked in ["-5", "0", "Thu, 01 Jan 1970 00:00:00 GMT", "soon", ""] {
        world.server().answer_next(Answer::status(429, &[("Retry-After", asked)], ""));
        let name = format!("p{}", world.server().connections());
        let creating = world.creating(&name, "memory", &world.new_client(), &world.server().url());
        creating.args(["--no-verify"]).run().succeeded();
        world.helper(&["-p", &name]).failed(75);
        let before = world.server().token_requests();
        // The wait is over within moments, and the profile serves again by itself.
        eventually("it is asked for again", || {
            let _ = world.helper(&["-p", &name]);
            world.server().token_requests() > before
        });
        world.helper(&["-p", &name]).token();
    }
}
