//! Promises to people who edit the config file by hand: no command undoes what they write, no secret follows a URL that
//! they change, and no command leaves a file that cannot be read.

use cp_token_tests::fake_crashplan::{FakeCrashPlan, Setup};
use cp_token_tests::world::{Outcome, Running, TIMEOUT, World};

mod between;
mod daemons;
mod given_up;
mod in_flight;
mod next_request;
mod random;
mod tracer;
mod written;

const BY_HAND: &str = "\n# a note\n[profile.byhand]\nurl = \"https://hand.example\"\nclient_id = \"key-h\"\n";

pub(crate) fn config(world: &World) -> String {
    std::fs::read_to_string(world.config_folder().join("config.toml")).unwrap_or_default()
}

/// Writes the file as most editors do: another one takes its name.
pub(crate) fn write(world: &World, text: &str) {
    let (file, draft) = (world.config_folder().join("config.toml"), world.config_folder().join(".editor"));
    std::fs::write(&draft, text).expect("write a file");
    std::fs::rename(draft, file).expect("rename it");
}

pub(crate) fn edit(world: &World, change: impl FnOnce(String) -> String) {
    write(world, &change(config(world)));
}

fn reload(world: &World) -> Outcome {
    world.helper(&["daemon", "reload"])
}

/// Another server that the same clients would trust.
pub(crate) fn elsewhere(world: &World) -> FakeCrashPlan {
    FakeCrashPlan::start_with(Setup { authority: world.server().authority().clone(), ..Setup::default() })
}

/// Starts the change and gives it once its token request waits at the server.
fn held(world: &World, start: impl FnOnce() -> Running) -> Running {
    world.server().hold();
    let running = start();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1), "it asks the server");
    running
}

fn released(world: &World, running: Running) -> Outcome {
    world.server().release();
    running.finish()
}

fn names(world: &World) -> Vec<String> {
    let list = world.helper(&["profile", "list", "--json"]).json();
    let list = list.as_array().expect("an array");
    list.iter().map(|profile| profile["name"].as_str().expect("a name").to_owned()).collect()
}

fn reset(world: &World, secret: &str) -> Running {
    world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(secret).spawn()
}

#[test]
fn a_profile_that_is_written_while_a_secret_is_verified_is_there_afterwards() {
    let world = World::new();
    let (first, second) = (world.create_profile("prod", "memory"), world.new_client());
    let url = world.server().url();
    let update = ["profile", "update", "prod", "--client-id", &first.id, "--secret-stdin"];
    let changes: [&dyn Fn() -> Running; 3] = [
        &|| world.creating("second", "memory", &second, &url).spawn(),
        &|| world.call(&update).stdin(&first.secret).spawn(),
        &|| reset(&world, &first.secret),
    ];
    for change in changes {
        let before = config(&world);
        let running = held(&world, change);
        edit(&world, |text| text + BY_HAND);
        reload(&world).succeeded();
        released(&world, running).succeeded();
        assert!(config(&world).contains(BY_HAND), "the edit is gone:\n{}", config(&world));
        assert!(names(&world).contains(&"byhand".to_owned()));
        assert_ne!(config(&world), before);
        edit(&world, |text| text.replace(BY_HAND, ""));
        reload(&world).succeeded();
    }
    assert_eq!(names(&world), ["prod", "second"]);
    world.helper(&[]).token();
}

#[test]
fn a_secret_stays_with_the_server_that_it_was_verified_at_when_the_url_is_edited_meanwhile() {
    let world = World::new();
    let (old, new, other) = (world.create_profile("prod", "memory"), world.new_client(), elsewhere(&world));
    other.add_client(&old.id, &old.secret);
    other.add_client(&new.id, &new.secret);
    let second = world.new_secret();
    let reset_by_server = || world.server().reset_secret(&old.id, &second);
    let update = ["profile", "update", "prod", "--client-id", &new.id, "--secret-stdin"];
    let changes: [&dyn Fn() -> Running; 2] =
        [&|| world.call(&update).stdin(&new.secret).spawn(), &|| reset(&world, &second)];
    reset_by_server();
    for change in changes {
        let running = held(&world, change);
        edit(&world, |text| text.replace(&world.server().url(), &other.url()));
        let written = config(&world);
        released(&world, running).failed(75).saying("was changed in").saying("nothing was changed");
        assert_eq!(config(&world), written);
        reload(&world).succeeded();
        // The profile of the edited file has no secret for that server yet, whoever was verified elsewhere.
        world.helper(&["--fresh"]).failed(69);
        assert_eq!(other.token_requests(), 0, "a secret went to a server that it is not for");
        edit(&world, |text| text.replace(&other.url(), &world.server().url()));
        reload(&world).succeeded();
    }
    // Nobody edits, and it works.
    reset(&world, &second).finish().succeeded();
    world.call(&update).stdin(&new.secret).run().succeeded();
    world.helper(&[]).token();
}

#[test]
fn a_default_is_never_a_profile_that_is_not_there() {
    let world = World::new();
    world.create_profile("a", "memory");
    world.create_profile("b", "memory");
    let both = config(&world);
    let of_b = both.find("[profile.b]").expect("it was created");
    write(&world, &both[..of_b]);
    world.helper(&["profile", "use", "b"]).failed(64).saying("there is no profile b");
    assert_eq!(config(&world), both[..of_b]);
    reload(&world).succeeded();
    // The end of a line that nobody wrote, behind a letter of several bytes.
    write(&world, &(both.replace("default = \"a\"", "default = \"b\"") + "# ende ü"));
    world.helper(&["profile", "delete", "b", "--yes"]).succeeded();
    reload(&world).succeeded();
    assert_eq!(names(&world), ["a"]);
    world.helper(&["profile", "use", "a"]).succeeded();
    reload(&world).succeeded();
    assert!(config(&world).contains("default = \"a\""));
}

#[test]
fn no_command_changes_a_file_that_is_broken_and_each_says_where_it_is() {
    let world = World::new();
    let (first, second) = (world.create_profile("prod", "memory"), world.new_client());
    let good = config(&world);
    for broken in
        [good.clone() + "[profile.prod]\n", good.replace("client_id", "clientid"), good.clone() + "x"]
    {
        write(&world, &broken);
        let asked = world.server().token_requests();
        let outcome = [
            world.creating("second", "memory", &second, &world.server().url()).run(),
            world.helper(&["profile", "update", "prod", "--also-for", "https://g.example"]),
            reset(&world, &first.secret).finish(),
            world.helper(&["profile", "delete", "prod", "--yes"]),
            world.helper(&["profile", "use", "prod"]),
        ];
        for outcome in outcome {
            outcome.failed(78).saying("config.toml").saying("line ");
        }
        assert_eq!(config(&world), broken);
        assert_eq!(world.server().token_requests(), asked);
    }
    write(&world, &good);
    reset(&world, &first.secret).finish().succeeded();
}

#[test]
fn a_file_that_breaks_while_a_secret_is_verified_stays_as_it_is() {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    let second = world.new_client();
    let url = world.server().url();
    let changes: [&dyn Fn() -> Running; 2] =
        [&|| world.creating("second", "memory", &second, &url).spawn(), &|| reset(&world, &client.secret)];
    for change in changes {
        let good = config(&world);
        let running = held(&world, change);
        edit(&world, |text| text + "[profile\n");
        released(&world, running).failed(78).saying("config.toml, line ");
        assert_eq!(config(&world), good.clone() + "[profile\n");
        write(&world, &good);
        reload(&world).succeeded();
    }
    assert_eq!(names(&world), ["prod"]);
}

/// The size of the largest file that is read: a power of two.
fn limit(world: &World) -> usize {
    let good = config(world);
    let sized = |size: usize| write(world, &format!("{good}#{}", "x".repeat(size - good.len() - 1)));
    let is_read = |size| {
        sized(size);
        reload(world).code == 0
    };
    let limit = (16..32).map(|power| 1 << power).find(|size| !is_read(size + 1)).expect("there is a limit");
    assert!(is_read(limit), "a file of {limit} bytes is read");
    limit
}

#[test]
fn a_change_that_would_make_the_file_larger_than_what_is_read_is_not_made() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let full = limit(&world);
    let before = config(&world);
    assert_eq!(before.len(), full);
    let client = world.new_client();
    let creating = || world.creating("second", "memory", &client, &world.server().url()).run();
    creating().failed(74).saying("would be larger than 16 MiB").saying("nothing was changed");
    assert_eq!(config(&world).len(), full);
    reload(&world).succeeded();
    edit(&world, |text| text[..full - 1000].to_owned());
    creating().succeeded();
    reload(&world).succeeded();
}
