//! Owns throw-away certificates: an authority nobody trusts by itself, and server leaves good and bad.
//! It never touches the system's trust store.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Which certificate a server shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerCertificate {
    /// Signed by the authority for `localhost` and `127.0.0.1`, and valid now.
    #[default]
    Good,
    /// Signed by the authority, but for another host.
    WrongHost,
    /// Signed by the authority, and no longer valid since yesterday.
    Expired,
    /// Signed by the authority, and not valid before tomorrow.
    NotYetValid,
    /// Right host and dates, signed by itself.
    SelfSigned,
    /// Right host and dates, signed by an authority of the same name with another key.
    OtherAuthority,
    /// The authority's own, with right host and dates: self-signed and called an authority, as `openssl req -x509` has it.
    Authority,
}

/// A throw-away certificate authority. Clones are the same authority, so that two servers can share one.
#[derive(Clone, Debug)]
pub struct Authority(Arc<CertifiedIssuer<'static, KeyPair>>);

impl Authority {
    /// A new authority with a key of its own.
    pub fn new() -> Self {
        let mut params = leaf_params(ServerCertificate::Authority);
        params.distinguished_name.push(DnType::CommonName, "cp-token test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages.extend([KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign]);
        let issuer = CertifiedIssuer::self_signed(params, new_key()).expect("sign the test authority");
        Self(Arc::new(issuer))
    }

    /// The authority's certificate as PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Writes [`Self::pem`] to `path`.
    pub fn write_pem(&self, path: &Path) {
        std::fs::write(path, self.pem()).expect("write the authority's certificate");
    }

    /// TLS settings of a server that shows `which`: TLS 1.2 and 1.3, HTTP/1.1 only.
    pub fn server_config(&self, which: ServerCertificate) -> Arc<ServerConfig> {
        self.config(which, Arc::new(NoClientAuth))
    }

    /// The same with a good certificate, for a server that lets nobody in without a client certificate of this authority.
    pub fn config_for_its_clients(&self) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("the authority's certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        self.config(ServerCertificate::Good, clients.expect("the authority's certificate"))
    }

    fn config(&self, which: ServerCertificate, clients: Arc<dyn ClientCertVerifier>) -> Arc<ServerConfig> {
        let key = new_key();
        let leaf = self.leaf(which, &key);
        let key = if which == ServerCertificate::Authority { self.0.key() } else { &key };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows the default TLS versions")
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![leaf], key)
            .expect("the leaf matches its key");
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }

    fn leaf(&self, which: ServerCertificate, key: &KeyPair) -> CertificateDer<'static> {
        let params = leaf_params(which);
        let leaf = match which {
            ServerCertificate::Good
            | ServerCertificate::WrongHost
            | ServerCertificate::Expired
            | ServerCertificate::NotYetValid => params.signed_by(key, &self.0),
            ServerCertificate::SelfSigned => params.self_signed(key),
            ServerCertificate::Authority => return self.0.der().clone(),
            ServerCertificate::OtherAuthority => params.signed_by(key, &Self::new().0),
        };
        leaf.expect("sign the server's certificate").der().clone()
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

fn leaf_params(which: ServerCertificate) -> CertificateParams {
    let names: &[&str] = match which {
        ServerCertificate::WrongHost => &["console.example.com"],
        ServerCertificate::Good
        | ServerCertificate::Expired
        | ServerCertificate::NotYetValid
        | ServerCertificate::SelfSigned
        | ServerCertificate::OtherAuthority
        | ServerCertificate::Authority => &["localhost", "127.0.0.1", "console.localhost"],
    };
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).expect("the names are valid");
    params.distinguished_name.push(DnType::CommonName, "cp-token test server");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    set_dates(&mut params, which);
    params
}

/// Apple's verifier refuses a leaf that is valid for more than 825 days, so the good ones live for 200.
fn set_dates(params: &mut CertificateParams, which: ServerCertificate) {
    let now = date_time_ymd(1970, 1, 1) + since_epoch();
    let (from, until) = match which {
        ServerCertificate::Expired => (now - 100 * DAY, now - DAY),
        ServerCertificate::NotYetValid => (now + DAY, now + 100 * DAY),
        ServerCertificate::Good
        | ServerCertificate::WrongHost
        | ServerCertificate::SelfSigned
        | ServerCertificate::OtherAuthority
        | ServerCertificate::Authority => (now - 100 * DAY, now + 100 * DAY),
    };
    params.not_before = from;
    params.not_after = until;
}

#[allow(clippy::disallowed_methods, reason = "certificates carry dates of the real calendar")]
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970")
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("make a throw-away key")
}
