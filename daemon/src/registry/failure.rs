//! Owns the messages for a change of profiles that is not made, and for a config that is not read.

use std::io::ErrorKind;

use cp_token_protocol::{ErrorCode, Failure};

mod unknown;
mod unverified;

use crate::base::files::FileError;
use crate::failure::{internal, locked};
use crate::registry::error::RegistryError;
use crate::secrets::failure::{of_external, of_vault};

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        of_registry(&error)
    }
}

fn of_registry(error: &RegistryError) -> Failure {
    let (code, hint) = match error {
        RegistryError::Vault(error, profile) => return of_vault(*error, profile),
        RegistryError::ExternalItem(error, profile) => return of_external(*error, profile),
        RegistryError::Unverified(failure) => return unverified::unverified(failure),
        RegistryError::Other(failure) => return failure.clone(),
        RegistryError::Locked => return locked(),
        RegistryError::Internal => return internal(),
        RegistryError::ReadOnly(_, manual_steps) => {
            let hint = format!("Edit it where it comes from: {manual_steps}");
            return Failure::new(ErrorCode::WRITE_FAILED, error.to_string()).with_hint(hint);
        }
        RegistryError::ReadOnlyDir(..) => (ErrorCode::WRITE_FAILED, NO_PLACE),
        RegistryError::NotCreated(failure, name) => return unverified::not_created(failure, name),
        RegistryError::UnknownProfile(_, near) => {
            return Failure::new(ErrorCode::UNKNOWN_PROFILE, error.to_string())
                .with_hint(unknown::meant(near));
        }
        RegistryError::UnknownUrl(_) => (ErrorCode::UNKNOWN_URL, unknown::SEE_LIST),
        RegistryError::AmbiguousUrl(..) => (ErrorCode::AMBIGUOUS_PROFILE, "Choose one with --profile"),
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
        RegistryError::Invalid(_) => (ErrorCode::INVALID_ARGUMENT, "See `cp-token profile create --help`"),
        RegistryError::Proxy(_) => (ErrorCode::INVALID_ARGUMENT, ""),
        RegistryError::Seed(_) => {
            (ErrorCode::SECRET_INVALID, "Copy it from where the account's codes were set up")
        }
        RegistryError::SeedNeeded => (ErrorCode::INVALID_ARGUMENT, "Give the seed with it"),
        RegistryError::ExternalSource => (
            ErrorCode::INVALID_ARGUMENT,
            "Change the secret where it is kept, then run this without a secret: it is read again",
        ),
        RegistryError::RelativeBundle => (ErrorCode::INVALID_ARGUMENT, "Give the path from the root"),
        RegistryError::SecretNeeded => (ErrorCode::INVALID_ARGUMENT, "Give its secret with it"),
        RegistryError::Secret(_) => {
            (ErrorCode::SECRET_INVALID, "Copy it whole from the console, without a line break inside")
        }
        RegistryError::Config(..) => {
            (ErrorCode::CONFIG_BROKEN, "Fix the file; it is read again at the next request")
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
            (ErrorCode::CONFIG_UNSAFE, "Fix that first; it is read again at the next request")
        }
        RegistryError::ConfigFile(..) => (
            ErrorCode::CONFIG_UNSAFE,
            "Fix that first; cp-token uses no config that others could have written",
        ),
        RegistryError::Conflict(..) => (ErrorCode::CONFIG_CHANGED, "Look at the file, then run it again"),
        RegistryError::Busy(_) | RegistryError::WriteFailed(_, FileError::Locked) => {
            (ErrorCode::CONFIG_CHANGED, "Run it again; nothing was changed")
        }
        RegistryError::TooManyChanges => (ErrorCode::TOO_MANY_CHANGES, "Run it again; nothing was changed"),
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

/// What to do where a resource limit is reached.
const SHORT: &str = "Raise that limit, or end what uses it up; then try again";

const NO_PLACE: &str = "Set CP_TOKEN_CONFIG_DIR and CP_TOKEN_STATE_DIR to folders of your own that can be written to, \
     run `cp-token daemon stop`, then run this again";
