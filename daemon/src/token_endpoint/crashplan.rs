//! Owns the vendor's two token resources as its articles have them, and which of them an order goes to: HTTP Basic
//! with name and secret, no body. It must not know how HTTP is spoken, and keeps nothing between two orders.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use cp_token_protocol::message::Identity;

use super::basic;
use super::error::TokenRequestError;
use super::http::{self, Exchange, Method};
use super::request::{IssuedToken, TokenEndpoint, TokenRequest};
use super::response::{self, AnswerShape};

/// One token resource: how it is asked and what it answers.
struct Resource {
    method: Method,
    path: &'static str,
    shape: AnswerShape,
}

/// The grant type stands in the query.
const API_CLIENT: Resource = Resource {
    method: Method::Post,
    path: "/api/v3/oauth/token?grant_type=client_credentials",
    shape: AnswerShape::ApiClient,
};

/// Without `useBody` the token comes in a cookie alone. A one-time code goes into a header of its own.
const USER: Resource =
    Resource { method: Method::Get, path: "/api/v3/auth/jwt?useBody=true", shape: AnswerShape::User };

/// The token resources of a CrashPlan server.
#[derive(Debug, Default)]
pub struct CrashPlanEndpoint;

impl TokenEndpoint for CrashPlanEndpoint {
    fn request_token<'a>(
        &'a self,
        order: TokenRequest,
        now: Duration,
    ) -> Pin<Box<dyn Future<Output = Result<IssuedToken, TokenRequestError>> + Send + 'a>> {
        Box::pin(async move {
            match order.identity.clone() {
                Identity::ApiClient(id) => ask(API_CLIENT, order, &id, now).await,
                Identity::User(name) | Identity::Basic(name) => ask(USER, order, &name, now).await,
            }
        })
    }
}

/// One token of the resource for `name`.
async fn ask(
    resource: Resource,
    order: TokenRequest,
    name: &str,
    now: Duration,
) -> Result<IssuedToken, TokenRequestError> {
    let authorization = basic::authorization(name, &order.secret)?;
    let exchange = Exchange {
        method: resource.method,
        url: order.url.clone(),
        resource: resource.path,
        authorization: Some(authorization),
        code: order.code,
        network: order.network,
        proxy_password: order.proxy_password,
        progress: order.progress,
    };
    let answer = http::exchange(exchange).await?;
    response::read(&answer, resource.shape, &order.url, now)
}
