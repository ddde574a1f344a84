//! Owns the token request of a user, as the vendor's article has it: HTTP Basic with user name and password, a
//! one-time code in a header of its own. It must not know how HTTP is spoken.

use std::time::Duration;

use super::crashplan::{Resource, ask};
use super::http::Method;
use super::{Issued, TokenOrder, TokenRequestError, response};

/// Without `useBody` the token comes in a cookie alone.
const RESOURCE: Resource = Resource { method: Method::Get, path: "/api/v3/auth/jwt?useBody=true" };

/// One token for the user.
pub(super) async fn request_token(
    order: TokenOrder,
    username: &str,
    now: Duration,
) -> Result<Issued, TokenRequestError> {
    let url = order.url.clone();
    let answer = ask(RESOURCE, order, username).await?;
    response::read(&answer, response::Shape::User, &url, now)
}
