//! The vendor behind the tool: a careful one, with a ledger by idempotency key. Slow at times; at times it fails
//! before it does what it is asked, or breaks off behind it.

use crate::evidence::{Called, Evidence, now};
use crate::model::TOOL;
use crate::plan::Plan;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use rand::Rng;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The running vendor.
pub struct Vendor {
    /// Its URL.
    pub url: String,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Counter {
    plan: Arc<Plan>,
    evidence: Arc<Mutex<Evidence>>,
    seen: Arc<Mutex<HashSet<String>>>,
}

impl Vendor {
    /// A vendor with empty books.
    pub async fn start(plan: Arc<Plan>, evidence: Arc<Mutex<Evidence>>) -> Self {
        let counter = Counter { plan, evidence, seen: Arc::default() };
        let router = Router::new().route("/visits", post(record)).with_state(counter);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, serving }
    }

    /// The operator's file for it.
    pub fn tool(&self) -> String {
        format!(
            r#"
[[tool]]
name = "{TOOL}"
description = "Records a visit by the word that the customer gave for it."
title = {{ "pt-BR" = "registrar a visita" }}
risk = "write"
progress = {{ "pt-BR" = "Vou registrar a sua visita." }}
[tool.parameters]
type = "object"
additionalProperties = false
required = ["word"]
properties.word = {{ type = "string", description = "The word" }}
[tool.http]
method = "POST"
url = "{}/visits"
idempotency_header = "Idempotency-Key"
headers = {{ "x-process" = "{{{{ secret.PROCESS }}}}" }}
body = {{ word = "{{{{ args.word }}}}" }}
timeout_ms = 6000
"#,
            self.url
        )
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Notes the end of a request, also if whoever asked goes away.
struct Open {
    place: usize,
    evidence: Arc<Mutex<Evidence>>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.evidence.lock().unwrap().called[self.place].ended = Some(now());
    }
}

async fn record(State(counter): State<Counter>, headers: HeaderMap, body: Bytes) -> Response {
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (key, by) = (header("idempotency-key"), header("x-process"));
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let word = body["word"].as_str().unwrap_or_default().to_owned();
    let _open = {
        let mut evidence = counter.evidence.lock().unwrap();
        let (at, word, key) = (now(), word.clone(), key.clone());
        evidence.called.push(Called { word, key, by, at, ended: None });
        Open { place: evidence.called.len() - 1, evidence: Arc::clone(&counter.evidence) }
    };
    let letters = word.bytes().fold(0, |sum: usize, letter| sum.wrapping_mul(31).wrapping_add(letter.into()));
    let mut dice = counter.plan.dice(7, letters);
    let fault = match dice.random_range(0..100) {
        fault @ 0..10 if counter.seen.lock().unwrap().insert(key.clone()) => fault,
        _ => 100,
    };
    tokio::time::sleep(Duration::from_millis(dice.random_range(0..200))).await;
    if fault < 5 {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    // From here on it is done, whether anybody waits for the answer or not.
    counter.evidence.lock().unwrap().effects.entry(key).or_insert(word);
    tokio::time::sleep(Duration::from_millis(dice.random_range(0..200))).await;
    if fault < 10 {
        let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("broken off"))]);
        return Body::from_stream(broken).into_response();
    }
    axum::Json(json!({"state": "done"})).into_response()
}
