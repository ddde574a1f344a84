//! Promises of the checks between a profile and its server: each obstacle is told from every other, and none is passed
//! by a secret.

use std::ffi::OsStr;
use std::net::TcpListener;

use cp_token_tests::certificates::{Authority, ServerCertificate};
use cp_token_tests::fake_crashplan::{Answer, FakeCrashPlan, Setup, Transport};
use cp_token_tests::fake_proxy::{FakeProxy, Manner};
use cp_token_tests::world::{World, eventually};

use super::{date, doctor, unverified_profile};

#[test]
fn each_obstacle_on_the_way_is_told_from_every_other() {
    let world = World::new();
    let good = world.server().url();
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    unverified_profile(&world, "closed", &format!("https://localhost:{gone}"));
    unverified_profile(&world, "good", &good);
    unverified_profile(&world, "nowhere", "https://nowhere.invalid");
    let unknown = FakeCrashPlan::start_with(Setup { authority: Authority::new(), ..Setup::default() });
    unverified_profile(&world, "unknown", &unknown.url());
    let expired = Transport::Tls(ServerCertificate::Expired);
    let authority = world.server().authority().clone();
    let expired = FakeCrashPlan::start_with(Setup { transport: expired, authority, ..Setup::default() });
    unverified_profile(&world, "expired", &expired.url());
    unverified_profile(&world, "rootless", &good);
    let bundle = world.path("none.pem");
    let update = ["profile", "update", "rootless", "--no-verify", "--ca-bundle"];
    world.call(&update).args([OsStr::new(&bundle)]).run().succeeded();
    let report = doctor(&world, &[]);
    for (name, check, code, fix) in [
        ("closed", "server", "server_unreachable", "cp-token profile show closed"),
        ("nowhere", "name", "server_unreachable", "check the network"),
        ("unknown", "server", "untrusted_server", "--ca-bundle FILE"),
        ("expired", "server", "untrusted_server", ""),
        ("rootless", "server", "ca_bundle_unreadable", "--ca-bundle FILE"),
    ] {
        report.failed(Some(name), check, code, fix);
    }
    for check in ["secret", "name", "server", "token"] {
        report.ok(Some("good"), check);
    }
    assert_eq!(report.outcome.code, 75, "of the first in the order of names");
    assert_eq!(report.checks.iter().filter(|check| check["severity"] == "error").count(), 5);
    assert!(world.server().entries().iter().all(|it| it.request.header("Authorization").is_none()));
}

#[test]
fn f10_a_server_that_is_elsewhere_in_trouble_or_silent_is_a_fault_and_one_that_only_refuses_is_none() {
    let world = World::new();
    unverified_profile(&world, "prod", &world.server().url());
    let other = FakeCrashPlan::start();
    for (answer, code, fix) in [
        (Answer::redirect(302, &format!("{}/x?y=z", other.url())), "bad_response", "--url URL"),
        (Answer::redirect(302, "https://localhost/x?y=z"), "redirected", "--url https://localhost"),
        (Answer::status(503, &[], "FOREIGN"), "server_failed", "ask again later"),
        (Answer::status(511, &[], "FOREIGN"), "bad_response", "login page"),
        (Answer::status(429, &[], ""), "server_busy", "ask again later"),
        (Answer::raw("FOREIGN"), "bad_response", "cp-token profile show prod"),
        (Answer::Stall, "timed_out", "check the network"),
    ] {
        world.server().answer_api_next(answer);
        let report = doctor(&world, &[]);
        report.failed(Some("prod"), "server", code, fix);
        assert!(!report.outcome.stdout.contains("FOREIGN"));
    }
    for status in [200, 204, 401, 403, 404, 405] {
        world.server().answer_api_next(Answer::status(status, &[], ""));
        doctor(&world, &[]).ok(Some("prod"), "server");
    }
    world.server().answer_api_next(Answer::redirect(302, "/console/login"));
    doctor(&world, &[]).ok(Some("prod"), "server");
    assert_eq!(other.connections(), 0, "no redirect is followed");
}

#[test]
fn f06_a_clock_that_is_off_is_a_fault_beyond_five_minutes_and_for_computed_codes_beyond_one() {
    let world = World::new();
    unverified_profile(&world, "prod", &world.server().url());
    world.server().add_user_with_key("jo", &world.new_secret(), b"12345678901234567890");
    let (url, ca, password) = (world.server().url(), world.ca_file(), world.new_secret());
    let line =
        ["profile", "create", "jo", "--url", &url, "--username", "jo", "--totp", "stored", "--no-verify"];
    let line =
        world.call(&line).args(["--secret-stdin", "--secret-source", "memory", "--ca-bundle"]).args([ca]);
    line.stdin(format!("{password}\nGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n")).run().succeeded();
    let look = |seconds: i64| {
        let date = date(&world, seconds);
        world.server().answer_api_always(Answer::status(401, &[("Date", &date)], ""));
        doctor(&world, &[])
    };
    let report = look(0);
    report.ok(Some("prod"), "clock");
    report.ok(Some("jo"), "clock");
    for seconds in [120, -120] {
        let report = look(seconds);
        report.warned(Some("prod"), "clock", "timedatectl");
        report.failed(Some("jo"), "clock", "clock_wrong", "set it right");
        report.ends(78, &["clock"]);
    }
    let report = look(400);
    report.failed(Some("prod"), "clock", "clock_wrong", "set it right");
    assert!(
        report.check(Some("prod"), "clock")["message"]
            .as_str()
            .is_some_and(|it| it.contains("behind the server's"))
    );
}

#[test]
fn a_proxy_that_does_not_lead_on_is_named_and_a_refused_password_is_not_sent_again() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let (client, password) = (world.new_client(), world.new_secret());
    let input = format!("{}\n{password}\n", client.secret);
    let create = world.creating("prod", "memory", &client, &world.server().url());
    create.args(["--proxy", &proxy.url_of("jo"), "--no-verify"]).stdin(input).run().succeeded();
    proxy.require("jo", &password);
    doctor(&world, &[]).ends(0, &[]);
    assert_eq!((proxy.asked(), proxy.tunnels()), (1, 1));
    proxy.behave(Manner::Say(b"HTTP/1.1 403 FOREIGN\r\n\r\n".to_vec()));
    let report = doctor(&world, &[]);
    report.failed(Some("prod"), "server", "server_unreachable", "--proxy URL");
    assert!(!report.outcome.stdout.contains("FOREIGN"));
    proxy.behave(Manner::Lead);
    proxy.require("jo", "another one");
    // For a moment nothing is sent, because the answer before was neither yes nor no.
    eventually("the proxy refuses", || {
        doctor(&world, &[]).check(Some("prod"), "server")["code"] == "proxy_refused"
    });
    for _ in 0..3 {
        let report = doctor(&world, &[]);
        report.failed(Some("prod"), "server", "proxy_refused", "enter its password again");
        report.ends(77, &["server"]);
    }
    assert_eq!(proxy.asked(), 3, "refused once, and never sent again");
    super::super::network::search(&world, &proxy);
}

#[test]
fn http_without_tls_is_noted_and_works() {
    let world =
        World::around(FakeCrashPlan::start_with(Setup { transport: Transport::Plain, ..Setup::default() }));
    let client = world.new_client();
    let url = world.server().url();
    let text = format!(
        "[profile.double]\nurl = \"{url}\"\nclient_id = \"{}\"\nsecret_source = \"memory\"\ninsecure_http = true\n",
        client.id
    );
    let file = world.config_folder().join("config.toml");
    std::fs::write(&file, text).expect("write the config");
    world.program("chmod").args(["600"]).args([&file]).run().succeeded();
    let reset = ["profile", "reset-secret", "double", "--secret-stdin"];
    world.call(&reset).stdin(&client.secret).run().succeeded();
    let report = doctor(&world, &[]);
    report.warned(Some("double"), "http", "http without TLS is allowed");
    report.ok(Some("double"), "server");
    report.ends(0, &[]);
}
