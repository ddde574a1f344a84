//! Owns one attempt at a token request: the permits of the credentials that it sends, from the wait for them until the
//! outcome of each is known. It must not interpret an answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cp_token_protocol::message::{Identity, TotpMethod};
use cp_token_protocol::{ProfileName, Secret};

use super::TokenFetcher;
use super::credential_limiter::{CredentialPermit, Limits};
use super::login::Login;
use crate::base::clock::Clock;
use crate::base::mutex::lock;
use crate::profile::account::AccountKey;
use crate::token_endpoint::Progress;
use crate::token_request::TokenRequestFailed;
use crate::token_request::failure::of_unanswered;
use crate::token_request::refusals::{Credential, Refusals};

/// The most requests with one password at a time. A wrong password counts as a failed login, and the strictest
/// directories lock an account after the third.
const MAX_PASSWORD_REQUESTS: usize = 2;

/// An attempt; its permits are released when it is dropped.
pub(super) struct TokenAttempt(Arc<AttemptState>);

/// The state of an attempt. A connection may hold it for longer than the attempt lasts.
struct AttemptState {
    refusals: Arc<Refusals>,
    clock: Arc<dyn Clock>,
    /// The proxy's password, until the proxy has accepted it.
    proxy: Mutex<Option<(Credential, CredentialPermit)>>,
    server: Mutex<Option<ServerCredential>>,
    is_postponed: AtomicBool,
}

/// The credential that is sent to the server.
struct ServerCredential {
    credential: Credential,
    permit: CredentialPermit,
    is_client: bool,
}

impl TokenAttempt {
    /// The observer of its exchange.
    pub(super) fn progress(&self) -> Arc<dyn Progress> {
        Arc::<AttemptState>::clone(&self.0)
    }

    /// Whether nothing was sent to the server, because another request shows first whether the credential is right.
    pub(super) fn is_postponed(&self) -> bool {
        self.0.is_postponed.load(Ordering::Relaxed)
    }
}

impl Drop for TokenAttempt {
    fn drop(&mut self) {
        drop((lock(&self.0.proxy).take(), lock(&self.0.server).take()));
    }
}

impl AttemptState {
    fn may_send_to(&self, server: &ServerCredential) -> bool {
        let limits = limits(&self.refusals, &*self.clock, &server.credential, server.is_client);
        !self.refusals.is_refused(&server.credential) && server.permit.send(limits)
    }
}

impl Progress for AttemptState {
    fn proxy_passed(&self) {
        if let Some((credential, _permit)) = lock(&self.proxy).take() {
            self.refusals.record_credential_success(credential, self.clock.now().boot);
        }
    }

    fn may_send(&self) -> bool {
        let may = lock(&self.server).as_ref().is_none_or(|server| self.may_send_to(server));
        self.is_postponed.store(!may, Ordering::Relaxed);
        may
    }
}

impl TokenFetcher {
    /// An attempt with its permits. A computed code has a time step of its own, and needs no permit.
    pub(super) async fn attempt(&self, login: Login<'_>) -> Result<TokenAttempt, TokenRequestFailed> {
        let server = match login.profile.totp {
            TotpMethod::Stored => None,
            TotpMethod::None | TotpMethod::Ask | TotpMethod::Command(_) => self.server_permit(login).await?,
        };
        self.attempt_with(login.at_proxy(), server, &login.profile.name).await
    }

    /// As [`TokenFetcher::attempt`], for a request that sends nothing but the proxy's password, if any.
    pub(super) async fn probe_attempt(
        &self,
        proxy: Option<(AccountKey, &Secret)>,
        name: &ProfileName,
    ) -> Result<TokenAttempt, TokenRequestFailed> {
        self.attempt_with(proxy, None, name).await
    }

    async fn attempt_with(
        &self,
        proxy: Option<(AccountKey, &Secret)>,
        server: Option<ServerCredential>,
        name: &ProfileName,
    ) -> Result<TokenAttempt, TokenRequestFailed> {
        let proxy = proxy.and_then(|(account, password)| self.refusals.credential(&account, password));
        let proxy = match proxy {
            Some(credential) => Some(self.proxy_permit(credential, name).await?),
            None => None,
        };
        let (refusals, clock) = (Arc::clone(&self.refusals), Arc::clone(&self.clock));
        let (proxy, server, is_postponed) = (Mutex::new(proxy), Mutex::new(server), AtomicBool::new(false));
        Ok(TokenAttempt(Arc::new(AttemptState { refusals, clock, proxy, server, is_postponed })))
    }

    async fn server_permit(&self, login: Login<'_>) -> Result<Option<ServerCredential>, TokenRequestFailed> {
        let Some(credential) = self.refusals.credential(&login.account(), &login.record.secret) else {
            return Ok(None);
        };
        let is_client = matches!(login.profile.identity, Identity::ApiClient(_));
        let shared = if is_client { "client secret" } else { "password" };
        let permit = self.permit(&credential, &login.profile.name, is_client, shared).await?;
        Ok(Some(ServerCredential { credential, permit, is_client }))
    }

    /// The proxy gets its password as soon as the connection to it is open.
    async fn proxy_permit(
        &self,
        credential: Credential,
        name: &ProfileName,
    ) -> Result<(Credential, CredentialPermit), TokenRequestFailed> {
        loop {
            let permit = self.permit(&credential, name, false, "proxy password").await?;
            if permit.send(limits(&self.refusals, &*self.clock, &credential, false)) {
                return Ok((credential, permit));
            }
        }
    }

    async fn permit(
        &self,
        credential: &Credential,
        name: &ProfileName,
        is_client: bool,
        shared: &str,
    ) -> Result<CredentialPermit, TokenRequestFailed> {
        let limits = || limits(&self.refusals, &*self.clock, credential, is_client);
        let permit = self.limiter.acquire(credential, name, limits).await;
        permit.map_err(|other| of_unanswered(name, &other, shared))
    }
}

/// A credential that is not known to work is sent by one request at a time. As far as is known, no account of an API
/// client is ever locked.
fn limits(refusals: &Refusals, clock: &dyn Clock, credential: &Credential, is_client: bool) -> Limits {
    let max_total = if is_client { usize::MAX } else { MAX_PASSWORD_REQUESTS };
    let has_worked = refusals.has_worked(credential, clock.now().boot);
    Limits { max_recent: if has_worked { max_total } else { 1 }, max_total }
}
