//! What the knowledge costs at 10,000 and 100,000 passages: indexing, one changed document, searches by words and by
//! meaning, memory. Measured in this process, as the program does more than search. The passages are made (`corpus`).
//! So many real vectors would take an hour: a passage has a real one of few, moved a little by its text, while
//! questions are embedded by the model; what vectors cost is in `embed`.

use crate::corpus::{Corpus, Document};
use crate::figures::Figures;
use crate::process::Process;
use crate::{Place, Scale};
use anyhow::Context;
use balcao::config::settings::Settings;
use balcao::domain::language::Language;
use balcao::knowledge::search::KnowledgeBase;
use balcao::knowledge::source;
use balcao::llm::embed::e5::E5;
use balcao::llm::embed::{EmbedError, Embedder, TextKind};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// As many threads as the settings give by default.
const THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// Passages a turn asks for.
const LIMIT: usize = 4;

/// Real vectors that those of passages are made of.
const REAL: usize = 256;

/// How far a passage's vector is from the real one: about as far as two passages of one document are from each other.
const MOVED: f32 = 0.35;

/// Passages that are compared before and after the index was optimised.
const COMPARED: usize = 10;

/// Measures and prints.
pub fn measure(place: &Place, scale: Scale) -> anyhow::Result<()> {
    let (sizes, questions) = match scale {
        Scale::Full => (&[10_000, 100_000][..], 500),
        Scale::Quick => (&[1_000][..], 20),
    };
    println!(
        "\nknowledge made passages of 60 to 160 words; {LIMIT} passages a search, {questions} questions"
    );
    let mut corpus = Corpus::of(Path::new("knowledge"))?;
    let model = match std::env::var_os("BALCAO_TEST_E5").map(PathBuf::from) {
        Some(folder) => Some(Arc::new(Scattered::over(&folder.join("e5-small-q4.bin"), &mut corpus)?)),
        None => {
            println!("  no meaning: BALCAO_TEST_E5 does not say where the weights are; ./dev bench sets it");
            None
        }
    };
    for size in sizes {
        let folder = place.data.join(format!("knowledge-{size}"));
        std::fs::remove_dir_all(&folder).ok();
        let (documents, mut asked) = corpus.documents(*size, size / questions);
        asked.truncate(questions);
        println!("  {size} passages");
        one(&folder, documents, &asked, model.clone())?;
        std::fs::remove_dir_all(&folder).ok();
    }
    Ok(())
}

fn one(
    folder: &Path,
    mut documents: Vec<Document>,
    questions: &[String],
    model: Option<Arc<Scattered>>,
) -> anyhow::Result<()> {
    let settings = Settings::load(None, &Vec::new()).map_err(|_| anyhow::anyhow!("no default settings"))?;
    let before = Process::own().memory()?;
    let base = KnowledgeBase::open(folder, Language::Portuguese, &settings.knowledge)?;
    let began = Instant::now();
    let report = base.ingest(&source::in_memory(documents.iter().cloned()))?;
    let took = began.elapsed();
    let passages: usize = base.manifest().values().map(|indexed| indexed.passages).sum();
    anyhow::ensure!(report.failed.is_empty(), "{report}");
    println!(
        "    indexed in {:.1} s: {:.0} passages a second",
        took.as_secs_f64(),
        passages as f64 / took.as_secs_f64()
    );
    say("words, as indexed", &base, questions)?;
    if let Some(model) = model {
        base.attach(model);
        let began = Instant::now();
        base.make_vectors(&CancellationToken::new())?;
        println!("    vectors put in within {:.1} s (not made: see embed)", began.elapsed().as_secs_f64());
        say("both, as indexed", &base, questions)?;
    }
    let plain = first(&base, questions)?;
    let began = Instant::now();
    if base.optimise()? {
        println!("    optimised in {:.1} s, in the background", began.elapsed().as_secs_f64());
        if base.has_embedder() {
            say("both, optimised", &base, questions)?;
        } else {
            say("words, optimised", &base, questions)?;
        }
        let (found, of) = shared(&plain, &first(&base, questions)?);
        println!("    of the first {COMPARED} passages {:.1} % are the same", found * 100.0 / of);
    }
    let after = Process::own().memory()?;
    println!(
        "    memory: {:.0} MB more than before, of it {:.0} MB anonymous; {:.0} MB on disk",
        after.resident - before.resident,
        after.anonymous - before.anonymous,
        on_disk(folder)? as f64 / f64::from(1 << 20)
    );
    let (_, text) = documents.first_mut().context("no document")?;
    text.to_mut().extend_from_slice("\n\n## Novo preço\n\nAgora custa R$ 47,00.\n".as_bytes());
    let files = source::in_memory(documents);
    let began = Instant::now();
    base.ingest(&files)?;
    println!("    one document changed: found anew after {:.2} s", began.elapsed().as_secs_f64());
    Ok(())
}

/// Asks every question once, after some that warm up, and prints how long it took.
fn say(name: &str, base: &KnowledgeBase, questions: &[String]) -> anyhow::Result<()> {
    for question in questions.iter().rev().take(20) {
        base.search_blocking(question, LIMIT)?;
    }
    let mut figures = Figures::default();
    for question in questions {
        let began = Instant::now();
        base.search_blocking(question, LIMIT)?;
        figures.add(began.elapsed());
    }
    println!(
        "    {name:18} {} searches: median {:.2} ms, p99 {:.2} ms",
        figures.count(),
        figures.median(),
        figures.quantile(0.99)
    );
    Ok(())
}

fn first(base: &KnowledgeBase, questions: &[String]) -> anyhow::Result<Vec<Vec<String>>> {
    let ids = |question: &String| {
        let found = base.search_blocking(question, COMPARED)?;
        Ok(found.into_iter().map(|passage| passage.id).collect())
    };
    questions.iter().map(ids).collect()
}

/// How many are in both, and how many there are.
fn shared(before: &[Vec<String>], after: &[Vec<String>]) -> (f64, f64) {
    let both =
        before.iter().zip(after).map(|(one, other)| one.iter().filter(|id| other.contains(id)).count());
    (both.sum::<usize>() as f64, before.iter().map(Vec::len).sum::<usize>() as f64)
}

fn on_disk(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { on_disk(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

/// The model for questions; for passages, real vectors moved a little.
struct Scattered {
    model: E5,
    real: Vec<Vec<f32>>,
}

impl Scattered {
    fn over(weights: &Path, corpus: &mut Corpus) -> anyhow::Result<Self> {
        let model = E5::open(weights, THREADS)?;
        let texts: Vec<String> = (0..REAL).map(|_| corpus.sentence(30)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let real = model.embed(&texts, TextKind::Passage)?;
        Ok(Self { model, real })
    }

    fn near(&self, text: &str) -> Vec<f32> {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let mut state = hasher.finish() | 1;
        let real = self.real.get(state as usize % self.real.len()).map_or(&[][..], Vec::as_slice);
        let step = MOVED * (3.0 / real.len().max(1) as f32).sqrt();
        let mut vector: Vec<f32> = real
            .iter()
            .map(|value| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                // From -1 to 1.
                value + step * ((state >> 40) as f32 / (1 << 23) as f32 - 1.0)
            })
            .collect();
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|value| *value /= length);
        vector
    }
}

impl Embedder for Scattered {
    fn id(&self) -> &str {
        "scattered"
    }

    fn dimension(&self) -> usize {
        self.model.dimension()
    }

    fn embed(&self, texts: &[&str], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        match kind {
            TextKind::Query => self.model.embed(texts, kind),
            TextKind::Passage => Ok(texts.iter().map(|text| self.near(text)).collect()),
        }
    }
}
