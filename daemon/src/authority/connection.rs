//! Owns one connection for one exchange: TCP or a proxy's tunnel, TLS, HTTP/1.1, and how much may come in. With
//! `transport` it is the only place that names hyper. It must not read what an answer means.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::transport::NameLookupFailed;
use super::way::Way;
use super::{TokenRequestError, names, transport};
use bounded::Bounded;
pub(super) use bounded::Flooded;

mod bounded;

/// The longest time that a connection takes to stand, its TLS handshake included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest time that the end of a connection takes.
const GOODBYE: Duration = Duration::from_millis(200);

type AnyError = Box<dyn Error + Send + Sync>;

/// A byte stream below HTTP.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A request without a body.
pub(super) struct NoBody;

impl Body for NoBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}

/// A connection to the server at `origin`.
pub(super) struct Connection(Box<dyn Stream>);

impl Connection {
    /// Goes this way to the server, with TLS where there are settings for it.
    pub(super) async fn open(
        way: &Way,
        origin: &str,
        tls: Option<ClientConfig>,
    ) -> Result<Self, TokenRequestError> {
        let opening = tokio::time::timeout(CONNECT_TIMEOUT, open(way, origin, tls));
        match opening.await {
            Ok(Ok(stream)) => Ok(Self(stream)),
            Ok(Err(error)) => Err(way.blame(&*error, false).unwrap_or_else(|| transport::blame(&*error))),
            Err(late) => Err(way.blame(&late, true).unwrap_or(TokenRequestError::TimedOut)),
        }
    }

    /// Sends the one request and hands its answer to `read`. The connection ends with it.
    pub(super) async fn exchange<T>(
        self,
        request: Request<NoBody>,
        read: impl AsyncFnOnce(Response<Incoming>) -> Result<T, TokenRequestError>,
    ) -> Result<T, TokenRequestError> {
        let handshake = http1::handshake(TokioIo::new(self.0)).await;
        let (mut sender, connection) = handshake.map_err(|error| transport::blame(&error))?;
        let exchange = async {
            let response = sender.send_request(request).await;
            read(response.map_err(|error| transport::blame(&error))?).await
        };
        // What ends the connection is told to the exchange as well.
        let mut connection = pin!(connection);
        let mut is_over = false;
        let drive = poll_fn(|context| {
            is_over = is_over || connection.as_mut().poll(context).is_ready();
            Poll::<Infallible>::Pending
        });
        let outcome = tokio::select! {
            outcome = exchange => outcome,
            never = drive => match never {},
        };
        drop(sender);
        if !is_over {
            // It says goodbye, and waits for nobody.
            let _ = tokio::time::timeout(GOODBYE, connection).await;
        }
        outcome
    }
}

/// The next piece of a body; nothing at its end.
pub(super) async fn next_piece(body: &mut Incoming) -> Option<Result<Bytes, TokenRequestError>> {
    loop {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await? {
            Ok(frame) => match frame.into_data() {
                Ok(piece) => return Some(Ok(piece)),
                Err(_trailers) => {}
            },
            Err(error) => return Some(Err(transport::blame(&error))),
        }
    }
}

async fn open(way: &Way, origin: &str, tls: Option<ClientConfig>) -> Result<Box<dyn Stream>, AnyError> {
    let stream = Bounded::new(reach(way, origin.parse()?).await?);
    let Some(tls) = tls else { return Ok(Box::new(stream)) };
    let host = url::Url::parse(origin)?.host_str().unwrap_or_default().to_owned();
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
    Ok(Box::new(TlsConnector::from(Arc::new(tls)).connect(name, stream).await?))
}

async fn reach(way: &Way, server: Uri) -> Result<TcpStream, AnyError> {
    let mut direct = HttpConnector::new_with_resolver(SystemNames);
    direct.enforce_http(false);
    direct.set_nodelay(true);
    direct.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let stream = match way {
        Way::Direct => direct.call(server).await?,
        Way::Proxy { origin, authorization } => {
            let tunnel = Tunnel::new(origin.parse()?, direct);
            let mut tunnel = match authorization {
                Some(words) => tunnel.with_auth(super::http::sensitive(words)?),
                None => tunnel,
            };
            tunnel.call(server).await?
        }
    };
    Ok(stream.into_inner())
}

/// The lookup of [`names`], in the form that the connector asks for.
#[derive(Clone)]
struct SystemNames;

impl Service<Name> for SystemNames {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = NameLookupFailed;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NameLookupFailed>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NameLookupFailed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(async move { Ok(names::addresses(name.as_str()).await?.into_iter()) })
    }
}
