//! Owns the entries of the daemon's log: who requested what, when, and the outcome. No field can hold a secret, a token
//! or text of a server.

use crate::wire::{Decode, Encode};
use crate::{ErrorCode, ProfileName};

/// A part of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct LogRequest {
    /// How many entries, the newest ones. The daemon sends at most 256 at a time.
    pub limit: u32,
    /// Only entries before the one of this number; absent: up to the newest.
    pub before: Option<u64>,
}

/// One request, or one action of the daemon itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LogEntry {
    /// Counts from 1 since the daemon started; the log drops the oldest entries.
    pub number: u64,
    /// When it was requested, in seconds since 1970, UTC, by the machine's wall clock.
    pub at: u64,
    /// The profile; absent if there is none or it is unknown.
    pub profile: Option<ProfileName>,
    /// What was requested.
    pub operation: Operation,
    /// The outcome.
    pub outcome: Outcome,
    /// Who requested it; absent for the daemon itself.
    pub caller: Option<Caller>,
}

/// The caller, as the kernel named it during the request.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Caller {
    /// The user; the only field for decisions.
    pub uid: u32,
    /// The process, usually `cp-token`. For people: any program of the user can have any name.
    pub process: Process,
    /// Its parent process; absent if it has ended or is hidden.
    pub parent: Option<Process>,
}

/// A process as the kernel names it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Process {
    /// Its number; 0 if the kernel has none for us.
    pub pid: u32,
    /// Its name, at most 15 characters; empty if the process has ended or is hidden.
    pub program: String,
}

macro_rules! operations {
    ($($variant:ident $name:literal: $doc:literal;)*) => {
        /// What was requested, or done by the daemon itself.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
        pub enum Operation { $(#[doc = $doc] $variant,)* }

        impl Operation {
            /// Its stable name in every form of the log.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

operations! {
    Get "get": "A token.";
    GetRejected "get-rejected": "Another token than one that the API has rejected.";
    GetFresh "get-fresh": "A token that is issued after the request.";
    Forget "forget": "Live tokens are dropped.";
    ProfileCreate "profile-create": "A new profile.";
    ProfileUpdate "profile-update": "A change to a profile.";
    ProfileResetSecret "profile-reset-secret": "A new secret.";
    ProfileDelete "profile-delete": "A profile is deleted.";
    ProfileUse "profile-use": "Another default.";
    Reload "reload": "The config file is read again.";
    Stop "stop": "The daemon stops.";
    Lock "lock": "The daemon locks.";
    ArmSuspendLock "arm-suspend-lock": "From now on the daemon locks on suspend.";
    Unlock "unlock": "The daemon unlocks.";
    DisarmSuspendLock "disarm-suspend-lock": "The daemon no longer locks on suspend.";
    Doctor "doctor": "A check of the daemon, the profiles and the servers.";
    TokenRequest "token-request": "A token request of the daemon that callers wait for.";
    Renewal "renewal": "A token request of the daemon ahead of a token's expiry.";
    Restart "restart": "An upgrade to the program's new file.";
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// The token was held already.
    Served,
    /// The server issued a token for it.
    Issued,
    /// The token of a request in flight was served.
    Waited,
    /// Done.
    Done,
    /// The caller disconnected before the response.
    Abandoned,
    /// Not done.
    Failed(ErrorCode),
}

impl Outcome {
    /// Its stable name in every form of the log.
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

    /// The code of a failure.
    pub const fn code(self) -> Option<ErrorCode> {
        if let Self::Failed(code) = self { Some(code) } else { None }
    }
}
