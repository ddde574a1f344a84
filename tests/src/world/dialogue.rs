//! Owns a person at a terminal who is asked several questions, one after the other. Answers are typed only while
//! they are not shown.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;

use rustix::pty::OpenptFlags;
use rustix::termios::{LocalModes, tcgetattr};

use super::{Outcome, World, call, eventually, processes};
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
        self.wait_for_question(question);
        self.press(&format!("{answer}\n"));
        self
    }

    /// Waits until this question is shown and what is typed is not. Panics where it is not asked.
    pub fn wait_for_question(&mut self, question: &str) {
        self.wait_for(question);
        self.wait_until_hidden();
    }

    /// Waits until this is shown behind what was waited for before. Panics where it is not.
    pub fn wait_for(&mut self, text: &str) {
        let place = loop {
            if let Some(place) = self.unread().find(text) {
                break place;
            }
            assert!(self.read_on(), "{text:?} is not shown: {}", self.unread());
        };
        self.read += place + text.len();
    }

    /// Presses these keys.
    pub fn press(&mut self, keys: &str) {
        self.screen.write_all(keys.as_bytes()).expect("type");
    }

    /// The process of this program that was started here.
    pub fn process(&self, program: &Path) -> Option<u32> {
        processes::find_below(self.child.id(), program)
    }

    /// How the program ended; everything that was shown is its standard output.
    pub fn end(mut self) -> Outcome {
        self.read_to_the_end();
        let code = call::code(self.child.wait().expect("wait for it"));
        let stdout = String::from_utf8_lossy(&self.shown).into_owned();
        self.oracle.record(self.line.clone(), self.shown);
        Outcome { code, stdout, stderr: String::new() }
    }

    /// Reads until nobody is at the other end any more.
    pub fn read_to_the_end(&mut self) {
        while self.read_on() {}
    }

    /// All that was shown.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    fn unread(&self) -> &str {
        // The programs here show ASCII; what is cut in the middle of anything else is read on.
        std::str::from_utf8(&self.shown[self.read..]).unwrap_or_default()
    }

    /// False where nobody is at the other end any more.
    fn read_on(&mut self) -> bool {
        let mut piece = [0; 1024];
        let count = self.screen.read(&mut piece).unwrap_or(0);
        self.shown.extend_from_slice(&piece[..count]);
        count > 0
    }

    fn wait_until_hidden(&self) {
        let modes = || tcgetattr(&self.screen).expect("ask the terminal").local_modes;
        eventually("what is typed is hidden", || !modes().contains(LocalModes::ECHO));
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
