//! Owns one trade: a profile's secret from its source, to the token endpoint, for a token. It decides neither
//! when to trade nor what becomes of the token.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cp_token_protocol::message::Identity;
use cp_token_protocol::{AccessToken, ProfileName, Secret};
use tokio::sync::OwnedMutexGuard;

use crate::account::AccountKey;
use crate::authority::{self, TokenEndpoint};
use crate::clock::Clock;
use crate::codes::Codes;
use crate::codes::log::CodeLog;
use crate::entry::Entry;
use crate::failure;
use crate::profile::Profile;
use crate::refusals::Refusals;
use crate::sources::Sources;
use crate::trade::{Redeem, Redeemed, Unredeemed};

mod attempt;
mod login;
mod look;
pub mod pauses;
mod turns;

use pauses::Pauses;
use turns::Turns;

/// Is told that a profile's secret was traded for a token, and when, since 1970. It must not take its time.
pub type OnRedeemed = Arc<dyn Fn(&ProfileName, Duration) + Send + Sync>;

/// Trades secrets for tokens, one trade at a time for each profile.
#[derive(Clone)]
pub struct Redeemer {
    sources: Sources,
    endpoint: Arc<dyn TokenEndpoint>,
    clock: Arc<dyn Clock>,
    redeemed: OnRedeemed,
    codes: Arc<Codes>,
    refusals: Arc<Refusals>,
    pauses: Arc<Pauses>,
    /// A new secret may be proved while a renewal is under way: the server still sees one after the other.
    turnstiles: Arc<Mutex<HashMap<ProfileName, Arc<tokio::sync::Mutex<()>>>>>,
    turns: Arc<Turns>,
}

impl Redeemer {
    /// A redeemer between these sources and this endpoint.
    pub fn new(
        sources: Sources,
        endpoint: Arc<dyn TokenEndpoint>,
        clock: Arc<dyn Clock>,
        log: Arc<dyn CodeLog>,
        redeemed: OnRedeemed,
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
    /// [`Unredeemed`].
    pub async fn prove(
        &self,
        profile: &Profile,
        entry: &Entry,
        code: Option<Secret>,
    ) -> Result<Redeemed, Unredeemed> {
        let _one_at_a_time = self.turnstile(profile).await;
        let proof = self.trade(profile, entry, code).await.map_err(failure::with_pause)?;
        match &profile.identity {
            Identity::ApiClient(_) | Identity::User(_) => Ok(proof),
            Identity::Basic(name) => self.compose(profile, name, entry),
        }
    }

    async fn redeem_stored(
        self,
        profile: Arc<Profile>,
        code: Option<Secret>,
    ) -> Result<Redeemed, Unredeemed> {
        let entry = self.sources.load(&profile).await.map_err(|error| failure::of_load(error, &profile))?;
        match &profile.identity {
            Identity::ApiClient(_) | Identity::User(_) => {
                let _one_at_a_time = self.turnstile(&profile).await;
                self.trade_unwatched(&profile, &entry, code).await
            }
            Identity::Basic(name) => {
                self.require_not_refused(&profile, &entry)?;
                self.compose(&profile, name, &entry)
            }
        }
    }

    /// What stands for the token of a user who sends name and password with every request. No server is asked.
    fn compose(&self, profile: &Profile, username: &str, entry: &Entry) -> Result<Redeemed, Unredeemed> {
        let credentials = authority::basic_credentials(username, &entry.secret)
            .map_err(|error| failure::of_token_request(&error, profile, None))?;
        let token = AccessToken::copy_of(credentials.as_bytes())
            .map_err(|_| failure::of_load(crate::vault::VaultError::Unusable, profile))?;
        Ok(Redeemed { token, life: BASIC_LIFE, sent: self.clock.now() })
    }

    /// One trade of a profile at a time, be it of the secret at rest or of a new one.
    async fn turnstile(&self, profile: &Profile) -> OwnedMutexGuard<()> {
        let turnstile = {
            let mut turnstiles = self.turnstiles.lock().unwrap_or_else(PoisonError::into_inner);
            turnstiles.retain(|_, turnstile| Arc::strong_count(turnstile) > 1);
            Arc::clone(turnstiles.entry(profile.name.clone()).or_default())
        };
        turnstile.lock_owned().await
    }
}

impl Redeem for Redeemer {
    fn redeem(
        &self,
        profile: Arc<Profile>,
        code: Option<Secret>,
    ) -> Pin<Box<dyn Future<Output = Result<Redeemed, Unredeemed>> + Send>> {
        Box::pin(self.clone().redeem_stored(profile, code))
    }

    fn forgive(&self, profile: &Profile) -> bool {
        let by_server =
            AccountKey::logins(profile).map(|login| self.refusals.forgive(&login)).contains(&true);
        let by_proxy = AccountKey::at_proxy(profile).is_some_and(|proxy| self.refusals.forgive(&proxy));
        // What a change of the profile was refused for may be of another account.
        self.forgive_named(&profile.name) || by_server || by_proxy
    }

    fn forgive_named(&self, name: &ProfileName) -> bool {
        self.refusals.forgive_named(name)
    }

    fn forgive_all(&self) -> bool {
        self.refusals.forgive_all()
    }

    fn ahead_of(&self, name: &ProfileName) -> Option<ProfileName> {
        self.turns.ahead_of(name)
    }

    fn code_wait(&self, profile: &Profile) -> Option<Duration> {
        self.codes.held_up(profile)
    }
}

/// How long a password is held for kind `basic` before its source is looked at again.
const BASIC_LIFE: Duration = Duration::from_secs(15 * 60);
