//! Owns the checks of what a token request needs, without one: the secret in its source, and the route to the server. It
//! must not send the secret, nor a proxy's password that was refused before.

use cp_token_protocol::Failure;
use cp_token_protocol::handover::RefusalCause;

use super::TokenFetcher;
use super::login::Login;
use crate::profile::Profile;
use crate::profile::account::AccountKey;
use crate::secrets::failure::of_source;
use crate::secrets::secret_record::SecretRecord;
use crate::token_endpoint::{self, ProbeResult};
use crate::token_request::failure::{is_refusal_of_proxy, of_token_request, with_pause};

impl TokenFetcher {
    /// Loads the profile's secret from its source.
    ///
    /// # Errors
    /// [`Failure`], as of a token request.
    pub async fn load_secret(&self, profile: &Profile) -> Result<SecretRecord, Failure> {
        self.sources.load(profile).await.map_err(|error| of_source(error, profile))
    }

    /// The failure of this very secret, if the server refused it before.
    pub fn refused_by_server(&self, profile: &Profile, record: &SecretRecord) -> Option<Failure> {
        let before = self.refusal_of(&AccountKey::login(profile), &record.secret, profile);
        before.map(|before| before.failure)
    }

    /// Whether nothing is sent for the profile because of requests for other servers by the same proxy.
    pub fn is_paused_by_other_servers(&self, profile: &Profile, record: &SecretRecord) -> bool {
        let proxy = Login { profile, record }.at_proxy();
        let route = proxy.and_then(|(account, password)| self.proxy_route(&account, password, profile));
        route.is_some_and(|route| self.backoffs.is_paused_by_other_servers(&route, self.clock.now()))
    }

    /// Probes the server without its credential.
    ///
    /// # Errors
    /// [`Failure`], as of a token request.
    pub async fn probe_server(
        &self,
        profile: &Profile,
        record: Option<&SecretRecord>,
    ) -> Result<ProbeResult, Failure> {
        let login = record.map(|record| Login { profile, record });
        let proxy = login.and_then(Login::at_proxy);
        let attempt = self.probe_attempt(proxy.clone(), profile).await;
        let attempt = attempt.map_err(|failed| failed.failure)?;
        if let Some((account, password)) = &proxy
            && let Some(before) = self.refusal_of(account, password, profile)
        {
            return Err(before.failure);
        }
        if let Some(paused) = login.and_then(|login| self.backoff_at_proxy(login)) {
            return Err(with_pause(paused).failure);
        }
        let password = proxy.as_ref().map(|(_, password)| *password);
        let probe = token_endpoint::probe(&profile.url, &profile.network, password, attempt.progress());
        let outcome = probe.await;
        attempt.record_outcome(outcome.as_ref().err(), profile);
        outcome.map_err(|error| {
            let failure = of_token_request(&error, profile).failure;
            if let Some((account, password)) = proxy.filter(|_| is_refusal_of_proxy(&error)) {
                self.refusals.record(&account, password, &profile.name, RefusalCause::Proxy);
            }
            failure
        })
    }

    /// The host that a token request connects to, and its number of addresses.
    ///
    /// # Errors
    /// [`Failure`], as of a token request.
    pub async fn resolve_server(&self, profile: &Profile) -> Result<(String, usize), Failure> {
        let found = token_endpoint::resolve(&profile.url, &profile.network).await;
        found.map_err(|error| of_token_request(&error, profile).failure)
    }
}
