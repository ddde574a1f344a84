//! Owns the way from a passphrase to a key in hand: chance from the system, and a thread for the computation.

use cp_token_protocol::{Failure, Secret};

use super::seal::{Key, SaltAndNonce, Sealed};
use crate::base::blocking;
use crate::failure;
use crate::lock::failure::{no_memory_for_key, no_passphrase};

/// The longest passphrase, in bytes.
const LIMIT: usize = 4096;

/// A key in hand, and what the one seal that it is for needs.
pub(super) struct DerivedKey {
    key: Key,
    chance: SaltAndNonce,
}

impl DerivedKey {
    /// One for a new passphrase.
    pub(super) async fn new(passphrase: Secret) -> Result<Self, Failure> {
        if !(1..=LIMIT).contains(&passphrase.expose().len()) {
            return Err(no_passphrase());
        }
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| failure::internal())?;
        Self::of(passphrase, salt).await
    }

    /// The one that was made of this passphrase with this salt, fit for a new seal.
    pub(super) async fn of(passphrase: Secret, salt: [u8; 16]) -> Result<Self, Failure> {
        let mut nonce = [0; 24];
        getrandom::fill(&mut nonce).map_err(|_| failure::internal())?;
        // In a thread of its own: it computes for a good part of a second.
        let derived = blocking::run(move || Key::derive(&passphrase, &salt)).await;
        let key = derived.map_err(|_| failure::internal())?.map_err(|_no_memory| no_memory_for_key())?;
        Ok(Self { key, chance: SaltAndNonce { salt, nonce } })
    }

    pub(super) fn parts(&self) -> (Secret, [u8; 16], [u8; 24]) {
        (self.key.copy(), self.chance.salt, self.chance.nonce)
    }

    pub(super) fn inherited((key, salt, nonce): (Secret, [u8; 16], [u8; 24])) -> Self {
        Self { key: Key::inherited(key), chance: SaltAndNonce { salt, nonce } }
    }

    /// Seals the text.
    ///
    /// # Errors
    /// The text itself, where it is too long for any seal.
    pub(super) fn seal(self, text: Secret) -> Result<Sealed, Secret> {
        Sealed::close(&self.key, self.chance, text)
    }

    /// What was sealed with this key; none where it was sealed with another.
    pub(super) fn open(&self, sealed: &Sealed) -> Option<Secret> {
        sealed.open(&self.key)
    }
}
