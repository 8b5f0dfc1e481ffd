//! The index on a Qdrant server: only this file and those below it name `qdrant_client`. Every version of the index is a
//! collection of its own (`draft` writes it, `version` searches it, `state` keeps what is known of it), and an alias leads
//! to the one that is searched (`shared`); a small change is a version of its own over the one before (`view`). Any number of processes share it: each follows the alias, and of two that write at the
//! same time one is told that it was overtaken.
//!
//! ```text
//! balcao                      alias: the version that is searched
//! balcao-0190…               collection: a version, written once, removed when nothing lies over it and it is not searched
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
mod view;

use crate::domain::clock::Clock;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::hidden;
use crate::knowledge::index::{
    Embedding, EntryId, Hit, Index, IndexError, Manifest, Search, Unembedded, Update,
};
use crate::knowledge::lexicon::Lexicon;
use bridge::Bridge;
use draft::{Change, Draft};
use failure::Failure;
use server::{Address, Server};
use shared::{Live, Shared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;
use version::{Question, Wanted};
use view::View;

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

    /// Has the server keep a copy of what is searched now, and gives the name of each copy and that of its collection: two
    /// where a change lies over what was there before. The copies stay until they are removed by hand.
    ///
    /// # Errors
    /// [`IndexError::Away`], or [`IndexError::Fault`] if there is nothing or the server refuses.
    pub fn snapshot(&self) -> Result<Vec<(String, String)>, IndexError> {
        let shared = Arc::clone(&self.shared);
        let copied = self.bridge.wait(async move {
            let view = shared.refresh().await?;
            let mut copies = Vec::new();
            for collection in view.collections() {
                copies.push((shared.server.snapshot(collection).await?, collection.clone()));
            }
            match copies.is_empty() {
                true => Err(Failure::Refused("there is nothing on the Qdrant server yet".into())),
                false => Ok(copies),
            }
        })?;
        Ok(copied?)
    }

    /// Writes what lies over a version together with it, if that is so many entries or more. Whether it was. Updates go on
    /// meanwhile, and then what was written is of no use.
    ///
    /// # Errors
    /// [`IndexError::Away`] or [`IndexError::Fault`]; the index is as it was.
    pub fn merge(&self, many: usize) -> Result<bool, IndexError> {
        let before = self.refreshed()?;
        let laid_over =
            before.over().map_or(0, |over| over.version.lexicon.entries() + over.hidden.entries.len());
        if before.over().is_none() || laid_over < many {
            return Ok(false);
        }
        let mut draft = Draft::begin(self, Arc::clone(&before), before.profile.embedding.clone())?;
        draft.carry_all(|_| true, &HashMap::new())?;
        match draft.publish() {
            Ok(()) | Err(IndexError::Overtaken) => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn live(&self) -> Arc<View> {
        self.shared.live().view
    }

    /// What is live, looked up anew.
    fn refreshed(&self) -> Result<Arc<View>, IndexError> {
        let shared = Arc::clone(&self.shared);
        Ok(self.bridge.wait(async move { shared.refresh().await })??)
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

    fn passages(&self, ids: &[Uuid]) -> Result<Vec<Chunk>, IndexError> {
        let (shared, ids) = (Arc::clone(&self.shared), ids.to_vec());
        let found = self.bridge.wait(async move { shared.passages(&ids).await })?;
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
            let view = shared.refresh().await?;
            match view.unembedded(&shared.server, &wanted).await {
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
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.refreshed()?;
        let mut draft = Draft::begin(self, Arc::clone(&before), Some(embedding.clone()))?;
        let mut over = None;
        if before.profile.embedding.as_ref() == Some(embedding) {
            let (shared, entries) = (Arc::clone(&self.shared), vectors.keys().copied().collect());
            let looking = async move { before.over_alone(&shared.server, entries).await };
            over = self.bridge.wait(looking)?.map_err(|failure| draft.lost(failure))?;
        }
        if let Some(over) = over {
            draft.carry_laid_over(|_| true, vectors)?;
            return draft.publish_over(over.hidden.clone());
        }
        draft.carry_all(|_| true, vectors)?;
        draft.publish()
    }

    fn optimise(&self) -> Result<bool, IndexError> {
        self.merge(hidden::MANY)
    }

    fn begin(&self, seen: &Manifest) -> Result<Box<dyn Update + '_>, IndexError> {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.refreshed()?;
        if *before.manifest != *seen {
            return Err(IndexError::Overtaken);
        }
        let embedding = before.profile.embedding.clone();
        let draft = Draft::begin(self, before, embedding)?;
        Ok(Box::new(Change { draft, _writing: writing }))
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
