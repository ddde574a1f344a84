//! Promises about a refusal that is none: what a gateway, a VPN or a login page on the way answers costs a client no
//! secret and a user no second try.

use cp_token_tests::certificates::ServerCertificate;
use cp_token_tests::fake_crashplan::{Answer, FakeCrashPlan, Setup, Transport};
use cp_token_tests::world::{World, eventually};

use crate::test_user::{TestUser, creating};

const PAGE: &str = "<!DOCTYPE html><html><body>Please log in to the VPN: FOREIGN</body></html>";

fn page(status: u16) -> Answer {
    Answer::status(status, &[("Content-Type", "text/html")], PAGE)
}

#[test]
fn a_page_with_401_or_403_is_a_failure_of_the_way_and_the_same_secret_works_when_it_is_gone() {
    let world = World::new();
    let _daemon = world.daemon();
    for status in [401, 403] {
        let name = format!("p{status}");
        world.create_profile(&name, "memory");
        world.server().answer_next(page(status));
        let outcome = world.helper(&["-p", &name, "--fresh"]).failed(75);
        let outcome =
            outcome.saying(&format!("something on the way answered in the server's place: HTTP {status}"));
        let outcome = outcome.saying("an HTML page").saying("the secret is kept and tried again");
        assert!(!outcome.stderr.contains("FOREIGN"), "{outcome:?}");
        let asked = world.server().token_requests();
        // The pause after a first failure is a second and a quarter at most, and costs no request.
        eventually("it is served", || {
            let outcome = world.helper(&["-p", &name, "--fresh"]);
            outcome.code != 75 && outcome.token() != ""
        });
        assert_eq!(world.server().token_requests(), asked + 1, "nobody had to say anything");
    }
}

/// RFC 6585: the one status that means nothing else.
#[test]
fn a_511_is_the_login_page_of_a_network_for_clients_and_users_and_is_waited_out() {
    let world = World::new();
    let _daemon = world.daemon();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, None);
    creating(&world, &jo, "jo").args(["--no-verify"]).stdin(&jo.password).run().succeeded();
    world.create_profile("prod", "memory");
    for name in ["prod", "jo"] {
        world.server().answer_next(page(511));
        let outcome = world.helper(&["-p", name, "--fresh"]).failed(75);
        let outcome = outcome.saying("something on the way answered in the server's place: HTTP 511");
        let outcome =
            outcome.saying("the network wants a login").saying("; check the network for a login page");
        assert!(!outcome.stderr.contains("FOREIGN"), "{outcome:?}");
        let asked = world.server().token_requests();
        world.helper(&["-p", name, "--fresh", "--retry"]).token();
        assert_eq!(world.server().token_requests(), asked + 1, "nobody had to say anything");
    }
}

/// Most portals answer an `https` URL with a certificate of their own, before any page.
#[test]
fn a_certificate_of_a_login_page_sends_to_the_network_and_another_hosts_to_no_ca_bundle() {
    use ServerCertificate::{Authority, Expired, OtherAuthority, SelfSigned, WrongHost};
    let world = World::new();
    let client = world.new_client();
    for (which, words, has_bundle) in [
        (OtherAuthority, "its issuer is unknown", true),
        (SelfSigned, "its issuer is unknown", true),
        (Authority, "signed by itself", true),
        (WrongHost, "it is for another host", false),
        (Expired, "it has expired", false),
    ] {
        let known = world.server().authority().clone();
        let authority = if which == Authority { Default::default() } else { known };
        let portal = Setup { transport: Transport::Tls(which), authority, ..Setup::default() };
        let portal = FakeCrashPlan::start_with(portal);
        let outcome = world.creating("prod", "memory", &client, &portal.url()).run().failed(78);
        let outcome = outcome.saying(words).saying("heck the network for a login page, VPN or gateway");
        assert_eq!(outcome.stderr.matches("--ca-bundle").count(), usize::from(has_bundle), "{outcome:?}");
        assert!(!outcome.stderr.contains("ca_bundle"), "said once: {outcome:?}");
        assert_eq!(portal.token_requests(), 0);
    }
}

/// Whether these are said, one behind the other.
fn contains_in_order(text: &str, words: &[&str]) -> bool {
    let places: Vec<_> = words.iter().map(|words| text.find(words)).collect();
    places.iter().all(Option::is_some) && places.is_sorted()
}

#[test]
fn a_page_with_403_is_final_for_a_user_after_one_try_and_says_that_it_may_not_be_crashplans() {
    let world = World::new();
    let _daemon = world.daemon();
    let password = world.new_secret();
    world.server().add_user("jo", &password, None);
    world.server().answer_next(page(403));
    for (name, kind) in [("jo", None), ("old", Some("--basic"))] {
        let (url, ca) = (world.server().url(), world.ca_file());
        let line = ["profile", "create", name, "--url", &url, "--username", "jo", "--secret-stdin"];
        let create =
            world.call(&line).args(kind).args(["--secret-source", "memory", "--ca-bundle"]).args([ca]);
        let outcome = create.stdin(&password).run();
        let words = "HTTP 403, an HTML page, perhaps not from CrashPlan)";
        assert!(
            outcome.code == 77 && outcome.stderr.contains(words) && !outcome.stderr.contains("FOREIGN"),
            "{outcome:?}"
        );
    }
    assert_eq!(world.server().token_requests(), 1, "the second one is told of the first");
    world.helper(&["forget", "-p", "old"]).succeeded();
    let (url, ca) = (world.server().url(), world.ca_file());
    let line =
        ["profile", "create", "jo", "--url", &url, "--username", "jo", "--secret-stdin", "--no-verify"];
    let create = world.call(&line).args(["--secret-source", "memory", "--ca-bundle"]).args([ca]);
    create.stdin(&password).run().succeeded();
    world.server().answer_next(page(401));
    let before = world.server().token_requests();
    for _ in 0..3 {
        let outcome = world.helper(&["-p", "jo"]).failed(77).saying("perhaps not from CrashPlan");
        let outcome = outcome.saying("to try the same once more, `cp-token forget -p jo`");
        let order =
            ["; check the network for a login page", "`cp-token forget -p jo`", "password is another"];
        assert!(contains_in_order(&outcome.stderr, &order), "{outcome:?}");
        assert!(!outcome.stderr.contains("refused the user name"), "nobody said so: {outcome:?}");
    }
    assert_eq!(world.server().token_requests(), before + 1, "a password is never tried twice by itself");
    world.helper(&["forget", "-p", "jo"]).succeeded();
    world.helper(&["-p", "jo"]).token();
}

#[test]
fn a_page_or_a_redirect_in_place_of_a_token_is_final_for_a_user_after_one_try_and_a_failing_server_is_not() {
    let world = World::new();
    let _daemon = world.daemon();
    let (url, ca) = (world.server().url(), world.ca_file());
    let no_token = Answer::json(200, r#"{"data":null}"#);
    let redirects = ["https://FOREIGN.hotel.example/login", "/login"].map(|to| Answer::redirect(302, to));
    for (number, answer) in redirects.into_iter().chain([page(200), no_token]).enumerate() {
        let (name, password) = (format!("p{number}"), world.new_secret());
        world.server().add_user(&name, &password, None);
        let line = ["profile", "create", &name, "--url", &url, "--username", &name, "--secret-stdin"];
        let create = world.call(&line).args(["--no-verify", "--secret-source", "memory", "--ca-bundle"]);
        create.args([&ca]).stdin(&password).run().succeeded();
        world.server().answer_next(answer);
        let before = world.server().token_requests();
        for more in [None, Some("--retry"), Some("--fresh")] {
            let outcome = world.call(&["-p", &name]).args(more).printing_a_token().run().failed(77);
            let outcome = outcome.saying("perhaps not from CrashPlan");
            let again = format!(
                "a login page, VPN or gateway; to try the same once more, `cp-token forget -p {name}`"
            );
            let outcome = outcome.saying(&again).saying("the server sent no token for the password (HTTP ");
            assert!(!outcome.stderr.contains("FOREIGN"), "{outcome:?}");
        }
        assert_eq!(world.server().token_requests(), before + 1, "a password is never tried twice by itself");
        world.helper(&["forget", "-p", &name]).succeeded();
        world.helper(&["-p", &name]).token();
    }
    world.server().answer_next(Answer::status(503, &[], ""));
    world.helper(&["-p", "p0", "--fresh", "--retry"]).token();
}

#[test]
fn a_final_refusal_names_the_command_that_tries_once_more_and_a_deleted_client() {
    let world = World::new();
    let _daemon = world.daemon();
    let client = world.create_profile("prod", "memory");
    world.server().delete_client(&client.id);
    let outcome = world.helper(&["--fresh"]).failed(77).saying("(HTTP 401, invalid_client)");
    let outcome =
        outcome.saying("Reset API secret").saying("if the client was deleted there, create a new one");
    let outcome = outcome.saying("`cp-token profile update prod --client-id ID`");
    outcome.saying("to try the same once more, `cp-token forget -p prod`");
    world.server().add_client(&client.id, &client.secret);
    world.helper(&["--fresh"]).failed(77);
    world.helper(&["forget", "-p", "prod"]).succeeded();
    world.helper(&["--fresh"]).token();
}
