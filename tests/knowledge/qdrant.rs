//! What an index on a Qdrant server owes beyond the contract: it is shared, and its server can be away, refuse, or keep
//! something else.

use super::contract::{by_terms, entry, indexed};
use super::places::{OnPeer, Place};
use super::{counts, settings};
use crate::support::qdrant::Peer;
use balcao::domain::clock::{Clock, ManualClock};
use balcao::domain::language::Language;
use balcao::knowledge::edge::encoder::Encoder;
use balcao::knowledge::index::{Embedding, Index, IndexError, TermId};
use balcao::knowledge::ingest::IngestReport;
use balcao::knowledge::qdrant::{QdrantIndex, QdrantPlace};
use balcao::knowledge::search::KnowledgeBase;
use balcao::knowledge::source;
use jiff::Timestamp;
use qdrant_client::Qdrant;
use qdrant_client::qdrant::{CreateAliasBuilder, CreateCollectionBuilder, Distance, VectorParamsBuilder};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than anything takes that is waited for here.
const PATIENCE: Duration = Duration::from_secs(30);

fn until(what: &str, mut met: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !met() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

fn put(index: &dyn Index, source: &str, term: TermId, keep: &[&str]) -> Result<(), IndexError> {
    let mut update = index.begin(&index.manifest())?;
    update.put(source, indexed("1"), vec![entry(source, 0, &[(term, 1.0)])])?;
    update.commit(&keep.iter().map(|source| (*source).to_owned()).collect::<HashSet<_>>())
}

fn found(index: &dyn Index, term: TermId) -> usize {
    by_terms(index, &[(term, 1.0)], 10).len()
}

fn searched(index: &dyn Index) -> Result<usize, IndexError> {
    let terms = [(1, 1.0)].into_iter().collect();
    let filter = balcao::knowledge::index::Filter::default();
    let search =
        balcao::knowledge::index::Search { terms: &terms, meaning: None, filter: &filter, depth: 10 };
    index.search(search).map(|hits| hits.len())
}

#[test]
fn every_process_searches_what_one_has_written() {
    let place = OnPeer::new(Peer::start());
    let (writer, reader) = (place.open().unwrap(), place.open().unwrap());
    put(writer.as_ref(), "a", 1, &[]).unwrap();
    // The first version is looked for now and then …
    until("the other process sees it", || searched(reader.as_ref()).unwrap() == 1);
    put(writer.as_ref(), "b", 2, &["a"]).unwrap();
    // … and one that is gone is missed at once.
    assert_eq!((found(reader.as_ref(), 1), found(reader.as_ref(), 2)), (1, 1));
    assert_eq!(reader.manifest(), writer.manifest());
    assert_eq!(*reader.lexicon(), *writer.lexicon());
    put(reader.as_ref(), "c", 3, &["a", "b"]).unwrap();
    assert_eq!(found(writer.as_ref(), 3), 1);
    assert_eq!(place.peer.collections().len(), 1, "replaced versions are gone");
}

#[test]
fn of_two_writers_one_is_told_that_it_was_overtaken() {
    let place = OnPeer::new(Peer::start());
    let (one, other) = (place.open().unwrap(), place.open().unwrap());
    for round in [1, 2, 3] {
        let before = one.manifest();
        let mut slow = other.begin(&before).unwrap();
        slow.put("slow", indexed("1"), vec![entry("slow", 0, &[(100 + round, 1.0)])]).unwrap();
        let name = format!("fast {round}");
        let keep: Vec<&str> = before.keys().map(String::as_str).collect();
        put(one.as_ref(), &name, round, &keep).unwrap();
        let lost = slow.commit(&before.keys().cloned().collect());
        assert!(matches!(lost, Err(IndexError::Overtaken)), "{lost:?}");
        assert_eq!((found(other.as_ref(), round), found(other.as_ref(), 100 + round)), (1, 0));
        until("what was overtaken is removed", || place.peer.collections().len() == 1);
    }
    let embedding = Embedding { model: "m".into(), dimension: 3 };
    let entries = one.unembedded(&embedding, None, 10).unwrap();
    let vectors = entries.iter().map(|it| (it.id, vec![1.0, 0.0, 0.0])).collect();
    let update = other.begin(&other.manifest()).unwrap();
    one.add_vectors(&embedding, &vectors).unwrap();
    assert!(matches!(update.commit(&HashSet::new()), Err(IndexError::Overtaken)));
    assert_eq!(other.embedding(), Some(embedding));
}

#[test]
fn a_server_that_goes_away_and_comes_back_is_found_again() {
    let mut place = OnPeer::new(Peer::start());
    let index = place.index().unwrap();
    put(&index, "a", 1, &[]).unwrap();
    let moved = index.moved().unwrap();
    place.peer.stop();
    assert!(matches!(searched(&index), Err(IndexError::Away(_))));
    assert!(matches!(index.check(), Err(IndexError::Away(_))));
    assert!(matches!(put(&index, "b", 2, &["a"]), Err(IndexError::Away(_))));
    assert_eq!(index.manifest().len(), 1, "what is known stays known");
    // A process that starts meanwhile does not wait for it.
    let began = Instant::now();
    let late = place.index().unwrap();
    assert!(began.elapsed() < PATIENCE / 2);
    assert!(matches!(searched(&late), Err(IndexError::Away(_))));
    place.peer.come_back();
    until("both find it again", || searched(&index).is_ok() && searched(&late).is_ok());
    assert_eq!((found(&index, 1), found(&late, 1)), (1, 1));
    index.check().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, moved.notified()).await.unwrap() });
    put(&index, "b", 2, &["a"]).unwrap();
    assert_eq!(found(&late, 2), 1);
    // It comes back with nothing.
    place.peer.forget();
    until("what it lost is not known", || index.manifest().is_empty());
    runtime.block_on(async { tokio::time::timeout(PATIENCE, moved.notified()).await.unwrap() });
    put(&index, "c", 3, &[]).unwrap();
    until("the other process follows", || late.manifest().contains_key("c"));
}

#[test]
fn a_key_is_sent_and_a_wrong_one_is_refused_without_being_told() {
    let mut place = OnPeer::new(Peer::guarded(Some("right-key")));
    for wrong in ["", "wrong-key"] {
        place.key = wrong;
        let error = place.index().err().unwrap();
        assert!(matches!(error, IndexError::Fault(_)));
        let said = error.to_string();
        assert!(said.contains("knowledge.api_key") && !said.contains("wrong-key"), "{said}");
    }
    place.key = "right-key";
    put(&place.index().unwrap(), "a", 1, &[]).unwrap();
}

#[test]
fn vectors_of_the_wrong_size_are_refused_and_change_nothing() {
    let place = OnPeer::new(Peer::start());
    let index = place.index().unwrap();
    put(&index, "a", 1, &[]).unwrap();
    let embedding = Embedding { model: "m".into(), dimension: 3 };
    let entries = index.unembedded(&embedding, None, 10).unwrap();
    let vectors: HashMap<_, _> = entries.iter().map(|it| (it.id, vec![1.0; 4])).collect();
    let error = index.add_vectors(&embedding, &vectors).unwrap_err();
    assert!(error.to_string().contains("expected dim: 3, got 4"), "{error}");
    assert_eq!((index.embedding(), found(&index, 1)), (None, 1));
    until("the attempt is removed", || place.peer.collections().len() == 1);
}

#[test]
fn what_somebody_else_keeps_under_the_name_is_left_alone() {
    let place = OnPeer::new(Peer::start());
    let client = Qdrant::from_url(&place.peer.url()).skip_compatibility_check().build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let theirs = || {
        let mut vectors = qdrant_client::qdrant::VectorsConfigBuilder::default();
        vectors.add_named_vector_params("v", VectorParamsBuilder::new(3, Distance::Dot));
        CreateCollectionBuilder::new("theirs").vectors_config(vectors)
    };
    runtime.block_on(async {
        client.create_collection(theirs()).await.unwrap();
        client.create_alias(CreateAliasBuilder::new("theirs", "balcao")).await.unwrap();
    });
    let error = place.index().err().unwrap().to_string();
    assert!(error.contains("knowledge.collection"), "{error}");
    assert_eq!(place.peer.collections(), ["theirs"]);
}

#[test]
fn what_a_writer_that_died_left_behind_is_removed_after_a_while() {
    let place = OnPeer::new(Peer::start());
    let clock = Arc::new(ManualClock::at("2026-11-24T10:00:00Z".parse::<Timestamp>().unwrap()));
    let url = place.peer.url();
    let open = |collection| {
        let clock: Arc<dyn Clock> = clock.clone();
        let timeout = Duration::from_secs(30);
        QdrantIndex::open(&QdrantPlace { url: &url, api_key: "", collection, timeout, clock }).unwrap()
    };
    // The name of one index begins like that of the other.
    let (dead, other) = (open("balcao"), open("balcao-2"));
    let mut update = dead.begin(&dead.manifest()).unwrap();
    update.put("a", indexed("1"), vec![entry("a", 0, &[(1, 1.0)])]).unwrap();
    std::mem::forget(update);
    put(&other, "a", 1, &[]).unwrap();
    let alive = open("balcao");
    clock.advance(Duration::from_secs(600));
    put(&alive, "b", 2, &[]).unwrap();
    assert_eq!(place.peer.collections().len(), 3, "a writer may take some minutes");
    clock.advance(Duration::from_secs(3_600));
    put(&alive, "c", 3, &["b"]).unwrap();
    assert_eq!(place.peer.collections().len(), 2, "{:?}", place.peer.collections());
    assert_eq!((found(&alive, 2), found(&alive, 3), found(&other, 1)), (1, 1, 1));
}

#[test]
fn a_snapshot_is_one_of_what_is_searched() {
    let place = OnPeer::new(Peer::start());
    let index = place.index().unwrap();
    assert!(index.snapshot().is_err());
    put(&index, "a", 1, &[]).unwrap();
    let [(snapshot, collection)] = <[_; 1]>::try_from(index.snapshot().unwrap()).unwrap();
    assert_eq!(place.peer.collections(), std::slice::from_ref(&collection));
    assert!(snapshot.starts_with(&collection), "{snapshot}");
}

fn base(place: &OnPeer) -> KnowledgeBase {
    let index = Arc::new(place.index().unwrap());
    KnowledgeBase::over(index, Arc::new(Encoder::new().unwrap()), Language::Portuguese, &settings())
}

fn ingest(base: &KnowledgeBase, files: &[(&str, &str)]) -> Result<IngestReport, IndexError> {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), Cow::Owned(text.as_bytes().to_vec())));
    base.ingest(&source::in_memory(files))
}

#[test]
fn documents_are_found_changed_and_gone_without_a_trace() {
    let place = OnPeer::new(Peer::start());
    let (base, other) = (base(&place), self::base(&place));
    let (frete, troca) = (("frete.md", "# Frete\nGrátis."), ("troca.md", "# Troca\nSete dias."));
    assert_eq!(counts(&ingest(&base, &[frete, troca]).unwrap()), [2, 0, 0, 0, 0]);
    assert_eq!(base.search_blocking("prazo de troca", 5).unwrap()[0].text, "Sete dias.");
    until("the other process sees them", || other.manifest().len() == 2);
    assert_eq!(counts(&ingest(&other, &[frete, troca]).unwrap()), [0, 0, 2, 0, 0]);
    let changed = ("troca.md", "# Troca\nTrinta dias.");
    assert_eq!(counts(&ingest(&other, &[frete, changed]).unwrap()), [0, 1, 1, 0, 0]);
    assert_eq!(base.search_blocking("prazo de troca", 5).unwrap()[0].text, "Trinta dias.");
    assert!(!place.peer.holds("Sete dias"));
    assert_eq!(counts(&ingest(&base, &[frete]).unwrap()), [0, 0, 1, 1, 0]);
    assert!(other.search_blocking("prazo de troca", 5).unwrap().is_empty());
    assert!(!place.peer.holds("Trinta dias"));
}
