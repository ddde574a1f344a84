//! Owns the words for a secret source that did not give or take a secret.

use cp_token_protocol::message::{Identity, SecretSource};
use cp_token_protocol::{ErrorCode, Failure};

mod program_and_file;

pub use program_and_file::describe_command;

use crate::failure::locked;
use crate::profile::Profile;
use crate::secrets::vault::VaultError;

/// What it means that a secret of another program could not be taken over for a profile that is not there yet.
pub fn of_external(error: VaultError, profile: &Profile) -> Failure {
    let name = &profile.name;
    let (code, message) = match error {
        VaultError::Absent => (ErrorCode::SECRET_ABSENT, "the keyring has no such item"),
        VaultError::Unusable => (ErrorCode::SECRET_INVALID, "what is in the keyring's item is not a secret"),
        VaultError::Unavailable
        | VaultError::NoCollection
        | VaultError::Locked
        | VaultError::Denied
        | VaultError::TimedOut
        | VaultError::Busy
        | VaultError::Ambiguous
        | VaultError::TooLarge
        | VaultError::ReadOnly
        | VaultError::Sealed
        | VaultError::Command(_)
        | VaultError::File(_)
        | VaultError::Credential(_)
        | VaultError::Failed => return of_vault(error, profile),
    };
    Failure::new(code, format!("profile {name}: {message}")).with_hint(format!(
        "Enter the secret by hand: `cp-token profile create {name} --url URL` with --client-id or --username"
    ))
}

/// What a secret source's error means.
pub fn of_vault(error: VaultError, profile: &Profile) -> Failure {
    let name = &profile.name;
    let (code, hint) = match error {
        VaultError::Absent => {
            let (Identity::ApiClient(who) | Identity::User(who) | Identity::Basic(who)) = &profile.identity;
            let (where_kept, why) = if profile.secret_source == SecretSource::Memory {
                ("; memory alone keeps it, until the daemon ends", " (why one ended is in its daemon.log)")
            } else {
                ("", "")
            };
            let message =
                format!("profile {name}: there is no secret for {who} at {}{where_kept}", profile.url);
            return Failure::new(ErrorCode::SECRET_ABSENT, message)
                .with_hint(format!("Enter it: `cp-token profile reset-secret {name}`{why}"));
        }
        VaultError::Sealed => return locked(),
        VaultError::Unusable => {
            (ErrorCode::SECRET_INVALID, format!("Enter it anew: `cp-token profile reset-secret {name}`"))
        }
        VaultError::ReadOnly => (ErrorCode::INVALID_ARGUMENT, "Change it there".to_owned()),
        VaultError::Command(error) => owned(program_and_file::of_command(error)),
        VaultError::File(fault) => program_and_file::of_file(fault, profile),
        VaultError::Credential(fault) => owned(program_and_file::of_credential(fault)),
        VaultError::Unavailable
        | VaultError::NoCollection
        | VaultError::Locked
        | VaultError::Denied
        | VaultError::TimedOut
        | VaultError::Busy
        | VaultError::Ambiguous
        | VaultError::TooLarge
        | VaultError::Failed => told_of_keyring(error),
    };
    let what = match (error, &profile.secret_source) {
        (VaultError::Command(error), SecretSource::Command(line)) => {
            program_and_file::describe_command("the secret command", Some(line), error)
        }
        (VaultError::File(fault), SecretSource::File(path)) => {
            format!("the secret file {} {fault}", crate::base::files::show(path.as_ref()))
        }
        (error, _) => error.to_string(),
    };
    Failure::new(code, format!("profile {name}: {what}")).with_hint(hint)
}

/// What it means that the keyring did not stand a trial, whoever's secrets are in it.
pub fn of_keyring(error: VaultError) -> Failure {
    let (code, hint) = told_of_keyring(error);
    Failure::new(code, error.to_string()).with_hint(hint)
}

/// Everything that no keyring says of itself counts as a failure of it.
fn told_of_keyring(error: VaultError) -> (ErrorCode, String) {
    let another = "or keep the secret elsewhere, for instance with `--secret-source memory`";
    match error {
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
        VaultError::Absent
        | VaultError::Unusable
        | VaultError::ReadOnly
        | VaultError::Sealed
        | VaultError::Command(_)
        | VaultError::File(_)
        | VaultError::Credential(_)
        | VaultError::Failed => {
            (ErrorCode::KEYRING_UNAVAILABLE, format!("See the keyring's own log, {another}"))
        }
    }
}

fn owned((code, hint): (ErrorCode, &str)) -> (ErrorCode, String) {
    (code, hint.to_owned())
}
