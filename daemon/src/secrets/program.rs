//! Owns the run of another program for its output: no shell, a clean environment, a timeout, a size limit, and an end
//! for its whole process group. It must not know what the output means, and lets none of it into an error or a log.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::Secret;
use tokio::sync::Semaphore;

use crate::base::blocking;
use crate::base::files::{self, FileError};
use crate::base::mutex::lock;

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

/// The most programs at a time: fewer than the threads for blocking work.
const MAX_CONCURRENT: usize = 64;

static PERMITS: Semaphore = Semaphore::const_new(MAX_CONCURRENT);

/// Why a program gave no output. The text follows the program's role: "the secret command …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum ProgramError {
    /// The path is relative, so it would depend on the current directory.
    #[error("is not named by its whole path")]
    Relative,
    #[error("does not exist")]
    Absent,
    #[error("could be replaced by others, because it or a folder on the way to it is theirs or open to them")]
    Replaceable,
    #[error(
        "was not started: the system gives this user no more threads or processes, descriptors or memory"
    )]
    NoResources,
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
    #[error("printed an empty first line, and that line is to be the secret")]
    EmptyLine,
    /// The output was longer than allowed, and the program was killed.
    #[error("printed more than a secret can hold")]
    TooLong,
}

/// The error of a program that exists and was not started.
fn not_started(error: &io::Error) -> ProgramError {
    if files::is_shortage(error) { ProgramError::NoResources } else { ProgramError::NotRun }
}

fn describe(exit: Option<u8>) -> String {
    exit.map_or("was ended by a signal".to_owned(), |code| format!("failed with exit code {code}"))
}

/// An error of the program's output or of the wait for its end.
impl From<io::Error> for ProgramError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::FileTooLarge { Self::TooLong } else { Self::NotRun }
    }
}

impl From<FileError> for ProgramError {
    fn from(error: FileError) -> Self {
        if matches!(error, FileError::Untrusted(_)) {
            Self::Replaceable
        } else if matches!(error, FileError::Absent) {
            Self::Absent
        } else {
            Self::NotRun
        }
    }
}

/// Runs a program and returns its output, at most `limit` bytes, without the last line end. Its process group is killed
/// when it ends, at the timeout, and when the future is dropped.
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
struct RunState {
    running: Option<system::Target>,
    is_over: bool,
}

impl KillHandle {
    /// Kills the program, or as soon as it has started.
    fn kill(&self) {
        let mut state = lock(&self.0);
        state.is_over = true;
        if let Some(target) = state.running.take() {
            system::kill(&target);
        }
    }

    fn attach(&self, target: system::Target) {
        let mut state = lock(&self.0);
        if state.is_over {
            system::kill(&target);
        } else {
            state.running = Some(target);
        }
    }

    fn release(&self) {
        *lock(&self.0) = RunState { running: None, is_over: true };
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
