//! Owns a private session bus and a private gnome-keyring on it. It knows no secret but the keyring's password.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::bus::Bus;
use super::eventually;
use super::processes::{self, Signal};
use crate::programs;

const PASSWORD: &[u8] = b"a password for tests";
const NAME: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";

/// A session bus and, perhaps, a keyring. Dropping it ends both.
pub struct Keyring {
    service: Mutex<Option<Child>>,
    root: PathBuf,
    // Last, because the service is on it.
    bus: Bus,
}

impl Keyring {
    /// A bus with an unlocked keyring; `None`, said aloud, where a program is missing.
    pub(super) fn start(root: &Path) -> Option<Self> {
        let keyring = Self::only_bus(root)?;
        keyring.start_service();
        Some(keyring)
    }

    /// A bus on which nobody keeps secrets, nor is started to do so; `None` as above.
    pub(super) fn only_bus(root: &Path) -> Option<Self> {
        if !programs::present(&[
            "dbus-daemon",
            "dbus-monitor",
            "dbus-send",
            "gnome-keyring-daemon",
            "secret-tool",
        ]) {
            return None;
        }
        Some(Self { bus: Bus::start(root, "bus"), service: Mutex::default(), root: root.to_owned() })
    }

    /// Where the bus is.
    pub fn address(&self) -> &str {
        self.bus.address()
    }

    /// Starts the keyring's service, unlocked, and waits until it is on the bus.
    #[allow(clippy::disallowed_methods, reason = "a safety net, and no measure")]
    pub fn start_service(&self) {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        let mut service =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("run gnome-keyring-daemon");
        service.stdin.take().expect("a pipe").write_all(PASSWORD).expect("tell the password");
        *self.service() = Some(service);
        let is_there = || {
            self.send(
                "org.freedesktop.DBus",
                "/",
                "org.freedesktop.DBus.NameHasOwner",
                &[&format!("string:{NAME}")],
            )
        };
        eventually("the keyring comes to its bus", || is_there().contains("true"));
    }

    /// Locks the keyring, which asks for its password from then on and finds nobody to ask.
    pub fn lock(&self) {
        let collection = "array:objpath:/org/freedesktop/secrets/collection/login";
        self.send(NAME, SERVICE, "org.freedesktop.Secret.Service.Lock", &[collection]);
    }

    /// Ends the service and starts it again, unlocked, with what it has kept.
    pub fn restart_service(&self) {
        self.stop_service();
        self.start_service();
    }

    /// Ends the service.
    pub fn stop_service(&self) {
        if let Some(mut service) = self.service().take() {
            processes::end(service.id());
            service.wait().expect("wait for the keyring");
        }
    }

    /// Sends the service a signal: `STOP` lets it hang, `CONT` lets it go on.
    pub fn signal(&self, signal: Signal) {
        let service = self.service().as_ref().map(Child::id).expect("a keyring that runs");
        assert!(processes::signal(service, signal), "the keyring is gone");
    }

    /// How the service ended, if it did so by itself: a keyring that crashes explains much.
    pub(super) fn crash(&self) -> Option<ExitStatus> {
        self.service().as_mut().and_then(|service| service.try_wait().ok().flatten())
    }

    /// Runs `secret-tool`; what it printed.
    pub fn secret_tool(&self, arguments: &[&str], stdin: &str) -> String {
        let mut command = self.command("secret-tool");
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("run secret-tool");
        child.stdin.take().expect("a pipe").write_all(stdin.as_bytes()).expect("tell secret-tool");
        String::from_utf8_lossy(&child.wait_with_output().expect("wait for secret-tool").stdout).into_owned()
    }

    fn service(&self) -> MutexGuard<'_, Option<Child>> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, to: &str, path: &str, method: &str, arguments: &[&str]) -> String {
        let mut command = self.command("dbus-send");
        command.args(["--session", "--print-reply", &format!("--dest={to}"), path, method]).args(arguments);
        let output = command.output().expect("run dbus-send");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("DBUS_SESSION_BUS_ADDRESS", self.address()).env("HOME", self.root.join("home"));
        command.env("XDG_RUNTIME_DIR", self.root.join("run")).stderr(Stdio::null());
        command
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        self.stop_service();
    }
}
