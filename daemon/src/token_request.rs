//! Owns the words of one trade, a secret for a token, between who decides on it and who makes it.

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

/// Trades a profile's secret for a token; what the broker needs of the yards.
pub trait FetchToken: Send + Sync {
    /// One token request, from the secret source to the server's answer. `code` is a one-time code that a person
    /// has just given.
    fn fetch_token(
        &self,
        profile: Arc<Profile>,
        code: Option<Secret>,
    ) -> Pin<Box<dyn Future<Output = Result<FetchedToken, TokenRequestFailed>> + Send>>;

    /// A person has said that a secret which was refused may be tried once more; whether there was one.
    fn clear_refusal(&self, profile: &Profile) -> bool;

    /// As [`FetchToken::forgive`], for what was refused when a profile of this name was to be made.
    fn clear_refusal_named(&self, _name: &ProfileName) -> bool {
        false
    }

    /// As [`FetchToken::forgive`], for every secret.
    fn clear_refusals(&self) -> bool;

    /// The profile whose trade this one's waits for; nothing where it waits for none.
    fn ahead_of(&self, _name: &ProfileName) -> Option<ProfileName> {
        None
    }

    /// How long callers are held up by the next one-time code of the profile; nothing where they are not.
    fn code_delay(&self, profile: &Profile) -> Option<Duration>;
}

/// A token as the server issued it.
#[derive(Debug)]
pub struct FetchedToken {
    /// The token.
    pub token: AccessToken,
    /// Its life, from `sent` on.
    pub life: Duration,
    /// Just before its request was sent.
    pub sent: Moment,
}

/// A token request that failed.
#[derive(Debug, Clone)]
pub struct TokenRequestFailed {
    /// What to tell the callers.
    pub failure: Failure,
    /// What it means for the next request.
    pub kind: FailureKind,
}
