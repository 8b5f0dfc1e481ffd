//! What an index costs on a Qdrant server beside the embedded one: writing it, changing one document, a search by words, a
//! search by words and meaning. Measured in this process through the trait that both implement, on passages whose words
//! are as rare and as common as those of a language.

use crate::Scale;
use crate::figures::Figures;
use anyhow::Context;
use balcao::domain::clock::SystemClock;
use balcao::domain::language::Language;
use balcao::knowledge::chunk::{Chunk, Way};
use balcao::knowledge::edge::EdgeIndex;
use balcao::knowledge::index::{
    Embedding, Entry, Filter, Index, Indexed, Meaning, Search, SparseVector, TermId,
};
use balcao::knowledge::qdrant::{QdrantIndex, QdrantPlace};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Passages of a document.
const PASSAGES: u32 = 10;
/// Words of a passage that count.
const WORDS: usize = 60;
/// Different words there are.
const VOCABULARY: f64 = 30_000.0;
/// Numbers of a vector: as many as multilingual-e5-small gives.
const DIMENSION: usize = 384;
/// Entries that each side of a search gives.
const DEPTH: usize = 50;

/// The same numbers in every run.
struct Numbers(u64);

impl Numbers {
    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A word: the first ones are in every other passage, the last ones in hardly any.
    fn word(&mut self) -> TermId {
        VOCABULARY.powf(self.share()) as TermId
    }

    fn vector(&mut self) -> Vec<f32> {
        let vector: Vec<f32> = (0..DIMENSION).map(|_| self.share() as f32 - 0.5).collect();
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        vector.into_iter().map(|value| value / length).collect()
    }
}

/// Measures and prints.
pub fn measure(scale: Scale) -> anyhow::Result<()> {
    let (documents, searches) = match scale {
        Scale::Full => (1_000, 200),
        Scale::Quick => (20, 10),
    };
    println!(
        "\nqdrant    {} passages with vectors of {DIMENSION} numbers, at the index",
        documents * PASSAGES
    );
    let folder = tempfile::tempdir()?;
    one("embedded", &EdgeIndex::open(folder.path())?, documents, searches)?;
    let Some(url) = std::env::var_os("BALCAO_TEST_QDRANT_URL") else {
        println!("  on a server: left out, BALCAO_TEST_QDRANT_URL names none");
        return Ok(());
    };
    let url = url.into_string().ok().context("BALCAO_TEST_QDRANT_URL is no text")?;
    let key = std::env::var("BALCAO_TEST_QDRANT_KEY").unwrap_or_default();
    let index = QdrantIndex::open(&QdrantPlace {
        url: &url,
        api_key: &key,
        collection: "balcao-bench",
        timeout: Duration::from_secs(30),
        clock: Arc::new(SystemClock),
    })?;
    one("on a server", &index, documents, searches)?;
    // What stays there is empty.
    index.begin(&index.manifest())?.commit(&HashSet::new())?;
    Ok(())
}

fn document(number: u32, numbers: &mut Numbers) -> (String, Indexed, Vec<Entry>) {
    let source = format!("document {number}");
    let indexed = Indexed {
        fingerprint: number.to_string(),
        origin: source.clone(),
        language: Language::Portuguese,
        passages: PASSAGES as usize,
    };
    let entry = |ordinal: u32| {
        let terms: Vec<TermId> = (0..WORDS).map(|_| numbers.word()).collect();
        let text = terms.iter().map(|term| format!("palavra{term}")).collect::<Vec<_>>().join(" ");
        let chunk = Chunk {
            id: Uuid::from_u128((u128::from(number) << 64) | (u128::from(ordinal) << 8)),
            source: source.clone(),
            title: source.clone(),
            heading: None,
            tags: Vec::new(),
            text,
            language: Language::Portuguese,
            ordinal,
            valid_from: None,
            valid_until: None,
            audience: None,
            owner: None,
        };
        Entry { chunk, way: Way::Whole, terms: terms.into_iter().map(|term| (term, 1.0)).collect() }
    };
    let entries = (0..PASSAGES).map(entry).collect();
    (source, indexed, entries)
}

fn one(name: &str, index: &dyn Index, documents: u32, searches: usize) -> anyhow::Result<()> {
    let mut numbers = Numbers(7);
    let embedding = Embedding { model: "bench".into(), dimension: DIMENSION };
    let began = Instant::now();
    let mut update = index.begin(&index.manifest())?;
    for number in 0..documents {
        let (source, indexed, entries) = document(number, &mut numbers);
        update.put(&source, indexed, entries)?;
    }
    update.commit(&HashSet::new())?;
    let written = began.elapsed();
    let entries = index.unembedded(&embedding, None, usize::MAX)?;
    let vectors: HashMap<_, _> = entries.iter().map(|entry| (entry.id, numbers.vector())).collect();
    let began = Instant::now();
    index.add_vectors(&embedding, &vectors)?;
    let added = began.elapsed();
    let began = Instant::now();
    let mut keep: HashSet<String> = index.manifest().keys().cloned().collect();
    let mut update = index.begin(&index.manifest())?;
    let (source, indexed, entries) = document(0, &mut numbers);
    keep.remove(&source);
    update.put(&source, indexed, entries)?;
    update.commit(&keep)?;
    let changed = began.elapsed();
    let filter = Filter::default();
    let (mut by_words, mut by_both) = (Figures::default(), Figures::default());
    for _ in 0..searches {
        let terms: SparseVector = (0..5).map(|_| (numbers.word(), 1.0)).collect();
        let meaning = Meaning { embedding: embedding.clone(), vector: numbers.vector() };
        for (figures, meaning) in [(&mut by_words, None), (&mut by_both, Some(&meaning))] {
            let began = Instant::now();
            index.search(Search { terms: &terms, meaning, filter: &filter, depth: DEPTH })?;
            figures.add(began.elapsed());
        }
    }
    let rate = |took: Duration| f64::from(documents * PASSAGES) / took.as_secs_f64();
    println!(
        "  {name}: {:.0} passages/s written, {:.0}/s given vectors, one document changed in {:.2} s",
        rate(written),
        rate(added),
        changed.as_secs_f64()
    );
    println!(
        "    a search by words: median {:.2} ms, p99 {:.2} ms; by words and meaning: median {:.2} ms, p99 {:.2} ms",
        by_words.median(),
        by_words.quantile(0.99),
        by_both.median(),
        by_both.quantile(0.99)
    );
    Ok(())
}
