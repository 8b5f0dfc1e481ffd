//! Reads the `[tool.http]` table of an operator's tool: the request as it was written, with its limits. Filling it in
//! is `http_request`'s work.

use crate::declared::reader::{Fields, Node, Placed, Reader};
use crate::domain::tool::{Risk, ToolSpec};
use serde_json::Value;
use std::time::Duration;
use toml::de::DeValue;

const HTTP_KEYS: [&str; 11] = [
    "method",
    "url",
    "headers",
    "query",
    "body",
    "timeout_ms",
    "retry",
    "quota",
    "idempotency_header",
    "result",
    "result_trusted",
];

/// The most time one attempt may take.
const LONGEST_TIMEOUT_MS: u64 = 120_000;

/// The longest that a call waits for its quota, however much time the turn has.
pub const QUOTA_PATIENCE: Duration = Duration::from_secs(15);

/// The `[tool.http]` table.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// Template of the URL.
    pub url: Placed<String>,
    /// Templates of headers.
    pub headers: Vec<(String, Placed<String>)>,
    /// Templates of query parameters.
    pub query: Vec<(String, Placed<Value>)>,
    /// A text template, or a table whose strings are templates.
    pub body: Option<Placed<Value>>,
    /// Longest time of one attempt.
    pub timeout: Duration,
    /// Attempts where repeating is safe; at least three.
    pub attempts: u32,
    /// Requests in a minute; 0 is without bound.
    pub per_minute: u32,
    /// Header that carries the idempotency key.
    pub idempotency_header: Option<Placed<String>>,
    /// JMESPath or template projection of the answer.
    pub result: Option<Placed<String>>,
    /// Parameters bound by the program.
    pub bound: Vec<String>,
}

/// Reads the table; what is wrong with it is noted.
pub fn read(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Request> {
    let fields = reader.fields(node, &HTTP_KEYS);
    let url = reader.required(&fields, "url");
    let method = match fields.get("method") {
        Some(node) => reader.string(node).map(|method| method.value.to_uppercase()),
        None => Some("GET".to_owned()),
    };
    if let Some(method) = &method
        && !["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].contains(&method.as_str())
    {
        reader.fault(fields.span.clone(), format!("`{method}` is no method for a tool"));
    }
    let timeout = fields.get("timeout_ms").and_then(|node| reader.count(node));
    if let Some(timeout) = &timeout
        && !(1..=LONGEST_TIMEOUT_MS).contains(&timeout.value)
    {
        reader.extend([timeout.place.problem(format!("timeout_ms is from 1 to {LONGEST_TIMEOUT_MS}"))]);
    }
    let headers = entries(reader, &fields, "headers");
    let query = entries(reader, &fields, "query");
    let mut texts = Vec::with_capacity(headers.len());
    for (name, node) in headers {
        if reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_err() {
            reader.fault(node.span(), format!("`{name}` is no header name"));
        }
        if let Some(text) = reader.string(node) {
            texts.push((name.to_owned(), text));
        }
    }
    Some(Request {
        method: method?,
        url: url?,
        headers: texts,
        query: query
            .into_iter()
            .filter_map(|(name, node)| Some((name.to_owned(), placed(reader, node)?)))
            .collect(),
        body: fields.get("body").and_then(|node| placed(reader, node)),
        timeout: Duration::from_millis(
            timeout.map_or(10_000, |timeout| timeout.value.clamp(1, LONGEST_TIMEOUT_MS)),
        ),
        attempts: fields.get("retry").and_then(|node| attempts(reader, node)).unwrap_or(3).clamp(3, 10),
        per_minute: fields.get("quota").and_then(|node| per_minute(reader, node)).unwrap_or(0),
        idempotency_header: fields.get("idempotency_header").and_then(|node| reader.string(node)),
        result: fields.get("result").and_then(|node| reader.string(node)),
        bound: Vec::new(),
    })
}

fn entries<'n, 't>(
    reader: &mut Reader<'_>,
    fields: &Fields<'n, 't>,
    key: &str,
) -> Vec<(&'n str, &'n Node<'t>)> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    reader.entries(node).into_iter().map(|(name, _, value)| (name, value)).collect()
}

fn placed(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Placed<Value>> {
    let place = reader.place(node.span());
    reader.json(node).map(|value| Placed { value, place })
}

/// `retry = 4`, or `retry = { attempts = 4 }`.
fn attempts(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<u32> {
    let count = match node.get_ref() {
        DeValue::Table(_) => {
            let fields = reader.fields(node, &["attempts"]);
            fields.get("attempts").and_then(|node| reader.count(node))
        }
        _ => reader.count(node),
    };
    count.map(|count| u32::try_from(count.value).unwrap_or(u32::MAX))
}

/// `quota = 60` a minute, `"10/second"`, or `{ per_minute = 60 }`.
fn per_minute(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<u32> {
    let count = match node.get_ref() {
        DeValue::String(text) => {
            let (count, unit) = text.split_once('/').unwrap_or((text, "minute"));
            let factor = match unit.trim() {
                "s" | "second" => Some(60),
                "m" | "min" | "minute" => Some(1),
                _ => None,
            };
            match (count.trim().parse::<u64>(), factor) {
                (Ok(count), Some(factor)) => Some(count.saturating_mul(factor)),
                _ => {
                    reader.fault(node.span(), "a quota is a number a minute, e.g. 60, or \"10/second\"");
                    None
                }
            }
        }
        DeValue::Table(_) => {
            let fields = reader.fields(node, &["per_minute", "per_second"]);
            let minute =
                fields.get("per_minute").and_then(|node| reader.count(node)).map(|count| count.value);
            let second = fields.get("per_second").and_then(|node| reader.count(node));
            minute.or_else(|| second.map(|count| count.value.saturating_mul(60)))
        }
        _ => reader.count(node).map(|count| count.value),
    };
    count.map(|count| u32::try_from(count).unwrap_or(u32::MAX))
}

/// Whether a call may be repeated on one key without a second effect.
pub fn is_repeatable(spec: &ToolSpec, request: &Request) -> bool {
    match spec.risk {
        Risk::Read => true,
        Risk::Write | Risk::Sensitive => request.idempotency_header.is_some(),
    }
}
