//! Qdrant inside the process: only this file and those below it name `qdrant_edge`. It keeps one shard per generation of
//! the index, written once (`draft`) and then only read (`shard`), because the engine's write-ahead log is not replayed
//! by it: crash safety comes from the generations (`generation.rs`). A small change is a small generation over the large
//! one (`view`), until both are merged (`optimise`). Its BM25 weighs and hashes the terms (`encoder`).

mod draft;
pub mod encoder;
mod filter;
mod optimise;
mod shard;
mod view;

use crate::knowledge::chunk::Chunk;
use crate::knowledge::generation::IndexFolder;
use crate::knowledge::hidden;
use crate::knowledge::index::{
    Embedding, EntryId, Hit, Index, IndexError, Manifest, Search, Unembedded, Update,
};
use crate::knowledge::lexicon::Lexicon;
use draft::{Change, Draft};
use shard::Generation;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use uuid::Uuid;
use view::View;

/// The embedded index.
pub struct EdgeIndex {
    folder: IndexFolder,
    live: RwLock<Arc<View>>,
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
        let view = View::load(&folder.current()).unwrap_or_else(|error| {
            tracing::error!(%error, "the knowledge index is damaged; ingest the documents again");
            View::default()
        });
        Ok(Self { folder, live: RwLock::new(Arc::new(view)), writing: Mutex::new(()) })
    }

    fn live(&self) -> Arc<View> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for its turn to write.
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what is on the disk the index that is searched.
    fn publish(&self, view: View) -> Result<(), IndexError> {
        let directories: Vec<&Path> = view.generations().map(|generation| generation.directory()).collect();
        self.folder.publish(&directories)?;
        let view = Arc::new(view);
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *live, Arc::clone(&view));
        let stays = |old: &Arc<Generation>| view.generations().any(|new| Arc::ptr_eq(old, new));
        before.generations().filter(|old| !stays(old)).for_each(|old| old.discard());
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

    fn passages(&self, ids: &[Uuid]) -> Result<Vec<Chunk>, IndexError> {
        self.live().passages(ids)
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
        let _writing = self.turn();
        let live = self.live();
        let mut draft = Draft::begin(self, Some(embedding.clone()))?;
        if live.profile.embedding.as_ref() == Some(embedding)
            && let Some(over) = live.over_alone(vectors.keys())?
        {
            draft.carry_over(&over.generation, |_| true, vectors)?;
            return draft.publish_over(Arc::clone(&live.base), over.hidden.clone());
        }
        live.carry_into(&mut draft, |_| true, vectors)?;
        draft.publish()
    }

    fn optimise(&self) -> Result<bool, IndexError> {
        self.optimise_from(optimise::WORTHWHILE, hidden::MANY)
    }

    fn begin(&self, seen: &Manifest) -> Result<Box<dyn Update + '_>, IndexError> {
        let writing = self.turn();
        let live = self.live();
        if *live.manifest != *seen {
            return Err(IndexError::Overtaken);
        }
        let draft = Draft::begin(self, live.profile.embedding.clone())?;
        Ok(Box::new(Change { draft, _writing: writing }))
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
