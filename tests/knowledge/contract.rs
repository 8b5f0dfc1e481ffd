//! What every index owes its callers (`knowledge::index`), written against the trait alone: the embedded one, one on a
//! peer that speaks Qdrant's protocol, and one on a real Qdrant server where `BALCAO_TEST_QDRANT_URL` names one.

use super::places::places;
use balcao::domain::language::Language;
use balcao::knowledge::chunk::{Chunk, Way};
use balcao::knowledge::index::{
    Embedding, Entry, EntryId, Filter, Hit, Index, IndexError, Indexed, Meaning, Search, SparseVector, TermId,
};
use jiff::civil::date;
use std::collections::HashSet;
use uuid::Uuid;

fn on_every_index(test: impl Fn(&dyn Index)) {
    for place in places() {
        test(place.open().unwrap().as_ref());
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
    Entry { chunk, way: Way::Whole, terms: terms.iter().copied().collect() }
}

/// The hits by terms alone, best first.
pub fn by_terms(index: &dyn Index, terms: &[(TermId, f32)], depth: usize) -> Vec<Hit> {
    let terms: SparseVector = terms.iter().copied().collect();
    let mut hits =
        index.search(Search { terms: &terms, meaning: None, filter: &Filter::default(), depth }).unwrap();
    hits.sort_by(|left, right| right.terms.total_cmp(&left.terms));
    hits
}

fn found(index: &dyn Index, term: TermId) -> Vec<String> {
    by_terms(index, &[(term, 1.0)], 10).into_iter().map(|hit| hit.chunk.source).collect()
}

fn put(index: &dyn Index, documents: &[(&str, TermId)], keep: &[&str]) {
    let mut update = index.begin(&index.manifest()).unwrap();
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
        let hits = by_terms(index, &[(1, 1.0)], 10);
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].chunk, entry("a", 0, &[(1, 1.0)]).chunk);
        assert!(by_terms(index, &[], 10).is_empty());
        assert!(by_terms(index, &[(1, 1.0)], 0).is_empty());
    });
}

#[test]
fn rare_terms_weigh_more_and_better_hits_come_first() {
    on_every_index(|index| {
        put(index, &[("a", 1), ("b", 2), ("c", 2), ("d", 2)], &[]);
        let hits = by_terms(index, &[(1, 1.0), (2, 1.0)], 10);
        assert_eq!(hits[0].chunk.source, "a");
        assert!(hits.windows(2).all(|pair| pair[0].terms >= pair[1].terms));
        assert!(hits[0].terms > hits[1].terms);
        let lexicon = index.lexicon();
        let expected = lexicon.inverse_frequency(1);
        assert!((hits[0].terms - expected).abs() < 0.01, "{} is not {expected}", hits[0].terms);
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
fn a_passage_is_there_by_its_id_as_long_as_it_is_indexed() {
    on_every_index(|index| {
        let id = |source: &str, ordinal| entry(source, ordinal, &[]).chunk.id;
        let there = |ids: &[Uuid]| {
            let mut found: Vec<_> =
                index.passages(ids).unwrap().into_iter().map(|chunk| chunk.source).collect();
            found.sort_unstable();
            found
        };
        assert!(there(&[id("a", 0)]).is_empty(), "nothing is indexed");
        put(index, &[("a", 1), ("b", 2), ("c", 3)], &[]);
        let all = [id("a", 0), id("b", 0), id("c", 0), id("d", 0), id("a", 1)];
        assert_eq!(there(&all), ["a", "b", "c"]);
        assert!(there(&[]).is_empty());
        // A small change is laid over what was there; what it replaces and what is gone must not shine through.
        let mut update = index.begin(&index.manifest()).unwrap();
        update.put("b", indexed("2"), vec![entry("b", 1, &[(2, 1.0)])]).unwrap();
        update.commit(&HashSet::from(["a".to_owned()])).unwrap();
        assert_eq!(there(&all), ["a"]);
        assert_eq!(there(&[id("b", 1)]), ["b"]);
    });
}

#[test]
fn an_update_that_is_dropped_changes_nothing() {
    on_every_index(|index| {
        put(index, &[("a", 1)], &[]);
        let mut update = index.begin(&index.manifest()).unwrap();
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
    for place in places() {
        let index = place.open().unwrap();
        let mut update = index.begin(&index.manifest()).unwrap();
        let entries: Vec<_> =
            (0..700).map(|ordinal| entry("a", ordinal, &[(7, 1.0), (ordinal + 1000, 1.0)])).collect();
        update.put("a", indexed("1"), entries).unwrap();
        update.commit(&HashSet::new()).unwrap();
        put(index.as_ref(), &[("b", 2)], &["a"]);
        drop(index);
        let index = place.open().unwrap();
        assert_eq!(by_terms(index.as_ref(), &[(7, 1.0)], 1000).len(), 700);
        assert_eq!(found(index.as_ref(), 1699), ["a"]);
        assert_eq!(index.manifest().get("b"), Some(&indexed("1")));
    }
}

#[test]
fn a_second_owner_is_refused_or_sees_the_same() {
    for place in places() {
        let index = place.open().unwrap();
        put(index.as_ref(), &[("a", 1)], &[]);
        match place.open() {
            Ok(second) => assert_eq!(found(second.as_ref(), 1), ["a"]),
            Err(error) => assert!(matches!(error, IndexError::InUse(_)), "{error}"),
        }
        drop(index);
        assert_eq!(found(place.open().unwrap().as_ref(), 1), ["a"]);
    }
}

#[test]
fn an_update_over_what_is_no_longer_there_is_not_begun() {
    on_every_index(|index| {
        put(index, &[("a", 1)], &[]);
        let seen = index.manifest();
        put(index, &[("b", 2)], &["a"]);
        assert!(matches!(index.begin(&seen).err(), Some(IndexError::Overtaken)));
        put(index, &[("c", 3)], &["a", "b"]);
        assert_eq!(index.manifest().len(), 3);
    });
}

fn embedding(model: &str) -> Embedding {
    Embedding { model: model.to_owned(), dimension: 3 }
}

fn vector_of(index: &dyn Index, source: &str, vector: [f32; 3]) -> (EntryId, Vec<f32>) {
    let entries = index.unembedded(&embedding("nobody"), None, 1000).unwrap();
    let entry = entries.iter().find(|it| it.chunk.source == source).unwrap();
    (entry.id, vector.to_vec())
}

/// Sources with terms and cosine, by source.
fn by_both(
    index: &dyn Index,
    term: TermId,
    model: &str,
    vector: [f32; 3],
    depth: usize,
) -> Vec<(String, f32, Option<f32>)> {
    let terms: SparseVector = [(term, 1.0)].into_iter().collect();
    let meaning = Meaning { embedding: embedding(model), vector: vector.to_vec() };
    let search = Search { terms: &terms, meaning: Some(&meaning), filter: &Filter::default(), depth };
    let hits = index.search(search).unwrap().into_iter();
    let mut hits: Vec<_> = hits.map(|hit| (hit.chunk.source, hit.terms, hit.likeness)).collect();
    hits.sort_by(|left, right| left.0.cmp(&right.0));
    hits
}

#[test]
fn vectors_find_what_terms_do_not_and_every_hit_has_both_scores() {
    on_every_index(|index| {
        put(index, &[("a", 1), ("b", 2), ("c", 3)], &[]);
        assert_eq!(index.embedding(), None);
        let vectors = [("a", [1.0, 0.0, 0.0]), ("b", [0.0, 1.0, 0.0]), ("c", [0.0, 0.6, 0.8])];
        let vectors = vectors.iter().map(|(source, vector)| vector_of(index, source, *vector)).collect();
        index.add_vectors(&embedding("m"), &vectors).unwrap();
        assert_eq!(index.embedding(), Some(embedding("m")));
        assert!(index.unembedded(&embedding("m"), None, 10).unwrap().is_empty());
        // By terms `a`, by meaning `b`: both come with the score of the side that did not find them.
        let hits = by_both(index, 1, "m", [0.0, 1.0, 0.0], 1);
        let [(a, a_terms, a_cosine), (b, b_terms, b_cosine)] = hits.as_slice() else { panic!("{hits:?}") };
        assert_eq!(
            (a.as_str(), *a_cosine, b.as_str(), *b_terms, *b_cosine),
            ("a", Some(0.0), "b", 0.0, Some(1.0))
        );
        assert!(*a_terms > 0.5);
        // A term that all have, looked at one deep: what only the meaning found has the score the terms would give it.
        let hits = by_both(index, 999, "m", [0.0, 0.6, 0.8], 1);
        let lexicon = index.lexicon();
        let (_, terms, cosine) = hits.iter().find(|(source, ..)| source == "c").unwrap();
        assert!((terms - lexicon.inverse_frequency(999)).abs() < 0.02, "{terms}");
        assert!((cosine.unwrap() - 1.0).abs() < 1e-5);
    });
}

#[test]
fn vectors_of_two_models_are_never_compared() {
    on_every_index(|index| {
        put(index, &[("a", 1), ("b", 2)], &[]);
        let old = ["a", "b"].map(|source| vector_of(index, source, [1.0, 0.0, 0.0]));
        index.add_vectors(&embedding("old"), &old.into_iter().collect()).unwrap();
        assert_eq!(by_both(index, 1, "new", [1.0, 0.0, 0.0], 10).len(), 1);
        assert!(by_both(index, 1, "new", [1.0, 0.0, 0.0], 10).iter().all(|(_, _, cosine)| cosine.is_none()));
        let new = [vector_of(index, "b", [0.0, 0.0, 1.0])];
        index.add_vectors(&embedding("new"), &new.into_iter().collect()).unwrap();
        // `a` has no vector of the new model, and that of the old one is gone.
        let hits = by_both(index, 1, "new", [0.0, 0.0, 1.0], 10);
        assert_eq!(
            hits.iter().map(|(source, _, cosine)| (source.as_str(), *cosine)).collect::<Vec<_>>(),
            [("a", None), ("b", Some(1.0))]
        );
        assert_eq!(index.unembedded(&embedding("new"), None, 10).unwrap().len(), 1);
        assert_eq!(index.unembedded(&embedding("old"), None, 10).unwrap().len(), 2);
    });
}

#[test]
fn vectors_stay_with_what_is_kept_and_survive_a_restart() {
    for place in places() {
        let index = place.open().unwrap();
        put(index.as_ref(), &[("a", 1), ("b", 2)], &[]);
        let vectors = ["a", "b"].map(|source| vector_of(index.as_ref(), source, [0.0, 1.0, 0.0]));
        let mut vectors: std::collections::HashMap<_, _> = vectors.into_iter().collect();
        vectors.insert(EntryId(Uuid::from_u128(7)), vec![1.0, 0.0, 0.0]);
        index.add_vectors(&embedding("m"), &vectors).unwrap();
        put(index.as_ref(), &[("b", 3), ("c", 4)], &["a"]);
        drop(index);
        let index = place.open().unwrap();
        assert_eq!(index.embedding(), Some(embedding("m")));
        let hits = by_both(index.as_ref(), 4, "m", [0.0, 1.0, 0.0], 10);
        let cosines: Vec<_> = hits.iter().map(|(source, _, cosine)| (source.as_str(), *cosine)).collect();
        assert_eq!(cosines, [("a", Some(1.0)), ("c", None)]);
        let without: Vec<_> = index.unembedded(&embedding("m"), None, 10).unwrap();
        let mut sources: Vec<_> = without.iter().map(|it| it.chunk.source.as_str()).collect();
        sources.sort_unstable();
        assert_eq!(sources, ["b", "c"]);
        // Read in pages it is the same.
        let first = index.unembedded(&embedding("m"), None, 1).unwrap();
        let second = index.unembedded(&embedding("m"), Some(first[0].id), 1).unwrap();
        assert_eq!((&without[0], &without[1]), (&first[0], &second[0]));
        assert!(index.unembedded(&embedding("m"), Some(second[0].id), 1).unwrap().is_empty());
    }
}

#[test]
fn only_what_the_filter_lets_through_is_found() {
    on_every_index(|index| {
        let change = |source: &str, change: &dyn Fn(&mut Chunk)| {
            let mut entry = entry(source, 0, &[(1, 1.0)]);
            change(&mut entry.chunk);
            entry
        };
        let entries = [
            change("any", &|_| {}),
            change("english", &|chunk| chunk.language = Language::English),
            change("staff", &|chunk| chunk.audience = Some("staff".into())),
            change("expired", &|chunk| chunk.valid_until = Some(date(2026, 11, 25))),
            change("today", &|chunk| {
                chunk.valid_from = Some(date(2026, 11, 26));
                chunk.valid_until = Some(date(2026, 11, 26));
            }),
            change("coming", &|chunk| chunk.valid_from = Some(date(2026, 11, 27))),
        ];
        let mut update = index.begin(&index.manifest()).unwrap();
        for entry in entries {
            update.put(&entry.chunk.source.clone(), indexed("1"), vec![entry]).unwrap();
        }
        update.commit(&HashSet::new()).unwrap();
        let vectors = index.unembedded(&embedding("m"), None, 10).unwrap();
        let vectors = vectors.into_iter().map(|it| (it.id, vec![1.0, 0.0, 0.0])).collect();
        index.add_vectors(&embedding("m"), &vectors).unwrap();
        let meaning = Meaning { embedding: embedding("m"), vector: vec![1.0, 0.0, 0.0] };
        let terms: SparseVector = [(1, 1.0)].into_iter().collect();
        let found = |filter: Filter, terms: &SparseVector, meaning: Option<&Meaning>| {
            let hits = index.search(Search { terms, meaning, filter: &filter, depth: 10 }).unwrap();
            let mut sources: Vec<_> = hits.into_iter().map(|hit| hit.chunk.source).collect();
            sources.sort_unstable();
            sources
        };
        let day = Some(date(2026, 11, 26));
        let audiences = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        let cases = [
            (Filter::default(), vec!["any", "coming", "english", "expired", "staff", "today"]),
            (Filter { day, ..Filter::default() }, vec!["any", "english", "staff", "today"]),
            (Filter { languages: vec![Language::English], ..Filter::default() }, vec!["english"]),
            (
                Filter { audiences: audiences(&["customers"]), day, ..Filter::default() },
                vec!["any", "english", "today"],
            ),
            (
                Filter { audiences: audiences(&[]), day, languages: vec![Language::Portuguese] },
                vec!["any", "today"],
            ),
            (
                Filter { audiences: audiences(&["customers", "staff"]), ..Filter::default() },
                vec!["any", "coming", "english", "expired", "staff", "today"],
            ),
        ];
        for (filter, expected) in cases {
            assert_eq!(found(filter.clone(), &terms, None), expected, "{filter:?}");
            assert_eq!(
                found(filter.clone(), &SparseVector::default(), Some(&meaning)),
                expected,
                "{filter:?}"
            );
            assert_eq!(found(filter.clone(), &terms, Some(&meaning)), expected, "{filter:?}");
        }
    });
}
