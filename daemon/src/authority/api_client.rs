//! Owns the token request of an API client, as the vendor's article has it: HTTP Basic with client ID and
//! secret, the grant type in the query, no body. It must not know how HTTP is spoken.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_protocol::Secret;
use cp_token_protocol::message::Identity;
use zeroize::Zeroizing;

use super::http::{self, TokenPost};
use super::{Issued, TokenEndpoint, TokenOrder, TokenRequestError, response};

const RESOURCE: &str = "/api/v3/oauth/token?grant_type=client_credentials";

/// The token resource for API clients. It keeps nothing: neither a connection nor a secret.
#[derive(Debug, Default)]
pub struct ApiClientEndpoint;

impl TokenEndpoint for ApiClientEndpoint {
    fn request_token<'a>(
        &'a self,
        order: TokenOrder,
        now: Duration,
    ) -> Pin<Box<dyn Future<Output = Result<Issued, TokenRequestError>> + Send + 'a>> {
        Box::pin(request_token(order, now))
    }
}

async fn request_token(order: TokenOrder, now: Duration) -> Result<Issued, TokenRequestError> {
    let Identity::ApiClient(client_id) = &order.identity;
    let authorization = basic(client_id, &order.secret)?;
    let post = TokenPost {
        url: order.url.clone(),
        resource: RESOURCE,
        authorization: authorization.clone(),
        ca_bundle: order.ca_bundle,
    };
    let mut answer = http::exchange(post).await?;
    // A server that prints requests into its error pages must not bring the secret into ours.
    let [secret, encoded] = [order.secret.expose(), &authorization[BASIC.len()..]];
    answer.is_quotable = !repeats(&answer.body, secret) && !repeats(&answer.body, encoded);
    response::read(&answer, &order.url, now)
}

const BASIC: &[u8] = b"Basic ";

/// The value of the `Authorization` header (RFC 7617), both parts as they are, not form-encoded.
fn basic(client_id: &str, secret: &Secret) -> Result<Zeroizing<Vec<u8>>, TokenRequestError> {
    if client_id.bytes().any(|byte| byte == b':' || byte.is_ascii_control()) {
        return Err(TokenRequestError::BadClientId);
    }
    let plain = Zeroizing::new([client_id.as_bytes(), b":", secret.expose()].concat());
    let encoded = Zeroizing::new(STANDARD.encode(&plain[..]));
    Ok(Zeroizing::new([BASIC, encoded.as_bytes()].concat()))
}

fn repeats(body: &[u8], secret: &[u8]) -> bool {
    !secret.is_empty() && body.windows(secret.len()).any(|window| window == secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authorization_is_that_of_the_vendors_article() {
        let value = basic("key-42", &Secret::copy_of(b"s3cr3t:/+")).unwrap();
        assert_eq!(&value[..], b"Basic a2V5LTQyOnMzY3IzdDovKw==");
    }

    #[test]
    fn a_client_id_that_would_shift_the_secret_is_refused() {
        for client_id in ["key:42", "key\r\nX: y", "key\0"] {
            let refusal = basic(client_id, &Secret::copy_of(b"s")).unwrap_err();
            assert_eq!(refusal, TokenRequestError::BadClientId, "{client_id:?}");
        }
    }
}
