//! Promises of `cp-token curl`: the real curl with a token, and in all else as if it had been called itself.

mod descriptors;
mod hosts;
mod rejected;
mod secrecy;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use cp_token_tests::fake_crashplan::{Answer, Asked, Credential, Entry, FakeCrashPlan, Setup, Transport};
use cp_token_tests::programs;
use cp_token_tests::world::processes::Signal;
use cp_token_tests::world::{Call, Outcome, TIMEOUT, World};

/// A world with a profile, where there is a curl.
pub(crate) fn world() -> Option<World> {
    if !programs::present(&["curl"]) {
        return None;
    }
    let world = World::new();
    world.create_profile("prod", "memory");
    Some(world)
}

/// `cp-token curl --` with these words for curl, to be given more before it runs.
pub(crate) fn calling(world: &World, words: &[&str]) -> Call {
    world.call(&["curl", "--"]).args(words)
}

/// The same, run.
pub(crate) fn curl(world: &World, words: &[&str]) -> Outcome {
    calling(world, words).run()
}

/// What was asked of the API, in order.
pub(crate) fn asked(server: &FakeCrashPlan) -> Vec<Entry> {
    server.entries().into_iter().filter(|entry| entry.asked != Asked::Token).collect()
}

/// Path and query of what was asked, and whether it carried a token that lives.
pub(crate) fn paths(server: &FakeCrashPlan) -> Vec<(String, bool)> {
    let path = |entry: &Entry| match &entry.request.query {
        Some(query) => format!("{}?{query}", entry.request.path),
        None => entry.request.path.clone(),
    };
    let is_live = |entry: &Entry| matches!(entry.credential, Credential::Bearer { live: true, .. });
    asked(server).iter().map(|entry| (path(entry), is_live(entry))).collect()
}

#[test]
fn a_path_is_resolved_against_the_profiles_url_and_goes_with_the_token() {
    let Some(world) = world() else { return };
    let outcome = curl(&world, &["-sS", "/api/v3/users?active=true&page=[1-2]"]).succeeded();
    assert_eq!(outcome.stdout.matches(r#""users":[]"#).count(), 2);
    let expected = [1, 2].map(|page| (format!("/api/v3/users?active=true&page={page}"), true));
    assert_eq!(paths(world.server()), expected);
    let full = format!("{}/api/v3/devices", world.server().url());
    curl(&world, &["-sS", &full, "--url", "/api/v3/orgs"]).succeeded();
    assert_eq!(
        paths(world.server())[2..],
        ["/api/v3/devices", "/api/v3/orgs"].map(|path| (path.to_owned(), true))
    );
}

#[test]
fn the_exit_code_is_curls_own() {
    let Some(world) = world() else { return };
    for (words, code) in [
        (&["-sS", "/api/v3/users", "-o", "/dev/null"][..], 0),
        (&["-sSf", "/nowhere"], 22),
        (&["-sS", "/api/v3/users", "-o", "/nonexistent/folder/file"], 23),
        (&["-sS", "--max-time", "soon", "/api/v3/users"], 2),
        (&["-sS", "--cacert", "/nonexistent", "/api/v3/users"], 77),
    ] {
        let outcome = curl(&world, words);
        assert_eq!(outcome.code, code, "{words:?}: {outcome:?}");
        assert!(!outcome.stderr.contains("cp-token"), "{outcome:?}");
    }
    let outcome = curl(&world, &["--version"]).succeeded();
    assert!(outcome.stdout.starts_with("curl "), "{outcome:?}");
    assert!(curl(&world, &["--help", "http"]).succeeded().stdout.contains("--request"));
}

#[test]
fn input_output_and_odd_bytes_are_passed_through() {
    let Some(world) = world() else { return };
    let odd = OsStr::from_bytes(b"X-Odd: \xff\xfe");
    let call = calling(&world, &["-sS", "-X", "PATCH", "-d", "@-", "-w", "%{http_code}", "-H"]).args([odd]);
    let outcome = call.args(["/api/v3/users"]).stdin("of standard input").run().succeeded();
    assert!(outcome.stdout.ends_with("200"), "{outcome:?}");
    let request = asked(world.server()).remove(0).request;
    assert_eq!((request.method.as_str(), request.body.as_slice()), ("PATCH", &b"of standard input"[..]));
    assert_eq!(request.header("X-Odd"), Some("\u{fffd}\u{fffd}"));
}

#[test]
fn options_from_a_descriptor_reach_curl_also_where_the_daemon_has_to_be_started() {
    if !programs::present(&["bash"]) {
        return;
    }
    let Some(world) = World::with_keyring() else { return };
    world.create_profile("prod", "keyring");
    world.stop_daemon();
    // What is read before there is a token may be a descriptor.
    let line = "cp-token curl -- -sS -K /dev/fd/9 /api/v3/users 9< <(printf 'data = \"of a descriptor\"')";
    world.program("bash").args(["-c", line]).run().succeeded();
    assert_eq!(asked(world.server())[0].request.body, b"of a descriptor");
}

#[test]
fn a_signal_ends_curl_and_is_seen_by_whoever_called() {
    let Some(world) = world() else { return };
    world.server().answer_api_always(Answer::Stall);
    // With -v it runs beside cp-token, without in its place.
    for options in ["-sS", "-sSv"] {
        for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::QUIT, 131)] {
            let before = world.server().api_requests();
            let running = calling(&world, &[options, "/api/v3/users"]).spawn();
            assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.api_requests() > before));
            running.signal(signal);
            assert_eq!(running.finish().code, code, "{options}");
        }
    }
}

#[test]
fn without_curl_the_exit_code_is_69() {
    let Some(world) = world() else { return };
    let call = calling(&world, &["/api/v3/users"]).env("PATH", world.path("home"));
    call.run().failed(69).saying("no curl in PATH");
    assert_eq!(asked(world.server()).len(), 0);
}

#[test]
fn a_user_name_and_password_go_to_the_older_api_alone() {
    if !programs::present(&["curl"]) {
        return;
    }
    let world = World::new();
    let password = world.new_secret();
    world.server().add_user("jo@example.com", &password, None);
    let url = world.server().url();
    let line = ["profile", "create", "old", "--url", &url, "--username", "jo@example.com", "--basic"];
    let ca = world.ca_file();
    let creating =
        world.call(&line).args(["--secret-stdin", "--secret-source", "memory", "--ca-bundle"]).args([&ca]);
    creating.stdin(&password).run();
    let before = asked(world.server()).len();
    curl(&world, &["-sSf", "/api/v1/users"]).succeeded();
    assert!(matches!(asked(world.server())[before].credential, Credential::Basic { right: true, .. }));
    curl(&world, &["-sSf", "/api/v3/users"]).failed(64).saying("v3 of the API refuses");
    assert_eq!(asked(world.server()).len(), before + 1);
}

#[test]
fn a_config_larger_than_a_pipe_arrives_whole() {
    let Some(world) = world() else { return };
    // Just under what a request of the fake server may have, and far more than a small pipe holds.
    let (piece, pieces) = ("x".repeat(20_000), 12);
    let config = format!("data = \"{piece}\"\n").repeat(pieces);
    calling(&world, &["-sS", "-K", "-", "/api/v3/users"]).stdin(config).run().succeeded();
    assert_eq!(asked(world.server())[0].request.body.len(), pieces * (piece.len() + 1) - 1);
}

/// A pipe of the system's greatest size is too small for it, so it is filled while curl reads.
#[test]
fn a_config_that_no_pipe_holds_arrives_whole() {
    if !programs::present(&["setpriv"]) {
        return;
    }
    let Some(world) = world() else { return };
    // Each of these characters takes two in a config file's quotes, and the last of several agents counts.
    let agent = "\\".repeat(25_000);
    let config = format!("user-agent = {agent}\n").repeat(40) + "user-agent = the-last\n";
    // Root may have larger pipes, unless it is without that right.
    let line =
        ["--bounding-set=-sys_resource", "--inh-caps=-sys_resource", "cp-token", "curl", "--", "-K", "-"];
    let call = world.program("setpriv").args(line).args(["-sSf", "-w", "%{http_code}", "/api/v3/users"]);
    let outcome = call.stdin(config).run().succeeded();
    assert!(outcome.stdout.ends_with("200"), "{outcome:?}");
    assert_eq!(asked(world.server())[0].request.header("User-Agent"), Some("the-last"));
}

#[test]
fn a_token_of_the_greatest_length_arrives_whole() {
    if !programs::present(&["curl"]) {
        return;
    }
    let world = World::new();
    let token = "t".repeat(8192);
    world.server().issue_next(&token);
    world.create_profile("prod", "memory");
    curl(&world, &["-sSf", "/api/v3/users"]).succeeded();
    assert_eq!(paths(world.server()), [("/api/v3/users".to_owned(), true)]);
}

#[test]
fn plain_http_stays_on_this_machine_whatever_the_proxy() {
    if !programs::present(&["curl"]) {
        return;
    }
    let setup = Setup { transport: Transport::Plain, ..Setup::default() };
    let world = World::around(FakeCrashPlan::start_with(setup));
    let client = world.new_client();
    world
        .creating("prod", "memory", &client, &world.server().url())
        .args(["--insecure-http"])
        .run()
        .succeeded();
    let proxy = FakeCrashPlan::start_with(Setup { transport: Transport::Plain, ..Setup::default() });
    let url = proxy.url();
    for route in [["-x", &url].as_slice(), &["--socks5", &url], &["--resolve", "localhost:80:192.0.2.1"]] {
        curl(&world, &[route, &["-sS", "/api/v3/users"]].concat()).failed(64).saying("not encrypted");
    }
    let call = calling(&world, &["-sSf", "/api/v3/users"]).env("http_proxy", &url).env("ALL_PROXY", &url);
    call.run().succeeded();
    assert_eq!((proxy.connections(), paths(world.server()).len()), (0, 1));
    // The control: curl itself goes there.
    let own = format!("{}/api/v3/users", world.server().url());
    let control = world.program("curl").args(["-q", "-sS", "-o", "/dev/null", &own]).env("http_proxy", &url);
    control.run().succeeded();
    assert_eq!(proxy.connections(), 1);
}
