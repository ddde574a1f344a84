//! Promises to people who log in with a user name and password: kind `user` from creation to renewal, and kind
//! `basic`.

use std::time::Duration;

use cp_token_tests::clock_shim::ClockShim;
use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::world::{TIMEOUT, World};

use crate::test_user::{TestUser, creating};

const LIFE: Duration = Duration::from_secs(30 * 60);

#[test]
fn a_users_token_is_asked_for_as_the_vendors_article_has_it_and_opens_the_api() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, None);
    creating(&world, &jo, "jo").stdin(&jo.password).run().succeeded();
    let token = world.helper(&["-p", "jo"]).token();
    let asked = &world.server().entries()[0].request;
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/api/v3/auth/jwt"));
    assert_eq!(asked.parameter("useBody"), Some("true"));
    assert_eq!(asked.header("totp-auth"), None);
    assert_eq!(world.api_status(&token), 200);
    let outcome = world.helper(&["-p", "jo", "-f", "json"]).succeeded().stdout;
    let outcome: serde_json::Value = serde_json::from_str(&outcome).expect("JSON");
    let left = outcome["expires_in"].as_u64().expect("a number");
    assert!((1700..=1740).contains(&left), "thirty minutes less a margin of one: {left}");
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn a_users_token_is_renewed_when_it_has_ended_and_after_a_rejection() {
    let world = World::new();
    let Some(clocks) = ClockShim::build(&world) else { return };
    let _daemon = world.launch(clocks.launch());
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, None);
    creating(&world, &jo, "jo").stdin(&jo.password).run().succeeded();
    let first = world.helper(&[]).token();
    clocks.pass(LIFE);
    let second = world.helper(&[]).token();
    assert_ne!(first, second);
    let third = world.call(&["--rejected"]).stdin(&second).run().token();
    assert_ne!(second, third);
    assert_eq!(world.server().token_requests(), 3);
}

#[test]
fn a_refused_password_is_reported_with_what_else_it_may_be_and_is_never_sent_again() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, None);
    creating(&world, &jo, "jo").stdin(&jo.password).run().succeeded();
    world.server().reset_secret(&jo.name, &world.new_secret());
    let before = world.server().token_requests();
    let refused = world.helper(&["--fresh"]).failed(77).saying("refused the user name or password");
    refused.saying("reset-secret jo").saying("single sign-on").saying("API client");
    for _ in 0..20 {
        world.helper(&["--fresh"]).failed(77);
    }
    assert_eq!(world.server().token_requests() - before, 1);
}

#[test]
fn a_missing_code_is_named_where_the_server_names_it_and_possible_where_it_does_not() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    let named = creating(&world, &jo, "jo").stdin(&jo.password).run().failed(77);
    named.saying("asks for a one-time code").saying("nothing was changed").saying("--totp");
    world.server().hide_missing_codes(true);
    world.helper(&["forget", "-p", "jo"]).succeeded();
    let opaque = creating(&world, &jo, "jo").stdin(&jo.password).run().failed(77);
    opaque.saying("user name or password").saying("one-time code").saying("API client");
    world.helper(&["forget", "-p", "jo"]).succeeded();
    world.server().answer_next(Answer::json(403, r#"{"error":"SSO user"}"#));
    let sso = creating(&world, &jo, "jo").stdin(&jo.password).run().failed(77);
    sso.saying("API client").saying("perhaps not from CrashPlan");
}

#[test]
fn kind_basic_has_no_token_and_gives_its_header_alone() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, None);
    let created = creating(&world, &jo, "old").args(["--basic"]).stdin(&jo.password).run();
    assert!(created.code == 0 && created.stderr.contains("deprecated"), "{created:?}");
    let before = world.server().token_requests();
    for format in ["token", "json", "env"] {
        world.helper(&["-f", format]).failed(64).saying("has no token").saying("--format header");
    }
    let header = world.call(&["-f", "header"]).printing_a_token().run().succeeded().stdout;
    assert!(header.starts_with("Authorization: Basic "), "{header}");
    let status = |path: &str| {
        let url = format!("{}{path}", world.server().url());
        let line = ["-q", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "@-", "--cacert"];
        let curl = world.program("curl").args(line).args([world.ca_file()]).args([&url]);
        curl.stdin(&header).run().stdout
    };
    assert_eq!((status("/api/v1/User"), status("/api/v3/users")), ("200".into(), "401".into()));
    assert_eq!(world.server().token_requests(), before, "no server is asked for what has no token");
}

#[test]
fn a_user_whose_token_request_hangs_keeps_nobody_else_waiting() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, None);
    creating(&world, &jo, "jo").stdin(&jo.password).run().succeeded();
    world.create_profile("prod", "memory");
    world.server().hold();
    let waiting = world.spawn_helper(&["-p", "jo", "--fresh"]);
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    world.helper(&["-p", "prod"]).token();
    world.server().release();
    waiting.finish().token();
}
