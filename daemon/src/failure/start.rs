//! Owns the words for a daemon that cannot start.

use cp_token_protocol::{AddressError, ErrorCode, Failure};

use crate::handover::TakeError;
use crate::harden::HardenError;
use crate::instance::InstanceError;
use crate::ipc::activation::ActivationError;
use crate::ipc::socket::MeetingError;

/// An error that keeps the daemon from starting.
pub trait StartError: std::error::Error {
    /// Its code, and what to do about it.
    fn meaning(&self) -> (ErrorCode, &'static str);
}

/// What it means that the daemon cannot start.
pub fn of_start(error: &impl StartError) -> Failure {
    let (code, hint) = error.meaning();
    Failure::new(code, format!("the daemon cannot start: {error}")).with_hint(hint)
}

impl StartError for HardenError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        let hint = match self {
            HardenError::Privileged => "Run it with the rights of the user it serves",
            HardenError::Descriptors(..) => "Raise the limit (ulimit -n, LimitNOFILE=) and start it anew",
            HardenError::ProcessorTime(..) => "Raise the limit (ulimit -t, LimitCPU=) and start it anew",
        };
        (ErrorCode::DAEMON_UNAVAILABLE, hint)
    }
}

impl StartError for AddressError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        (ErrorCode::CONFIG_UNSAFE, "Set it to an absolute path, or take it away")
    }
}

impl StartError for ActivationError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        (ErrorCode::CONFIG_UNSAFE, "Mend the service manager's socket unit")
    }
}

impl StartError for TakeError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        let hint = match self {
            TakeError::Stranger | TakeError::Broken => {
                "Run it without --take-over, which is for cp-tokend's own use"
            }
            TakeError::Format | TakeError::Socket(_) | TakeError::Lock(_) => {
                "The daemon that runs goes on; `cp-token daemon stop` ends it"
            }
        };
        (ErrorCode::HANDOVER_FAILED, hint)
    }
}

impl StartError for MeetingError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        match self {
            MeetingError::Folder(..) => (
                ErrorCode::CONFIG_UNSAFE,
                "Mend the folder, or set XDG_RUNTIME_DIR, CP_TOKEN_STATE_DIR or CP_TOKEN_SOCKET to a place of your own",
            ),
            MeetingError::Instance(InstanceError::Taken) => {
                (ErrorCode::DAEMON_UNAVAILABLE, "Use it, or stop it with `cp-token daemon stop`")
            }
            MeetingError::Instance(InstanceError::Lost(_) | InstanceError::File(..)) => {
                (ErrorCode::DAEMON_UNAVAILABLE, "Set CP_TOKEN_SOCKET to a place on a local disk")
            }
            #[cfg(unix)]
            MeetingError::Watched(_) => (
                ErrorCode::DAEMON_UNAVAILABLE,
                "Use its daemon, or end the service with `cp-token service uninstall`",
            ),
            #[cfg(unix)]
            MeetingError::Covered(_) => {
                (ErrorCode::DAEMON_UNAVAILABLE, "Remove that: the daemon then makes its socket anew")
            }
            MeetingError::NameTaken(_) => (ErrorCode::DAEMON_UNAVAILABLE, "Then ask again"),
            MeetingError::Bind(..) => {
                (ErrorCode::DAEMON_UNAVAILABLE, "Set CP_TOKEN_SOCKET to a place on a local disk")
            }
        }
    }
}

impl StartError for std::io::Error {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        (ErrorCode::DAEMON_UNAVAILABLE, "Free some of the machine's processes, descriptors or memory")
    }
}
