//! Owns a program that records every byte on the session bus.

use std::io::Read;
use std::process::{ChildStdout, Command, Stdio};

use crate::session::{Process, send};

/// What is said to find out whether the recording has got so far.
const BEGINNING: &str = "org.example.TheBeginning";
const END: &str = "org.example.TheEnd";

/// A recording of the bus.
pub(crate) struct BusMonitor {
    output: ChildStdout,
    heard: Vec<u8>,
    _process: Process,
}

impl BusMonitor {
    /// Records from now on; returns when it is sure that it does.
    pub(crate) fn start() -> Self {
        let mut command = Command::new("dbus-monitor");
        let mut child = command.args(["--session", "--binary"]).stdout(Stdio::piped()).spawn().unwrap();
        let output = child.stdout.take().unwrap();
        let mut recording = Self { output, heard: Vec::new(), _process: Process(child) };
        // The first words come before the recording begins, but after them it is about to.
        recording.listen();
        while !recording.has_heard(BEGINNING.as_bytes()) {
            signal(BEGINNING);
            recording.listen();
        }
        recording
    }

    /// Everything that was said.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        signal(END);
        while !self.has_heard(END.as_bytes()) {
            self.listen();
        }
        std::mem::take(&mut self.heard)
    }

    fn has_heard(&self, words: &[u8]) -> bool {
        contains(&self.heard, words)
    }

    fn listen(&mut self) {
        let mut piece = [0; 4096];
        let length = self.output.read(&mut piece).unwrap();
        assert!(length > 0, "the recording ended");
        self.heard.extend_from_slice(&piece[..length]);
    }
}

fn signal(name: &str) {
    send(&["--type=signal", "/", &format!("{name}.AnswerDescription")]);
}

/// Whether the words are among the bytes.
pub(crate) fn contains(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}
