//! Owns the record of secrets that servers and proxies have refused, which are not sent again unless a person says so, and
//! of those that have just worked. It holds fingerprints, and must not outlive the daemon and its upgrades.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Mutex;
use std::time::Duration;

use cp_token_protocol::handover::{self, RefusalCause};
use cp_token_protocol::{ProfileName, Secret};
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::base::mutex::lock;
use crate::profile::account::AccountKey;

/// The most secrets of one account; then the oldest is dropped.
const MAX_PER_ACCOUNT: usize = 16;
/// The most secrets of all accounts.
const MAX_TOTAL: usize = 20_000;
/// The most profile names of one secret; then the oldest is dropped.
const MAX_NAMES: usize = 64;
/// For how long a secret that worked is known to work: less than the lifetime of a token, so that after a change elsewhere
/// only the first of many renewals is refused.
const WORKED_RECENTLY: Duration = Duration::from_secs(5 * 60);
/// The length of the key of the fingerprints, in bytes.
const KEY_LENGTH: usize = 32;

/// The refused secrets of each account, and why. They apply to every profile with the same account and
/// secret, and to no other.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<RefusedRecord>);

#[derive(Debug, Default)]
struct RefusedRecord {
    /// The key of the fingerprints; `None` before the first, and while the daemon is locked.
    key: Option<Secret>,
    refused: HashMap<Credential, Refused>,
    /// The secret of each account that worked last, and when, by the boot clock.
    worked: HashMap<AccountKey, (SecretFingerprint, Duration)>,
    /// How many were ever recorded.
    count: u64,
}

type SecretFingerprint = [u8; 32];
/// A secret of an account.
pub type Credential = (AccountKey, SecretFingerprint);

/// A secret that was refused.
#[derive(Debug)]
struct Refused {
    /// The last profile that it was refused for.
    profile: ProfileName,
    /// The earlier profiles that it was refused for, oldest first.
    others: Vec<ProfileName>,
    /// `None` while the one-time code that was sent with it may be the reason.
    cause: Option<RefusalCause>,
    number: u64,
}

impl Refusals {
    /// Records that the secret was refused.
    pub fn record(&self, account: &AccountKey, secret: &Secret, profile: &ProfileName, cause: RefusalCause) {
        lock(&self.0).record(account, secret, profile, Some(cause));
    }

    /// Records that a one-time code was refused together with this secret. True for the first one: the next code shows which
    /// of the two was wrong.
    pub fn record_code(&self, account: &AccountKey, secret: &Secret, profile: &ProfileName) -> bool {
        let mut held = lock(&self.0);
        let is_first = held.find(account, secret).is_none();
        if is_first {
            held.record(account, secret, profile, None);
        }
        is_first
    }

    /// Why this very secret was refused, if it was.
    pub fn of(&self, account: &AccountKey, secret: &Secret) -> Option<RefusalCause> {
        lock(&self.0).find(account, secret)?.cause.clone()
    }

    /// The account and the fingerprint of the secret; `None` while the daemon is locked.
    pub fn credential(&self, account: &AccountKey, secret: &Secret) -> Option<Credential> {
        let mut held = lock(&self.0);
        held.ensure_key();
        Some((account.clone(), held.fingerprint(account, secret)?))
    }

    /// Whether the credential has worked recently, for any request.
    pub fn has_worked(&self, (account, fingerprint): &Credential, now: Duration) -> bool {
        let held = lock(&self.0);
        let worked = held.worked.get(account).filter(|(worked, _)| worked == fingerprint);
        worked.is_some_and(|(_, when)| now.saturating_sub(*when) < WORKED_RECENTLY)
    }

    /// Whether the credential was refused.
    pub fn is_refused(&self, credential: &Credential) -> bool {
        lock(&self.0).refused.get(credential).is_some_and(|refused| refused.cause.is_some())
    }

    /// Records that the server has accepted the secret.
    pub fn record_success(&self, account: &AccountKey, secret: &Secret, now: Duration) {
        if let Some(credential) = self.credential(account, secret) {
            self.record_credential_success(credential, now);
        }
    }

    /// As [`Refusals::record_success`].
    pub fn record_credential_success(&self, (account, fingerprint): Credential, now: Duration) {
        let mut held = lock(&self.0);
        if held.worked.len() >= MAX_TOTAL {
            held.worked.clear();
        }
        held.worked.insert(account, (fingerprint, now));
    }

    /// Clears the refusal of a secret that has worked.
    pub fn clear(&self, account: &AccountKey, secret: &Secret) {
        let mut held = lock(&self.0);
        if let Some(fingerprint) = held.fingerprint(account, secret) {
            held.refused.remove(&(account.clone(), fingerprint));
        }
    }

    /// Clears the refusals of the account, on request of a person. Returns whether there were any.
    pub fn clear_refusal(&self, account: &AccountKey) -> bool {
        lock(&self.0).remove(|refused, _| refused == account)
    }

    /// Clears the refusals for a profile of this name, which need not exist: its creation may have been refused.
    pub fn clear_refusal_named(&self, name: &ProfileName) -> bool {
        lock(&self.0).remove(|_, refused| refused.profile == *name || refused.others.contains(name))
    }

    /// As [`Refusals::clear_refusal`], for every account.
    pub fn clear_refusals(&self) -> bool {
        lock(&self.0).remove(|_, _| true)
    }

    /// Removes and returns the key, without which a fingerprint shows nothing of a secret.
    pub fn take_key(&self) -> Secret {
        let mut held = lock(&self.0);
        held.worked.clear();
        held.key.take().unwrap_or_else(|| Secret::zeroed(0))
    }

    /// Puts back what [`Refusals::take_key`] has returned.
    pub fn put_back_key(&self, key: &Secret) {
        lock(&self.0).restore(key);
    }

    /// A copy of each refusal for each of its names. The last name comes last.
    pub fn export_state(&self) -> Vec<handover::Refusal> {
        let held = lock(&self.0);
        let copies = |((account, fingerprint), refused): (&Credential, &Refused)| {
            let copy = |profile: &ProfileName| {
                let (account, profile) = (account.as_str().to_owned(), profile.clone());
                let cause = refused.cause.clone();
                handover::Refusal {
                    profile,
                    account,
                    fingerprint: *fingerprint,
                    key: held.copy_of_key(),
                    cause,
                }
            };
            refused.others.iter().chain([&refused.profile]).map(copy).collect::<Vec<_>>()
        };
        held.refused.iter().flat_map(copies).collect()
    }

    /// A copy of the key of the fingerprints; empty if there is none.
    pub fn export_key(&self) -> Secret {
        lock(&self.0).copy_of_key()
    }

    /// Takes the key of the old process.
    pub fn import_key(&self, key: &Secret) {
        let mut held = lock(&self.0);
        held.key = None;
        held.restore(key);
    }

    /// Adds a refusal of the old process.
    pub fn import_state(&self, refusal: handover::Refusal) {
        self.import_key(&refusal.key);
        let handover::Refusal { profile, account, fingerprint, cause, .. } = refusal;
        lock(&self.0).insert((AccountKey::from_text(account), fingerprint), profile, cause);
    }
}

impl RefusedRecord {
    fn copy_of_key(&self) -> Secret {
        self.key.as_ref().map_or_else(|| Secret::zeroed(0), |key| Secret::copy_of(key.expose()))
    }

    fn restore(&mut self, key: &Secret) {
        if key.expose().len() == KEY_LENGTH {
            self.key = Some(Secret::copy_of(key.expose()));
        }
    }

    fn fingerprint(&self, account: &AccountKey, secret: &Secret) -> Option<SecretFingerprint> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.key.as_ref()?.expose()).ok()?;
        mac.update(account.as_str().as_bytes());
        mac.update(&[0]);
        mac.update(secret.expose());
        Some(mac.finalize().into_bytes().into())
    }

    fn find(&self, account: &AccountKey, secret: &Secret) -> Option<&Refused> {
        self.refused.get(&(account.clone(), self.fingerprint(account, secret)?))
    }

    fn record(
        &mut self,
        account: &AccountKey,
        secret: &Secret,
        profile: &ProfileName,
        cause: Option<RefusalCause>,
    ) {
        self.ensure_key();
        if let Some(fingerprint) = self.fingerprint(account, secret) {
            if self.worked.get(account).is_some_and(|(worked, _)| *worked == fingerprint) {
                self.worked.remove(account);
            }
            self.insert((account.clone(), fingerprint), profile.clone(), cause);
        }
    }

    fn ensure_key(&mut self) {
        // A new key would not match fingerprints of the old one, which the lock has.
        if self.key.is_none() && self.refused.is_empty() {
            self.key = Some(new_key());
        }
    }

    fn insert(&mut self, key: Credential, profile: ProfileName, cause: Option<RefusalCause>) {
        if !self.refused.contains_key(&key) {
            self.evict_oldest(Some(&key.0), MAX_PER_ACCOUNT);
            self.evict_oldest(None, MAX_TOTAL);
        }
        self.count += 1;
        let others = self.refused.get(&key).map_or_else(Vec::new, |before| before.names_without(&profile));
        self.refused.insert(key, Refused { profile, others, cause, number: self.count });
    }

    fn remove(&mut self, which: impl Fn(&AccountKey, &Refused) -> bool) -> bool {
        let before = self.refused.len();
        self.refused.retain(|(account, _), refused| !which(account, refused));
        self.refused.len() < before
    }

    fn evict_oldest(&mut self, of: Option<&AccountKey>, limit: usize) {
        if self.refused.len() < limit {
            return;
        }
        let counts = |(account, _): &&Credential| of.is_none_or(|of| of == account);
        if self.refused.keys().filter(counts).count() < limit {
            return;
        }
        let candidates = self.refused.iter().filter(|(key, _)| counts(key));
        let oldest = candidates.min_by_key(|(_, refused)| refused.number).map(|(key, _)| key.clone());
        oldest.map(|key| self.refused.remove(&key));
    }
}

impl Refused {
    fn names_without(&self, last: &ProfileName) -> Vec<ProfileName> {
        let names = self.others.iter().chain([&self.profile]).filter(|name| *name != last);
        let mut names: Vec<_> = names.cloned().collect();
        names.drain(..names.len().saturating_sub(MAX_NAMES));
        names
    }
}

/// Random bytes; from the seeds of hash tables if the system gives none.
fn new_key() -> Secret {
    let mut key = Secret::zeroed(KEY_LENGTH);
    if getrandom::fill(key.bytes_mut()).is_err() {
        for part in key.bytes_mut().chunks_mut(8) {
            part.copy_from_slice(&RandomState::new().build_hasher().finish().to_ne_bytes());
        }
    }
    key
}

#[cfg(test)]
mod tests;
