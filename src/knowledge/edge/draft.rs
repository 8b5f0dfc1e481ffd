//! A generation that is being written: what is put, and what is kept of the live ones. Until it is published nobody sees
//! it, and when it is dropped nothing is left of it.

use super::filter::make_indexes;
use super::shard::{Generation, LEXICON, MANIFEST, MEANING, PROFILE, SHARD, TERMS, chunk};
use super::view::{HIDDEN, Over, View};
use super::{EdgeIndex, fault, guarded};
use crate::knowledge::chunk::Chunk;
use crate::knowledge::generation::write_durably;
use crate::knowledge::hidden::{self, Hidden};
use crate::knowledge::index::{Embedding, Entry, EntryId, IndexError, Indexed, Manifest, TermId, Update};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::profile::Profile;
use qdrant_edge::{
    Distance, EdgeConfig, EdgeShard, EdgeSparseVectorParams, EdgeVectorParams, Modifier, Payload, PointId,
    PointInsertOperations, PointOperations, PointStructPersisted, Record, ScrollRequest, UpdateOperation,
    VectorInternal, VectorPersisted, VectorStructInternal, VectorStructPersisted, WalOptions,
    WithPayloadInterface, WithVector,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, MutexGuard};

/// Points written or read at a time.
const BATCH: usize = 256;

/// The engine's default of 32 MiB would be most of a small index.
const LOG_BYTES: usize = 64 * 1024;

/// A generation that is being written.
pub(super) struct Draft<'a> {
    index: &'a EdgeIndex,
    /// Swept away with the draft unless it is published.
    unfinished: Generation,
    manifest: Manifest,
    lexicon: Lexicon,
    profile: Profile,
    batch: Vec<PointStructPersisted>,
}

impl<'a> Draft<'a> {
    /// An empty one, for vectors of this model. Nobody else may begin one at the same moment.
    pub(super) fn begin(index: &'a EdgeIndex, embedding: Option<Embedding>) -> Result<Self, IndexError> {
        let mut unfinished = Generation::unfinished(index.folder.next()?);
        let terms =
            EdgeSparseVectorParams { modifier: Some(Modifier::Idf), ..EdgeSparseVectorParams::default() };
        let log = WalOptions {
            segment_capacity: LOG_BYTES,
            segment_queue_len: 0,
            retain_closed: NonZeroUsize::MIN,
        };
        let mut config = EdgeConfig::builder().sparse_vector(TERMS, terms).wal_options(log);
        if let Some(Embedding { dimension, .. }) = &embedding {
            // Vectors have length 1, so that a dot product is the cosine.
            config = config.vector(MEANING, EdgeVectorParams::builder(*dimension, Distance::Dot).build());
        }
        let place = unfinished.directory().join(SHARD);
        fs::create_dir(&place).map_err(fault)?;
        unfinished.shard = Some(guarded(|| EdgeShard::new(&place, config.build()).map_err(fault))?);
        let (manifest, lexicon) = (Manifest::new(), Lexicon::default());
        let profile = Profile::of_model(embedding);
        let batch = Vec::with_capacity(BATCH);
        Ok(Self { index, unfinished, manifest, lexicon, profile, batch })
    }

    /// How many entries it has so far.
    pub(super) fn entries(&self) -> usize {
        self.lexicon.entries()
    }

    fn push(
        &mut self,
        point: PointStructPersisted,
        chunk: &Chunk,
        terms: &[TermId],
    ) -> Result<(), IndexError> {
        self.lexicon.observe(terms, chunk);
        self.profile.observe(chunk);
        self.batch.push(point);
        if self.batch.len() == BATCH { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), IndexError> {
        let points = PointInsertOperations::PointsList(std::mem::take(&mut self.batch));
        let operation = UpdateOperation::PointOperation(PointOperations::UpsertPoints(points));
        let Some(shard) = &self.unfinished.shard else { return Ok(()) };
        guarded(|| shard.update(operation).map_err(fault))
    }

    /// Takes over the documents of a generation that are to be kept, with their terms, their vectors if they are of the
    /// draft's model, and these vectors.
    pub(super) fn carry_over(
        &mut self,
        from: &Generation,
        keep: impl Fn(&str) -> bool,
        vectors: &HashMap<EntryId, Vec<f32>>,
    ) -> Result<(), IndexError> {
        for (source, indexed) in from.manifest.iter().filter(|(source, _)| keep(source)) {
            self.manifest.insert(source.clone(), indexed.clone());
        }
        let Some(shard) = &from.shard else { return Ok(()) };
        let same_model = from.profile.embedding == self.profile.embedding;
        let mut offset = None;
        loop {
            let (records, next) = shard
                .scroll(ScrollRequest {
                    offset,
                    limit: Some(BATCH),
                    with_payload: Some(WithPayloadInterface::Bool(true)),
                    with_vector: WithVector::Bool(true),
                    ..ScrollRequest::default()
                })
                .map_err(fault)?;
            for Record { id, payload, vector, .. } in records {
                let chunk = chunk(payload.clone())?;
                let Some(VectorStructInternal::Named(mut own)) = vector.filter(|_| keep(&chunk.source))
                else {
                    continue;
                };
                let mut named = HashMap::new();
                if let (true, Some(VectorInternal::Dense(meaning))) = (same_model, own.remove(MEANING)) {
                    named.insert(MEANING.into(), VectorPersisted::Dense(meaning));
                }
                if let Some(meaning) = entry_id(id).and_then(|id| vectors.get(&id)) {
                    named.insert(MEANING.into(), VectorPersisted::Dense(meaning.clone()));
                }
                let mut terms = Vec::new();
                if let Some(VectorInternal::Sparse(vector)) = own.remove(TERMS) {
                    terms.clone_from(&vector.indices);
                    named.insert(TERMS.into(), VectorPersisted::Sparse(vector));
                }
                let vector = VectorStructPersisted::Named(named);
                self.push(PointStructPersisted { id, vector, payload }, &chunk, &terms)?;
            }
            match next {
                Some(_) => offset = next,
                None => return Ok(()),
            }
        }
    }

    /// Brings the draft to the disk, but not yet into use.
    pub(super) fn seal(&mut self) -> Result<&Path, IndexError> {
        self.write()?;
        let shard = self.unfinished.shard.take();
        guarded(|| {
            let Some(shard) = shard else { return Ok(()) };
            make_indexes(&self.profile, &shard)?;
            shard.flush();
            drop(shard);
            Ok(())
        })?;
        // The log has done its work: a finished generation is never written to again.
        let directory = self.unfinished.directory();
        fs::remove_dir_all(directory.join(SHARD).join("wal")).map_err(fault)?;
        write_json(&directory.join(MANIFEST), &self.manifest)?;
        write_json(&directory.join(LEXICON), &self.lexicon)?;
        write_json(&directory.join(PROFILE), &self.profile)?;
        Ok(directory)
    }

    /// Its files stay: what was sealed has come into use.
    pub(super) fn keep(&self) {
        self.unfinished.keep();
    }

    /// Makes it the index, opened as it will be opened from now on.
    pub(super) fn publish(mut self) -> Result<(), IndexError> {
        let generation = Generation::load(self.seal()?)?;
        self.index.publish(View::of(Arc::new(generation)))?;
        self.unfinished.keep();
        Ok(())
    }

    /// Makes it the latest part of the index, over the other one.
    pub(super) fn publish_over(mut self, base: Arc<Generation>, hidden: Hidden) -> Result<(), IndexError> {
        let directory = self.seal()?;
        write_json(&directory.join(HIDDEN), &hidden)?;
        let over = Over { generation: Arc::new(Generation::load(directory)?), hidden };
        self.index.publish(View::with(base, Arc::new(over)))?;
        self.unfinished.keep();
        Ok(())
    }
}

/// An update under way; no other one is.
pub(super) struct Change<'a> {
    pub(super) draft: Draft<'a>,
    pub(super) _writing: MutexGuard<'a, ()>,
}

impl Update for Change<'_> {
    fn put(&mut self, source: &str, indexed: Indexed, entries: Vec<Entry>) -> Result<(), IndexError> {
        self.draft.manifest.insert(source.to_owned(), indexed);
        for Entry { chunk, way, terms } in entries {
            let vector = qdrant_edge::SparseVector { indices: terms.indices.clone(), values: terms.values };
            let vectors = HashMap::from([(TERMS.into(), VectorPersisted::Sparse(vector))]);
            let Value::Object(fields) = serde_json::to_value(&chunk).map_err(fault)? else { continue };
            let point = PointStructPersisted {
                id: PointId::Uuid(EntryId::of(&chunk, way).0),
                vector: VectorStructPersisted::Named(vectors),
                payload: Some(Payload(fields)),
            };
            self.draft.push(point, &chunk, &terms.indices)?;
        }
        Ok(())
    }

    fn commit(self: Box<Self>, keep: &HashSet<String>) -> Result<(), IndexError> {
        let Self { mut draft, _writing } = *self;
        let live = draft.index.live();
        let gone = live.gone(keep);
        let lost: usize =
            gone.iter().filter_map(|source| live.base.manifest.get(source)).map(|it| it.passages).sum();
        let laid_over = live.over().map_or(0, |over| over.generation.lexicon.entries());
        let changed = draft.entries() + laid_over + lost;
        if live.base.profile.by_source && hidden::is_small(changed, live.base.lexicon.entries()) {
            let hidden = live.hide(gone)?;
            if let Some(over) = live.over() {
                draft.carry_over(&over.generation, |source| keep.contains(source), &HashMap::new())?;
            }
            return draft.publish_over(Arc::clone(&live.base), hidden);
        }
        live.carry_into(&mut draft, |source| keep.contains(source), &HashMap::new())?;
        draft.publish()
    }
}

/// The entry that a point is; the index makes no others.
pub(super) fn entry_id(point: PointId) -> Option<EntryId> {
    match point {
        PointId::Uuid(id) => Some(EntryId(id)),
        PointId::NumId(_) => None,
    }
}

/// Writes a part of a generation.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), IndexError> {
    write_durably(path, &serde_json::to_vec(value).map_err(fault)?).map_err(fault)
}
