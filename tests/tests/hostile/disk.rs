//! Accidents of the disk: full, read-only, failing; and what must be true of every write.

use cp_token_tests::programs;
use cp_token_tests::world::{Launch, World};

use crate::stage::{AS_OTHER, by_other, can_be_others, chmod, give_world_to_other};

/// Runs the program behind it where `$0` is a disk of its own with 64 KiB, seen by nobody else.
const ON_A_SMALL_DISK: &str = r#"
mount -t tmpfs -o size=64k,mode=700 tmpfs "$0" && exec "$@"
"#;

fn small_disk(folder: &str) -> Launch {
    Launch::by(["unshare", "--mount", "--propagation", "private", "sh", "-c", ON_A_SMALL_DISK, folder])
}

fn in_folder_of(pid: u32, path: &std::path::Path) -> std::path::PathBuf {
    std::path::Path::new(&format!("/proc/{pid}/root")).join(path.strip_prefix("/").expect("an absolute path"))
}

#[test]
fn d03_a_full_disk_costs_neither_the_old_state_nor_a_token() {
    if !can_be_others() || !programs::present(&["unshare"]) {
        return;
    }
    for folder in ["state", "config"] {
        let world = World::new();
        let place = world.path(folder);
        let daemon = world.launch(small_disk(place.to_str().expect("a path in UTF-8")));
        world.create_profile("prod", "memory");
        let inside = in_folder_of(daemon.pid(), &place);
        let file = inside.join(if folder == "state" { "state.json" } else { "config.toml" });
        let old = std::fs::read(&file).expect("what was written");
        let filled = std::fs::write(inside.join("ballast"), vec![0; 1 << 17]);
        assert!(filled.is_err(), "the control: the disk is full");
        world.helper(&[]).token();
        world.helper(&["--fresh"]).token();
        assert_eq!(std::fs::read(&file).expect("the old file"), old);
        let client = world.new_client();
        let outcome = world.creating("second", "memory", &client, &world.server().url()).run();
        if folder == "config" {
            outcome.failed(74).saying("nothing was changed");
            world.helper(&["-p", "second"]).failed(64);
        } else {
            // The state file has dates alone where no keyring is used.
            outcome.succeeded();
        }
        world.helper(&["-p", "prod"]).token();
        let mut names =
            std::fs::read_dir(&inside).expect("look").map(|file| file.expect("a file").file_name());
        assert!(!names.any(|name| name.to_string_lossy().contains(".new")), "a draft was left behind");
        std::fs::remove_file(inside.join("ballast")).expect("make room");
        world.create_profile("third", "memory");
        world.helper(&["-p", "third"]).token();
    }
}

#[test]
fn d03_a_full_disk_lets_no_secret_into_a_keyring_that_could_not_be_noted() {
    if !can_be_others() || !programs::present(&["unshare"]) {
        return;
    }
    let Some(world) = World::with_keyring() else { return };
    let place = world.state_folder();
    let daemon = world.launch(small_disk(place.to_str().expect("a path in UTF-8")));
    let inside = in_folder_of(daemon.pid(), &place);
    assert!(std::fs::write(inside.join("ballast"), vec![0; 1 << 17]).is_err());
    let client = world.new_client();
    let create = || world.creating("prod", "keyring", &client, &world.server().url()).run();
    create().failed(74).saying("nothing was changed");
    assert_eq!(world.keyring().secret_tool(&["search", "--all", "service", "cp-token"], ""), "");
    std::fs::remove_file(inside.join("ballast")).expect("make room");
    create().succeeded();
    world.helper(&[]).token();
}

#[test]
fn d04_a_disk_that_fails_or_is_read_only_costs_nothing_but_the_change() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    for fault in ["fsync:error=EIO", "/^rename:error=EROFS", "fsync:error=EDQUOT", "/^rename:error=ENOSPC"] {
        let world = World::new();
        world.create_profile("prod", "memory");
        world.helper(&["daemon", "stop", "--yes"]).succeeded();
        let config = std::fs::read(world.config_folder().join("config.toml")).expect("the config");
        let inject = format!("inject={fault}");
        let daemon = world.launch(Launch::by(["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject]));
        let client = world.new_client();
        let second = || world.creating("second", "memory", &client, &world.server().url()).run();
        second().failed(74).saying("nothing was changed");
        assert_eq!(std::fs::read(world.config_folder().join("config.toml")).ok(), Some(config));
        let files = std::fs::read_dir(world.config_folder()).expect("look").count();
        assert_eq!((files, daemon.terminate()), (1, 0), "a draft was left behind");
        second().succeeded();
        world.helper(&["-p", "second"]).token();
    }
}

/// The line of `doctor` on it, which names the file once.
fn state_file_is_a(verdict: &str, outcome: &str) {
    let lines = || outcome.lines().filter(|line| line.split_whitespace().nth(1) == Some("state"));
    assert!(lines().count() == 1 && lines().all(|line| line.starts_with(verdict)), "{outcome}");
    assert_eq!(outcome.matches("state.json").count(), 1, "{outcome}");
}

#[test]
fn d04_in_a_home_that_cannot_be_written_a_profile_is_refused_and_a_token_is_served() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    give_world_to_other(&world);
    let helper = |arguments: &[&str]| by_other(&world, world.helper_file()).args(arguments);
    let create = |name: &str, client: &cp_token_tests::world::Client| {
        let line = ["profile", "create", name, "--secret-source", "memory", "--secret-stdin"];
        let call = helper(&line).args(["--client-id", &client.id, "--url", &world.server().url()]);
        call.args([std::ffi::OsStr::new("--ca-bundle"), world.ca_file().as_os_str()])
            .stdin(&client.secret)
            .run()
    };
    let _daemon = world.launch(Launch::by(AS_OTHER));
    create("prod", &world.new_client()).succeeded();
    for folder in ["config", "state", "home"] {
        chmod(world.path(folder), 0o500);
    }
    helper(&["get"]).printing_a_token().run().token();
    helper(&["get", "--fresh"]).printing_a_token().run().token();
    create("second", &world.new_client()).failed(74).saying("config.toml is read-only");
    helper(&["profile", "list"]).run().succeeded();
    state_file_is_a("warn", &helper(&["doctor"]).run().stdout);
    // What is not sent without a note of it needs the place for notes.
    let config = world.path("config/config.toml");
    let text = std::fs::read_to_string(&config).expect("the config");
    let coded = "kind = \"user\"\nusername = \"jo\"\ntotp = \"stored\"\nsecret_source = \"memory\"";
    std::fs::write(&config, format!("{text}\n[profile.jo]\nurl = \"https://127.0.0.1:9\"\n{coded}\n"))
        .expect("add a profile with codes");
    let outcome = helper(&["doctor", "-p", "prod"]).run();
    assert_eq!(outcome.code, 74, "{outcome:?}");
    state_file_is_a("FAIL", &outcome.stdout);
    std::fs::write(&config, text).expect("take it out");
    for folder in ["config", "state"] {
        chmod(world.path(folder), 0o700);
    }
    create("second", &world.new_client()).succeeded();
}

#[test]
fn e12_a_file_is_whole_on_disk_before_it_takes_the_name() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    let world = World::new();
    let trace = world.path("trace");
    let file = trace.to_str().expect("a path in UTF-8");
    let calls = "trace=openat,fsync,fdatasync,rename,renameat,renameat2";
    let daemon = world.launch(Launch::by(["strace", "-f", "-y", "-qq", "-o", file, "-e", calls]));
    world.create_profile("prod", "memory");
    world.create_profile("second", "memory");
    assert_eq!(daemon.terminate(), 0);
    let trace = std::fs::read_to_string(trace).expect("read the trace");
    for name in ["config/config.toml", "state/state.json"] {
        let path = world.path(name);
        let folder = path.parent().expect("a folder").to_str().expect("UTF-8").to_owned();
        let path = path.to_str().expect("UTF-8").to_owned();
        contains_in_order(
            &trace,
            &[
                &["openat(", &format!("\"{path}.new-"), "O_CREAT|O_EXCL", "O_NOFOLLOW", "0600"],
                &["fsync(", &format!("{path}.new-")],
                &["rename", &format!("\"{path}.new-"), &format!("\"{path}\"")],
                &["openat(", &format!("\"{folder}\"")],
                &["fsync(", &format!("<{folder}>")],
            ],
        );
        assert!(
            !trace.lines().any(|line| line.contains(&format!("\"{path}\", O_WRONLY"))),
            "written in place"
        );
    }
    let reads = trace.lines().filter(|line| line.contains("config.toml\", O_RDONLY"));
    assert!(reads.clone().count() > 0 && reads.clone().all(|line| line.contains("O_NOFOLLOW")));
}

/// Finds, one after the other, a line with all the words of each step.
fn contains_in_order(trace: &str, steps: &[&[&str]]) {
    let mut lines = trace.lines();
    for step in steps {
        let found = lines.any(|line| step.iter().all(|word| line.contains(word)));
        assert!(found, "no line with {step:?} after the former ones in:\n{trace}");
    }
}

#[test]
fn d04_a_folder_that_cannot_be_synced_is_no_failure_and_one_that_fails_is_reported_as_what_it_is() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    // Each piece of work has a thread of its own: the first is the draft, the second its folder.
    for (fault, is_in_doubt) in [
        ("fsync:error=EINVAL:when=2", false),
        ("fsync:error=EOPNOTSUPP", false),
        ("fsync:error=EIO:when=2", true),
    ] {
        let world = World::new();
        let inject = format!("inject={fault}");
        let _daemon = world.launch(Launch::by(["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject]));
        let client = world.new_client();
        let outcome = world.creating("prod", "memory", &client, &world.server().url()).run().succeeded();
        let words = "it was written, but is not yet safe from a power cut";
        assert_eq!(format!("{outcome:?}").contains(words), is_in_doubt, "{fault}: {outcome:?}");
        world.helper(&[]).token();
        let text = std::fs::read_to_string(world.path("config/config.toml")).expect("the config");
        assert!(text.contains("[profile.prod]"), "{text}");
    }
}
