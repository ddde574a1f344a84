//! Owns the step from a passphrase to a key: random salt and nonce from the system, and a thread for the computation.

use cp_token_protocol::{Failure, PASSPHRASE_LIMIT, Secret};

use super::seal::{Key, SaltAndNonce, Sealed};
use crate::base::blocking;
use crate::failure;
use crate::lock::failure::{no_memory_for_key, no_passphrase};

/// A key, and the salt and nonce of its one seal.
pub(super) struct DerivedKey {
    pub(super) key: Key,
    salt_and_nonce: SaltAndNonce,
}

impl DerivedKey {
    /// The key of a new passphrase, with a random salt.
    pub(super) async fn new(passphrase: Secret) -> Result<Self, Failure> {
        if !(1..=PASSPHRASE_LIMIT).contains(&passphrase.expose().len()) {
            return Err(no_passphrase());
        }
        Self::from_salt(passphrase, random()?).await
    }

    /// The key of this passphrase and salt, with a random nonce for a new seal.
    pub(super) async fn from_salt(passphrase: Secret, salt: [u8; 16]) -> Result<Self, Failure> {
        let nonce = random()?;
        // In a thread: it takes a good part of a second.
        let derived = blocking::run(move || Key::derive(&passphrase, &salt)).await;
        let key = derived.map_err(|_| failure::internal())?.ok_or_else(no_memory_for_key)?;
        Ok(Self { key, salt_and_nonce: SaltAndNonce { salt, nonce } })
    }

    pub(super) fn export_state(&self) -> (Secret, [u8; 16], [u8; 24]) {
        let SaltAndNonce { salt, nonce } = self.salt_and_nonce;
        (Secret::copy_of(self.key.0.expose()), salt, nonce)
    }

    pub(super) fn import_state((key, salt, nonce): (Secret, [u8; 16], [u8; 24])) -> Self {
        Self { key: Key(key), salt_and_nonce: SaltAndNonce { salt, nonce } }
    }

    /// Seals the text; returns it if it is too long.
    pub(super) fn seal(self, text: Secret) -> Result<Sealed, Secret> {
        Sealed::close(&self.key, self.salt_and_nonce, text)
    }
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| failure::internal())?;
    Ok(bytes)
}
