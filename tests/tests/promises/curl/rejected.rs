//! Promises of `cp-token curl --retry-rejected`: one report, one repeat, and of the first answer nothing is seen.

use cp_token_tests::fake_crashplan::{Answer, Credential, Ending};
use cp_token_tests::world::{Call, World};

use super::{asked, world};
use crate::exec::ignoring_children;

fn retrying(world: &World, words: &[&str]) -> Call {
    world.call(&["curl", "--retry-rejected", "--"]).args(words)
}

/// The statuses of what was asked of the API, in order.
fn statuses(world: &World) -> Vec<Option<u16>> {
    asked(world.server()).iter().map(|entry| entry.status()).collect()
}

#[test]
fn a_401_causes_one_report_and_one_repeat_with_the_new_token() {
    let Some(world) = world() else { return };
    let token = world.helper(&[]).token();
    world.server().revoke(&token);
    let words = ["-sS", "-i", "-w", "%{http_code}", "-d", "some data", "/api/v3/users"];
    let outcome = retrying(&world, &words).run().succeeded();
    assert!(
        outcome.stdout.starts_with("HTTP/1.1 200 OK\r\n") && outcome.stdout.ends_with("200"),
        "{outcome:?}"
    );
    assert!(!outcome.stdout.contains("401") && !outcome.stdout.contains("unauthorized"), "{outcome:?}");
    assert_eq!(statuses(&world), [Some(401), Some(200)]);
    assert_eq!(world.server().token_requests(), 2);
    let asked = asked(world.server());
    assert!(asked.iter().all(|entry| entry.request.body == b"some data"));
    let presented: Vec<_> = asked.into_iter().map(|entry| entry.credential).collect();
    let issued = world.server().issued();
    let expected = [0, 1].map(|place| Credential::Bearer { token: issued[place].clone(), live: place == 1 });
    assert_eq!(presented, expected);
}

#[test]
fn without_a_401_nothing_is_reported_and_all_arrives_as_curl_has_it() {
    let Some(world) = world() else { return };
    for (words, code) in [
        (&["-sS", "/api/v3/users"][..], 0),
        (&["-sSI", "/api/v3/users"], 0),
        (&["-sS", "-i", "/nowhere"], 0),
        (&["-sSf", "/nowhere"], 22),
        (
            &[
                "-sS",
                "--resolve",
                "localhost:1:127.0.0.1",
                "-m",
                "20",
                "--connect-to",
                "::127.0.0.1:1",
                "/api/v3/a",
            ],
            7,
        ),
        (&["-sS", "--max-time", "soon", "/api/v3/users"], 2),
    ] {
        let with = retrying(&world, words).run();
        let without = world.call(&["curl", "--"]).args(words).run();
        assert_eq!(
            (with.code, &with.stdout, without.code),
            (code, &without.stdout, code),
            "{words:?}: {with:?}"
        );
        // Figures in a complaint, such as how long it took, differ from time to time.
        let letters = |text: &str| text.replace(|character: char| character.is_ascii_digit(), "");
        assert_eq!(letters(&with.stderr), letters(&without.stderr), "{words:?}");
    }
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn a_second_401_is_shown_as_curl_shows_it() {
    let Some(world) = world() else { return };
    world.server().answer_api_always(Answer::json(401, r#"{"error":"always"}"#));
    let outcome = retrying(&world, &["-sS", "-w", "%{http_code}", "/api/v3/users"]).run().succeeded();
    assert_eq!(outcome.stdout, r#"{"error":"always"}401"#);
    assert_eq!((statuses(&world), world.server().token_requests()), (vec![Some(401); 2], 2));
    let outcome = retrying(&world, &["-sSf", "/api/v3/users"]).run();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (22, ""));
    assert_eq!((outcome.stderr.matches("401").count(), statuses(&world).len()), (1, 4), "{outcome:?}");
}

#[test]
fn files_for_body_and_head_hold_the_second_answer_alone() {
    let Some(world) = world() else { return };
    let [body, head] = ["body", "head"].map(|name| world.path(name).to_str().expect("UTF-8").to_owned());
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    world.server().answer_api_next(Answer::json(401, "the first body"));
    retrying(&world, &["-sS", "-o", &body, "-D", &head, "/api/v3/users"]).run().succeeded();
    assert!(read(&body).contains("users") && read(&head).starts_with("HTTP/1.1 200"), "{}", read(&head));
    assert_eq!(read(&head).matches("HTTP/").count(), 1);
    // Where no second answer comes, there is nothing of the first one's either.
    world.server().answer_api_next(Answer::json(401, "the first body"));
    world.server().answer_api_next(Answer::dropped(Ending::Close));
    let outcome = retrying(&world, &["-sS", "-o", &body, "/api/v3/users"]).run();
    assert_eq!((outcome.code, read(&body).as_str()), (52, ""), "{outcome:?}");
    // And without a 401, the head is where curl would have put it.
    retrying(&world, &["-sS", "-o", &body, "-D", &head, "/api/v3/users"]).run().succeeded();
    assert!(
        read(&head).starts_with("HTTP/1.1 200") && read(&head).ends_with("\r\n\r\n"),
        "{:?}",
        read(&head)
    );
    let outcome = retrying(&world, &["-sS", "-D", "-", "/api/v3/users"]).run().succeeded();
    assert!(outcome.stdout.starts_with("HTTP/1.1 200") && outcome.stdout.contains("users"), "{outcome:?}");
}

#[test]
fn a_large_answer_flows_through_whole() {
    let Some(world) = world() else { return };
    let body = "0123456789".repeat(400_000);
    for words in [["-sS", "/api/v3/a"].as_slice(), &["-sS", "-i", "/api/v3/a"]] {
        world.server().answer_api_next(Answer::status(200, &[], &body));
        let outcome = retrying(&world, words).run().succeeded();
        assert!(outcome.stdout.ends_with(&body), "{} bytes", outcome.stdout.len());
    }
}

#[test]
fn a_401_after_a_redirect_may_be_another_hosts_and_is_not_reported() {
    let Some(world) = world() else { return };
    world.server().answer_api_next(Answer::redirect(302, "/api/v3/elsewhere"));
    world.server().answer_api_next(Answer::json(401, "refused there"));
    let outcome = retrying(&world, &["-sSL", "/api/v3/users"]).run().succeeded();
    assert_eq!((outcome.stdout.as_str(), world.server().token_requests()), ("refused there", 1));
}

#[test]
fn what_cannot_be_sent_or_undone_twice_is_refused_at_once() {
    let Some(world) = world() else { return };
    for words in [
        ["-d", "@-", "/api/v3/users"].as_slice(),
        &["-T", "-", "/api/v3/users"],
        &["-O", "/api/v3/users"],
        &["/api/v3/a", "/api/v3/b"],
        &["/api/v3/{a,b}"],
    ] {
        retrying(&world, words).stdin("data").run().failed(64).saying("--retry-rejected");
    }
    assert_eq!(world.server().api_requests(), 0);
}

#[test]
fn where_there_is_no_new_token_the_failure_says_why_and_nothing_else_is_seen() {
    let Some(world) = world() else { return };
    let token = world.helper(&[]).token();
    world.server().revoke(&token);
    world.server().reset_secret("key-1", &world.new_secret());
    retrying(&world, &["-sS", "/api/v3/users"]).run().failed(77).saying("reset-secret prod");
    assert_eq!(world.server().api_requests(), 1);
}

#[test]
fn a_caller_that_ignores_its_children_learns_that_curl_ran_and_how_it_ended() {
    let Some(world) = world() else { return };
    for (options, path, code) in [
        ("--retry-rejected -- -sS", "/api/v3/users", 0),
        ("--retry-rejected -- -sSf", "/nowhere", 22),
        ("-- -sSv", "/api/v3/users", 0),
    ] {
        let before = asked(world.server()).len();
        let line = format!("cp-token curl {options} -d one=1 {path}");
        let Some(call) = ignoring_children(&world, &line) else { return };
        let outcome = call.run();
        assert!(outcome.code == code && !outcome.stderr.contains("was not run"), "{line}: {outcome:?}");
        assert_eq!(asked(world.server()).len(), before + 1, "{line}");
    }
}
