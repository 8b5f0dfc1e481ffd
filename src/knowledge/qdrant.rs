//! The index on a Qdrant server: only this file and those below it name `qdrant_client`. Every version of the index is a
//! collection of its own (`draft` writes it, `version` searches it, `state` keeps what is known of it), and an alias leads
//! to the one that is searched (`shared`). Any number of processes share it: each follows the alias, and of two that write at the
//! same time one is told that it was overtaken.
//!
//! ```text
//! balcao                      alias: the version that is searched
//! balcao-0190…               collection: a version, written once, removed when the next one has replaced it
//! balcao-0190….live          alias of the live version; who replaces it takes it away, which one process only can do
//! ```

mod bridge;
mod draft;
mod failure;
mod points;
mod server;
mod shared;
mod state;
mod version;

use crate::domain::clock::Clock;
use crate::knowledge::index::{
    Embedding, EntryId, Hit, Index, IndexError, Manifest, Search, Unembedded, Update,
};
use crate::knowledge::lexicon::Lexicon;
use bridge::Bridge;
use draft::Draft;
use failure::Failure;
use server::{Address, Server};
use shared::{Live, Shared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use version::{Question, Version, Wanted};

/// Where the index is.
pub struct QdrantPlace<'a> {
    /// Scheme, host and gRPC port.
    pub url: &'a str,
    /// The server's key; empty if it asks for none.
    pub api_key: &'a str,
    /// What the index is called there.
    pub collection: &'a str,
    /// Longest wait for the answer to a search.
    pub timeout: Duration,
    /// Ids and randomness.
    pub clock: Arc<dyn Clock>,
}

/// The index on a Qdrant server.
pub struct QdrantIndex {
    shared: Arc<Shared>,
    bridge: Bridge,
    writing: Mutex<()>,
}

impl QdrantIndex {
    /// The index of this place, an empty one if there is none. A server that does not answer is waited for in the
    /// background: until then nothing is found, and searches say why.
    ///
    /// # Errors
    /// [`IndexError::Fault`] if the server refuses, or keeps something else under that name.
    pub fn open(place: &QdrantPlace<'_>) -> Result<Self, IndexError> {
        let bridge = Bridge::new()?;
        let address = Address {
            url: place.url,
            key: place.api_key,
            patience: place.timeout,
            clock: Arc::clone(&place.clock),
        };
        let server = bridge.inside(|| Server::new(&address))?;
        let shared = Arc::new(Shared::new(server, place.collection, &place.clock));
        let index = Self { shared, bridge, writing: Mutex::new(()) };
        let shared = Arc::clone(&index.shared);
        let looked = index.bridge.wait(async move { shared.refresh().await })?;
        match looked.map_err(IndexError::from) {
            Ok(_) | Err(IndexError::Away(_)) => {}
            Err(error @ (IndexError::Fault(_) | IndexError::Overtaken | IndexError::InUse(_))) => {
                return Err(error);
            }
        }
        let shared = Arc::clone(&index.shared);
        index.bridge.begin(async move { shared.follow().await });
        Ok(index)
    }

    /// Has the server keep a copy of what is searched now, and gives the copy's name and that of its collection. The copy
    /// stays until it is removed by hand.
    ///
    /// # Errors
    /// [`IndexError::Away`], or [`IndexError::Fault`] if there is nothing or the server refuses.
    pub fn snapshot(&self) -> Result<(String, String), IndexError> {
        let shared = Arc::clone(&self.shared);
        let copied = self.bridge.wait(async move {
            let version = shared.refresh().await?;
            let Some(collection) = version.collection.clone() else {
                return Err(Failure::Refused("there is nothing on the Qdrant server yet".into()));
            };
            Ok((shared.server.snapshot(&collection).await?, collection))
        })?;
        Ok(copied?)
    }

    fn live(&self) -> Arc<Version> {
        self.shared.live().version
    }
}

impl Index for QdrantIndex {
    fn manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.live().manifest)
    }

    fn lexicon(&self) -> Arc<Lexicon> {
        Arc::clone(&self.live().lexicon)
    }

    fn embedding(&self) -> Option<Embedding> {
        self.live().profile.embedding.clone()
    }

    fn search(&self, search: Search<'_>) -> Result<Vec<Hit>, IndexError> {
        let (shared, question) = (Arc::clone(&self.shared), Question::from(search));
        let found = self.bridge.wait(async move { shared.search(&question).await })?;
        Ok(found?)
    }

    fn unembedded(
        &self,
        embedding: &Embedding,
        after: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Unembedded>, IndexError> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let wanted = Wanted { embedding: embedding.clone(), after, limit };
        let shared = Arc::clone(&self.shared);
        let found = self.bridge.wait(async move {
            let version = shared.refresh().await?;
            match version.unembedded(&shared.server, &wanted).await {
                Err(Failure::Missing(_)) => shared.refresh().await?.unembedded(&shared.server, &wanted).await,
                found => found,
            }
        })?;
        Ok(found?)
    }

    fn add_vectors(
        &self,
        embedding: &Embedding,
        vectors: &HashMap<EntryId, Vec<f32>>,
    ) -> Result<(), IndexError> {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = Arc::clone(&self.shared);
        let base = self.bridge.wait(async move { shared.refresh().await })??;
        let mut draft = Draft::begin(self, writing, base, Some(embedding.clone()))?;
        draft.carry_over(|_| true, vectors)?;
        draft.publish()
    }

    fn begin(&self, seen: &Manifest) -> Result<Box<dyn Update + '_>, IndexError> {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = Arc::clone(&self.shared);
        let base = self.bridge.wait(async move { shared.refresh().await })??;
        if *base.manifest != *seen {
            return Err(IndexError::Overtaken);
        }
        let embedding = base.profile.embedding.clone();
        Ok(Box::new(Draft::begin(self, writing, base, embedding)?))
    }

    fn check(&self) -> Result<(), IndexError> {
        let shared = Arc::clone(&self.shared);
        self.bridge.wait(async move {
            shared.server.behind(&shared.name).await?;
            let Live { away, .. } = shared.live();
            // It is back, but what it holds is yet to be read.
            away.map_or(Ok(()), |failure| {
                shared.look.notify_one();
                Err(failure)
            })
        })??;
        Ok(())
    }

    fn moved(&self) -> Option<Arc<Notify>> {
        Some(Arc::clone(&self.shared.moved))
    }
}
