//! Owns the server's API clients, users and live tokens. It knows nothing of HTTP, and time is an argument.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::codes::Codes;
use super::token;

/// The documented life of a token.
const DOCUMENTED_LIFE: Duration = Duration::from_secs(15 * 60);

/// Who may get a token, and which tokens are live.
pub(super) struct Accounts {
    accounts: HashMap<String, Account>,
    live: HashMap<String, Live>,
    /// Tokens to issue instead of made-up ones, first come first served.
    pub(super) prepared: VecDeque<String>,
    /// How long a token issued from now on lives.
    pub(super) life: Duration,
    /// Whether a new token ends the former one of the same account.
    pub(super) one_token_at_a_time: bool,
    /// Whether a reset of the secret ends the account's tokens.
    pub(super) reset_kills_tokens: bool,
}

struct Account {
    secret: String,
    kind: AccountKind,
}

/// What an account is, and so which door it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AccountKind {
    Client,
    /// A user, with what one-time codes are checked by.
    User {
        codes: Codes,
    },
}

struct Live {
    owner: String,
    ends: Duration,
}

impl Accounts {
    pub(super) fn new() -> Self {
        Self {
            accounts: HashMap::new(),
            live: HashMap::new(),
            prepared: VecDeque::new(),
            life: DOCUMENTED_LIFE,
            one_token_at_a_time: false,
            reset_kills_tokens: false,
        }
    }

    pub(super) fn add(&mut self, name: &str, secret: &str, kind: AccountKind) {
        self.accounts.insert(name.to_owned(), Account { secret: secret.to_owned(), kind });
    }

    pub(super) fn reset_secret(&mut self, name: &str, secret: &str) {
        self.accounts.get_mut(name).expect("only a known account can be reset").secret = secret.to_owned();
        if self.reset_kills_tokens {
            self.revoke_of(name);
        }
    }

    pub(super) fn delete(&mut self, name: &str) {
        self.accounts.remove(name);
        self.revoke_of(name);
    }

    /// Whether this code is right for the user at this moment; a right one is used up.
    pub(super) fn take_code(&mut self, name: &str, code: Option<&str>, wall: Duration) -> bool {
        match self.accounts.get_mut(name).map(|account| &mut account.kind) {
            Some(AccountKind::User { codes }) => codes.take(code, wall),
            Some(AccountKind::Client) | None => false,
        }
    }

    /// The kind of the account that this pair belongs to.
    pub(super) fn authenticate(&self, name: &str, secret: &str) -> Option<&AccountKind> {
        let account = self.accounts.get(name)?;
        (account.secret == secret).then_some(&account.kind)
    }

    pub(super) fn issue(&mut self, owner: &str, now: Duration) -> String {
        if self.one_token_at_a_time {
            self.revoke_of(owner);
        }
        let token = self.prepared.pop_front().unwrap_or_else(token::unique);
        self.live
            .insert(token.clone(), Live { owner: owner.to_owned(), ends: now.saturating_add(self.life) });
        token
    }

    pub(super) fn is_live(&self, token: &str, now: Duration) -> bool {
        self.live.get(token).is_some_and(|live| now < live.ends)
    }

    pub(super) fn revoke(&mut self, token: &str) {
        self.live.remove(token);
    }

    pub(super) fn revoke_all(&mut self) {
        self.live.clear();
    }

    fn revoke_of(&mut self, owner: &str) {
        self.live.retain(|_, live| live.owner != owner);
    }
}
