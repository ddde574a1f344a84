//! Owns the look at what a trade would need, without a trade: the secret in its source, and the way to the server. It
//! must not send the secret, nor a proxy's password that was refused before.

use std::time::Duration;

use cp_token_protocol::Failure;

use super::Redeemer;
use super::login::proxy_login;
use crate::account::AccountKey;
use crate::authority::{self, ProxyFlaw, Seen, TokenRequestError};
use crate::entry::Entry;
use crate::failure;
use crate::profile::Profile;

impl Redeemer {
    /// What rests in the profile's source.
    ///
    /// # Errors
    /// [`Failure`] where a trade would find nothing.
    pub async fn look_at_secret(&self, profile: &Profile) -> Result<Entry, Failure> {
        self.sources.load(profile).await.map_err(|error| failure::of_vault(error, profile))
    }

    /// What was said of this very secret when the server refused it; nothing where it did not.
    pub fn refused_by_server(&self, profile: &Profile, entry: &Entry) -> Option<Failure> {
        self.said_before(&AccountKey::login(profile), &entry.secret, profile).map(|before| before.failure)
    }

    /// What the server shows to whoever has no credential.
    ///
    /// # Errors
    /// [`Failure`], as a trade would end on its way.
    pub async fn look_at_server(&self, profile: &Profile, entry: Option<&Entry>) -> Result<Seen, Failure> {
        let login = entry.and_then(|entry| proxy_login(profile, entry));
        let unproved = || {
            let login = login.as_ref();
            let unproved =
                login.and_then(|(proxy, word)| self.refusals.unproved(proxy, word, self.clock.now().boot));
            unproved.into_iter().collect()
        };
        let turn = tokio::time::timeout(LONGEST_WAIT, self.turns.take(&profile.name, unproved)).await;
        let _turn = turn.map_err(|_| failure::of_token_request(&in_vain(profile), profile, None).failure)?;
        let before = login.as_ref().and_then(|(proxy, word)| self.said_before(proxy, word, profile));
        if let Some(before) = before {
            return Err(before.failure);
        }
        let password = login.as_ref().map(|(_, password)| *password);
        let seen = authority::look(&profile.url, &profile.network, password).await;
        self.note_proxy(login.clone(), seen.as_ref().err());
        seen.map_err(|error| {
            let failed = failure::of_token_request(&error, profile, None).failure;
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

    /// As [`Redeemer::look_at_server`] of a profile whose way needs no password; nothing of the profile is in the outcome.
    ///
    /// # Errors
    /// [`TokenRequestError`], as a token request would end.
    pub async fn see_server(&self, profile: &Profile) -> Result<Seen, TokenRequestError> {
        authority::look(&profile.url, &profile.network, None).await
    }

    /// As [`Redeemer::look_up`]; nothing of the profile is in the outcome.
    ///
    /// # Errors
    /// [`TokenRequestError`], as a token request would end.
    pub async fn find_server(&self, profile: &Profile) -> Result<(String, usize), TokenRequestError> {
        authority::look_up(&profile.url, &profile.network).await
    }

    /// The host that a trade connects to, and how many addresses it has.
    ///
    /// # Errors
    /// [`Failure`], as a trade would end.
    pub async fn look_up(&self, profile: &Profile) -> Result<(String, usize), Failure> {
        let found = authority::look_up(&profile.url, &profile.network).await;
        found.map_err(|error| failure::of_token_request(&error, profile, None).failure)
    }
}

/// The proxy has kept others with the same password waiting for so long that it is not asked.
fn in_vain(profile: &Profile) -> TokenRequestError {
    let proxy = profile.network.proxy_for(&profile.url);
    let proxy = proxy.map(|proxy| proxy.origin().to_owned()).unwrap_or_default();
    TokenRequestError::Proxy { proxy, flaw: ProxyFlaw::TimedOut }
}

/// The longest that a look waits for others that are the first to give the proxy its password.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
