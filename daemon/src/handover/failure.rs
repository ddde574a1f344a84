//! Owns the messages for a hand-over that fails. The old process goes on in each case, and says so.

use cp_token_protocol::{ErrorCode, Failure};

use crate::failure::StartError;
use crate::handover::{HandoverError, TakeOverError};

/// The failure of a restart.
pub fn of_handover(error: &HandoverError) -> Failure {
    let code = if let HandoverError::Busy(_) = error {
        ErrorCode::HANDOVER_DELAYED
    } else if let HandoverError::Config(failure) = error
        && failure.code != ErrorCode::SHORT_OF_RESOURCES
    {
        failure.code
    } else {
        ErrorCode::HANDOVER_FAILED
    };
    Failure::new(code, format!("the daemon goes on as before: {error}")).with_hint(hint(error))
}

fn hint(error: &HandoverError) -> &str {
    match error {
        HandoverError::Busy(_) => "try again",
        HandoverError::Config(failure) if failure.code != ErrorCode::SHORT_OF_RESOURCES => {
            "fix it first; a new daemon would have no profiles"
        }
        HandoverError::Config(failure) | HandoverError::Refused(failure) => &failure.hint,
        HandoverError::Program(..) => "fix that, or install cp-tokend again; then try again",
        HandoverError::NoProgram => "is /proc mounted?",
        HandoverError::System(_) => "free some of the machine's processes, descriptors or memory",
        HandoverError::Memory => {
            "raise them: `sudo prlimit --as=unlimited --data=unlimited --pid` with the number of its process; then try again"
        }
        // A new process that the daemon's own limits stop cannot say why.
        HandoverError::NotReady(_) => {
            "see whether a hard limit is too low for it: `prlimit --pid` with the number of the daemon's process \
             (NOFILE, CPU, STACK); raise that with sudo, or install cp-tokend again, and try again"
        }
        HandoverError::Timeout(_)
        | HandoverError::Format(..)
        | HandoverError::NotImported(_)
        | HandoverError::NotHardened
        | HandoverError::WrongProcess => {
            "to go on without a hand-over, run `cp-token daemon stop`, which loses secrets that only memory \
             holds, and `cp-token daemon start`"
        }
        HandoverError::ExecFailed(..) => "see that it can be run; then try again",
        HandoverError::Traced => "end the debugger, and try again",
    }
}

const STOP_HINT: &str = "the daemon that runs goes on; `cp-token daemon stop` ends it";

impl StartError for TakeOverError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        let hint = match self {
            TakeOverError::WrongProcess | TakeOverError::Broken => {
                "run it without --take-over, which is for cp-tokend's own use"
            }
            TakeOverError::Format | TakeOverError::Lock(_) => STOP_HINT,
            #[cfg(unix)]
            TakeOverError::Socket(_) => STOP_HINT,
        };
        (ErrorCode::HANDOVER_FAILED, hint)
    }
}
