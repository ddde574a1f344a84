//! Owns the messages for a process that cannot be protected.

use cp_token_protocol::ErrorCode;

use crate::failure::StartError;
use crate::process::harden::HardenError;

impl StartError for HardenError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        let hint = match self {
            HardenError::Privileged => "run it with the rights of the user it serves",
            HardenError::Descriptors(..) => "raise the limit (ulimit -n, LimitNOFILE=) and start it again",
            HardenError::ProcessorTime(..) => "raise the limit (ulimit -t, LimitCPU=) and start it again",
        };
        (ErrorCode::DAEMON_UNAVAILABLE, hint)
    }
}
