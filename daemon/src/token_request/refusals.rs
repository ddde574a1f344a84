//! Owns the memory of secrets that servers and proxies have refused: none is sent a second time unless a person says
//! so; and of those that have just worked. It knows them by fingerprints, and must not outlive the daemon and its successors.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Mutex;
use std::time::Duration;

use cp_token_protocol::{Failure, ProfileName, Secret, handover};
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::base::mutex::lock;
use crate::profile::account::AccountKey;

/// More secrets than this of one account are not remembered; the oldest goes.
const OF_ONE_ACCOUNT: usize = 16;
/// As much for all accounts.
const OF_ALL: usize = 20_000;
/// More names than this of one refused secret are not remembered; the oldest goes.
const NAMES: usize = 64;
/// For how long a secret that worked is known to work: less than the life of a token, so that of many that are renewed
/// together after it was changed elsewhere the first finds out.
const PROVED: Duration = Duration::from_secs(5 * 60);
/// The length of the key of the fingerprints, in bytes.
const KEY_LENGTH: usize = 32;

/// The refused secrets of each account, with what was said of them: a profile that has another account, or another
/// secret, has nothing to do with them, whatever its name.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<RefusedRecord>);

#[derive(Debug, Default)]
struct RefusedRecord {
    /// What fingerprints are made with; none before the first, and while it lies under the seal.
    key: Option<Secret>,
    refused: HashMap<Credential, Refused>,
    /// The secret of each account that worked last, and when, on the boot clock.
    worked: HashMap<AccountKey, (SecretFingerprint, Duration)>,
    /// How many were ever noted.
    count: u64,
}

type SecretFingerprint = [u8; 32];
/// A secret of an account.
pub type Credential = (AccountKey, SecretFingerprint);

/// A secret that was refused.
#[derive(Debug)]
struct Refused {
    /// The profile that it was met for last, in whose words the failure is.
    profile: ProfileName,
    /// The profiles that it was met for before, oldest first.
    others: Vec<ProfileName>,
    /// What was said of it. Nothing yet, where it may have been the one-time code beside it.
    failure: Option<Failure>,
    number: u64,
}

impl Refusals {
    /// The secret was refused for good.
    pub fn note(&self, account: &AccountKey, secret: &Secret, profile: &ProfileName, failure: &Failure) {
        lock(&self.0).note(account, secret, profile, Some(failure.clone()));
    }

    /// A one-time code was refused together with this secret. True for the first one: the next code shows which of the
    /// two it was.
    pub fn note_code(&self, account: &AccountKey, secret: &Secret, profile: &ProfileName) -> bool {
        let mut held = lock(&self.0);
        let is_first = held.find(account, secret).is_none();
        if is_first {
            held.note(account, secret, profile, None);
        }
        is_first
    }

    /// What was said of this very secret where it was refused for good, and for which profile.
    pub fn of(&self, account: &AccountKey, secret: &Secret) -> Option<(ProfileName, Failure)> {
        let held = lock(&self.0);
        let refused = held.find(account, secret)?;
        Some((refused.profile.clone(), refused.failure.clone()?))
    }

    /// The secret of the account, as it is known here.
    pub fn credential(&self, account: &AccountKey, secret: &Secret) -> Option<Credential> {
        let mut held = lock(&self.0);
        held.require_key();
        Some((account.clone(), held.fingerprint(account, secret)?))
    }

    /// Whether it has worked of late. Somebody else may have learnt so only just now.
    pub fn is_proved(&self, (account, fingerprint): &Credential, now: Duration) -> bool {
        let held = lock(&self.0);
        let worked = held.worked.get(account).filter(|(worked, _)| worked == fingerprint);
        worked.is_some_and(|(_, when)| now.saturating_sub(*when) < PROVED)
    }

    /// Whether it was refused for good.
    pub fn is_refused(&self, credential: &Credential) -> bool {
        lock(&self.0).refused.get(credential).is_some_and(|refused| refused.failure.is_some())
    }

    /// The secret was taken by whom it was sent to.
    pub fn note_worked(&self, account: &AccountKey, secret: &Secret, now: Duration) {
        if let Some(credential) = self.credential(account, secret) {
            self.note_credential_worked(credential, now);
        }
    }

    /// As [`Refusals::note_worked`].
    pub fn note_credential_worked(&self, (account, fingerprint): Credential, now: Duration) {
        let mut held = lock(&self.0);
        if held.worked.len() >= OF_ALL {
            held.worked.clear();
        }
        held.worked.insert(account, (fingerprint, now));
    }

    /// The secret has worked.
    pub fn clear(&self, account: &AccountKey, secret: &Secret) {
        let mut held = lock(&self.0);
        if let Some(fingerprint) = held.fingerprint(account, secret) {
            held.refused.remove(&(account.clone(), fingerprint));
        }
    }

    /// A person has said that whatever the account has may be tried once more; whether there was any.
    pub fn clear_refusal(&self, account: &AccountKey) -> bool {
        lock(&self.0).remove(|refused, _| refused == account)
    }

    /// The same of whatever was refused for a profile of this name, be there one or not: none came of a creation that was
    /// refused.
    pub fn clear_refusal_named(&self, name: &ProfileName) -> bool {
        lock(&self.0).remove(|_, refused| refused.profile == *name || refused.others.contains(name))
    }

    /// As [`Refusals::forgive`], for every account.
    pub fn clear_refusals(&self) -> bool {
        lock(&self.0).remove(|_, _| true)
    }

    /// Hands over the key, without which a fingerprint says nothing about a secret.
    pub fn take_key(&self) -> Secret {
        let mut held = lock(&self.0);
        held.worked.clear();
        held.key.take().unwrap_or_else(|| Secret::zeroed(0))
    }

    /// Takes back what [`Refusals::take_key`] has handed over.
    pub fn put_back_key(&self, key: &Secret) {
        lock(&self.0).restore(key);
    }

    /// A copy of each for each name, with what was said of it. The last name comes last.
    pub fn export_state(&self) -> Vec<handover::Refusal> {
        let held = lock(&self.0);
        let key = || held.key.as_ref().map_or_else(|| Secret::zeroed(0), |key| Secret::copy_of(key.expose()));
        let copies = |((account, fingerprint), refused): (&Credential, &Refused)| {
            let copy = |profile: &ProfileName| {
                let (account, profile) = (account.as_str().to_owned(), profile.clone());
                let failure = refused.failure.clone();
                handover::Refusal { profile, account, fingerprint: *fingerprint, key: key(), failure }
            };
            refused.others.iter().chain([&refused.profile]).map(copy).collect::<Vec<_>>()
        };
        held.refused.iter().flat_map(copies).collect()
    }

    /// Takes over what [`Refusals::bequeath`] told of one.
    pub fn import_state(&self, refusal: handover::Refusal) {
        let mut held = lock(&self.0);
        held.key = None;
        held.restore(&refusal.key);
        let handover::Refusal { profile, account, fingerprint, failure, .. } = refusal;
        held.insert((AccountKey::from_text(account), fingerprint), profile, failure);
    }
}

impl RefusedRecord {
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

    fn note(
        &mut self,
        account: &AccountKey,
        secret: &Secret,
        profile: &ProfileName,
        failure: Option<Failure>,
    ) {
        self.require_key();
        if let Some(fingerprint) = self.fingerprint(account, secret) {
            if self.worked.get(account).is_some_and(|(worked, _)| *worked == fingerprint) {
                self.worked.remove(account);
            }
            self.insert((account.clone(), fingerprint), profile.clone(), failure);
        }
    }

    fn require_key(&mut self) {
        // A new one would say nothing of what was made with the one under the seal.
        if self.key.is_none() && self.refused.is_empty() {
            self.key = Some(new_key());
        }
    }

    fn insert(&mut self, key: Credential, profile: ProfileName, failure: Option<Failure>) {
        if !self.refused.contains_key(&key) {
            self.make_room(Some(&key.0), OF_ONE_ACCOUNT);
            self.make_room(None, OF_ALL);
        }
        self.count += 1;
        let others = self.refused.get(&key).map_or_else(Vec::new, |before| before.names_without(&profile));
        self.refused.insert(key, Refused { profile, others, failure, number: self.count });
    }

    fn remove(&mut self, which: impl Fn(&AccountKey, &Refused) -> bool) -> bool {
        let before = self.refused.len();
        self.refused.retain(|(account, _), refused| !which(account, refused));
        self.refused.len() < before
    }

    fn make_room(&mut self, of: Option<&AccountKey>, limit: usize) {
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
        names.drain(..names.len().saturating_sub(NAMES));
        names
    }
}

/// Thirty-two bytes of chance; from the hash tables' own where the system has none.
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
