//! Owns one trade: a profile's secret from its source, to the token endpoint, for a token. It decides neither
//! when to trade nor what becomes of the token.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use cp_token_protocol::{ProfileName, Secret};
use tokio::sync::OwnedMutexGuard;

use crate::authority::{TokenEndpoint, TokenOrder};
use crate::clock::Clock;
use crate::failure;
use crate::profile::Profile;
use crate::sources::Sources;
use crate::state::StateFile;
use crate::trade::{Redeem, Redeemed, Unredeemed};

/// Trades secrets for tokens, one trade at a time for each profile.
#[derive(Clone)]
pub struct Redeemer {
    sources: Sources,
    endpoint: Arc<dyn TokenEndpoint>,
    clock: Arc<dyn Clock>,
    state: Arc<StateFile>,
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
        Self { sources, endpoint, clock, state, turnstiles: Arc::default() }
    }

    /// Proves a secret that rests nowhere yet, with one token request.
    ///
    /// # Errors
    /// [`Unredeemed`].
    pub async fn prove(&self, profile: &Profile, secret: &Secret) -> Result<Redeemed, Unredeemed> {
        let _turn = self.turn(&profile.name).await;
        self.trade(profile, Secret::copy_of(secret.expose())).await
    }

    async fn redeem_stored(self, profile: Arc<Profile>) -> Result<Redeemed, Unredeemed> {
        let _turn = self.turn(&profile.name).await;
        let secret = self.sources.load(&profile).await.map_err(|error| failure::of_load(error, &profile))?;
        self.trade(&profile, secret).await
    }

    async fn trade(&self, profile: &Profile, secret: Secret) -> Result<Redeemed, Unredeemed> {
        let order = TokenOrder {
            url: profile.url.clone(),
            identity: profile.identity.clone(),
            secret,
            ca_bundle: profile.ca_bundle.clone(),
        };
        let sent = self.clock.now();
        match self.endpoint.request_token(order, sent.wall).await {
            Ok(issued) => {
                self.state.redeemed(&profile.name, sent.wall);
                Ok(Redeemed { token: issued.token, life: issued.life, sent })
            }
            Err(error) => Err(failure::of_token_request(&error, profile)),
        }
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
    ) -> Pin<Box<dyn Future<Output = Result<Redeemed, Unredeemed>> + Send>> {
        Box::pin(self.clone().redeem_stored(profile))
    }
}
