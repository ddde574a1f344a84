//! Promises about the name of a profile that is not there: what was meant is guessed, and where the name came from is said.

use cp_token_tests::programs;
use cp_token_tests::world::World;

fn staged() -> World {
    let world = World::new();
    world.create_profile("customer-001", "memory");
    let client = world.new_client();
    for name in ["customer-002", "staging"] {
        let creating = world.creating(name, "memory", &client, &world.server().url());
        creating.args(["--no-verify"]).run().succeeded();
    }
    world
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest_ones_and_a_strange_one_with_none() {
    let world = staged();
    for line in [
        &["-p", "custmer-001"][..],
        &["forget", "-p", "custmer-001"],
        &["doctor", "-p", "custmer-001"],
        &["profile", "show", "custmer-001"],
        &["profile", "use", "custmer-001"],
        &["profile", "update", "custmer-001", "--also-for", "https://gateway.example"],
        &["profile", "delete", "custmer-001", "--yes"],
        &["profile", "reset-secret", "custmer-001"],
    ] {
        let outcome = world.helper(line).failed(64).saying("there is no profile custmer-001");
        outcome.saying("did you mean customer-001? If not, see `cp-token profile list`");
    }
    world.helper(&["-p", "customer-00"]).failed(64).saying("did you mean customer-001 or customer-002?");
    let strange = world.helper(&["-p", "nope"]).failed(64).saying("see `cp-token profile list`");
    assert!(!strange.stderr.contains("did you mean"), "{strange:?}");
    assert_eq!(world.helper(&["profile", "list"]).succeeded().stdout.lines().count(), 4);
}

#[test]
fn a_name_that_the_variable_gave_is_reported_with_the_variable_and_one_of_an_option_without() {
    let world = staged();
    let call = |line: &[&str]| world.call(line).env("CP_TOKEN_PROFILE", "stagin").run();
    let mut lines =
        vec![&["-f", "header"][..], &[], &["get"], &["forget"], &["kubectl"], &["exec", "--", "true"]];
    if programs::present(&["curl"]) {
        lines.push(&["curl", "--", "/api"]);
    }
    for line in lines {
        let outcome =
            call(line).failed(64).saying("there is no profile stagin, which CP_TOKEN_PROFILE names");
        outcome.saying("did you mean staging?");
    }
    for line in [&["-p", "nope"][..], &["forget", "-p", "nope"], &["exec", "-p", "nope", "--", "true"]] {
        let outcome = call(line).failed(64).saying("there is no profile nope");
        assert!(!outcome.stderr.contains("CP_TOKEN_PROFILE"), "{outcome:?}");
    }
    call(&["-p", "customer-001"]).succeeded();
}
