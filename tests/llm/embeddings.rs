//! Vectors from an endpoint: the protocol, its faults, and the settings that lead there.

use crate::support::fake_embeddings::{FakeEmbeddings, Fault, vector};
use crate::support::tiny_e5::{Folder, packed};
use balcao::config::embeddings::EmbeddingSettings;
use balcao::config::secret::Secret;
use balcao::config::settings::Settings;
use balcao::domain::clock::SystemClock;
use balcao::limits::net::Allowance;
use balcao::limits::pause::Pause;
use balcao::llm::embed::open::{EmbedderParts, OpenError, PACKED, model_folder, open};
use balcao::llm::embed::openai::{EmbeddingEndpoint, OpenAiEmbedder};
use balcao::llm::embed::{EmbedError, Embedder, TextKind};
use serde_json::json;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

/// Remembers how long it should have waited, and does not wait.
#[derive(Default)]
struct NoPause(Mutex<Vec<Duration>>);

impl Pause for NoPause {
    fn pause(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }
}

fn settings(change: impl FnOnce(&mut EmbeddingSettings)) -> EmbeddingSettings {
    let mut settings = Settings::load(None, &Vec::new()).unwrap().embeddings;
    change(&mut settings);
    settings
}

/// A model at the fake endpoint, what it was asked to wait, and its answers to `texts`.
struct Outcome {
    id: String,
    dimension: usize,
    vectors: Result<Vec<Vec<f32>>, EmbedError>,
    waits: Vec<Duration>,
}

async fn embed(
    fake: &FakeEmbeddings,
    settings: EmbeddingSettings,
    texts: &'static [&'static str],
    kind: TextKind,
) -> Result<Outcome, EmbedError> {
    let endpoint = EmbeddingEndpoint {
        name: "openai:test".into(),
        base_url: fake.base_url().into(),
        api_key: Secret::new("key-1"),
        model: "test-model".into(),
        allowance: Allowance::Everything,
    };
    let runtime = Handle::current();
    spawn_blocking(move || {
        let pause = Arc::new(NoPause::default());
        let clock = Arc::new(SystemClock);
        let model = OpenAiEmbedder::open(endpoint, &settings, clock, pause.clone(), runtime)?;
        let vectors = model.embed(texts, kind);
        let waits = pause.0.lock().unwrap().clone();
        Ok(Outcome { id: model.id().to_owned(), dimension: model.dimension(), vectors, waits })
    })
    .await
    .unwrap()
}

fn close(one: &[f32], other: &[f32]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| (one - other).abs() < 1e-6)
}

#[tokio::test]
async fn texts_are_sent_in_batches_and_their_vectors_put_in_order() {
    let fake = FakeEmbeddings::start(6, []).await;
    let settings = settings(|settings| {
        settings.batch = 2;
        settings.passage_prefix = "passage: ".into();
        settings.query_input_type = "query".into();
    });
    let texts = &["um", "dois", "três", "", "cinco"];
    let outcome = embed(&fake, settings.clone(), texts, TextKind::Passage).await.unwrap();
    assert_eq!(outcome.dimension, 6);
    let expected = ["um", "dois", "três", "-", "cinco"].map(|text| vector(&format!("passage: {text}"), 6));
    let vectors = outcome.vectors.unwrap();
    assert!(vectors.iter().zip(&expected).all(|(one, other)| close(one, other)), "{vectors:?}");
    let asked = fake.asked();
    // The first one asked how long a vector is.
    assert_eq!(asked.len(), 4);
    assert_eq!(asked[1].body["input"], json!(["passage: um", "passage: dois"]));
    assert_eq!((&asked[1].body["model"], &asked[1].body["input_type"]), (&json!("test-model"), &json!(null)));
    assert_eq!(asked[1].authorization.as_deref(), Some("Bearer key-1"));
    let question = embed(&fake, settings, &["um"], TextKind::Query).await.unwrap();
    assert!(close(&question.vectors.unwrap()[0], &vector("um", 6)));
    assert_eq!(fake.asked().last().unwrap().body["input_type"], "query");
}

#[tokio::test]
async fn the_name_changes_with_what_the_vectors_depend_on() {
    let fake = FakeEmbeddings::start(6, []).await;
    let id = async |change: fn(&mut EmbeddingSettings)| {
        embed(&fake, settings(change), &[], TextKind::Query).await.unwrap().id
    };
    let plain = id(|_| {}).await;
    assert!(plain.starts_with("openai-test-model-6-"), "{plain}");
    assert_eq!(plain, id(|settings| settings.batch = 7).await);
    assert_ne!(plain, id(|settings| settings.query_prefix = "query: ".into()).await);
    assert_ne!(plain, id(|settings| settings.passage_prefix = "query: ".into()).await);
}

#[tokio::test]
async fn a_busy_endpoint_is_asked_again_when_it_says() {
    let busy = |seconds| Fault::Status(429, ("retry-after", seconds), r#"{"error":{"message":"slow down"}}"#);
    let known = settings(|settings| settings.dimension = 4);
    let fake = FakeEmbeddings::start(4, [busy("7"), busy("3")]).await;
    let outcome = embed(&fake, known.clone(), &["um"], TextKind::Passage).await.unwrap();
    assert!(close(&outcome.vectors.unwrap()[0], &vector("um", 4)));
    assert_eq!(outcome.waits, [7, 3].map(Duration::from_secs));
    // Whoever asks for an hour is not waited for, and somebody waits for the answer to a question.
    for (seconds, kind) in [("3600", TextKind::Passage), ("1", TextKind::Query)] {
        let fake = FakeEmbeddings::start(4, [busy(seconds)]).await;
        let outcome = embed(&fake, known.clone(), &["um"], kind).await.unwrap();
        assert!(matches!(outcome.vectors, Err(EmbedError::Unavailable(_))), "{:?}", outcome.vectors);
        assert_eq!((outcome.waits.len(), fake.asked().len()), (0, 1));
    }
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    let refused = Fault::Status(401, ("x", "y"), r#"{"error":{"message":"bad key"}}"#);
    let one = json!({"data": [{"index": 0, "embedding": [1.0, 0.0, 0.0, 0.0]}]});
    let twice = json!({"data": [{"index": 1, "embedding": [1.0, 0.0, 0.0, 0.0]},
        {"index": 1, "embedding": [1.0, 0.0, 0.0, 0.0]}]});
    let beyond = json!({"data": [{"index": 0, "embedding": [1.0, 0.0, 0.0, 0.0]},
        {"index": 2, "embedding": [1.0, 0.0, 0.0, 0.0]}]});
    let nothing = json!({"data": [{"embedding": [0.0, 0.0, 0.0, 0.0]}, {"embedding": [1.0, 0.0, 0.0, 0.0]}]});
    let longer = json!({"data": [{"embedding": [1.0, 0.0]}, {"embedding": [1.0, 0.0]}]});
    for (fault, words) in [
        (refused, "bad key"),
        (Fault::Says(one), "answered 2 texts with 1 vectors"),
        (Fault::Says(twice), "two vectors for one text"),
        (Fault::Says(beyond), "two vectors for one text"),
        (Fault::Says(nothing), "without a direction"),
        (Fault::Says(longer), "vectors of 2 numbers, not 4"),
        (Fault::Says(json!({"vectors": []})), "not what the embeddings protocol says"),
    ] {
        let fake = FakeEmbeddings::start(4, [fault]).await;
        let known = settings(|settings| settings.dimension = 4);
        let outcome = embed(&fake, known, &["um", "dois"], TextKind::Passage).await.unwrap();
        let Err(EmbedError::Fault(detail)) = outcome.vectors else { panic!("{:?}", outcome.vectors) };
        assert!(detail.contains(words) && !detail.contains("dois"), "{detail}");
        assert_eq!(fake.asked().len(), 1);
    }
}

#[tokio::test]
async fn an_endpoint_that_says_nothing_is_given_up() {
    let known = settings(|settings| {
        settings.dimension = 4;
        settings.query_timeout_ms = 100;
    });
    let fake = FakeEmbeddings::start(4, [Fault::Hang]).await;
    let outcome = embed(&fake, known, &["um"], TextKind::Query).await.unwrap();
    let expected = EmbedError::Unavailable("openai:test: timed out".into());
    assert_eq!(outcome.vectors, Err(expected));
    // How long a vector is must be known from the start.
    let fault = Fault::Status(503, ("x", "y"), "");
    let fake = FakeEmbeddings::start(4, [fault]).await;
    let opened = embed(&fake, settings(|_| {}), &[], TextKind::Query).await;
    assert!(matches!(opened, Err(EmbedError::Unavailable(_))));
}

/// The name of the embedder that these settings open, in this data folder.
async fn opened(model: &str, data: &Path, base_url: &str) -> Result<Option<String>, OpenError> {
    let mut settings = Settings::load(None, &Vec::new()).unwrap();
    settings.embeddings.model = model.to_owned();
    settings.llm.base_url = base_url.to_owned();
    let (data, runtime) = (data.to_owned(), Handle::current());
    spawn_blocking(move || {
        let opened = open(EmbedderParts {
            settings: &settings.embeddings,
            llm: &settings.llm,
            allowance: Allowance::PublicOnly,
            data: &data,
            clock: Arc::new(SystemClock),
            pause: Arc::new(NoPause::default()),
            runtime,
        })?;
        Ok(opened.map(|embedder| embedder.id().to_owned()))
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn the_settings_name_the_embedder() {
    let fake = FakeEmbeddings::start(6, []).await;
    let folder = Folder::new();
    let (data, url) = (folder.path(), fake.base_url());
    assert_eq!(opened("auto", data, url).await.unwrap(), None);
    assert!(matches!(opened("e5", data, url).await, Err(OpenError::NotPulled)));
    assert!(matches!(opened("x", data, url).await, Err(OpenError::Unknown(_))));
    assert!(matches!(opened("openai@near:m", data, url).await, Err(OpenError::NoEndpoint(_))));
    let remote = opened("openai:m", data, url).await.unwrap().unwrap();
    assert!(remote.starts_with("openai-m-6-"), "{remote}");
    let file = folder.write("weights.bin", packed().0);
    let by_name = opened(&format!("file:{}", file.display()), data, url).await.unwrap().unwrap();
    std::fs::create_dir_all(model_folder(data)).unwrap();
    std::fs::write(model_folder(data).join(PACKED), packed().0).unwrap();
    for model in ["auto", "e5"] {
        assert_eq!(opened(model, data, url).await.unwrap().as_ref(), Some(&by_name), "{model}");
    }
    assert_eq!(opened("off", data, url).await.unwrap(), None);
    std::fs::write(model_folder(data).join(PACKED), "E5S1").unwrap();
    assert!(matches!(opened("auto", data, url).await, Err(OpenError::Weights(_))));
}
