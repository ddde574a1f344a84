//! Owns the scenarios of the blocks of the README and of the pages for one task: a person types them at a terminal.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_tests::fake_proxy::FakeProxy;
use cp_token_tests::programs;
use cp_token_tests::world::{Dialogue, World};

use super::page_world::{PageWorld, written};

/// A keyring, and a config that says for all profiles what most people need not say: which roots to trust.
fn at_first() -> Option<World> {
    let world = World::with_keyring()?;
    put(&world.config_folder().join("config.toml"), &format!("ca_bundle = {:?}\n", world.ca_file()));
    Some(world)
}

/// A file that its owner alone can read.
fn put(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("make its folder");
    std::fs::write(file, text).expect("write the file");
    std::fs::set_permissions(file, PermissionsExt::from_mode(0o600)).expect("set its mode");
}

/// The block at a terminal.
fn typed(world: &World, text: &str) -> Dialogue {
    let file = written(world, "block", text);
    world.dialogue_with("sh", &["-e", file.to_str().expect("a path in UTF-8")])
}

fn opens_the_api(world: &World, profile: &str) {
    assert_eq!(world.api_status(&world.helper(&["-p", profile]).token()), 200);
}

pub(super) fn first_profile(text: &str) {
    let Some(world) = at_first() else { return };
    let secret = world.new_secret();
    world.server().add_client("key-79muGw9i424", &secret);
    let mut dialogue = typed(&world, text);
    dialogue.answer("ecret", &secret);
    let done = dialogue.end();
    assert_eq!(done.code, 0, "{done:?}");
    world.stop_daemon();
    opens_the_api(&world, "prod");
}

pub(super) fn short_form(text: &str) {
    if !programs::present(&["curl"]) {
        return;
    }
    let page_world = PageWorld::new();
    let printed = page_world.call("sh", text).run();
    // Curl draws its progress where it is not at a terminal.
    assert!(printed.code == 0 && printed.stdout.contains("\"users\":[]"), "{printed:?}");
    assert_eq!(page_world.asked(), ["/api/v3/users?active=true"]);
    page_world.cost_one_token_request();
}

pub(super) fn doctor_and_log(text: &str) {
    let Some(world) = at_first() else { return };
    world.create_profile("prod", "keyring");
    world.helper(&[]).token();
    let asked = world.server().token_requests();
    let file = written(&world, "block", text);
    let done = world.program("sh").args(["-e".as_ref(), file.as_os_str()]).run().succeeded();
    assert!(done.stdout.contains("prod") && done.stdout.contains("served"), "{done:?}");
    assert!(!done.stdout.contains("FAIL"), "{done:?}");
    assert_eq!(world.server().token_requests(), asked);
}

pub(super) fn user_with_codes(text: &str) {
    let Some(world) = at_first() else { return };
    let password = world.new_secret();
    world.server().add_user("jo@example.com", &password, Some("123456"));
    let mut dialogue = typed(&world, text);
    dialogue.answer("assword", &password).answer("code", "123456");
    let done = dialogue.end();
    assert_eq!(done.code, 0, "{done:?}");
    opens_the_api(&world, "jo");
}

/// The first line changes nothing, the second takes the profile over.
pub(super) fn import(text: &str) {
    let Some(world) = at_first() else { return };
    let (client, url) = (world.new_client(), world.server().url());
    let plain_file = world.path("home/.local/share/python_keyring/keyring_pass.cfg");
    world.oracle().spare(&plain_file);
    let section = format!("[p]\ncpg_authority_url={url}\ncpg_username={}\napi-client-auth=True\n", client.id);
    put(&world.path("home/.crashplancli/config.cfg"), &section);
    let (id, secret) = (client.id.replace('-', "_2d"), STANDARD.encode(&client.secret));
    put(&plain_file, &format!("[crashplancli_3A_3Ap]\n{id} =\n\t{secret}\n"));
    let done = typed(&world, text).end();
    assert_eq!(done.code, 0, "{done:?}");
    let of = |words| done.stdout.find(words).unwrap_or_else(|| panic!("{words:?} is missing: {done:?}"));
    assert!(of("p: would be imported") < of("p: imported"), "{done:?}");
    assert_eq!(world.server().token_requests(), 1, "the rehearsal asks the server nothing");
    opens_the_api(&world, "p");
}

pub(super) fn lock(text: &str) {
    let world = PageWorld::new().world;
    let passphrase = world.new_secret();
    let mut dialogue = typed(&world, text);
    dialogue.answer("Passphrase", &passphrase).answer("once more", &passphrase);
    let done = dialogue.end();
    assert_eq!(done.code, 0, "{done:?}");
    world.helper(&[]).failed(77).saying("cp-token unlock");
}

/// The address of the server is none of those that the block asks directly.
pub(super) fn proxy(text: &str) {
    let Some(world) = at_first() else { return };
    let (client, proxy, password) = (world.new_client(), FakeProxy::start(), world.new_secret());
    proxy.require("jo", &password);
    let url = world.server().url().replace("localhost", "127.0.0.1");
    let filled = text.replace("--url …", &format!("--url {url}"));
    let filled = filled.replace("--client-id …", &format!("--client-id {}", client.id));
    let filled = filled.replace("http://jo@proxy.example:3128", &proxy.url_of("jo"));
    let filled = filled.replace("/etc/ssl/company.pem", &world.ca_file().display().to_string());
    let mut dialogue = typed(&world, &filled);
    dialogue.answer("ecret", &client.secret).answer("assword", &password);
    let done = dialogue.end();
    assert_eq!(done.code, 0, "{done:?}");
    let shown = world.helper(&["profile", "show", "prod", "--json"]).json();
    assert_eq!(shown["ca_bundle"].as_str(), world.ca_file().to_str());
    assert_eq!((proxy.tunnels(), world.server().token_requests()), (1, 1));
}

pub(super) fn config(text: &str) {
    let world = World::new();
    put(&world.config_folder().join("config.toml"), text);
    world.helper(&["daemon", "start"]).succeeded();
    world.helper(&["daemon", "reload"]).succeeded();
    let listed = world.helper(&["profile", "list", "--json"]).json();
    assert_eq!((&listed[0]["name"], &listed[0]["default"]), (&"prod".into(), &true.into()));
    // What stands in comments has to be right as well: each line alone, in the place of what it excludes.
    for line in text.lines().filter_map(|line| line.strip_prefix('#')).filter(|line| line.contains(" = ")) {
        let kept: Vec<_> = text
            .lines()
            .filter(|other| !line.starts_with("secret_") || !other.starts_with("secret_"))
            .collect();
        let kept = kept.join("\n");
        let user = "\nkind = \"user\"\nusername = \"jo@example.com\"";
        let kept = if line.starts_with("totp") {
            kept.replace("\nclient_id = \"key-79muGw9i424\"", "").replace("\nkind = \"api-client\"", user)
        } else {
            kept
        };
        let line = line.replace("/usr/bin/pass", "/bin/true");
        put(&world.config_folder().join("config.toml"), &format!("{kept}\n{line}\n"));
        world.helper(&["daemon", "reload"]).succeeded();
        assert_eq!(world.helper(&["profile", "list", "--json"]).json()[0]["name"], "prod", "{line}");
    }
}

/// The program that the block names is one that prints this world's secret.
pub(super) fn secret_command(text: &str) {
    let page_world = PageWorld::around(World::new());
    let world = &page_world.world;
    let secret = world.new_secret();
    world.server().add_client("key-1234", &secret);
    let pass = world.path("bin/pass");
    put(&pass, &format!("#!/bin/sh\n[ \"$*\" = 'show crashplan' ] && echo '{secret}'\n"));
    std::fs::set_permissions(&pass, PermissionsExt::from_mode(0o700)).expect("let it be run");
    world.helper(&["profile", "delete", "prod", "--yes"]).succeeded();
    let bundle = format!("ca_bundle = {:?}\n", world.ca_file());
    put(&world.config_folder().join("config.toml"), &bundle);
    let done = typed(world, text).end();
    assert_eq!(done.code, 0, "{done:?}");
    opens_the_api(world, "prod");
}
