//! Owns the detection that a server asks for a client certificate, which cp-token does not have: it distinguishes a server
//! that closes the connection for lack of one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

use super::answer::HttpAnswer;
use super::error::{ConnectFailure, TokenRequestError};

/// Whether the server of one exchange has asked for a client certificate.
#[derive(Debug, Clone, Default)]
pub(super) struct CertificateRequest(Arc<AtomicBool>);

impl CertificateRequest {
    /// The outcome of the exchange, with that as the reason.
    pub(super) fn explain(
        &self,
        outcome: Result<HttpAnswer, TokenRequestError>,
    ) -> Result<HttpAnswer, TokenRequestError> {
        if !self.0.load(Ordering::Relaxed) {
            return outcome;
        }
        match outcome {
            Ok(answer) => Ok(HttpAnswer { wanted_certificate: true, ..answer }),
            Err(TokenRequestError::Unreachable(ConnectFailure::NoTls | ConnectFailure::Closed)) => {
                Err(TokenRequestError::Unreachable(ConnectFailure::ClientCertificate))
            }
            Err(error) => Err(error),
        }
    }
}

impl ResolvesClientCert for CertificateRequest {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
