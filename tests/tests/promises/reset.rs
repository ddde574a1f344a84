//! The story of a secret that is reset in the console, from the first 401 to scripts that work again.

use cp_token_tests::world::{Outcome, World};

/// What scripts do: ask for a token, use it, and report it once where the API refuses it.
const SCRIPT: &str = r#"
ask() {
    printf 'header = "Authorization: Bearer %s"\n' "$1" |
        curl -q -s -o /dev/null -w '%{http_code}' --cacert ca.pem -K - "$URL/api/v3/users?active=true"
}
token=$(cp-token) || exit
status=$(ask "$token")
if [ "$status" = 401 ]; then
    token=$(printf %s "$token" | cp-token --rejected) || exit
    status=$(ask "$token")
fi
echo "$status"
"#;

fn script(world: &World) -> Outcome {
    world.program("sh").args(["-c", SCRIPT]).env("URL", world.server().url()).run()
}

fn pid(world: &World) -> u64 {
    world.helper(&["status", "--json"]).json()["pid"].as_u64().expect("a number")
}

/// The story, for a console whose reset ends the tokens that are out, or does not.
fn story(tokens_die: bool) {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    assert_eq!(script(&world).succeeded().stdout, "200\n");
    let daemon = pid(&world);
    let secret = world.new_secret();
    world.server().reset_kills_tokens(tokens_die);
    world.server().reset_secret(&client.id, &secret);
    let before = world.server().token_requests();
    if tokens_die {
        let outcome = script(&world).failed(77).saying("refused the client's secret");
        outcome.saying("Administration > Integrations > API Clients").saying("profile reset-secret prod");
        for _ in 0..10 {
            script(&world).failed(77);
        }
        assert_eq!(world.server().token_requests() - before, 1, "the old secret is tried once");
    } else {
        assert_eq!(script(&world).succeeded().stdout, "200\n", "a token that lives on is used");
        assert_eq!(world.server().token_requests(), before);
    }
    let reset = ["profile", "reset-secret", "prod", "--secret-stdin"];
    world.call(&reset).stdin("not the new one").run().failed(77).saying("nothing was changed");
    world.call(&reset).stdin(&secret).run().succeeded();
    assert_eq!(script(&world).succeeded().stdout, "200\n");
    assert_eq!(pid(&world), daemon, "nobody restarted anything");
}

#[test]
fn a_reset_in_the_console_is_reported_with_what_to_click_and_one_command_mends_every_script() {
    story(true);
}

#[test]
fn a_reset_that_lets_tokens_live_on_stops_no_script() {
    story(false);
}

#[test]
fn a_secret_that_was_refused_shows_at_once_while_the_old_token_lives_and_no_more_when_it_was_changed() {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    world.helper(&[]).token();
    let shown = || world.helper(&["profile", "show", "prod", "--json"]).json();
    assert_eq!(
        (shown()["secret"]["state"].as_str(), shown()["secret"]["since"].as_str()),
        (Some("ok"), None)
    );
    let secret = world.new_secret();
    world.server().reset_kills_tokens(false);
    world.server().reset_secret(&client.id, &secret);
    world.helper(&["--fresh"]).failed(77);
    let now = shown();
    assert_eq!(
        (now["token"]["state"].as_str(), now["secret"]["state"].as_str()),
        (Some("live"), Some("refused"))
    );
    assert!(now["secret"]["since"].is_string(), "{now}");
    assert_eq!(world.helper(&["status", "--json"]).json()["profiles"][0]["secret"], now["secret"]);
    for command in [&["status"][..], &["profile", "list"], &["profile", "show", "prod"]] {
        let outcome = world.helper(command).succeeded().stdout;
        assert!(outcome.contains(" left, secret refused since "), "{outcome}");
    }
    world.helper(&["daemon", "restart"]).succeeded();
    assert_eq!(shown()["secret"], now["secret"], "another daemon knows it, too");
    world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&secret).run().succeeded();
    assert_eq!(shown()["secret"]["state"], "ok");
}
