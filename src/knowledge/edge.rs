//! Qdrant inside the process: only this file and those below it name `qdrant_edge`. It keeps one shard per generation of
//! the index, written once (`draft`) and then only read (`shard`), because the engine's write-ahead log is not replayed
//! by it: crash safety comes from the generations (`generation.rs`). Its BM25 weighs and hashes the terms (`encoder`).

mod draft;
pub mod encoder;
mod filter;
mod optimise;
mod shard;

use crate::knowledge::generation::IndexFolder;
use crate::knowledge::index::{
    Embedding, EntryId, Hit, Index, IndexError, Manifest, Search, Unembedded, Update,
};
use crate::knowledge::lexicon::Lexicon;
use draft::Draft;
use shard::Generation;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The embedded index.
pub struct EdgeIndex {
    folder: IndexFolder,
    live: RwLock<Arc<Generation>>,
    writing: Mutex<()>,
}

impl EdgeIndex {
    /// Opens the index in `path`, an empty one if there is none. A damaged index is opened as an empty one too: the
    /// next ingest builds it anew.
    ///
    /// # Errors
    /// [`IndexError::InUse`], or [`IndexError::Fault`] if the folder cannot be used.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let folder = IndexFolder::open(path)?;
        let generation = folder.current().map(|directory| Generation::load(&directory));
        let generation = match generation {
            None => Generation::default(),
            Some(Ok(generation)) => generation,
            Some(Err(error)) => {
                tracing::error!(%error, "the knowledge index is damaged; ingest the documents again");
                Generation::default()
            }
        };
        Ok(Self { folder, live: RwLock::new(Arc::new(generation)), writing: Mutex::new(()) })
    }

    fn live(&self) -> Arc<Generation> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a generation on the disk the one that is searched.
    fn publish(&self, generation: Generation) -> Result<(), IndexError> {
        self.folder.publish(generation.directory())?;
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *live, Arc::new(generation)).discard();
        Ok(())
    }
}

impl Index for EdgeIndex {
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
        self.live().search(search)
    }

    fn unembedded(
        &self,
        embedding: &Embedding,
        after: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Unembedded>, IndexError> {
        self.live().unembedded(embedding, after, limit)
    }

    fn add_vectors(
        &self,
        embedding: &Embedding,
        vectors: &HashMap<EntryId, Vec<f32>>,
    ) -> Result<(), IndexError> {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut draft = Draft::begin(self, writing, Some(embedding.clone()))?;
        draft.carry_over(|_| true, vectors)?;
        draft.publish()
    }

    fn optimise(&self) -> Result<bool, IndexError> {
        self.optimise_from(optimise::WORTHWHILE)
    }

    fn begin(&self, seen: &Manifest) -> Result<Box<dyn Update + '_>, IndexError> {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.live();
        if *live.manifest != *seen {
            return Err(IndexError::Overtaken);
        }
        let embedding = live.profile.embedding.clone();
        Ok(Box::new(Draft::begin(self, writing, embedding)?))
    }
}

/// The engine panics where it should report, most of all when the disk is full.
fn guarded<T>(work: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(IndexError::Fault("the engine gave up; is the disk full?".into())))
}

fn fault(error: impl std::fmt::Display) -> IndexError {
    IndexError::Fault(error.to_string())
}
