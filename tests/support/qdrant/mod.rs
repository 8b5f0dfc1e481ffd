//! The smallest honest peer of a Qdrant client: a server on loopback that speaks Qdrant's own protocol and keeps what it
//! is given in the engine that is also in Qdrant (`qdrant-edge`). It refuses what Qdrant refuses, in its words, and says
//! so plainly where it is asked for something that it does not do.

mod collections;
mod convert;
mod points;

use ::qdrant_client::qdrant::collections_server::CollectionsServer;
use ::qdrant_client::qdrant::points_server::PointsServer;
use ::qdrant_client::qdrant::snapshots_server::SnapshotsServer;
use collections::Cellar;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Status};

/// A server. What it keeps stays when it is stopped, and is gone when it is dropped.
pub struct Peer {
    address: SocketAddr,
    key: Option<&'static str>,
    /// Proves that it is `localhost`, if it speaks TLS.
    identity: Option<Identity>,
    cellar: Arc<Cellar>,
    running: Option<Runtime>,
}

impl Peer {
    /// One that serves everybody.
    pub fn start() -> Self {
        Self::guarded(None)
    }

    /// One that serves who has the key.
    pub fn guarded(key: Option<&'static str>) -> Self {
        Self::begin(key, None)
    }

    /// One that serves everybody over TLS, and its certificate, which nobody else has signed.
    pub fn over_tls() -> (Self, String) {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = certified.cert.pem();
        let identity = Identity::from_pem(&certificate, certified.signing_key.serialize_pem());
        (Self::begin(None, Some(identity)), certificate)
    }

    fn begin(key: Option<&'static str>, identity: Option<Identity>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut peer = Self { address, key, identity, cellar: Arc::new(Cellar::new()), running: None };
        peer.serve(listener);
        peer
    }

    /// Its address as settings name it.
    pub fn url(&self) -> String {
        match self.identity {
            Some(_) => format!("https://localhost:{}", self.address.port()),
            None => format!("http://{}", self.address),
        }
    }

    /// Its collections, by name.
    pub fn collections(&self) -> Vec<String> {
        self.cellar.names()
    }

    /// Whether a collection holds these words anywhere on its disk or in memory: what its points are made of.
    pub fn holds(&self, words: &str) -> bool {
        self.cellar.holds(words)
    }

    /// How many passages were written so far, whoever wrote them.
    pub fn written(&self) -> usize {
        self.cellar.written()
    }

    /// Loses all it keeps.
    pub fn forget(&self) {
        self.cellar.clear();
    }

    /// Goes away in the middle of whatever it does.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.running.take() {
            runtime.shutdown_background();
        }
    }

    /// Comes back at the same address.
    pub fn come_back(&mut self) {
        // The system may need a moment to let the address go.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let listener = loop {
            match TcpListener::bind(self.address) {
                Ok(listener) => break listener,
                Err(error) => assert!(std::time::Instant::now() < deadline, "{error}"),
            }
        };
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (cellar, key) = (Arc::clone(&self.cellar), self.key);
        listener.set_nonblocking(true).unwrap();
        let incoming = {
            let _inside = runtime.enter();
            TcpIncoming::from(tokio::net::TcpListener::from_std(listener).unwrap())
        };
        let check = move |request: Request<()>| match (key, request.metadata().get("api-key")) {
            (None, _) => Ok(request),
            (Some(key), Some(given)) if given.as_bytes() == key.as_bytes() => Ok(request),
            (Some(_), Some(_)) => Err(Status::unauthenticated("Invalid API key or JWT")),
            (Some(_), None) => {
                Err(Status::unauthenticated("Must provide an API key or an Authorization bearer token"))
            }
        };
        let collections = InterceptedService::new(CollectionsServer::from_arc(Arc::clone(&cellar)), check);
        let snapshots = InterceptedService::new(SnapshotsServer::from_arc(Arc::clone(&cellar)), check);
        let points = PointsServer::from_arc(cellar).max_decoding_message_size(usize::MAX);
        let points = InterceptedService::new(points, check);
        let mut server = Server::builder();
        if let Some(identity) = &self.identity {
            // Libraries bring several providers of cryptography, and the server asks for the process's own. There may be one.
            rustls::crypto::ring::default_provider().install_default().ok();
            server = server.tls_config(ServerTlsConfig::new().identity(identity.clone())).unwrap();
        }
        let server = server.add_service(collections).add_service(points).add_service(snapshots);
        runtime.spawn(async move { server.serve_with_incoming(incoming).await.unwrap() });
        self.running = Some(runtime);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop();
    }
}
