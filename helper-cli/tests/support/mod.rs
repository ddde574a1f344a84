//! Owns what every black-box test of the helper needs: a private folder, a helper to run in it, and a daemon that
//! says what the test tells it to.
#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)]

pub mod daemon;
pub mod unix;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

pub const TOKEN: &str = "eyJhbGciOi.abc-DEF_123~+/==";

/// A folder of one test, gone at its end.
pub struct TestDir {
    folder: PathBuf,
}

impl TestDir {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = || {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            std::env::temp_dir().join(format!("cpt-{}-{number}", std::process::id()))
        };
        // A test that was killed may have left one of this name.
        let folder = std::iter::repeat_with(next).find(|folder| !folder.exists()).unwrap();
        unix::make_private(&folder);
        unix::make_private(&folder.join("meet"));
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.path("meet/daemon.sock")
    }

    /// The helper as built, meeting its daemon here.
    pub fn helper(&self, arguments: &[&str]) -> Command {
        self.command(Path::new(env!("CARGO_BIN_EXE_cp-token")), arguments)
    }

    /// A copy of the helper with `daemon` as the program beside it.
    pub fn helper_beside(&self, daemon: &str) -> PathBuf {
        let folder = self.path("bin");
        if !folder.exists() {
            unix::make_private(&folder);
            unix::copy_program(Path::new(env!("CARGO_BIN_EXE_cp-token")), &folder.join("cp-token"));
        }
        unix::write_program(&folder.join("cp-tokend"), &format!("#!/bin/sh\n{daemon}\n"));
        folder.join("cp-token")
    }

    pub fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &self.folder).env("CP_TOKEN_STATE_DIR", self.path("state"));
        command.env("CP_TOKEN_SOCKET", self.socket());
        command
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}

impl Drop for TestDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What a run of the helper came to.
pub struct Run {
    pub exit: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

pub fn run(command: &mut Command) -> Run {
    Run::from(command.output().unwrap())
}

/// Runs with that on standard input.
pub fn run_with_input(command: &mut Command, input: &[u8]) -> Run {
    use std::io::Write;
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A helper that has read enough may be gone before everything is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    Run::from(child.wait_with_output().unwrap())
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            exit: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// Success: that on standard output, nothing on standard error.
    #[track_caller]
    pub fn succeeds_with(&self, stdout: &str) {
        assert_eq!((self.exit, self.stdout.as_str(), self.stderr.as_str()), (Some(0), stdout, ""));
    }

    /// Failure: nothing on standard output, one line on standard error that has all `words` in it.
    #[track_caller]
    pub fn fails_with(&self, exit: i32, words: &[&str]) {
        let Self { stderr, stdout, .. } = self;
        assert_eq!((self.exit, stdout.as_str()), (Some(exit), ""), "{stderr}");
        assert!(stderr.starts_with("cp-token: ") && stderr.ends_with('\n'), "{stderr:?}");
        assert_eq!(stderr.lines().count(), 1, "{stderr:?}");
        for word in words {
            assert!(stderr.contains(word), "{word:?} is not in {stderr:?}");
        }
    }
}

/// Says why a test proves nothing on this machine.
pub fn skipped(reason: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}
