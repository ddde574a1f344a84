//! Owns one login of a trade, and what is learnt from its refusal: which secret is not sent again, and that a one-time
//! code may have been at fault.

use cp_token_protocol::Secret;
use cp_token_protocol::message::TotpMethod;

use super::Redeemer;
use crate::account::AccountKey;
use crate::authority::{Content, ProxyFlaw, TokenOrder, TokenRequestError};
use crate::codes::CodeError;
use crate::entry::Entry;
use crate::failure;
use crate::profile::Profile;
use crate::trade::{Redeemed, Unredeemed};

impl Redeemer {
    /// A trade that a person watches: what is refused is told, and nothing is sent a second time. Where a code went with
    /// the secret, either may be wrong.
    pub(super) async fn trade(
        &self,
        profile: &Profile,
        entry: &Entry,
        code: Option<Secret>,
    ) -> Result<Redeemed, Unredeemed> {
        let code = self.code(profile, entry, code).await?;
        let outcome = self.login(profile, entry, code).await;
        outcome.map_err(|error| {
            let may_be_the_code = profile.totp != TotpMethod::None && is_refusal(&error);
            if may_be_the_code {
                self.unredeemed(profile, entry, &error)
            } else {
                self.refuse(profile, entry, &error)
            }
        })
    }

    /// A trade that nobody watches. A code that was not typed, and is refused, is followed by exactly one of another
    /// step, whichever profile of the account sends it: somebody else may have used the first. One that was typed says
    /// nothing of the secret, and only who typed it has another.
    pub(super) async fn trade_unwatched(
        &self,
        profile: &Profile,
        entry: &Entry,
        given: Option<Secret>,
    ) -> Result<Redeemed, Unredeemed> {
        let is_given = given.is_some();
        self.require_not_refused(profile, entry, is_given)?;
        let mut code = self.code(profile, entry, given).await?;
        loop {
            // Another profile of the account may have found out while the code was waited for.
            self.require_not_refused(profile, entry, is_given)?;
            let error = match self.login(profile, entry, code).await {
                Ok(redeemed) => return Ok(redeemed),
                Err(error) => error,
            };
            if is_given && is_refusal(&error) {
                return Err(self.unredeemed(profile, entry, &error));
            }
            if !self.is_worth_a_next_code(profile, entry, &error) {
                return Err(self.refuse(profile, entry, &error));
            }
            code = match self.codes.next(profile, entry.totp_seed.as_ref(), None).await {
                Ok(code) => code,
                // A program that prints the same code for ever has no other.
                Err(CodeError::Pending(_)) => return Err(self.refuse(profile, entry, &error)),
                Err(error) => return Err(failure::of_code(error, profile)),
            };
        }
    }

    /// Passes where neither the secret nor the proxy's password was refused before. A new code may mend the first.
    pub(super) fn require_not_refused(
        &self,
        profile: &Profile,
        entry: &Entry,
        has_code: bool,
    ) -> Result<(), Unredeemed> {
        let by_server = || self.refusals.of(&AccountKey::of(profile), &entry.secret);
        let by_proxy = || self.refusals.of(&AccountKey::at_proxy(profile)?, entry.proxy_password.as_ref()?);
        match if has_code { by_proxy() } else { by_server().or_else(by_proxy) } {
            Some((first, failure)) => Err(failure::refused_again(failure, profile, &first)),
            None => Ok(()),
        }
    }

    async fn code(
        &self,
        profile: &Profile,
        entry: &Entry,
        given: Option<Secret>,
    ) -> Result<Option<Secret>, Unredeemed> {
        let code = self.codes.next(profile, entry.totp_seed.as_ref(), given).await;
        code.map_err(|error| failure::of_code(error, profile))
    }

    async fn login(
        &self,
        profile: &Profile,
        entry: &Entry,
        code: Option<Secret>,
    ) -> Result<Redeemed, TokenRequestError> {
        let sent = self.clock.now();
        let issued = self.endpoint.request_token(order(profile, entry, code), sent.wall).await?;
        self.refusals.clear(&AccountKey::of(profile), &entry.secret);
        (self.redeemed)(&profile.name, sent.wall);
        Ok(Redeemed { token: issued.token, life: issued.life, sent })
    }

    fn is_worth_a_next_code(&self, profile: &Profile, entry: &Entry, error: &TokenRequestError) -> bool {
        matches!(profile.totp, TotpMethod::Stored | TotpMethod::Command(_))
            && may_mean_the_code(error)
            && self.refusals.note_code(&AccountKey::of(profile), &entry.secret, &profile.name)
    }

    fn unredeemed(&self, profile: &Profile, entry: &Entry, error: &TokenRequestError) -> Unredeemed {
        let unredeemed = failure::of_token_request(error, profile, self.codes.wait(profile));
        match is_refusal(error) {
            true => failure::with_ends(unredeemed, &entry.secret),
            false => unredeemed,
        }
    }

    fn refuse(&self, profile: &Profile, entry: &Entry, error: &TokenRequestError) -> Unredeemed {
        let unredeemed = self.unredeemed(profile, entry, error);
        let note = |account, secret| self.refusals.note(&account, secret, &profile.name, &unredeemed.failure);
        if is_refusal(error) {
            note(AccountKey::of(profile), &entry.secret);
        }
        if matches!(error, TokenRequestError::Proxy { flaw: ProxyFlaw::CredentialsRefused, .. })
            && let Some((proxy, password)) = AccountKey::at_proxy(profile).zip(entry.proxy_password.as_ref())
        {
            note(proxy, password);
        }
        unredeemed
    }
}

fn is_refusal(error: &TokenRequestError) -> bool {
    matches!(error, TokenRequestError::Refused { .. })
}

/// A wrong code is a 401, as a wrong password is. A page for a browser speaks of neither.
fn may_mean_the_code(error: &TokenRequestError) -> bool {
    matches!(error, TokenRequestError::Refused { said, .. } if said.status == 401 && said.content != Content::Html)
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
