//! Promises about proxies that do not lead on: they are named as the culprit, a refused password is not sent again,
//! and nothing that they say is repeated.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use cp_token_tests::clock_shim::ClockShim;
use cp_token_tests::fake_proxy::{FakeProxy, Manner};
use cp_token_tests::world::{TIMEOUT, World};

use super::{command_in, creating_through, search, stored_through};

/// Longer than any pause after a failure, in seconds.
const COOL_DOWN: u64 = 400;

#[test]
fn a_password_that_the_proxy_refuses_is_sent_once_and_the_named_command_mends_it() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let Some(clocks) = ClockShim::build(&world) else { return };
    let _daemon = world.launch(clocks.launch());
    let (client, old, new) = (world.new_client(), world.new_secret(), world.new_secret());
    proxy.require("jo", &old);
    let input = format!("{}\n{old}\n", client.secret);
    creating_through(&world, "prod", &client, &proxy.url_of("jo")).stdin(input).run().succeeded();
    proxy.require("jo", &new);
    let outcome = world.helper(&["--fresh"]).failed(77);
    let outcome = outcome.saying(&format!("the proxy {} refused the user or the password", proxy.url()));
    for round in 1..=5 {
        clocks.pass(Duration::from_secs(round * COOL_DOWN));
        world.helper(&["--fresh"]).failed(77).saying("it is not asked again until that changes");
    }
    assert_eq!(
        (proxy.asked(), world.server().token_requests()),
        (2, 1),
        "refused once, and never sent again"
    );
    let command = command_in(&outcome.stderr);
    assert_eq!(command, format!("cp-token profile update prod --proxy {}", proxy.url_of("jo")));
    let line = format!("{command} --secret-stdin");
    world.program("sh").args(["-c", &line]).stdin(&new).run().succeeded();
    world.helper(&["--fresh"]).token();
    assert_eq!((proxy.asked(), proxy.tunnels()), (4, 3));
    search(&world, &proxy);
}

#[test]
fn a_refused_password_is_tried_once_more_when_a_person_says_so() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let (client, password) = (world.new_client(), world.new_secret());
    let input = format!("{}\n{password}\n", client.secret);
    let creating = creating_through(&world, "prod", &client, &proxy.url_of("jo")).stdin(input);
    creating.args(["--no-verify"]).run().succeeded();
    proxy.require("jo", "another one");
    let outcome = world.helper(&["--error-format", "json"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (77, ""));
    let outcome: serde_json::Value = serde_json::from_str(&outcome.stderr).expect("JSON");
    let fields = serde_json::json!({"code": outcome["code"], "exit": outcome["exit"], "retryable": outcome["retryable"]});
    assert_eq!(fields, serde_json::json!({"code": "proxy_refused", "exit": 77, "retryable": false}));
    proxy.require("jo", &password);
    world.helper(&[]).failed(77);
    world.helper(&["forget", "-p", "prod"]).succeeded();
    world.helper(&[]).token();
    assert_eq!((proxy.asked(), proxy.tunnels()), (2, 1));
}

#[test]
fn a_refused_password_that_rests_with_others_is_not_sent_again_until_it_changes_there() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let Some(clocks) = ClockShim::build(&world) else { return };
    let _daemon = world.launch(clocks.launch());
    let (client, old, new) = (world.new_client(), world.new_secret(), world.new_secret());
    proxy.require("jo", &new);
    // What is beside the programs is not searched: a secret is kept there by a person's choice.
    let file = world.path("bin").join("secret");
    let put = |password: &str| {
        std::fs::write(&file, format!("{}\nproxy-password: {password}\n", client.secret)).expect("write it");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("close it");
    };
    put(&old);
    let (url, address) = (world.server().url(), proxy.url_of("jo"));
    let line = ["profile", "create", "prod", "--url", &url, "--client-id", &client.id, "--proxy", &address];
    let creating = world.call(&line).args([OsStr::new("--ca-bundle"), world.ca_file().as_os_str()]);
    let creating = creating.args([OsStr::new("--secret-file"), file.as_os_str()]).args(["--no-verify"]);
    creating.run().succeeded();
    for round in 1..=5 {
        let outcome = world.helper(&[]).failed(77).saying("refused the user or the password");
        outcome.saying("its password is a line `proxy-password: PASSWORD` where the secret is kept");
        assert_eq!(proxy.asked(), 1, "round {round}");
        clocks.pass(Duration::from_secs(round * COOL_DOWN));
    }
    put(&new);
    world.helper(&[]).token();
    assert_eq!((proxy.asked(), proxy.tunnels()), (2, 1));
}

#[test]
fn a_proxy_that_wants_a_user_is_told_apart_and_a_creation_says_how_to_give_one() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let (client, password) = (world.new_client(), world.new_secret());
    proxy.require("jo", &password);
    let outcome = creating_through(&world, "prod", &client, &proxy.url()).run().failed(77);
    let outcome = outcome.saying("asks for a user and password (HTTP 407)").saying("nothing was changed");
    let option = proxy.url().replacen("http://", "http://USER@", 1);
    outcome.saying(&format!("name its user: create it with `--proxy {option}`"));
    let input = format!("{}\nwrong\n", client.secret);
    let wrong = creating_through(&world, "prod", &client, &proxy.url_of("jo")).stdin(input).run();
    wrong.failed(77).saying("refused the user or the password").saying("nothing was changed");
    let input = format!("{}\n{password}\n", client.secret);
    creating_through(&world, "prod", &client, &proxy.url_of("jo")).stdin(input).run().succeeded();
    assert_eq!((proxy.asked(), world.server().token_requests()), (3, 1));
}

#[test]
fn whatever_a_proxy_does_instead_it_is_named_and_nothing_of_it_is_repeated() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = elsewhere.local_addr().expect("an address").port();
    let location = format!("Location: http://127.0.0.1:{port}/\r\n");
    let said = |text: &str| Manner::Say(text.as_bytes().to_vec());
    let refuses = "does not open a tunnel to the server";
    for (manner, words) in [
        (said("HTTP/1.1 403 \x1b[31mFOREIGN\r\nX-Why: FOREIGN\r\n\r\nFOREIGN"), refuses),
        (said("HTTP/1.1 502 Bad Gateway\r\n\r\n"), refuses),
        (said(&format!("HTTP/1.1 302 Found\r\n{location}\r\n")), refuses),
        (said(&format!("HTTP/1.1 307 Temporary\r\n{location}\r\n")), refuses),
        (said("FOREIGN\r\n\r\n"), refuses),
        (said(&format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(9000))), refuses),
        (said("HTTP/1.1 200"), "closed the connection when it was asked for a tunnel to the server"),
        (Manner::Close, "closed the connection when it was asked for a tunnel to the server"),
    ] {
        proxy.behave(manner);
        let name = format!("p{}", proxy.asked());
        stored_through(&world, &name, &proxy.url());
        let outcome = world.helper(&["-p", &name]).failed(75);
        let outcome = outcome.saying(&format!("profile {name}: the proxy {} {words}", proxy.url()));
        let outcome = outcome.saying(&format!("`cp-token profile update {name} --proxy URL`"));
        if words == refuses {
            outcome.clone().saying(&format!(
                "`curl -sSI -x {} {}/api/v3/`",
                proxy.url(),
                world.server().url()
            ));
        }
        assert!(!outcome.stderr.contains("FOREIGN") && !outcome.stderr.contains('\x1b'), "{outcome:?}");
    }
    elsewhere.set_nonblocking(true).expect("look without waiting");
    assert!(elsewhere.accept().is_err(), "a proxy's redirect is not followed");
    assert_eq!((proxy.asked(), world.server().connections()), (8, 0));
    proxy.behave(Manner::Lead);
    stored_through(&world, "good", &proxy.url());
    world.helper(&["-p", "good"]).token();
    search(&world, &proxy);
}

#[test]
fn a_proxy_that_is_not_there_or_never_answers_is_named_and_keeps_nobody_else() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let gone = FakeProxy::start().url();
    stored_through(&world, "gone", &gone);
    let outcome = world.helper(&["-p", "gone"]).failed(75);
    outcome.saying(&format!("the proxy {gone} cannot be reached: the connection is refused"));
    proxy.behave(Manner::Hang);
    stored_through(&world, "hung", &proxy.url());
    world.create_profile("direct", "memory");
    let hung = world.spawn_helper(&["-p", "hung"]);
    assert!(proxy.wait_until_asked(1, TIMEOUT));
    world.helper(&["-p", "direct", "--fresh"]).token();
    let outcome = hung.finish().failed(75);
    outcome.saying(&format!("the proxy {} did not open a tunnel to the server in time", proxy.url()));
}

#[test]
fn a_tunnel_that_leads_nowhere_names_server_and_proxy() {
    let (world, proxy) = (World::new(), FakeProxy::start());
    let _daemon = world.daemon();
    let open = "HTTP/1.1 200 Connection established\r\n\r\n";
    proxy.behave(Manner::Say(open.as_bytes().to_vec()));
    stored_through(&world, "prod", &proxy.url());
    let outcome =
        world.helper(&[]).failed(75).saying("the server cannot be reached: the connection broke off");
    outcome.saying(&format!("check the network and the proxy {}, and the URL", proxy.url()));
}
