//! Owns the meaning of errors of the Secret Service of a Linux desktop. It must not touch a secret.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the errors are non-exhaustive; the rest explains nothing"
)]

use std::error::Error as StdError;

use secret_service::blocking::SecretService;
use secret_service::{EncryptionType, Error};
use zbus::{DBusError, fdo};

use super::backend::{KeyringError, SourceError};

/// The meaning of an error of the service or the bus, if it has one.
pub(super) fn classify(cause: &(dyn StdError + Send + Sync + 'static)) -> Option<SourceError> {
    match cause.downcast_ref::<Error>()? {
        Error::Locked | Error::Prompt => Some(KeyringError::Locked.into()),
        Error::NoResult => Some(KeyringError::NoCollection.into()),
        Error::Unavailable | Error::PromptDisconnected => Some(KeyringError::Unavailable.into()),
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

fn classify_bus(error: &zbus::Error) -> Option<SourceError> {
    match error {
        zbus::Error::InputOutput(_) | zbus::Error::Address(_) | zbus::Error::Handshake(_) => {
            Some(KeyringError::Unavailable.into())
        }
        zbus::Error::MethodError(name, _, _) => classify_named(name.as_str()),
        zbus::Error::FDO(error) => classify_standard(error),
        _ => None,
    }
}

fn classify_standard(error: &fdo::Error) -> Option<SourceError> {
    match error {
        fdo::Error::ZBus(error) => classify_bus(error),
        error => classify_named(error.name().as_str()),
    }
}

fn classify_named(name: &str) -> Option<SourceError> {
    let (_, kind) = name.split_once(".Error.")?;
    let error = match kind {
        "NoSuchObject" => return Some(SourceError::Absent),
        "IsLocked" => KeyringError::Locked,
        "AccessDenied" | "AuthFailed" => KeyringError::Denied,
        "ServiceUnknown" | "NameHasNoOwner" | "NoReply" | "Disconnected" => KeyringError::Unavailable,
        _ if kind.starts_with("Spawn.") => KeyringError::Unavailable,
        _ => return None,
    };
    Some(error.into())
}
