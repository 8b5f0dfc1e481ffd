//! Brings a large generation into the shape that is searched fastest: a graph over its vectors instead of a list that is
//! read through, and packed postings. Works on a copy beside the live one, so that searches, updates and a crash do not
//! meet anything half done. Decides nothing about what is found: the same passages, but for the graph's rare misses.

use super::draft::write_json;
use super::shard::{Generation, PROFILE, SHARD};
use super::{EdgeIndex, fault, guarded};
use crate::knowledge::index::IndexError;
use qdrant_edge::{EdgeOptimizersConfig, EdgeShard, HnswIndexConfig};
use std::fs;
use std::path::Path;
use std::sync::{Arc, PoisonError};

/// Entries from which on it pays. Fewer are read through in less time than a question takes to embed.
pub(super) const WORTHWHILE: usize = 8_000;

/// The log that the engine makes whenever it opens a shard; what is in it was applied long ago.
const LOG: &str = "wal";

/// The engine builds on one thread: customers are answered meanwhile.
const THREADS: usize = 1;

impl EdgeIndex {
    /// See [`Index::optimise`](crate::knowledge::index::Index::optimise); `worthwhile` as [`WORTHWHILE`].
    pub(super) fn optimise_from(&self, worthwhile: usize) -> Result<bool, IndexError> {
        let before = self.live();
        if before.profile.optimised || before.lexicon.entries() < worthwhile {
            return Ok(false);
        }
        let directory = {
            let _naming = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            self.folder.next()?
        };
        let unfinished = Generation::unfinished(directory.clone());
        copy(before.directory(), &directory).map_err(fault)?;
        optimise(&directory.join(SHARD))?;
        let mut profile = before.profile.clone();
        profile.optimised = true;
        write_json(&directory.join(PROFILE), &profile)?;
        let optimised = Generation::load(&directory)?;
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&before, &self.live()) {
            // An update came first; what it wrote is to be optimised instead.
            return Ok(true);
        }
        self.publish(optimised)?;
        unfinished.keep();
        Ok(true)
    }
}

/// Copies a generation. A live one is only read, but for its log.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if !entry.file_type()?.is_dir() {
            fs::copy(entry.path(), target)?;
        } else if name != LOG {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

fn optimise(shard: &Path) -> Result<(), IndexError> {
    guarded(|| {
        let engine = EdgeShard::load(shard, None).map_err(fault)?;
        // Whether it pays has been decided: nothing is too small for the engine.
        engine
            .set_optimizers_config(EdgeOptimizersConfig {
                indexing_threshold: Some(1),
                ..EdgeOptimizersConfig::default()
            })
            .map_err(fault)?;
        let graph = HnswIndexConfig { max_indexing_threads: THREADS, ..HnswIndexConfig::default() };
        engine.set_hnsw_config(graph).map_err(fault)?;
        engine.optimize().map_err(fault)?;
        engine.flush();
        drop(engine);
        fs::remove_dir_all(shard.join(LOG)).map_err(fault)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::knowledge::chunk::{Chunk, Way};
    use crate::knowledge::index::{
        Embedding, Entry, EntryId, Filter, Index, Indexed, Meaning, Search, SparseVector,
    };
    use std::collections::{HashMap, HashSet};
    use tempfile::TempDir;
    use uuid::Uuid;

    const ENTRIES: u32 = 300;

    fn entry(number: u32) -> Entry {
        let chunk = Chunk {
            id: Uuid::from_u128(u128::from(number) << 8),
            source: number.to_string(),
            title: "Título".into(),
            heading: None,
            tags: Vec::new(),
            text: format!("texto {number}"),
            language: Language::Portuguese,
            ordinal: 0,
            valid_from: None,
            valid_until: None,
            audience: None,
            owner: None,
        };
        let terms = [(1 + number % 7, 1.0), (100 + number, 0.5)];
        Entry { chunk, way: Way::Whole, terms: terms.into_iter().collect() }
    }

    /// On the unit circle, each at its own angle.
    fn vector(number: u32) -> Vec<f32> {
        let angle = number as f32 / ENTRIES as f32 * std::f32::consts::TAU;
        vec![angle.cos(), angle.sin()]
    }

    fn embedding() -> Embedding {
        Embedding { model: "circle".into(), dimension: 2 }
    }

    fn put(index: &EdgeIndex, numbers: impl Iterator<Item = u32>, keep: &HashSet<String>) {
        let mut update = index.begin(&index.manifest()).unwrap();
        for number in numbers {
            let indexed = Indexed {
                fingerprint: "1".into(),
                origin: "file".into(),
                language: Language::Portuguese,
                passages: 1,
            };
            update.put(&number.to_string(), indexed, vec![entry(number)]).unwrap();
        }
        update.commit(keep).unwrap();
    }

    fn filled() -> (TempDir, EdgeIndex) {
        let folder = tempfile::tempdir().unwrap();
        let index = EdgeIndex::open(folder.path()).unwrap();
        put(&index, 0..ENTRIES, &HashSet::new());
        let vectors: HashMap<EntryId, Vec<f32>> = (0..ENTRIES)
            .map(|number| (EntryId::of(&entry(number).chunk, Way::Whole), vector(number)))
            .collect();
        index.add_vectors(&embedding(), &vectors).unwrap();
        (folder, index)
    }

    /// What an entry is found with by its own terms and meaning, and whether its neighbours are found beside it.
    fn found(index: &EdgeIndex, number: u32) -> (i32, i32, bool) {
        let terms: SparseVector = entry(number).terms;
        let meaning = Meaning { embedding: embedding(), vector: vector(number) };
        let filter = Filter::default();
        let hits = index.search(Search { terms: &terms, meaning: Some(&meaning), filter: &filter, depth: 5 });
        let hits = hits.unwrap();
        let of = |number: u32| hits.iter().find(|hit| hit.chunk.source == number.to_string());
        let round = |score: f32| (score * 1e4).round() as i32;
        let own = of(number).unwrap();
        let neighbours = of(number + 1).is_some() && number.checked_sub(1).is_none_or(|it| of(it).is_some());
        (round(own.terms), round(own.likeness.unwrap()), neighbours)
    }

    #[test]
    fn the_same_is_found_and_the_engine_has_built_its_index() {
        let (folder, index) = filled();
        let before: Vec<_> = (0..ENTRIES).step_by(37).map(|number| found(&index, number)).collect();
        let indexed = |index: &EdgeIndex| index.live().shard.as_ref().unwrap().info().indexed_vectors_count;
        let plainly = indexed(&index);
        assert!(!index.optimise_from(ENTRIES as usize + 1).unwrap(), "so few are not worth it");
        assert!(index.optimise_from(1).unwrap());
        assert!(indexed(&index) > plainly, "{} {plainly}", indexed(&index));
        assert!(!index.optimise_from(1).unwrap(), "once is enough");
        drop(index);
        let index = EdgeIndex::open(folder.path()).unwrap();
        assert!(!index.optimise_from(1).unwrap(), "after a restart too");
        let after: Vec<_> = (0..ENTRIES).step_by(37).map(|number| found(&index, number)).collect();
        assert_eq!(after, before);
        assert!(
            after.iter().all(|(_, likeness, neighbours)| *likeness == 10_000 && *neighbours),
            "{after:?}"
        );
        assert_eq!(index.manifest().len(), ENTRIES as usize);
        assert_eq!(index.unembedded(&embedding(), None, 10).unwrap(), []);
    }

    #[test]
    fn an_update_of_what_was_optimised_is_found_and_can_be_optimised_again() {
        let (_folder, index) = filled();
        index.optimise_from(1).unwrap();
        let keep = (0..ENTRIES - 10).map(|number| number.to_string()).collect();
        put(&index, ENTRIES..ENTRIES + 1, &keep);
        assert_eq!(index.manifest().len(), ENTRIES as usize - 9);
        let own = |number: u32| {
            let terms: SparseVector = [(100 + number, 1.0)].into_iter().collect();
            let filter = Filter::default();
            index.search(Search { terms: &terms, meaning: None, filter: &filter, depth: 5 }).unwrap().len()
        };
        assert_eq!((own(ENTRIES), own(ENTRIES - 1), own(3)), (1, 0, 1));
        assert!(index.optimise_from(1).unwrap());
        assert_eq!((own(ENTRIES), own(ENTRIES - 1), own(3)), (1, 0, 1));
    }
}
