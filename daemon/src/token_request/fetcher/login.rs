//! Owns the login of a token request, and what its failure shows: which secret is not sent again, and that a one-time
//! code may have been wrong.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::Secret;
use cp_token_protocol::handover::{Backoff, RefusalCause};
use cp_token_protocol::message::{Identity, TotpMethod};

use super::TokenFetcher;
use super::attempt::TokenAttempt;
use super::backoffs::CredentialRoute;
use crate::lease::FailureKind;
use crate::profile::Profile;
use crate::profile::account::AccountKey;
use crate::secrets::secret_record::SecretRecord;
use crate::token_endpoint::{self, Content, Progress, TokenRequest, TokenRequestError};
use crate::token_request::codes::CodeError;
use crate::token_request::failure::{
    backed_off, of_code, of_token_request, refusal_cause, refused, refused_again,
};
use crate::token_request::{FetchResult, FetchedToken, TokenRequestFailed};

/// A profile, and the secrets that its token request sends.
#[derive(Clone, Copy)]
pub(super) struct Login<'l> {
    pub(super) profile: &'l Profile,
    pub(super) record: &'l SecretRecord,
}

impl<'l> Login<'l> {
    /// The account at the server.
    pub(super) fn account(self) -> AccountKey {
        AccountKey::login(self.profile)
    }

    /// What its secret is called.
    pub(super) fn kind_of_secret(self) -> &'static str {
        match self.profile.identity {
            Identity::ApiClient(_) => "client secret",
            Identity::User(_) | Identity::Basic(_) => "password",
        }
    }

    /// The account and password of the proxy, if it gets one.
    pub(super) fn at_proxy(self) -> Option<(AccountKey, &'l Secret)> {
        let proxy = self.profile.network.proxy_for(&self.profile.url)?;
        proxy.user()?;
        AccountKey::at_proxy(self.profile).zip(self.record.proxy_password.as_ref())
    }

    fn request(self, code: Option<&Secret>, progress: Arc<dyn Progress>) -> TokenRequest {
        let copy_of = |secret: &Secret| Secret::copy_of(secret.expose());
        TokenRequest {
            url: self.profile.url.clone(),
            identity: self.profile.identity.clone(),
            secret: copy_of(&self.record.secret),
            code: code.map(copy_of),
            network: self.profile.network.clone(),
            proxy_password: self.record.proxy_password.as_ref().map(copy_of),
            progress,
        }
    }
}

impl TokenFetcher {
    /// A token request for a person who waits: an error is reported, and nothing is sent a second time. If a code was
    /// sent with the secret, either may be wrong.
    pub(super) async fn request_interactively(&self, login: Login<'_>, code: Option<Secret>) -> FetchResult {
        self.require_untried(login)?;
        self.require_no_pause(login)?;
        let code = self.code(login, code).await?;
        // Another request may have been refused meanwhile.
        let still_allowed = || self.require_untried(login);
        let (_attempt, outcome) = self.log_in(login, code.as_ref(), still_allowed).await?;
        outcome.map_err(|error| match self.may_retry_with_code(login, &error) {
            true => self.failed(login, &error, false),
            false => self.refuse(login, &error),
        })
    }

    /// A token request that no person watches. If a computed code is refused, exactly one of another time step follows,
    /// by whichever profile of the account: another process may have used the first. If a given code is refused, only
    /// its giver, a person or a program, has another.
    pub(super) async fn request_unattended(&self, login: Login<'_>, given: Option<Secret>) -> FetchResult {
        let is_given = given.is_some();
        self.require_not_refused(login)?;
        self.require_no_pause(login)?;
        let mut code = self.code(login, given).await?;
        loop {
            // A request of another profile of the account may have been refused meanwhile.
            let still_allowed = || self.require_not_refused(login);
            let (_attempt, outcome) = self.log_in(login, code.as_ref(), still_allowed).await?;
            let error = match outcome {
                Ok(fetched) => return Ok(fetched),
                Err(error) => error,
            };
            if !self.may_retry_with_code(login, &error) {
                return Err(self.refuse(login, &error));
            }
            if is_given {
                let kind = FailureKind::Refused(Duration::ZERO);
                return Err(TokenRequestFailed { kind, ..self.failed(login, &error, false) });
            }
            code = match self.codes.next(login.profile, login.record.totp_seed.as_ref(), None).await {
                Ok(code) => code,
                // A program that always prints the same code has no other.
                Err(CodeError::Pending(_)) => return Err(self.refuse(login, &error)),
                Err(error) => return Err(of_code(error, login.profile)),
            };
        }
    }

    /// Fails if the secret or the proxy's password was refused before.
    pub(super) fn require_not_refused(&self, login: Login<'_>) -> Result<(), TokenRequestFailed> {
        self.refused_before(login).map_or(Ok(()), |(_, _, cause)| Err(refused_again(cause, login.profile)))
    }

    /// Sends one request when the credential limits and `still_allowed` permit it. The attempt must live until its outcome
    /// is recorded.
    async fn log_in(
        &self,
        login: Login<'_>,
        code: Option<&Secret>,
        still_allowed: impl Fn() -> Result<(), TokenRequestFailed>,
    ) -> Result<(TokenAttempt, Result<FetchedToken, TokenRequestError>), TokenRequestFailed> {
        // A bundle on a disk that hangs delays its own profile, and none that waits for the same credential.
        let bundle = token_endpoint::check_ca_bundle(&login.profile.network).await;
        bundle.map_err(|error| of_token_request(&error, login.profile))?;
        loop {
            let attempt = self.attempt(login).await?;
            still_allowed()?;
            self.require_no_pause(login)?;
            let outcome = self.send(login, login.request(code, attempt.progress())).await;
            if !attempt.is_postponed() {
                attempt.record_outcome(outcome.as_ref().err(), login.profile);
                return Ok((attempt, outcome));
            }
        }
    }

    /// Fails during a pause that the server has asked this account for, and during a back-off of a credential.
    fn require_no_pause(&self, login: Login<'_>) -> Result<(), TokenRequestFailed> {
        let pause = self.pauses.of(&AccountKey::of(login.profile), self.clock.now());
        let failed = pause.map(|error| of_token_request(&error, login.profile));
        failed.or_else(|| self.backoff_of(login)).map_or(Ok(()), Err)
    }

    /// The failure during a back-off of a credential that the login sends.
    fn backoff_of(&self, login: Login<'_>) -> Option<TokenRequestFailed> {
        let server = self.server_route(login).and_then(|route| self.backoffs.of(&route, self.clock.now()));
        let failed = server.map(|server| paused(server, login.kind_of_secret(), login.profile));
        failed.or_else(|| self.backoff_at_proxy(login))
    }

    /// The failure during a back-off of the proxy's password.
    pub(super) fn backoff_at_proxy(&self, login: Login<'_>) -> Option<TokenRequestFailed> {
        let (account, password) = login.at_proxy()?;
        let route = self.proxy_route(&account, password, login.profile)?;
        let backoff = self.backoffs.at_proxy(&route, self.clock.now())?;
        Some(paused(backoff, PROXY_PASSWORD, login.profile))
    }

    /// The secret on its route to the server; `None` while the daemon is locked.
    pub(super) fn server_route(&self, login: Login<'_>) -> Option<CredentialRoute> {
        let credential = self.refusals.credential(&login.account(), &login.record.secret)?;
        let proxy = login.profile.network.proxy_for(&login.profile.url).map(ToString::to_string);
        Some(CredentialRoute { credential, proxy, server: None })
    }

    /// The password of a proxy on its way to the profile's server; `None` while the daemon is locked.
    pub(super) fn proxy_route(
        &self,
        account: &AccountKey,
        password: &Secret,
        profile: &Profile,
    ) -> Option<CredentialRoute> {
        let credential = self.refusals.credential(account, password)?;
        Some(CredentialRoute { credential, proxy: None, server: Some(profile.url.to_string()) })
    }

    /// As [`TokenFetcher::require_not_refused`], for a secret that a person gives. The refusal is recorded for this profile
    /// too, so that `forget` of its name clears it.
    fn require_untried(&self, login: Login<'_>) -> Result<(), TokenRequestFailed> {
        let Some((account, secret, cause)) = self.refused_before(login) else { return Ok(()) };
        self.refusals.record(&account, secret, &login.profile.name, cause.clone());
        Err(refused_again(cause, login.profile))
    }

    /// The secret that was refused before, its account, and why.
    fn refused_before<'l>(&self, login: Login<'l>) -> Option<(AccountKey, &'l Secret, RefusalCause)> {
        let at_server = Some((login.account(), &login.record.secret));
        [at_server, login.at_proxy()].into_iter().flatten().find_map(|(account, secret)| {
            let cause = self.refusals.of(&account, secret)?;
            Some((account, secret, cause))
        })
    }

    /// The failure of this very secret when it was refused, in words for this profile.
    pub(super) fn refusal_of(
        &self,
        account: &AccountKey,
        secret: &Secret,
        profile: &Profile,
    ) -> Option<TokenRequestFailed> {
        Some(refused_again(self.refusals.of(account, secret)?, profile))
    }

    async fn code(
        &self,
        login: Login<'_>,
        given: Option<Secret>,
    ) -> Result<Option<Secret>, TokenRequestFailed> {
        let code = self.codes.next(login.profile, login.record.totp_seed.as_ref(), given).await;
        code.map_err(|error| of_code(error, login.profile))
    }

    async fn send(&self, login: Login<'_>, request: TokenRequest) -> Result<FetchedToken, TokenRequestError> {
        let (profile, secret) = (login.profile, &login.record.secret);
        let sent = self.clock.now();
        let issued = self.endpoint.request_token(request, sent.wall).await;
        let now = self.clock.now();
        let issued = issued.inspect_err(|error| {
            self.pauses.record(AccountKey::of(profile), error, now);
        })?;
        self.refusals.record_success(&login.account(), secret, now.boot);
        AccountKey::logins(profile).iter().for_each(|account| self.refusals.clear(account, secret));
        (self.on_fetched)(&profile.name, sent.wall);
        Ok(FetchedToken { token: issued.token, life: issued.life, sent })
    }

    fn may_retry_with_code(&self, login: Login<'_>, error: &TokenRequestError) -> bool {
        login.profile.totp != TotpMethod::None
            && may_mean_the_code(error)
            && self.refusals.record_code(&login.account(), &login.record.secret, &login.profile.name)
    }

    /// The failure of a request; `is_final` as in [`refused`].
    fn failed(&self, login: Login<'_>, error: &TokenRequestError, is_final: bool) -> TokenRequestFailed {
        let next_code = self.codes.time_until_reusable(login.profile);
        let mut failed = of_token_request(error, login.profile);
        if let Some(RefusalCause::Server(refusal)) = refusal_cause(error, &login.record.secret) {
            failed.failure = refused(login.profile, &refusal, is_final, next_code);
        }
        if let FailureKind::Transient { retry_after: None, .. } | FailureKind::Local(_) = failed.kind
            && let Some(backoff) = self.backoff_of(login)
        {
            failed.kind = backoff.kind;
        }
        failed
    }

    fn refuse(&self, login: Login<'_>, error: &TokenRequestError) -> TokenRequestFailed {
        if let Some(cause) = refusal_cause(error, &login.record.secret) {
            let refused = match cause {
                RefusalCause::Server(_) => Some((login.account(), &login.record.secret)),
                RefusalCause::Proxy => login.at_proxy(),
            };
            if let Some((account, secret)) = refused {
                self.refusals.record(&account, secret, &login.profile.name, cause);
            }
        }
        self.failed(login, error, true)
    }
}

/// The failure during the back-off of a credential; `shared` is what it is called.
fn paused((left, backoff): (Duration, Backoff), shared: &str, profile: &Profile) -> TokenRequestFailed {
    let kind = FailureKind::Paused { left, ends_with_forget: backoff.ends_with_forget };
    TokenRequestFailed { failure: backed_off(&backoff.failure, &backoff.profile, shared, profile), kind }
}

/// What the password of a proxy is called.
pub(super) const PROXY_PASSWORD: &str = "proxy password";

/// A wrong code gives a 401, like a wrong password. An HTML page means neither.
fn may_mean_the_code(error: &TokenRequestError) -> bool {
    matches!(error, TokenRequestError::Refused { answer, .. } if answer.status == 401 && answer.content != Content::Html)
}
