//! The promises of the Debian package, in a system of its own: `dpkg` as root, the programs as a person has them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use cp_token_tests::programs;
use cp_token_tests::world::{World, eventually, processes};

use super::system::System;
use super::{packed, run};

const DAEMON: &str = "/usr/bin/cp-tokend";

/// Two packages of the same programs, the second an upgrade of the first: packed once for all tests.
fn packages() -> &'static [PathBuf; 2] {
    static PACKED: OnceLock<[PathBuf; 2]> = OnceLock::new();
    PACKED.get_or_init(|| ["1", "2"].map(|revision| packed("deb", revision)))
}

/// A bystander at this place of a system, as the user 1234, whose program is then replaced.
struct Bystander {
    child: Child,
    record: PathBuf,
}

impl Bystander {
    fn start(world: &World, system: &System, program: &str, name: &str, expects: bool) -> Self {
        let record = world.path("shared").join(name);
        let source = world.path("bystander");
        let put = r#"cp "$1" "$2.new" && mv "$2.new" "$2""#;
        run(system.command("sh").args(["-c", put, "sh"]).arg(source).arg(program));
        let mut command = system.command("setpriv");
        command.args(["--reuid=1234", "--regid=1234", "--clear-groups", program]).arg(&record);
        if !expects {
            command.arg("unprepared");
        }
        let mut child = command.stdout(Stdio::piped()).spawn().expect("run a bystander");
        let mut line = String::new();
        let said = child.stdout.as_mut().expect("standard output is a pipe");
        BufReader::new(said).read_line(&mut line).expect("it says that it is ready");
        assert_eq!(line, "ready\n");
        Self { child, record }
    }

    /// Ends it, unless it has ended, and tells the signals that reached it.
    fn received(mut self) -> String {
        processes::signal(self.child.id(), processes::Signal::TERM);
        self.child.wait().expect("it ends");
        std::fs::read_to_string(&self.record).expect("its record")
    }
}

fn compile_bystander(world: &World) {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/promises/packages/bystander.c");
    run(Command::new("cc").args(["-O1", "-o"]).arg(world.path("bystander")).arg(source));
    let shared = world.path("shared");
    std::fs::create_dir(&shared).expect("a folder for records");
    // The world's own folder is closed to the user that bystanders run as.
    let open = |path: &Path, mode: &str| run(Command::new("chmod").arg(mode).arg(path));
    open(world.root(), "711");
    open(&shared, "777");
}

fn facility(world: &World) -> Option<System> {
    if !programs::present(&["dpkg", "dpkg-deb", "dpkg-shlibdeps", "strip", "cc", "setpriv"]) {
        return None;
    }
    System::new(world, "system")
}

/// Whether the process runs what has this name in its system now, and not a file that was replaced.
fn runs(pid: u32, program: &str) -> bool {
    std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|run| run == Path::new(program))
}

fn install(system: &System, package: &Path) {
    // Other packages' triggers, such as man-db's, are their business and take long.
    run(system.command("dpkg").args(["--no-triggers", "--install"]).arg(package));
}

#[test]
fn b22_a_debian_package_serves_through_an_upgrade_and_leaves_only_the_persons_own_files() {
    let world = World::new();
    let Some(system) = facility(&world) else { return };
    let [first, second] = packages();
    install(&system, first);
    run(system.command("dpkg").args(["--verify", "cp-token"]));
    let client = world.new_client();
    let line = ["profile", "create", "prod", "--url", &world.server().url(), "--client-id", &client.id];
    let create = system.call(&world, "/usr/bin/cp-token", &line).stdin(&client.secret);
    let ca = world.ca_file();
    let places = ["--secret-stdin", "--secret-source", "memory", "--ca-bundle", ca.to_str().expect("a path")];
    create.args(places).run().succeeded();
    let token = || system.call(&world, "/usr/bin/cp-token", &[]).printing_a_token().run().token();
    assert_eq!(world.api_status(&token()), 200);
    let before = system.running(DAEMON);
    assert_eq!(before.len(), 1);

    install(&system, second);
    assert_eq!(world.api_status(&token()), 200);
    eventually("the new file runs", || runs(before[0], DAEMON));
    assert_eq!(world.api_status(&token()), 200);
    assert_eq!(world.server().token_requests(), 1, "nothing is asked of the server again");

    let daemons = system.running(DAEMON);
    assert_eq!(daemons, before, "the upgrade left one daemon, in the same process");
    run(system.command("dpkg").args(["--no-triggers", "--remove", "cp-token"]));
    assert!(processes::wait_for_end(daemons[0]), "the removal stops the daemon");
    run(system.command("dpkg").args(["--no-triggers", "--purge", "cp-token"]));
    assert_eq!(system.left(), "");
    let config = std::fs::read_to_string(world.config_folder().join("config.toml")).expect("still there");
    assert!(config.contains("[profile.prod]"), "{config}");
}

#[test]
fn b22_an_upgrade_asks_the_daemons_of_all_users_and_no_other_program_to_hand_over() {
    let world = World::new();
    let (Some(system), Some(other)) = (facility(&world), System::new(&world, "other")) else { return };
    compile_bystander(&world);
    let [first, second] = packages();
    install(&system, first);
    let start = |system, program, name, expects| Bystander::start(&world, system, program, name, expects);
    let daemon = start(&system, DAEMON, "daemon", true);
    let unprepared = start(&system, DAEMON, "unprepared", false);
    let elsewhere = start(&system, "/usr/local/bin/cp-tokend", "elsewhere", true);
    let neighbour = start(&other, DAEMON, "neighbour", true);
    // Its program goes away as a replaced one does, so only the root folder tells it from the first.
    run(other.command("rm").arg(DAEMON));
    run(system.command("rm").arg("/usr/local/bin/cp-tokend"));

    install(&system, second);
    assert_eq!(daemon.received(), "ut");
    assert_eq!(unprepared.received(), "t");
    assert_eq!(elsewhere.received(), "t");
    assert_eq!(neighbour.received(), "t");
}

#[test]
fn the_debian_package_satisfies_lintian() {
    if !programs::present(&["dpkg-deb", "dpkg-shlibdeps", "strip", "lintian"]) {
        return;
    }
    let mut lintian = Command::new("lintian");
    lintian.args([
        "--allow-root",
        "--pedantic",
        "--fail-on=error,warning,pedantic",
        "--no-tag-display-limit",
    ]);
    run(lintian.arg(&packages()[0]));
}
