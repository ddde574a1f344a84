//! Owns the limit of all that a server sends in one exchange over TLS, so that endless interim answers, empty records,
//! tickets or new keys end the exchange. It does not change the protection of TLS.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use rustls::crypto::CryptoProvider;
use rustls::crypto::cipher::{InboundOpaqueMessage, InboundPlainMessage, MessageDecrypter};
use rustls::{Error, OtherError, SupportedCipherSuite, Tls12CipherSuite, Tls13CipherSuite};

mod algorithms;

use crate::base::mutex::lock;
use algorithms::{Bounded12, Bounded13};

/// The most bytes that are decrypted in one exchange: far more than certificates, headers and the longest body.
const MAX_BYTES: usize = 1024 * 1024;
/// What a record counts in addition to its bytes, so that empty records are limited too.
const RECORD_COST: usize = 32;

/// The server sent more than [`MAX_BYTES`].
#[derive(Debug, thiserror::Error)]
#[error("the server sends without end")]
pub(super) struct Flooded;

/// The count of one exchange, over all its connections and keys. Cipher suites are `'static` by their type, so they are
/// made once and lent to the next exchange when this is dropped.
#[derive(Debug)]
pub(super) struct Allowance {
    taken: AtomicUsize,
    suites: &'static LentSuites,
}

/// Cipher suites that count for one exchange at a time.
#[derive(Debug)]
struct LentSuites {
    list: Vec<SupportedCipherSuite>,
    borrower: Borrower,
}

/// The exchange that the suites count for, until it is over.
type Borrower = &'static Mutex<Weak<Allowance>>;

/// The suites that no exchange uses: at most as many as there have been exchanges at a time.
static FREE: Mutex<Vec<&'static LentSuites>> = Mutex::new(Vec::new());

impl Allowance {
    /// A new allowance, and ring's cryptography that counts against it.
    pub(super) fn new() -> (Arc<Self>, CryptoProvider) {
        let free = lock(&FREE).pop();
        let suites = free.unwrap_or_else(|| Box::leak(Box::new(LentSuites::new())));
        let allowance = Arc::new(Self { taken: AtomicUsize::new(0), suites });
        *lock(suites.borrower) = Arc::downgrade(&allowance);
        let provider = rustls::crypto::ring::default_provider();
        (allowance, CryptoProvider { cipher_suites: suites.list.clone(), ..provider })
    }

    fn take(&self, bytes: usize) -> Result<(), Error> {
        let before = self.taken.fetch_add(bytes.saturating_add(RECORD_COST), Ordering::Relaxed);
        if before > MAX_BYTES { Err(flooded()) } else { Ok(()) }
    }
}

impl Drop for Allowance {
    fn drop(&mut self) {
        lock(&FREE).push(self.suites);
    }
}

impl LentSuites {
    fn new() -> Self {
        let borrower: Borrower = Box::leak(Box::default());
        let suites = rustls::crypto::ring::default_provider().cipher_suites;
        Self { list: suites.into_iter().map(|suite| counting(suite, borrower)).collect(), borrower }
    }
}

/// The suite, with decryption that counts for the borrower.
fn counting(suite: SupportedCipherSuite, borrower: Borrower) -> SupportedCipherSuite {
    match suite {
        SupportedCipherSuite::Tls13(suite) => {
            let aead_alg = Box::leak(Box::new(Bounded13 { algorithm: suite.aead_alg, borrower }));
            let common = common(&suite.common);
            let hkdf_provider = suite.hkdf_provider;
            let suite = Tls13CipherSuite { common, hkdf_provider, aead_alg, quic: None };
            SupportedCipherSuite::Tls13(Box::leak(Box::new(suite)))
        }
        SupportedCipherSuite::Tls12(suite) => {
            let aead_alg = Box::leak(Box::new(Bounded12 { algorithm: suite.aead_alg, borrower }));
            let (common, prf_provider) = (common(&suite.common), suite.prf_provider);
            let suite = Tls12CipherSuite { common, prf_provider, kx: suite.kx, sign: suite.sign, aead_alg };
            SupportedCipherSuite::Tls12(Box::leak(Box::new(suite)))
        }
    }
}

fn common(of: &rustls::crypto::CipherSuiteCommon) -> rustls::crypto::CipherSuiteCommon {
    rustls::crypto::CipherSuiteCommon {
        suite: of.suite,
        hash_provider: of.hash_provider,
        confidentiality_limit: of.confidentiality_limit,
    }
}

/// Decrypts until the allowance is used up.
struct Counting {
    decrypter: Box<dyn MessageDecrypter>,
    allowance: Option<Arc<Allowance>>,
}

impl Counting {
    fn boxed(decrypter: Box<dyn MessageDecrypter>, borrower: Borrower) -> Box<dyn MessageDecrypter> {
        Box::new(Self { decrypter, allowance: lock(borrower).upgrade() })
    }
}

impl MessageDecrypter for Counting {
    fn decrypt<'a>(
        &mut self,
        message: InboundOpaqueMessage<'a>,
        number: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        // The exchange of this connection is over.
        let allowance = self.allowance.as_ref().ok_or_else(flooded)?;
        allowance.take(message.payload.len())?;
        self.decrypter.decrypt(message, number)
    }
}

fn flooded() -> Error {
    Error::Other(OtherError(Arc::new(Flooded)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_ends_and_the_next_one_is_whole_with_the_same_suites() {
        let (allowance, _) = Allowance::new();
        let suites: *const LentSuites = allowance.suites;
        assert!((0..MAX_BYTES / RECORD_COST).all(|_| allowance.take(0).is_ok()), "empty records are few");
        assert!((0..2).any(|_| allowance.take(1).is_err()), "they have an end");
        drop(allowance);
        let held: Vec<_> = (0..4).map(|_| Allowance::new().0).collect();
        assert!(held.iter().all(|allowance| allowance.take(MAX_BYTES / 2).is_ok()));
        drop(held);
        let again: Vec<_> = (0..4).map(|_| Allowance::new().0).collect();
        assert!(again.iter().any(|allowance| std::ptr::eq(allowance.suites, suites)), "lent again");
    }

    #[test]
    fn every_suite_of_ring_is_offered_and_in_its_order() {
        let names =
            |suites: &[SupportedCipherSuite]| suites.iter().map(|suite| suite.suite()).collect::<Vec<_>>();
        let (_allowance, provider) = Allowance::new();
        assert_eq!(
            names(&provider.cipher_suites),
            names(&rustls::crypto::ring::default_provider().cipher_suites)
        );
    }
}
