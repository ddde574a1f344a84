//! Owns how far an exchange has come, as whoever ordered it is shown: when a proxy has taken the password that it was given,
//! and whether the request is still to be sent once its connection stands.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::NamedGroup;
use rustls::client::Tls13ClientSessionValue;
use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls12Resumption};
use rustls::pki_types::ServerName;
use tower_layer::Layer;
use tower_service::Service;

/// Watches one exchange. Neither may take its time.
pub trait Progress: Send + Sync {
    /// TLS with the server begins, so that a proxy on the way, if there is one, has opened its tunnel.
    fn proxy_passed(&self);

    /// The connection stands. Where the outcome is false, it is closed, and nothing is sent.
    fn may_send(&self) -> bool;
}

/// What is sent in any case.
#[derive(Debug, Clone, Copy)]
pub struct Unconditional;

impl Progress for Unconditional {
    fn proxy_passed(&self) {}

    fn may_send(&self) -> bool {
        true
    }
}

/// Who watches an exchange.
#[derive(Clone)]
pub(super) struct Watcher(pub(super) Arc<dyn Progress>);

impl fmt::Debug for Watcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Watcher")
    }
}

impl Watcher {
    /// No session is kept; that one is looked for shows that TLS begins.
    pub(super) fn resumption(self) -> Resumption {
        Resumption::store(Arc::new(self)).tls12_resumption(Tls12Resumption::Disabled)
    }
}

impl ClientSessionStore for Watcher {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.0.proxy_passed();
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {}

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}

/// A connection was not wanted any more when it stood.
#[derive(Debug, thiserror::Error)]
#[error("the request is not to be sent")]
struct Unwanted;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

impl<S> Layer<S> for Watcher {
    type Service = Watched<S>;

    fn layer(&self, connector: S) -> Watched<S> {
        Watched { connector, watcher: self.clone() }
    }
}

/// Connects, and asks whether the connection is still wanted.
#[derive(Clone)]
pub(super) struct Watched<S> {
    connector: S,
    watcher: Watcher,
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R, Error = AnyError>,
    S::Response: 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = AnyError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, AnyError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), AnyError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, to: R) -> Self::Future {
        let (connecting, watcher) = (self.connector.call(to), self.watcher.clone());
        Box::pin(async move {
            let connection = connecting.await?;
            if watcher.0.may_send() { Ok(connection) } else { Err(Unwanted.into()) }
        })
    }
}
