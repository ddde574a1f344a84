//! Owns a person at a terminal: a line of shell on a terminal of its own, and what is typed once it asks without
//! showing it.

use std::io::{Read, Write};
use std::process::Stdio;

use super::World;
use super::call::{Outcome, code};
use crate::programs;

/// Printed, by a shell beside the program, once the terminal has stopped showing what is typed.
pub const HIDDEN: &str = "NOTHING-IS-SHOWN-NOW";

impl World {
    /// `cp-token` with these arguments, away from any terminal.
    pub fn alone(&self, arguments: &[&str]) -> super::Call {
        self.program("setsid").args(["-w"]).args([self.helper_file()]).args(arguments)
    }

    /// Runs a line of shell at a terminal and types `typed` as soon as it asks for something that it does not
    /// show. Its standard output is all that the terminal showed. `None`, said aloud, where there is no script(1).
    pub fn at_a_terminal(&self, line: &str, typed: &str) -> Option<Outcome> {
        self.talk_at_a_terminal(&format!("exec {line}"), &[(HIDDEN, typed)])
    }

    /// The same with several answers, each typed once its sign has been shown behind the one before. [`HIDDEN`] is
    /// the sign that what is typed is not shown.
    pub fn talk_at_a_terminal(&self, line: &str, answers: &[(&str, &str)]) -> Option<Outcome> {
        if !programs::present(&["script"]) {
            return None;
        }
        // It ends with the terminal, too: a program that asks nothing leaves nobody behind.
        let watch = format!(
            "(while shown=$(stty -a </dev/tty 2>/dev/null); do \
             case $shown in *' -echo '*) echo {HIDDEN}; break;; esac; done) & "
        );
        let line = format!("{watch}{line}");
        // A program that never shows the sign is ended, and fails the test by what it did not show.
        let mut command = self.command("timeout");
        let patience = super::TIMEOUT.as_secs().to_string();
        command.args([
            "--kill-after=5",
            &patience,
            "script",
            "-q",
            "-E",
            "always",
            "-e",
            "-c",
            &line,
            "/dev/null",
        ]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a terminal is made");
        let mut keyboard = child.stdin.take().expect("a keyboard");
        let mut screen = child.stdout.take().expect("a screen");
        let (mut shown, mut read) = (Vec::new(), 0);
        for (sign, typed) in answers {
            read = read_until(&mut screen, &mut shown, read, sign);
            // A program that asks nothing may have ended already.
            let _ = keyboard.write_all(typed.as_bytes());
        }
        screen.read_to_end(&mut shown).expect("read the screen");
        let status = child.wait().expect("it ends");
        self.oracle().record(format!("the screen of {line}"), shown.clone());
        let stdout = String::from_utf8_lossy(&shown).into_owned();
        Some(Outcome { code: code(status), stdout, stderr: String::new() })
    }
}

/// Reads until the sign is shown behind what was `read`, or nothing more comes; how far it was read then.
fn read_until(screen: &mut impl Read, shown: &mut Vec<u8>, read: usize, sign: &str) -> usize {
    let mut piece = [0; 256];
    loop {
        let place = shown[read..].windows(sign.len()).position(|window| window == sign.as_bytes());
        if let Some(place) = place {
            return read + place + sign.len();
        }
        match screen.read(&mut piece).expect("read the screen") {
            0 => return shown.len(),
            count => shown.extend_from_slice(&piece[..count]),
        }
    }
}
