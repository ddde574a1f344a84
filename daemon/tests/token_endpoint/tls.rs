//! Whom a token request trusts over TLS, and how each distrust is told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use cp_tokend::token_endpoint::{CertificateFlaw, ConnectFailure, TokenRequestError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use crate::server::{Server, joined};
use crate::{GOOD_BODY, SECRET, ask, response};

/// A throw-away certificate authority and the bundle that holds it.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// A file with the authority's certificate; it goes away with this.
    pub(crate) bundle: PathBuf,
}

impl Authority {
    /// A new authority. `name` keeps the bundles of two tests apart.
    pub(crate) fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let bundle = std::env::temp_dir().join(format!("cp-token-tls-{}-{name}.pem", std::process::id()));
        std::fs::write(&bundle, issuer.pem()).unwrap();
        Self { issuer, bundle }
    }

    fn config(
        &self,
        host: &str,
        years: (i32, i32),
        versions: &[&'static SupportedProtocolVersion],
    ) -> ServerConfig {
        self.config_for(host, years, versions, Arc::new(NoClientAuth))
    }

    fn config_for(
        &self,
        host: &str,
        years: (i32, i32),
        versions: &[&'static SupportedProtocolVersion],
        clients: Arc<dyn ClientCertVerifier>,
    ) -> ServerConfig {
        let mut parameters = CertificateParams::new(vec![host.to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.bundle));
    }
}

/// A TLS server of one connection that issues a token. It returns what it was sent, decrypted.
pub(crate) struct TlsServer {
    /// Its origin, by the name `localhost`.
    pub(crate) url: String,
    thread: JoinHandle<Vec<u8>>,
}

impl TlsServer {
    /// A server with a good certificate of that authority.
    pub(crate) fn start(authority: &Authority) -> Self {
        Self::with(authority.config("localhost", (2020, 2100), &[&TLS13, &TLS12]))
    }

    /// A server with these settings.
    pub(crate) fn with(config: ServerConfig) -> Self {
        Self::answering(config, |tls| drop(tls.write_all(&response("200 OK", "", GOOD_BODY))))
    }

    /// A server with a good certificate of that authority and one version of TLS, which answers in its own way.
    pub(crate) fn speaking(
        authority: &Authority,
        version: &'static SupportedProtocolVersion,
        answer: impl FnOnce(&mut Tls<'_>) + Send + 'static,
    ) -> Self {
        Self::answering(authority.config("localhost", (2020, 2100), &[version]), answer)
    }

    fn answering(config: ServerConfig, answer: impl FnOnce(&mut Tls<'_>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let thread = std::thread::spawn(move || serve(&listener.accept().unwrap().0, config, answer));
        Self { url, thread }
    }

    /// What it was sent.
    pub(crate) async fn finish(self) -> Vec<u8> {
        joined(self.thread).await
    }
}

/// The server's side of a conversation.
pub(crate) type Tls<'s> = StreamOwned<ServerConnection, &'s TcpStream>;

fn serve(stream: &TcpStream, config: ServerConfig, answer: impl FnOnce(&mut Tls<'_>)) -> Vec<u8> {
    let mut tls = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && matches!(tls.read(&mut byte), Ok(1)) {
        request.push(byte[0]);
    }
    answer(&mut tls);
    drop(tls.flush());
    request
}

#[tokio::test]
async fn the_bundles_authority_is_trusted_over_tls_1_2_and_1_3() {
    let authority = Authority::new("good");
    for versions in [&[&TLS12], &[&TLS13]] {
        let server = TlsServer::with(authority.config("localhost", (2020, 2100), versions));
        let issued = ask(&server.url, Some(authority.bundle.clone())).await.unwrap();
        assert_eq!(issued.token.expose(), b"eyJjdHkiO.x_y-z");
        assert!(server.finish().await.starts_with(b"POST /api/v3/oauth/token"));
    }
}

#[tokio::test]
async fn g05_each_distrust_is_told_apart_and_nothing_is_sent() {
    let authority = Authority::new("flaws");
    let unknown = Authority::new("unknown");
    let both = &[&TLS13, &TLS12];
    for (config, flaw) in [
        (unknown.config("localhost", (2020, 2100), both), CertificateFlaw::UnknownIssuer),
        (authority.config("other.example", (2020, 2100), both), CertificateFlaw::WrongHost),
        (authority.config("localhost", (2000, 2001), both), CertificateFlaw::Expired),
        (authority.config("localhost", (2090, 2091), both), CertificateFlaw::NotYetValid),
    ] {
        let server = TlsServer::with(config);
        let refusal = ask(&server.url, Some(authority.bundle.clone())).await.unwrap_err();
        assert_eq!(refusal, TokenRequestError::Untrusted(flaw));
        assert!(server.finish().await.is_empty());
    }
}

#[tokio::test]
async fn g04_a_bundle_replaces_the_systems_roots_and_without_one_strangers_are_not_trusted() {
    let authority = Authority::new("system");
    let server = TlsServer::start(&authority);
    let refusal = ask(&server.url, None).await.unwrap_err();
    let expected =
        [CertificateFlaw::UnknownIssuer, CertificateFlaw::NoRoots].map(TokenRequestError::Untrusted);
    assert!(expected.contains(&refusal), "{refusal:?}");
    if refusal == expected[0] {
        assert!(server.finish().await.is_empty());
    }
}

#[tokio::test]
async fn g05_a_server_without_tls_gets_no_secret() {
    let server = Server::start_unasked(|mut stream| {
        let mut received = Vec::new();
        drop(stream.write_all(&response("400 Bad Request", "", "speak http")));
        drop(stream.read_to_end(&mut received));
        received
    });
    let authority = Authority::new("plain");
    let refusal =
        ask(&server.url.replace("http:", "https:"), Some(authority.bundle.clone())).await.unwrap_err();
    assert_eq!(refusal, TokenRequestError::Unreachable(ConnectFailure::NoTls));
    let received = server.finish().await;
    assert!(!received.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
}

#[tokio::test]
async fn a_server_of_http_2_alone_or_one_that_wants_a_certificate_is_told_apart() {
    let authority = Authority::new("wishes");
    let wants = |versions: &[&'static SupportedProtocolVersion]| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.issuer.der().clone()).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        authority.config_for("localhost", (2020, 2100), versions, verifier)
    };
    for (versions, alpn, obstacle) in [
        (&[&TLS12][..], Some(&b"h2"[..]), ConnectFailure::NoHttp1),
        (&[&TLS13], Some(b"h2"), ConnectFailure::NoHttp1),
        (&[&TLS12], None, ConnectFailure::ClientCertificate),
        (&[&TLS13], None, ConnectFailure::ClientCertificate),
    ] {
        let mut config = match alpn {
            Some(_) => authority.config("localhost", (2020, 2100), versions),
            None => wants(versions),
        };
        config.alpn_protocols = alpn.map(<[u8]>::to_vec).into_iter().collect();
        let server = TlsServer::with(config);
        let refusal = ask(&server.url, Some(authority.bundle.clone())).await.unwrap_err();
        assert_eq!(refusal, TokenRequestError::Unreachable(obstacle), "{versions:?}");
        let received = server.finish().await;
        assert!(!received.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    }
}
