//! Owns the thread, the listening socket and the TLS handshakes. It never looks into a request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::exchange;
use super::shared::Shared;

/// Enough for a thousand clients that connect at the same instant.
const BACKLOG: u32 = 4096;

/// The pause after a failed accept, which means that this process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// A running server. Dropping it ends the thread and every connection.
pub(super) struct Server {
    pub(super) port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on `port` of 127.0.0.1, or on a free one for 0, and returns once connections are accepted.
    pub(super) fn start(shared: Arc<Shared>, port: u16, tls: Option<Arc<ServerConfig>>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (ready, port_chosen) = sync_channel(1);
        let run = move || run(shared, port, tls.map(TlsAcceptor::from), &ready, stopped);
        let thread =
            std::thread::Builder::new().name("fake-crashplan".into()).spawn(run).expect("start a thread");
        let port = port_chosen.recv().expect("listen on a loopback port");
        Self { port, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread has been printed already and must not become an abort here.
            let _ = thread.join();
        }
    }
}

fn run(
    shared: Arc<Shared>,
    port: u16,
    tls: Option<TlsAcceptor>,
    ready: &SyncSender<u16>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("build a runtime");
    runtime.block_on(async {
        let listener = listen(port);
        let port = listener.local_addr().expect("a bound socket has an address").port();
        ready.send(port).expect("whoever starts the server waits for its port");
        tokio::select! {
            () = accept_all(&listener, &shared, tls.as_ref()) => {}
            // The sender is dropped, never used: both mean the end.
            _ = stopped => {}
        }
    });
}

fn listen(port: u16) -> TcpListener {
    let socket = TcpSocket::new_v4().expect("open a socket");
    if cfg!(unix) {
        socket.set_reuseaddr(true).expect("allow the port of a server that has just ended");
    }
    socket.bind(SocketAddr::from(([127, 0, 0, 1], port))).expect("bind a loopback port");
    socket.listen(BACKLOG).expect("listen")
}

async fn accept_all(listener: &TcpListener, shared: &Arc<Shared>, tls: Option<&TlsAcceptor>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                shared.with(|state| state.ledger.connections += 1);
                tokio::spawn(converse(Arc::clone(shared), stream, tls.cloned()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn converse(shared: Arc<Shared>, stream: TcpStream, tls: Option<TlsAcceptor>) {
    // Without it a trickle of single bytes arrives in lumps.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return exchange::serve(&shared, stream).await;
    };
    match tls.accept(stream).await {
        Ok(stream) => exchange::serve(&shared, stream).await,
        Err(_) => shared.with(|state| state.ledger.failed_handshakes += 1),
    }
}
