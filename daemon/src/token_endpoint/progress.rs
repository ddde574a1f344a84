//! Owns the progress of an exchange, as its observer sees it: the proxy has accepted its password, and whether to send the
//! request once the connection is open.

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

/// Observes one exchange. The methods must not block.
pub trait Progress: Send + Sync {
    /// TLS with the server begins, so the proxy, if any, has opened its tunnel.
    fn proxy_passed(&self) {}

    /// The connection is open. If false, it is closed, and nothing is sent.
    fn may_send(&self) -> bool {
        true
    }
}

/// Sends in any case.
#[derive(Debug, Clone, Copy)]
pub struct Unconditional;

impl Progress for Unconditional {}

/// The observer of an exchange, as rustls and reqwest call it.
#[derive(Clone)]
pub(super) struct Watcher(pub(super) Arc<dyn Progress>);

impl fmt::Debug for Watcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Watcher")
    }
}

impl Watcher {
    /// Stores no session; the lookup of one shows that TLS begins.
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

/// The request was cancelled when its connection was open.
#[derive(Debug, thiserror::Error)]
#[error("the request is not to be sent")]
struct Cancelled;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

impl<S> Layer<S> for Watcher {
    type Service = WatchedConnector<S>;

    fn layer(&self, connector: S) -> WatchedConnector<S> {
        WatchedConnector { connector, watcher: self.clone() }
    }
}

/// Connects, and then asks whether to send.
#[derive(Clone)]
pub(super) struct WatchedConnector<S> {
    connector: S,
    watcher: Watcher,
}

impl<S, R> Service<R> for WatchedConnector<S>
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
            if watcher.0.may_send() { Ok(connection) } else { Err(Cancelled.into()) }
        })
    }
}
