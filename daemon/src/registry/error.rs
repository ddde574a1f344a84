//! Owns what can be wrong with a profile, or with a change to one.

use cp_token_protocol::{Failure, ProfileName};

use crate::base::files::FileError;
use crate::profile::config::ConfigError;
use crate::profile::proxy::ProxyUrlError;
use crate::profile::request_url::{RequestUrl, RequestUrlError};
use crate::profile::{NetworkError, Profile};
use crate::secrets::vault::VaultError;
use crate::token_request::totp::SeedError;

/// Why a profile was not found or not changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A bug in the daemon.
    #[error("the daemon failed at this")]
    Internal,
    /// No profile has that name; these have similar ones.
    #[error("there is no profile {0}")]
    UnknownProfile(ProfileName, Vec<ProfileName>),
    /// No profile has that URL.
    #[error("no profile has the URL {0}")]
    UnknownUrl(RequestUrl),
    /// Several profiles have that URL.
    #[error("several profiles have the URL {0}: {1}")]
    AmbiguousUrl(RequestUrl, String),
    /// Several profiles answer for that origin, and none is preferred.
    #[error("several profiles answer for {0}: {1}")]
    AmbiguousOrigin(RequestUrl, String),
    /// Profiles have that URL, but none has that user name.
    #[error("no profile that answers for {0} is called by that user name")]
    UnknownUser(RequestUrl),
    /// There is no profile at all.
    #[error("there is no profile yet")]
    NoProfile,
    /// Several profiles and no default.
    #[error("there are several profiles and no default: {0}")]
    Ambiguous(String),
    /// A profile of that name exists.
    #[error("there is a profile {0} already")]
    Exists(ProfileName),
    /// The URL is not a request URL.
    #[error("the request URL {0}")]
    Url(#[from] RequestUrlError),
    /// A further origin is not an origin.
    #[error("the origin {0}")]
    Origin(RequestUrlError),
    /// An identity, a secret source or a source of codes is not valid.
    #[error("{0}")]
    Invalid(&'static str),
    /// The proxy's address is not valid.
    #[error(transparent)]
    Proxy(ProxyUrlError),
    /// The seed of the one-time codes is not valid.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// One-time codes are to be computed, and their seed is missing.
    #[error("stored one-time codes need their seed")]
    SeedNeeded,
    /// A secret was given for a source that cp-token only reads.
    #[error("the secret of this profile is not kept by cp-token")]
    ExternalSource,
    /// The CA bundle's path is relative.
    #[error("the CA bundle needs an absolute path")]
    RelativeBundle,
    /// A new identity or a new profile has no secret.
    #[error("another client or user needs a secret of its own")]
    SecretNeeded,
    /// The secret is not valid.
    #[error("{0}")]
    Secret(&'static str),
    /// The config file is broken.
    #[error("{0}, {1}")]
    Config(String, ConfigError),
    /// A failure with a message of its own.
    #[error("{}", .0.message)]
    Other(Failure),
    /// The config file is not used.
    #[error("{0} is not used: {1}")]
    ConfigFile(String, #[source] FileError),
    /// Another program wrote the file at each attempt to write it.
    #[error("{0} is being changed by another program")]
    Busy(String),
    /// The profile was changed in the config file during its change.
    #[error("profile {0} was changed in {1} meanwhile; nothing was changed by this command")]
    Conflict(ProfileName, String),
    /// The change cannot be written in the form that the config file has.
    #[error("{0} has a form in which this change cannot be written; nothing was changed")]
    Unwritable(String),
    /// The config file would be larger than the limit.
    #[error("{0} would be larger than {1} MiB; nothing was changed")]
    TooLarge(String, u64),
    /// Too many changes are waiting.
    #[error("too many changes to profiles are under way")]
    TooManyChanges,
    /// The config file is read-only: its name, and the steps to edit it by hand.
    #[error("{0} is read-only; nothing was changed")]
    ReadOnly(String, String),
    /// There is no config file, and its directory cannot be created or written to.
    #[error("there is no {0}, and {1} cannot be written to; nothing was changed")]
    ReadOnlyDir(String, String),
    /// The config or state file could not be written.
    #[error("{0} could not be written: {1}")]
    WriteFailed(String, #[source] FileError),
    /// The secret source failed.
    #[error("{0}")]
    Vault(VaultError, Box<Profile>),
    /// The secret that was to be imported could not be read.
    #[error("{0}")]
    ExternalItem(VaultError, Box<Profile>),
    /// The verification of the secret failed.
    #[error("the secret was not verified")]
    Unverified(Failure),
    /// The daemon was locked before the commit.
    #[error("the daemon is locked")]
    Locked,
    /// The verification of a new profile's secret failed.
    #[error("the secret was not verified, and profile {1} was not created")]
    NotCreated(Failure, ProfileName),
}

impl From<Failure> for RegistryError {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl From<NetworkError> for RegistryError {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::CaBundle => Self::RelativeBundle,
            NetworkError::Proxy(error) => Self::Proxy(error),
            NetworkError::NoProxy(clause) => Self::Invalid(clause),
        }
    }
}
