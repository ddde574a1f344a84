//! Owns one attempt at a token request: the permits of the credentials that it sends, from the wait for them until the
//! outcome of each is known. It must not interpret an answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::message::{Identity, TotpMethod};
use cp_token_protocol::{ProfileName, Secret};

use super::TokenFetcher;
use super::backoffs::{Backoffs, CredentialRoute};
use super::credential_limiter::{CredentialPermit, Limits};
use super::login::{Login, PROXY_PASSWORD};
use crate::base::clock::Clock;
use crate::base::mutex::lock;
use crate::profile::Profile;
use crate::profile::account::AccountKey;
use crate::token_endpoint::{Progress, ProxyFlaw, TokenRequestError};
use crate::token_request::TokenRequestFailed;
use crate::token_request::failure::{of_token_request, of_unanswered};
use crate::token_request::refusals::{Credential, Refusals};

/// The most requests with one password at a time. A wrong password counts as a failed login, and the strictest
/// directories lock an account after the third.
const MAX_PASSWORD_REQUESTS: usize = 2;

/// Of one that is not known to work.
const ONE_AT_A_TIME: Limits = Limits { max_recent: 1, max_total: MAX_PASSWORD_REQUESTS };

/// An attempt; its permits are released when it is dropped.
pub(super) struct TokenAttempt(Arc<AttemptState>);

/// The state of an attempt. A connection may hold it for longer than the attempt lasts.
struct AttemptState {
    refusals: Arc<Refusals>,
    backoffs: Arc<Backoffs>,
    clock: Arc<dyn Clock>,
    /// The proxy's password, until the proxy has accepted it.
    proxy: Mutex<Option<ProxyCredential>>,
    server: Mutex<Option<ServerCredential>>,
    /// When the permits were complete, by the boot clock.
    started: Duration,
    is_postponed: AtomicBool,
}

/// The password that is sent to the proxy, and its permits: one for every server, one for this server.
type ProxyCredential = (CredentialRoute, [CredentialPermit; 2]);

/// The credential that is sent to the server.
struct ServerCredential {
    route: CredentialRoute,
    /// A computed code has a time step of its own, and needs none.
    permit: Option<CredentialPermit>,
    /// When it was sent, by the boot clock.
    sent: Option<Duration>,
    is_client: bool,
}

impl ServerCredential {
    fn sent(&self) -> Option<(&CredentialRoute, Duration)> {
        Some((&self.route, self.sent?))
    }
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

    /// Records the outcome for each credential that was sent. One that has shown neither that it is right nor that it is
    /// wrong begins or prolongs its back-off.
    pub(super) fn record_outcome(&self, error: Option<&TokenRequestError>, profile: &Profile) {
        let (state, now) = (&self.0, self.0.clock.now());
        let failed = error.map(|error| of_token_request(error, profile));
        if let Some((route, sent)) = lock(&state.server).as_ref().and_then(ServerCredential::sent) {
            match &failed {
                Some(failed) => state.backoffs.record(route, &profile.name, failed, sent, now),
                None => state.backoffs.clear(route),
            }
        }
        if let Some((route, _)) = lock(&state.proxy).as_ref().filter(|_| error.is_some_and(may_be_of_proxy))
            && let Some(failed) = &failed
        {
            let sent = (state.started, state.refusals.has_worked(&route.credential, now.boot));
            state.backoffs.record_at_proxy(route, &profile.name, failed, sent, now);
        }
    }
}

impl Drop for TokenAttempt {
    fn drop(&mut self) {
        drop((lock(&self.0.proxy).take(), lock(&self.0.server).take()));
    }
}

impl AttemptState {
    fn may_send_to(&self, server: &mut ServerCredential) -> bool {
        let now = self.clock.now();
        let is_allowed = !self.refusals.is_refused(&server.route.credential)
            && self.backoffs.of(&server.route, now).is_none()
            && server.permit.as_ref().is_none_or(|permit| permit.send(self.limits(server)));
        server.sent = is_allowed.then_some(now.boot);
        is_allowed
    }

    fn limits(&self, server: &ServerCredential) -> Limits {
        limits(&self.refusals, &self.backoffs, &*self.clock, &server.route, server.is_client)
    }
}

impl Progress for AttemptState {
    fn proxy_passed(&self) {
        if let Some((route, _permits)) = lock(&self.proxy).take() {
            self.backoffs.clear_at_proxy(&route);
            self.refusals.record_credential_success(route.credential, self.clock.now().boot);
        }
    }

    fn may_send(&self) -> bool {
        let may = lock(&self.server).as_mut().is_none_or(|server| self.may_send_to(server));
        self.is_postponed.store(!may, Ordering::Relaxed);
        may
    }
}

impl TokenFetcher {
    /// An attempt with its permits.
    pub(super) async fn attempt(&self, login: Login<'_>) -> Result<TokenAttempt, TokenRequestFailed> {
        let server = self.server_permit(login).await?;
        self.attempt_with(login.at_proxy(), server, login.profile).await
    }

    /// As [`TokenFetcher::attempt`], for a request that sends nothing but the proxy's password, if any.
    pub(super) async fn probe_attempt(
        &self,
        proxy: Option<(AccountKey, &Secret)>,
        profile: &Profile,
    ) -> Result<TokenAttempt, TokenRequestFailed> {
        self.attempt_with(proxy, None, profile).await
    }

    async fn attempt_with(
        &self,
        proxy: Option<(AccountKey, &Secret)>,
        server: Option<ServerCredential>,
        profile: &Profile,
    ) -> Result<TokenAttempt, TokenRequestFailed> {
        let route = proxy.and_then(|(account, password)| self.proxy_route(&account, password, profile));
        let proxy = match route {
            Some(route) => Some(self.proxy_permits(route, &profile.name).await?),
            None => None,
        };
        Ok(TokenAttempt(Arc::new(AttemptState {
            refusals: Arc::clone(&self.refusals),
            backoffs: Arc::clone(&self.backoffs),
            clock: Arc::clone(&self.clock),
            proxy: Mutex::new(proxy),
            server: Mutex::new(server),
            started: self.clock.now().boot,
            is_postponed: AtomicBool::new(false),
        })))
    }

    async fn server_permit(&self, login: Login<'_>) -> Result<Option<ServerCredential>, TokenRequestFailed> {
        let Some(route) = self.server_route(login) else { return Ok(None) };
        let is_client = matches!(login.profile.identity, Identity::ApiClient(_));
        let permit = match login.profile.totp {
            TotpMethod::Stored => None,
            TotpMethod::None | TotpMethod::Ask | TotpMethod::Command(_) => {
                Some(self.permit(&route, &login.profile.name, is_client, login.kind_of_secret()).await?)
            }
        };
        Ok(Some(ServerCredential { route, permit, sent: None, is_client }))
    }

    /// The proxy gets its password as soon as the connection to it is open. Of the requests for one server the first finds
    /// out whether the proxy leads there.
    async fn proxy_permits(
        &self,
        route: CredentialRoute,
        name: &ProfileName,
    ) -> Result<ProxyCredential, TokenRequestFailed> {
        let for_server = self.proxy_permit(&route.credential_for_server(), name, || ONE_AT_A_TIME).await?;
        let limits = || {
            let now = self.clock.now();
            let works = self.refusals.has_worked(&route.credential, now.boot);
            let max_recent = if works && !self.backoffs.has_failed_at_proxy(&route, now) {
                MAX_PASSWORD_REQUESTS
            } else {
                1
            };
            Limits { max_recent, ..ONE_AT_A_TIME }
        };
        let permit = self.proxy_permit(&route.credential, name, limits).await?;
        Ok((route, [permit, for_server]))
    }

    async fn proxy_permit(
        &self,
        credential: &Credential,
        name: &ProfileName,
        limits: impl Fn() -> Limits,
    ) -> Result<CredentialPermit, TokenRequestFailed> {
        loop {
            let permit = self.limiter.acquire(credential, name, &limits).await;
            let permit = permit.map_err(|other| of_unanswered(name, &other, PROXY_PASSWORD))?;
            if permit.send(limits()) {
                return Ok(permit);
            }
        }
    }

    async fn permit(
        &self,
        route: &CredentialRoute,
        name: &ProfileName,
        is_client: bool,
        shared: &str,
    ) -> Result<CredentialPermit, TokenRequestFailed> {
        let limits = || limits(&self.refusals, &self.backoffs, &*self.clock, route, is_client);
        let permit = self.limiter.acquire(&route.credential, name, limits).await;
        permit.map_err(|other| of_unanswered(name, &other, shared))
    }
}

/// A credential that is not known to work, or whose last request failed, is sent by one request at a time. As far as is
/// known, no account of an API client is ever locked.
fn limits(
    refusals: &Refusals,
    backoffs: &Backoffs,
    clock: &dyn Clock,
    route: &CredentialRoute,
    is_client: bool,
) -> Limits {
    let now = clock.now();
    let max_total = if is_client { usize::MAX } else { MAX_PASSWORD_REQUESTS };
    let works = refusals.has_worked(&route.credential, now.boot) && !backoffs.has_failed(route, now);
    Limits { max_recent: if works { max_total } else { 1 }, max_total }
}

/// Whether the error may be the proxy's own, after the proxy was sent its password.
fn may_be_of_proxy(error: &TokenRequestError) -> bool {
    if let TokenRequestError::Proxy { flaw, .. } = error {
        return !matches!(flaw, ProxyFlaw::Unreachable(_));
    }
    matches!(error, TokenRequestError::TimedOut)
}
