//! Another company's channel: a server that takes messages, forgets none, and misbehaves as it is told; and the adapter
//! that speaks to it.

use async_trait::async_trait;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use balcao::limits::backoff::Backoff;
use balcao::outbox::push::{Fate, Parcel, Push, Schedule, SendError};
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the channel does with the next message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Takes it.
    Take,
    /// Is too busy, for so many seconds.
    Busy(u64),
    /// Will never take it.
    Refuse,
    /// Takes it and does not say so.
    TakeSilently,
    /// Neither takes it nor says so.
    Lose,
}

#[derive(Default)]
struct Ledger {
    script: VecDeque<Act>,
    /// Idempotency key and text, in the order they were taken.
    taken: Vec<(String, String)>,
    /// Whether it can be asked what became of a message.
    answers_questions: bool,
}

/// The channel's server and the adapter to it.
#[derive(Clone)]
pub struct FakeChannel {
    url: String,
    client: reqwest::Client,
    ledger: Arc<Mutex<Ledger>>,
    timeout: Duration,
}

type Shared = Arc<Mutex<Ledger>>;

impl FakeChannel {
    pub async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let ledger =
            Ledger { script: script.into_iter().collect(), answers_questions: true, ..Ledger::default() };
        let ledger = Arc::new(Mutex::new(ledger));
        let router = Router::new()
            .route("/messages", post(take))
            .route("/messages/{key}", get(look))
            .with_state(ledger.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { url, client, ledger, timeout: Duration::from_millis(300) }
    }

    /// Is waited for as long as a test may take.
    pub fn patiently(self) -> Self {
        Self { timeout: Duration::from_secs(60), ..self }
    }

    /// From now on it answers no questions about what it took.
    pub fn muted(self) -> Self {
        self.ledger.lock().unwrap().answers_questions = false;
        self
    }

    /// The texts it took, in order. It takes none twice.
    pub fn taken(&self) -> Vec<String> {
        let ledger = self.ledger.lock().unwrap();
        let mut keys: Vec<&String> = ledger.taken.iter().map(|(key, _)| key).collect();
        keys.sort();
        let before = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), before, "a message was sent twice: {:?}", ledger.taken);
        ledger.taken.iter().map(|(_, text)| text.clone()).collect()
    }
}

async fn take(
    State(ledger): State<Shared>,
    axum::Json(sent): axum::Json<Value>,
) -> (StatusCode, axum::Json<Value>) {
    let key = sent["key"].as_str().unwrap().to_owned();
    let text = sent["text"].as_str().unwrap().to_owned();
    let act = {
        let mut ledger = ledger.lock().unwrap();
        let act = ledger.script.pop_front().unwrap_or(Act::Take);
        if matches!(act, Act::Take | Act::TakeSilently) {
            ledger.taken.push((key.clone(), text));
        }
        act
    };
    match act {
        Act::Take => (StatusCode::OK, axum::Json(json!({"id": format!("ext-{key}")}))),
        Act::Busy(seconds) => (StatusCode::SERVICE_UNAVAILABLE, axum::Json(json!({"after": seconds}))),
        Act::Refuse => (StatusCode::BAD_REQUEST, axum::Json(json!({"error": "the number does not exist"}))),
        Act::TakeSilently | Act::Lose => std::future::pending().await,
    }
}

async fn look(State(ledger): State<Shared>, Path(key): Path<String>) -> (StatusCode, axum::Json<Value>) {
    let ledger = ledger.lock().unwrap();
    if !ledger.answers_questions {
        return (StatusCode::FORBIDDEN, axum::Json(json!({})));
    }
    match ledger.taken.iter().any(|(taken, _)| *taken == key) {
        true => (StatusCode::OK, axum::Json(json!({"id": format!("ext-{key}")}))),
        false => (StatusCode::NOT_FOUND, axum::Json(json!({}))),
    }
}

#[async_trait]
impl Push for FakeChannel {
    fn channel(&self) -> &str {
        "whatsapp"
    }

    fn schedule(&self) -> Schedule {
        let backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(300) };
        Schedule { backoff, attempts: 4, timeout: self.timeout }
    }

    async fn send(&self, parcel: &Parcel) -> Result<String, SendError> {
        let body = json!({"key": parcel.delivery.id.to_string(), "text": parcel.message.text});
        let in_doubt = |error: reqwest::Error| SendError::InDoubt { error: error.to_string() };
        let answer =
            self.client.post(format!("{}/messages", self.url)).json(&body).send().await.map_err(in_doubt)?;
        let status = answer.status();
        let answer: Value = answer.json().await.map_err(in_doubt)?;
        match status {
            StatusCode::OK => Ok(answer["id"].as_str().unwrap().to_owned()),
            StatusCode::SERVICE_UNAVAILABLE => Err(SendError::NotNow {
                after: answer["after"].as_u64().map(Duration::from_secs),
                error: "busy".to_owned(),
            }),
            _ => Err(SendError::Refused { error: answer["error"].as_str().unwrap().to_owned() }),
        }
    }

    async fn fate(&self, parcel: &Parcel) -> Fate {
        let url = format!("{}/messages/{}", self.url, parcel.delivery.id);
        let answer = self.client.get(url).send().await.unwrap();
        match answer.status() {
            StatusCode::OK => {
                let answer: Value = answer.json().await.unwrap();
                Fate::Sent { external_id: answer["id"].as_str().unwrap().to_owned() }
            }
            StatusCode::NOT_FOUND => Fate::NotSent,
            _ => Fate::Unknown,
        }
    }
}
