//! What the environment asks for, which belongs to whoever started the daemon, is not done.

use std::path::PathBuf;
use std::process::Command;

use cp_tokend::token_endpoint::{CertificateFlaw, TokenRequestError};

use crate::server::{Decoy, answering};
use crate::tls::{Authority, TlsServer};
use crate::{GOOD_BODY, ask, response};

/// Names the origin, and with it tells this program that it is the process with the changed environment.
const ORIGIN: &str = "CP_TOKEN_TESTS_ORIGIN";
const BUNDLE: &str = "CP_TOKEN_TESTS_BUNDLE";
const PROXIES: [&str; 7] =
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "FTP_PROXY"];

/// This program again, with nothing but the one test.
fn this_test(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture"]);
    command
}

/// Requires that the one test was there and passed.
fn require_pass(child: &mut Command) {
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn origin() -> Option<String> {
    std::env::var(ORIGIN).ok()
}

#[tokio::test]
async fn g03_proxies_of_the_environment_are_ignored() {
    if let Some(origin) = origin() {
        assert!(ask(&origin, None).await.is_ok());
        return;
    }
    let decoy = Decoy::new();
    let proxies = PROXIES.map(|name| (name, format!("http://{}", decoy.authority())));
    let server = answering(response("200 OK", "", GOOD_BODY));
    let mut child = this_test("environment::g03_proxies_of_the_environment_are_ignored");
    require_pass(child.envs(proxies).env(ORIGIN, &server.url));
    server.finish().await;
    assert!(!decoy.was_visited());
}

/// The attack is real: an ordinary client obeys the same proxies.
#[test]
fn g03_control_an_ordinary_client_would_obey_the_same_proxies() {
    let decoy = Decoy::new();
    let proxies = PROXIES.map(|name| (name, format!("http://{}", decoy.authority())));
    let mut curl = Command::new("curl");
    let started = curl.args(["-q", "-s", "http://192.0.2.1:9"]).envs(proxies).spawn();
    // Where there is no curl, there is nobody to show it.
    let Ok(mut child) = started else { return };
    while !decoy.was_visited() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn g04_roots_of_the_environment_are_ignored() {
    if let Some(origin) = origin() {
        let refusal = ask(&origin, None).await.unwrap_err();
        let expected =
            [CertificateFlaw::UnknownIssuer, CertificateFlaw::NoRoots].map(TokenRequestError::Untrusted);
        assert!(expected.contains(&refusal), "{refusal:?}");
        return;
    }
    let authority = Authority::new("environment");
    let server = TlsServer::start(&authority);
    let mut child = this_test("environment::g04_roots_of_the_environment_are_ignored");
    child.env("SSL_CERT_FILE", &authority.bundle).env("SSL_CERT_DIR", authority.bundle.parent().unwrap());
    require_pass(child.env(ORIGIN, &server.url));
    // The control: the very same bundle opens the door where the profile names it.
    let server = TlsServer::start(&authority);
    assert!(ask(&server.url, Some(authority.bundle.clone())).await.is_ok());
}

#[tokio::test]
async fn e20_no_key_log_is_written() {
    if let Some(origin) = origin() {
        let bundle = std::env::var_os(BUNDLE).map(PathBuf::from);
        assert!(ask(&origin, bundle).await.is_ok());
        return;
    }
    let authority = Authority::new("key-log");
    let server = TlsServer::start(&authority);
    let log = authority.bundle.with_extension("keys");
    let mut child = this_test("environment::e20_no_key_log_is_written");
    child.env("SSLKEYLOGFILE", &log).env(BUNDLE, &authority.bundle);
    require_pass(child.env(ORIGIN, &server.url));
    server.finish().await;
    assert!(!log.exists());
}
