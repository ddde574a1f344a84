//! Owns which of the vendor's two token resources an order goes to. It keeps nothing: neither a connection nor
//! a secret.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use cp_token_protocol::message::Identity;

use super::http::{self, Exchange};
use super::response::Answer;
use super::{Issued, TokenEndpoint, TokenOrder, TokenRequestError, api_client, basic, user_login};

/// The token resources of a CrashPlan server.
#[derive(Debug, Default)]
pub struct CrashPlanEndpoint;

impl TokenEndpoint for CrashPlanEndpoint {
    fn request_token<'a>(
        &'a self,
        order: TokenOrder,
        now: Duration,
    ) -> Pin<Box<dyn Future<Output = Result<Issued, TokenRequestError>> + Send + 'a>> {
        Box::pin(async move {
            match order.identity.clone() {
                Identity::ApiClient(id) => api_client::request_token(order, &id, now).await,
                Identity::User(name) | Identity::Basic(name) => {
                    user_login::request_token(order, &name, now).await
                }
            }
        })
    }
}

/// What differs between the two resources.
pub(super) struct Resource {
    /// `POST` or `GET`.
    pub(super) method: http::Method,
    /// Path and query.
    pub(super) path: &'static str,
}

/// Asks the resource as `name`, and gives the answer, which may be quoted only where it repeats no secret.
pub(super) async fn ask(
    resource: Resource,
    order: TokenOrder,
    name: &str,
) -> Result<Answer, TokenRequestError> {
    let authorization = basic::authorization(name, &order.secret)?;
    let exchange = Exchange {
        method: resource.method,
        url: order.url,
        resource: resource.path,
        authorization: authorization.clone(),
        code: order.code,
        network: order.network,
        proxy_password: order.proxy_password,
    };
    let mut answer = http::exchange(exchange).await?;
    // A server that prints requests into its error pages must not bring the secret into ours.
    let [secret, encoded] = [order.secret.expose(), &authorization[basic::BASIC.len()..]];
    answer.is_quotable = !repeats(&answer.body, secret) && !repeats(&answer.body, encoded);
    Ok(answer)
}

fn repeats(body: &[u8], secret: &[u8]) -> bool {
    !secret.is_empty() && body.windows(secret.len()).any(|window| window == secret)
}
