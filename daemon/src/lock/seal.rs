//! Owns the cryptography of the lock, and is the only file that names its crates: a passphrase becomes a key, and
//! under the key lies what must outlive the lock. Pure: chance is an argument.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use cp_token_protocol::{Secret, handover};

/// The cost of one try: RFC 9106's second recommendation (64 MiB, three passes), with one lane instead of four,
/// because one thread computes it and would lend the other three to an attacker alone.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;

const KEY: usize = 32;

/// What makes a key and a seal different from all others.
#[derive(Clone, Copy)]
pub(super) struct SaltAndNonce {
    /// For the key: drawn anew for each passphrase that is entered.
    pub(super) salt: [u8; 16],
    /// For the seal: drawn anew for each.
    pub(super) nonce: [u8; 24],
}

/// A key that came of a passphrase.
pub(super) struct Key(Secret);

/// There are not [`MEMORY_KIB`] of memory for the computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoMemory;

/// What only somebody who knows the passphrase can read, and so the proof of the passphrase.
pub(super) struct Sealed {
    chance: SaltAndNonce,
    tag: [u8; 16],
    /// Nothing secret any more; in these pages because it was encrypted where it lay.
    text: Secret,
}

impl Key {
    /// A copy of it, for the next daemon.
    pub(super) fn copy(&self) -> Secret {
        Secret::copy_of(self.0.expose())
    }

    /// The key that the last daemon had.
    pub(super) fn inherited(key: Secret) -> Self {
        Self(key)
    }

    /// The key of a passphrase. Takes a good part of a second, by intention.
    pub(super) fn derive(passphrase: &Secret, salt: &[u8; 16]) -> Result<Self, NoMemory> {
        let mut key = Secret::zeroed(KEY);
        let derived = Params::new(MEMORY_KIB, PASSES, LANES, Some(KEY)).and_then(|params| {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            argon2.hash_password_into(passphrase.expose(), salt, key.bytes_mut())
        });
        wipe_stack();
        derived.map(|()| Self(key)).map_err(|_| NoMemory)
    }

    /// None where the key has not the length of one.
    fn cipher(&self) -> Option<XChaCha20Poly1305> {
        XChaCha20Poly1305::new_from_slice(self.0.expose()).ok()
    }
}

impl Sealed {
    /// Seals `text` where it lies.
    ///
    /// # Errors
    /// The text itself, where it is longer than any that the cipher takes.
    pub(super) fn close(key: &Key, chance: SaltAndNonce, mut text: Secret) -> Result<Self, Secret> {
        let nonce = XNonce::from(chance.nonce);
        let tag = key.cipher().and_then(|cipher| {
            cipher.encrypt_inout_detached(&nonce, &[], text.bytes_mut().into()).map(Into::into).ok()
        });
        wipe_stack();
        match tag {
            Some(tag) => Ok(Self { chance, tag, text }),
            None => Err(text),
        }
    }

    /// What was sealed; none where the key is another.
    pub(super) fn open(&self, key: &Key) -> Option<Secret> {
        let (nonce, tag) = (XNonce::from(self.chance.nonce), Tag::from(self.tag));
        let mut text = Secret::copy_of(self.text.expose());
        let opened = key.cipher().is_some_and(|cipher| {
            cipher.decrypt_inout_detached(&nonce, &[], text.bytes_mut().into(), &tag).is_ok()
        });
        wipe_stack();
        opened.then_some(text)
    }

    /// What belongs to the text, and the text.
    pub(super) fn parts(&self) -> (handover::Seal, &Secret) {
        let SaltAndNonce { salt, nonce } = self.chance;
        (handover::Seal { salt, nonce, tag: self.tag }, &self.text)
    }

    /// The seal that these parts were.
    pub(super) fn inherited(seal: handover::Seal, text: Secret) -> Self {
        let handover::Seal { salt, nonce, tag } = seal;
        Self { chance: SaltAndNonce { salt, nonce }, tag, text }
    }

    /// What its key was derived with.
    pub(super) fn salt(&self) -> [u8; 16] {
        self.chance.salt
    }
}

/// Overwrites what the calls before it have left on this thread's stack: the crates wipe their own variables, and
/// not what the compiler made of them on the way.
#[inline(never)]
fn wipe_stack() {
    let mut deeper = [0_u8; 64 * 1024];
    std::hint::black_box(&mut deeper);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chance(byte: u8) -> SaltAndNonce {
        SaltAndNonce { salt: [byte; 16], nonce: [byte; 24] }
    }

    fn key(passphrase: &str, chance: SaltAndNonce) -> Key {
        Key::derive(&Secret::copy_of(passphrase.as_bytes()), &chance.salt).unwrap()
    }

    #[test]
    fn what_is_sealed_is_read_with_the_same_passphrase_and_with_no_other() {
        for text in [&b""[..], b"x", &[7; 5000]] {
            let sealed =
                Sealed::close(&key("right", chance(1)), chance(1), Secret::copy_of(text)).ok().unwrap();
            assert!(text.is_empty() || sealed.text.expose() != text);
            assert!(sealed.open(&key("right", chance(1))).is_some_and(|opened| opened.matches(text)));
            assert!(sealed.open(&key("wrong", chance(1))).is_none(), "the proof of nothing is a proof, too");
            assert!(sealed.open(&key("right", chance(2))).is_none(), "another salt is another key");
        }
    }

    #[test]
    fn what_was_changed_on_the_way_is_not_read() {
        let key = key("right", chance(1));
        let close = || Sealed::close(&key, chance(1), Secret::copy_of(b"text")).ok().unwrap();
        assert!(close().open(&key).is_some());
        for damage in [
            (|sealed: &mut Sealed| sealed.text.bytes_mut()[0] ^= 1) as fn(&mut Sealed),
            |sealed| sealed.tag[15] ^= 1,
            |sealed| sealed.chance.nonce[0] ^= 1,
        ] {
            let mut sealed = close();
            damage(&mut sealed);
            assert!(sealed.open(&key).is_none());
        }
    }

    #[test]
    fn the_key_is_that_of_the_reference_implementation() {
        // As OpenSSL 3 has it: Argon2id, version 1.3, 65536 KiB, three passes, one lane.
        let salt = *b"saltsaltsaltsalt";
        let key = Key::derive(&Secret::copy_of(b"right"), &salt).unwrap();
        let hex: String = key.0.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "e9c1197d0d4d6e402e3b08f738f532bb1602a4ad4c4bbb3d45eb262dcfba3d7e");
    }
}
