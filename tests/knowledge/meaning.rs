//! Vectors in the background, and what a search makes of them. The model of meaning here knows a handful of things and
//! which words mean them; the real one is in `calibration.rs`.

use super::{ingest, open};
use balcao::domain::language::Language;
use balcao::domain::passage::Asked;
use balcao::knowledge::search::KnowledgeBase;
use balcao::knowledge::vectors::{VectorError, VectorState};
use balcao::llm::embed::{EmbedError, Embedder, TextKind};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Words that mean the same, a thing a line.
const THINGS: [&[&str]; 5] = [
    &["devolver", "devolucao", "devolução", "arrependi", "mandar", "volta"],
    &["frete", "entrega", "correio", "chega"],
    &["horario", "abre", "abrem", "funciona"],
    &["garantia", "morreu", "secou"],
    &["pix", "pagar", "pagamento"],
];

type BeforeEach = Box<dyn Fn(&[&str]) -> Result<(), EmbedError> + Send + Sync>;

struct Things {
    id: &'static str,
    before_each: BeforeEach,
    texts: Mutex<Vec<String>>,
}

impl Things {
    fn new(id: &'static str) -> Self {
        Self { id, before_each: Box::new(|_| Ok(())), texts: Mutex::default() }
    }

    fn passages(&self) -> usize {
        self.texts.lock().unwrap().iter().filter(|text| text.contains("Passage")).count()
    }
}

impl Embedder for Things {
    fn id(&self) -> &str {
        self.id
    }

    fn dimension(&self) -> usize {
        THINGS.len() + 1
    }

    fn embed(&self, texts: &[&str], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        (self.before_each)(texts)?;
        let vector = |text: &&str| {
            let text = text.to_lowercase();
            let mut vector: Vec<f32> = THINGS
                .iter()
                .map(|words| if words.iter().any(|word| text.contains(word)) { 1.0 } else { 0.0 })
                .collect();
            // What all texts share, and a little that none shares.
            vector.push(0.5 + (text.len() % 7) as f32 / 50.0);
            let length = vector.iter().map(|it| it * it).sum::<f32>().sqrt();
            vector.into_iter().map(|it| it / length).collect()
        };
        self.texts.lock().unwrap().extend(texts.iter().map(|text| format!("{kind:?} {text}")));
        Ok(texts.iter().map(vector).collect())
    }
}

const DOCUMENTS: [(&str, &str); 4] = [
    ("trocas.md", "# Trocas\n\n## Prazo\nA devolução é aceita em até 7 dias."),
    ("frete.md", "# Frete\n\n## Valor\nCusta R$ 15,00 para São Paulo."),
    ("loja.md", "# Loja\n\n## Sexta\nA loja abre às 9h na sexta.\n\n## Sábado\nNo sábado, das 9h às 13h."),
    (
        "faq.jsonl",
        "{\"id\":\"faq-1\",\"question\":\"Minha planta morreu?\",\"answer\":\"Trocamos em 15 dias.\"}",
    ),
];

fn shop() -> (TempDir, KnowledgeBase) {
    let folder = tempfile::tempdir().unwrap();
    let knowledge = open(folder.path());
    ingest(&knowledge, &DOCUMENTS);
    (folder, knowledge)
}

fn first(knowledge: &KnowledgeBase, query: &str) -> Option<String> {
    knowledge.search_blocking(query, 3).unwrap().first().map(|it| it.source.clone())
}

#[test]
fn words_answer_until_the_vectors_are_there_and_then_the_meaning_too() {
    let (folder, knowledge) = shop();
    let things = Arc::new(Things::new("things-1"));
    assert_eq!(knowledge.vectors(), VectorState::Off);
    knowledge.attach(things.clone());
    let paraphrase = "me arrependi, quero mandar embora";
    assert_eq!(first(&knowledge, paraphrase), None);
    assert_eq!(first(&knowledge, "prazo da devolucao").as_deref(), Some("trocas.md"));
    // Four documents, one in two sections and one found in two ways.
    assert_eq!(knowledge.make_vectors(&CancellationToken::new()).unwrap(), 6);
    assert_eq!(knowledge.vectors(), VectorState::Ready);
    assert_eq!(first(&knowledge, paraphrase).as_deref(), Some("trocas.md"));
    let found = knowledge.search_blocking(paraphrase, 6).unwrap();
    assert!(found[0].evidence > found[1].evidence, "{found:?}");
    // What has its vector keeps it, here and after a restart.
    let made = things.passages();
    ingest(
        &knowledge,
        &[DOCUMENTS[0], DOCUMENTS[1], DOCUMENTS[2], DOCUMENTS[3], ("pix.md", "# Pix\nNa hora.")],
    );
    assert_eq!(knowledge.make_vectors(&CancellationToken::new()).unwrap(), 1);
    drop(knowledge);
    let again = open(folder.path());
    let things_again = Arc::new(Things::new("things-1"));
    again.attach(things_again.clone());
    assert_eq!(again.make_vectors(&CancellationToken::new()).unwrap(), 0);
    assert_eq!(first(&again, paraphrase).as_deref(), Some("trocas.md"));
    assert!(made > things_again.passages());
}

#[test]
fn titles_headings_and_questions_are_in_what_is_embedded() {
    let (_folder, knowledge) = shop();
    let things = Arc::new(Things::new("things-1"));
    knowledge.attach(things.clone());
    knowledge.make_vectors(&CancellationToken::new()).unwrap();
    let texts = things.texts.lock().unwrap();
    for expected in [
        "Passage Trocas\nPrazo\nA devolução é aceita em até 7 dias.",
        "Passage Minha planta morreu?",
        "Passage Minha planta morreu?\nTrocamos em 15 dias.",
    ] {
        assert!(texts.iter().any(|text| text == expected), "{expected:?} is not among {texts:?}");
    }
}

#[test]
fn another_model_is_used_only_when_all_its_vectors_are_there() {
    let (folder, knowledge) = shop();
    knowledge.attach(Arc::new(Things::new("things-1")));
    knowledge.make_vectors(&CancellationToken::new()).unwrap();
    drop(knowledge);
    let knowledge = open(folder.path());
    knowledge.attach(Arc::new(Things::new("things-2")));
    let paraphrase = "me arrependi, quero mandar embora";
    assert_eq!(first(&knowledge, paraphrase), None);
    assert_eq!(first(&knowledge, "prazo da devolucao").as_deref(), Some("trocas.md"));
    assert_eq!(knowledge.make_vectors(&CancellationToken::new()).unwrap(), 6);
    assert_eq!(first(&knowledge, paraphrase).as_deref(), Some("trocas.md"));
}

#[test]
fn an_ingest_while_vectors_are_made_is_seen_at_once_and_gets_its_vectors() {
    let (_folder, knowledge) = shop();
    let (ingesting, once) = (knowledge.clone(), Mutex::new(true));
    let before_each: BeforeEach = Box::new(move |texts| {
        let about_passages = texts.iter().any(|text| text.contains("Prazo"));
        if about_passages && std::mem::take(&mut *once.lock().unwrap()) {
            // The price changes, one document goes, one comes.
            let changed = ("frete.md", "# Frete\n\n## Valor\nCusta R$ 18,00 para São Paulo.");
            ingest(
                &ingesting,
                &[DOCUMENTS[0], changed, DOCUMENTS[2], ("garantia.md", "# Garantia\n15 dias.")],
            );
            let found = ingesting.search_blocking("valor do frete", 1).unwrap();
            assert_eq!(found[0].text, "Custa R$ 18,00 para São Paulo.");
        }
        Ok(())
    });
    knowledge.attach(Arc::new(Things { before_each, ..Things::new("things-1") }));
    knowledge.make_vectors(&CancellationToken::new()).unwrap();
    assert_eq!(first(&knowledge, "a muda secou toda").as_deref(), Some("garantia.md"));
    assert_eq!(
        knowledge.search_blocking("valor do frete", 1).unwrap()[0].text,
        "Custa R$ 18,00 para São Paulo."
    );
    assert!(!knowledge.manifest().contains_key("faq-1"));
    assert_eq!(knowledge.make_vectors(&CancellationToken::new()).unwrap(), 0);
}

#[test]
fn stopped_or_failed_work_leaves_the_index_as_it_was() {
    let (_folder, knowledge) = shop();
    let stop = CancellationToken::new();
    let (stopping, away) = (stop.clone(), Arc::new(Mutex::new(false)));
    let is_away = away.clone();
    let before_each: BeforeEach = Box::new(move |_| {
        stopping.cancel();
        if *is_away.lock().unwrap() { Err(EmbedError::Unavailable("away".into())) } else { Ok(()) }
    });
    knowledge.attach(Arc::new(Things { before_each, ..Things::new("things-1") }));
    ingest(&knowledge, &[("muitos.txt", &"Frete grátis.\n\n".repeat(10_000))]);
    assert_eq!(knowledge.make_vectors(&stop).unwrap(), 0);
    assert!(
        matches!(knowledge.vectors(), VectorState::Making { made: 0, of } if of > 0),
        "{:?}",
        knowledge.vectors()
    );
    *away.lock().unwrap() = true;
    let error = knowledge.make_vectors(&CancellationToken::new()).unwrap_err();
    assert!(matches!(error, VectorError::Embed(EmbedError::Unavailable(_))), "{error}");
    assert!(knowledge.vectors().to_string().ends_with("the embedding model cannot be reached: away"));
    assert_eq!(first(&knowledge, "frete").as_deref(), Some("muitos.txt"));
}

#[test]
fn a_model_that_fails_at_a_question_leaves_it_to_the_words() {
    let (_folder, knowledge) = shop();
    let away = Arc::new(Mutex::new(false));
    let is_away = away.clone();
    let before_each: BeforeEach =
        Box::new(
            move |_| {
                if *is_away.lock().unwrap() { Err(EmbedError::Unavailable("away".into())) } else { Ok(()) }
            },
        );
    knowledge.attach(Arc::new(Things { before_each, ..Things::new("things-1") }));
    knowledge.make_vectors(&CancellationToken::new()).unwrap();
    *away.lock().unwrap() = true;
    assert_eq!(first(&knowledge, "prazo da devolucao").as_deref(), Some("trocas.md"));
}

#[test]
fn what_says_nothing_finds_nothing_by_meaning_either() {
    let (_folder, knowledge) = shop();
    knowledge.attach(Arc::new(Things::new("things-1")));
    knowledge.make_vectors(&CancellationToken::new()).unwrap();
    for query in ["", "?!", "🙂", "oi, tudo bem?"] {
        assert!(knowledge.search_blocking(query, 3).unwrap().is_empty(), "{query:?}");
    }
    assert_eq!(knowledge.rank("frete", 100).unwrap().len(), 4);
}

#[tokio::test]
async fn a_follow_up_is_looked_up_with_what_it_leans_on() {
    let (_folder, knowledge) = shop();
    let asked = |before: &[&str]| Asked {
        text: "e no sábado?".into(),
        before: before.iter().map(|text| (*text).to_owned()).collect(),
        language: Language::Portuguese,
    };
    let found = knowledge.look_up(&asked(&["que horas a loja abre na sexta?"]), 2).await.unwrap();
    assert_eq!(found.query, "que horas a loja abre e no sábado?", "what was really searched for");
    let headings: Vec<_> = found.passages.iter().map(|it| it.heading.as_deref()).collect();
    assert_eq!(headings, [Some("Sábado"), Some("Sexta")]);
    // Another thing before, another passage found beside it.
    let found = knowledge.look_up(&asked(&["qual o prazo de devolução?"]), 2).await.unwrap();
    assert!(found.passages.iter().any(|it| it.source == "trocas.md"), "{found:?}");
}
