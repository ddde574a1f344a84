//! Owns a daemon in the foreground: its start up to the ready line, what the system says of it, and its end.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use super::TIMEOUT;
use super::call::{Outcome, code};
use super::processes::{self, Signal};
use crate::oracle::Oracle;

/// How to start a daemon.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    words: Vec<OsString>,
    variables: Vec<(String, OsString)>,
}

/// A daemon in the foreground. Dropping it ends it.
pub struct Daemon {
    child: Child,
    pid: u32,
    log: PathBuf,
    is_over: bool,
    oracle: Arc<Oracle>,
}

impl Launch {
    /// By way of another program, such as `strace -f -o FILE`, whose last argument is then the daemon.
    pub fn by(words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let words = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
        Self { words, variables: Vec::new() }
    }

    /// One more variable, or another value for one.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    pub(super) fn line(&self, daemon: &Path) -> Vec<OsString> {
        self.words.iter().cloned().chain([daemon.into()]).collect()
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_os_str()))
    }
}

/// Waits for the ready line, which is a signal and no guess.
pub(super) fn start(
    mut command: Command,
    log: PathBuf,
    file: &Path,
    oracle: &Arc<Oracle>,
) -> Result<Daemon, Outcome> {
    let errors = File::create(&log).expect("make a log file");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors)
        .spawn()
        .unwrap_or_else(|error| panic!("run the daemon: {error}"));
    let mut said = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
    let mut line = String::new();
    said.read_line(&mut line).expect("read what the daemon says");
    if line != "ready\n" {
        // The line may be the first of several.
        drop(said.read_to_string(&mut line));
        let code = code(child.wait().expect("wait for the daemon"));
        let stderr = std::fs::read_to_string(log).unwrap_or_default();
        return Err(Outcome { code, stdout: line, stderr });
    }
    let pid = processes::find_below(child.id(), file).expect("the daemon runs, as it has just said");
    oracle.record_process(pid);
    Ok(Daemon { child, pid, log, is_over: false, oracle: Arc::clone(oracle) })
}

impl Daemon {
    /// Its number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).expect("read the log")).into_owned()
    }

    /// Waits until it has logged these words so many times.
    #[allow(clippy::disallowed_methods, reason = "a safety net, and no measure")]
    pub fn wait_for_log(&self, words: &str, times: usize) {
        let deadline = Instant::now() + TIMEOUT;
        while self.log().matches(words).count() < times {
            assert!(Instant::now() < deadline, "{words:?} is missing from:\n{}", self.log());
            std::thread::yield_now();
        }
    }

    /// Memory in use, in KiB.
    pub fn rss_kib(&self) -> usize {
        processes::rss_kib(self.pid)
    }

    /// The part of it that is the process's own and no file's, in KiB: what a leak would grow.
    pub fn anonymous_kib(&self) -> usize {
        processes::anonymous_kib(self.pid)
    }

    /// How many descriptors it has open. Asks for the right to look, which root has.
    pub fn descriptors(&self) -> usize {
        processes::descriptors(self.pid)
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        processes::threads(self.pid)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        assert!(processes::signal(self.pid, signal), "the daemon is gone");
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("look after the daemon").is_none()
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) {
        self.signal(Signal::KILL);
        self.wait();
    }

    /// Asks it to stop, and says with which code it did.
    pub fn terminate(mut self) -> i32 {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Waits for its end; its exit code.
    pub fn wait(&mut self) -> i32 {
        assert!(processes::wait_for_end(self.pid), "the daemon does not end");
        self.is_over = true;
        code(self.child.wait().expect("wait for the daemon"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if !self.is_over {
            self.oracle.record_process(self.pid);
            processes::end(self.pid);
            // It has ended, and so has whoever ran it for us.
            drop(self.child.wait());
        }
    }
}
