//! Owns the meaning of errors of the Secret Service of a Linux desktop. It must not touch a secret.

use std::error::Error as StdError;

use secret_service::blocking::SecretService;
use secret_service::{EncryptionType, Error};
use zbus::fdo;

use super::backend::VaultError;

/// The meaning of an error of the service or the bus, if it has one.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the errors are non-exhaustive; the rest explains nothing"
)]
pub(super) fn classify(cause: &(dyn StdError + Send + Sync + 'static)) -> Option<VaultError> {
    match cause.downcast_ref::<Error>()? {
        Error::Locked | Error::Prompt => Some(VaultError::Locked),
        Error::NoResult => Some(VaultError::NoCollection),
        Error::Unavailable | Error::PromptDisconnected => Some(VaultError::Unavailable),
        Error::Zbus(error) => classify_bus(error),
        Error::ZbusFdo(error) => classify_standard(error),
        _ => None,
    }
}

/// Whether there is a default keyring; true if that cannot be found out.
pub(super) fn has_collection() -> bool {
    let Ok(service) = SecretService::connect(EncryptionType::Plain) else { return true };
    !matches!(service.get_default_collection().err(), Some(Error::NoResult))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the errors are non-exhaustive; the rest explains nothing"
)]
fn classify_bus(error: &zbus::Error) -> Option<VaultError> {
    match error {
        zbus::Error::InputOutput(_) | zbus::Error::Address(_) | zbus::Error::Handshake(_) => {
            Some(VaultError::Unavailable)
        }
        zbus::Error::MethodError(name, _, _) => classify_named(name.as_str()),
        zbus::Error::FDO(error) => classify_standard(error),
        _ => None,
    }
}

fn classify_named(name: &str) -> Option<VaultError> {
    let (_, kind) = name.split_once(".Error.")?;
    match kind {
        "IsLocked" => Some(VaultError::Locked),
        "NoSuchObject" => Some(VaultError::Absent),
        "AccessDenied" | "AuthFailed" => Some(VaultError::Denied),
        "ServiceUnknown" | "NameHasNoOwner" | "NoReply" | "Disconnected" => Some(VaultError::Unavailable),
        _ if kind.starts_with("Spawn.") => Some(VaultError::Unavailable),
        _ => None,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the errors are non-exhaustive; the rest explains nothing"
)]
fn classify_standard(error: &fdo::Error) -> Option<VaultError> {
    match error {
        fdo::Error::ZBus(error) => classify_bus(error),
        fdo::Error::AccessDenied(_) | fdo::Error::AuthFailed(_) => Some(VaultError::Denied),
        fdo::Error::ServiceUnknown(_)
        | fdo::Error::NameHasNoOwner(_)
        | fdo::Error::NoReply(_)
        | fdo::Error::Disconnected(_)
        | fdo::Error::SpawnServiceNotFound(_)
        | fdo::Error::SpawnExecFailed(_)
        | fdo::Error::SpawnChildExited(_)
        | fdo::Error::SpawnFailed(_) => Some(VaultError::Unavailable),
        _ => None,
    }
}
