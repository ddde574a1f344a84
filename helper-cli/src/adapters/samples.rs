//! Owns the token responses for the tests of the adapters. It tests nothing.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_protocol::message::{AuthScheme, TokenResponse};
use cp_token_protocol::{AccessToken, ProfileName};

/// A token with every kind of character that one may have.
pub(super) const TOKEN: &str = "eyJjdHkiO-._~+/09AZ==";

/// The token response of profile `prod`.
pub(super) fn bearer() -> TokenResponse {
    TokenResponse {
        access_token: Arc::new(AccessToken::copy_of(TOKEN.as_bytes()).unwrap()),
        expires_in_ms: 840_000,
        expires_at: 1_800_000_000,
        profile: ProfileName::parse("prod").unwrap(),
        url: "https://api.example".to_owned(),
        scheme: AuthScheme::Bearer,
    }
}

/// The token response of kind `basic` for `name:password`.
pub(super) fn basic(pair: &str) -> TokenResponse {
    let encoded = AccessToken::copy_of(STANDARD.encode(pair).as_bytes()).unwrap();
    TokenResponse { access_token: Arc::new(encoded), scheme: AuthScheme::Basic, ..bearer() }
}
