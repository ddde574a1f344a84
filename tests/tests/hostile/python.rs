//! Owns the attackers that are written in Python, because what they do takes another user or odd system calls.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use cp_token_tests::world::processes;

use crate::stage::AS_OTHER;

/// Sends the bytes of its second argument to the socket of its first, and prints how many came back.
pub(crate) const ASK: &str = "
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(100)
s.connect(sys.argv[1])
count = 0
try:
    s.sendall(bytes.fromhex(sys.argv[2]))
    while piece := s.recv(65536):
        count += len(piece)
except ConnectionError:
    pass
print(count)
";

/// Listens at its first argument, and prints how many bytes the first caller sent.
pub(crate) const POSE: &str = "
import os, socket, sys
os.umask(0)
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
print('listening', flush=True)
s, _ = s.accept()
s.settimeout(100)
print(len(s.recv(65536)))
";

/// The interpreter that every user can run, if there is one.
pub(crate) fn interpreter() -> &'static str {
    if Path::new("/usr/bin/python3").is_file() { "/usr/bin/python3" } else { "python3" }
}

/// Bytes as an argument.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A script that says a line when it has begun, and one more in the end.
pub(crate) struct Script {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Script {
    /// Starts a script and returns once it has said its first line, which this is not interested in.
    pub(crate) fn begin(as_other: bool, script: &str, argument: &Path) -> Self {
        let mut line: Vec<&str> = if as_other { AS_OTHER.to_vec() } else { Vec::new() };
        line.extend([interpreter(), "-c", script]);
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).arg(argument).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("run python");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        lines.read_line(&mut String::new()).expect("its first line");
        Self { child, lines }
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything else that it says until it ends.
    pub(crate) fn rest(mut self) -> String {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).expect("its last line");
        rest.trim().to_owned()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        processes::end(self.child.id());
        drop(self.child.wait());
    }
}
