//! Owns the one way from an internal error to a stable code, a sentence and a hint. Every match is
//! exhaustive: a new error does not compile until somebody has decided what it means to a caller.

use std::time::Duration;

use cp_token_protocol::message::Identity;
use cp_token_protocol::{ErrorCode, Failure};

use crate::authority::TokenRequestError;
use crate::lease::{FailureKind, policy};
use crate::profile::Profile;
use crate::registry::error::RegistryError;
use crate::trade::Unredeemed;
use crate::vault::VaultError;

mod lease;
mod start;

pub use lease::{of_acceptance, of_refusal};
pub use start::{StartError, of_file, of_start};

const RESET_IN_CONSOLE: &str = "In the console, choose Administration > Integrations > API Clients, \
     then Actions > Reset API secret";

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

/// A caller's own time ran out.
pub fn timed_out() -> Failure {
    Failure::new(ErrorCode::TIMED_OUT, "no token was issued within the time allowed")
        .with_hint("Ask again, or allow more with --timeout")
        .with_retry_after(Duration::from_secs(1))
}

/// A request that does not decode. Nothing of it is repeated.
pub fn malformed() -> Failure {
    Failure::new(ErrorCode::MALFORMED_REQUEST, "the request is malformed")
}

/// A reply that does not fit a frame.
pub fn reply_too_long() -> Failure {
    Failure::new(ErrorCode::INTERNAL, "the reply is too long for the protocol")
        .with_hint("Delete profiles that are not needed, or report this as a bug")
}

/// A bug.
pub fn internal() -> Failure {
    Failure::new(ErrorCode::INTERNAL, "the daemon failed at this request")
        .with_hint("Please report it as a bug")
}

/// What a failed token request means, to callers and to the next request.
pub fn of_token_request(error: &TokenRequestError, profile: &Profile) -> Unredeemed {
    let name = &profile.name;
    let (code, hint) = match error {
        TokenRequestError::Refused { .. } => {
            return Unredeemed { failure: refused(profile, error.to_string()), kind: kind_of(error) };
        }
        TokenRequestError::Busy { .. } => (ErrorCode::SERVER_BUSY, "Ask again later".to_owned()),
        TokenRequestError::ServerFailed { .. } => (ErrorCode::SERVER_FAILED, "Ask again later".to_owned()),
        TokenRequestError::Unreachable(_) => (
            ErrorCode::SERVER_UNREACHABLE,
            format!("Check the network, and the URL with `cp-token profile show {name}`"),
        ),
        TokenRequestError::TimedOut => (ErrorCode::TIMED_OUT, "Check the network, and ask again".to_owned()),
        TokenRequestError::Untrusted(_) => (
            ErrorCode::UNTRUSTED_SERVER,
            format!(
                "If a company proxy or a test server signs with its own CA: `cp-token profile update {name} --ca-bundle FILE`"
            ),
        ),
        TokenRequestError::Redirected { to } => (
            ErrorCode::REDIRECTED,
            format!("If the console has moved there: `cp-token profile update {name} --url {to}`"),
        ),
        TokenRequestError::BadAnswer(_) => (
            ErrorCode::BAD_ANSWER,
            format!("Check that the URL is the console's, with `cp-token profile show {name}`"),
        ),
        TokenRequestError::CaBundle { .. } => (
            ErrorCode::CA_BUNDLE_UNREADABLE,
            format!("Mend the file, or choose another: `cp-token profile update {name} --ca-bundle FILE`"),
        ),
        TokenRequestError::BadClientId => (
            ErrorCode::INVALID_ARGUMENT,
            format!("Set it anew: `cp-token profile update {name} --client-id ID`"),
        ),
    };
    let failure = Failure::new(code, format!("profile {name}: {error}")).with_hint(hint);
    Unredeemed { failure, kind: kind_of(error) }
}

/// What a failed token request means for the next one.
pub fn kind_of(error: &TokenRequestError) -> FailureKind {
    let (cap, retry_after) = match error {
        TokenRequestError::Refused { .. } | TokenRequestError::BadClientId => return FailureKind::Final,
        TokenRequestError::Busy { retry_after } | TokenRequestError::ServerFailed { retry_after, .. } => {
            (policy::SERVER_CAP, *retry_after)
        }
        TokenRequestError::BadAnswer(_) => (policy::SERVER_CAP, None),
        TokenRequestError::Unreachable(_)
        | TokenRequestError::Untrusted(_)
        | TokenRequestError::TimedOut
        | TokenRequestError::Redirected { .. }
        | TokenRequestError::CaBundle { .. } => (policy::LOCAL_CAP, None),
    };
    FailureKind::Passing { retry_after, cap }
}

/// What it means that a profile's secret could not be loaded for a token request.
pub fn of_load(error: VaultError, profile: &Profile) -> Unredeemed {
    Unredeemed {
        failure: of_vault(error, profile),
        kind: FailureKind::Passing { retry_after: None, cap: policy::LOCAL_CAP },
    }
}

/// What a secret source's error means.
pub fn of_vault(error: VaultError, profile: &Profile) -> Failure {
    let name = &profile.name;
    let another = "or keep the secret elsewhere, for instance with `--secret-source memory`";
    let (code, hint) = match error {
        VaultError::Absent => {
            let Identity::ApiClient(client) = &profile.identity;
            let message = format!("profile {name}: there is no secret for {client} at {}", profile.url);
            return Failure::new(ErrorCode::SECRET_ABSENT, message)
                .with_hint(format!("Enter it: `cp-token profile reset-secret {name}`"));
        }
        VaultError::Unavailable | VaultError::NoCollection => (
            ErrorCode::KEYRING_UNAVAILABLE,
            format!("Start a keyring service (gnome-keyring, KWallet, KeePassXC), {another}"),
        ),
        VaultError::Locked => (ErrorCode::KEYRING_LOCKED, "Unlock the keyring, and ask again".to_owned()),
        VaultError::Denied => {
            (ErrorCode::KEYRING_DENIED, "Allow cp-tokend in the keyring's own settings".to_owned())
        }
        VaultError::TimedOut | VaultError::Busy => (
            ErrorCode::KEYRING_TIMED_OUT,
            "See whether the keyring waits for an answer on your screen, and ask again".to_owned(),
        ),
        VaultError::Ambiguous => (
            ErrorCode::KEYRING_AMBIGUOUS,
            "Remove all but one of them in the keyring's own program".to_owned(),
        ),
        VaultError::TooLarge => (ErrorCode::SECRET_TOO_LARGE, format!("Use a shorter secret, {another}")),
        VaultError::Unusable => {
            (ErrorCode::SECRET_INVALID, format!("Enter it anew: `cp-token profile reset-secret {name}`"))
        }
        VaultError::Failed => {
            (ErrorCode::KEYRING_UNAVAILABLE, format!("See the keyring's own log, {another}"))
        }
    };
    Failure::new(code, format!("profile {name}: {error}")).with_hint(hint)
}

/// What a registry's error means.
pub fn of_registry(error: &RegistryError) -> Failure {
    let (code, hint) = match error {
        RegistryError::Vault(error, profile) => return of_vault(*error, profile),
        RegistryError::Unproved(failure) => return unproved(failure),
        RegistryError::UnknownProfile(_) | RegistryError::UnknownUrl(_) => (
            if matches!(error, RegistryError::UnknownUrl(_)) {
                ErrorCode::UNKNOWN_URL
            } else {
                ErrorCode::UNKNOWN_PROFILE
            },
            "See `cp-token profile list`",
        ),
        RegistryError::AmbiguousUrl(..) => (ErrorCode::UNKNOWN_URL, "Choose one with --profile"),
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
        RegistryError::Url(_) => (ErrorCode::INVALID_URL, ""),
        RegistryError::ClientId(_) => {
            (ErrorCode::INVALID_ARGUMENT, "Copy it from the console's list of API clients")
        }
        RegistryError::RelativeBundle => (ErrorCode::INVALID_ARGUMENT, "Give the path from the root"),
        RegistryError::SecretNeeded => (ErrorCode::INVALID_ARGUMENT, "Give the new client's secret with it"),
        RegistryError::Secret(_) => {
            (ErrorCode::SECRET_INVALID, "Copy it whole from the console, without a line break inside")
        }
        RegistryError::Config(..) => {
            (ErrorCode::CONFIG_BROKEN, "Mend the file; it is read again at the next request")
        }
        RegistryError::ConfigFile(..) => (
            ErrorCode::CONFIG_UNSAFE,
            "Mend that first; cp-token uses no config that others could have written",
        ),
        RegistryError::WriteFailed(..) => (
            ErrorCode::WRITE_FAILED,
            "Make room or give yourself the right to write there; nothing was changed",
        ),
    };
    Failure::new(code, error.to_string()).with_hint(hint)
}

/// A secret that was to be stored did not bring a token: what was there before is untouched.
fn unproved(failure: &Failure) -> Failure {
    let mut failure = failure.clone();
    failure.message.push_str("; nothing was changed");
    if failure.code == ErrorCode::SECRET_REFUSED {
        failure.hint = format!("Check client ID and secret. {RESET_IN_CONSOLE} if the secret is lost");
    }
    failure
}

fn refused(profile: &Profile, words: String) -> Failure {
    let words = if words.is_empty() { "the server refused the client's secret".to_owned() } else { words };
    Failure::new(
        ErrorCode::SECRET_REFUSED,
        format!("profile {}: {words}; it is not tried again until it changes", profile.name),
    )
    .with_hint(format!("{RESET_IN_CONSOLE}, and run `cp-token profile reset-secret {}`", profile.name))
}
