//! Promises about a proxy's password whose request got an answer that is neither yes nor no: it may have been refused, or
//! the proxy does not lead to that one server.

use cp_token_tests::fake_proxy::{FakeProxy, Manner};
use cp_token_tests::world::{Daemon, World};

use super::turns::{NAMES, behind_a_proxy, get_all};
use super::undecided::TOO_MANY;
use crate::refused::{write_config, written};

fn says(status: &str) -> Manner {
    Manner::Say(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").into_bytes())
}

/// As [`behind_a_proxy`], with the password that it wants.
fn led_by(proxy: &FakeProxy) -> (World, Daemon) {
    let world = World::new();
    let daemon = world.daemon();
    behind_a_proxy(&world, proxy);
    proxy.require("jo", "wrong");
    (world, daemon)
}

/// Adds profiles before the others by the same proxy with the same password, each of a server of its own that the proxy
/// does not reach.
fn add_gone(world: &World, proxy: &FakeProxy, names: &[&str]) {
    let file = world.config_folder().join("config.toml");
    let others = std::fs::read_to_string(&file).expect("read the config");
    let more = format!("proxy = \"{}\"", proxy.url_of("jo"));
    let profile = |name: &&str| {
        let profile = written(world, name, &format!("client_id = \"{name}\""), &more);
        profile.replace(&world.server().url(), &format!("https://{name}.example:1"))
    };
    let mut profiles: Vec<_> = names.iter().map(profile).collect();
    profiles.push(others);
    write_config(world, &profiles);
}

fn asked_for(proxy: &FakeProxy, name: &str) -> usize {
    let head = format!("CONNECT {name}.example:1 ");
    proxy.conversations().iter().filter(|one| one.head.starts_with(&head)).count()
}

#[test]
fn a_proxys_password_that_it_may_have_refused_is_not_sent_for_every_profile() {
    for manner in [says("403 Forbidden"), says("503 Service Unavailable"), Manner::Close] {
        let (world, proxy) = (World::new(), FakeProxy::start());
        let _daemon = world.daemon();
        behind_a_proxy(&world, &proxy);
        proxy.require("jo", "wrong");
        proxy.behave(manner);
        for outcome in get_all(&world, &[]) {
            outcome.failed(75).saying("asked again in");
        }
        assert!((1..TOO_MANY).contains(&proxy.asked()), "{}", proxy.asked());
        assert_ne!(world.helper(&["doctor"]).code, 0);
        assert!(proxy.asked() < TOO_MANY, "neither by doctor: {}", proxy.asked());
        proxy.behave(Manner::Lead);
        for outcome in get_all(&world, &["--retry"]) {
            outcome.token();
        }
    }
}

#[test]
fn a_server_that_the_proxy_does_not_reach_takes_no_other_along() {
    let proxy = FakeProxy::start();
    let (world, _daemon) = led_by(&proxy);
    add_gone(&world, &proxy, &["gone"]);
    world.helper(&["-p", "gone"]).failed(75).saying("asked again in");
    world.helper(&["-p", NAMES[0]]).token();
    assert_eq!((proxy.asked(), proxy.tunnels()), (2, 1));
}

#[test]
fn doctor_finds_the_server_that_the_proxy_does_not_reach_and_no_other() {
    let proxy = FakeProxy::start();
    let (world, _daemon) = led_by(&proxy);
    add_gone(&world, &proxy, &["gone1", "gone2", "gone3"]);
    let outcome = world.helper(&["doctor"]);
    assert_ne!(outcome.code, 0, "{outcome:?}");
    let failed: Vec<_> = outcome.stdout.lines().filter(|line| line.starts_with("FAIL")).collect();
    assert!(!failed.is_empty() && failed.iter().all(|line| line.starts_with("FAIL  gone")), "{failed:?}");
}

#[test]
fn a_proxys_password_that_worked_has_a_pause_too_for_the_server_that_is_not_reached() {
    for manner in [says("403 Forbidden"), Manner::Close] {
        let proxy = FakeProxy::start();
        let (world, _daemon) = led_by(&proxy);
        world.helper(&["-p", NAMES[0]]).token();
        proxy.behave(manner);
        let running: Vec<_> = NAMES[1..].iter().map(|name| world.call(&["-p", name]).spawn()).collect();
        for one in running {
            one.finish().failed(75).saying("asked again in");
        }
        let sent = proxy.asked() - 1;
        assert!((1..TOO_MANY).contains(&sent), "{sent}");
    }
}

#[test]
fn a_proxys_password_that_fails_for_two_servers_pauses_for_all_and_names_the_profile_that_failed() {
    let proxy = FakeProxy::start();
    let (world, _daemon) = led_by(&proxy);
    let gone = ["gone0", "gone1", "gone2", "gone3", "gone4", "gone5", "gone6", "gone7"];
    add_gone(&world, &proxy, &gone);
    proxy.behave(says("403 Forbidden"));
    let running: Vec<_> = gone.iter().map(|name| world.call(&["-p", name]).spawn()).collect();
    let outcomes: Vec<_> = running.into_iter().map(|one| one.finish().failed(75)).collect();
    let sent: Vec<_> = gone.iter().filter(|name| asked_for(&proxy, name) > 0).collect();
    assert!((2..TOO_MANY).contains(&sent.len()) && proxy.asked() == sent.len(), "{sent:?}");
    let named = |stderr: &str| {
        let hint = |name: &&&str| {
            stderr.contains(&format!(
                "because the request of profile {name} with the same proxy password failed"
            )) && stderr.contains(&format!("cp-token doctor -p {name}"))
        };
        sent.iter().any(hint)
    };
    let paused = outcomes.iter().filter(|outcome| outcome.stderr.contains("no token was requested"));
    let paused: Vec<_> = paused.collect();
    assert!(!paused.is_empty() && paused.iter().all(|outcome| named(&outcome.stderr)), "{outcomes:?}");
    proxy.behave(Manner::Lead);
    world.helper(&["-p", NAMES[0], "--retry"]).token();
    world.helper(&["-p", NAMES[1]]).token();
}
