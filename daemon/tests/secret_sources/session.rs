//! Owns a private desktop session for one test: a bus, a keyring and folders that nobody else uses. The test
//! runs in a process of its own, because a process has one environment for all its threads.

use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::folder::Folder;

/// Says that this process is the one in the private session.
const INSIDE: &str = "CP_TOKEN_TESTS_INSIDE";
/// Makes a missing tool a failure.
const REQUIRE_ALL: &str = "CP_TOKEN_TESTS_REQUIRE_ALL";
const TOOLS: [&str; 5] =
    ["dbus-run-session", "dbus-daemon", "dbus-send", "dbus-monitor", "gnome-keyring-daemon"];
const PASSWORD: &[u8] = b"test password";

/// Runs the body in a session with a bus, and keyrings only where it starts one. `name` is the test's own path.
pub(crate) fn with_bus<F: Future<Output = ()>>(name: &str, body: impl FnOnce() -> F) {
    run(name, &["dbus-run-session", "--"], body);
}

/// Runs the body in a session without a bus.
pub(crate) fn without_bus<F: Future<Output = ()>>(name: &str, body: impl FnOnce() -> F) {
    run(name, &[], body);
}

fn run<F: Future<Output = ()>>(name: &str, launcher: &[&str], body: impl FnOnce() -> F) {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(body());
    }
    let missing: Vec<&str> = TOOLS.into_iter().filter(|tool| !is_installed(tool)).collect();
    if !missing.is_empty() {
        assert!(std::env::var_os(REQUIRE_ALL).is_none(), "{missing:?} not installed");
        // `println` would be swallowed with the output of a test that passes.
        drop(writeln!(std::io::stderr(), "{name}: skipped, not installed: {missing:?}"));
        return;
    }
    run_inside(name, launcher);
}

fn run_inside(name: &str, launcher: &[&str]) {
    let mut output = outcome(name, launcher);
    // gnome-keyring-daemon itself ends so, once in a few hundred times, where its first client comes while it starts.
    if String::from_utf8_lossy(&output.stderr).contains("GLib-ERROR") {
        output = outcome(name, launcher);
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    // A name that matches no test would pass, too.
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}\n{errors}");
}

fn outcome(name: &str, launcher: &[&str]) -> Output {
    let folder = Folder::new();
    let this = std::env::current_exe().unwrap();
    let this = this.to_str().unwrap();
    let line: Vec<&str> = launcher.iter().copied().chain([this, "--exact", name, "--nocapture"]).collect();
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for variable in ["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env(variable, folder.path(""));
    }
    command.env(INSIDE, "1").output().unwrap()
}

fn is_installed(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}

/// A process that ends with the test.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A bus where clients look for one that are told of none.
pub(crate) fn start_bus_in_runtime_folder() -> Process {
    let address = format!("unix:path={}/bus", std::env::var("XDG_RUNTIME_DIR").unwrap());
    let mut command = Command::new("dbus-daemon");
    command.args(["--session", "--nofork", "--print-address", "--address", &address]);
    let mut bus = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(bus.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Process(bus)
}

/// A keyring that is unlocked and answers. One that was there before must be gone.
pub(crate) fn start_keyring() -> Process {
    wait_until_on_bus(false);
    let mut command = Command::new("gnome-keyring-daemon");
    command.args(["--foreground", "--unlock", "--components=secrets"]);
    let mut keyring = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    keyring.stdin.take().unwrap().write_all(PASSWORD).unwrap();
    let keyring = Process(keyring);
    wait_until_on_bus(true);
    keyring
}

/// Asks at most 10,000 times, which takes some thirty seconds.
fn wait_until_on_bus(wanted: bool) {
    let is_wanted = (0..10_000).any(|_| is_on_bus("org.freedesktop.secrets") == wanted);
    assert!(is_wanted, "the keyring is on its bus: {}", !wanted);
}

fn is_on_bus(name: &str) -> bool {
    ask_bus(&["org.freedesktop.DBus.NameHasOwner", &format!("string:{name}")]).contains("true")
}

/// How many programs are on the bus, the one that asks included.
pub(crate) fn connections() -> usize {
    ask_bus(&["org.freedesktop.DBus.ListNames"]).matches("string \":").count()
}

fn ask_bus(call: &[&str]) -> String {
    let arguments: Vec<&str> = ["--print-reply", "--dest=org.freedesktop.DBus", "/"]
        .into_iter()
        .chain(call.iter().copied())
        .collect();
    send(&arguments)
}

/// Locks the default keyring.
pub(crate) fn lock_keyring() {
    let collection = "array:objpath:/org/freedesktop/secrets/collection/login";
    let method = "org.freedesktop.Secret.Service.Lock";
    send(&[
        "--print-reply",
        "--dest=org.freedesktop.secrets",
        "/org/freedesktop/secrets",
        method,
        collection,
    ]);
}

/// Sends a message over the bus and returns the answer as `dbus-send` prints it.
pub(crate) fn send(arguments: &[&str]) -> String {
    let output = Command::new("dbus-send").arg("--session").args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
