//! Promises about variables of this shell that the daemon which runs was not started with, or that are not understood.

use cp_token_tests::world::World;

use super::{Report, doctor};

#[test]
fn a_folder_that_is_not_the_running_daemons_is_a_note_with_both_and_with_the_command() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let other = world.path("elsewhere");
    let call = |name: &str, value: &std::path::Path| world.call(&["doctor", "--json"]).env(name, value);
    for (name, base, ours, file) in [
        ("CP_TOKEN_CONFIG_DIR", "XDG_CONFIG_HOME", world.config_folder(), "config.toml"),
        ("CP_TOKEN_STATE_DIR", "XDG_STATE_HOME", world.state_folder(), "state.json"),
    ] {
        let ours = ours.join(file).to_str().expect("UTF-8").to_owned();
        let report = Report::of(call(name, &other).run());
        let here = other.join(file).to_str().expect("UTF-8").to_owned();
        let words = format!("{name} leads to {here}, and the daemon that runs uses {ours}");
        report.warned(None, "shell", &words);
        report.warned(None, "shell", "cp-token daemon stop");
        report.ends(0, &[]);
        let report = Report::of(call(base, &other).without_env(name).run());
        report.warned(None, "shell", &format!("{base} leads to {}", other.join("cp-token").display()));
        // The same folder by another way is no other, and neither is one that the other variable overrules.
        let link = world.path("link");
        std::os::unix::fs::symlink(std::path::Path::new(&ours).parent().expect("a folder"), &link)
            .expect("set a link");
        Report::of(call(name, &link).run()).ok(None, "shell");
        Report::of(call(base, &other).run()).ok(None, "shell");
        std::fs::remove_file(link).expect("take the link away");
    }
    doctor(&world, &[]).ok(None, "shell");
}

#[test]
fn a_folder_that_is_another_is_reported_while_the_daemon_is_locked_or_its_config_broken() {
    let world = World::new();
    world.create_profile("prod", "memory");
    std::fs::write(world.config_folder().join("config.toml"), "junk = [\n").expect("break it");
    let call = world.call(&["doctor", "--json"]).env("CP_TOKEN_CONFIG_DIR", world.path("elsewhere"));
    let report = Report::of(call.run());
    report.warned(None, "shell", "elsewhere/config.toml");
    report.ends(78, &["config"]);
}

#[test]
fn a_retry_variable_that_is_not_understood_is_a_fault_as_it_is_for_every_call() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let call = |value: &str| world.call(&["doctor", "--json"]).env("CP_TOKEN_RETRY", value);
    let report = Report::of(call("yes").run());
    report.failed(None, "shell", "usage", "set it to 1, or unset it");
    report.ends(64, &["shell"]);
    world.call(&[]).env("CP_TOKEN_RETRY", "yes").run().failed(64).saying("CP_TOKEN_RETRY");
    for good in ["", "0", "1"] {
        Report::of(call(good).run()).ends(0, &[]);
    }
}
