//! Promises about where the way to a server is set and shown: in a profile, at the top of the config, in every report.

use cp_token_tests::fake_proxy::FakeProxy;
use cp_token_tests::world::World;

use super::{creating_through, search};

fn config(world: &World) -> String {
    std::fs::read_to_string(world.config_folder().join("config.toml")).expect("a config")
}

fn write_config(world: &World, text: &str) {
    std::fs::write(world.config_folder().join("config.toml"), text).expect("write the config");
}

#[test]
fn proxy_and_no_proxy_are_shown_everywhere_and_taken_away_by_an_empty_text() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let (client, password) = (world.new_client(), world.new_secret());
    proxy.require("jo", &password);
    let creating = creating_through(&world, "prod", &client, &proxy.url_of("jo"));
    let creating = creating.args(["--no-proxy", "10.0.0.0/8,.corp.example"]);
    creating.stdin(format!("{}\n{password}\n", client.secret)).run().succeeded();
    let address = proxy.url_of("jo");
    let shown = world.helper(&["profile", "show", "prod"]).succeeded().stdout;
    assert!(shown.contains(&format!("proxy:          {address}\n")), "{shown}");
    assert!(shown.contains("no proxy for:   10.0.0.0/8\nno proxy for:   .corp.example\n"), "{shown}");
    let status = world.helper(&["status"]).succeeded().stdout;
    let way = format!("network:      prod: through {address}, but not to 10.0.0.0/8, .corp.example;");
    assert!(status.contains(&way), "{status}");
    let one = world.helper(&["profile", "show", "prod", "--json"]).json();
    let listed = world.helper(&["profile", "list", "--json"]).json();
    let reported = world.helper(&["status", "--json"]).json();
    for profile in [&one, &listed[0], &reported["profiles"][0]] {
        assert_eq!(profile["proxy"], address);
        assert_eq!(profile["no_proxy"], serde_json::json!(["10.0.0.0/8", ".corp.example"]));
    }
    world.helper(&["profile", "update", "prod", "--proxy", "", "--no-proxy", ""]).succeeded();
    let one = world.helper(&["profile", "show", "prod", "--json"]).json();
    assert_eq!((&one["proxy"], &one["no_proxy"]), (&serde_json::Value::Null, &serde_json::json!([])));
    assert!(!config(&world).contains("proxy"), "{}", config(&world));
    search(&world, &proxy);
}

#[test]
fn the_top_of_the_config_holds_for_every_profile_that_says_nothing_else() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let top = format!(
        "# the company's\nproxy = \"{}\"\nca_bundle = \"{}\"\n\n",
        proxy.url(),
        world.ca_file().display()
    );
    write_config(&world, &top);
    let client = world.new_client();
    let url = world.server().url();
    let line = ["profile", "create", "prod", "--url", &url, "--client-id", &client.id, "--secret-stdin"];
    let creating = world.call(&line).args(["--secret-source", "memory"]).stdin(&client.secret);
    creating.run().succeeded();
    assert_eq!((proxy.tunnels(), world.server().token_requests()), (1, 1), "it was proved on the same way");
    assert!(config(&world).starts_with(&top) || config(&world).contains("# the company's"));
    assert_eq!(config(&world).matches("proxy").count(), 1, "{}", config(&world));
    world.helper(&["--fresh"]).token();
    assert_eq!(proxy.tunnels(), 2);
    // An empty one switches it off, and stays written.
    world.helper(&["profile", "update", "prod", "--proxy", ""]).succeeded();
    assert!(config(&world).contains("proxy = \"\"\n"), "{}", config(&world));
    world.helper(&["--fresh"]).token();
    assert_eq!((proxy.asked(), world.server().token_requests()), (2, 4));
    // What is wrong at the top is found there.
    write_config(&world, &config(&world).replacen("http://", "socks5://", 1));
    world
        .helper(&["daemon", "reload"])
        .failed(78)
        .saying("line 2, column 9: only http proxies are supported");
    search(&world, &proxy);
}

#[test]
fn e09_a_password_is_taken_from_no_argument_and_no_config() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let client = world.new_client();
    let with_password = proxy.url_of("jo:hunter2");
    let outcome = creating_through(&world, "prod", &client, &with_password).run().failed(64);
    let outcome = outcome.saying("a proxy's password does not belong into its address");
    assert!(!outcome.stderr.contains("hunter2"), "{outcome:?}");
    world.create_profile("prod", "memory");
    let outcome = world.helper(&["profile", "update", "prod", "--proxy", &with_password]).failed(64);
    assert!(!outcome.stderr.contains("hunter2"), "{outcome:?}");
    let text = config(&world) + &format!("proxy = \"{with_password}\"\n");
    write_config(&world, &text);
    let outcome = world.helper(&["daemon", "reload"]).failed(78);
    let outcome = outcome.saying("profile prod: a proxy's password does not belong into its address");
    assert!(!outcome.stderr.contains("hunter2"), "{outcome:?}");
    for wrong in ["socks5://127.0.0.1:1", "https://127.0.0.1:1", "http://127.0.0.1:1/path", "no proxy"] {
        let name = format!("q{}", wrong.len());
        let outcome = creating_through(&world, &name, &client, wrong).args(["--no-verify"]).run();
        assert!([64, 78].contains(&outcome.code), "{outcome:?}");
    }
    assert_eq!(proxy.asked(), 0);
}
