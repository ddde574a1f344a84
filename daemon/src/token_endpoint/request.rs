//! Owns what is asked of a token endpoint and what it issues.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::message::Identity;
use cp_token_protocol::{AccessToken, Secret};

use super::error::TokenRequestError;
use super::progress::Progress;
use crate::profile::Network;
use crate::profile::request_url::RequestUrl;

/// The longest life that is believed, whatever the server says.
pub const MAX_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Everything that one token request needs. It is consumed by it, so that the secret does not outlive it.
pub struct TokenRequest {
    /// Where to ask.
    pub url: RequestUrl,
    /// Who asks.
    pub identity: Identity,
    /// What proves it.
    pub secret: Secret,
    /// The one-time code that goes with it.
    pub code: Option<Secret>,
    /// The way to the server; its files are read anew for each request.
    pub network: Network,
    /// The password of the proxy's user.
    pub proxy_password: Option<Secret>,
    /// Who watches how far it comes.
    pub progress: Arc<dyn Progress>,
}

/// What a server issued.
#[derive(Debug)]
pub struct IssuedToken {
    /// The token.
    pub token: AccessToken,
    /// How long it lives from the moment the server made it: 0 to [`MAX_LIFE`]; the documented life where
    /// the server does not say.
    pub life: Duration,
}

/// Something that trades a secret for an access token.
pub trait TokenEndpoint: Send + Sync {
    /// Makes exactly one token request, and never a second one on its own.
    ///
    /// `now` is the wall clock as time since 1970. It serves only to read a `Retry-After` that names a date.
    ///
    /// # Errors
    /// [`TokenRequestError`], worded by who is to blame.
    fn request_token<'a>(
        &'a self,
        order: TokenRequest,
        now: Duration,
    ) -> Pin<Box<dyn Future<Output = Result<IssuedToken, TokenRequestError>> + Send + 'a>>;
}
