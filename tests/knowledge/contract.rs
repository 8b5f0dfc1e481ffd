//! What every index owes its callers (`knowledge::index`), written against the trait alone.

use balcao::domain::language::Language;
use balcao::knowledge::chunk::Chunk;
use balcao::knowledge::edge::EdgeIndex;
use balcao::knowledge::index::{Entry, Index, IndexError, Indexed, SparseVector, TermId};
use std::collections::HashSet;
use std::path::Path;
use uuid::Uuid;

/// Opens the index of a folder; a second call while the first one's index lives must fail.
type Open = fn(&Path) -> Result<Box<dyn Index>, IndexError>;

fn edge(folder: &Path) -> Result<Box<dyn Index>, IndexError> {
    Ok(Box::new(EdgeIndex::open(folder)?))
}

const INDEXES: [Open; 1] = [edge];

fn on_every_index(test: impl Fn(&dyn Index)) {
    for open in INDEXES {
        let folder = tempfile::tempdir().unwrap();
        test(open(folder.path()).unwrap().as_ref());
    }
}

pub fn indexed(fingerprint: &str) -> Indexed {
    let (fingerprint, origin) = (fingerprint.to_owned(), "file".to_owned());
    Indexed { fingerprint, origin, language: Language::Portuguese, passages: 1 }
}

pub fn entry(source: &str, ordinal: u32, terms: &[(TermId, f32)]) -> Entry {
    let chunk = Chunk {
        id: Uuid::from_u128(
            source.bytes().fold(u128::from(ordinal), |id, byte| (id << 8) | u128::from(byte)) << 8,
        ),
        source: source.to_owned(),
        title: "Título".into(),
        heading: Some("A > B".into()),
        tags: vec!["tag".into()],
        text: format!("texto {ordinal} de {source}"),
        language: Language::Portuguese,
        ordinal,
        valid_from: None,
        valid_until: None,
        audience: None,
        owner: None,
    };
    Entry { chunk, variant: 0, terms: terms.iter().copied().collect() }
}

fn query(terms: &[(TermId, f32)]) -> SparseVector {
    terms.iter().copied().collect()
}

fn found(index: &dyn Index, term: TermId) -> Vec<String> {
    index.search(&query(&[(term, 1.0)]), 10).unwrap().into_iter().map(|hit| hit.chunk.source).collect()
}

fn put(index: &dyn Index, documents: &[(&str, TermId)], keep: &[&str]) {
    let mut update = index.begin().unwrap();
    for (source, term) in documents {
        update.put(source, indexed("1"), vec![entry(source, 0, &[(*term, 1.0), (999, 1.0)])]).unwrap();
    }
    update.commit(&keep.iter().map(|source| (*source).to_owned()).collect::<HashSet<_>>()).unwrap();
}

#[test]
fn an_empty_index_finds_nothing() {
    on_every_index(|index| {
        assert!(found(index, 1).is_empty());
        assert!(index.manifest().is_empty());
        put(index, &[], &["nobody"]);
        assert!(found(index, 1).is_empty());
    });
}

#[test]
fn what_was_put_is_found_as_it_was() {
    on_every_index(|index| {
        put(index, &[("a", 1), ("b", 2)], &[]);
        let hits = index.search(&query(&[(1, 1.0)]), 10).unwrap();
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].chunk, entry("a", 0, &[(1, 1.0)]).chunk);
        assert!(index.search(&SparseVector::default(), 10).unwrap().is_empty());
        assert!(index.search(&query(&[(1, 1.0)]), 0).unwrap().is_empty());
    });
}

#[test]
fn rare_terms_weigh_more_and_better_hits_come_first() {
    on_every_index(|index| {
        put(index, &[("a", 1), ("b", 2), ("c", 2), ("d", 2)], &[]);
        let hits = index.search(&query(&[(1, 1.0), (2, 1.0)]), 10).unwrap();
        assert_eq!(hits[0].chunk.source, "a");
        assert!(hits.windows(2).all(|pair| pair[0].score >= pair[1].score));
        assert!(hits[0].score > hits[1].score);
        let lexicon = index.lexicon();
        let expected = lexicon.inverse_frequency(1);
        assert!((hits[0].score - expected).abs() < 0.01, "{} is not {expected}", hits[0].score);
    });
}

#[test]
fn an_update_leaves_what_it_keeps_and_what_it_puts() {
    on_every_index(|index| {
        put(index, &[("a", 1), ("b", 2), ("c", 3)], &[]);
        put(index, &[("b", 5), ("d", 4)], &["a"]);
        assert_eq!(index.manifest().keys().collect::<Vec<_>>(), ["a", "b", "d"]);
        assert_eq!(found(index, 1), ["a"]);
        assert!(found(index, 2).is_empty() && found(index, 3).is_empty());
        assert_eq!((found(index, 4), found(index, 5)), (vec!["d".to_owned()], vec!["b".to_owned()]));
        assert!(index.lexicon().knows(1) && !index.lexicon().knows(3));
    });
}

#[test]
fn an_update_that_is_dropped_changes_nothing() {
    on_every_index(|index| {
        put(index, &[("a", 1)], &[]);
        let mut update = index.begin().unwrap();
        update.put("b", indexed("1"), vec![entry("b", 0, &[(2, 1.0)])]).unwrap();
        assert!(found(index, 2).is_empty());
        drop(update);
        assert_eq!(found(index, 1), ["a"]);
        assert!(found(index, 2).is_empty());
        put(index, &[("c", 3)], &["a"]);
        assert_eq!(index.manifest().len(), 2);
    });
}

#[test]
fn searches_go_on_beside_updates() {
    on_every_index(|index| {
        put(index, &[("a", 1)], &[]);
        std::thread::scope(|scope| {
            let searching = scope.spawn(|| {
                for _ in 0..300 {
                    assert_eq!(found(index, 1), ["a"]);
                }
            });
            for round in 0..8 {
                put(index, &[("b", 10 + round)], &["a"]);
            }
            searching.join().unwrap();
        });
    });
}

#[test]
fn many_entries_and_many_updates_survive_a_restart() {
    for open in INDEXES {
        let folder = tempfile::tempdir().unwrap();
        let index = open(folder.path()).unwrap();
        let mut update = index.begin().unwrap();
        let entries: Vec<_> =
            (0..700).map(|ordinal| entry("a", ordinal, &[(7, 1.0), (ordinal + 1000, 1.0)])).collect();
        update.put("a", indexed("1"), entries).unwrap();
        update.commit(&HashSet::new()).unwrap();
        put(index.as_ref(), &[("b", 2)], &["a"]);
        drop(index);
        let index = open(folder.path()).unwrap();
        assert_eq!(index.search(&query(&[(7, 1.0)]), 1000).unwrap().len(), 700);
        assert_eq!(found(index.as_ref(), 1699), ["a"]);
        assert_eq!(index.manifest().get("b"), Some(&indexed("1")));
    }
}

#[test]
fn a_second_owner_is_refused() {
    for open in INDEXES {
        let folder = tempfile::tempdir().unwrap();
        let index = open(folder.path()).unwrap();
        assert!(matches!(open(folder.path()).err(), Some(IndexError::InUse(_))));
        drop(index);
        assert!(open(folder.path()).is_ok());
    }
}
