//! A disk that hangs: each open of some files waits until the test is over. Whoever needs none of them is not held up,
//! which is seen while the others provably wait.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use cp_token_tests::programs;
use cp_token_tests::world::{Launch, World};

use crate::python::interpreter;

/// Lets nobody open the files until standard input ends, and tells of each who tries.
const HANG: &str = "
import ctypes, os, select, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
CONTENT, OPEN_PERM, ADD, HERE = 4, 0x10000, 1, -100
watch = libc.fanotify_init(CONTENT, os.O_RDONLY)
for path in sys.argv[1:]:
    if watch < 0 or libc.fanotify_mark(watch, ADD, ctypes.c_uint64(OPEN_PERM), HERE, path.encode()):
        print('cannot', flush=True)
        sys.exit()
print('ready', flush=True)
while True:
    ready, _, _ = select.select([watch, 0], [], [])
    if 0 in ready:
        sys.exit()
    events = os.read(watch, 4096)
    while events:
        length, _, _, _, _, opened, _ = struct.unpack('=IBBHQiI', events[:24])
        os.close(opened)
        print('open', flush=True)
        events = events[length:]
";

/// Files of which each open hangs as long as this lives.
struct Hang {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Hang {
    /// `None`, said aloud, where the kernel cannot hold an open up.
    fn of(files: &[PathBuf]) -> Option<Self> {
        let mut command = Command::new(interpreter());
        let child = command.args(["-c", HANG]).args(files).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = child.spawn().expect("run python");
        let said = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut hang = Self { child, said };
        let is_ready = hang.line() == "ready\n";
        if !is_ready {
            programs::absent("fanotify with permission events");
        }
        is_ready.then_some(hang)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("read what it says");
        line
    }

    /// Returns once so many opens hang, since the last time.
    fn wait_for_opens(&mut self, count: usize) {
        for _ in 0..count {
            assert_eq!(self.line(), "open\n");
        }
    }
}

impl Drop for Hang {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

fn healthy(world: &World) {
    for _ in 0..20 {
        world.helper(&["-p", "prod"]).token();
    }
    // Less than whoever needs a file of that disk waits for it.
    world.helper(&["-p", "prod", "--fresh", "--timeout", "3s"]).token();
    world.helper(&["status"]).succeeded();
}

#[test]
fn a_config_on_a_disk_that_hangs_holds_up_who_needs_it_and_is_named() {
    if !programs::is_root() || !programs::present(&["python3"]) {
        return;
    }
    let world = World::new();
    let _daemon = world.launch(Launch::default());
    world.create_profile("prod", "memory");
    let config = world.path("config/config.toml");
    // What the daemon knows of the file is not what is there now.
    let mut file = std::fs::OpenOptions::new().append(true).open(&config).expect("open the config");
    file.write_all(b"\n# a word of a person's\n").expect("write to it");
    drop(file);
    let Some(mut hang) = Hang::of(std::slice::from_ref(&config)) else { return };
    let [asking, reloading] =
        [&["-p", "other"][..], &["daemon", "reload"]].map(|line| world.spawn_helper(line));
    hang.wait_for_opens(2);
    healthy(&world);
    for waiting in [asking, reloading] {
        waiting.finish().failed(78).saying("config.toml is not used: its disk does not answer");
    }
    healthy(&world);
    drop(hang);
    world.helper(&["daemon", "reload"]).succeeded();
    world.helper(&["-p", "other"]).failed(64);
}

#[test]
fn twenty_profiles_whose_files_hang_hold_up_no_other_and_each_names_its_file() {
    const BUNDLES: usize = 16;
    const SECRETS: usize = 5;
    if !programs::is_root() || !programs::present(&["python3"]) {
        return;
    }
    let world = World::new();
    let daemon = world.launch(Launch::default());
    world.create_profile("prod", "memory");
    let bundle = |number: usize| world.path(format!("bin/bundle-{number}.pem"));
    let secret = |number: usize| world.path(format!("bin/secret-{number}"));
    let client = world.new_client();
    let create = |name: &str, bundle: &Path, more: &[&str]| {
        let (url, id) = (world.server().url(), client.id.as_str());
        let line =
            ["profile", "create", name, "--url", &url, "--client-id", id, "--no-verify", "--ca-bundle"];
        world.call(&line).args([bundle]).args(more).stdin(&client.secret).run().succeeded();
    };
    for number in 0..BUNDLES {
        std::fs::copy(world.ca_file(), bundle(number)).expect("copy the bundle");
        create(&format!("b{number}"), &bundle(number), &["--secret-source", "memory", "--secret-stdin"]);
    }
    for number in 0..SECRETS {
        std::fs::write(secret(number), &client.secret).expect("write the secret");
        crate::stage::chmod(secret(number), 0o600);
        create(
            &format!("s{number}"),
            &world.ca_file(),
            &["--secret-file", secret(number).to_str().expect("UTF-8")],
        );
    }
    let files: Vec<_> = (0..BUNDLES).map(bundle).chain((0..SECRETS).map(secret)).collect();
    let Some(mut hang) = Hang::of(&files) else { return };
    let ask = |name: String| world.spawn_helper(&["-p", &name]);
    let by_bundle: Vec<_> = (0..BUNDLES).map(|number| ask(format!("b{number}"))).collect();
    let by_secret: Vec<_> = (0..SECRETS).map(|number| ask(format!("s{number}"))).collect();
    hang.wait_for_opens(BUNDLES + SECRETS);
    healthy(&world);
    for (number, waiting) in by_bundle.into_iter().enumerate() {
        let words = format!("bundle-{number}.pem could not be read in time");
        waiting.finish().failed(78).saying(&words);
    }
    for waiting in by_secret {
        waiting.finish().failed(69).saying("the secret file /").saying(" could not be read in time");
    }
    drop(hang);
    crate::stage::idle_costs(&daemon);
}
