//! Where the contract of an index is kept: in a folder, on a peer, on a real Qdrant server.

use crate::support::qdrant::Peer;
use balcao::domain::clock::SystemClock;
use balcao::knowledge::edge::EdgeIndex;
use balcao::knowledge::index::{Index, IndexError};
use balcao::knowledge::qdrant::{QdrantIndex, QdrantPlace};
use qdrant_client::Qdrant;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

/// A place of an index of its own, which goes with it.
pub trait Place {
    /// Opens the index. A second opening while the first is open fails where an index has one owner.
    fn open(&self) -> Result<Box<dyn Index>, IndexError>;
}

/// All there are.
pub fn places() -> Vec<Box<dyn Place>> {
    let mut places: Vec<Box<dyn Place>> =
        vec![Box::new(tempfile::tempdir().unwrap()), Box::new(OnPeer::new(Peer::start()))];
    if let Some(url) = std::env::var_os("BALCAO_TEST_QDRANT_URL") {
        places.push(Box::new(OnServer::new(url.into_string().unwrap())));
    }
    places
}

impl Place for TempDir {
    fn open(&self) -> Result<Box<dyn Index>, IndexError> {
        Ok(Box::new(EdgeIndex::open(self.path())?))
    }
}

/// On a peer that nobody else has.
pub struct OnPeer {
    pub peer: Peer,
    pub key: &'static str,
}

impl OnPeer {
    pub fn new(peer: Peer) -> Self {
        Self { peer, key: "" }
    }

    pub fn index(&self) -> Result<QdrantIndex, IndexError> {
        open(&self.peer.url(), self.key, "balcao")
    }
}

impl Place for OnPeer {
    fn open(&self) -> Result<Box<dyn Index>, IndexError> {
        Ok(Box::new(self.index()?))
    }
}

fn open(url: &str, api_key: &str, collection: &str) -> Result<QdrantIndex, IndexError> {
    let timeout = Duration::from_secs(30);
    QdrantIndex::open(&QdrantPlace { url, api_key, collection, timeout, clock: Arc::new(SystemClock) })
}

/// On a real server, under a name that nobody else has.
struct OnServer {
    url: String,
    key: String,
    name: String,
}

impl OnServer {
    fn new(url: String) -> Self {
        let key = std::env::var("BALCAO_TEST_QDRANT_KEY").unwrap_or_default();
        Self { url, key, name: format!("balcao-test-{}", Uuid::now_v7().simple()) }
    }
}

impl Place for OnServer {
    fn open(&self) -> Result<Box<dyn Index>, IndexError> {
        Ok(Box::new(open(&self.url, &self.key, &self.name)?))
    }
}

impl Drop for OnServer {
    fn drop(&mut self) {
        let mut config = Qdrant::from_url(&self.url).skip_compatibility_check();
        if !self.key.is_empty() {
            config = config.api_key(self.key.as_str());
        }
        let client = config.build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listed = client.list_collections().await.unwrap().collections;
            for collection in listed.iter().filter(|it| it.name.starts_with(&self.name)) {
                client.delete_collection(&collection.name).await.unwrap();
            }
        });
    }
}
