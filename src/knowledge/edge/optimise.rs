//! Brings a large generation into the shape that is searched fastest: a graph over its vectors instead of a list that is
//! read through, and packed postings; and merges what many small changes have laid over it. Works on a copy beside the
//! live one, so that searches, updates and a crash do not meet anything half done. Decides nothing about what is found:
//! the same passages, but for the graph's rare misses.

use super::draft::{Draft, write_json};
use super::shard::{Generation, PROFILE, SHARD};
use super::view::{Over, View};
use super::{EdgeIndex, fault, guarded};
use crate::knowledge::index::IndexError;
use crate::knowledge::profile::Profile;
use qdrant_edge::{EdgeOptimizersConfig, EdgeShard, HnswIndexConfig};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Entries from which on it pays. Fewer are read through in less time than a question takes to embed.
pub(super) const WORTHWHILE: usize = 8_000;

/// The log that the engine makes whenever it opens a shard; what is in it was applied long ago.
const LOG: &str = "wal";

/// The engine builds on one thread: customers are answered meanwhile.
const THREADS: usize = 1;

impl EdgeIndex {
    /// See [`Index::optimise`](crate::knowledge::index::Index::optimise); `worthwhile` as [`WORTHWHILE`], `many` as
    /// [`hidden::MANY`](crate::knowledge::hidden::MANY).
    pub(super) fn optimise_from(&self, worthwhile: usize, many: usize) -> Result<bool, IndexError> {
        let before = self.live();
        let laid_over = |over: &Arc<Over>| over.generation.lexicon.entries() + over.hidden.entries.len();
        if before.over().map_or(0, laid_over) >= many {
            return self.merge(&before, worthwhile).map(|()| true);
        }
        if before.base.profile.optimised || before.base.lexicon.entries() < worthwhile {
            return Ok(false);
        }
        let directory = {
            let _naming = self.turn();
            self.folder.next()?
        };
        let unfinished = Generation::unfinished(directory.clone());
        copy(before.base.directory(), &directory).map_err(fault)?;
        optimise(&directory)?;
        let optimised = Arc::new(Generation::load(&directory)?);
        let _writing = self.turn();
        let live = self.live();
        if !Arc::ptr_eq(&before.base, &live.base) {
            // An update came first; what it wrote is to be optimised instead.
            return Ok(true);
        }
        // What an update has laid over the one fits the other: they hold the same.
        self.publish(match live.over() {
            Some(over) => View::with(optimised, Arc::clone(over)),
            None => View::of(optimised),
        })?;
        unfinished.keep();
        Ok(true)
    }

    /// Writes what was laid over the base together with it. What updates have laid over the base meanwhile, and is not in
    /// what was merged, is laid over that.
    fn merge(&self, before: &View, worthwhile: usize) -> Result<(), IndexError> {
        let mut draft = {
            let _naming = self.turn();
            Draft::begin(self, before.profile.embedding.clone())?
        };
        before.carry_into(&mut draft, |_| true, &HashMap::new())?;
        let directory = draft.seal()?;
        if before.lexicon.entries() >= worthwhile {
            optimise(directory)?;
        }
        let merged = Arc::new(Generation::load(directory)?);
        let _writing = self.turn();
        let live = self.live();
        let Some(over) = live.over().filter(|_| Arc::ptr_eq(&before.base, &live.base)) else {
            // All has been written anew meanwhile.
            return Ok(());
        };
        let is_news = |source: &str| live.manifest.get(source) != merged.manifest.get(source);
        let gone: BTreeSet<String> =
            merged.manifest.keys().filter(|source| is_news(source)).cloned().collect();
        if gone.is_empty() && live.manifest == merged.manifest {
            self.publish(View::of(merged))?;
        } else {
            let mut news = Draft::begin(self, live.profile.embedding.clone())?;
            news.carry_over(&over.generation, is_news, &HashMap::new())?;
            let hidden = View::of(Arc::clone(&merged)).hide(gone)?;
            news.publish_over(merged, hidden)?;
        }
        draft.keep();
        Ok(())
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

fn optimise(generation: &Path) -> Result<(), IndexError> {
    let shard = generation.join(SHARD);
    guarded(|| {
        let engine = EdgeShard::load(&shard, None).map_err(fault)?;
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
    })?;
    let profile = generation.join(PROFILE);
    let mut known: Profile = serde_json::from_slice(&fs::read(&profile).map_err(fault)?).map_err(fault)?;
    known.optimised = true;
    write_json(&profile, &known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::knowledge::chunk::{Chunk, Way};
    use crate::knowledge::hidden;
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
        let indexed =
            |index: &EdgeIndex| index.live().base.shard.as_ref().unwrap().info().indexed_vectors_count;
        let plainly = indexed(&index);
        assert!(!index.optimise_from(ENTRIES as usize + 1, hidden::MANY).unwrap(), "so few are not worth it");
        assert!(index.optimise_from(1, hidden::MANY).unwrap());
        assert!(indexed(&index) > plainly, "{} {plainly}", indexed(&index));
        assert!(!index.optimise_from(1, hidden::MANY).unwrap(), "once is enough");
        drop(index);
        let index = EdgeIndex::open(folder.path()).unwrap();
        assert!(!index.optimise_from(1, hidden::MANY).unwrap(), "after a restart too");
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
        index.optimise_from(1, hidden::MANY).unwrap();
        let keep = (0..ENTRIES - 10).map(|number| number.to_string()).collect();
        put(&index, ENTRIES..ENTRIES + 1, &keep);
        assert_eq!(index.manifest().len(), ENTRIES as usize - 9);
        let own = |number: u32| {
            let terms: SparseVector = [(100 + number, 1.0)].into_iter().collect();
            let filter = Filter::default();
            index.search(Search { terms: &terms, meaning: None, filter: &filter, depth: 5 }).unwrap().len()
        };
        assert_eq!((own(ENTRIES), own(ENTRIES - 1), own(3)), (1, 0, 1));
        assert!(!index.optimise_from(1, hidden::MANY).unwrap(), "little lies over what is in shape");
        assert!(index.optimise_from(1, 5).unwrap());
        assert_eq!((own(ENTRIES), own(ENTRIES - 1), own(3)), (1, 0, 1));
        assert!(!index.optimise_from(1, 5).unwrap(), "merged, it is in shape");
    }

    #[test]
    fn what_was_laid_over_is_merged_and_found_as_before() {
        let (folder, index) = filled();
        let keep = (0..ENTRIES).filter(|number| *number != 7).map(|number| number.to_string()).collect();
        put(&index, ENTRIES..ENTRIES + 2, &keep);
        let own = |index: &EdgeIndex, number: u32| {
            let terms: SparseVector = [(100 + number, 1.0)].into_iter().collect();
            let filter = Filter::default();
            index.search(Search { terms: &terms, meaning: None, filter: &filter, depth: 5 }).unwrap().len()
        };
        let found = |index: &EdgeIndex| [7, 8, ENTRIES, ENTRIES + 1].map(|number| own(index, number));
        assert!(index.live().over().is_some());
        assert!(!index.optimise_from(ENTRIES as usize * 2, 10).unwrap(), "three entries are few");
        assert!(index.optimise_from(ENTRIES as usize * 2, 3).unwrap());
        assert!(index.live().over().is_none());
        assert_eq!((found(&index), index.manifest().len()), ([0, 1, 1, 1], ENTRIES as usize + 1));
        drop(index);
        let index = EdgeIndex::open(folder.path()).unwrap();
        assert_eq!((found(&index), index.manifest().len()), ([0, 1, 1, 1], ENTRIES as usize + 1));
        assert_eq!(index.unembedded(&embedding(), None, 10).unwrap().len(), 2);
    }

    #[test]
    fn what_changes_while_it_merges_lies_over_what_was_merged() {
        let (_folder, index) = filled();
        let all = |except: u32| {
            (0..ENTRIES + 2).filter(|number| *number != except).map(|number| number.to_string()).collect()
        };
        put(&index, ENTRIES..ENTRIES + 1, &all(7));
        let before = index.live();
        // As if it came in the middle: what is merged is what lay there before.
        put(&index, ENTRIES + 1..ENTRIES + 2, &all(8));
        index.merge(&before, ENTRIES as usize * 2).unwrap();
        let live = index.live();
        assert_eq!(live.base.manifest.len(), before.manifest.len());
        assert_eq!(live.over().unwrap().generation.manifest.len(), 1);
        let manifest = index.manifest();
        let is_there = |number: u32| manifest.contains_key(&number.to_string());
        assert_eq!([7, 8, 9, ENTRIES, ENTRIES + 1].map(is_there), [false, false, true, true, true]);
    }
}
