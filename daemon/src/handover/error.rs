//! Owns why a hand-over fails. The old process goes on in each case.

use std::io;
use std::path::PathBuf;

use cp_token_protocol::Failure;
use cp_token_protocol::handover::FORMAT;

use crate::base::files::{self, FileError};
#[cfg(unix)]
use crate::ipc::activation::ActivationError;
use crate::process::instance::InstanceError;

/// Why the old process does not hand over.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum HandoverError {
    /// The path of the running program is unknown.
    #[error("the system does not say where cp-tokend lies")]
    NoProgram,
    /// The file at the program's path cannot be trusted.
    #[error("the program {0} is not run: {1}")]
    Program(String, #[source] ProgramFault),
    #[error("the system refuses a new process: {}", files::describe(.0))]
    System(io::Error),
    #[error("its limits on memory (RLIMIT_AS, RLIMIT_DATA) leave too little for a restart")]
    Memory,
    /// The new process exited, or closed its channel, before it was ready.
    #[error("the program {0} ended before it was ready")]
    NotReady(String),
    /// The new process was not ready in time.
    #[error("the program {0} does not get ready")]
    Timeout(String),
    /// The new process uses another format: program, its format, ours.
    #[error("the program {0} hands over in format {1}, and this daemon in format {2}")]
    Format(String, u16, u16),
    /// A debugger is attached to this process or to the new one.
    #[error("another program traces the daemon")]
    Traced,
    /// The new process has not hardened itself.
    #[error("other programs may look into the new process")]
    NotHardened,
    #[error("another process than the new one has spoken")]
    WrongProcess,
    /// The program is verified, but `execve` failed.
    #[error("the system does not run the program {0} in this process: {reason}", reason = files::describe(.1))]
    ExecFailed(String, io::Error),
    /// The new process did not import the state, or died.
    #[error("the program {0} did not take over")]
    NotImported(String),
    /// The new process refused, and said why.
    #[error("the new process says: {}", .0.message)]
    Refused(Failure),
    #[error("work under way did not end within {0} s")]
    Busy(u64),
    /// The config file is broken: the new process would have no profiles.
    #[error("{}", .0.message)]
    Config(Failure),
}

/// Why a program's file cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum ProgramFault {
    /// It cannot be opened, or others may change it.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not executable, or is setuid or setgid.
    #[error("its mode {:04o} is not that of a plain program{}", .0, files::run("chmod 755", .1))]
    Mode(u32, PathBuf),
}

/// Why the new process does not take over.
#[derive(Debug, thiserror::Error)]
pub enum TakeOverError {
    /// A descriptor is closed, or not from our parent.
    #[error("what is handed over does not come from a daemon that started this process")]
    WrongProcess,
    /// The old process uses another format.
    #[error("the daemon that runs hands over in another format than {FORMAT}")]
    Format,
    /// The socket is not one of ours.
    #[cfg(unix)]
    #[error(transparent)]
    Socket(#[from] ActivationError),
    /// The lock is not one of ours.
    #[error(transparent)]
    Lock(#[from] InstanceError),
    /// The channel failed.
    #[error("the daemon that runs broke off")]
    Broken,
}
