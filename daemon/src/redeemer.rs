//! Owns one trade: a profile's secret from its source, to the token endpoint, for a token. It decides neither
//! when to trade nor what becomes of the token.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cp_token_protocol::message::Identity;
use cp_token_protocol::{AccessToken, Failure, ProfileName, Secret};
use tokio::sync::OwnedMutexGuard;

use crate::authority::{self, ProxyFlaw, TokenEndpoint, TokenOrder, TokenRequestError};
use crate::clock::Clock;
use crate::codes::Codes;
use crate::entry::Entry;
use crate::failure;
use crate::profile::Profile;
use crate::refusals::{Judge, Refusals};
use crate::sources::Sources;
use crate::state::StateFile;
use crate::trade::{Redeem, Redeemed, Unredeemed};

mod look;

/// Trades secrets for tokens, one trade at a time for each profile.
#[derive(Clone)]
pub struct Redeemer {
    sources: Sources,
    endpoint: Arc<dyn TokenEndpoint>,
    clock: Arc<dyn Clock>,
    state: Arc<StateFile>,
    codes: Arc<Codes>,
    refusals: Arc<Refusals>,
    /// A new secret may be proved while a renewal is under way: the server still sees one after the other.
    turnstiles: Arc<Mutex<HashMap<ProfileName, Arc<tokio::sync::Mutex<()>>>>>,
}

impl Redeemer {
    /// A redeemer between these sources and this endpoint.
    pub fn new(
        sources: Sources,
        endpoint: Arc<dyn TokenEndpoint>,
        clock: Arc<dyn Clock>,
        state: Arc<StateFile>,
    ) -> Self {
        let codes =
            Arc::new(Codes::new(sources.clone(), Arc::clone(&clock), Arc::<StateFile>::clone(&state)));
        Self { sources, endpoint, clock, state, codes, refusals: Arc::default(), turnstiles: Arc::default() }
    }

    /// The refused secrets that it does not send again.
    pub fn refusals(&self) -> Arc<Refusals> {
        Arc::clone(&self.refusals)
    }

    /// The one-time codes that it has used.
    pub fn codes(&self) -> Arc<Codes> {
        Arc::clone(&self.codes)
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
        let _turn = self.turn(&profile.name).await;
        let proof = self.trade(profile, entry, code).await?;
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
        let _turn = self.turn(&profile.name).await;
        let entry = self.sources.load(&profile).await.map_err(|error| failure::of_load(error, &profile))?;
        if let Some(refused) = self.refused_before(&profile, &entry, code.is_some()) {
            return Err(failure::refused_again(refused, &profile));
        }
        match &profile.identity {
            Identity::ApiClient(_) | Identity::User(_) => self.trade(&profile, &entry, code).await,
            Identity::Basic(name) => self.compose(&profile, name, &entry),
        }
    }

    async fn trade(
        &self,
        profile: &Profile,
        entry: &Entry,
        code: Option<Secret>,
    ) -> Result<Redeemed, Unredeemed> {
        let code = self.codes.next(profile, entry.totp_seed.as_ref(), code).await;
        let code = code.map_err(|error| failure::of_code(error, profile))?;
        let order = order(profile, entry, code);
        let sent = self.clock.now();
        match self.endpoint.request_token(order, sent.wall).await {
            Ok(issued) => {
                self.refusals.forgive(&profile.name);
                self.state.redeemed(&profile.name, sent.wall);
                Ok(Redeemed { token: issued.token, life: issued.life, sent })
            }
            Err(error) => Err(self.refuse(profile, entry, &error)),
        }
    }

    fn refuse(&self, profile: &Profile, entry: &Entry, error: &TokenRequestError) -> Unredeemed {
        let mut unredeemed = failure::of_token_request(error, profile, self.codes.wait(profile));
        let name = &profile.name;
        if matches!(error, TokenRequestError::Refused { .. }) {
            unredeemed = failure::with_ends(unredeemed, &entry.secret);
            self.refusals.note(name, Judge::Server, &entry.secret, &unredeemed.failure);
        }
        if matches!(error, TokenRequestError::Proxy { flaw: ProxyFlaw::CredentialsRefused, .. })
            && let Some(credentials) = proxy_credentials(profile, entry)
        {
            self.refusals.note(name, Judge::Proxy, &credentials, &unredeemed.failure);
        }
        unredeemed
    }

    /// What was said of the secret, or of the proxy's password, when it was refused. A new code may mend the first.
    fn refused_before(&self, profile: &Profile, entry: &Entry, has_code: bool) -> Option<Failure> {
        let by_server = || self.refusals.of(&profile.name, Judge::Server, &entry.secret);
        let by_proxy = || self.refusals.of(&profile.name, Judge::Proxy, &proxy_credentials(profile, entry)?);
        if has_code { by_proxy() } else { by_server().or_else(by_proxy) }
    }

    /// What stands for the token of a user who sends name and password with every request. No server is asked.
    fn compose(&self, profile: &Profile, username: &str, entry: &Entry) -> Result<Redeemed, Unredeemed> {
        let credentials = authority::basic_credentials(username, &entry.secret)
            .map_err(|error| failure::of_token_request(&error, profile, None))?;
        let token = AccessToken::copy_of(credentials.as_bytes())
            .map_err(|_| failure::of_load(crate::vault::VaultError::Unusable, profile))?;
        Ok(Redeemed { token, life: BASIC_LIFE, sent: self.clock.now() })
    }

    async fn turn(&self, name: &ProfileName) -> OwnedMutexGuard<()> {
        let turnstile = {
            let mut turnstiles = self.turnstiles.lock().unwrap_or_else(PoisonError::into_inner);
            turnstiles.retain(|_, turnstile| Arc::strong_count(turnstile) > 1);
            Arc::clone(turnstiles.entry(name.clone()).or_default())
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

    fn forgive(&self, name: &ProfileName) {
        self.refusals.forgive(name);
    }

    fn code_wait(&self, profile: &Profile) -> Option<Duration> {
        self.codes.held_up(profile)
    }
}

fn order(profile: &Profile, entry: &Entry, code: Option<Secret>) -> TokenOrder {
    TokenOrder {
        url: profile.url.clone(),
        identity: profile.identity.clone(),
        secret: Secret::copy_of(entry.secret.expose()),
        code,
        network: profile.network.clone(),
        proxy_password: entry.proxy_password.as_ref().map(|word| Secret::copy_of(word.expose())),
    }
}

/// Everything that a proxy judges: its address with the user, and the password.
fn proxy_credentials(profile: &Profile, entry: &Entry) -> Option<Secret> {
    let (address, password) = (profile.network.proxy.as_ref()?.to_string(), entry.proxy_password.as_ref()?);
    let mut all = Secret::zeroed(address.len() + password.expose().len());
    let (start, end) = all.bytes_mut().split_at_mut(address.len());
    start.copy_from_slice(address.as_bytes());
    end.copy_from_slice(password.expose());
    Some(all)
}

/// How long a password is held for kind `basic` before its source is looked at again.
const BASIC_LIFE: Duration = Duration::from_secs(15 * 60);
