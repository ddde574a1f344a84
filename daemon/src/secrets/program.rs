//! Owns the run of another program for what it prints: no shell, a clean environment, a deadline, a cap, and an
//! end for all that it started. It must not know what the words mean, and lets none of them into an error or a log.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::Secret;
use tokio::sync::Semaphore;

use crate::base::blocking;
use crate::base::files;
use crate::base::files::FileError;
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

use system::KillHandle;

/// How many programs run at once: fewer than there are places for work that blocks, which programs that wait for
/// a person must not use up.
const AT_ONCE: usize = 64;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Why a program brought nothing. To be read after the name of what the program is for: "the secret command …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProgramError {
    /// Its path does not begin at the root, so that it could be another program for everybody who looks.
    #[error("is not named by its whole path")]
    Relative,
    /// There is no such file.
    #[error("does not exist")]
    Absent,
    /// Others could put another program in its place.
    #[error("could be replaced by others, because it or a folder on the way to it is theirs or open to them")]
    Replaceable,
    /// The system is short of processes, descriptors or memory.
    #[error(
        "was not started: the system gives this user no more threads or processes, descriptors or memory"
    )]
    Refused,
    /// The system does not run it.
    #[error("cannot be run")]
    NotRun,
    /// It ended with this exit code, or by a signal. What it printed until then is not looked at.
    #[error("{}", describe(*.0))]
    Failed(Option<u8>),
    /// It did not end in time, and was ended.
    #[error("did not end in time, and was ended")]
    TimedOut,
    /// It ended well and printed nothing.
    #[error("printed nothing")]
    Silent,
    /// It ended well and printed an empty line before anything else.
    #[error("printed an empty first line, and that line is to be the secret")]
    EmptyLine,
    /// It printed more than was allowed, and was ended.
    #[error("printed more than a secret can hold")]
    TooMuch,
}

/// What it means that the system does not start it, which there is.
fn not_started(error: &std::io::Error) -> ProgramError {
    if files::is_shortage(error) { ProgramError::Refused } else { ProgramError::NotRun }
}

fn describe(exit: Option<u8>) -> String {
    exit.map_or("was ended by a signal".to_owned(), |code| format!("failed with exit code {code}"))
}

impl From<SecretReadError> for ProgramError {
    fn from(error: SecretReadError) -> Self {
        match error {
            SecretReadError::TooMuch => Self::TooMuch,
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

/// What the program prints, without its last line end, if it prints anything and ends well. `argv` is the whole
/// path of its file and its arguments; `limit` is in bytes.
///
/// After `deadline`, or where nobody waits for the outcome any more, the program and everything in its process
/// group is killed. What it left running in that group when it ended is killed as well, and not waited for.
///
/// # Errors
/// [`ProgramError`].
pub async fn run(argv: &[String], deadline: Duration, limit: usize) -> Result<Secret, ProgramError> {
    if !argv.first().is_some_and(|file| Path::new(file).is_absolute()) {
        return Err(ProgramError::Relative);
    }
    tokio::time::timeout(deadline, run_in_turn(argv.to_vec(), limit))
        .await
        .unwrap_or(Err(ProgramError::TimedOut))
}

async fn run_in_turn(argv: Vec<String>, limit: usize) -> Result<Secret, ProgramError> {
    // The whole line: one that waits for a person holds up no other profile of the same program.
    let resource = argv.join("\0");
    let place = PLACES.acquire().await.map_err(|_| ProgramError::NotRun)?;
    let leash = Arc::new(KillHandle::default());
    let _puller = KillOnDrop(Arc::clone(&leash));
    let work = move || {
        let outcome = system::run(&argv, limit, &leash);
        // Not before the program is gone, be it long after whoever waited for it.
        drop(place);
        outcome
    };
    let printed = blocking::on(&resource, work).await.map_err(|error| not_started(&error))??;
    if printed.expose().is_empty() { Err(ProgramError::Silent) } else { Ok(printed) }
}

/// Ends the program when the future that waits for it is dropped.
struct KillOnDrop(Arc<KillHandle>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.pull();
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
