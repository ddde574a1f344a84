//! A bundle that holds the very certificate which the server shows: it is trusted for its names and dates, as curl does
//! it, and for nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use cp_tokend::token_endpoint::{CertificateFlaw, TokenRequestError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::ask;
use crate::tls::{Authority, TlsServer};

/// A certificate for this host and these years, of whatever else.
fn parameters(host: &str, years: (i32, i32)) -> CertificateParams {
    let mut parameters = CertificateParams::new(vec![host.to_owned()]).unwrap();
    parameters.not_before = rcgen::date_time_ymd(years.0, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(years.1, 1, 1);
    parameters
}

fn server(certificate: CertificateDer<'static>, key: &KeyPair) -> TlsServer {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsServer::with(builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
}

/// A bundle of this text, which goes away with it.
struct Bundle(PathBuf);

impl Bundle {
    fn of(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cp-token-own-{}-{name}.pem", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

async fn outcome(name: &str, parameters: CertificateParams) -> Result<(), TokenRequestError> {
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    let (server, bundle) = (server(certificate.der().clone(), &key), Bundle::of(name, &certificate.pem()));
    ask(&server.url, Some(bundle.0.clone())).await.map(drop)
}

#[tokio::test]
async fn the_servers_own_certificate_is_trusted_whether_it_is_called_an_authority_or_not() {
    for (name, is_ca) in [
        ("leaf", IsCa::NoCa),
        ("explicit", IsCa::ExplicitNoCa),
        // What `openssl req -x509` makes.
        ("authority", IsCa::Ca(BasicConstraints::Unconstrained)),
    ] {
        let mut good = parameters("localhost", (2020, 2100));
        good.is_ca = is_ca;
        assert_eq!(outcome(name, good).await, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn a_certificate_that_another_has_signed_is_trusted_by_itself_too() {
    let key = KeyPair::generate().unwrap();
    let issuer =
        CertifiedIssuer::self_signed(CertificateParams::default(), KeyPair::generate().unwrap()).unwrap();
    let leaf = parameters("localhost", (2020, 2100)).signed_by(&key, &issuer).unwrap();
    let (server, bundle) = (server(leaf.der().clone(), &key), Bundle::of("signed", &leaf.pem()));
    assert!(ask(&server.url, Some(bundle.0.clone())).await.is_ok());
}

#[tokio::test]
async fn its_name_its_dates_and_its_purpose_count_all_the_same() {
    let mut client = parameters("localhost", (2020, 2100));
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    for (name, parameters, flaw) in [
        ("name", parameters("other.example", (2020, 2100)), CertificateFlaw::WrongHost),
        ("old", parameters("localhost", (2000, 2001)), CertificateFlaw::Expired),
        ("early", parameters("localhost", (2090, 2091)), CertificateFlaw::NotYetValid),
        ("purpose", client, CertificateFlaw::Unsuitable),
    ] {
        let mut authority = parameters.clone();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        for parameters in [parameters, authority] {
            assert_eq!(outcome(name, parameters).await, Err(TokenRequestError::Untrusted(flaw)), "{name}");
        }
    }
}

/// Who has the key of a trusted leaf could otherwise sign for every other name, and whoever repeats its names could pass
/// for it.
#[tokio::test]
async fn it_signs_for_nobody_and_another_of_the_same_names_is_not_it() {
    let key = KeyPair::generate().unwrap();
    let leaf = CertifiedIssuer::self_signed(parameters("localhost", (2020, 2100)), key).unwrap();
    let bundle = Bundle::of("issuer", &leaf.pem());
    let (signed_key, twin_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let signed = parameters("localhost", (2020, 2100)).signed_by(&signed_key, &leaf).unwrap();
    let twin = parameters("localhost", (2020, 2100)).self_signed(&twin_key).unwrap();
    for (certificate, key) in [(signed, signed_key), (twin, twin_key)] {
        let server = server(certificate.der().clone(), &key);
        let refusal = ask(&server.url, Some(bundle.0.clone())).await.unwrap_err();
        assert_eq!(refusal, TokenRequestError::Untrusted(CertificateFlaw::UnknownIssuer));
        assert!(server.finish().await.is_empty());
    }
}

/// A certificate is public: who shows it without its key is not the server.
#[tokio::test]
async fn it_is_worth_nothing_without_its_key() {
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let certificate = parameters("localhost", (2020, 2100)).self_signed(&key).unwrap();
    let bundle = Bundle::of("stolen", &certificate.pem());
    let resolver = Stolen { certificate: certificate.der().clone(), key: other.serialize_der() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let server = TlsServer::with(builder.with_no_client_auth().with_cert_resolver(Arc::new(resolver)));
    let refusal = ask(&server.url, Some(bundle.0.clone())).await.unwrap_err();
    assert_eq!(refusal, TokenRequestError::Untrusted(CertificateFlaw::UnknownIssuer));
    assert!(server.finish().await.is_empty());
}

#[derive(Debug)]
struct Stolen {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl rustls::server::ResolvesServerCert for Stolen {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<rustls::sign::CertifiedKey>> {
        let key = PrivateKeyDer::try_from(self.key.clone()).ok()?;
        let key = rustls::crypto::ring::sign::any_supported_type(&key).ok()?;
        Some(Arc::new(rustls::sign::CertifiedKey::new(vec![self.certificate.clone()], key)))
    }
}

#[tokio::test]
async fn an_authority_beside_it_still_counts() {
    let authority = Authority::new("beside");
    let own = parameters("localhost", (2020, 2100)).self_signed(&KeyPair::generate().unwrap()).unwrap();
    let text = format!("{}{}", own.pem(), std::fs::read_to_string(&authority.bundle).unwrap());
    let (server, bundle) = (TlsServer::start(&authority), Bundle::of("beside", &text));
    assert!(ask(&server.url, Some(bundle.0.clone())).await.is_ok());
}
