//! A model that speaks OpenAI's chat protocol: it calls the tool once for every visit that was asked for and not yet
//! recorded, then names what it answers. Slow at times, faulty at times, and it takes down who asked it what.

use crate::evidence::{Asked, Evidence, now};
use crate::plan::{Plan, Wish};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The tool that records a visit.
pub const TOOL: &str = "record_visit";
/// Most calls of one answer.
const CALLS: usize = 4;

/// The running model.
pub struct Model {
    /// Its base URL.
    pub url: String,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Mind {
    plan: Arc<Plan>,
    evidence: Arc<Mutex<Evidence>>,
    seen: Arc<Mutex<HashSet<u64>>>,
}

impl Model {
    /// A model that knows the words of the plan.
    pub async fn start(plan: Arc<Plan>, evidence: Arc<Mutex<Evidence>>) -> Self {
        let mind = Mind { plan, evidence, seen: Arc::default() };
        let router = Router::new().route("/v1/chat/completions", post(answer)).with_state(mind);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, serving }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Answer {
    Calls(Vec<String>),
    Words(String),
}

/// Whether calls may be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tools {
    Offered,
    Withheld,
}

/// What goes wrong with an answer, the first time that it is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    None,
    Refused,
    Cut,
}

/// Notes the end of a request, also if whoever asked goes away.
struct Open {
    place: usize,
    evidence: Arc<Mutex<Evidence>>,
}

impl Open {
    fn finished(&self) {
        self.evidence.lock().unwrap().asked[self.place].finished = true;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.evidence.lock().unwrap().asked[self.place].ended = Some(now());
    }
}

async fn answer(State(mind): State<Mind>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let by = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let by = by.trim_start_matches("Bearer ").to_owned();
    let plan = &mind.plan;
    let tools = match body["tools"].is_array() && body["tool_choice"] != "none" {
        true => Tools::Offered,
        false => Tools::Withheld,
    };
    let (customer, answer) = think(plan, &messages, tools);
    let Some(customer) = customer else {
        let odd = format!("the model was asked by {by} about nobody it knows: {:.300}", json!(messages));
        mind.evidence.lock().unwrap().oddities.push(odd);
        return StatusCode::BAD_REQUEST.into_response();
    };
    let transcript = hash_of(&messages[1..]);
    let open = {
        let mut evidence = mind.evidence.lock().unwrap();
        let (at, answer) = (now(), format!("{answer:?}"));
        evidence.asked.push(Asked { customer, by, transcript, at, ended: None, finished: false, answer });
        Open { place: evidence.asked.len() - 1, evidence: Arc::clone(&mind.evidence) }
    };
    let mut dice = plan.dice(transcript | 1, customer);
    let is_first = mind.seen.lock().unwrap().insert(transcript);
    let fault = match dice.random_range(0..100) {
        0 if is_first => Fault::Refused,
        1..3 if is_first => Fault::Cut,
        _ => Fault::None,
    };
    let slow = dice.random_ratio(3, 100);
    let patience = if slow { dice.random_range(1_500..3_000) } else { dice.random_range(30..450) };
    tokio::time::sleep(Duration::from_millis(patience)).await;
    if fault == Fault::Refused {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let mut events = events_of(&answer, transcript);
    if fault == Fault::Cut {
        events.truncate(events.len() / 2);
    }
    stream(events, Pace { dice, fault }, open)
}

fn hash_of(messages: &[Value]) -> u64 {
    let mut hasher = DefaultHasher::new();
    messages.iter().for_each(|message| message.to_string().hash(&mut hasher));
    hasher.finish()
}

/// Who is spoken to, and what a model would do that is careful and has no imagination.
fn think(plan: &Plan, messages: &[Value], tools: Tools) -> (Option<usize>, Answer) {
    let text = |message: &Value| message["content"].as_str().unwrap_or_default().to_owned();
    let spoke = |message: &Value| message["role"] == "assistant" && !text(message).is_empty();
    let since = messages.iter().rposition(spoke).map_or(0, |place| place + 1);
    let said = messages[since..].iter().filter(|message| message["role"] == "user").map(text);
    let said = said.collect::<Vec<_>>().join("\n");
    let words = plan.words_in(&said);
    let customer = words.first().map(|(_, customer, _)| *customer);
    let tried = tried(messages);
    let wanted: Vec<String> = words
        .iter()
        .filter(|(word, _, wish)| *wish == Wish::Visit && !tried.contains(*word))
        .map(|(word, _, _)| (*word).to_owned())
        .take(CALLS)
        .collect();
    if tools == Tools::Offered && !wanted.is_empty() {
        return (customer, Answer::Calls(wanted));
    }
    let sentences = words.iter().map(|(word, _, _)| format!("Tudo certo com {word}."));
    (customer, Answer::Words(sentences.collect::<Vec<_>>().join(" ")))
}

/// Words that a call was made for, whatever came of it, unless it was certainly not made.
fn tried(messages: &[Value]) -> HashSet<String> {
    let was_not_made = |id: &Value| {
        messages.iter().filter(|message| message["role"] == "tool" && message["tool_call_id"] == *id).any(
            |result| {
                let result: Value = result["content"]
                    .as_str()
                    .and_then(|text| serde_json::from_str(text).ok())
                    .unwrap_or_default();
                !result["error"].is_null() && result["outcome"] != "unknown"
            },
        )
    };
    let calls = messages.iter().flat_map(|message| message["tool_calls"].as_array().into_iter().flatten());
    calls
        .filter(|call| !was_not_made(&call["id"]))
        .filter_map(|call| {
            let arguments: Value = serde_json::from_str(call["function"]["arguments"].as_str()?).ok()?;
            arguments["word"].as_str().map(str::to_owned)
        })
        .collect()
}

fn events_of(answer: &Answer, transcript: u64) -> Vec<Value> {
    let chunk = |delta: Value, reason: Value| {
        json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "fake",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
    };
    let (mut events, reason): (Vec<Value>, _) = match answer {
        Answer::Words(text) => {
            let pieces = text.split_inclusive(' ').map(|piece| chunk(json!({"content": piece}), Value::Null));
            (pieces.collect(), "stop")
        }
        Answer::Calls(words) => {
            let calls = words.iter().enumerate().map(|(index, word)| {
                let function = json!({"name": TOOL, "arguments": json!({"word": word}).to_string()});
                let id = format!("call_{:x}_{index}", transcript & 0xFFFF);
                let call = json!({"index": index, "id": id, "type": "function", "function": function});
                chunk(json!({"tool_calls": [call]}), Value::Null)
            });
            (calls.collect(), "tool_calls")
        }
    };
    events.push(chunk(json!({}), json!(reason)));
    let usage = json!({"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110});
    events.push(json!({"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": usage}));
    events
}

struct Pace {
    dice: StdRng,
    fault: Fault,
}

fn stream(events: Vec<Value>, pace: Pace, open: Open) -> Response {
    let mut lines: Vec<String> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    if pace.fault == Fault::None {
        lines.push("data: [DONE]\n\n".to_owned());
    }
    lines.reverse();
    let body = futures_util::stream::unfold((lines, pace, open), |(mut lines, mut pace, open)| async move {
        let wait = Duration::from_millis(pace.dice.random_range(2..40));
        tokio::time::sleep(wait).await;
        let Some(line) = lines.pop() else {
            // The end of a stream that was cut comes as a fault, once.
            let cut = pace.fault == Fault::Cut;
            pace.fault = Fault::None;
            return cut.then(|| (Err(std::io::Error::other("cut")), (lines, pace, open)));
        };
        if lines.is_empty() && pace.fault == Fault::None {
            open.finished();
        }
        Some((Ok(Bytes::from(line)), (lines, pace, open)))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(body)).into_response()
}
