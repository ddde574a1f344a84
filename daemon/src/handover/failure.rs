//! Owns the words for a hand-over that does not take place. The daemon goes on in each case, and says so.

use cp_token_protocol::{ErrorCode, Failure};

use crate::failure::StartError;
use crate::handover::{HandoverError, ProgramFault, TakeOverError};

/// What it means that the program's new file does not take over.
pub fn of_handover(error: &HandoverError) -> Failure {
    let (code, hint) = match error {
        HandoverError::NoQuiet(_) => (ErrorCode::HANDOVER_DELAYED, "Try again"),
        HandoverError::Config(failure) if failure.code == ErrorCode::SHORT_OF_RESOURCES => {
            (ErrorCode::HANDOVER_FAILED, failure.hint.as_str())
        }
        HandoverError::Config(failure) => (failure.code, "Fix it first; a new daemon would have no profiles"),
        HandoverError::Refused(failure) => (ErrorCode::HANDOVER_FAILED, failure.hint.as_str()),
        HandoverError::Program(_, ProgramFault::File(_) | ProgramFault::Mode(..)) => {
            (ErrorCode::HANDOVER_FAILED, "Fix that, or install cp-tokend anew; then try again")
        }
        HandoverError::Nowhere => (ErrorCode::HANDOVER_FAILED, "Is /proc mounted?"),
        HandoverError::System(_) => {
            (ErrorCode::HANDOVER_FAILED, "Free some of the machine's processes, descriptors or memory")
        }
        HandoverError::Memory => (
            ErrorCode::HANDOVER_FAILED,
            "Raise them: `sudo prlimit --as=unlimited --data=unlimited --pid` with the number of its process; then try again",
        ),
        HandoverError::NotReady(_) => (ErrorCode::HANDOVER_FAILED, LIMITS),
        HandoverError::Silent(_) | HandoverError::Format(..) | HandoverError::NotTaken(_) => {
            (ErrorCode::HANDOVER_FAILED, GIVE_UP)
        }
        HandoverError::Exposed | HandoverError::Stranger => (ErrorCode::HANDOVER_FAILED, GIVE_UP),
        HandoverError::NotRun(..) => (ErrorCode::HANDOVER_FAILED, "See that it can be run; then try again"),
        HandoverError::Traced => (ErrorCode::HANDOVER_FAILED, "End the debugger, and try again"),
    };
    Failure::new(code, format!("the daemon goes on as before: {error}")).with_hint(hint)
}

/// A successor that the daemon's own limits do not let begin says nothing that could be passed on.
const LIMITS: &str = "See whether a hard limit is too low for it: `prlimit --pid` with the number of the daemon's process \
     (NOFILE, CPU, STACK); raise that with sudo, or install cp-tokend anew, and try again";

const GIVE_UP: &str = "To go on without a hand-over, run `cp-token daemon stop`, which loses secrets that only memory \
     holds, and `cp-token daemon start`";

impl StartError for TakeOverError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        let hint = match self {
            TakeOverError::Stranger | TakeOverError::Broken => {
                "Run it without --take-over, which is for cp-tokend's own use"
            }
            TakeOverError::Format | TakeOverError::Socket(_) | TakeOverError::Lock(_) => {
                "The daemon that runs goes on; `cp-token daemon stop` ends it"
            }
        };
        (ErrorCode::HANDOVER_FAILED, hint)
    }
}
