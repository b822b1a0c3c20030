//! Listening, in the clear or with TLS, until told to stop; what is under way is finished first.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::ServiceExt;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::http::Extensions;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::Service;

/// How long a client may take to shake hands.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How many connections may wait, hands shaken, to be served.
const WAITING: usize = 64;

/// Serves `service` on `listener` until `stop` ends, and then until every request under way is answered.
///
/// # Errors
/// The listener failed.
pub async fn serve<S>(
    listener: TcpListener,
    tls: Option<ServerConfig>,
    service: S,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    let service = service.into_make_service_with_connect_info::<Peer>();
    match tls {
        None => axum::serve(listener, service).with_graceful_shutdown(stop).await,
        Some(config) => {
            let listener = TlsListener::new(listener, config)?;
            axum::serve(listener, service).with_graceful_shutdown(stop).await
        }
    }
}

/// The address at the other end, whatever the connection is made of.
#[derive(Debug, Clone, Copy)]
struct Peer(SocketAddr);

/// The address at the other end of a request's connection, if it came by one.
pub(crate) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<ConnectInfo<Peer>>().map(|ConnectInfo(Peer(address))| *address)
}

/// Says that a request came from an address, where no connection does: in tests.
pub fn set_peer(extensions: &mut Extensions, address: SocketAddr) {
    extensions.insert(ConnectInfo(Peer(address)));
}

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Peer {
        Peer(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Peer {
        Peer(*stream.remote_addr())
    }
}

/// Connections after their handshake. Hands are shaken side by side: a slow client holds up nobody.
struct TlsListener {
    local: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    fn new(mut listener: TcpListener, config: ServerConfig) -> io::Result<TlsListener> {
        let local = listener.local_addr()?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (sender, ready) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            loop {
                // Ends with the server, which drops the receiver.
                let (stream, peer) = tokio::select! {
                    accepted = Listener::accept(&mut listener) => accepted,
                    () = sender.closed() => return,
                };
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    // A client that does not trust us, or speaks no TLS, is its own to mend.
                    if let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await {
                        let _ = sender.send((stream, peer)).await;
                    }
                });
            }
        });
        Ok(TlsListener { local, ready })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }
}
