//! Promises about the way through a proxy: what it is asked, what it sees, and whom it leads to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_tests::certificates::ServerCertificate;
use cp_token_tests::fake_crashplan::{FakeCrashPlan, Setup, Transport};
use cp_token_tests::fake_proxy::FakeProxy;
use cp_token_tests::world::World;

use super::{creating_through, search};

#[test]
fn a_proxy_that_is_set_is_used_even_for_loopback_and_sees_nothing_but_the_tunnel() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let port = world.server().port();
    for host in ["localhost", "127.0.0.1"] {
        let (name, client) = (host.to_owned(), world.new_client());
        let url = format!("https://{host}:{port}");
        let creating = world.creating(&name, "memory", &client, &url).args(["--proxy", &proxy.url()]);
        creating.run().succeeded();
        world.helper(&["-p", &name]).token();
        let conversation = proxy.conversations().pop().expect("a tunnel was asked for");
        let asked = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
        assert_eq!(conversation.head, asked);
        assert_eq!(conversation.beyond[..2], [22, 3], "a TLS handshake, and nothing before it");
    }
    assert_eq!((proxy.tunnels(), world.server().connections(), world.server().token_requests()), (2, 2, 2));
    search(&world, &proxy);
    // The control: where the server is asked without TLS, whoever is between can read the secret.
    let plain = FakeCrashPlan::start_with(Setup { transport: Transport::Plain, ..Setup::default() });
    let client = world.new_client();
    plain.add_client(&client.id, &client.secret);
    let creating = world.creating("plain", "memory", &client, &plain.url());
    creating.args(["--insecure-http", "--proxy", &proxy.url()]).run().succeeded();
    let seen = plain.entries()[0].request.header("Authorization").map(str::to_owned).expect("a secret");
    assert_eq!(seen, format!("Basic {}", STANDARD.encode(format!("{}:{}", client.id, client.secret))));
    assert_eq!(proxy.tunnels(), 2, "http is for a loopback server, which is asked directly");
}

#[test]
fn a_proxys_user_and_password_go_to_the_proxy_and_nowhere_else() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let daemon = world.daemon();
    let (client, password) = (world.new_client(), world.new_secret());
    proxy.require("AD\\jo", &password);
    let input = format!("{}\n{password}\n", client.secret);
    creating_through(&world, "prod", &client, &proxy.url_of("AD%5Cjo")).stdin(input).run().succeeded();
    world.helper(&["--fresh"]).token();
    let wanted = STANDARD.encode(format!("AD\\jo:{password}"));
    for conversation in proxy.conversations() {
        assert_eq!(conversation.head.matches(&wanted).count(), 1, "{}", conversation.head);
        assert_eq!(conversation.head.lines().count(), 4, "{}", conversation.head);
    }
    assert_eq!((proxy.tunnels(), world.server().token_requests()), (2, 2));
    for entry in world.server().entries() {
        assert_eq!(entry.request.header("Proxy-Authorization"), None);
    }
    search(&world, &proxy);
    assert!(!daemon.log().contains("AD"), "who goes through the proxy is not logged");
}

#[test]
fn a_proxys_password_rests_beside_the_secret_and_outlives_the_daemon_and_a_reset() {
    let Some(world) = World::with_keyring() else { return };
    let proxy = FakeProxy::start();
    let (client, password) = (world.new_client(), world.new_secret());
    proxy.require("jo", &password);
    let creating = world.creating("prod", "keyring", &client, &world.server().url());
    let creating = creating.args(["--proxy", &proxy.url_of("jo")]);
    creating.stdin(format!("{}\n{password}\n", client.secret)).run().succeeded();
    world.stop_daemon();
    world.helper(&[]).token();
    let new = world.new_secret();
    world.server().reset_secret(&client.id, &new);
    world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&new).run().succeeded();
    world.helper(&["--fresh"]).token();
    assert_eq!(proxy.tunnels(), world.server().connections());
    search(&world, &proxy);
}

#[test]
fn another_proxy_asks_for_another_password_and_none_at_all_leaves_none_behind() {
    let (world, first, second) = (World::new(), FakeProxy::start(), FakeProxy::start());
    let _daemon = world.daemon();
    let (client, old, new) = (world.new_client(), world.new_secret(), world.new_secret());
    first.require("jo", &old);
    second.require("jo", &new);
    let input = format!("{}\n{old}\n", client.secret);
    creating_through(&world, "prod", &client, &first.url_of("jo")).stdin(input).run().succeeded();
    let update = |address: &str, more: &[&str], input: &str| {
        world.call(&["profile", "update", "prod", "--proxy", address]).args(more).stdin(input).run()
    };
    update(&second.url_of("jo"), &["--secret-stdin"], &old).failed(77).saying("nothing was changed");
    update(&second.url_of("jo"), &["--secret-stdin"], &new).succeeded();
    assert_eq!((first.tunnels(), second.tunnels()), (1, 1));
    update("", &[], "").succeeded();
    world.helper(&["--fresh"]).token();
    assert_eq!((first.asked(), second.asked()), (1, 2));
    // Without a user, the password is gone: the proxy is given nothing, and says so.
    update(&second.url(), &[], "").failed(77).saying("asks for a user and password (HTTP 407)");
    assert!(!second.conversations()[2].head.contains("Proxy-Authorization"));
}

#[test]
fn a_proxy_that_takes_ntlm_alone_is_told_to_want_something_between_and_is_asked_once() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let client = world.new_client();
    let offers = "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n";
    proxy.answer("407 Proxy Authentication Required", offers);
    let outcome = creating_through(&world, "prod", &client, &proxy.url()).run().failed(77);
    outcome.saying("HTTP 407").saying("wants NTLM or Negotiate");
    let password = world.new_secret();
    let input = format!("{}\n{password}\n", client.secret);
    let outcome =
        creating_through(&world, "prod", &client, &proxy.url_of("jo")).stdin(input).run().failed(77);
    outcome.saying("HTTP 407").saying("wants NTLM or Negotiate");
    assert_eq!(proxy.asked(), 2);
}

#[test]
fn names_are_looked_up_by_the_proxy_and_the_certificate_still_proves_the_server() {
    let setup = Setup { transport: Transport::Tls(ServerCertificate::WrongHost), ..Setup::default() };
    let (world, proxy) = (World::around(FakeCrashPlan::start_with(setup)), FakeProxy::start());
    let _daemon = world.daemon();
    let client = world.new_client();
    let far = format!("https://console.example.com:{}", world.server().port());
    let creating = |name: &str, url: &str| {
        world.creating(name, "memory", &client, url).args(["--proxy", &proxy.url()]).run()
    };
    creating("far", &far).succeeded();
    world.helper(&["-p", "far"]).token();
    // A proxy that leads elsewhere is found out: the same certificate is not that of this host.
    creating("near", &world.server().url()).failed(78).saying("it is for another host");
    assert_eq!((proxy.tunnels(), world.server().token_requests()), (2, 1));
}

#[test]
fn no_proxy_decides_who_is_asked_directly() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let port = world.server().port();
    for (host, list, is_direct) in [
        ("localhost", "localhost", true),
        ("localhost", ".localhost", true),
        ("localhost", "*", true),
        ("localhost", "example.com, localhost", true),
        ("127.0.0.1", "127.0.0.0/8", true),
        ("127.0.0.1", "127.0.0.1", true),
        ("localhost", "127.0.0.0/8", false),
        ("localhost", "host", false),
        ("localhost", "localhost:1", false),
        ("127.0.0.1", "localhost,10.0.0.0/8", false),
    ] {
        let (before, client) = (proxy.asked(), world.new_client());
        let (name, url) = (format!("p{}", world.server().connections()), format!("https://{host}:{port}"));
        let creating = world.creating(&name, "memory", &client, &url).args(["--proxy", &proxy.url()]);
        creating.args(["--no-proxy", list]).run().succeeded();
        assert_eq!(proxy.asked() - before, usize::from(!is_direct), "{host} {list}");
    }
    let wrong = ["profile", "update", "p0", "--no-proxy", "10.0.0.0/33"];
    world.helper(&wrong).failed(64).saying("no_proxy is a list");
}
