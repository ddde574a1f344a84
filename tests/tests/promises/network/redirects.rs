//! Promises about a server that has moved: its redirect is never followed, and the message names a place that is known and
//! the one command that follows it by a person's own choice. A redirect to any other is a failure of the way.

use cp_token_tests::fake_crashplan::{Answer, FakeCrashPlan};
use cp_token_tests::fake_proxy::FakeProxy;
use cp_token_tests::world::World;

use super::{command_in, creating_through};

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// A profile behind a proxy that leads every host to the world's own server, and that server's other name, which is one
/// that a message may name.
fn moving(world: &World, proxy: &FakeProxy, name: &str) -> String {
    let client = world.new_client();
    let creating = creating_through(world, name, &client, &proxy.url());
    creating.stdin(&client.secret).run().succeeded();
    world.server().url().replace("localhost", "console.localhost")
}

/// How often somebody asked the proxy for the way to this origin.
fn asked_for(proxy: &FakeProxy, origin: &str) -> usize {
    let head = format!("CONNECT {} ", origin.trim_start_matches("https://"));
    proxy.conversations().iter().filter(|one| one.head.starts_with(&head)).count()
}

#[test]
fn g01_a_redirect_to_a_known_place_names_it_and_the_command_that_it_names_works() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    for (count, status) in STATUSES.into_iter().enumerate() {
        let name = format!("p{status}");
        let new = moving(&world, &proxy, &name);
        let target = format!("{new}/api/v3/oauth/token?grant_type=client_credentials");
        world.server().answer_next(Answer::redirect(status, &target));
        let outcome = world.helper(&["-p", &name, "--fresh"]).failed(78);
        let outcome = outcome.saying(&format!("redirects token requests to {new}, which is never followed"));
        assert_eq!(asked_for(&proxy, &new), 2 * count, "nothing went there by itself");
        let command = command_in(&outcome.stderr);
        assert_eq!(command, format!("cp-token profile update {name} --url {new}"));
        world.shell(command).succeeded();
        let token = world.helper(&["-p", &name, "--fresh"]).token();
        assert_eq!(world.server().issued().last(), Some(&token));
    }
    assert_eq!(asked_for(&proxy, &moving(&world, &proxy, "last")), 2 * STATUSES.len());
}

#[test]
fn g01_a_creation_says_with_which_url_it_works() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let new = moving(&world, &proxy, "other");
    let client = world.new_client();
    world.server().answer_next(Answer::redirect(301, &format!("{new}/")));
    let outcome =
        creating_through(&world, "prod", &client, &proxy.url()).stdin(&client.secret).run().failed(78);
    let outcome = outcome.saying("nothing was changed");
    assert_eq!((command_in(&outcome.stderr), asked_for(&proxy, &new)), (&*format!("--url {new}"), 0));
}

/// The most usual captive portal: the login page of a hotel, behind a redirect that anybody may have written.
#[test]
fn a_redirect_to_an_unknown_host_is_a_failure_of_the_way_and_is_waited_out() {
    let world = World::new();
    let _daemon = world.daemon();
    world.create_profile("prod", "memory");
    let other = FakeCrashPlan::start();
    for place in ["https://portal.hotel.example/login", "http://10.0.0.1:8080/x", &other.url()] {
        world.server().answer_next(Answer::redirect(302, place));
        let before = world.server().token_requests();
        let outcome = world.helper(&["--fresh"]).failed(75);
        let outcome = outcome.saying("redirects token requests to a host that cp-token does not know");
        outcome.saying("login page, VPN or gateway").saying("the secret is kept and tried again");
        world.helper(&["--fresh", "--retry"]).token();
        assert_eq!(world.server().token_requests(), before + 2, "the same secret, without a word of anybody");
    }
    let client = world.new_client();
    world.server().answer_next(Answer::redirect(302, "https://portal.hotel.example/login"));
    let outcome = world.creating("new", "memory", &client, &world.server().url()).run().failed(75);
    let outcome = outcome.saying("nothing was changed").saying("create it with `--url URL`");
    assert!(!outcome.stderr.contains("kept"), "nothing is: {outcome:?}");
    assert_eq!(other.connections(), 0);
}

/// `(Location, where it is said to point, whether a command is named)`
const ODD: [(&str, &str, bool); 13] = [
    ("/login", "another of its own pages", false),
    ("login?next=https://evil.example", "another of its own pages", false),
    ("", "another of its own pages", false),
    ("http://console.crashplan.com/", "http://console.crashplan.com", false),
    ("javascript:alert(1)", "a place that is no request URL", false),
    ("https://$(touch${IFS}pwned)/", "a place that is no request URL", false),
    ("https://a`touch pwned`.example/", "a place that is no request URL", false),
    ("https://a;touch.example/", "a place that is no request URL", false),
    ("https://a'b\"c.example/", "a place that is no request URL", false),
    ("https://user:FOREIGN@new.localhost/FOREIGN?FOREIGN#FOREIGN", "https://new.localhost", true),
    ("https://Console.US2.CrashPlan.com/FOREIGN", "https://console.us2.crashplan.com", true),
    ("https://FOREIGN.example/", "a host that cp-token does not know", true),
    ("https://FOREIGN.localhost/", "a host that cp-token does not know", true),
];

#[test]
fn g01_g11_an_odd_place_names_no_command_that_a_shell_would_trip_over() {
    let world = World::new();
    let _daemon = world.daemon();
    for (number, (location, place, has_command)) in ODD.into_iter().enumerate() {
        let name = format!("p{number}");
        world.create_profile(&name, "memory");
        world.server().answer_next(Answer::redirect(STATUSES[number % STATUSES.len()], location));
        let code = if place.starts_with("a host") { 75 } else { 78 };
        let outcome = world.helper(&["-p", &name, "--fresh"]).failed(code);
        let outcome =
            outcome.saying(&format!("the server redirects token requests to {place}, which is never"));
        assert_eq!(outcome.stderr.contains("--url "), has_command, "{location}: {outcome:?}");
        let sends_to_network = outcome.stderr.contains("for a login page, VPN or gateway");
        assert_eq!(sends_to_network, !place.starts_with("http"), "{location}: {outcome:?}");
        let small = outcome.stderr.to_ascii_lowercase();
        assert!(!small.contains("foreign") && !small.contains('$'), "{outcome:?}");
        assert!(outcome.stderr.trim_end().bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{outcome:?}");
    }
    world.create_profile("none", "memory");
    world.server().answer_next(Answer::status(307, &[], ""));
    world.helper(&["-p", "none", "--fresh"]).failed(78).saying("to a place that is no request URL");
    world.helper(&["forget", "-p", "none"]).succeeded();
    world.helper(&["-p", "none"]).token();
}
