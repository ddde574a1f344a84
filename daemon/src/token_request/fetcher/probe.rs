//! Owns the look at what a trade would need, without a trade: the secret in its source, and the way to the server. It
//! must not send the secret, nor a proxy's password that was refused before.

use cp_token_protocol::Failure;

use super::TokenFetcher;
use super::login::proxy_login;
use crate::profile::Profile;
use crate::profile::account::AccountKey;
use crate::secrets::failure::of_vault;
use crate::secrets::secret_record::SecretRecord;
use crate::token_endpoint::{self, ProbeResult, ProxyFlaw, TokenRequestError};
use crate::token_request::failure::of_token_request;

impl TokenFetcher {
    /// What rests in the profile's source.
    ///
    /// # Errors
    /// [`Failure`] where a trade would find nothing.
    pub async fn load_secret(&self, profile: &Profile) -> Result<SecretRecord, Failure> {
        self.sources.load(profile).await.map_err(|error| of_vault(error, profile))
    }

    /// What was said of this very secret when the server refused it; nothing where it did not.
    pub fn refused_by_server(&self, profile: &Profile, entry: &SecretRecord) -> Option<Failure> {
        self.said_before(&AccountKey::login(profile), &entry.secret, profile).map(|before| before.failure)
    }

    /// What the server shows to whoever has no credential.
    ///
    /// # Errors
    /// [`Failure`], as a trade would end on its way.
    pub async fn probe_server(
        &self,
        profile: &Profile,
        entry: Option<&SecretRecord>,
    ) -> Result<ProbeResult, Failure> {
        let login = entry.and_then(|entry| proxy_login(profile, entry));
        let attempt = self.look_attempt(login.clone(), &profile.name).await;
        let attempt = attempt.map_err(|unredeemed| unredeemed.failure)?;
        let before = login.as_ref().and_then(|(proxy, word)| self.said_before(proxy, word, profile));
        if let Some(before) = before {
            return Err(before.failure);
        }
        let password = login.as_ref().map(|(_, password)| *password);
        let seen = token_endpoint::probe(&profile.url, &profile.network, password, attempt.progress()).await;
        seen.map_err(|error| {
            let failed = of_token_request(&error, profile, None).failure;
            if let (
                Some((proxy, password)),
                TokenRequestError::Proxy { flaw: ProxyFlaw::CredentialsRefused, .. },
            ) = (&login, &error)
            {
                self.refusals.note(proxy, password, &profile.name, &failed);
            }
            failed
        })
    }

    /// The host that a trade connects to, and how many addresses it has.
    ///
    /// # Errors
    /// [`Failure`], as a trade would end.
    pub async fn resolve_server(&self, profile: &Profile) -> Result<(String, usize), Failure> {
        let found = token_endpoint::resolve(&profile.url, &profile.network).await;
        found.map_err(|error| of_token_request(&error, profile, None).failure)
    }
}
