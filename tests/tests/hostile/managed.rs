//! Configs that others manage: links of dotfile managers, root's files, read-only ones.

use std::os::unix::fs::symlink;

use cp_token_tests::world::{Call, Client, Launch, World};

use crate::stage::{AS_OTHER, OTHER, by_other, can_be_others, chmod, give_to, give_world_to_other};

fn create(world: &World, name: &str, client: &Client) -> Call {
    let (url, id) = (world.server().url(), client.id.as_str());
    let line = ["profile", "create", name, "--url", &url, "--client-id", id, "--secret-source", "memory"];
    let call = by_other(world, world.helper_file()).args(line).args(["--secret-stdin", "--ca-bundle"]);
    call.args([world.ca_file()]).stdin(&client.secret)
}

fn stage() -> Option<(World, cp_token_tests::world::Daemon, Client)> {
    if !can_be_others() {
        return None;
    }
    let world = World::new();
    give_world_to_other(&world);
    let daemon = world.launch(Launch::by(AS_OTHER));
    let client = world.new_client();
    create(&world, "prod", &client).run().succeeded();
    Some((world, daemon, client))
}

#[test]
fn a_config_that_is_a_link_to_one_s_own_file_is_written_where_it_lies_and_the_link_stays() {
    let Some((world, _daemon, _)) = stage() else { return };
    let (config, dotfiles) = (world.path("config/config.toml"), world.path("home/dotfiles"));
    std::fs::create_dir(&dotfiles).expect("make a folder");
    let real = dotfiles.join("cp-token.toml");
    std::fs::rename(&config, &real).expect("move the config");
    symlink(&real, &config).expect("set a link");
    for path in [&dotfiles, &config] {
        give_to(path, OTHER);
    }
    create(&world, "second", &world.new_client()).run().succeeded();
    assert_eq!(std::fs::read_link(&config).ok().as_ref(), Some(&real), "the link stays");
    let text = std::fs::read_to_string(&real).expect("the config");
    assert!(text.contains("[profile.prod]") && text.contains("[profile.second]"), "{text}");
    assert_eq!(std::fs::read_dir(&dotfiles).expect("look").count(), 1, "nothing is left beside it");
}

#[test]
fn a_config_that_cannot_be_written_is_read_and_a_change_says_what_to_put_where() {
    for (owner, mode) in [(0, 0o644), (OTHER, 0o444)] {
        let Some((world, _daemon, _)) = stage() else { return };
        let config = world.path("config/config.toml");
        give_to(&config, owner);
        chmod(&config, mode);
        let helper = |line: &[&str]| by_other(&world, world.helper_file()).args(line);
        helper(&["daemon", "reload"]).run().succeeded();
        helper(&["get"]).printing_a_token().run().token();
        let (before, client) = (world.server().token_requests(), world.new_client());
        let told = create(&world, "second", &client).run().failed(74);
        let told = told.saying("config.toml is read-only; nothing was changed");
        assert_eq!(world.server().token_requests(), before, "the server heard of a secret in vain");
        assert_eq!(told.stderr.lines().count(), 1, "{told:?}");
        let by_hand = told.stderr.lines().find_map(|line| line.split_once("put this into it: "));
        let (_, by_hand) = by_hand.expect("what to put there");
        let text = std::fs::read_to_string(&config).expect("the config");
        std::fs::write(&config, format!("{by_hand}\n{text}")).expect("do as it says");
        helper(&["daemon", "reload"]).run().succeeded();
        let reset = helper(&["profile", "reset-secret", "second", "--secret-stdin"]).stdin(&client.secret);
        reset.run().succeeded();
        helper(&["get", "-p", "second"]).printing_a_token().run().token();
        helper(&["profile", "delete", "second", "--yes"]).run().failed(74).saying("take profile second out");
        helper(&["get", "-p", "second"]).printing_a_token().run().token();
    }
}
