//! Owns the choice of trusted certificates: those of the profile's bundle and no others, else the system's. It must not
//! read the environment, which another process may have set.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::CryptoProvider;
#[cfg(target_os = "linux")]
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use super::client_certificate::CertificateRequest;
use super::error::{CaBundleFlaw, CertificateFlaw, ConnectFailure, TokenRequestError};
use super::progress::Watcher;
use crate::base::files::{self, FileError};
use bundle::Bundle;

mod bundle;
mod certificate;

/// The most bytes of a bundle; the largest of a system has about a quarter of a megabyte.
const MAX_BUNDLE_SIZE: u64 = 4 * 1024 * 1024;

/// The TLS settings of one exchange: 1.2 or 1.3, HTTP/1.1, no stored session, no key log, `provider` instead of the default
/// of the process. Without TLS, no root is read. `certificate_request` notes that a server asks for a client certificate.
pub(super) fn tls_config(
    ca_bundle: Option<PathBuf>,
    https: bool,
    certificate_request: CertificateRequest,
    watcher: Watcher,
    provider: CryptoProvider,
) -> Result<ClientConfig, TokenRequestError> {
    let provider = Arc::new(provider);
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|_| TokenRequestError::Unreachable(ConnectFailure::NoTls))?;
    let builder = match ca_bundle {
        Some(path) => trusting(builder, bundle(&path)?, provider),
        None if https => trusting_system(builder, provider)?,
        None => builder.with_root_certificates(RootCertStore::empty()),
    };
    let mut config = builder.with_client_cert_resolver(Arc::new(certificate_request));
    config.resumption = watcher.resumption();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The settings once the trusted certificates are chosen.
type Trusting = ConfigBuilder<ClientConfig, WantsClientCert>;

fn trusting(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    bundle: Bundle,
    provider: Arc<CryptoProvider>,
) -> Trusting {
    builder.dangerous().with_custom_certificate_verifier(Arc::new(bundle.verifier(provider)))
}

#[cfg(target_os = "linux")]
fn trusting_system(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    _provider: Arc<CryptoProvider>,
) -> Result<Trusting, TokenRequestError> {
    Ok(builder.with_root_certificates(system_roots(SYSTEM_BUNDLES)?))
}

/// Other systems have a verifier of their own.
#[cfg(not(target_os = "linux"))]
fn trusting_system(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    provider: Arc<CryptoProvider>,
) -> Result<Trusting, TokenRequestError> {
    let verifier = rustls_platform_verifier::Verifier::new(provider)
        .map_err(|_| TokenRequestError::Untrusted(CertificateFlaw::NoRoots))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)))
}

/// The roots of distributions, from the lists of Go and OpenSSL. The first file with any is used.
#[cfg(target_os = "linux")]
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/cert.pem",
];

#[cfg(target_os = "linux")]
fn system_roots(bundles: &[&str]) -> Result<RootCertStore, TokenRequestError> {
    for path in bundles {
        let Ok(text) = read(Path::new(path)) else { continue };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&text).flatten());
        if !roots.is_empty() {
            return Ok(roots);
        }
    }
    Err(TokenRequestError::Untrusted(CertificateFlaw::NoRoots))
}

/// Checks that the bundle can be used.
pub(super) fn check_bundle(path: &Path) -> Result<(), TokenRequestError> {
    bundle(path).map(drop)
}

fn bundle(path: &Path) -> Result<Bundle, TokenRequestError> {
    read(path)
        .and_then(|text| Bundle::parse(&text))
        .map_err(|flaw| TokenRequestError::CaBundle { path: path.to_owned(), flaw })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is wrong, it cannot be read")]
fn read(path: &Path) -> Result<Vec<u8>, CaBundleFlaw> {
    files::read_trusted(path, MAX_BUNDLE_SIZE).map_err(|error| {
        if matches!(error, FileError::Untrusted(_)) {
            return CaBundleFlaw::Distrusted(error.to_string());
        }
        match error {
            FileError::Absent => CaBundleFlaw::Absent,
            FileError::WrongKind(_) => CaBundleFlaw::WrongKind,
            FileError::TooLarge => CaBundleFlaw::TooLarge,
            FileError::Hangs => CaBundleFlaw::TimedOut,
            _ => CaBundleFlaw::Unreadable,
        }
    })
}

#[cfg(test)]
mod tests;
