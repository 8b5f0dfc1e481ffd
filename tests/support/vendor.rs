//! A vendor's system behind an operator's own tool, over real HTTP: it keeps a ledger of effects by idempotency key,
//! as a careful vendor does, and can be slow, fail or answer far too much.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the vendor does with a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Does it and says so.
    Do,
    /// Does it, and says so only when [`Vendor::let_go`] is called.
    DoAndHold,
    /// Does nothing and says why.
    Fail(u16),
    /// Answers with so many bytes.
    Big(usize),
}

#[derive(Default)]
struct Books {
    script: Mutex<VecDeque<Act>>,
    asked: Mutex<Vec<Value>>,
    effects: Mutex<BTreeMap<String, Value>>,
}

/// The running vendor.
pub struct Vendor {
    books: Arc<Books>,
    pub url: String,
    arrived: watch::Receiver<usize>,
    go: watch::Sender<bool>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Counter {
    books: Arc<Books>,
    arrived: watch::Sender<usize>,
    go: watch::Receiver<bool>,
}

impl Vendor {
    /// A vendor that does `script`, then everything it is asked.
    pub async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let books = Arc::new(Books { script: Mutex::new(script.into_iter().collect()), ..Books::default() });
        let (arrived, arrivals) = watch::channel(0);
        let (go, held) = watch::channel(false);
        let counter = Counter { books: books.clone(), arrived, go: held };
        let router = Router::new().fallback(answer).with_state(counter);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { books, url, arrived: arrivals, go, server }
    }

    /// Waits until it was asked `count` times.
    pub async fn asked_times(&self, count: usize) {
        let mut arrived = self.arrived.clone();
        let reached = arrived.wait_for(|times| *times >= count);
        tokio::time::timeout(std::time::Duration::from_secs(20), reached)
            .await
            .expect("the vendor is asked")
            .unwrap();
    }

    /// Bodies of all requests.
    pub fn asked(&self) -> Vec<Value> {
        self.books.asked.lock().unwrap().clone()
    }

    /// What was done, once per idempotency key.
    pub fn effects(&self) -> Vec<Value> {
        self.books.effects.lock().unwrap().values().cloned().collect()
    }

    /// Lets held answers go.
    pub fn let_go(&self) {
        self.go.send_replace(true);
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(counter): State<Counter>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let books = &counter.books;
    let act = books.script.lock().unwrap().pop_front().unwrap_or(Act::Do);
    let count = {
        let mut asked = books.asked.lock().unwrap();
        asked.push(body.clone());
        asked.len()
    };
    if matches!(act, Act::Do | Act::DoAndHold) {
        let key = headers
            .get("idempotency-key")
            .map_or_else(|| format!("none-{count}"), |key| key.to_str().unwrap().to_owned());
        books.effects.lock().unwrap().entry(key).or_insert(body);
    }
    counter.arrived.send_replace(count);
    match act {
        Act::Do => axum::Json(json!({"state": "done", "protocol": "P-7731"})).into_response(),
        Act::DoAndHold => {
            let mut go = counter.go.clone();
            go.wait_for(|go| *go).await.ok();
            axum::Json(json!({"state": "done", "protocol": "P-7731"})).into_response()
        }
        Act::Fail(status) => (StatusCode::from_u16(status).unwrap(), "out of order").into_response(),
        Act::Big(bytes) => {
            axum::Json(json!({"state": "done", "log": "x".repeat(bytes), "last": "read too"})).into_response()
        }
    }
}

/// A file with a tool `refund` that needs the customer's word, and a tool `record_visit` that does not. Both write.
pub fn tools(vendor: &str) -> String {
    format!(
        r#"
[[tool]]
name = "refund"
description = "Pays money back for an order."
title = {{ "pt-BR" = "devolver o dinheiro" }}
risk = "sensitive"
parameters = {{ type = "object", additionalProperties = false, required = ["order", "amount"], properties = {{ order = {{ type = "string" }}, amount = {{ type = "number" }}, gift = {{ type = "boolean" }}, reasons = {{ type = "array", items = {{ type = "string" }} }} }} }}
[tool.http]
method = "POST"
url = "{vendor}/refunds"
idempotency_header = "Idempotency-Key"
body = {{ order = "{{{{ args.order }}}}", amount = "{{{{ args.amount }}}}" }}
timeout_ms = 2000

[[tool]]
name = "record_visit"
description = "Records that somebody will pass by the shop."
title = {{ "pt-BR" = "registrar a visita" }}
risk = "write"
progress = {{ "pt-BR" = "Vou registrar a sua visita." }}
parameters = {{ type = "object", additionalProperties = false, required = ["day"], properties = {{ day = {{ type = "string" }}, email = {{ type = "string", format = "email" }}, amount = {{ type = "number" }} }} }}
[tool.http]
method = "POST"
url = "{vendor}/visits"
idempotency_header = "Idempotency-Key"
body = {{ day = "{{{{ args.day }}}}" }}
timeout_ms = 20000

[[tool]]
name = "weather"
description = "Tells the weather."
risk = "read"
parameters = {{ type = "object", properties = {{}} }}
[tool.http]
method = "POST"
url = "{vendor}/weather"
timeout_ms = 300
"#
    )
}
