//! Owns the run of another program for its output: no shell, a clean environment, a timeout, a size limit, and an end
//! for its whole process group. It must not know what the output means, and lets none of it into an error or a log.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::Secret;
use tokio::sync::Semaphore;

use crate::base::blocking;
use crate::base::files::{self, FileError};
use crate::base::mutex::lock;
use crate::secrets::secret_reader::SecretReadError;

mod environment;
#[cfg(unix)]
#[path = "program/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "program/windows.rs"]
mod system;
#[cfg(target_os = "linux")]
#[path = "program/linux.rs"]
mod watch;
#[cfg(target_os = "macos")]
#[path = "program/macos.rs"]
mod watch;

/// The most programs at a time: fewer than the threads for blocking work, which programs that wait for a person must not
/// use up.
const MAX_CONCURRENT: usize = 64;

static PERMITS: Semaphore = Semaphore::const_new(MAX_CONCURRENT);

/// Why a program gave no output. The text follows the program's role: "the secret command …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProgramError {
    /// The path is relative, so it would depend on the current directory.
    #[error("is not named by its whole path")]
    Relative,
    /// The file does not exist.
    #[error("does not exist")]
    Absent,
    /// Others could replace the program.
    #[error("could be replaced by others, because it or a folder on the way to it is theirs or open to them")]
    Replaceable,
    /// The system is short of processes, descriptors or memory.
    #[error(
        "was not started: the system gives this user no more threads or processes, descriptors or memory"
    )]
    NoResources,
    /// The system cannot run it.
    #[error("cannot be run")]
    NotRun,
    /// The program failed with this exit code, or by a signal. Its output is ignored.
    #[error("{}", describe(*.0))]
    Failed(Option<u8>),
    /// The program timed out, and was killed.
    #[error("did not end in time, and was ended")]
    TimedOut,
    /// The program succeeded without output.
    #[error("printed nothing")]
    NoOutput,
    /// The first line of the output is empty.
    #[error("printed an empty first line, and that line is to be the secret")]
    EmptyLine,
    /// The output was longer than allowed, and the program was killed.
    #[error("printed more than a secret can hold")]
    TooLong,
}

/// The error of a program that exists and was not started.
fn not_started(error: &std::io::Error) -> ProgramError {
    if files::is_shortage(error) { ProgramError::NoResources } else { ProgramError::NotRun }
}

fn describe(exit: Option<u8>) -> String {
    exit.map_or("was ended by a signal".to_owned(), |code| format!("failed with exit code {code}"))
}

impl From<SecretReadError> for ProgramError {
    fn from(error: SecretReadError) -> Self {
        match error {
            SecretReadError::TooLong => Self::TooLong,
            SecretReadError::Unreadable => Self::NotRun,
        }
    }
}

impl From<FileError> for ProgramError {
    fn from(error: FileError) -> Self {
        if error.is_distrust() {
            Self::Replaceable
        } else if matches!(error, FileError::Absent) {
            Self::Absent
        } else {
            Self::NotRun
        }
    }
}

/// Runs a program and returns its output without the last line end. `argv` is the absolute path of its file and its
/// arguments; `limit` is in bytes.
///
/// The program and its process group are killed at the timeout, and when the future is dropped. What the program leaves
/// running in its group when it ends is killed too, and not waited for.
pub async fn run(argv: &[String], timeout: Duration, limit: usize) -> Result<Secret, ProgramError> {
    if !argv.first().is_some_and(|file| Path::new(file).is_absolute()) {
        return Err(ProgramError::Relative);
    }
    let run = run_with_permit(argv.to_vec(), limit);
    tokio::time::timeout(timeout, run).await.unwrap_or(Err(ProgramError::TimedOut))
}

async fn run_with_permit(argv: Vec<String>, limit: usize) -> Result<Secret, ProgramError> {
    // The whole line: a program that waits for a person delays no other profile that uses the same program.
    let resource = argv.join("\0");
    let permit = PERMITS.acquire().await.map_err(|_| ProgramError::NotRun)?;
    let handle = Arc::new(KillHandle::default());
    let _kill_on_drop = KillOnDrop(Arc::clone(&handle));
    let work = move || {
        let outcome = system::run(&argv, limit, &handle);
        // Only when the program has ended, which may be after its caller has gone.
        drop(permit);
        outcome
    };
    let output = blocking::on(&resource, work).await.map_err(|error| not_started(&error))??;
    if output.expose().is_empty() { Err(ProgramError::NoOutput) } else { Ok(output) }
}

/// Kills a program from another thread, as long as its process identifier is surely its own.
#[derive(Default)]
struct KillHandle(Mutex<RunState>);

#[derive(Default)]
enum RunState {
    #[default]
    NotStarted,
    Running(system::Target),
    Over,
}

impl KillHandle {
    /// Kills the program, or as soon as it has started.
    fn kill(&self) {
        let mut state = lock(&self.0);
        if let RunState::Running(target) = &*state {
            system::kill(target);
        }
        *state = RunState::Over;
    }

    /// The program has started.
    fn attach(&self, target: system::Target) {
        let mut state = lock(&self.0);
        match *state {
            RunState::Over => system::kill(&target),
            RunState::NotStarted | RunState::Running(_) => *state = RunState::Running(target),
        }
    }

    /// The program has ended.
    fn release(&self) {
        *lock(&self.0) = RunState::Over;
    }
}

/// Kills the program when the future that waits for it is dropped.
struct KillOnDrop(Arc<KillHandle>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.kill();
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
