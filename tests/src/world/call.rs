//! Owns one run of a program in a world: what it is given, what it printed, and how it ended. Everything but the
//! token of a successful `get` goes to the oracle.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

use super::processes;
use crate::oracle::Oracle;

/// A program about to run.
pub struct Call {
    command: Command,
    stdin: Vec<u8>,
    oracle: Arc<Oracle>,
    prints_a_token: bool,
}

/// A program that runs.
pub struct Running {
    child: Child,
    line: String,
    oracle: Arc<Oracle>,
    prints_a_token: bool,
}

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its exit code; 128 and the signal's number where a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

impl Call {
    pub(super) fn new(command: Command, oracle: Arc<Oracle>) -> Self {
        Self { command, stdin: Vec::new(), oracle, prints_a_token: false }
    }

    /// More arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    /// One more variable, or another value for one.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Without this variable.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// In a process group of its own, as a shell would start it: in one that no shell minds, SIGTSTP stops nobody.
    #[must_use]
    pub fn in_its_own_group(mut self) -> Self {
        std::os::unix::process::CommandExt::process_group(&mut self.command, 0);
        self
    }

    /// What it can read from standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    /// A token on standard output is this program's purpose. It is known of `cp-token get` without a word.
    #[must_use]
    pub fn printing_a_token(mut self) -> Self {
        self.prints_a_token = true;
        self
    }

    /// Runs it to its end.
    pub fn run(self) -> Outcome {
        self.spawn().finish()
    }

    /// Starts it.
    pub fn spawn(mut self) -> Running {
        let line = self.message();
        self.oracle.record(format!("command line and environment of {line}"), self.given());
        let prints_a_token = self.prints_a_token || self.is_get();
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("run {line}: {error}"));
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        // Nothing here fills a pipe, and whoever does not read its input has its reasons.
        drop(stdin.write_all(&self.stdin));
        Running { child, line, oracle: self.oracle, prints_a_token }
    }

    /// Arguments and variables: what anybody on the machine, or the same user, can read while it runs.
    fn given(&self) -> Vec<u8> {
        let variables = self.command.get_envs().filter_map(|(_, value)| value);
        let parts = self.command.get_args().chain(variables);
        parts.map(OsStr::as_encoded_bytes).collect::<Vec<_>>().join(&0)
    }

    fn message(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    fn is_get(&self) -> bool {
        let ours = self.command.get_program().as_encoded_bytes().ends_with(b"/cp-token");
        let first = self.command.get_args().next().map(OsStr::as_encoded_bytes);
        ours && first.is_none_or(|first| first == b"get" || first.starts_with(b"-"))
    }
}

impl Running {
    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: processes::Signal) {
        processes::signal(self.pid(), signal);
    }

    /// Waits for its end.
    pub fn finish(self) -> Outcome {
        let output = self.child.wait_with_output().expect("read what the program prints");
        let outcome = Outcome {
            code: code(output.status),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        self.oracle.record(format!("stderr of {}", self.line), output.stderr);
        if !(self.prints_a_token && output.status.success()) {
            self.oracle.record(format!("stdout of {}", self.line), output.stdout);
        }
        outcome
    }
}

impl Outcome {
    /// The outcome, which is a success with nothing on standard error. Panics otherwise.
    pub fn succeeded(self) -> Self {
        assert!(self.code == 0 && self.stderr.is_empty(), "{self:?}");
        self
    }

    /// The outcome, which is a failure of this exit code as the contract has it: nothing on standard output and
    /// one line on standard error. Panics otherwise.
    pub fn failed(self, code: i32) -> Self {
        let told_in_one_line = self.stderr.ends_with('\n') && self.stderr.lines().count() == 1;
        assert!(self.code == code && self.stdout.is_empty() && told_in_one_line, "expected {code}: {self:?}");
        self
    }

    /// The outcome, whose one line on standard error has these words. Panics otherwise.
    pub fn saying(self, words: &str) -> Self {
        assert!(self.stderr.contains(words), "expected {words:?}: {self:?}");
        self
    }

    /// The token of a successful `get`. Panics otherwise.
    pub fn token(self) -> String {
        let outcome = self.succeeded();
        let token = outcome.stdout.strip_suffix('\n').expect("one line");
        assert!(
            !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()),
            "no token: {token:?}"
        );
        token.to_owned()
    }

    /// What it printed as JSON. Panics where it is none.
    pub fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.succeeded().stdout).expect("JSON")
    }
}

pub(super) fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}
