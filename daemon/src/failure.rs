//! Owns the one way from an internal error to a stable code, a sentence and a hint. Every match is
//! exhaustive: a new error does not compile until somebody has decided what it means to a caller.

use std::io::ErrorKind;
use std::ops::Range;
use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use crate::files::FileError;
use crate::lease::{FailureKind, policy};
use crate::profile::Profile;
use crate::registry::error::RegistryError;
use crate::trade::Unredeemed;

mod code;
mod handed;
mod handover;
mod invisible;
mod lease;
mod lock;
mod refused;
mod start;
mod token_request;
mod turn;
mod unknown;
mod unproved;
mod vault;
mod way;

pub use code::{code_pending, of_code};
pub use handover::of_handover;
pub use invisible::with_ends;
pub use lease::{for_who_waited, of_acceptance, of_refusal, with_pause};
pub use lock::{
    locked, locked_already, no_memory_for_key, no_passphrase, passphrase_busy, passphrase_refused,
    sleep_unannounced,
};
pub use refused::{another_code, not_kept, refused_again};
pub use start::{StartError, of_start};
pub use token_request::{kind_of, of_token_request};
pub use turn::{Shared, of_turn};
pub use vault::{of_foreign, of_keyring, of_load, of_vault};

const RESET_IN_CONSOLE: &str = "In the console, choose Administration > Integrations > API Clients, \
     then Actions > Reset API secret";

/// The end of a hint of what passes.
const KEPT: &str = "; the secret is kept and tried again";

/// The other cause of a client that is refused.
const IF_DELETED: &str = "; if the client was deleted there";

/// What to do where the system is short of something.
const SHORT: &str = "Raise that limit, or end what uses it up; then try again";

const NO_PLACE: &str = "Set CP_TOKEN_CONFIG_DIR and CP_TOKEN_STATE_DIR to folders of your own that can be written to, \
     run `cp-token daemon stop`, then run this again";

const ONCE_MORE: &str = "; to try the same once more, ";

/// The attempt was overtaken by `forget`, `delete` or a change of the profile.
pub fn superseded() -> Failure {
    Failure::new(
        ErrorCode::SUPERSEDED,
        "the token request was dropped because the profile was changed or forgotten",
    )
    .with_hint("Ask again")
    .with_retry_after(Duration::ZERO)
}

/// The daemon is stopping.
pub fn stopping() -> Failure {
    Failure::new(ErrorCode::STOPPING, "the daemon is stopping")
        .with_hint("Ask again; it is started anew when needed")
}

/// The daemon hands over, and whoever waits for the end of a pause goes on waiting at the next one.
pub fn restarting() -> Failure {
    Failure::new(ErrorCode::STOPPING, "the daemon is being restarted")
        .with_hint("Ask again")
        .with_retry_after(Duration::from_millis(250))
}

/// As many callers wait for the profile as may.
pub fn too_many_waiting(profile: &Profile) -> Failure {
    let message = format!("too many callers wait for a token of profile {}", profile.name);
    Failure::new(ErrorCode::TOO_MANY_WAITING, message)
        .with_hint("Ask again later, and see `cp-token doctor` for why they wait")
        .with_retry_after(Duration::from_millis(500))
}

/// As many callers wait for whatever it may be as may.
pub fn too_much_at_work() -> Failure {
    Failure::new(ErrorCode::TOO_MANY_WAITING, "too many callers wait for the daemon")
        .with_hint("Ask again later, and see `cp-token doctor` for why they wait")
        .with_retry_after(Duration::from_millis(500))
}

/// Whether a failure is one of the server or of the way to it that a later request may not meet any more.
pub fn passes(code: ErrorCode) -> bool {
    let stays = [ErrorCode::REDIRECTED, ErrorCode::UNTRUSTED_SERVER];
    (400..500).contains(&code.0) && !stays.contains(&code)
}

/// A caller's own time ran out.
pub fn timed_out() -> Failure {
    Failure::new(ErrorCode::TIMED_OUT, "no token was issued within the time allowed")
        .with_hint("Ask again, or allow more with --timeout")
        .with_retry_after(Duration::from_secs(1))
}

/// A caller's own time ran out while another profile tried the same secret.
pub fn behind(profile: &Profile, other: &ProfileName) -> Failure {
    let message = format!(
        "profile {}: no token was issued within the time allowed; it waits for profile {other}, which tries the same secret, or the same password of a proxy, and has no answer yet",
        profile.name
    );
    Failure { message, ..timed_out() }
}

/// The profile has no tokens, and the caller takes nothing else.
pub fn no_token(profile: &Profile) -> Failure {
    let message =
        format!("profile {} sends user name and password with each request and has no token", profile.name);
    Failure::new(ErrorCode::NO_TOKEN, message)
        .with_hint("Print them with --format header, for resources of v1, v4 and later; v3 never takes them")
}

/// A request that does not decode. Nothing of it is repeated.
pub fn malformed() -> Failure {
    Failure::new(ErrorCode::MALFORMED_REQUEST, "the request is malformed")
}

/// A reply that does not fit a frame.
pub fn reply_too_long() -> Failure {
    Failure::new(ErrorCode::INTERNAL, "the reply is too long for the protocol")
        .with_hint("Please report it as a bug")
}

/// A bug.
pub fn internal() -> Failure {
    Failure::new(ErrorCode::INTERNAL, "the daemon failed at this request")
        .with_hint("Please report it as a bug")
}

/// What it means that an attempt at a token ended in a panic: for its profile a failure that passes.
pub fn panicked() -> Unredeemed {
    Unredeemed {
        failure: internal(),
        kind: FailureKind::Passing { retry_after: None, cap: policy::SERVER_CAP },
    }
}

/// What a registry's error means.
pub fn of_registry(error: &RegistryError) -> Failure {
    let (code, hint) = match error {
        RegistryError::Vault(error, profile) => return of_vault(*error, profile),
        RegistryError::Foreign(error, profile) => return of_foreign(*error, profile),
        RegistryError::Unproved(failure) => return unproved::unproved(failure),
        RegistryError::Reload(failure) => return failure.clone(),
        RegistryError::Locked => return locked(),
        RegistryError::Bug => return internal(),
        RegistryError::ReadOnly(_, by_hand) => {
            let hint = format!("Edit it where it comes from: {by_hand}");
            return Failure::new(ErrorCode::WRITE_FAILED, error.to_string()).with_hint(hint);
        }
        RegistryError::NoPlace(..) => (ErrorCode::WRITE_FAILED, NO_PLACE),
        RegistryError::NotCreated(failure, name) => return unproved::not_created(failure, name),
        RegistryError::UnknownProfile(_, near) => {
            return Failure::new(ErrorCode::UNKNOWN_PROFILE, error.to_string())
                .with_hint(unknown::meant(near));
        }
        RegistryError::UnknownUrl(_) => (ErrorCode::UNKNOWN_URL, unknown::SEE_LIST),
        RegistryError::AmbiguousUrl(..) => (ErrorCode::UNKNOWN_URL, "Choose one with --profile"),
        RegistryError::AmbiguousOrigin(..) => (
            ErrorCode::AMBIGUOUS_PROFILE,
            "Name one with -p, or as the user name that another program sends, or make one the default: `cp-token profile use NAME`",
        ),
        RegistryError::UnknownUser(_) => (
            ErrorCode::UNKNOWN_PROFILE,
            "Name a profile, its client ID or its user as the user name, or leave it out",
        ),
        RegistryError::NoProfile => {
            (ErrorCode::NO_PROFILE, "Create one: `cp-token profile create NAME --url URL --client-id ID`")
        }
        RegistryError::Ambiguous(_) => (
            ErrorCode::AMBIGUOUS_PROFILE,
            "Choose one with --profile, or make one the default: `cp-token profile use NAME`",
        ),
        RegistryError::Exists(_) => (
            ErrorCode::PROFILE_EXISTS,
            "Change it with `cp-token profile update`, give it a new secret with `cp-token profile reset-secret`, or choose another name",
        ),
        RegistryError::Url(_) | RegistryError::Origin(_) => (ErrorCode::INVALID_URL, ""),
        RegistryError::Grammar(_) => (ErrorCode::INVALID_ARGUMENT, "See `cp-token profile create --help`"),
        RegistryError::Proxy(_) => (ErrorCode::INVALID_ARGUMENT, ""),
        RegistryError::Seed(_) => {
            (ErrorCode::SECRET_INVALID, "Copy it from where the account's codes were set up")
        }
        RegistryError::SeedNeeded => (ErrorCode::INVALID_ARGUMENT, "Give the seed with it"),
        RegistryError::NotOurs => (
            ErrorCode::INVALID_ARGUMENT,
            "Change the secret where it is kept, then run this without a secret: it is looked at anew",
        ),
        RegistryError::RelativeBundle => (ErrorCode::INVALID_ARGUMENT, "Give the path from the root"),
        RegistryError::SecretNeeded => (ErrorCode::INVALID_ARGUMENT, "Give its secret with it"),
        RegistryError::Secret(_) => {
            (ErrorCode::SECRET_INVALID, "Copy it whole from the console, without a line break inside")
        }
        RegistryError::Config(..) => {
            (ErrorCode::CONFIG_BROKEN, "Mend the file; it is read again at the next request")
        }
        RegistryError::ConfigFile(_, error) | RegistryError::WriteFailed(_, error) if error.is_shortage() => {
            return Failure::new(ErrorCode::SHORT_OF_RESOURCES, format!("{error}; nothing was changed"))
                .with_hint(SHORT);
        }
        RegistryError::ConfigFile(_, FileError::TooLarge) => (
            ErrorCode::CONFIG_BROKEN,
            "Take out what is not needed; ten thousand profiles fit well within that",
        ),
        RegistryError::ConfigFile(_, FileError::Hangs) => (
            ErrorCode::CONFIG_BROKEN,
            "See whether you can read the file yourself; the profiles that are known already go on",
        ),
        RegistryError::WriteFailed(_, FileError::Hangs) => (
            ErrorCode::WRITE_FAILED,
            "See whether you can write there yourself, then run it again; nothing was changed, and nothing will be",
        ),
        RegistryError::ConfigFile(_, FileError::Absent) => (
            ErrorCode::CONFIG_BROKEN,
            "Put it back; its profiles go on meanwhile. If they are to go, put an empty file in its place",
        ),
        RegistryError::ConfigFile(_, FileError::NotText) => {
            (ErrorCode::CONFIG_BROKEN, "Save it as UTF-8; it is read again at the next request")
        }
        RegistryError::ConfigFile(_, error) if !error.is_distrust() => {
            (ErrorCode::CONFIG_UNSAFE, "Mend that first; it is read again at the next request")
        }
        RegistryError::ConfigFile(..) => (
            ErrorCode::CONFIG_UNSAFE,
            "Mend that first; cp-token uses no config that others could have written",
        ),
        RegistryError::Overtaken(..) => (ErrorCode::CONFIG_CHANGED, "Look at the file, then run it again"),
        RegistryError::Busy(_) | RegistryError::WriteFailed(_, FileError::Locked) => {
            (ErrorCode::CONFIG_CHANGED, "Run it again; nothing was changed")
        }
        RegistryError::TooMany => (ErrorCode::TOO_MANY_CHANGES, "Run it again; nothing was changed"),
        RegistryError::Unwritable(_) => (
            ErrorCode::CONFIG_BROKEN,
            "Give each profile a table of its own there, [profile.NAME], and run it again",
        ),
        RegistryError::TooLarge(..) => (ErrorCode::WRITE_FAILED, "Delete profiles that are not needed"),
        RegistryError::WriteFailed(_, FileError::Io(error)) if error.kind() == ErrorKind::FileTooLarge => (
            ErrorCode::WRITE_FAILED,
            "Raise the limit (`sudo prlimit --fsize=unlimited --pid` with the number of its process), then run it again; nothing was changed",
        ),
        RegistryError::WriteFailed(..) => (
            ErrorCode::WRITE_FAILED,
            "Make room, give yourself the right to write there, or set CP_TOKEN_STATE_DIR for the state file and CP_TOKEN_CONFIG_DIR for the config; nothing was changed",
        ),
    };
    Failure::new(code, error.to_string()).with_hint(hint)
}

/// The part of a hint that says how the very same is tried once more.
fn once_more(name: &ProfileName) -> String {
    format!("{ONCE_MORE}`cp-token forget -p {name}`")
}

/// Where a hint says that.
fn once_more_in(hint: &str) -> Option<Range<usize>> {
    let start = hint.find(ONCE_MORE)?;
    let (end, _) = hint[start..].match_indices('`').nth(1)?;
    Some(start..start + end + 1)
}

/// Whole seconds, never too few.
fn seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}
