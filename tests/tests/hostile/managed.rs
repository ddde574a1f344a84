//! Configs that others manage: links of dotfile managers, root's files, read-only ones.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use cp_token_tests::world::{Call, Client, Launch, World};

use crate::stage::{AS_OTHER, OTHER, by_other, can_be_others, chmod, give_to, give_world_to_other};

fn create(world: &World, name: &str, client: &Client) -> Call {
    let (url, id) = (world.server().url(), client.id.as_str());
    let line = ["profile", "create", name, "--url", &url, "--client-id", id, "--secret-source", "memory"];
    let call = by_other(world, world.helper_file()).args(line).args(["--secret-stdin", "--ca-bundle"]);
    call.args([world.ca_file()]).stdin(&client.secret)
}

/// Does what a message says: puts at the config's end what a command prints, be there a line end before it or not.
fn append_as_told(config: &Path, outcome: &str) {
    let (_, command) = outcome.split_once("put at its end what this prints: ").expect("what to put there");
    let printed = Command::new("sh").args(["-c", command]).output().expect("run the command");
    let printed = String::from_utf8(printed.stdout).expect("text");
    let text = std::fs::read_to_string(config).expect("the config");
    std::fs::write(config, format!("{}{printed}", text.trim_end())).expect("do as it says");
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
        let outcome = create(&world, "second", &client).run().failed(74);
        let outcome = outcome.saying("config.toml is read-only; nothing was changed");
        assert_eq!(world.server().token_requests(), before, "the server heard of a secret in vain");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
        append_as_told(&config, &outcome.stderr);
        helper(&["daemon", "reload"]).run().succeeded();
        let reset = helper(&["profile", "reset-secret", "second", "--secret-stdin"]).stdin(&client.secret);
        reset.run().succeeded();
        helper(&["get", "-p", "second"]).printing_a_token().run().token();
        helper(&["profile", "delete", "second", "--yes"]).run().failed(74).saying("take profile second out");
        helper(&["get", "-p", "second"]).printing_a_token().run().token();
    }
}

/// Where there is no config file yet and no place for one, the message names what to set, and that is enough.
#[test]
fn without_a_home_to_write_to_a_creation_says_which_folders_to_set_and_then_it_works() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    give_world_to_other(&world);
    chmod(world.path("home"), 0o500);
    let client = world.new_client();
    let stop =
        || _ = by_other(&world, world.helper_file()).args(["daemon", "stop", "--yes"]).run().succeeded();
    for home in [world.path("home"), world.path("missing")] {
        let call = create(&world, "prod", &client).without_env("CP_TOKEN_CONFIG_DIR");
        let outcome = call.without_env("XDG_CONFIG_HOME").env("HOME", home).run().failed(74);
        let outcome = outcome.saying("config.toml, and ").saying("cannot be written to; nothing was changed");
        outcome.saying("CP_TOKEN_CONFIG_DIR and CP_TOKEN_STATE_DIR").saying("cp-token daemon stop");
        stop();
    }
    create(&world, "prod", &client).run().succeeded();
    stop();
}

/// Neither a missing home nor a missing state folder is told as an unsafe place.
#[test]
fn a_folder_that_is_missing_in_somebody_elses_is_named_with_what_to_do() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    give_world_to_other(&world);
    let sticky = world.path("sticky");
    std::fs::create_dir(&sticky).expect("make a folder");
    chmod(&sticky, 0o1777);
    let daemon = |line: &str| by_other(&world, world.helper_file()).args(["daemon", line]);
    let call = |line| daemon(line).without_env("CP_TOKEN_SOCKET").without_env("XDG_RUNTIME_DIR");
    let homeless = call("start").without_env("CP_TOKEN_STATE_DIR").without_env("XDG_STATE_HOME");
    let outcome =
        homeless.env("HOME", world.path("missing")).run().failed(69).saying("missing does not exist, and");
    outcome.saying("set CP_TOKEN_STATE_DIR and CP_TOKEN_CONFIG_DIR to folders of your own");
    let state = sticky.join("mine");
    let with_state = |line| call(line).env("CP_TOKEN_STATE_DIR", &state).run();
    let outcome = with_state("start").failed(69).saying("mine does not exist, and").stderr;
    let (_, command) = outcome.split_once("make it with: ").expect("what to do");
    by_other(&world, "sh").args(["-c", command]).run().succeeded();
    with_state("start").succeeded();
    with_state("stop").succeeded();
}

/// One exit code, and no command that would be denied, whichever variable leads to what is missing.
#[test]
fn a_missing_folder_is_reported_with_a_command_only_where_that_would_work() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    give_world_to_other(&world);
    let (closed, open) = (world.path("closed"), world.path("open"));
    for (folder, mode) in [(&closed, 0o755), (&open, 0o1777)] {
        std::fs::create_dir(folder).expect("make a folder");
        chmod(folder, mode);
    }
    let meeting = |name: &str, place: &std::path::Path| {
        let call = by_other(&world, world.helper_file()).args(["daemon", "start"]);
        let call = ["CP_TOKEN_SOCKET", "XDG_RUNTIME_DIR", "CP_TOKEN_STATE_DIR"]
            .into_iter()
            .fold(call, Call::without_env);
        call.env(name, place).run().failed(69).saying("does not exist").stderr
    };
    for name in ["CP_TOKEN_SOCKET", "XDG_RUNTIME_DIR", "CP_TOKEN_STATE_DIR"] {
        let [denied, allowed] = [&closed, &open].map(|folder| meeting(name, &folder.join("my place/run")));
        assert!(denied.contains(&format!("set {name} to")) && !denied.contains("mkdir"), "{denied}");
        let (_, command) = allowed.split_once("make it with: ").expect("what to do");
        assert!(command.starts_with("mkdir -m 700 -p '"), "{command}");
        by_other(&world, "sh").args(["-c", command]).run().succeeded();
        std::fs::remove_dir_all(open.join("my place")).expect("remove what it made");
    }
    let systems = meeting("XDG_RUNTIME_DIR", "/run/user/4294967".as_ref());
    assert!(systems.contains("loginctl enable-linger") && !systems.contains("mkdir"), "{systems}");
}
