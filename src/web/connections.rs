//! The connections that callers open: HTTP/1.1, each with a limit on how long it may keep quiet and how much it may say
//! before there is a request, so that nobody holds the door by doing nothing. Knows no route.

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The most that is kept of a connection before it is read: a head has to fit.
const BUFFER_BYTES: usize = 64 * 1024;

/// How long nobody is let in when the system gives no more connections.
const FULL: Duration = Duration::from_secs(1);

/// Serves until `stop`, then lets requests under way come to an end. `quiet` is how long the head of a request may take to
/// arrive whole, and how long a connection may stay without one.
pub async fn serve(listener: TcpListener, router: Router, quiet: Duration, stop: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(quiet).max_buf_size(BUFFER_BYTES);
    let open = GracefulShutdown::new();
    while let Some((stream, peer)) = next(&listener, &stop).await {
        let watched = open.watch(connection(&http, stream, peer, &router));
        #[expect(clippy::disallowed_methods, reason = "waited for by `open`")]
        tokio::spawn(async move {
            // A caller that leaves in the middle is no fault of anybody's.
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    open.shutdown().await;
}

/// The next caller; none, when it is time to stop.
async fn next(listener: &TcpListener, stop: &CancellationToken) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(caller) => return Some(caller),
            // One caller's matter.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted; is the limit of open files too low?");
                tokio::select! {
                    () = stop.cancelled() => return None,
                    () = tokio::time::sleep(FULL) => {}
                }
            }
        }
    }
}

/// One connection, whose requests know where they come from.
fn connection(
    http: &http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    router: &Router,
) -> impl GracefulConnection<Error = hyper::Error, Output = hyper::Result<()>> + use<> {
    // Streams of short events must not wait for acknowledgements.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let service = router.clone().map_request(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
}
