//! Promises about what a person is offered when a profile is made: the proxy and the roots of the shell, and the
//! vendor's clouds; and what is said where there is nobody to ask.

use cp_token_tests::fake_crashplan::FakeCrashPlan;
use cp_token_tests::fake_proxy::FakeProxy;
use cp_token_tests::world::{HIDDEN, World};

const CLOUDS: [&str; 3] = [
    "https://console.us1.crashplan.com",
    "https://console.us2.crashplan.com",
    "https://console.eu5.cpg.crashplan.com",
];

fn config(world: &World) -> String {
    std::fs::read_to_string(world.config_folder().join("config.toml")).unwrap_or_default()
}

/// A line of shell that sets a proxy with a password, a list, and roots, and then creates a profile.
fn line(world: &World, address: &str, client_id: &str) -> String {
    let (url, roots) = (world.server().url(), world.ca_file());
    format!(
        "export HTTPS_PROXY='{address}' NO_PROXY='10.0.0.0/8, .corp.example' SSL_CERT_FILE='{}'; \
         exec cp-token profile create prod --url {url} --client-id {client_id} --secret-source memory",
        roots.display()
    )
}

#[test]
fn e09_the_shells_proxy_and_roots_are_kept_where_a_person_says_so_and_the_password_with_the_secret() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let (client, password) = (world.new_client(), world.new_secret());
    proxy.require("jo", &password);
    let escaped = password.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace(' ', "%20");
    let line = line(&world, &proxy.url_of(&format!("jo:{}", escaped.replace('&', "%26"))), &client.id);
    let secret = format!("{}\n", client.secret);
    let answers = [("[y/N]", "y\n"), ("[y/N]", "y\n"), ("[y/N]", "y\n"), (HIDDEN, &*secret)];
    let Some(done) = world.talk_at_a_terminal(&line, &answers) else { return };
    assert_eq!(done.code, 0, "{done:?}");
    assert!(
        done.stdout.contains(&format!("HTTPS_PROXY of this shell is {}.", proxy.url_of("jo"))),
        "{done:?}"
    );
    assert_eq!((proxy.tunnels(), world.server().token_requests()), (1, 1));
    let profile = world.helper(&["profile", "show", "prod", "--json"]).json();
    assert_eq!(profile["proxy"], proxy.url_of("jo"));
    assert_eq!(profile["no_proxy"], serde_json::json!(["10.0.0.0/8", ".corp.example"]));
    assert_eq!(profile["ca_bundle"], world.ca_file().display().to_string());
    world.helper(&["--fresh"]).token();
    assert_eq!(proxy.tunnels(), 2);
}

#[test]
fn what_a_person_does_not_keep_is_not_used() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let client = world.new_client();
    let line = line(&world, &proxy.url(), &client.id) + " --no-verify";
    let secret = format!("{}\n", client.secret);
    // No to the proxy leaves nothing to ask about its list.
    let answers = [("Go through it", "n\n"), ("Trust these roots", "\n"), (HIDDEN, &*secret)];
    let Some(done) = world.talk_at_a_terminal(&line, &answers) else { return };
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!done.stdout.contains("Ask these without"), "{done:?}");
    assert!(!config(&world).contains("proxy") && !config(&world).contains("ca_bundle"), "{}", config(&world));
    world.helper(&[]).failed(78).saying("certificate is not trusted");
    assert_eq!((proxy.asked(), world.server().connections()), (0, 1));
}

#[test]
fn away_from_a_terminal_one_line_says_what_is_not_used_and_what_keeps_it() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let client = world.new_client();
    let creating = |name: &str| {
        let creating = world.creating(name, "memory", &client, &world.server().url());
        creating.env("https_proxy", proxy.url()).env("NO_PROXY", "x.example").env("SSL_CERT_FILE", "/x.pem")
    };
    let done = creating("one").run();
    let unused =
        "https_proxy, NO_PROXY of this shell are not used; --proxy, --no-proxy keep them in the profile";
    assert_eq!((done.code, done.stderr), (0, format!("cp-token: warning: {unused}\n")));
    creating("two").args(["--proxy", &proxy.url(), "--no-proxy", "y.example"]).run().succeeded();
    assert_eq!((proxy.tunnels(), world.server().token_requests()), (1, 2));
    // What fails may fail for want of it, and is told in one line all the same.
    let far = FakeCrashPlan::start().url();
    let gone = world.creating("three", "memory", &client, &far).env("https_proxy", proxy.url());
    gone.env("NO_PROXY", "x.example").run().failed(75).saying("cannot be reached").saying(unused);
}

#[test]
fn the_clouds_are_offered_where_the_url_is_left_out() {
    let world = World::new();
    let _daemon = world.daemon();
    for (name, typed, url) in [
        ("first", "1\n", CLOUDS[0]),
        ("second", "2\n", CLOUDS[1]),
        ("third", "3\n", CLOUDS[2]),
        ("own", "https://backup.example:4285\n", "https://backup.example:4285"),
    ] {
        let create = "exec cp-token profile create --client-id key-1 --secret-source memory --no-verify";
        let secret = format!("{}\n", world.new_secret());
        let answers = [("another one: ", typed), (HIDDEN, &*secret)];
        let Some(done) = world.talk_at_a_terminal(&format!("{create} {name}"), &answers) else { return };
        assert!(done.code == 0 && CLOUDS.iter().all(|cloud| done.stdout.contains(cloud)), "{done:?}");
        assert_eq!(world.helper(&["profile", "show", name, "--json"]).json()["url"], url);
    }
    for typed in ["\n", "4\n", "0\n"] {
        let create = "exec cp-token profile create none --client-id key-1 --secret-source memory --no-verify";
        let Some(done) = world.talk_at_a_terminal(create, &[("another one: ", typed)]) else { return };
        assert!(done.code == 64 && done.stdout.contains("--url is needed"), "{done:?}");
    }
}

#[test]
fn away_from_a_terminal_a_missing_url_is_an_error_that_lists_the_clouds() {
    let world = World::new();
    let line = ["profile", "create", "prod", "--client-id", "key-1", "--secret-stdin"];
    let outcome = world.alone(&line).stdin(world.new_secret()).run().failed(64).saying("--url is needed");
    assert!(CLOUDS.iter().all(|cloud| outcome.stderr.contains(cloud)), "{outcome:?}");
    assert!(world.running().is_empty(), "no daemon is needed to say so");
}
