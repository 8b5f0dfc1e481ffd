//! An endpoint that speaks OpenAI's embeddings protocol over real HTTP on port 0, and can fail in the ways endpoints
//! fail. It checks each request as a strict server would and keeps it. Its vectors tell texts apart and mean nothing.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the endpoint does instead of answering.
#[derive(Clone, Debug)]
pub enum Fault {
    /// A status with a header and a body.
    Status(u16, (&'static str, &'static str), &'static str),
    /// This document with status 200.
    Says(Value),
    /// Takes the request and never answers.
    Hang,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Asked {
    pub body: Value,
    pub authorization: Option<String>,
}

#[derive(Default)]
struct Shared {
    dimension: usize,
    faults: Mutex<VecDeque<Fault>>,
    asked: Mutex<Vec<Asked>>,
    malformed: Mutex<Vec<String>>,
}

/// The running endpoint. Dropping it fails the test if a request was malformed.
pub struct FakeEmbeddings {
    shared: Arc<Shared>,
    base_url: String,
    server: JoinHandle<()>,
}

impl FakeEmbeddings {
    pub async fn start(dimension: usize, faults: impl IntoIterator<Item = Fault>) -> Self {
        let shared = Arc::new(Shared {
            dimension,
            faults: Mutex::new(faults.into_iter().collect()),
            ..Shared::default()
        });
        let router = Router::new().route("/v1/embeddings", post(embed)).with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { shared, base_url, server }
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }
}

impl Drop for FakeEmbeddings {
    fn drop(&mut self) {
        self.server.abort();
        let malformed = self.shared.malformed.lock().unwrap();
        if !std::thread::panicking() {
            assert!(malformed.is_empty(), "malformed requests: {malformed:#?}");
        }
    }
}

/// The vector of a text, in length 1.
pub fn vector(text: &str, dimension: usize) -> Vec<f32> {
    let mut numbers = vec![0.25_f32; dimension];
    for (index, byte) in text.bytes().enumerate() {
        numbers[(index + usize::from(byte)) % dimension] += f32::from(byte) / 64.0;
    }
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    numbers.iter().map(|number| number / length).collect()
}

async fn embed(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    shared.malformed.lock().unwrap().extend(faults(&body));
    shared.asked.lock().unwrap().push(Asked { body: body.clone(), authorization });
    let fault = shared.faults.lock().unwrap().pop_front();
    match fault {
        Some(Fault::Status(status, (name, value), body)) => {
            (StatusCode::from_u16(status).unwrap(), [(name, value)], body).into_response()
        }
        Some(Fault::Says(document)) => axum::Json(document).into_response(),
        Some(Fault::Hang) => std::future::pending().await,
        None => {
            // Twice as long as it should be, and the last text first: the protocol promises neither length nor order.
            let data: Vec<Value> = body["input"]
                .as_array()
                .unwrap()
                .iter()
                .enumerate()
                .rev()
                .map(|(index, text)| {
                    let numbers = vector(text.as_str().unwrap(), shared.dimension);
                    let numbers: Vec<f32> = numbers.iter().map(|number| number * 2.0).collect();
                    json!({"object": "embedding", "index": index, "embedding": numbers})
                })
                .collect();
            let usage = json!({"prompt_tokens": 1, "total_tokens": 1});
            axum::Json(json!({"object": "list", "data": data, "model": body["model"], "usage": usage}))
                .into_response()
        }
    }
}

/// What OpenAI's server would refuse.
fn faults(body: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            faults.push(format!("{what}: {body}"));
        }
    };
    expect(body["model"].as_str().is_some_and(|model| !model.is_empty()), "no model");
    expect(body["encoding_format"] == "float", "the vectors would be text");
    let texts = body["input"].as_array().map(Vec::as_slice).unwrap_or_default();
    expect((1..=2048).contains(&texts.len()), "no texts, or too many");
    expect(texts.iter().all(|text| text.as_str().is_some_and(|text| !text.is_empty())), "an empty text");
    let known = ["model", "input", "encoding_format", "input_type"];
    expect(
        body.as_object().is_some_and(|body| body.keys().all(|key| known.contains(&key.as_str()))),
        "a field it does not know",
    );
    faults
}
