//! Promises about where the token of `cp-token curl` goes: to hosts that the profile answers for, and to no other.

use cp_token_tests::fake_crashplan::{Answer, Credential, FakeCrashPlan, Setup};
use cp_token_tests::world::World;

use super::{asked, calling, curl, paths, world};

/// Another server, which a client that trusts the world's trusts too.
fn other(world: &World) -> FakeCrashPlan {
    let authority = world.server().authority().clone();
    FakeCrashPlan::start_with(Setup { authority, ..Setup::default() })
}

#[test]
fn h03_another_host_is_refused_before_anything_is_sent_wherever_it_stands() {
    let Some(world) = world() else { return };
    let other = other(&world);
    let (url, evil) = (world.server().url(), format!("{}/api/v3/users", other.url()));
    let config = world.path("evil.conf");
    std::fs::write(&config, format!("silent\nurl = \"{evil}\"\n")).expect("write a config");
    let config = config.to_str().expect("a path in UTF-8");
    let attached = [format!("--url={evil}"), format!("-K{config}"), format!("--config={config}")];
    let userinfo = format!("{url}@localhost:{}/", other.port());
    let glob = format!("https://{{localhost,127.0.0.1}}:{}/", other.port());
    let suffix = url.replace("localhost", "localhost.evil.example");
    for words in [
        [evil.as_str()].as_slice(),
        &["--url", &evil],
        &[&attached[0]],
        &["/api/v3/users", "--next", &evil],
        &["/api/v3/users", "-:", "--url", &evil],
        &["/api/v3/users", &evil],
        &["/api/v3/users", "--", &evil],
        &["-K", config],
        &[&attached[1]],
        &[&attached[2]],
        &["/api/v3/users", "--next", "--config", config],
        &[&userinfo],
        &[&glob],
        &[&suffix],
        &["http://localhost/"],
        &["ftp://localhost/"],
        &["localhost"],
        &["//localhost/"],
        &["-H", "Host: localhost", "/api/v3/users"],
        &["--location-trusted", "/api/v3/users"],
        &["-k", "/api/v3/users"],
    ] {
        let outcome = curl(&world, words).failed(64);
        assert!(outcome.stderr.starts_with("cp-token: "), "{words:?}: {outcome:?}");
    }
    calling(&world, &["-K", "-"]).stdin(format!("url = {evil}")).run().failed(64);
    assert_eq!((other.connections(), asked(world.server()).len()), (0, 0));
    curl(&world, &["-p", "prod", "/api/v3/users"]);
    // The control: with that host added by hand, the same goes there, and with the token.
    world.helper(&["profile", "update", "prod", "--also-for", &other.url()]).succeeded();
    curl(&world, &["-sS", "-K", config, "--next", "-sS", "/api/v3/users"]).succeeded();
    assert_eq!(other.connections(), 1);
    assert!(matches!(asked(&other)[0].credential, Credential::Bearer { .. }));
    assert_eq!(paths(world.server()), [("/api/v3/users".to_owned(), true)]);
}

#[test]
fn the_default_config_file_counts_wherever_curl_looks_for_it() {
    let Some(world) = world() else { return };
    let other = other(&world);
    let evil = format!("url = \"{}/\"\n", other.url());
    for (variable, file) in [
        ("CURL_HOME", "home/.curlrc"),
        ("XDG_CONFIG_HOME", "home/.curlrc"),
        ("HOME", "home/.curlrc"),
        ("HOME", "home/.config/curlrc"),
    ] {
        let file = world.path(file);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("make its folder");
        std::fs::write(&file, &evil).expect("write a config");
        let home = world.path("home");
        let call = |words: &[&str]| {
            let call = calling(&world, words).env("HOME", world.path("bin")).env(variable, &home);
            call.run()
        };
        call(&["-sS", "/api/v3/users"]).failed(64).saying("nothing was sent");
        call(&["-q", "-sS", "/api/v3/users"]).succeeded();
        std::fs::write(&file, "netrc\n").expect("write a config");
        call(&["-sS", "/api/v3/users"]).failed(64).saying("curlrc: --netrc").saying("-q");
        std::fs::write(&file, "header = \"X-From: curlrc\"\nwrite-out = \"%{http_code}\"\n")
            .expect("write a config");
        let outcome = call(&["-sS", "-o", "/dev/null", "/api/v3/users"]).succeeded();
        assert_eq!(outcome.stdout, "200", "{variable}");
        std::fs::remove_file(file).expect("remove the config");
    }
    let last = asked(world.server()).pop().expect("a request");
    assert_eq!((last.request.header("X-From"), other.connections()), (Some("curlrc"), 0));
}

#[test]
fn each_group_of_urls_goes_with_the_token_also_from_config_files() {
    let Some(world) = world() else { return };
    let inner = world.path("inner.conf");
    std::fs::write(&inner, "url = /api/v3/d\nnext\nurl = /api/v3/e\nsilent\n").expect("write a config");
    let outer = world.path("outer.conf");
    std::fs::write(&outer, format!("url = /api/v3/c\nconfig = {}\n", inner.display()))
        .expect("write a config");
    let outer = outer.to_str().expect("a path in UTF-8");
    let words = ["-sS", "/api/v3/a", "--next", "-sS", "-I", "/api/v3/b", "--next", "-K", outer, "/api/v3/f"];
    curl(&world, &words).succeeded();
    assert_eq!(
        paths(world.server()),
        ["a", "b", "c", "d", "e", "f"].map(|name| (format!("/api/v3/{name}"), true))
    );
}

#[test]
fn a_redirect_to_another_host_or_port_goes_without_the_token() {
    let Some(world) = world() else { return };
    let other = other(&world);
    let places = [other.url(), format!("https://127.0.0.1:{}", other.port())];
    for place in &places {
        for code in [301, 302, 307, 308] {
            world.server().answer_api_next(Answer::redirect(code, &format!("{place}/api/v3/users")));
            curl(&world, &["-sSL", "-o", "/dev/null", "/api/v3/start"]).succeeded();
        }
    }
    let at_other = asked(&other);
    assert_eq!(at_other.len(), 2 * 4);
    assert!(at_other.iter().all(|entry| entry.credential == Credential::None));
    assert!(paths(world.server()).iter().all(|(_, is_live)| *is_live));
    // Where it leads back to the same place, the token goes on.
    world.server().answer_api_next(Answer::redirect(302, "/api/v3/next"));
    curl(&world, &["-sSL", "-o", "/dev/null", "/api/v3/start"]).succeeded();
    assert_eq!(paths(world.server()).pop(), Some(("/api/v3/next".to_owned(), true)));
    // The control: curl itself, told to trust every place, brings the header there.
    world.server().answer_api_next(Answer::redirect(302, &format!("{}/api/v3/users", places[0])));
    let url = format!("{}/api/v3/start", world.server().url());
    let call = world.program("curl").args([
        "-q",
        "-sS",
        "--location-trusted",
        "-H",
        "Authorization: Bearer abc",
        &url,
    ]);
    call.args(["--cacert"]).args([world.ca_file()]).run().succeeded();
    assert!(matches!(asked(&other).pop().expect("a request").credential, Credential::Bearer { .. }));
}

#[test]
fn an_old_curl_follows_no_redirect() {
    let Some(world) = world() else { return };
    let fake = world.path("home/curl");
    std::fs::write(&fake, "#!/bin/sh\necho 'curl 7.82.0 (x86_64-pc-linux-gnu) libcurl/7.82.0'\n")
        .expect("write it");
    world.program("chmod").args(["755"]).args([&fake]).run().succeeded();
    let call = |words: &[&str]| calling(&world, words).env("PATH", world.path("home")).run();
    call(&["-L", "/api/v3/users"]).failed(64).saying("older than 7.83");
    assert!(call(&["/api/v3/users"]).succeeded().stdout.starts_with("curl 7.82.0"));
}

#[test]
fn the_profile_is_the_one_that_answers_for_the_url() {
    let Some(world) = world() else { return };
    let other = other(&world);
    let client = world.new_client();
    other.add_client(&client.id, &client.secret);
    world.creating("two", "memory", &client, &other.url()).run().succeeded();
    curl(&world, &["-sSf", &format!("{}/api/v3/users", other.url())]).succeeded();
    curl(&world, &["-sSf", &format!("{}/api/v3/users", world.server().url())]).succeeded();
    let both = [world.server().url(), other.url()].map(|url| format!("{url}/api/v3/both"));
    curl(&world, &["-sSf", &both[0], &both[1]]).failed(64).saying("profile prod does not answer for");
    world.call(&["curl", "-p", "two", "--", "-sSf", "/api/v3/named"]).run().succeeded();
    calling(&world, &["-sSf", "/api/v3/variable"]).env("CP_TOKEN_PROFILE", "two").run().succeeded();
    world
        .call(&["curl", "-p", "two", "--", "-sSf", &both[0]])
        .run()
        .failed(64)
        .saying("profile two does not");
    let path = |name: &str| (format!("/api/v3/{name}"), true);
    assert_eq!(paths(&other), [path("users"), path("named"), path("variable")]);
    assert_eq!(paths(world.server()), [path("users")]);
}
