//! Promises about an outage: a report that meets it takes the token from nobody else, and `forget` ends no pause.

use cp_token_tests::fake_crashplan::{Answer, Ending};
use cp_token_tests::world::TIMEOUT;

use crate::waiting::stage;

/// What a server, or something in its place, says when no token is to be had for now.
fn outages() -> [Answer; 5] {
    [
        Answer::json(503, "{}"),
        Answer::status(429, &[], ""),
        Answer::status(429, &[("Retry-After", "2")], ""),
        Answer::status(403, &[("Content-Type", "text/html")], "<html>sign in</html>"),
        Answer::dropped(Ending::Close),
    ]
}

#[test]
fn a_report_that_meets_the_outage_itself_takes_the_token_from_nobody_else() {
    for outage in outages() {
        let (world, token, before) = stage();
        world.server().answer_always(outage);
        for _ in 0..2 {
            world.call(&["--rejected"]).stdin(&token).run().failed(75);
            assert_eq!(world.helper(&[]).token(), token, "it stays for those who do not report it");
        }
        assert!(world.server().token_requests() > before, "the control: it was tried");
        world.server().answer_normally();
        let other = world.call(&["--rejected", "--retry"]).stdin(&token).run().token();
        assert_ne!(other, token, "the reporter is never given it");
        assert_eq!(world.helper(&[]).token(), other);
    }
}

#[test]
fn who_asks_while_a_report_is_looked_into_waits_and_is_served_if_no_other_token_comes() {
    let (world, token, before) = stage();
    world.server().answer_always(Answer::json(503, "{}"));
    world.server().hold();
    let report = world.call(&["--rejected"]).stdin(&token).spawn();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    let others: Vec<_> = (0..5).map(|_| world.call(&[]).printing_a_token().spawn()).collect();
    world.server().release();
    report.finish().failed(75);
    for other in others {
        assert_eq!(other.finish().token(), token);
    }
    assert_eq!(world.server().token_requests() - before, 1);
}

#[test]
fn who_has_no_more_time_beside_a_server_that_hangs_is_served_a_token_that_it_has_not_reported() {
    let (world, token, before) = stage();
    world.server().hold();
    let report = world.call(&["--rejected"]).stdin(&token).spawn();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    let hurried = |arguments: &[&str]| world.call(&["--timeout", "200ms"]).args(arguments);
    assert_eq!(world.helper(&["--timeout", "200ms"]).token(), token);
    hurried(&["--fresh"]).run().failed(75).saying("within the time allowed");
    hurried(&["--rejected"]).stdin(&token).run().failed(75).saying("within the time allowed");
    assert_eq!(world.helper(&["--timeout", "200ms"]).token(), token, "nor does a second report take it away");
    world.server().release();
    assert_ne!(report.finish().token(), token);
    assert_ne!(world.helper(&[]).token(), token, "the control: it goes when another is there");
    assert_eq!(world.server().token_requests() - before, 1);
}

#[test]
fn a_token_that_was_reported_goes_as_soon_as_the_server_refuses_the_secret() {
    let (world, token, _) = stage();
    world.server().answer_next(Answer::json(401, "{\"error\":\"invalid_client\"}"));
    world.call(&["--rejected"]).stdin(&token).run().failed(77);
    world.helper(&[]).failed(77);
}

#[test]
fn a_pause_of_our_own_outlives_forget() {
    for outage in [Answer::json(503, "{}"), Answer::status(429, &[], "")] {
        let (world, _, before) = stage();
        world.server().answer_always(outage);
        for _ in 0..12 {
            world.helper(&["forget"]).succeeded();
            world.helper(&[]).failed(75);
        }
        // The pauses grow: six requests would take half a minute.
        let requests = world.server().token_requests() - before;
        assert!((1..6).contains(&requests), "{requests} requests for twelve calls");
        world.server().answer_normally();
        world.helper(&["--retry"]).token();
    }
}

#[test]
fn a_refused_secret_is_tried_once_more_after_each_forget() {
    let (world, _, before) = stage();
    world.server().answer_always(Answer::json(401, "{\"error\":\"invalid_client\"}"));
    for _ in 0..2 {
        world.helper(&["forget"]).succeeded();
        world.helper(&[]).failed(77);
        world.helper(&[]).failed(77);
    }
    assert_eq!(world.server().token_requests() - before, 2);
}
