//! Promises about whom a bundle trusts, and about servers that want something of TLS which cp-token does not have.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use cp_token_tests::certificates::ServerCertificate;
use cp_token_tests::echo_server::EchoServer;
use cp_token_tests::fake_crashplan::{FakeCrashPlan, Setup, Transport};
use cp_token_tests::programs;
use cp_token_tests::world::{Outcome, World};

#[test]
fn the_servers_own_certificate_as_bundle_is_trusted_as_curl_does_it_and_another_of_its_names_is_not() {
    let setup = Setup { transport: Transport::Tls(ServerCertificate::Authority), ..Setup::default() };
    let world = World::around(FakeCrashPlan::start_with(setup));
    let _daemon = world.daemon();
    world.create_profile("prod", "memory");
    world.helper(&["-p", "prod"]).token();
    if programs::present(&["curl"]) {
        let curl =
            world.program("curl").args(["-q", "-s", "-o", "/dev/null", "--cacert"]).args([world.ca_file()]);
        curl.args([world.server().url()]).run().succeeded();
    }
    let twin = Transport::Tls(ServerCertificate::Authority);
    let twin = FakeCrashPlan::start_with(Setup { transport: twin, ..Setup::default() });
    let client = world.new_client();
    let outcome = world.creating("twin", "memory", &client, &twin.url()).run().failed(78);
    outcome.saying("the server's certificate is not trusted");
    assert_eq!(twin.token_requests(), 0);
}

#[test]
fn a_bundle_with_a_byte_order_mark_works() {
    let world = World::new();
    let _daemon = world.daemon();
    let text = format!("\u{feff}{}", world.server().ca_pem());
    std::fs::write(world.ca_file(), text).expect("write the bundle anew");
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
}

#[test]
fn a_server_that_wants_a_client_certificate_or_speaks_http_2_alone_is_reported_as_what_it_is() {
    let world = World::new();
    let _daemon = world.daemon();
    let authority = world.server().authority();
    let mut modern = (*authority.server_config(ServerCertificate::Good)).clone();
    modern.alpn_protocols = vec![b"h2".to_vec()];
    for (config, words) in [
        (authority.config_for_its_clients(), "it wants a client certificate, which cp-token does not have"),
        (Arc::new(modern), "it does not speak HTTP/1.1 there, perhaps HTTP/2 alone"),
    ] {
        let server = EchoServer::start("none", Some(config));
        created_at(&world, &server.url()).failed(75).saying(words);
        assert_eq!(server.answered(), 0, "it got no request");
    }
}

#[test]
fn a_bundle_that_is_not_used_says_why_and_others_may_read_it() {
    let world = World::new();
    let _daemon = world.daemon();
    let (client, bundle) = (world.new_client(), world.path("ca-others.pem"));
    std::fs::copy(world.ca_file(), &bundle).expect("copy the bundle");
    let mode = |mode| std::fs::set_permissions(&bundle, PermissionsExt::from_mode(mode)).expect("its mode");
    let create = |path: &Path| {
        let url = world.server().url();
        let words = ["profile", "create", "prod", "--client-id", &client.id, "--secret-source", "memory"];
        let call = world.call(&words).args(["--secret-stdin", "--url", &url, "--ca-bundle"]).args([path]);
        call.stdin(&client.secret).run()
    };
    mode(0o666);
    let fix = format!("run: chmod go-w {}", bundle.display());
    create(&bundle).failed(78).saying("its mode 0666 lets others in").saying(&fix);
    for (path, words) in [
        (world.path("ca-missing.pem"), "ca-missing.pem does not exist"),
        (world.path("home"), "home is no plain file"),
        ("/proc/self/mem".into(), "cannot be read"),
    ] {
        create(&path).failed(78).saying(words);
    }
    assert_eq!(world.server().token_requests(), 0);
    mode(0o644);
    create(&bundle).succeeded();
}

fn created_at(world: &World, url: &str) -> Outcome {
    world.creating("prod", "memory", &world.new_client(), url).run()
}
