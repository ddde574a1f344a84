//! Owns the request to a token endpoint and the token that it issues.

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

/// The longest lifetime that is accepted.
pub const MAX_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Everything that one token request needs. The request consumes it, so that the secret does not outlive it.
pub struct TokenRequest {
    /// The server.
    pub url: RequestUrl,
    /// The client or user.
    pub identity: Identity,
    /// The secret or password.
    pub secret: Secret,
    /// The one-time code, if one is needed.
    pub code: Option<Secret>,
    /// The proxy and CA settings; the CA bundle is read again for each request.
    pub network: Network,
    /// The password of the proxy's user.
    pub proxy_password: Option<Secret>,
    /// Is notified of the progress.
    pub progress: Arc<dyn Progress>,
}

/// A token that a server issued.
#[derive(Debug)]
pub struct IssuedToken {
    /// The token.
    pub token: AccessToken,
    /// Its lifetime from its issue on: 0 to [`MAX_LIFE`]; the documented lifetime if the server does not send one.
    pub life: Duration,
}

/// A token endpoint: it issues an access token for a secret.
pub trait TokenEndpoint: Send + Sync {
    /// Sends exactly one token request, without a retry.
    ///
    /// `now` is the wall clock as time since 1970, used only for a `Retry-After` that is a date.
    ///
    /// # Errors
    /// [`TokenRequestError`], by cause.
    fn request_token<'a>(
        &'a self,
        request: TokenRequest,
        now: Duration,
    ) -> Pin<Box<dyn Future<Output = Result<IssuedToken, TokenRequestError>> + Send + 'a>>;
}
