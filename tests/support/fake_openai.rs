//! A model endpoint that speaks OpenAI's chat protocol over real HTTP on port 0, follows a script, and can fail in
//! every way endpoints fail. It checks each request as a strict server would and keeps it.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::{HashSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// One scripted answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub act: Act,
    /// Time to the first byte of the answer.
    pub latency: Duration,
    /// Time between two events of a stream.
    pub interval: Duration,
}

#[derive(Clone, Debug)]
pub enum Act {
    /// Streams these chunks, then `[DONE]`.
    Stream(Vec<Value>),
    /// Streams these chunks, then breaks the connection.
    Cut(Vec<Value>),
    /// Streams these chunks and ends in good order, but without saying why.
    End(Vec<Value>),
    /// Streams these chunks, then nothing more, for ever.
    Stall(Vec<Value>),
    /// These bytes as an event stream.
    Raw(String),
    /// One JSON document, although a stream was asked for.
    Whole(Value),
    /// A status with headers and a body.
    Status(u16, Vec<(&'static str, String)>, String),
    /// Takes the request and never answers.
    Hang,
}

impl From<Act> for Reply {
    fn from(act: Act) -> Self {
        Self { act, latency: Duration::ZERO, interval: Duration::ZERO }
    }
}

/// A chunk with words.
pub fn words(text: &str) -> Value {
    json!({"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
}

/// A chunk with a piece of a call.
pub fn call(index: usize, id: &str, name: &str, arguments: &str) -> Value {
    let function = if name.is_empty() {
        json!({"arguments": arguments})
    } else {
        json!({"name": name, "arguments": arguments})
    };
    json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]}}]})
}

/// The chunk that says why the model stopped.
pub fn finish(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

/// The chunk with the usage.
pub fn usage(input: u64, output: u64) -> Value {
    json!({"choices": [], "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output}})
}

/// A plain answer in several pieces.
pub fn says(text: &str) -> Reply {
    let mut chunks: Vec<Value> = text.split_inclusive(' ').map(words).collect();
    chunks.extend([finish("stop"), usage(10, 5)]);
    Act::Stream(chunks).into()
}

/// An error in OpenAI's shape.
pub fn error(status: u16, code: &str, message: &str) -> Reply {
    let body = json!({"error": {"message": message, "type": code, "param": null, "code": code}});
    Act::Status(status, vec![("content-type", "application/json".into())], body.to_string()).into()
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub body: Value,
    pub authorization: Option<String>,
}

#[derive(Default)]
struct Shared {
    replies: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<Asked>>,
    faults: Mutex<Vec<String>>,
}

/// The running server. Dropping it fails the test if a request was malformed.
pub struct FakeOpenAi {
    shared: Arc<Shared>,
    base_url: String,
    server: JoinHandle<()>,
}

impl FakeOpenAi {
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let shared =
            Arc::new(Shared { replies: Mutex::new(replies.into_iter().collect()), ..Shared::default() });
        let router = Router::new().route("/v1/chat/completions", post(complete)).with_state(shared.clone());
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

    pub fn push(&self, reply: impl Into<Reply>) {
        self.shared.replies.lock().unwrap().push_back(reply.into());
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub fn remaining(&self) -> usize {
        self.shared.replies.lock().unwrap().len()
    }
}

impl Drop for FakeOpenAi {
    fn drop(&mut self) {
        self.server.abort();
        let faults = self.shared.faults.lock().unwrap();
        if !std::thread::panicking() {
            assert!(faults.is_empty(), "malformed requests: {faults:#?}");
        }
    }
}

async fn complete(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    shared.faults.lock().unwrap().extend(faults(&body));
    shared.asked.lock().unwrap().push(Asked { body, authorization });
    let Some(reply) = shared.replies.lock().unwrap().pop_front() else {
        shared.faults.lock().unwrap().push("asked more often than the script is long".into());
        return StatusCode::NOT_IMPLEMENTED.into_response();
    };
    tokio::time::sleep(reply.latency).await;
    perform(reply).await
}

async fn perform(reply: Reply) -> Response {
    match reply.act {
        Act::Stream(chunks) => {
            let mut events: Vec<String> = chunks.iter().map(event).collect();
            events.push("data: [DONE]\n\n".into());
            stream(events, reply.interval, Tail::End)
        }
        Act::Cut(chunks) => stream(chunks.iter().map(event).collect(), reply.interval, Tail::Break),
        Act::End(chunks) => stream(chunks.iter().map(event).collect(), reply.interval, Tail::End),
        Act::Stall(chunks) => stream(chunks.iter().map(event).collect(), reply.interval, Tail::Wait),
        Act::Raw(text) => stream(vec![text], reply.interval, Tail::End),
        Act::Whole(document) => {
            let pretty = serde_json::to_string_pretty(&document).unwrap();
            ([("content-type", "application/json; charset=utf-8")], pretty).into_response()
        }
        Act::Status(status, headers, body) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).unwrap()
        }
        Act::Hang => std::future::pending().await,
    }
}

enum Tail {
    End,
    Break,
    Wait,
}

fn event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

fn stream(events: Vec<String>, interval: Duration, tail: Tail) -> Response {
    let state = (VecDeque::from(events), tail, true);
    let body = futures_util::stream::unfold(state, move |(mut events, tail, first)| async move {
        if !first {
            tokio::time::sleep(interval).await;
        }
        match events.pop_front() {
            Some(event) => Some((Ok(Bytes::from(event)), (events, tail, false))),
            None => match tail {
                Tail::End => None,
                Tail::Break => Some((Err(io::Error::other("cut")), (events, Tail::End, false))),
                Tail::Wait => std::future::pending().await,
            },
        }
    });
    ([("content-type", "text/event-stream")], Body::from_stream(body)).into_response()
}

/// What a strict server would refuse.
fn faults(body: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    if body["model"].as_str().is_none_or(str::is_empty) {
        faults.push("no model".into());
    }
    if body["stream"] != true {
        faults.push("not a stream".into());
    }
    let empty = Vec::new();
    for tool in body["tools"].as_array().unwrap_or(&empty) {
        let function = &tool["function"];
        let named = function["name"].as_str().is_some_and(|name| !name.is_empty() && name.len() <= 64);
        let object =
            function["parameters"]["type"] == "object" && function["parameters"]["properties"].is_object();
        if tool["type"] != "function" || !named || !object {
            faults.push(format!("malformed tool: {tool}"));
        }
        if tool.to_string().contains("x-balcao") {
            faults.push(format!("our keywords leak: {tool}"));
        }
    }
    if body.get("tools").is_some() && body["tools"].as_array().is_none_or(Vec::is_empty) {
        faults.push("empty tools".into());
    }
    if body.get("tool_choice").is_some() && body.get("tools").is_none() {
        faults.push("tool_choice without tools".into());
    }
    faults.extend(message_faults(body["messages"].as_array().unwrap_or(&empty)));
    faults
}

fn message_faults(messages: &[Value]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut waiting: Vec<String> = Vec::new();
    let mut used = HashSet::new();
    for (position, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        let content = &message["content"];
        let words = content.as_str().or(content[0]["text"].as_str()).unwrap_or_default();
        if role != "tool" && !waiting.is_empty() {
            faults.push(format!("message {position}: {waiting:?} have no result"));
            waiting.clear();
        }
        match role {
            // The head stands alone, so that it stays the same.
            "system" if position > 1 && messages[position - 1]["role"] == "system" => {
                faults.push(format!("message {position}: two system messages in a row"));
            }
            "system" | "user" => {
                if words.trim().is_empty() {
                    faults.push(format!("message {position}: empty {role} message"));
                }
            }
            "assistant" => {
                let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
                if words.trim().is_empty() && calls.is_empty() {
                    faults.push(format!("message {position}: empty assistant message"));
                }
                for call in calls {
                    let id = call["id"].as_str().unwrap_or_default().to_owned();
                    let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
                    if !serde_json::from_str::<Value>(arguments).is_ok_and(|value| value.is_object()) {
                        faults.push(format!("message {position}: arguments are no object: {arguments}"));
                    }
                    if id.is_empty() || !used.insert(id.clone()) {
                        faults.push(format!("message {position}: id `{id}` is empty or used twice"));
                    }
                    waiting.push(id);
                }
            }
            "tool" => {
                let id = message["tool_call_id"].as_str().unwrap_or_default();
                match waiting.iter().position(|waiting| waiting == id) {
                    Some(found) => {
                        waiting.remove(found);
                    }
                    None => faults.push(format!("message {position}: result for unknown call `{id}`")),
                }
            }
            other => faults.push(format!("message {position}: role `{other}`")),
        }
    }
    if !waiting.is_empty() {
        faults.push(format!("the end: {waiting:?} have no result"));
    }
    faults
}
