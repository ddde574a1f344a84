//! Owns what can be wrong with a profile, or with a change to one.

use cp_token_protocol::{Failure, ProfileName};

use crate::base::files::FileError;
use crate::profile::Profile;
use crate::profile::config::ConfigError;
use crate::profile::proxy::ProxyUrlError;
use crate::profile::request_url::{RequestUrl, RequestUrlError};
use crate::secrets::vault::VaultError;
use crate::token_request::totp::SeedError;

/// Why a profile was not found or not changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A bug of ours.
    #[error("the daemon failed at this")]
    Internal,
    /// No profile has that name, but perhaps one of those that are near to it was meant.
    #[error("there is no profile {0}")]
    UnknownProfile(ProfileName, Vec<ProfileName>),
    /// No profile has that URL.
    #[error("no profile has the URL {0}")]
    UnknownUrl(RequestUrl),
    /// Several profiles have that URL.
    #[error("several profiles have the URL {0}: {1}")]
    AmbiguousUrl(RequestUrl, String),
    /// Several profiles have that URL, and nothing says which of them is meant.
    #[error("several profiles answer for {0}: {1}")]
    AmbiguousOrigin(RequestUrl, String),
    /// Profiles have that URL, but none is called as the caller says.
    #[error("no profile that answers for {0} is called by that user name")]
    UnknownUser(RequestUrl),
    /// There is no profile at all.
    #[error("there is no profile yet")]
    NoProfile,
    /// Several profiles and no default.
    #[error("there are several profiles and no default: {0}")]
    Ambiguous(String),
    /// A profile of that name exists already.
    #[error("there is a profile {0} already")]
    Exists(ProfileName),
    /// The URL is no request URL.
    #[error("the request URL {0}")]
    Url(#[from] RequestUrlError),
    /// A further origin of a profile is none.
    #[error("the origin {0}")]
    Origin(RequestUrlError),
    /// An identity, a location or a way to codes breaks its grammar.
    #[error("{0}")]
    Invalid(&'static str),
    /// The proxy's address is none.
    #[error(transparent)]
    Proxy(#[from] ProxyUrlError),
    /// The seed of the one-time codes is none.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// Codes are to be computed, and there is nothing to compute them from.
    #[error("stored one-time codes need their seed")]
    SeedNeeded,
    /// A secret was given for a location that is somebody else's to fill.
    #[error("the secret of this profile is not kept by cp-token")]
    ExternalSource,
    /// The CA bundle's path does not start at the root.
    #[error("the CA bundle needs an absolute path")]
    RelativeBundle,
    /// A new identity, or a new profile, came without a secret.
    #[error("another client or user needs a secret of its own")]
    SecretNeeded,
    /// The secret breaks its grammar.
    #[error("{0}")]
    Secret(&'static str),
    /// The config file is broken.
    #[error("{0}, {1}")]
    Config(String, ConfigError),
    /// The config file cannot be read any more.
    #[error("{}", .0.message)]
    Reload(Failure),
    /// The config file is not used.
    #[error("{0} is not used: {1}")]
    ConfigFile(String, #[source] FileError),
    /// The file was written by somebody else whenever it was to be written.
    #[error("{0} is being changed by another program")]
    Busy(String),
    /// The profile was changed in the config file while its change was under way.
    #[error("profile {0} was changed in {1} meanwhile; nothing was changed by this command")]
    Conflict(ProfileName, String),
    /// The config file has a form in which the change cannot be written.
    #[error("{0} has a form in which this change cannot be written; nothing was changed")]
    Unwritable(String),
    /// The config file would be larger than what is read.
    #[error("{0} would be larger than {1} MiB; nothing was changed")]
    TooLarge(String, u64),
    /// As many changes as are let in wait already.
    #[error("too many changes to profiles are under way")]
    TooManyChanges,
    /// The config file is not cp-token's to write: its name, and what a person does.
    #[error("{0} is read-only; nothing was changed")]
    ReadOnly(String, String),
    /// There is no config file, and its folder cannot be made or written to.
    #[error("there is no {0}, and {1} cannot be written to; nothing was changed")]
    ReadOnlyDir(String, String),
    /// The config or state file could not be written.
    #[error("{0} could not be written: {1}")]
    WriteFailed(String, #[source] FileError),
    /// The secret source failed.
    #[error("{0}")]
    Vault(VaultError, Box<Profile>),
    /// The secret that was to be taken over could not be read.
    #[error("{0}")]
    ExternalItem(VaultError, Box<Profile>),
    /// The secret did not bring a token.
    #[error("the secret was not proved")]
    Unverified(Failure),
    /// The daemon was locked before the change had begun.
    #[error("the daemon is locked")]
    Locked,
    /// The secret of a profile that was to be created did not bring a token.
    #[error("the secret was not proved, and profile {1} was not created")]
    NotCreated(Failure, ProfileName),
}
