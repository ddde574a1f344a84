//! Owns the messages for a token request without its one-time code.

use std::time::Duration;

use cp_token_protocol::message::TotpMethod;
use cp_token_protocol::{ErrorCode, Failure};

use crate::failure::seconds;
use crate::lease::{FailureKind, policy};
use crate::profile::Profile;
use crate::secrets::failure::{describe_command, of_source};
use crate::secrets::sources::SourceError;
use crate::token_request::TokenRequestFailed;
use crate::token_request::codes::CodeError;
use crate::token_request::codes::log::ClaimFault;

/// The failure of getting a code to send.
pub fn of_code(error: CodeError, profile: &Profile) -> TokenRequestFailed {
    let cap = policy::MAX_LOCAL_BACKOFF;
    let kind = if let CodeError::Pending(wait) = error {
        FailureKind::Transient { retry_after: Some(wait), cap }
    } else {
        FailureKind::Local(cap)
    };
    TokenRequestFailed { failure: failure(&error, profile), kind }
}

/// The failure that a person has to give the code of the next token request.
pub fn needed(profile: &Profile) -> Failure {
    let message = format!("profile {} needs a one-time code for its next token", profile.name);
    Failure::new(ErrorCode::CODE_NEEDED, message).with_hint(format!(
        "run `cp-token -p {}` at a terminal, set CP_TOKEN_ASKPASS, or use --totp stored or command",
        profile.name
    ))
}

/// The failure that the current code was used, and the caller has no time to wait for the next.
pub fn code_pending(profile: &Profile, wait: Duration) -> Failure {
    let message = format!(
        "profile {}: the one-time code has been used already; the next can be used in {} s",
        profile.name,
        seconds(wait)
    );
    Failure::new(ErrorCode::CODE_PENDING, message).with_hint("ask again then").with_retry_after(wait)
}

fn failure(error: &CodeError, profile: &Profile) -> Failure {
    let name = &profile.name;
    let (code, hint) = match error {
        CodeError::Needed => return needed(profile),
        CodeError::Pending(wait) => return code_pending(profile, *wait),
        CodeError::Program(problem) => return of_program(*problem, profile),
        CodeError::Invalid => (ErrorCode::CODE_INVALID, "give the digits alone".to_owned()),
        CodeError::NoSeed => {
            (ErrorCode::SECRET_ABSENT, format!("enter it: `cp-token profile update {name} --totp stored`"))
        }
        CodeError::Seed(_) => (
            ErrorCode::SECRET_INVALID,
            format!("enter it again: `cp-token profile update {name} --totp stored`"),
        ),
        CodeError::NotRecorded(error) => (ErrorCode::WRITE_FAILED, fix(&error.fault).to_owned()),
    };
    Failure::new(code, format!("profile {name}: {error}")).with_hint(hint)
}

fn fix(fault: &ClaimFault) -> &'static str {
    match fault {
        ClaimFault::Locked => "see that no other cp-tokend hangs, and ask again",
        ClaimFault::Slow => "see that its disk works, and ask again",
        ClaimFault::Broken => "remove that file, and ask again in a minute",
        ClaimFault::File(_) => {
            "fix that, make room or choose another place with CP_TOKEN_STATE_DIR; ask again then"
        }
    }
}

fn of_program(problem: SourceError, profile: &Profile) -> Failure {
    let mut failure = of_source(problem, profile);
    let what = if let SourceError::Command(error) = problem {
        let argv = if let TotpMethod::Command(argv) = &profile.totp { Some(argv.as_slice()) } else { None };
        describe_command("the command for one-time codes", argv, error)
    } else {
        format!("one-time codes: {problem}")
    };
    failure.message = format!("profile {}: {what}", profile.name);
    failure
}
