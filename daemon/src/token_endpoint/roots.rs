//! Owns which certificates are trusted: those of the profile's bundle and no other, else the system's. It must
//! not look at the environment, which belongs to whoever started the daemon.

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
mod facts;

/// The most bytes of a bundle; the largest system's own has about a quarter of a megabyte.
const BUNDLE_LIMIT: u64 = 4 * 1024 * 1024;

/// How TLS is spoken for one exchange: 1.2 or 1.3, HTTP/1.1, no session kept, no key log, `provider` underneath
/// and no process-wide default. Where there is no TLS, no root is read. A server that asks for a client certificate is noted.
pub(super) fn tls_config(
    ca_bundle: Option<PathBuf>,
    https: bool,
    asked: CertificateRequest,
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
    let mut config = builder.with_client_cert_resolver(Arc::new(asked));
    config.resumption = watcher.resumption();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// What is still to be said of the settings once it is said whom to trust.
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

/// Elsewhere the system's own verifier decides.
#[cfg(not(target_os = "linux"))]
fn trusting_system(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    provider: Arc<CryptoProvider>,
) -> Result<Trusting, TokenRequestError> {
    let verifier = rustls_platform_verifier::Verifier::new(provider)
        .map_err(|_| TokenRequestError::Untrusted(CertificateFlaw::NoRoots))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)))
}

/// Where distributions keep their roots, as Go's and OpenSSL's own lists have it. The first that has any counts.
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

/// Passes where the bundle can be used.
pub(super) fn check_bundle(path: &Path) -> Result<(), TokenRequestError> {
    bundle(path).map(drop)
}

fn bundle(path: &Path) -> Result<Bundle, TokenRequestError> {
    read(path)
        .and_then(|text| Bundle::parse(&text))
        .map_err(|flaw| TokenRequestError::CaBundle { path: path.to_owned(), flaw })
}

fn read(path: &Path) -> Result<Vec<u8>, CaBundleFlaw> {
    files::read_trusted(path, BUNDLE_LIMIT).map_err(|error| match error {
        error if error.is_distrust() => CaBundleFlaw::Distrusted(error.to_string()),
        FileError::Absent => CaBundleFlaw::Absent,
        FileError::WrongKind(_) => CaBundleFlaw::WrongKind,
        FileError::TooLarge => CaBundleFlaw::TooLarge,
        FileError::Hangs => CaBundleFlaw::Hangs,
        FileError::Foreign(_)
        | FileError::Open(..)
        | FileError::ForeignAncestor(..)
        | FileError::OpenAncestor(_)
        | FileError::Listed(_)
        | FileError::ListedAncestor(_)
        | FileError::Shared(_)
        | FileError::NotText
        | FileError::ReadOnly(_)
        | FileError::NotDurable(_)
        | FileError::Locked
        | FileError::Io(_) => CaBundleFlaw::Unreadable,
    })
}

#[cfg(test)]
mod tests;
