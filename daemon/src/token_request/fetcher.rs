//! Owns one token request: from a profile's secret in its source, through the token endpoint, to a token. It decides
//! neither when to send one nor what happens to the token.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::handover::CredentialBackoff;
use cp_token_protocol::message::Identity;
use cp_token_protocol::{AccessToken, ProfileName, Secret};

use crate::base::clock::Clock;
use crate::base::mutex::KeyedMutex;
use crate::profile::Profile;
use crate::profile::account::AccountKey;
use crate::secrets::secret_record::SecretRecord;
use crate::secrets::sources::{SourceError, Sources};
use crate::token_endpoint::{self, TokenEndpoint};
use crate::token_request::codes::Codes;
use crate::token_request::codes::log::CodeLog;
use crate::token_request::failure::{of_load, of_token_request, with_pause};
use crate::token_request::refusals::Refusals;
use crate::token_request::{FetchFuture, FetchResult, FetchToken, FetchedToken};

mod attempt;
mod backoffs;
mod credential_limiter;
mod login;
pub mod pauses;
mod probe;

use backoffs::Backoffs;
use credential_limiter::CredentialLimiter;
use login::Login;
use pauses::Pauses;

/// Is called with the profile and the time, since 1970, of each token request that succeeded. It must not block.
pub type OnFetched = Arc<dyn Fn(&ProfileName, Duration) + Send + Sync>;

/// Sends token requests, one at a time for each profile.
#[derive(Clone)]
pub struct TokenFetcher {
    sources: Sources,
    endpoint: Arc<dyn TokenEndpoint>,
    clock: Arc<dyn Clock>,
    on_fetched: OnFetched,
    codes: Arc<Codes>,
    refusals: Arc<Refusals>,
    pauses: Arc<Pauses>,
    backoffs: Arc<Backoffs>,
    /// A new secret may be verified during a renewal: the server still gets one request after the other.
    profile_mutexes: Arc<KeyedMutex<ProfileName>>,
    limiter: Arc<CredentialLimiter>,
}

impl TokenFetcher {
    /// A fetcher with these sources and this endpoint.
    pub fn new(
        sources: Sources,
        endpoint: Arc<dyn TokenEndpoint>,
        clock: Arc<dyn Clock>,
        log: Arc<dyn CodeLog>,
        on_fetched: OnFetched,
    ) -> Self {
        let codes = Arc::new(Codes::new(Arc::clone(&clock), log));
        let (refusals, pauses, backoffs) = (Arc::default(), Arc::default(), Arc::default());
        let (profile_mutexes, limiter) = (Arc::default(), Arc::default());
        Self {
            sources,
            endpoint,
            clock,
            on_fetched,
            codes,
            refusals,
            pauses,
            backoffs,
            profile_mutexes,
            limiter,
        }
    }

    /// The refused secrets that it does not send again.
    pub fn refusals(&self) -> Arc<Refusals> {
        Arc::clone(&self.refusals)
    }

    /// The one-time codes that it has used.
    pub fn codes(&self) -> Arc<Codes> {
        Arc::clone(&self.codes)
    }

    /// The pauses that servers have asked for.
    pub fn pauses(&self) -> Arc<Pauses> {
        Arc::clone(&self.pauses)
    }

    /// The back-offs of credentials, for the new process.
    pub fn export_backoffs(&self) -> Vec<CredentialBackoff> {
        self.backoffs.export_state(&self.refusals.export_key(), self.clock.now())
    }

    /// Adds a back-off of the old process.
    pub fn import_backoff(&self, backoff: CredentialBackoff) {
        self.refusals.import_key(&backoff.key);
        self.backoffs.import_state(backoff);
    }

    /// Verifies a secret, which may not be stored yet, with one token request. The password of a user of kind `basic` is
    /// verified in the same way, but the token is dropped.
    ///
    /// # Errors
    /// [`TokenRequestFailed`](super::TokenRequestFailed).
    pub async fn verify(
        &self,
        profile: &Profile,
        record: &SecretRecord,
        code: Option<Secret>,
    ) -> FetchResult {
        let _one_at_a_time = self.profile_mutexes.lock(&profile.name).await;
        let login = Login { profile, record };
        let fetched = self.request_interactively(login, code).await.map_err(with_pause)?;
        match &profile.identity {
            Identity::ApiClient(_) | Identity::User(_) => Ok(fetched),
            Identity::Basic(name) => self.basic_credentials(login, name),
        }
    }

    async fn fetch(self, profile: Arc<Profile>, code: Option<Secret>) -> FetchResult {
        let record = self.sources.load(&profile).await.map_err(|error| of_load(error, &profile))?;
        let login = Login { profile: &profile, record: &record };
        match &profile.identity {
            Identity::ApiClient(_) | Identity::User(_) => {
                let _one_at_a_time = self.profile_mutexes.lock(&profile.name).await;
                self.request_unattended(login, code).await
            }
            Identity::Basic(name) => {
                self.require_not_refused(login)?;
                self.basic_credentials(login, name)
            }
        }
    }

    /// The credentials that a user of kind `basic` sends instead of a token. No server is asked.
    fn basic_credentials(&self, login: Login<'_>, username: &str) -> FetchResult {
        let credentials = token_endpoint::basic_credentials(username, &login.record.secret)
            .map_err(|error| of_token_request(&error, login.profile))?;
        let token = AccessToken::copy_of(credentials.as_bytes())
            .map_err(|_| of_load(SourceError::Unusable, login.profile))?;
        Ok(FetchedToken { token, life: BASIC_LIFE, sent: self.clock.now() })
    }
}

impl FetchToken for TokenFetcher {
    fn fetch_token(&self, profile: Arc<Profile>, code: Option<Secret>) -> FetchFuture {
        Box::pin(self.clone().fetch(profile, code))
    }

    fn clear_refusal(&self, profile: &Profile) -> bool {
        let by_server =
            AccountKey::logins(profile).map(|login| self.refusals.clear_refusal(&login)).contains(&true);
        let proxy = AccountKey::at_proxy(profile);
        let by_proxy = proxy.as_ref().is_some_and(|proxy| self.refusals.clear_refusal(proxy));
        let accounts: Vec<_> = AccountKey::logins(profile).into_iter().chain(proxy).collect();
        self.backoffs.forget(|account| accounts.contains(account));
        // A refused change of the profile may be of another account.
        self.clear_refusal_named(&profile.name) || by_server || by_proxy
    }

    fn clear_refusal_named(&self, name: &ProfileName) -> bool {
        self.refusals.clear_refusal_named(name)
    }

    fn clear_refusals(&self) -> bool {
        self.backoffs.forget(|_| true);
        self.refusals.clear_refusals()
    }

    fn has_sent_password(&self, profile: &Profile) -> bool {
        let is_client = matches!(profile.identity, Identity::ApiClient(_));
        !is_client && self.limiter.has_sent(&profile.name)
    }

    fn ahead_of(&self, name: &ProfileName) -> Option<ProfileName> {
        self.limiter.ahead_of(name)
    }

    fn code_delay(&self, profile: &Profile) -> Option<Duration> {
        self.codes.current_delay(profile)
    }
}

/// How long a password is kept for kind `basic` before its source is read again.
const BASIC_LIFE: Duration = Duration::from_secs(15 * 60);
