//! Owns the vendor's two token resources, as its articles describe them, and the choice between them: HTTP Basic with
//! name and secret, no body. It must not know HTTP, and keeps nothing between two requests.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use cp_token_protocol::message::Identity;

use super::basic;
use super::error::TokenRequestError;
use super::http::{self, Exchange, Method};
use super::request::{IssuedToken, TokenEndpoint, TokenRequest};
use super::response::{self, AnswerShape};

/// Of an API client; the grant type is in the query.
const CLIENT_RESOURCE: &str = "/api/v3/oauth/token?grant_type=client_credentials";
/// Of a user. Without `useBody` the token is only in a cookie. A one-time code has a header of its own.
const USER_RESOURCE: &str = "/api/v3/auth/jwt?useBody=true";

/// The token resources of a CrashPlan server.
#[derive(Debug, Default)]
pub struct CrashPlanEndpoint;

impl TokenEndpoint for CrashPlanEndpoint {
    fn request_token<'a>(
        &'a self,
        request: TokenRequest,
        now: Duration,
    ) -> Pin<Box<dyn Future<Output = Result<IssuedToken, TokenRequestError>> + Send + 'a>> {
        Box::pin(request_token(request, now))
    }
}

async fn request_token(request: TokenRequest, now: Duration) -> Result<IssuedToken, TokenRequestError> {
    let (method, resource, shape) = match request.identity {
        Identity::ApiClient(_) => (Method::Post, CLIENT_RESOURCE, AnswerShape::ApiClient),
        Identity::User(_) | Identity::Basic(_) => (Method::Get, USER_RESOURCE, AnswerShape::User),
    };
    let (Identity::ApiClient(name) | Identity::User(name) | Identity::Basic(name)) = &request.identity;
    let exchange = Exchange {
        method,
        url: request.url.clone(),
        resource,
        authorization: Some(basic::authorization(name, &request.secret)?),
        code: request.code,
        network: request.network,
        proxy_password: request.proxy_password,
        progress: request.progress,
    };
    let answer = http::exchange(exchange).await?;
    response::read(&answer, shape, &request.url, now)
}
