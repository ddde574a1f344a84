//! Owns one trade: a profile's secret from its source, to the token endpoint, for a token. It decides neither
//! when to trade nor what becomes of the token.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::message::Identity;
use cp_token_protocol::{AccessToken, ProfileName, Secret};
use tokio::sync::OwnedMutexGuard;

use crate::base::clock::Clock;
use crate::base::mutex::lock;
use crate::profile::Profile;
use crate::profile::account::AccountKey;
use crate::secrets::secret_record::SecretRecord;
use crate::secrets::sources::Sources;
use crate::token_endpoint::{self, TokenEndpoint};
use crate::token_request::codes::Codes;
use crate::token_request::codes::log::CodeLog;
use crate::token_request::failure::{of_load, of_token_request, with_pause};
use crate::token_request::refusals::Refusals;
use crate::token_request::{FetchToken, FetchedToken, TokenRequestFailed};

mod attempt;
mod login;
pub mod pauses;
mod probe;
mod turns;

use pauses::Pauses;
use turns::CredentialTurns;

/// Is told that a profile's secret was traded for a token, and when, since 1970. It must not take its time.
pub type OnFetched = Arc<dyn Fn(&ProfileName, Duration) + Send + Sync>;

/// Trades secrets for tokens, one trade at a time for each profile.
#[derive(Clone)]
pub struct TokenFetcher {
    sources: Sources,
    endpoint: Arc<dyn TokenEndpoint>,
    clock: Arc<dyn Clock>,
    redeemed: OnFetched,
    codes: Arc<Codes>,
    refusals: Arc<Refusals>,
    pauses: Arc<Pauses>,
    /// A new secret may be proved while a renewal is under way: the server still sees one after the other.
    turnstiles: Arc<Mutex<HashMap<ProfileName, Arc<tokio::sync::Mutex<()>>>>>,
    turns: Arc<CredentialTurns>,
}

impl TokenFetcher {
    /// A redeemer between these sources and this endpoint.
    pub fn new(
        sources: Sources,
        endpoint: Arc<dyn TokenEndpoint>,
        clock: Arc<dyn Clock>,
        log: Arc<dyn CodeLog>,
        redeemed: OnFetched,
    ) -> Self {
        let codes = Arc::new(Codes::new(sources.clone(), Arc::clone(&clock), log));
        let (refusals, pauses) = (Arc::default(), Arc::default());
        let (turnstiles, turns) = (Arc::default(), Arc::default());
        Self { sources, endpoint, clock, redeemed, codes, refusals, pauses, turnstiles, turns }
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

    /// Proves a secret that may rest nowhere yet, with one token request. A user of kind `basic` has to be let in
    /// like one whose password is traded, and keeps no token of it.
    ///
    /// # Errors
    /// [`TokenRequestFailed`].
    pub async fn verify(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
        code: Option<Secret>,
    ) -> Result<FetchedToken, TokenRequestFailed> {
        let _one_at_a_time = self.profile_mutex(profile).await;
        let proof = self.trade(profile, entry, code).await.map_err(with_pause)?;
        match &profile.identity {
            Identity::ApiClient(_) | Identity::User(_) => Ok(proof),
            Identity::Basic(name) => self.compose(profile, name, entry),
        }
    }

    async fn redeem_stored(
        self,
        profile: Arc<Profile>,
        code: Option<Secret>,
    ) -> Result<FetchedToken, TokenRequestFailed> {
        let entry = self.sources.load(&profile).await.map_err(|error| of_load(error, &profile))?;
        match &profile.identity {
            Identity::ApiClient(_) | Identity::User(_) => {
                let _one_at_a_time = self.profile_mutex(&profile).await;
                self.trade_unwatched(&profile, &entry, code).await
            }
            Identity::Basic(name) => {
                self.require_not_refused(&profile, &entry)?;
                self.compose(&profile, name, &entry)
            }
        }
    }

    /// What stands for the token of a user who sends name and password with every request. No server is asked.
    fn compose(
        &self,
        profile: &Profile,
        username: &str,
        entry: &SecretRecord,
    ) -> Result<FetchedToken, TokenRequestFailed> {
        let credentials = token_endpoint::basic_credentials(username, &entry.secret)
            .map_err(|error| of_token_request(&error, profile, None))?;
        let token = AccessToken::copy_of(credentials.as_bytes())
            .map_err(|_| of_load(crate::secrets::vault::VaultError::Unusable, profile))?;
        Ok(FetchedToken { token, life: BASIC_LIFE, sent: self.clock.now() })
    }

    /// One trade of a profile at a time, be it of the secret at rest or of a new one.
    async fn profile_mutex(&self, profile: &Profile) -> OwnedMutexGuard<()> {
        let profile_mutex = {
            let mut turnstiles = lock(&self.turnstiles);
            turnstiles.retain(|_, profile_mutex| Arc::strong_count(profile_mutex) > 1);
            Arc::clone(turnstiles.entry(profile.name.clone()).or_default())
        };
        profile_mutex.lock_owned().await
    }
}

impl FetchToken for TokenFetcher {
    fn fetch_token(
        &self,
        profile: Arc<Profile>,
        code: Option<Secret>,
    ) -> Pin<Box<dyn Future<Output = Result<FetchedToken, TokenRequestFailed>> + Send>> {
        Box::pin(self.clone().redeem_stored(profile, code))
    }

    fn clear_refusal(&self, profile: &Profile) -> bool {
        let by_server =
            AccountKey::logins(profile).map(|login| self.refusals.clear_refusal(&login)).contains(&true);
        let by_proxy = AccountKey::at_proxy(profile).is_some_and(|proxy| self.refusals.clear_refusal(&proxy));
        // What a change of the profile was refused for may be of another account.
        self.clear_refusal_named(&profile.name) || by_server || by_proxy
    }

    fn clear_refusal_named(&self, name: &ProfileName) -> bool {
        self.refusals.clear_refusal_named(name)
    }

    fn clear_refusals(&self) -> bool {
        self.refusals.clear_refusals()
    }

    fn ahead_of(&self, name: &ProfileName) -> Option<ProfileName> {
        self.turns.ahead_of(name)
    }

    fn code_delay(&self, profile: &Profile) -> Option<Duration> {
        self.codes.current_delay(profile)
    }
}

/// How long a password is held for kind `basic` before its source is looked at again.
const BASIC_LIFE: Duration = Duration::from_secs(15 * 60);
