//! Owns the interface of the token request, between the code that decides on one and the code that sends it.

pub mod codes;
pub mod failure;
pub mod fetcher;
pub mod refusals;
pub mod totp;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::{AccessToken, Failure, ProfileName, Secret};

use crate::base::clock::Moment;
use crate::lease::FailureKind;
use crate::profile::Profile;

/// The result of a token request.
pub type FetchResult = Result<FetchedToken, TokenRequestFailed>;
/// A token request in progress.
pub type FetchFuture = Pin<Box<dyn Future<Output = FetchResult> + Send>>;

/// Fetches tokens for profiles; the broker's view of this wing.
pub trait FetchToken: Send + Sync {
    /// Sends one token request: loads the secret from its source and returns the server's token. `code` is a one-time code
    /// that a person has just given.
    fn fetch_token(&self, profile: Arc<Profile>, code: Option<Secret>) -> FetchFuture;

    /// Clears the refusals of the profile's account, because a person has said that its secret may be sent again. Returns
    /// whether there were any.
    fn clear_refusal(&self, profile: &Profile) -> bool;

    /// As [`FetchToken::clear_refusal`], for secrets that were refused when a profile of this name was to be created.
    fn clear_refusal_named(&self, _name: &ProfileName) -> bool {
        false
    }

    /// As [`FetchToken::clear_refusal`], for every secret.
    fn clear_refusals(&self) -> bool;

    /// Whether a password of this profile is on its way to a server or proxy, which has not answered yet.
    fn has_sent_password(&self, _profile: &Profile) -> bool {
        false
    }

    /// The profile whose token request this one's waits for, if any.
    fn ahead_of(&self, _name: &ProfileName) -> Option<ProfileName> {
        None
    }

    /// How long callers wait for the profile's next one-time code, if they do.
    fn code_delay(&self, profile: &Profile) -> Option<Duration>;
}

/// A token that a server has issued.
#[derive(Debug)]
pub struct FetchedToken {
    /// The token.
    pub token: AccessToken,
    /// Its lifetime, from `sent` on.
    pub life: Duration,
    /// The time just before its request was sent.
    pub sent: Moment,
}

/// A token request that failed.
#[derive(Debug, Clone)]
pub struct TokenRequestFailed {
    /// The failure for the callers.
    pub failure: Failure,
    /// Its meaning for the next request.
    pub kind: FailureKind,
}
