//! Promises about an edit at any instant of a change: the daemon is stopped at one system call after the other, the
//! file is edited, and the daemon goes on.

use cp_token_tests::fake_crashplan::FakeCrashPlan;
use cp_token_tests::programs;
use cp_token_tests::world::{Running, World};

use super::tracer::interrupted;
use super::{config, edit, elsewhere, write};
use crate::sizes::{repetitions, tell};

/// What a person writes meanwhile.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hand {
    /// One more profile, in the file itself, as `>>` and some editors do.
    Adds,
    /// Another server for the profile, in a new file.
    Moves,
}

const ADDED: &str = "\n# a note\n[profile.byhand]\nurl = \"https://hand.example\"\nclient_id = \"key-h\"\n";

impl Hand {
    fn edit(self, world: &World, other: &FakeCrashPlan) {
        let file = world.config_folder().join("config.toml");
        match self {
            Self::Adds => {
                use std::io::Write;
                let mut options = std::fs::OpenOptions::new();
                let opened = options.append(true).create(true).open(file);
                opened.and_then(|mut file| file.write_all(ADDED.as_bytes())).expect("write to it");
            }
            Self::Moves => {
                edit(world, |text| text.replace(&world.server().url(), &other.url()) + "# moved\n")
            }
        }
    }

    fn is_lost(self, world: &World) -> bool {
        match self {
            Self::Adds => !config(world).contains(ADDED),
            Self::Moves => !config(world).contains("# moved\n"),
        }
    }
}

/// One kind of change, the way to make the stage as it needs it, and whether it can be seen that it was made.
struct Case<'c> {
    /// The calls at which an ordinary run edits.
    sample: &'static str,
    stage: &'c dyn Fn(),
    change: &'c dyn Fn(&str) -> Running,
    is_made: &'c dyn Fn() -> bool,
}

/// Edits at each stop of the change, until there is no further one.
fn sweep(world: &World, other: &FakeCrashPlan, case: &Case<'_>) {
    let (daemon, mut edits, mut ends) = (world.daemon(), 0, [0, 0]);
    for calls in calls(case.sample) {
        for hand in [Hand::Adds, Hand::Moves] {
            for number in 1.. {
                (case.stage)();
                let secret = world.new_secret();
                world.server().reset_secret("key-1", &secret);
                other.add_client("key-1", &secret);
                let change = || (case.change)(&secret);
                let (outcome, was_edited) =
                    interrupted(&daemon, calls, number, change, || hand.edit(world, other));
                let place = format!("{hand:?} at {calls} {number}: {outcome:?}\n{}", config(world));
                world.helper(&["daemon", "reload"]).succeeded();
                assert!(!was_edited || !hand.is_lost(world), "the edit is lost: {place}");
                let made = (case.is_made)();
                assert!(outcome.code == 0 || [75, 64].contains(&outcome.code), "{place}");
                assert!(outcome.code == 0 || !made, "made and not told: {place}");
                ends[usize::from(made)] += 1;
                drop(world.helper(&["--fresh", "-p", "prod"]));
                assert!(!asked_both(world, other, &secret), "a secret went to two servers: {place}");
                if !was_edited {
                    assert_eq!(outcome.code, 0, "nobody edits: {place}");
                    break;
                }
                edits += 1;
            }
        }
    }
    assert!(edits > 1 && ends[1] > 1, "{edits} edits, {ends:?}");
    tell(&format!("an edit at {edits} places of one change, which was made {} times", ends[1]));
}

/// A sample that matters, or every call that reads or leaves what others can see.
fn calls(sample: &'static str) -> Vec<&'static str> {
    const ALL: [&str; 6] = ["/^rename", "/sync$", "/^unlink", "openat", "/^write", "/^(read|recv)"];
    if repetitions(0, 1) == 1 { ALL.to_vec() } else { vec![sample] }
}

/// Whether both servers have seen this secret.
fn asked_both(world: &World, other: &FakeCrashPlan, secret: &str) -> bool {
    use base64::Engine;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("key-1:{secret}"));
    let has_seen = |server: &FakeCrashPlan| {
        server
            .entries()
            .iter()
            .any(|entry| entry.request.header("Authorization").is_some_and(|header| header.contains(&basic)))
    };
    has_seen(world.server()) && has_seen(other)
}

fn stage() -> Option<(World, FakeCrashPlan)> {
    if !programs::present(&["strace"]) || !programs::is_root() {
        return None;
    }
    // The keyring makes more steps, and takes longer.
    let world = if repetitions(0, 1) == 1 { World::with_keyring()? } else { World::new() };
    let client = world.new_client();
    assert_eq!(client.id, "key-1");
    let other = elsewhere(&world);
    Some((world, other))
}

fn source() -> &'static str {
    if repetitions(0, 1) == 1 { "keyring" } else { "memory" }
}

fn creating(world: &World, secret: &str) -> Running {
    let client = cp_token_tests::world::Client { id: "key-1".to_owned(), secret: secret.to_owned() };
    world.creating("prod", source(), &client, &world.server().url()).spawn()
}

/// A world in which there is nothing but, where it is wanted, the profile.
fn afresh(world: &World, has_profile: bool) {
    write(world, "# mine\n");
    world.helper(&["daemon", "reload"]).succeeded();
    if has_profile {
        let secret = world.new_secret();
        world.server().reset_secret("key-1", &secret);
        creating(world, &secret).finish().succeeded();
    }
}

fn says(world: &World, words: &str) -> bool {
    config(world).contains(words)
}

#[test]
fn an_edit_at_any_step_of_create_is_kept() {
    let Some((world, other)) = stage() else { return };
    sweep(
        &world,
        &other,
        &Case {
            sample: "/sync$",
            stage: &|| afresh(&world, false),
            change: &|secret| creating(&world, secret),
            is_made: &|| says(&world, "[profile.prod]"),
        },
    );
}

#[test]
fn an_edit_at_any_step_of_update_is_kept() {
    let Some((world, other)) = stage() else { return };
    let update =
        ["profile", "update", "prod", "--client-id", "key-1", "--no-proxy", "made.example", "--secret-stdin"];
    sweep(
        &world,
        &other,
        &Case {
            sample: "/sync$",
            stage: &|| afresh(&world, true),
            change: &|secret| world.call(&update).stdin(secret).spawn(),
            is_made: &|| says(&world, "made.example"),
        },
    );
}

#[test]
fn an_edit_at_any_step_of_reset_secret_is_kept() {
    let Some((world, other)) = stage() else { return };
    let asked = || world.server().token_requests() + other.token_requests();
    let before = std::cell::Cell::new(0);
    sweep(
        &world,
        &other,
        &Case {
            sample: "openat",
            stage: &|| {
                afresh(&world, true);
                before.set(asked());
            },
            change: &|secret| super::reset(&world, secret),
            // The secret that the server knows is the new one: with it alone a token is issued.
            is_made: &|| world.helper(&["--fresh", "-p", "prod"]).code == 0 && asked() > before.get() + 1,
        },
    );
}

#[test]
fn an_edit_at_any_step_of_delete_is_kept() {
    let Some((world, other)) = stage() else { return };
    sweep(
        &world,
        &other,
        &Case {
            sample: "/sync$",
            stage: &|| afresh(&world, true),
            change: &|_| world.call(&["profile", "delete", "prod", "--yes"]).spawn(),
            is_made: &|| !says(&world, "[profile.prod]"),
        },
    );
}

#[test]
fn an_edit_at_any_step_of_an_import_is_kept() {
    let Some((world, other)) = stage() else { return };
    let section = format!(
        "[prod]\ncpg_authority_url={}\ncpg_username=key-1\napi-client-auth=True\n",
        world.server().url()
    );
    let (theirs, plain) = (world.path("home/.crashplancli"), world.path("home/.local/share/python_keyring"));
    std::fs::create_dir_all(&theirs).expect("make their folder");
    std::fs::create_dir_all(&plain).expect("make their folder");
    std::fs::write(theirs.join("config.cfg"), section).expect("write their file");
    world.oracle().spare(plain.join("keyring_pass.cfg"));
    let change = |secret: &str| {
        use base64::Engine;
        let secret = base64::engine::general_purpose::STANDARD.encode(secret);
        let entry = format!("[crashplancli_3A_3Aprod]\nkey_2d1 =\n\t{secret}\n");
        std::fs::write(plain.join("keyring_pass.cfg"), entry).expect("write their file");
        let bundle = world.ca_file();
        let line = ["profile", "import", "--secret-source", source(), "--ca-bundle"];
        world.call(&line).args([bundle.as_os_str()]).spawn()
    };
    sweep(
        &world,
        &other,
        &Case {
            sample: "/sync$",
            stage: &|| afresh(&world, false),
            change: &change,
            is_made: &|| says(&world, "[profile.prod]"),
        },
    );
}
