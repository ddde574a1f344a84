//! Owns the memory of secrets that servers and proxies have refused: none is sent a second time unless a person says
//! so. It knows them by fingerprints, and must not outlive the daemon and its successors.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cp_token_protocol::{Failure, ProfileName, Secret, handover};
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::account::AccountKey;

/// More secrets than this of one account are not remembered; the oldest goes.
const OF_ONE_ACCOUNT: usize = 16;
/// As much for all accounts.
const OF_ALL: usize = 20_000;
/// The length of the key of the fingerprints, in bytes.
const KEY_LENGTH: usize = 32;

/// The refused secrets of each account, with what was said of them: a profile that has another account, or another
/// secret, has nothing to do with them, whatever its name.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    /// What fingerprints are made with; none before the first, and while it lies under the seal.
    key: Option<Secret>,
    refused: HashMap<(AccountKey, Fingerprint), Refused>,
    /// How many were ever noted.
    count: u64,
}

type Fingerprint = [u8; 32];

/// A secret that was refused.
#[derive(Debug)]
struct Refused {
    /// The profile that it was sent for.
    profile: ProfileName,
    /// What was said of it. Nothing yet, where it may have been the one-time code beside it.
    failure: Option<Failure>,
    number: u64,
}

impl Refusals {
    /// The secret was refused for good.
    pub fn note(&self, account: &AccountKey, secret: &Secret, profile: &ProfileName, failure: &Failure) {
        self.lock().note(account, secret, profile, Some(failure.clone()));
    }

    /// A one-time code was refused together with this secret. True for the first one: the next code shows which of the
    /// two it was.
    pub fn note_code(&self, account: &AccountKey, secret: &Secret, profile: &ProfileName) -> bool {
        let mut held = self.lock();
        let is_first = held.find(account, secret).is_none();
        if is_first {
            held.note(account, secret, profile, None);
        }
        is_first
    }

    /// What was said of this very secret where it was refused for good, and for which profile.
    pub fn of(&self, account: &AccountKey, secret: &Secret) -> Option<(ProfileName, Failure)> {
        let held = self.lock();
        let refused = held.find(account, secret)?;
        Some((refused.profile.clone(), refused.failure.clone()?))
    }

    /// The secret has worked.
    pub fn clear(&self, account: &AccountKey, secret: &Secret) {
        let mut held = self.lock();
        if let Some(fingerprint) = held.fingerprint(account, secret) {
            held.refused.remove(&(account.clone(), fingerprint));
        }
    }

    /// A person has said that whatever the account has may be tried once more; whether there was any.
    pub fn forgive(&self, account: &AccountKey) -> bool {
        self.lock().remove(|refused, _| refused == account)
    }

    /// The same of whatever was refused for a profile of this name, be there one or not: none came of a creation that was
    /// refused.
    pub fn forgive_named(&self, name: &ProfileName) -> bool {
        self.lock().remove(|_, refused| refused.profile == *name)
    }

    /// As [`Refusals::forgive`], for every account.
    pub fn forgive_all(&self) -> bool {
        self.lock().remove(|_, _| true)
    }

    /// Hands over the key, without which a fingerprint says nothing about a secret.
    pub fn withdraw(&self) -> Secret {
        self.lock().key.take().unwrap_or_else(|| Secret::zeroed(0))
    }

    /// Takes back what [`Refusals::withdraw`] has handed over.
    pub fn restore(&self, key: &Secret) {
        self.lock().restore(key);
    }

    /// A copy of each, with what was said of it.
    pub fn bequeath(&self) -> Vec<handover::Refusal> {
        let held = self.lock();
        let key = || held.key.as_ref().map_or_else(|| Secret::zeroed(0), |key| Secret::copy_of(key.expose()));
        let copy = |((account, fingerprint), refused): (&(AccountKey, Fingerprint), &Refused)| {
            let (profile, failure) = (refused.profile.clone(), refused.failure.clone());
            let account = account.as_str().to_owned();
            handover::Refusal { profile, account, fingerprint: *fingerprint, key: key(), failure }
        };
        held.refused.iter().map(copy).collect()
    }

    /// Takes over what [`Refusals::bequeath`] told of one.
    pub fn inherit(&self, refusal: handover::Refusal) {
        let mut held = self.lock();
        held.key = None;
        held.restore(&refusal.key);
        let handover::Refusal { profile, account, fingerprint, failure, .. } = refusal;
        held.insert((AccountKey::told(account), fingerprint), profile, failure);
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn restore(&mut self, key: &Secret) {
        if key.expose().len() == KEY_LENGTH {
            self.key = Some(Secret::copy_of(key.expose()));
        }
    }

    fn fingerprint(&self, account: &AccountKey, secret: &Secret) -> Option<Fingerprint> {
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
        // A new one would say nothing of what was made with the one under the seal.
        if self.key.is_none() && self.refused.is_empty() {
            self.key = Some(new_key());
        }
        if let Some(fingerprint) = self.fingerprint(account, secret) {
            self.insert((account.clone(), fingerprint), profile.clone(), failure);
        }
    }

    fn insert(&mut self, key: (AccountKey, Fingerprint), profile: ProfileName, failure: Option<Failure>) {
        if !self.refused.contains_key(&key) {
            self.make_room(Some(&key.0), OF_ONE_ACCOUNT);
            self.make_room(None, OF_ALL);
        }
        self.count += 1;
        self.refused.insert(key, Refused { profile, failure, number: self.count });
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
        let counts = |(account, _): &&(AccountKey, Fingerprint)| of.is_none_or(|of| of == account);
        if self.refused.keys().filter(counts).count() < limit {
            return;
        }
        let candidates = self.refused.iter().filter(|(key, _)| counts(key));
        let oldest = candidates.min_by_key(|(_, refused)| refused.number).map(|(key, _)| key.clone());
        oldest.map(|key| self.refused.remove(&key));
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
