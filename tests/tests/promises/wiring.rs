//! Promises about where a secret goes: to the one server of its profile, over TLS with a verified certificate, whatever the
//! server, the environment or a proxy suggest.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use cp_token_tests::certificates::ServerCertificate;
use cp_token_tests::fake_crashplan::{Answer, Asked, FakeCrashPlan, Setup, Transport};
use cp_token_tests::programs;
use cp_token_tests::world::{Launch, Outcome, World, processes};

fn plain() -> FakeCrashPlan {
    FakeCrashPlan::start_with(Setup { transport: Transport::Plain, ..Setup::default() })
}

/// That a careless client follows is shown by the fake server's own test of this name.
#[test]
fn g01_g02_a_redirect_is_never_followed_wherever_it_leads() {
    let world = World::new();
    let _daemon = world.daemon();
    let client = world.new_client();
    let authority = world.server().authority().clone();
    let other = FakeCrashPlan::start_with(Setup { authority, ..Setup::default() });
    let unencrypted = plain();
    for server in [&other, &unencrypted] {
        server.add_client(&client.id, &client.secret);
        for status in [301, 302, 303, 307, 308] {
            let target = format!("{}/api/v3/oauth/token?grant_type=client_credentials", server.url());
            world.server().answer_next(Answer::redirect(status, &target));
            let name = format!("p{}", world.server().connections());
            let created = world.creating(&name, "memory", &client, &world.server().url()).run();
            created.failed(75).saying("redirects token requests to a host that cp-token does not know");
        }
        assert_eq!(server.connections(), 0);
    }
}

#[test]
fn g03_no_proxy_of_the_environment_sees_anything() {
    if !programs::present(&["curl"]) {
        return;
    }
    let world = World::around(plain());
    let proxy = plain();
    let variables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let launch = variables.iter().fold(Launch::default(), |launch, name| launch.env(name, proxy.url()));
    let _daemon = world.launch(launch);
    let (client, url) = (world.new_client(), world.server().url());
    let creating = world.creating("prod", "memory", &client, &url).args(["--insecure-http"]);
    let created = variables.iter().fold(creating, |call, name| call.env(name, proxy.url())).run();
    assert_eq!((created.code, created.stderr.lines().count()), (0, 1), "{created:?}");
    let created = created.saying("https_proxy of this shell is not used");
    assert!(created.stderr.contains("--proxy"), "{created:?}");
    assert_eq!((proxy.connections(), world.server().token_requests()), (0, 1));
    let line = ["-q", "-s", "-o", "/dev/null", &url];
    world.program("curl").args(line).env("http_proxy", proxy.url()).run().succeeded();
    assert_eq!((proxy.connections(), world.server().connections()), (1, 1), "curl would have gone there");
}

#[test]
fn g04_e20_no_ca_and_no_key_log_of_the_environment_is_used() {
    if !programs::present(&["curl"]) {
        return;
    }
    let world = World::new();
    let key_log = world.path("keys.log");
    let launch = Launch::default().env("SSL_CERT_FILE", world.ca_file()).env("SSLKEYLOGFILE", &key_log);
    let _daemon = world.launch(launch.env("SSL_CERT_DIR", world.root()));
    let (client, url) = (world.new_client(), world.server().url());
    let no_bundle = world.creating("prod", "memory", &client, &url).args(["--no-verify"]).run();
    no_bundle.succeeded();
    world.helper(&["profile", "update", "prod", "--ca-bundle", "", "--no-verify"]).succeeded();
    world.helper(&[]).failed(78).saying("certificate is not trusted");
    let ca = world.ca_file();
    let ca = ca.to_str().expect("a path in UTF-8");
    world.helper(&["profile", "update", "prod", "--ca-bundle", ca]).succeeded();
    world.helper(&[]).token();
    assert!(!key_log.exists());
    let curl = world.program("curl").args(["-q", "-s", "-o", "/dev/null", &url]);
    curl.env("SSL_CERT_FILE", ca).env("SSLKEYLOGFILE", &key_log).run().succeeded();
}

#[test]
fn g05_only_a_certificate_that_proves_the_server_is_trusted() {
    for (which, words) in [
        (ServerCertificate::WrongHost, "it is for another host"),
        (ServerCertificate::Expired, "it has expired, or this computer's clock is wrong"),
        (ServerCertificate::NotYetValid, "it is not valid yet, or this computer's clock is wrong"),
        (ServerCertificate::SelfSigned, "its issuer is unknown"),
        (ServerCertificate::OtherAuthority, "its issuer is unknown"),
    ] {
        let setup = Setup { transport: Transport::Tls(which), ..Setup::default() };
        let world = World::around(FakeCrashPlan::start_with(setup));
        let client = world.new_client();
        let created = world.creating("prod", "memory", &client, &world.server().url()).run();
        created.failed(78).saying(words).saying("nothing was changed");
        assert_eq!((world.server().connections(), world.server().token_requests()), (1, 0), "{which:?}");
    }
    World::new().create_profile("prod", "memory");
}

/// An OpenSSL server that offers only this version of TLS, on a port of its own choice.
fn openssl_server(world: &World, version: &str) -> (Child, u16) {
    let pem = world.path("openssl.pem");
    let file = pem.to_str().expect("a path in UTF-8");
    let key = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", file, "-out", "-", "-days", "2"];
    let made = world.program("openssl").args(key).args(["-subj", "/CN=localhost"]).run();
    let both = std::fs::read_to_string(&pem).expect("a key") + &made.stdout;
    std::fs::write(&pem, both).expect("write key and certificate");
    let mut command = Command::new("openssl");
    command.args(["s_server", "-accept", "0", "-cert", file, "-www", version]);
    command
        .args(["-cipher", "ALL:@SECLEVEL=0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut server = command.spawn().expect("run openssl");
    let lines = BufReader::new(server.stdout.take().expect("a pipe")).lines();
    let accept =
        lines.map_while(Result::ok).find(|line| line.starts_with("ACCEPT")).expect("it says where it is");
    let port = accept.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    (server, port)
}

#[test]
fn g05_a_server_with_nothing_newer_than_tls_1_1_gets_no_secret() {
    if !programs::present(&["openssl"]) {
        return;
    }
    let world = World::new();
    for (version, code, words) in [
        ("-tls1_1", 75, "does not speak TLS 1.2 or 1.3"),
        ("-tls1_2", 78, "the server's certificate is not trusted"),
        ("-tls1_3", 78, "the server's certificate is not trusted"),
    ] {
        let (mut server, port) = openssl_server(&world, version);
        let url = format!("https://localhost:{port}");
        let created = world.creating("prod", "memory", &world.new_client(), &url).run();
        processes::end(server.id());
        server.wait().expect("wait for openssl");
        created.failed(code).saying(words);
    }
}

#[test]
fn g06_http_is_refused_but_for_a_loopback_address_that_is_asked_for() {
    let world = World::around(plain());
    let client = world.new_client();
    let url = world.server().url();
    let create = |url: &str, more: &[&str]| world.creating("prod", "memory", &client, url).args(more).run();
    create(&url, &[]).failed(78).saying("https");
    create("http://console.us2.crashplan.com", &["--insecure-http", "--no-verify"]).failed(78);
    create("http://127.0.0.1.example.com", &["--insecure-http", "--no-verify"]).failed(78);
    create("http://localhost.example.com", &["--insecure-http", "--no-verify"]).failed(78);
    for url in
        ["https://user:pw@localhost", "https://localhost/console", "https://localhost?x", "ftp://localhost"]
    {
        create(url, &["--no-verify"]).failed(78);
    }
    assert_eq!(world.server().connections(), 0);
    create(&url, &["--insecure-http"]).succeeded();
    world.helper(&[]).token();
}

#[test]
fn g17_a_server_cannot_name_another_place_for_the_next_request() {
    let world = World::new();
    let other = plain();
    world.create_profile("prod", "memory");
    let elsewhere = other.url();
    world.server().add_header("Content-Location", &elsewhere);
    world.server().add_header("Alt-Svc", &format!("http/1.1=\"localhost:{}\"", other.port()));
    world.server().add_header("Refresh", &format!("0; url={elsewhere}"));
    world.server().add_header("Set-Cookie", "session=1234; Path=/");
    for _ in 0..3 {
        world.helper(&["--fresh"]).token();
    }
    assert_eq!((other.connections(), world.server().token_requests()), (0, 4));
    assert_eq!(world.helper(&["-f", "json"]).json()["url"], world.server().url());
    let last = world.server().entries().pop().expect("a request");
    assert_eq!((last.request.header("Cookie"), last.accepts_json()), (None, true));
}

#[test]
fn g18_the_secret_is_in_the_authorization_header_and_nowhere_else_of_a_request() {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.helper(&["--fresh"]).token();
    let asked = world.server().entries();
    assert!(asked.len() == 2 && asked.iter().all(|entry| entry.asked == Asked::Token));
    for entry in asked {
        let request = entry.request;
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/api/v3/oauth/token"));
        assert_eq!(
            (request.query.as_deref(), request.body.len()),
            (Some("grant_type=client_credentials"), 0)
        );
        let mut names: Vec<_> = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.sort();
        assert_eq!(names, ["accept", "authorization", "content-length", "host", "user-agent"]);
        let agent = request.header("User-Agent").expect("a user agent");
        assert!(agent.starts_with("cp-token/") && agent.len() < 32, "{agent}");
    }
}

#[test]
fn g19_http_2_is_not_even_compiled_in() {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    let lock = std::fs::read_to_string(lock).expect("read Cargo.lock");
    assert!(lock.contains("name = \"hyper\"") && !lock.contains("name = \"h2\""));
}

#[test]
fn the_secret_of_one_profile_never_reaches_the_server_of_another() {
    let world = World::new();
    let authority = world.server().authority().clone();
    let other = FakeCrashPlan::start_with(Setup { authority, ..Setup::default() });
    world.create_profile("one", "memory");
    let client = world.new_client();
    other.add_client(&client.id, &client.secret);
    world.creating("two", "memory", &client, &other.url()).run().succeeded();
    let printed: Vec<_> = ["one", "two"].map(|name| world.helper(&["-p", name]).token()).into();
    assert_eq!([world.server().issued(), other.issued()].concat(), printed);
    let by_url = |url: &str| world.helper(&["--url", url]);
    assert_eq!([by_url(&world.server().url()), by_url(&other.url())].map(Outcome::token).to_vec(), printed);
    by_url("https://localhost").failed(64);
    assert_ne!(printed[0], printed[1]);
}
