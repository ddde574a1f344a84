//! Owns one attempt at a token request: the turns of the credentials that it carries, from the wait for them to the
//! moment when each has been judged. It must not read what an answer means.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cp_token_protocol::message::{Identity, TotpMethod};
use cp_token_protocol::{ProfileName, Secret};

use super::TokenFetcher;
use super::login::proxy_login;
use super::turns::{CredentialTurn, Limits};
use crate::base::clock::Clock;
use crate::base::mutex::lock;
use crate::profile::Profile;
use crate::profile::account::AccountKey;
use crate::secrets::secret_record::SecretRecord;
use crate::token_endpoint::Progress;
use crate::token_request::TokenRequestFailed;
use crate::token_request::failure::SharedCredential;
use crate::token_request::failure::of_turn;
use crate::token_request::refusals::{Credential, Refusals};

/// A wrong password is one try less for its account, and the strictest directories lock one after the third. So two
/// requests may carry it, and a third waits until one of them is answered or given up.
const PASSWORDS: usize = 2;

/// An attempt; over when it is dropped, however that comes about.
pub(super) struct TokenAttempt(Arc<Stages>);

/// How far an attempt has come. A connection may know it for longer than the attempt lasts.
struct Stages {
    refusals: Arc<Refusals>,
    clock: Arc<dyn Clock>,
    /// The proxy's password, until the proxy has answered.
    proxy: Mutex<Option<(Credential, CredentialTurn)>>,
    server: Mutex<Option<Sent>>,
    is_held_back: AtomicBool,
}

/// What is sent to the server.
struct Sent {
    credential: Credential,
    turn: CredentialTurn,
    is_client: bool,
}

impl TokenAttempt {
    /// Who watches its exchange.
    pub(super) fn progress(&self) -> Arc<dyn Progress> {
        Arc::<Stages>::clone(&self.0)
    }

    /// Nothing was sent to the server, because another request went first that tells whether the credential is right.
    pub(super) fn is_held_back(&self) -> bool {
        self.0.is_held_back.load(Ordering::Relaxed)
    }
}

impl Drop for TokenAttempt {
    fn drop(&mut self) {
        drop((taken(&self.0.proxy), taken(&self.0.server)));
    }
}

impl Stages {
    fn may_send_to(&self, server: &Sent) -> bool {
        let limits = limits(&self.refusals, &*self.clock, &server.credential, server.is_client);
        !self.refusals.is_refused(&server.credential) && server.turn.send(limits)
    }
}

impl Progress for Stages {
    fn proxy_passed(&self) {
        if let Some((credential, _turn)) = taken(&self.proxy) {
            self.refusals.note_credential_worked(credential, self.clock.now().boot);
        }
    }

    fn may_send(&self) -> bool {
        let server = lock(&self.server);
        let may = server.as_ref().is_none_or(|server| self.may_send_to(server));
        self.is_held_back.store(!may, Ordering::Relaxed);
        may
    }
}

impl TokenFetcher {
    /// An attempt whose turn it is. A code that is computed here has a time step of its own, which is turn enough.
    pub(super) async fn attempt(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
    ) -> Result<TokenAttempt, TokenRequestFailed> {
        let server = match profile.totp {
            TotpMethod::Stored => None,
            TotpMethod::None | TotpMethod::Ask | TotpMethod::Command(_) => {
                self.server_turn(profile, entry).await?
            }
        };
        self.attempt_at(proxy_login(profile, entry), server, &profile.name).await
    }

    /// As [`TokenFetcher::attempt`] of a request that carries nothing but the proxy's password, if any.
    pub(super) async fn look_attempt(
        &self,
        login: Option<(AccountKey, &Secret)>,
        name: &ProfileName,
    ) -> Result<TokenAttempt, TokenRequestFailed> {
        self.attempt_at(login, None, name).await
    }

    async fn attempt_at(
        &self,
        login: Option<(AccountKey, &Secret)>,
        server: Option<Sent>,
        name: &ProfileName,
    ) -> Result<TokenAttempt, TokenRequestFailed> {
        let proxy = login.and_then(|(account, password)| self.refusals.credential(&account, password));
        let proxy = match proxy {
            Some(credential) => Some(self.proxy_turn(credential, name).await?),
            None => None,
        };
        let (refusals, clock) = (Arc::clone(&self.refusals), Arc::clone(&self.clock));
        let (proxy, server, is_held_back) = (Mutex::new(proxy), Mutex::new(server), AtomicBool::new(false));
        Ok(TokenAttempt(Arc::new(Stages { refusals, clock, proxy, server, is_held_back })))
    }

    async fn server_turn(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
    ) -> Result<Option<Sent>, TokenRequestFailed> {
        let Some(credential) = self.refusals.credential(&AccountKey::login(profile), &entry.secret) else {
            return Ok(None);
        };
        let is_client = matches!(profile.identity, Identity::ApiClient(_));
        let shared = if is_client { SharedCredential::ClientSecret } else { SharedCredential::Password };
        let turn = self.turn(&credential, &profile.name, is_client).await;
        let turn = turn.map_err(|other| of_turn(&profile.name, &other, shared))?;
        Ok(Some(Sent { credential, turn, is_client }))
    }

    /// The proxy is given its password as soon as the connection to it stands.
    async fn proxy_turn(
        &self,
        credential: Credential,
        name: &ProfileName,
    ) -> Result<(Credential, CredentialTurn), TokenRequestFailed> {
        loop {
            let turn = self.turn(&credential, name, false).await;
            let turn = turn.map_err(|other| of_turn(name, &other, SharedCredential::ProxyPassword))?;
            if turn.send(limits(&self.refusals, &*self.clock, &credential, false)) {
                return Ok((credential, turn));
            }
        }
    }

    async fn turn(
        &self,
        credential: &Credential,
        name: &ProfileName,
        is_client: bool,
    ) -> Result<CredentialTurn, ProfileName> {
        let limits = || limits(&self.refusals, &*self.clock, credential, is_client);
        self.turns.take(credential, name, limits).await
    }
}

fn taken<T>(turn: &Mutex<Option<T>>) -> Option<T> {
    lock(turn).take()
}

/// One request finds out about what is not known to work. No account of an API client is locked, so far as is known.
fn limits(refusals: &Refusals, clock: &dyn Clock, credential: &Credential, is_client: bool) -> Limits {
    let is_proved = refusals.is_proved(credential, clock.now().boot);
    match (is_client, is_proved) {
        (true, true) => Limits { at_once: usize::MAX, at_most: usize::MAX },
        (true, false) => Limits { at_once: 1, at_most: usize::MAX },
        (false, true) => Limits { at_once: PASSWORDS, at_most: PASSWORDS },
        (false, false) => Limits { at_once: 1, at_most: PASSWORDS },
    }
}
