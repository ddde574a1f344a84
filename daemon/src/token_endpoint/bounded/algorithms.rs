//! Owns the algorithms of cipher suites that count what they decrypt; the rest is delegated to the wrapped algorithm.

use rustls::ConnectionTrafficSecrets;
use rustls::crypto::cipher::{
    AeadKey, Iv, KeyBlockShape, MessageDecrypter, MessageEncrypter, Tls12AeadAlgorithm, Tls13AeadAlgorithm,
    UnsupportedOperationError,
};

use super::{Borrower, Counting};

/// An algorithm of TLS 1.3.
pub(super) struct Bounded13 {
    pub(super) algorithm: &'static dyn Tls13AeadAlgorithm,
    pub(super) borrower: Borrower,
}

impl Tls13AeadAlgorithm for Bounded13 {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        self.algorithm.encrypter(key, iv)
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        Counting::boxed(self.algorithm.decrypter(key, iv), self.borrower)
    }

    fn key_len(&self) -> usize {
        self.algorithm.key_len()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.algorithm.extract_keys(key, iv)
    }
}

/// An algorithm of TLS 1.2.
pub(super) struct Bounded12 {
    pub(super) algorithm: &'static dyn Tls12AeadAlgorithm,
    pub(super) borrower: Borrower,
}

impl Tls12AeadAlgorithm for Bounded12 {
    fn encrypter(&self, key: AeadKey, iv: &[u8], extra: &[u8]) -> Box<dyn MessageEncrypter> {
        self.algorithm.encrypter(key, iv, extra)
    }

    fn decrypter(&self, key: AeadKey, iv: &[u8]) -> Box<dyn MessageDecrypter> {
        Counting::boxed(self.algorithm.decrypter(key, iv), self.borrower)
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        self.algorithm.key_block_shape()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: &[u8],
        explicit: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.algorithm.extract_keys(key, iv, explicit)
    }
}
