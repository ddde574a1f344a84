//! Owns the messages for a secret source that failed to load or store a secret.

use cp_token_protocol::message::{Identity, SecretSource};
use cp_token_protocol::{ErrorCode, Failure};

mod program_and_file;

pub use program_and_file::describe_command;

use crate::base::files;
use crate::failure::locked;
use crate::profile::Profile;
use crate::secrets::sources::{KeyringError, SourceError};

/// The failure of importing another program's secret for a new profile.
pub fn of_external(error: SourceError, profile: &Profile) -> Failure {
    let name = &profile.name;
    let (code, message) = if error == SourceError::Absent {
        (ErrorCode::SECRET_ABSENT, "the keyring has no such item")
    } else if error == SourceError::Unusable {
        (ErrorCode::SECRET_INVALID, "what is in the keyring's item is not a secret")
    } else {
        return of_source(error, profile);
    };
    Failure::new(code, format!("profile {name}: {message}")).with_hint(format!(
        "enter the secret by hand: `cp-token profile create {name} --url URL` with --client-id or --username"
    ))
}

/// The failure of a profile's secret source.
pub fn of_source(error: SourceError, profile: &Profile) -> Failure {
    let name = &profile.name;
    let mut what = error.to_string();
    let (code, hint) = match error {
        SourceError::Absent => return absent(profile),
        SourceError::Sealed => return locked(),
        SourceError::Unusable => {
            (ErrorCode::SECRET_INVALID, format!("enter it again: `cp-token profile reset-secret {name}`"))
        }
        SourceError::TooLarge => {
            (ErrorCode::SECRET_TOO_LARGE, format!("use a shorter secret, {ANOTHER_SOURCE}"))
        }
        SourceError::ReadOnly => (ErrorCode::INVALID_ARGUMENT, "change it there".to_owned()),
        SourceError::Keyring(error) => keyring_hint(error),
        SourceError::Command(error) => {
            if let SecretSource::Command(argv) = &profile.secret_source {
                what = describe_command("the secret command", Some(argv), error);
            }
            program_and_file::of_command(error)
        }
        SourceError::File(fault) => {
            let path = if let SecretSource::File(path) = &profile.secret_source { path } else { "it" };
            what = format!("the secret file {} {fault}", files::show(path.as_ref()));
            program_and_file::of_file(fault, path.as_ref())
        }
        SourceError::Credential(fault) => program_and_file::of_credential(fault),
    };
    Failure::new(code, format!("profile {name}: {what}")).with_hint(hint)
}

fn absent(profile: &Profile) -> Failure {
    let Profile { name, url, .. } = profile;
    let (Identity::ApiClient(who) | Identity::User(who) | Identity::Basic(who)) = &profile.identity;
    let (where_stored, why) = match profile.secret_source == SecretSource::Memory {
        true => ("; it was in the memory of a daemon that has ended", " (why it ended is in daemon.log)"),
        false => ("", ""),
    };
    let message = format!("profile {name}: there is no secret for {who} at {url}{where_stored}");
    Failure::new(ErrorCode::SECRET_ABSENT, message)
        .with_hint(format!("enter it: `cp-token profile reset-secret {name}`{why}"))
}

/// The failure of a check of the keyring. An error that is not the keyring's own counts as its failure.
pub fn of_keyring(error: SourceError) -> Failure {
    let own = if let SourceError::Keyring(own) = error { own } else { KeyringError::Failed };
    let (code, hint) = keyring_hint(own);
    Failure::new(code, error.to_string()).with_hint(hint)
}

fn keyring_hint(error: KeyringError) -> (ErrorCode, String) {
    let (code, hint) = match error {
        KeyringError::Unavailable | KeyringError::NoCollection => {
            let start = "start a keyring service (gnome-keyring, KWallet, KeePassXC)";
            return (ErrorCode::KEYRING_UNAVAILABLE, format!("{start}, {ANOTHER_SOURCE}"));
        }
        KeyringError::Failed => {
            return (ErrorCode::KEYRING_UNAVAILABLE, format!("see the keyring's own log, {ANOTHER_SOURCE}"));
        }
        KeyringError::Locked => (ErrorCode::KEYRING_LOCKED, "unlock the keyring, and ask again"),
        KeyringError::Denied => (ErrorCode::KEYRING_DENIED, "allow cp-tokend in the keyring's own settings"),
        KeyringError::TimedOut | KeyringError::Busy => (
            ErrorCode::KEYRING_TIMED_OUT,
            "see whether the keyring waits for an answer on your screen, and ask again",
        ),
        KeyringError::Ambiguous => {
            (ErrorCode::KEYRING_AMBIGUOUS, "remove all but one of them in the keyring's own program")
        }
    };
    (code, hint.to_owned())
}

const ANOTHER_SOURCE: &str = "or keep the secret elsewhere, for instance with `--secret-source memory`";
