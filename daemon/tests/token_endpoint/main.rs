//! Promises of a token request, kept against servers that answer byte by byte what a test dictates.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod answers;
mod environment;
mod floods;
mod hostile;
mod own_certificate;
mod server;
mod tls;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::Secret;
use cp_token_protocol::message::Identity;
use cp_tokend::profile::Network;
use cp_tokend::profile::request_url::RequestUrl;
use cp_tokend::token_endpoint::{
    CrashPlanEndpoint, IssuedToken, TokenEndpoint, TokenRequest, TokenRequestError, Unconditional,
};

const CLIENT_ID: &str = "key-42";
const SECRET: &str = "S3cr3t/of+the:client";
const GOOD_BODY: &str = r#"{"access_token":"eyJjdHkiO.x_y-z","token_type":"bearer","expires_in":900}"#;

/// One token request to the origin at `url`, with the client's secret.
async fn ask(url: &str, ca_bundle: Option<PathBuf>) -> Result<IssuedToken, TokenRequestError> {
    let order = TokenRequest {
        url: RequestUrl::parse(url, true).unwrap(),
        identity: Identity::ApiClient(CLIENT_ID.to_owned()),
        secret: Secret::copy_of(SECRET.as_bytes()),
        code: None,
        network: Network { ca_bundle, ..Network::default() },
        proxy_password: None,
        progress: Arc::new(Unconditional),
    };
    CrashPlanEndpoint.request_token(order, Duration::from_secs(1_800_000_000)).await
}

/// An answer of HTTP with a length, as ordinary servers send it.
fn response(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
