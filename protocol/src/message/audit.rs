//! Owns the entries of the daemon's log: who asked for what, when, and what came of it. No field can hold a
//! secret, a token or text of a server.

use crate::wire::{Decode, Encode};
use crate::{ErrorCode, ProfileName};

/// Which part of the log is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct LogRequest {
    /// The most entries that are wanted; the newest count. The daemon gives at most 256 at once.
    pub limit: u32,
    /// Only entries before the one of this number; absent: up to the newest.
    pub before: Option<u64>,
}

/// One thing that was asked for, or that the daemon did by itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LogEntry {
    /// Counts from 1 since the daemon started; what is missing below the first one has fallen out of the log.
    pub number: u64,
    /// When it was asked for, in seconds since 1970, UTC, by the machine's wall clock.
    pub at: u64,
    /// Whose profile it was about; absent where it was about none, or about one that could not be told.
    pub profile: Option<ProfileName>,
    /// What was asked for.
    pub operation: Operation,
    /// What came of it.
    pub outcome: Outcome,
    /// Who asked; absent where nobody did.
    pub caller: Option<Caller>,
}

/// Who asked, as the kernel named them when they did.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Caller {
    /// The user; the one part on which a decision rests.
    pub uid: u32,
    /// The process at the other end, which is `cp-token` as a rule. For people; any program of the user may bear
    /// any name.
    pub process: Process,
    /// The process that started it; absent where it was gone already, or is not to be seen.
    pub parent: Option<Process>,
}

/// A process as the kernel names it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Process {
    /// Its number; 0 where the kernel has none for us.
    pub pid: u32,
    /// Its name, at most 15 characters; empty where it was gone already, or is not to be seen.
    pub program: String,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Operation {
    /// A token.
    Get,
    /// Another token than one that the API has rejected.
    GetRejected,
    /// A token that is issued after the request.
    GetFresh,
    /// That live tokens are dropped.
    Forget,
    /// A new profile.
    ProfileCreate,
    /// A change to a profile.
    ProfileUpdate,
    /// A new secret.
    ProfileResetSecret,
    /// That a profile goes.
    ProfileDelete,
    /// Another default.
    ProfileUse,
    /// That the config file is read again.
    Reload,
    /// The daemon's end.
    Stop,
    /// The lock.
    Lock,
    /// The lock, whenever the machine is about to sleep.
    ArmSuspendLock,
    /// The end of the lock.
    Unlock,
    /// No lock when the machine is about to sleep.
    DisarmSuspendLock,
    /// A look at everything between the daemon and the servers.
    Doctor,
    /// A token request that somebody waits for, as the daemon made it.
    TokenRequest,
    /// A token request that the daemon made ahead of a token's end.
    Renewal,
    /// That the daemon goes on with the program's new file.
    Restart,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// A token that was held was handed out.
    Served,
    /// A token was issued for it.
    Issued,
    /// A token was handed out that was being requested already.
    Waited,
    /// It was done.
    Done,
    /// The caller left before there was an answer.
    Abandoned,
    /// It was not done.
    Failed(ErrorCode),
}

impl Operation {
    /// The word for it in every form of the log. It stays the same.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::GetRejected => "get-rejected",
            Self::GetFresh => "get-fresh",
            Self::Forget => "forget",
            Self::ProfileCreate => "profile-create",
            Self::ProfileUpdate => "profile-update",
            Self::ProfileResetSecret => "profile-reset-secret",
            Self::ProfileDelete => "profile-delete",
            Self::ProfileUse => "profile-use",
            Self::Reload => "reload",
            Self::Stop => "stop",
            Self::Lock => "lock",
            Self::ArmSuspendLock => "arm-suspend-lock",
            Self::Unlock => "unlock",
            Self::DisarmSuspendLock => "disarm-suspend-lock",
            Self::Doctor => "doctor",
            Self::TokenRequest => "token-request",
            Self::Renewal => "renewal",
            Self::Restart => "restart",
        }
    }
}

impl Outcome {
    /// The word for it in every form of the log. It stays the same.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Issued => "issued",
            Self::Waited => "waited",
            Self::Done => "done",
            Self::Abandoned => "abandoned",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it was not done.
    pub const fn code(self) -> Option<ErrorCode> {
        match self {
            Self::Failed(code) => Some(code),
            Self::Served | Self::Issued | Self::Waited | Self::Done | Self::Abandoned => None,
        }
    }
}
