//! Promises about a secret that was refused: it is known by its account and itself, whatever profile speaks for it, and a
//! right one is never held back by the name of a wrong one.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use cp_token_tests::clock_shim::ClockShim;
use cp_token_tests::world::World;

/// Longer than any pause after a failure, in seconds.
const COOL_DOWN: u64 = 400;

/// A file with a secret; what lies beside the programs is not searched, since it is kept there by a person's choice.
pub(crate) fn secret_file(world: &World, text: &str) -> PathBuf {
    let path = world.path("bin/secret");
    std::fs::write(&path, text).expect("write it");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("close it");
    path
}

/// A profile as a person writes it into the file.
pub(crate) fn written(world: &World, name: &str, who: &str, more: &str) -> String {
    let (url, ca) = (world.server().url(), world.ca_file());
    let secret = world.path("bin/secret");
    format!(
        "[profile.{name}]\nurl = \"{url}\"\n{who}\nsecret_file = \"{}\"\nca_bundle = \"{}\"\n{more}\n",
        secret.display(),
        ca.display()
    )
}

pub(crate) fn write_config(world: &World, profiles: &[String]) {
    let path = world.config_folder().join("config.toml");
    std::fs::write(&path, profiles.concat()).expect("write the config");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("close it");
    world.helper(&["daemon", "reload"]).succeeded();
}

#[test]
fn c16_a_right_profile_written_by_hand_after_a_mistyped_one_is_tried() {
    let world = World::new();
    let _daemon = world.daemon();
    let client = world.new_client();
    let secret = secret_file(&world, &client.secret);
    let (url, ca) = (world.server().url(), world.ca_file());
    let line = ["profile", "create", "prod", "--url", &url, "--client-id", "key-mistyped", "--secret-file"];
    let creating = world.call(&line).args([secret]).args(["--ca-bundle"]).args([ca]);
    creating.run().failed(77).saying("nothing was changed");
    write_config(&world, &[written(&world, "prod", &format!("client_id = \"{}\"", client.id), "")]);
    world.helper(&["-p", "prod"]).token();
    assert_eq!(world.server().token_requests(), 2);
}

#[test]
fn c16_a_refused_profile_that_is_mended_by_hand_is_tried_once_for_each_mending() {
    let world = World::new();
    let _daemon = world.daemon();
    let client = world.new_client();
    secret_file(&world, &client.secret);
    for (count, id) in ["key-wrong", "key-worse"].into_iter().enumerate() {
        write_config(&world, &[written(&world, "prod", &format!("client_id = \"{id}\""), "")]);
        for _ in 0..3 {
            world.helper(&[]).failed(77).saying("refused the client's secret");
        }
        assert_eq!(world.server().token_requests(), count + 1);
    }
    write_config(&world, &[written(&world, "prod", &format!("client_id = \"{}\"", client.id), "")]);
    world.helper(&[]).token();
}

#[test]
fn c16_a_refused_password_is_not_sent_again_after_a_restart() {
    let world = World::new();
    let _daemon = world.daemon();
    world.server().add_user("jo@example.com", &world.new_secret(), None);
    secret_file(&world, &world.new_secret());
    let user = "kind = \"user\"\nusername = \"jo@example.com\"";
    write_config(&world, &["a", "b"].map(|name| written(&world, name, user, "")));
    world.helper(&["-p", "a"]).failed(77);
    world.helper(&["daemon", "restart"]).succeeded();
    world.helper(&["-p", "b"]).failed(77);
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn c16_a_refused_password_is_sent_once_for_all_profiles_whatever_else_of_them_is_edited() {
    let world = World::new();
    let Some(clocks) = ClockShim::build(&world) else { return };
    let _daemon = world.launch(clocks.launch());
    let (right, wrong) = (world.new_secret(), world.new_secret());
    world.server().add_user("jo@example.com", &right, None);
    secret_file(&world, &wrong);
    let profiles = |more: &str| {
        ["a", "b"].map(|name| written(&world, name, "kind = \"user\"\nusername = \"jo@example.com\"", more))
    };
    write_config(&world, &profiles(""));
    world.helper(&["-p", "a"]).failed(77).saying("refused the user name or password");
    let outcome = world.helper(&["-p", "b"]).failed(77).saying("refused the user name or password");
    outcome.saying("`cp-token forget -p b`");
    for round in 1..=5 {
        write_config(&world, &profiles(&format!("also_for = [\"https://h{round}.example\"]")));
        clocks.pass(Duration::from_secs(round * COOL_DOWN));
        for profile in ["a", "b"] {
            world.helper(&["-p", profile]).failed(77);
        }
    }
    assert_eq!(world.server().token_requests(), 1, "not by reloads, not by the other profile");
    world.helper(&["forget", "--all"]).succeeded();
    for profile in ["a", "b", "a", "b"] {
        world.helper(&["-p", profile]).failed(77);
    }
    assert_eq!(world.server().token_requests(), 2, "exactly once more");
    secret_file(&world, &right);
    clocks.pass(Duration::from_secs(6 * COOL_DOWN));
    world.helper(&["-p", "a"]).token();
    world.helper(&["-p", "b"]).token();
}
