//! Promises about the verification of a secret: one that was refused is sent again by no command that creates or changes a
//! profile, until a person says so, and the command that says so works where no profile came of it.

use std::time::Duration;

use cp_token_tests::clock_shim::ClockShim;
use cp_token_tests::fake_proxy::FakeProxy;
use cp_token_tests::world::{Client, Daemon, Outcome, World};

use crate::refused::{secret_file, write_config, written};
use crate::test_user::{TestUser, creating};

mod few;
mod proxies;
mod turns;
mod undecided;

const USER: &str = "kind = \"user\"\nusername = \"jo@example.com\"";

#[test]
fn a_refused_password_is_sent_once_by_creations_and_once_more_when_a_person_says_so() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, None);
    let wrong = world.new_secret();
    let create = |name: &str, password: &str| creating(&world, &jo, name).stdin(password).run();
    for _ in 0..3 {
        let outcome = create("jo", &wrong).failed(77).saying("nothing was changed");
        let outcome = outcome.saying("once more, `cp-token forget -p jo`, then run the creation again");
        assert!(
            !outcome.stderr.contains("reset-secret") && !outcome.stderr.contains("update jo"),
            "{outcome:?}"
        );
    }
    for _ in 0..2 {
        create("other", &wrong).failed(77).saying("once more, `cp-token forget -p other`");
    }
    assert_eq!(world.server().token_requests(), 1, "whatever the profile was to be called");
    for count in 2..4 {
        let outcome = world.helper(&["forget", "-p", "other"]).succeeded();
        assert_eq!(outcome.stdout, "what was refused for profile other may be tried once more\n");
        for _ in 0..2 {
            create("other", &wrong).failed(77);
        }
        assert_eq!(world.server().token_requests(), count);
    }
    world.helper(&["forget", "-p", "other"]).succeeded();
    world.helper(&["forget", "-p", "nobody"]).failed(64).saying("there is no profile nobody");
    create("jo", &jo.password).succeeded();
    assert_eq!(world.server().token_requests(), 4, "the control: another password is sent");
}

#[test]
fn a_clients_refused_secret_is_sent_once_by_creations_and_the_other_cause_is_named() {
    let world = World::new();
    let known = world.new_client();
    let wrong = Client { secret: world.new_secret(), ..known };
    for _ in 0..3 {
        let outcome = world.creating("prod", "memory", &wrong, &world.server().url()).run().failed(77);
        let outcome =
            outcome.saying("Reset API secret").saying("if the client was deleted there, create a new one");
        assert!(!outcome.stderr.contains("update prod") && !outcome.stderr.contains("kept"), "{outcome:?}");
    }
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn a_password_that_was_refused_for_want_of_a_code_is_sent_with_one() {
    let world = World::new();
    let jo = TestUser::new(&world);
    let seed = b"12345678901234567890";
    world.server().add_user_with_key(&jo.name, &jo.password, seed);
    creating(&world, &jo, "jo").stdin(&jo.password).run().failed(77).saying("asks for a one-time code");
    let input = format!("{}\nGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n", jo.password);
    creating(&world, &jo, "jo").args(["--totp", "stored"]).stdin(input).run().succeeded();
    assert_eq!(world.server().token_requests(), 2);
}

/// The server's 401 does not say which of the two is wrong; the code of another step shows it.
#[test]
fn a_password_that_was_refused_with_two_computed_codes_is_sent_again_by_no_creation() {
    let world = World::new();
    let Some(clocks) = ClockShim::build(&world) else { return };
    let _daemon = world.launch(clocks.launch());
    let jo = TestUser::new(&world);
    world.server().add_user_with_key(&jo.name, &jo.password, b"12345678901234567890");
    let input = format!("{}\nGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n", world.new_secret());
    for round in 1..=4 {
        clocks.pass(Duration::from_secs(round * 90));
        let outcome = creating(&world, &jo, "jo").args(["--totp", "stored"]).stdin(&input).run().failed(77);
        assert_eq!(outcome.stderr.contains("`cp-token forget -p jo`"), round > 1, "{outcome:?}");
    }
    assert_eq!(world.server().token_requests(), 2);
}

/// A profile by hand, whose secret the server has refused once.
fn refused_once() -> (World, Daemon) {
    let world = World::new();
    let daemon = world.daemon();
    world.server().add_user("jo@example.com", &world.new_secret(), None);
    secret_file(&world, &world.new_secret());
    write_config(&world, &[written(&world, "jo", USER, "")]);
    world.helper(&[]).failed(77);
    (world, daemon)
}

#[test]
fn a_refused_secret_that_is_read_is_sent_again_by_no_change_of_its_profile() {
    let (world, _daemon) = refused_once();
    for round in 0..4 {
        let place = format!("x{round}.example");
        let outcome = world.helper(&["profile", "update", "jo", "--no-proxy", &place]).failed(77);
        outcome.saying("nothing was changed").saying("`cp-token forget -p jo`, then run this again");
        let outcome = world.helper(&["profile", "reset-secret", "jo"]).failed(77);
        outcome.saying("`cp-token forget -p jo`, then run this again");
    }
    world.helper(&["profile", "update", "jo", "--no-proxy", "x.example", "--no-verify"]).succeeded();
    world.helper(&[]).failed(77);
    assert_eq!(world.server().token_requests(), 1);
    world.helper(&["forget", "-p", "jo"]).succeeded();
    world.helper(&["profile", "reset-secret", "jo"]).failed(77);
    world.helper(&["profile", "reset-secret", "jo"]).failed(77);
    assert_eq!(world.server().token_requests(), 2, "the control: once more when a person says so");
}

#[test]
fn a_password_that_a_proxy_refused_is_sent_again_by_no_change() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let (client, password) = (world.new_client(), world.new_secret());
    let (url, proxy_url) = (world.server().url(), proxy.url_of("jo"));
    proxy.require("jo", "another one");
    let input = format!("{}\n{password}\n", client.secret);
    let create = |more: &[&str]| -> Outcome {
        let line =
            ["profile", "create", "prod", "--url", &url, "--client-id", &client.id, "--proxy", &proxy_url];
        let call = world.alone(&line).args(["--secret-stdin", "--secret-source", "memory"]).args(more);
        call.args([std::ffi::OsStr::new("--ca-bundle"), world.ca_file().as_os_str()]).stdin(&input).run()
    };
    for _ in 0..2 {
        let outcome = create(&[]).failed(77).saying("refused the user or the password");
        assert!(!outcome.stderr.contains("profile update prod"), "{outcome:?}");
    }
    create(&["--no-verify"]).succeeded();
    for round in 0..3 {
        let place = format!("x{round}.example");
        world.helper(&["profile", "update", "prod", "--no-proxy", &place]).failed(77);
        world.helper(&[]).failed(77).saying("refused the user or the password");
    }
    assert_eq!(proxy.asked(), 1);
    world.helper(&["forget", "-p", "prod"]).succeeded();
    world.helper(&[]).failed(77);
    assert_eq!(proxy.asked(), 2, "the control");
}

#[test]
fn a_refusal_names_only_profiles_that_exist_and_says_all_that_there_is_to_do() {
    let world = World::new();
    let _daemon = world.daemon();
    let client = world.new_client();
    let secret = secret_file(&world, &world.new_secret());
    let (url, ca) = (world.server().url(), world.ca_file());
    let line = ["profile", "create", "gone", "--url", &url, "--client-id", &client.id, "--secret-file"];
    world.call(&line).args([secret]).args(["--ca-bundle"]).args([ca]).run().failed(77);
    write_config(&world, &[written(&world, "here", &format!("client_id = \"{}\"", client.id), "")]);
    let outcome = world.helper(&[]).failed(77).saying("profile here: the server refused the client's secret");
    let outcome = outcome.saying("(earlier: HTTP 401, invalid_client)").saying("Reset API secret");
    let outcome =
        outcome.saying("`cp-token profile update here --client-id ID`").saying("`cp-token forget -p here`");
    assert!(!outcome.stderr.contains("gone"), "{outcome:?}");
    let outcome = world.helper(&["doctor"]);
    assert!(
        outcome.code == 77 && !(outcome.stdout.clone() + &outcome.stderr).contains("gone"),
        "{outcome:?}"
    );
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn forget_says_what_it_did() {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
    let forget = || world.helper(&["forget"]).succeeded().stdout;
    assert_eq!(forget(), "the token of profile prod was dropped\n");
    assert_eq!(forget(), "profile prod has no token, and nothing of it was refused\n");
}
