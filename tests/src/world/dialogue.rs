//! Owns a person at a terminal who is asked several questions, one after the other. Answers are typed only while
//! they are not shown.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Instant;

use rustix::pty::OpenptFlags;
use rustix::termios::{LocalModes, tcgetattr};

use super::{Outcome, PATIENCE, World, call};
use crate::oracle::Oracle;

/// A program at a terminal of its own.
pub struct Dialogue {
    screen: File,
    child: Child,
    line: String,
    shown: Vec<u8>,
    /// Up to here a person has read it.
    read: usize,
    oracle: Arc<Oracle>,
}

impl World {
    /// Starts `cp-token` with these arguments at a terminal.
    pub fn dialogue(&self, arguments: &[&str]) -> Dialogue {
        self.dialogue_with(self.helper_file(), arguments)
    }

    /// Starts any program with these arguments at a terminal.
    pub fn dialogue_with(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Dialogue {
        let (screen, other_end) = terminal();
        let mut command = self.command("setsid");
        command.args(["--ctty", "--wait"]).arg(program).args(arguments);
        let ends = || Stdio::from(other_end.try_clone().expect("one more descriptor"));
        let child = command.stdin(ends()).stdout(ends()).stderr(ends()).spawn().expect("run setsid");
        let line = format!("terminal of {}", arguments.join(" "));
        let oracle = Arc::clone(&self.oracle);
        Dialogue { screen: screen.into(), child, line, shown: Vec::new(), read: 0, oracle }
    }
}

impl Dialogue {
    /// Waits until this question is shown and what is typed is not, and types the answer. Panics where it is not
    /// asked.
    pub fn answer(&mut self, question: &str, answer: &str) -> &mut Self {
        while !self.unread().contains(question) {
            assert!(self.read_on(), "{question:?} is not asked: {}", self.unread());
        }
        self.read = self.shown.len();
        self.wait_until_hidden();
        self.screen.write_all(format!("{answer}\n").as_bytes()).expect("type");
        self
    }

    /// How the program ended; everything that was shown is its standard output.
    pub fn end(mut self) -> Outcome {
        while self.read_on() {}
        let code = call::code(self.child.wait().expect("wait for it"));
        let stdout = String::from_utf8_lossy(&self.shown).into_owned();
        self.oracle.record(self.line.clone(), self.shown);
        Outcome { code, stdout, stderr: String::new() }
    }

    fn unread(&self) -> String {
        String::from_utf8_lossy(&self.shown[self.read..]).into_owned()
    }

    /// False where nobody is at the other end any more.
    fn read_on(&mut self) -> bool {
        let mut piece = [0; 1024];
        let count = self.screen.read(&mut piece).unwrap_or(0);
        self.shown.extend_from_slice(&piece[..count]);
        count > 0
    }

    #[allow(clippy::disallowed_methods, reason = "a safety net, and no measure")]
    fn wait_until_hidden(&self) {
        let deadline = Instant::now() + PATIENCE;
        while tcgetattr(&self.screen).expect("ask the terminal").local_modes.contains(LocalModes::ECHO) {
            assert!(Instant::now() < deadline, "what is typed is shown");
            std::thread::yield_now();
        }
    }
}

/// A new terminal: the person's end and the program's.
fn terminal() -> (OwnedFd, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours = rustix::pty::openpt(flags).expect("a pseudo-terminal");
    rustix::pty::grantpt(&ours).and_then(|()| rustix::pty::unlockpt(&ours)).expect("make it usable");
    let theirs = rustix::pty::ioctl_tiocgptpeer(&ours, flags).expect("its other end");
    (ours, theirs)
}
