//! A small change of a large index costs what it changes, and what is found is what an index written in one go would find.

use super::contract::{by_terms, entry, indexed};
use super::places::{OnPeer, places};
use super::{ingest, open};
use crate::support::qdrant::Peer;
use balcao::knowledge::chunk::Way;
use balcao::knowledge::index::{Embedding, Entry, EntryId, Filter, Index, Meaning, Search, SparseVector};
use balcao::knowledge::search::KnowledgeBase;
use balcao::llm::embed::{EmbedError, Embedder, TextKind};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

/// Documents of the large index; one in seven shares a term, and all share one.
const DOCUMENTS: u32 = 60;

/// What every document has.
const COMMON: u32 = 900;

fn embedding() -> Embedding {
    Embedding { model: "m".into(), dimension: 2 }
}

/// The entries of a document, which is in its so manieth wording.
fn entries(document: u32, wording: u32) -> Vec<Entry> {
    let name = format!("d{document}");
    let passages = 1 + (document + wording) % 2;
    let passage = |ordinal: u32| {
        let terms = [(COMMON, 1.0), (document % 7, 0.5 + wording as f32 / 8.0), (1_000 + document, 1.0)];
        let mut entry = entry(&name, 100 * wording + ordinal, &terms);
        entry.chunk.text = format!("wording {wording}, passage {ordinal} of {name}");
        entry
    };
    (0..passages).map(passage).collect()
}

fn vector(entry: &Entry) -> (EntryId, Vec<f32>) {
    let id = EntryId::of(&entry.chunk, Way::Whole);
    let angle = (id.0.as_u128() % 977) as f32 / 977.0;
    (id, vec![angle.cos(), angle.sin()])
}

/// Brings an index to these documents, each with its wording, and gives every entry its vector.
fn bring(index: &dyn Index, before: &BTreeMap<u32, u32>, after: &BTreeMap<u32, u32>) {
    let mut update = index.begin(&index.manifest()).unwrap();
    let mut keep = HashSet::new();
    for (document, wording) in after {
        let name = format!("d{document}");
        if before.get(document) == Some(wording) {
            keep.insert(name);
        } else {
            update.put(&name, indexed(&wording.to_string()), entries(*document, *wording)).unwrap();
        }
    }
    update.commit(&keep).unwrap();
    let mut missing = HashMap::new();
    let all: HashMap<EntryId, Vec<f32>> = after
        .iter()
        .flat_map(|(document, wording)| entries(*document, *wording))
        .map(|it| vector(&it))
        .collect();
    for entry in index.unembedded(&embedding(), None, 1_000).unwrap() {
        missing.insert(entry.id, all[&entry.id].clone());
    }
    if !missing.is_empty() {
        index.add_vectors(&embedding(), &missing).unwrap();
    }
}

/// What is found of a passage.
type Found = (String, f32, Option<f32>);

/// Everything that can be found by some terms and a meaning, with its scores, in the order of the words.
fn everything(index: &dyn Index) -> Vec<Found> {
    let terms: SparseVector = (0..7).map(|term| (term, 1.0)).chain([(COMMON, 0.3), (1_003, 2.0)]).collect();
    let meaning = Meaning { embedding: embedding(), vector: vec![0.6, 0.8] };
    let filter = Filter::default();
    let search = Search { terms: &terms, meaning: Some(&meaning), filter: &filter, depth: 1_000 };
    let hits = index.search(search).unwrap().into_iter();
    let mut hits: Vec<Found> = hits.map(|hit| (hit.chunk.text, hit.terms, hit.likeness)).collect();
    hits.sort_by(|left, right| left.0.cmp(&right.0));
    hits
}

/// The scores of the best by terms, best first.
fn best(index: &dyn Index, depth: usize) -> Vec<Found> {
    let hits = by_terms(index, &[(2, 1.0), (COMMON, 0.3)], depth).into_iter();
    hits.map(|hit| (String::new(), hit.terms, hit.likeness)).collect()
}

fn assert_same(one: &[Found], other: &[Found], when: &str) {
    assert_eq!(one.len(), other.len(), "{when}");
    for (one, other) in one.iter().zip(other) {
        let likeness = |found: &Found| found.2.unwrap_or(-9.0);
        assert_eq!(one.0, other.0, "{when}");
        let far = (one.1 - other.1).abs().max((likeness(one) - likeness(other)).abs());
        assert!(far < 1e-3, "{when}: {one:?} {other:?}");
    }
}

/// A change of which document is in which wording.
type Step = dyn Fn(&mut BTreeMap<u32, u32>);

#[test]
fn after_any_changes_the_same_is_found_as_in_an_index_written_in_one_go() {
    for place in places() {
        let index = place.open().unwrap();
        let mut state: BTreeMap<u32, u32> = (0..DOCUMENTS).map(|document| (document, 0)).collect();
        bring(index.as_ref(), &BTreeMap::new(), &state);
        // Changed, gone, new, changed once more, back, both at once, and a change that is not small.
        let steps: [&Step; 7] = [
            &|state| {
                state.insert(3, 1);
            },
            &|state| {
                state.remove(&4);
            },
            &|state| {
                state.insert(100, 0);
            },
            &|state| state.extend([(3, 2), (100, 1)]),
            &|state| {
                state.insert(4, 0);
            },
            &|state| {
                state.insert(5, 3);
                state.remove(&100);
                state.remove(&6);
            },
            &|state| state.extend((0..DOCUMENTS / 2).map(|document| (document, 4))),
        ];
        for (number, step) in steps.into_iter().enumerate() {
            let before = state.clone();
            step(&mut state);
            bring(index.as_ref(), &before, &state);
            let anew = tempfile::tempdir().unwrap();
            let anew = balcao::knowledge::edge::EdgeIndex::open(anew.path()).unwrap();
            bring(&anew, &BTreeMap::new(), &state);
            let when = format!("step {number}");
            assert_eq!(index.manifest(), anew.manifest(), "{when}");
            assert_same(&everything(index.as_ref()), &everything(&anew), &when);
            for depth in [1, 3, 10] {
                assert_same(&best(index.as_ref(), depth), &best(&anew, depth), &when);
            }
            assert_eq!(index.unembedded(&embedding(), None, 10).unwrap(), [], "{when}");
            assert_eq!(index.lexicon().entries(), anew.lexicon().entries(), "{when}");
        }
        let found = everything(index.as_ref());
        drop(index);
        assert_same(&everything(place.open().unwrap().as_ref()), &found, "after a restart");
    }
}

#[test]
fn a_small_change_writes_only_what_changed() {
    let place = OnPeer::new(Peer::start());
    let index = place.index().unwrap();
    let whole: BTreeMap<u32, u32> = (0..DOCUMENTS).map(|document| (document, 0)).collect();
    bring(&index, &BTreeMap::new(), &whole);
    let (large, before) = (place.peer.collections(), place.peer.written());
    let mut changed = whole.clone();
    changed.insert(3, 1);
    changed.remove(&9);
    bring(&index, &whole, &changed);
    // The changed document once as it is put and once with its vectors; the others stay where they are.
    assert_eq!(place.peer.written() - before, 2 * entries(3, 1).len());
    assert!(place.peer.collections().contains(&large[0]));
    assert_eq!(place.peer.collections().len(), 2);
    let other = place.index().unwrap();
    assert_same(&everything(&other), &everything(&index), "in another process");
    // Merged, it is one again, and nothing is left of what was changed or removed.
    assert!(place.peer.holds("wording 0, passage 0 of d9"));
    let found = everything(&index);
    assert!(!index.merge(1_000).unwrap() && index.merge(1).unwrap() && !index.merge(1).unwrap());
    assert_same(&everything(&index), &found, "merged");
    assert_eq!(place.peer.collections().len(), 1);
    assert!(!place.peer.holds("of d9") && !place.peer.holds("wording 0, passage 0 of d3\""));
    // All of it anew.
    let anew: BTreeMap<u32, u32> = whole.keys().map(|document| (*document, 2)).collect();
    bring(&index, &changed, &anew);
    assert_eq!(place.peer.collections().len(), 1);
}

/// Counts what it is asked for.
#[derive(Default)]
struct Counting {
    passages: AtomicUsize,
    texts: Mutex<Vec<String>>,
}

impl Embedder for Counting {
    fn id(&self) -> &str {
        "counting"
    }

    fn dimension(&self) -> usize {
        2
    }

    fn embed(&self, texts: &[&str], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        if matches!(kind, TextKind::Passage) {
            self.passages.fetch_add(texts.len(), Ordering::Relaxed);
            self.texts.lock().unwrap().extend(texts.iter().map(|text| (*text).to_owned()));
        }
        Ok(texts.iter().map(|text| (text.len() as f32 / 10.0).sin_cos()).map(|(y, x)| vec![x, y]).collect())
    }
}

/// The bytes of every file of the folder, by its path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name, std::fs::read(path).unwrap());
        }
    }
    found
}

#[test]
fn a_price_that_changes_among_many_is_found_at_once_and_nothing_else_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let knowledge: KnowledgeBase = open(folder.path());
    let counting = Arc::new(Counting::default());
    knowledge.attach(counting.clone());
    let mut documents: Vec<(String, String)> = (0..40)
        .map(|number| {
            (format!("{number}.md"), format!("# Vaso {number}\n\nO vaso {number} custa R$ {number},90."))
        })
        .collect();
    let indexed = |documents: &[(String, String)]| {
        let documents: Vec<_> = documents.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let report = ingest(&knowledge, &documents);
        knowledge.make_vectors(&CancellationToken::new()).unwrap();
        report
    };
    indexed(&documents);
    let (before, made) = (files(folder.path()), counting.passages.load(Ordering::Relaxed));
    let generations: HashSet<String> =
        before.keys().filter_map(|path| path.split_once('/')).map(|(first, _)| first.to_owned()).collect();
    documents[7].1 = "# Vaso 7\n\nO vaso 7 custa R$ 47,00.".to_owned();
    assert_eq!(indexed(&documents).changed, 1);
    let found = knowledge.search_blocking("quanto custa o vaso 7", 40).unwrap();
    assert!(found[0].text.contains("R$ 47,00"), "{found:?}");
    assert!(found.iter().all(|passage| !passage.text.contains("R$ 7,90")), "{found:?}");
    assert_eq!(counting.passages.load(Ordering::Relaxed), made + 1, "{:?}", counting.texts.lock().unwrap());
    let after = files(folder.path());
    let is_large = |path: &str| generations.iter().any(|generation| path.starts_with(generation.as_str()));
    let large = |files: &BTreeMap<String, Vec<u8>>| {
        files.iter().filter(|(path, _)| is_large(path) && !path.contains("/wal/")).count()
    };
    assert_eq!(large(&after), large(&before));
    for (path, bytes) in after.iter().filter(|(path, _)| is_large(path) && !path.contains("/wal/")) {
        assert!(before.get(path) == Some(bytes), "{path} was written again");
    }
    let manifest = after.iter().find(|(path, _)| path.ends_with("manifest.json") && !is_large(path));
    let manifest: serde_json::Value = serde_json::from_slice(manifest.unwrap().1).unwrap();
    assert_eq!(manifest.as_object().unwrap().keys().collect::<Vec<_>>(), ["7.md"]);
    // The same without the program having run in between.
    drop(knowledge);
    let found = open(folder.path()).search_blocking("quanto custa o vaso 7", 40).unwrap();
    assert!(found[0].text.contains("R$ 47,00") && found.iter().all(|it| !it.text.contains("R$ 7,90")));
}
