//! Owns the messages for a secret source that failed to load or store a secret.

use cp_token_protocol::message::{Identity, SecretSource};
use cp_token_protocol::{ErrorCode, Failure};

mod program_and_file;

pub use program_and_file::describe_command;

use crate::base::files;
use crate::failure::locked;
use crate::profile::Profile;
use crate::secrets::vault::VaultError;

/// The failure of importing another program's secret for a new profile.
pub fn of_external(error: VaultError, profile: &Profile) -> Failure {
    let name = &profile.name;
    let (code, message) = if error == VaultError::Absent {
        (ErrorCode::SECRET_ABSENT, "the keyring has no such item")
    } else if error == VaultError::Unusable {
        (ErrorCode::SECRET_INVALID, "what is in the keyring's item is not a secret")
    } else {
        return of_vault(error, profile);
    };
    Failure::new(code, format!("profile {name}: {message}")).with_hint(format!(
        "Enter the secret by hand: `cp-token profile create {name} --url URL` with --client-id or --username"
    ))
}

/// The failure of a profile's secret source.
pub fn of_vault(error: VaultError, profile: &Profile) -> Failure {
    let name = &profile.name;
    let (code, hint) = match error {
        VaultError::Absent => return absent(profile),
        VaultError::Sealed => return locked(),
        VaultError::Unusable => {
            (ErrorCode::SECRET_INVALID, format!("Enter it again: `cp-token profile reset-secret {name}`"))
        }
        VaultError::ReadOnly => (ErrorCode::INVALID_ARGUMENT, "Change it there".to_owned()),
        VaultError::Command(error) => program_and_file::of_command(error),
        VaultError::File(fault) => program_and_file::of_file(fault, profile),
        VaultError::Credential(fault) => program_and_file::of_credential(fault),
        VaultError::Unavailable
        | VaultError::NoCollection
        | VaultError::Locked
        | VaultError::Denied
        | VaultError::TimedOut
        | VaultError::Busy
        | VaultError::Ambiguous
        | VaultError::TooLarge
        | VaultError::Failed => keyring_hint(error),
    };
    let what = match (error, &profile.secret_source) {
        (VaultError::Command(error), SecretSource::Command(argv)) => {
            describe_command("the secret command", Some(argv), error)
        }
        (VaultError::File(fault), SecretSource::File(path)) => {
            format!("the secret file {} {fault}", files::show(path.as_ref()))
        }
        (error, _) => error.to_string(),
    };
    Failure::new(code, format!("profile {name}: {what}")).with_hint(hint)
}

fn absent(profile: &Profile) -> Failure {
    let Profile { name, url, .. } = profile;
    let (Identity::ApiClient(who) | Identity::User(who) | Identity::Basic(who)) = &profile.identity;
    let (where_stored, why) = match profile.secret_source == SecretSource::Memory {
        true => ("; memory alone keeps it, until the daemon ends", " (why one ended is in its daemon.log)"),
        false => ("", ""),
    };
    let message = format!("profile {name}: there is no secret for {who} at {url}{where_stored}");
    Failure::new(ErrorCode::SECRET_ABSENT, message)
        .with_hint(format!("Enter it: `cp-token profile reset-secret {name}`{why}"))
}

/// The failure of a check of the keyring, for no profile in particular.
pub fn of_keyring(error: VaultError) -> Failure {
    let (code, hint) = keyring_hint(error);
    Failure::new(code, error.to_string()).with_hint(hint)
}

/// The code and hint of a keyring's error. An error that a keyring cannot have counts as its failure.
fn keyring_hint(error: VaultError) -> (ErrorCode, String) {
    let another = "or keep the secret elsewhere, for instance with `--secret-source memory`";
    let (code, hint) = match error {
        VaultError::Unavailable | VaultError::NoCollection => {
            let hint = format!("Start a keyring service (gnome-keyring, KWallet, KeePassXC), {another}");
            return (ErrorCode::KEYRING_UNAVAILABLE, hint);
        }
        VaultError::TooLarge => {
            return (ErrorCode::SECRET_TOO_LARGE, format!("Use a shorter secret, {another}"));
        }
        VaultError::Locked => (ErrorCode::KEYRING_LOCKED, "Unlock the keyring, and ask again"),
        VaultError::Denied => (ErrorCode::KEYRING_DENIED, "Allow cp-tokend in the keyring's own settings"),
        VaultError::TimedOut | VaultError::Busy => (
            ErrorCode::KEYRING_TIMED_OUT,
            "See whether the keyring waits for an answer on your screen, and ask again",
        ),
        VaultError::Ambiguous => {
            (ErrorCode::KEYRING_AMBIGUOUS, "Remove all but one of them in the keyring's own program")
        }
        VaultError::Absent
        | VaultError::Unusable
        | VaultError::ReadOnly
        | VaultError::Sealed
        | VaultError::Command(_)
        | VaultError::File(_)
        | VaultError::Credential(_)
        | VaultError::Failed => {
            return (ErrorCode::KEYRING_UNAVAILABLE, format!("See the keyring's own log, {another}"));
        }
    };
    (code, hint.to_owned())
}
