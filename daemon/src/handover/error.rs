//! Owns why a hand-over does not take place. Whatever it is, the daemon that was to go goes on.

use std::io;
use std::path::PathBuf;

use cp_token_protocol::Failure;
use cp_token_protocol::handover::FORMAT;

use crate::base::files::{self, FileError};
use crate::ipc::activation::ActivationError;
use crate::process::instance::InstanceError;

/// Why a hand-over does not take place.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// The system did not say at the start which file the daemon runs.
    #[error("the system does not say where cp-tokend lies")]
    Nowhere,
    /// What lies there is not run.
    #[error("the program {0} is not run: {1}")]
    Program(String, #[source] ProgramFault),
    /// The system refused a process or a descriptor.
    #[error("the system refuses a new process: {}", files::describe(.0))]
    System(io::Error),
    /// The limits on the daemon's memory leave too little of it.
    #[error("its limits on memory (RLIMIT_AS, RLIMIT_DATA) leave too little for a restart")]
    Memory,
    /// The successor ended, or broke off, before it was ready.
    #[error("the program {0} ended before it was ready")]
    NotReady(String),
    /// It did not say in time that it was ready.
    #[error("the program {0} does not get ready")]
    Silent(String),
    /// It speaks another format.
    #[error("the program {0} hands over in format {1}, and this daemon in format {2}")]
    Format(String, u16, u16),
    /// Somebody looks into this process or the new one.
    #[error("another program traces the daemon")]
    Traced,
    /// Others may look into the new process, because it has not hardened itself.
    #[error("other programs may look into the new process")]
    Exposed,
    /// Whoever spoke is another process.
    #[error("another process than the new one has spoken")]
    Stranger,
    /// It is proved, and yet the system does not run it in this process's place.
    #[error("the system does not run the program {0} in this process: {reason}", reason = files::describe(.1))]
    NotRun(String, io::Error),
    /// It took nothing, or died over it.
    #[error("the program {0} did not take over")]
    NotTaken(String),
    /// It says why it does not take over.
    #[error("the successor says: {}", .0.message)]
    Refused(Failure),
    /// There was no moment at which nothing was under way.
    #[error("work under way did not end within {0} s")]
    NoQuiet(u64),
    /// The successor would have no profiles.
    #[error("{}", .0.message)]
    Config(Failure),
}

/// Why a program is not run.
#[derive(Debug, thiserror::Error)]
pub enum ProgramFault {
    /// It cannot be opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not executable, or runs with other rights than its caller's.
    #[error("its mode {:04o} is not that of a plain program{}", .0, files::run("chmod 755", .1))]
    Mode(u32, PathBuf),
}

/// Why what was given is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeOverError {
    /// A descriptor is closed, or not from our parent.
    #[error("what is handed over does not come from a daemon that started this process")]
    Stranger,
    /// It hands over in another way.
    #[error("the daemon that runs hands over in another format than {FORMAT}")]
    Format,
    /// The socket is none of ours.
    #[error(transparent)]
    Socket(#[from] ActivationError),
    /// The lock is not.
    #[error(transparent)]
    Lock(#[from] InstanceError),
    /// The channel failed.
    #[error("the daemon that runs broke off")]
    Broken,
}
