//! Attacks on the claim that secrets are locked: limits on locked memory that do not suffice, and what the kernel says.

use cp_token_tests::programs;
use cp_token_tests::world::{Daemon, Launch, World};

use crate::stage::{AS_OTHER, OTHER, by_other, can_be_others, chmod, give_to, give_world_to_other};

/// A world of the other user with so many profiles whose secret only memory holds, and none given yet.
fn world_with(count: usize) -> World {
    let world = World::new();
    give_world_to_other(&world);
    let table = |number| {
        let url = world.server().url();
        format!(
            "[profile.p{number}]\nurl = \"{url}\"\nclient_id = \"k{number}\"\nsecret_source = \"memory\"\n"
        )
    };
    let config = world.path("config/config.toml");
    std::fs::write(&config, (0..count).map(table).collect::<String>()).expect("write the config");
    chmod(&config, 0o600);
    give_to(&config, OTHER);
    world
}

fn daemon(world: &World, limit: &str) -> Daemon {
    let limit = format!("--memlock={limit}");
    world.launch(Launch::by([&AS_OTHER[..], &["prlimit", &limit]].concat()))
}

/// Gives each profile a secret of 60 bytes, as client secrets are.
fn give_secrets(world: &World, count: usize) {
    let script = "read -r secret; i=0; while [ $i -lt $1 ]; do printf %s \"$secret\" | \"$0\" profile reset-secret p$i \
                  --secret-stdin --no-verify >/dev/null || exit; i=$((i+1)); done";
    let secret = format!("{:-<60}\n", world.new_secret().replace('\\', "-"));
    let call = by_other(world, "sh").args(["-c", script]).args([world.helper_file()]);
    call.args([count.to_string()]).stdin(secret).run().succeeded();
}

/// Changes the limit of the daemon that runs, as an administrator may.
fn allow(world: &World, daemon: &Daemon, limit: &str) {
    let words = ["--pid".to_owned(), daemon.pid().to_string(), format!("--memlock={limit}")];
    by_other(world, "prlimit").args(words).run().succeeded();
}

/// What `status` says of locked secrets: whether all are, and how many of how many.
fn message(world: &World) -> (String, String) {
    let status = by_other(world, world.helper_file()).args(["status", "--json"]).run().json();
    let all = status["protections"].as_array().expect("a list").clone();
    let locked = all.iter().find(|one| one["name"] == "secrets locked in memory").expect("it is told");
    let text = |key: &str| locked[key].as_str().expect("text").to_owned();
    (text("state"), text("detail"))
}

/// So many of so many.
fn counted(detail: &str) -> (usize, usize) {
    let (locked, rest) = detail.split_once(" of ").expect("so many of so many");
    let number = |text: &str| text.split(',').next().and_then(|word| word.parse().ok()).expect("a number");
    (number(locked), number(rest))
}

/// What the kernel says is locked of the daemon's memory, in KiB: for the process, and page by page.
fn locked_kib(daemon: &Daemon) -> (usize, usize) {
    let of = |file: &str, key: &str| -> usize {
        let text = std::fs::read_to_string(format!("/proc/{}/{file}", daemon.pid())).expect("we may look");
        let lines = text.lines().filter_map(|line| line.strip_prefix(key)).map(str::trim);
        lines.map(|line| line.trim_end_matches(" kB").parse::<usize>().expect("a number")).sum()
    };
    (of("status", "VmLck:"), of("smaps", "Locked:"))
}

#[test]
fn three_hundred_secrets_are_locked_within_the_64_kib_that_are_common() {
    if !can_be_others() || !programs::present(&["prlimit"]) {
        return;
    }
    let world = world_with(300);
    let daemon = daemon(&world, "65536");
    let (_, own) = counted(&message(&world).1);
    give_secrets(&world, 300);
    let (state, detail) = message(&world);
    assert_eq!((state.as_str(), counted(&detail)), ("on", (own + 300, own + 300)), "{detail}");
    let (process, pages) = locked_kib(&daemon);
    assert!((20..=64).contains(&process), "{process} KiB");
    assert_eq!(process, pages);
    assert!(!daemon.log().contains("not all locked"), "{}", daemon.log());
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn a_limit_that_does_not_suffice_is_reported_as_it_is_in_status_in_doctor_and_once_in_the_log() {
    if !can_be_others() || !programs::present(&["prlimit"]) {
        return;
    }
    let world = world_with(150);
    // A soft limit is raised to the hard one at the start: whoever lowers it later is told.
    let daemon = daemon(&world, "8192:65536");
    allow(&world, &daemon, "8192:65536");
    give_secrets(&world, 150);
    let (state, detail) = message(&world);
    assert_eq!(state, "off");
    let (locked, held) = counted(&detail);
    assert!(held >= 150 && detail.contains(", limit 8 KiB: raise RLIMIT_MEMLOCK"), "{detail}");
    // Two pages of 64 such secrets each, where a request's own secret left no gap.
    assert!((100..=128).contains(&locked), "{detail}");
    assert_eq!(locked_kib(&daemon), (8, 8), "and that is what the kernel says");
    daemon.wait_for_log("not all locked in memory: ", 1);
    assert_eq!(daemon.log().matches("not all locked in memory").count(), 1);
    let doctor = by_other(&world, world.helper_file()).args(["doctor", "-p", "p0"]).run();
    assert!(
        doctor.stdout.contains("secrets locked in memory (") && doctor.stdout.contains("limit 8 KiB"),
        "{}",
        doctor.stdout
    );
    // More is allowed now: what could not be locked is locked at the next look.
    allow(&world, &daemon, "65536:65536");
    assert_eq!(message(&world), ("on".to_owned(), format!("{held} of {held}")));
    let (process, pages) = locked_kib(&daemon);
    assert!(process > 8 && process == pages, "{process} {pages}");
    assert_eq!(daemon.terminate(), 0);
}
