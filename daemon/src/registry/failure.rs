//! Owns the messages for a profile that is not found, a change that is not made and a config file that is not read.

use std::io::ErrorKind;

use cp_token_protocol::{ErrorCode, Failure, ProfileName};

mod unverified;

pub(super) use unverified::{not_created, unverified};

use super::similar_names::similar_names;
use crate::base::files::{FileError, MAX_FILE_BYTES};
use crate::profile::NetworkError;
use crate::profile::config::{Config, ConfigError};
use crate::profile::request_url::{RequestUrl, RequestUrlError};
use crate::token_request::totp::SeedError;

const SEE_LIST: &str = "see `cp-token profile list`";
const RUN_AGAIN: &str = "run it again; nothing was changed";

fn failed(code: ErrorCode, message: impl Into<String>, hint: impl Into<String>) -> Failure {
    Failure::new(code, message).with_hint(hint)
}

pub(super) fn unknown_profile(config: &Config, name: &ProfileName) -> Failure {
    let similar = similar_names(config.profiles.values().map(|profile| &profile.name), name);
    let similar: Vec<&str> = similar.iter().map(ProfileName::as_str).collect();
    let hint = match similar.split_last() {
        None => SEE_LIST.to_owned(),
        Some((last, [])) => format!("did you mean {last}? If not, {SEE_LIST}"),
        Some((last, others)) => format!("did you mean {} or {last}? If not, {SEE_LIST}", others.join(", ")),
    };
    failed(ErrorCode::UNKNOWN_PROFILE, format!("there is no profile {name}"), hint)
}

pub(super) fn unknown_url(url: &RequestUrl) -> Failure {
    failed(ErrorCode::UNKNOWN_URL, format!("no profile has the URL {url}"), SEE_LIST)
}

pub(super) fn ambiguous_url(url: &RequestUrl, names: &str) -> Failure {
    let message = format!("several profiles have the URL {url}: {names}");
    failed(ErrorCode::AMBIGUOUS_PROFILE, message, "choose one with --profile")
}

pub(super) fn ambiguous_origin(url: &RequestUrl, names: &str) -> Failure {
    failed(
        ErrorCode::AMBIGUOUS_PROFILE,
        format!("several profiles answer for {url}: {names}"),
        "name one with -p, or as the user name that another program sends, or make one the default: `cp-token profile use NAME`",
    )
}

pub(super) fn unknown_user(url: &RequestUrl) -> Failure {
    let message = format!("no profile that answers for {url} is called by that user name");
    let hint = "name a profile, its client ID or its user as the user name, or leave it out";
    failed(ErrorCode::UNKNOWN_PROFILE, message, hint)
}

pub(super) fn no_profile() -> Failure {
    let hint = "create one: `cp-token profile create NAME --url URL --client-id ID`";
    failed(ErrorCode::NO_PROFILE, "there is no profile yet", hint)
}

pub(super) fn no_default(names: &str) -> Failure {
    let message = format!("there are several profiles and no default: {names}");
    let hint = "choose one with --profile, or make one the default: `cp-token profile use NAME`";
    failed(ErrorCode::AMBIGUOUS_PROFILE, message, hint)
}

pub(super) fn exists(name: &ProfileName) -> Failure {
    failed(
        ErrorCode::PROFILE_EXISTS,
        format!("there is a profile {name} already"),
        "change it with `cp-token profile update`, give it a new secret with `cp-token profile reset-secret`, or choose another name",
    )
}

pub(super) fn request_url(error: RequestUrlError) -> Failure {
    failed(ErrorCode::INVALID_URL, format!("the request URL {error}"), "")
}

pub(super) fn origin(error: RequestUrlError) -> Failure {
    failed(ErrorCode::INVALID_URL, format!("the origin {error}"), "")
}

/// An identity, a secret source, a source of codes or a list of hosts is not valid.
pub(super) fn invalid(clause: &str) -> Failure {
    failed(ErrorCode::INVALID_ARGUMENT, clause, "see `cp-token profile create --help`")
}

pub(super) fn network(error: NetworkError) -> Failure {
    match error {
        NetworkError::CaBundle => {
            let message = "the CA bundle needs an absolute path";
            failed(ErrorCode::INVALID_ARGUMENT, message, "give the path from the root")
        }
        NetworkError::Proxy(error) => failed(ErrorCode::INVALID_ARGUMENT, error.to_string(), ""),
        NetworkError::NoProxy(clause) => invalid(clause),
    }
}

pub(super) fn seed(error: SeedError) -> Failure {
    failed(ErrorCode::SECRET_INVALID, error.to_string(), "copy it from where the account's codes were set up")
}

pub(super) fn seed_needed() -> Failure {
    failed(ErrorCode::INVALID_ARGUMENT, "stored one-time codes need their seed", "give the seed with it")
}

/// A secret was given for a source that cp-token only reads.
pub(super) fn read_only_source() -> Failure {
    let hint = "change the secret where it is kept, then run this without a secret: it is read again";
    failed(ErrorCode::INVALID_ARGUMENT, "the secret of this profile is not kept by cp-token", hint)
}

/// A new identity or a new profile has no secret.
pub(super) fn secret_needed() -> Failure {
    let message = "another client or user needs a secret of its own";
    failed(ErrorCode::INVALID_ARGUMENT, message, "give its secret with it")
}

pub(super) fn invalid_secret(clause: &str) -> Failure {
    let hint = "copy it whole from the console, without a line break inside";
    failed(ErrorCode::SECRET_INVALID, clause, hint)
}

pub(super) fn config_broken(file: &str, error: &ConfigError) -> Failure {
    let hint = "fix the file; it is read again at the next request";
    failed(ErrorCode::CONFIG_BROKEN, format!("{file}, {error}"), hint)
}

pub(super) fn audit_file_is_own(file: &str) -> Failure {
    let message = format!("{file}: audit_file names a file that cp-token uses for something else");
    let hint = "name another file; the config is read again at the next request";
    failed(ErrorCode::CONFIG_BROKEN, message, hint)
}

/// The config file cannot be read.
pub(super) fn not_used(file: &str, error: &FileError) -> Failure {
    if error.is_shortage() {
        return shortage(error);
    }
    let (code, hint) = match error {
        FileError::TooLarge => (
            ErrorCode::CONFIG_BROKEN,
            "take out what is not needed; ten thousand profiles fit well within that",
        ),
        FileError::Hangs => (
            ErrorCode::CONFIG_BROKEN,
            "see whether you can read the file yourself; the profiles that are known already go on",
        ),
        FileError::Absent => (
            ErrorCode::CONFIG_BROKEN,
            "put it back; its profiles go on meanwhile. If they are to go, put an empty file in its place",
        ),
        FileError::NotText => {
            (ErrorCode::CONFIG_BROKEN, "save it as UTF-8; it is read again at the next request")
        }
        FileError::Untrusted(_) => (
            ErrorCode::CONFIG_UNSAFE,
            "fix that first; cp-token uses no config that others could have written",
        ),
        FileError::WrongKind(_) | FileError::ReadOnly(_) | FileError::Locked | FileError::Io(_) => {
            (ErrorCode::CONFIG_UNSAFE, "fix that first; it is read again at the next request")
        }
    };
    failed(code, format!("{file} is not used: {error}"), hint)
}

fn shortage(error: &FileError) -> Failure {
    let message = format!("{error}; nothing was changed");
    failed(ErrorCode::SHORT_OF_RESOURCES, message, "raise that limit, or end what uses it up; then try again")
}

/// Another program wrote the file at each attempt to write it.
pub(super) fn busy(file: &str) -> Failure {
    failed(ErrorCode::CONFIG_CHANGED, format!("{file} is being changed by another program"), RUN_AGAIN)
}

pub(super) fn conflict(name: &ProfileName, file: &str) -> Failure {
    let message =
        format!("profile {name} was changed in {file} meanwhile; nothing was changed by this command");
    failed(ErrorCode::CONFIG_CHANGED, message, "look at the file, then run it again")
}

pub(super) fn unwritable(file: &str) -> Failure {
    let message = format!("{file} has a form in which this change cannot be written; nothing was changed");
    let hint = "give each profile a table of its own there, [profile.NAME], and run it again";
    failed(ErrorCode::CONFIG_BROKEN, message, hint)
}

pub(super) fn too_large(file: &str) -> Failure {
    let limit = MAX_FILE_BYTES >> 20;
    let message = format!("{file} would be larger than {limit} MiB; nothing was changed");
    failed(ErrorCode::WRITE_FAILED, message, "delete profiles that are not needed")
}

pub(super) fn too_many_changes() -> Failure {
    failed(ErrorCode::TOO_MANY_CHANGES, "too many changes to profiles are under way", RUN_AGAIN)
}

/// `manual_steps` are those by which a person edits the file.
pub(super) fn read_only(file: &str, manual_steps: &str) -> Failure {
    let message = format!("{file} is read-only; nothing was changed");
    failed(ErrorCode::WRITE_FAILED, message, format!("edit it where it comes from: {manual_steps}"))
}

pub(super) fn read_only_directory(file: &str, directory: &str) -> Failure {
    failed(
        ErrorCode::WRITE_FAILED,
        format!("there is no {file}, and {directory} cannot be written to; nothing was changed"),
        "set CP_TOKEN_CONFIG_DIR and CP_TOKEN_STATE_DIR to folders of your own that can be written to, \
         run `cp-token daemon stop`, then run this again",
    )
}

pub(super) fn write_failed(file: &str, error: &FileError) -> Failure {
    if error.is_shortage() {
        return shortage(error);
    }
    let (code, hint) = match error {
        FileError::Hangs => (
            ErrorCode::WRITE_FAILED,
            "see whether you can write there yourself, then run it again; nothing was changed, and nothing will be",
        ),
        FileError::Locked => (ErrorCode::CONFIG_CHANGED, RUN_AGAIN),
        FileError::Io(error) if error.kind() == ErrorKind::FileTooLarge => (
            ErrorCode::WRITE_FAILED,
            "raise the limit (`sudo prlimit --fsize=unlimited --pid` with the number of its process), then run it again; nothing was changed",
        ),
        FileError::Absent
        | FileError::Untrusted(_)
        | FileError::WrongKind(_)
        | FileError::TooLarge
        | FileError::NotText
        | FileError::ReadOnly(_)
        | FileError::Io(_) => (
            ErrorCode::WRITE_FAILED,
            "make room, give yourself the right to write there, or set CP_TOKEN_STATE_DIR for the state file and CP_TOKEN_CONFIG_DIR for the config; nothing was changed",
        ),
    };
    failed(code, format!("{file} could not be written: {error}"), hint)
}
