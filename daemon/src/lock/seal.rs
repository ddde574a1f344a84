//! Owns the cryptography of the lock, and is the only file that names its crates: it derives a key from a passphrase, and
//! seals secrets with the key. Pure: salt and nonce are arguments.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use cp_token_protocol::Secret;
use cp_token_protocol::handover::Seal;

/// The cost of one attempt: RFC 9106's second recommended option (64 MiB, three passes), but with one lane instead of four:
/// we compute in one thread, so more lanes would help an attacker alone.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;

const KEY_LENGTH: usize = 32;

/// The random values that make a key and a seal unique.
#[derive(Clone, Copy)]
pub(super) struct SaltAndNonce {
    /// For the key; new for each new passphrase.
    pub(super) salt: [u8; 16],
    /// For the seal; new for each seal.
    pub(super) nonce: [u8; 24],
}

/// A key derived from a passphrase.
pub(super) struct Key(pub(super) Secret);

/// Secrets that can only be read with the passphrase, which so verifies the passphrase.
pub(super) struct Sealed {
    pub(super) seal: Seal,
    /// Encrypted, and still in the memory of a `Secret` because it was encrypted in place.
    pub(super) text: Secret,
}

impl Key {
    /// The key of a passphrase; `None` if less than [`MEMORY_KIB`] of memory is free. Takes a good part of a second, to make
    /// guessing slow.
    pub(super) fn derive(passphrase: &Secret, salt: &[u8; 16]) -> Option<Self> {
        let mut key = Secret::zeroed(KEY_LENGTH);
        let derived = Params::new(MEMORY_KIB, PASSES, LANES, Some(KEY_LENGTH)).and_then(|params| {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            argon2.hash_password_into(passphrase.expose(), salt, key.bytes_mut())
        });
        wipe_stack();
        derived.ok().map(|()| Self(key))
    }

    /// `None` if the key has the wrong length.
    fn cipher(&self) -> Option<XChaCha20Poly1305> {
        XChaCha20Poly1305::new_from_slice(self.0.expose()).ok()
    }
}

impl Sealed {
    /// Seals `text` in place; returns it if it is too long for the cipher.
    pub(super) fn close(
        key: &Key,
        SaltAndNonce { salt, nonce }: SaltAndNonce,
        mut text: Secret,
    ) -> Result<Self, Secret> {
        let tag = key.cipher().and_then(|cipher| {
            cipher
                .encrypt_inout_detached(&XNonce::from(nonce), &[], text.bytes_mut().into())
                .map(Into::into)
                .ok()
        });
        wipe_stack();
        match tag {
            Some(tag) => Ok(Self { seal: Seal { salt, nonce, tag }, text }),
            None => Err(text),
        }
    }

    /// The sealed text; `None` if the key is wrong.
    pub(super) fn open(&self, key: &Key) -> Option<Secret> {
        let (nonce, tag) = (XNonce::from(self.seal.nonce), Tag::from(self.seal.tag));
        let mut text = Secret::copy_of(self.text.expose());
        let opened = key.cipher().is_some_and(|cipher| {
            cipher.decrypt_inout_detached(&nonce, &[], text.bytes_mut().into(), &tag).is_ok()
        });
        wipe_stack();
        opened.then_some(text)
    }

    /// The seal, and a copy of the encrypted text.
    pub(super) fn export_state(&self) -> (Seal, Secret) {
        (self.seal, Secret::copy_of(self.text.expose()))
    }
}

/// Overwrites what earlier calls have left on this thread's stack: the crates wipe their variables, but not the copies
/// that the compiler made.
#[inline(never)]
fn wipe_stack() {
    let mut deeper = [0_u8; 64 * 1024];
    std::hint::black_box(&mut deeper);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(byte: u8) -> SaltAndNonce {
        SaltAndNonce { salt: [byte; 16], nonce: [byte; 24] }
    }

    fn key(passphrase: &str, values: SaltAndNonce) -> Key {
        Key::derive(&Secret::copy_of(passphrase.as_bytes()), &values.salt).unwrap()
    }

    #[test]
    fn what_is_sealed_is_read_with_the_same_passphrase_and_with_no_other() {
        for text in [&b""[..], b"x", &[7; 5000]] {
            let sealed =
                Sealed::close(&key("right", values(1)), values(1), Secret::copy_of(text)).ok().unwrap();
            assert!(text.is_empty() || sealed.text.expose() != text);
            assert!(sealed.open(&key("right", values(1))).is_some_and(|opened| opened.matches(text)));
            assert!(sealed.open(&key("wrong", values(1))).is_none(), "the proof of nothing is a proof, too");
            assert!(sealed.open(&key("right", values(2))).is_none(), "another salt is another key");
        }
    }

    #[test]
    fn what_was_changed_on_the_way_is_not_read() {
        let key = key("right", values(1));
        let close = || Sealed::close(&key, values(1), Secret::copy_of(b"text")).ok().unwrap();
        assert!(close().open(&key).is_some());
        for damage in [
            (|sealed: &mut Sealed| sealed.text.bytes_mut()[0] ^= 1) as fn(&mut Sealed),
            |sealed| sealed.seal.tag[15] ^= 1,
            |sealed| sealed.seal.nonce[0] ^= 1,
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
