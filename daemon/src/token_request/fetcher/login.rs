//! Owns one login of a trade, and what is learnt from its refusal: which secret is not sent again, and that a one-time
//! code may have been at fault.

use std::sync::Arc;

use cp_token_protocol::Secret;
use cp_token_protocol::message::TotpMethod;

use super::TokenFetcher;
use super::attempt::TokenAttempt;
use crate::profile::Profile;
use crate::profile::account::AccountKey;
use crate::secrets::secret_record::SecretRecord;
use crate::token_endpoint::{self, Content, Progress, ProxyFlaw, TokenRequest, TokenRequestError};
use crate::token_request::codes::CodeError;
use crate::token_request::failure::{
    another_code, not_kept, of_code, of_token_request, refused_again, with_ends,
};
use crate::token_request::{FetchedToken, TokenRequestFailed};

impl TokenFetcher {
    /// A trade that a person watches: what is refused is told, and nothing is sent a second time. Where a code went with
    /// the secret, either may be wrong.
    pub(super) async fn trade(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
        code: Option<Secret>,
    ) -> Result<FetchedToken, TokenRequestFailed> {
        self.require_untried(profile, entry)?;
        self.require_no_pause(profile)?;
        let code = self.code(profile, entry, code).await?;
        // Somebody else may have found out meanwhile.
        let still = || self.require_untried(profile, entry);
        let (_attempt, outcome) = self.login_in_turn(profile, entry, code.as_ref(), still).await?;
        outcome.map_err(|error| {
            if self.is_worth_a_next_code(profile, entry, &error) {
                not_kept(self.unredeemed(profile, entry, &error))
            } else {
                self.refuse(profile, entry, &error)
            }
        })
    }

    /// A trade that nobody watches. A code that is refused is followed by exactly one of another step, whichever profile
    /// of the account sends it: somebody else may have used the first. Where it was given, only who gave it has another,
    /// be that a person or a program in a person's place.
    pub(super) async fn trade_unwatched(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
        given: Option<Secret>,
    ) -> Result<FetchedToken, TokenRequestFailed> {
        let is_given = given.is_some();
        self.require_not_refused(profile, entry)?;
        self.require_no_pause(profile)?;
        let mut code = self.code(profile, entry, given).await?;
        loop {
            // Another profile of the account may have found out while the code, or the turn, was waited for.
            let still = || self.require_not_refused(profile, entry);
            let (_attempt, outcome) = self.login_in_turn(profile, entry, code.as_ref(), still).await?;
            let error = match outcome {
                Ok(redeemed) => return Ok(redeemed),
                Err(error) => error,
            };
            if !self.is_worth_a_next_code(profile, entry, &error) {
                return Err(self.refuse(profile, entry, &error));
            }
            if is_given {
                return Err(another_code(self.unredeemed(profile, entry, &error)));
            }
            code = match self.codes.next(profile, entry.totp_seed.as_ref(), None).await {
                Ok(code) => code,
                // A program that prints the same code for ever has no other.
                Err(CodeError::Pending(_)) => return Err(self.refuse(profile, entry, &error)),
                Err(error) => return Err(of_code(error, profile)),
            };
        }
    }

    /// Passes where neither the secret nor the proxy's password was refused before.
    pub(super) fn require_not_refused(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
    ) -> Result<(), TokenRequestFailed> {
        self.refused_before(profile, entry).map_or(Ok(()), |(_, _, before)| Err(before))
    }

    /// One login when it is this profile's turn, where `still` passes then. The attempt lasts until its outcome is noted.
    async fn login_in_turn(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
        code: Option<&Secret>,
        still: impl Fn() -> Result<(), TokenRequestFailed>,
    ) -> Result<(TokenAttempt, Result<FetchedToken, TokenRequestError>), TokenRequestFailed> {
        // A bundle on a disk that hangs holds up its own profile, and none that waits for the turn.
        let bundle = token_endpoint::check_ca_bundle(&profile.network).await;
        bundle.map_err(|error| of_token_request(&error, profile, None))?;
        loop {
            let attempt = self.attempt(profile, entry).await?;
            still()?;
            self.require_no_pause(profile)?;
            let order = order(profile, entry, code, attempt.progress());
            let outcome = self.login(profile, entry, order).await;
            if !attempt.is_held_back() {
                return Ok((attempt, outcome));
            }
        }
    }

    /// Passes where no pause lasts that the server has asked this account for.
    fn require_no_pause(&self, profile: &Profile) -> Result<(), TokenRequestFailed> {
        let pause = self.pauses.of(&AccountKey::of(profile), self.clock.now());
        pause.map_or(Ok(()), |error| Err(of_token_request(&error, profile, None)))
    }

    /// The same where a person gives the secret. `forget` lifts by the profile's name what its change or its creation was
    /// refused for, so the refusal is this one's from now on.
    fn require_untried(&self, profile: &Profile, entry: &SecretRecord) -> Result<(), TokenRequestFailed> {
        let Some((account, secret, before)) = self.refused_before(profile, entry) else {
            return Ok(());
        };
        self.refusals.note(&account, secret, &profile.name, &before.failure);
        Err(before)
    }

    /// What of the entry was refused before, by whom, and what is said of that to this profile.
    fn refused_before<'a>(
        &self,
        profile: &Profile,
        entry: &'a SecretRecord,
    ) -> Option<(AccountKey, &'a Secret, TokenRequestFailed)> {
        let by_server = Some((AccountKey::login(profile), &entry.secret));
        [by_server, proxy_login(profile, entry)].into_iter().flatten().find_map(|(account, secret)| {
            let before = self.said_before(&account, secret, profile)?;
            Some((account, secret, before))
        })
    }

    /// What was said of this very secret when it was refused, in words for this profile.
    pub(super) fn said_before(
        &self,
        account: &AccountKey,
        secret: &Secret,
        profile: &Profile,
    ) -> Option<TokenRequestFailed> {
        let (first, failure) = self.refusals.of(account, secret)?;
        Some(refused_again(failure, profile, &first))
    }

    async fn code(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
        given: Option<Secret>,
    ) -> Result<Option<Secret>, TokenRequestFailed> {
        let code = self.codes.next(profile, entry.totp_seed.as_ref(), given).await;
        code.map_err(|error| of_code(error, profile))
    }

    async fn login(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
        order: TokenRequest,
    ) -> Result<FetchedToken, TokenRequestError> {
        let sent = self.clock.now();
        let issued = self.endpoint.request_token(order, sent.wall).await;
        let now = self.clock.now();
        let issued = issued.inspect_err(|error| {
            self.pauses.note(AccountKey::of(profile), error, now);
        })?;
        self.refusals.note_worked(&AccountKey::login(profile), &entry.secret, now.boot);
        AccountKey::logins(profile).iter().for_each(|login| self.refusals.clear(login, &entry.secret));
        (self.redeemed)(&profile.name, sent.wall);
        Ok(FetchedToken { token: issued.token, life: issued.life, sent })
    }

    fn is_worth_a_next_code(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
        error: &TokenRequestError,
    ) -> bool {
        profile.totp != TotpMethod::None
            && may_mean_the_code(error)
            && self.refusals.note_code(&AccountKey::login(profile), &entry.secret, &profile.name)
    }

    fn unredeemed(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
        error: &TokenRequestError,
    ) -> TokenRequestFailed {
        let unredeemed = of_token_request(error, profile, self.codes.wait(profile));
        match is_refusal(error) {
            true => with_ends(unredeemed, &entry.secret),
            false => unredeemed,
        }
    }

    fn refuse(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
        error: &TokenRequestError,
    ) -> TokenRequestFailed {
        let unredeemed = self.unredeemed(profile, entry, error);
        let note = |account, secret| self.refusals.note(&account, secret, &profile.name, &unredeemed.failure);
        if is_refusal(error) {
            note(AccountKey::login(profile), &entry.secret);
        }
        if matches!(error, TokenRequestError::Proxy { flaw: ProxyFlaw::CredentialsRefused, .. })
            && let Some((proxy, password)) = proxy_login(profile, entry)
        {
            note(proxy, password);
        }
        unredeemed
    }
}

/// What the proxy on the way is given.
pub(super) fn proxy_login<'e>(
    profile: &Profile,
    entry: &'e SecretRecord,
) -> Option<(AccountKey, &'e Secret)> {
    let proxy = profile.network.proxy_for(&profile.url)?;
    proxy.user()?;
    AccountKey::at_proxy(profile).zip(entry.proxy_password.as_ref())
}

fn is_refusal(error: &TokenRequestError) -> bool {
    matches!(error, TokenRequestError::Refused { .. })
}

/// A wrong code is a 401, as a wrong password is. A page for a browser speaks of neither.
fn may_mean_the_code(error: &TokenRequestError) -> bool {
    matches!(error, TokenRequestError::Refused { answer, .. } if answer.status == 401 && answer.content != Content::Html)
}

fn order(
    profile: &Profile,
    entry: &SecretRecord,
    code: Option<&Secret>,
    progress: Arc<dyn Progress>,
) -> TokenRequest {
    let copy_of = |secret: &Secret| Secret::copy_of(secret.expose());
    TokenRequest {
        url: profile.url.clone(),
        identity: profile.identity.clone(),
        secret: copy_of(&entry.secret),
        code: code.map(copy_of),
        network: profile.network.clone(),
        proxy_password: entry.proxy_password.as_ref().map(copy_of),
        progress,
    }
}
