//! Owns the trust in a profile's bundle: its authorities for what they sign, and, as in curl, each of its certificates
//! for itself: a server with that very certificate is trusted for its names, within its dates.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::super::error::CaBundleFlaw;
use super::certificate::CertificateFields;

/// The certificates of a bundle.
#[derive(Debug)]
pub(super) struct Bundle {
    /// Those that may sign others.
    pub(super) roots: RootCertStore,
    /// All of them.
    pub(super) certificates: Vec<CertificateDer<'static>>,
}

impl Bundle {
    /// Parses a bundle. Unlike the system's, it is rejected if any certificate is broken.
    pub(super) fn parse(text: &[u8]) -> Result<Self, CaBundleFlaw> {
        let mut bundle = Self { roots: RootCertStore::empty(), certificates: Vec::new() };
        for certificate in CertificateDer::pem_slice_iter(&plain(text)) {
            bundle.add(certificate.map_err(|_| CaBundleFlaw::Broken)?)?;
        }
        if bundle.certificates.is_empty() { Err(CaBundleFlaw::Empty) } else { Ok(bundle) }
    }

    /// A certificate that may not sign others is trusted only for itself.
    fn add(&mut self, certificate: CertificateDer<'static>) -> Result<(), CaBundleFlaw> {
        let fields = CertificateFields::of(&certificate).ok_or(CaBundleFlaw::Broken)?;
        if fields.may_sign {
            self.roots.add(certificate.clone()).map_err(|_| CaBundleFlaw::Broken)?;
        }
        self.certificates.push(certificate);
        Ok(())
    }

    /// The verifier that trusts this bundle.
    pub(super) fn verifier(self, provider: Arc<CryptoProvider>) -> BundleVerifier {
        let algorithms = provider.signature_verification_algorithms;
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(self.roots), provider).build().ok();
        BundleVerifier { certificates: self.certificates, chains, algorithms }
    }
}

/// The text as UTF-8 without byte order marks, which editors of Windows put at its start, and `cat` in its middle.
fn plain(text: &[u8]) -> Vec<u8> {
    let wide = |text: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = text.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        String::from_utf16_lossy(&units.collect::<Vec<_>>())
    };
    let text = match text {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(text).into_owned(),
    };
    text.replace('\u{feff}', "").into_bytes()
}

/// Trusts the certificates of a bundle for themselves, and what its authorities sign.
#[derive(Debug)]
pub(super) struct BundleVerifier {
    certificates: Vec<CertificateDer<'static>>,
    /// `None` if the bundle has no authority.
    chains: Option<Arc<WebPkiServerVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for BundleVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.certificates.iter().any(|known| known == end_entity) {
            return verify_by_itself(end_entity, server_name, now);
        }
        let Some(chains) = &self.chains else { return Err(CertificateError::UnknownIssuer.into()) };
        chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn verify_by_itself(
    certificate: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, Error> {
    let fields = CertificateFields::of(certificate).ok_or(CertificateError::BadEncoding)?;
    let flaw = match now.as_secs() {
        now if now < fields.not_before => Some(CertificateError::NotValidYet),
        now if now > fields.not_after => Some(CertificateError::Expired),
        _ if !fields.may_serve => Some(CertificateError::InvalidPurpose),
        _ => None,
    };
    flaw.map_or(Ok(()), Err)?;
    verify_server_name(&ParsedCertificate::try_from(certificate)?, server_name)?;
    Ok(ServerCertVerified::assertion())
}
