//! Promises about a server that has moved: its redirect is never followed, and the message names the place and the
//! one command that follows it by a person's own choice.

use cp_token_tests::fake_crashplan::{Answer, FakeCrashPlan, Setup};
use cp_token_tests::world::World;

use super::command_in;

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

#[test]
fn g01_a_redirect_names_its_place_and_the_command_that_it_names_works() {
    let world = World::new();
    let _daemon = world.daemon();
    let authority = world.server().authority().clone();
    let new = FakeCrashPlan::start_with(Setup { authority, ..Setup::default() });
    for (count, status) in STATUSES.into_iter().enumerate() {
        let name = format!("p{status}");
        let client = world.create_profile(&name, "memory");
        new.add_client(&client.id, &client.secret);
        let target = format!("{}/api/v3/oauth/token?grant_type=client_credentials", new.url());
        world.server().answer_next(Answer::redirect(status, &target));
        let told = world.helper(&["-p", &name, "--fresh"]).failed(78);
        let told =
            told.saying(&format!("redirects token requests to {}, which is never followed", new.url()));
        assert_eq!(new.connections(), 2 * count, "nothing went there by itself");
        let command = command_in(&told.stderr);
        assert_eq!(command, format!("cp-token profile update {name} --url {}", new.url()));
        world.shell(command).succeeded();
        let token = world.helper(&["-p", &name, "--fresh"]).token();
        assert_eq!(new.issued().last(), Some(&token));
    }
    assert_eq!(new.token_requests(), 2 * STATUSES.len(), "one proves the move, one is the token");
}

#[test]
fn g01_a_creation_says_with_which_url_it_works() {
    let world = World::new();
    let _daemon = world.daemon();
    let authority = world.server().authority().clone();
    let new = FakeCrashPlan::start_with(Setup { authority, ..Setup::default() });
    let client = world.new_client();
    new.add_client(&client.id, &client.secret);
    world.server().answer_next(Answer::redirect(301, &format!("{}/", new.url())));
    let told = world.creating("prod", "memory", &client, &world.server().url()).run().failed(78);
    let told = told.saying("nothing was changed");
    assert_eq!((command_in(&told.stderr), new.connections()), (&*format!("--url {}", new.url()), 0));
    world.creating("prod", "memory", &client, &new.url()).run().succeeded();
}

/// `(Location, where it is said to point, whether a command is named)`
const ODD: [(&str, &str, bool); 14] = [
    ("/login", "another of its own pages", false),
    ("login?next=https://evil.example", "another of its own pages", false),
    ("", "another of its own pages", false),
    ("http://console.crashplan.com/", "http://console.crashplan.com", false),
    ("http://10.0.0.1:8080/x", "http://10.0.0.1:8080", false),
    ("javascript:alert(1)", "a place that is no request URL", false),
    ("https://$(touch${IFS}pwned)/", "a place that is no request URL", false),
    ("https://a`touch pwned`.example/", "a place that is no request URL", false),
    ("https://a;touch.example/", "a place that is no request URL", false),
    ("https://a'b\"c.example/", "a place that is no request URL", false),
    ("https://user:FOREIGN@new.localhost:8443/FOREIGN?FOREIGN#FOREIGN", "https://new.localhost:8443", true),
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
        let told = world.helper(&["-p", &name, "--fresh"]).failed(78);
        let told = told.saying(&format!("the server redirects token requests to {place}, which is never"));
        assert_eq!(told.stderr.contains("--url "), has_command, "{location}: {told:?}");
        let small = told.stderr.to_ascii_lowercase();
        assert!(!small.contains("foreign") && !small.contains('$'), "{told:?}");
        assert!(told.stderr.trim_end().bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{told:?}");
    }
    world.create_profile("none", "memory");
    world.server().answer_next(Answer::status(307, &[], ""));
    world.helper(&["-p", "none", "--fresh"]).failed(78).saying("to a place that is no request URL");
    world.helper(&["forget", "-p", "none"]).succeeded();
    world.helper(&["-p", "none"]).token();
}
