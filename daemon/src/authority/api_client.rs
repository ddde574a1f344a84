//! Owns the token request of an API client, as the vendor's article has it: HTTP Basic with client ID and
//! secret, the grant type in the query, no body. It must not know how HTTP is spoken.

use std::time::Duration;

use super::crashplan::{Resource, ask};
use super::http::Method;
use super::{Issued, TokenOrder, TokenRequestError, response};

const RESOURCE: Resource =
    Resource { method: Method::Post, path: "/api/v3/oauth/token?grant_type=client_credentials" };

/// One token for the API client.
pub(super) async fn request_token(
    order: TokenOrder,
    client_id: &str,
    now: Duration,
) -> Result<Issued, TokenRequestError> {
    let url = order.url.clone();
    let answer = ask(RESOURCE, order, client_id).await?;
    response::read(&answer, response::Shape::ApiClient, &url, now)
}
