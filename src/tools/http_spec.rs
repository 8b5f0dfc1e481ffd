//! Reads an operator's own HTTP tools, `tools/custom/*.toml`: what each file declares, with the place of every fault.
//! Whether templates and schemas hold is checked where they are compiled, in `http`.

use super::load::read_bounded;
use super::spec::parameter_names;
use super::spec_toml::{RISKS, SOURCES};
use super::templates::check_texts;
use super::toml_reader::{Fields, Node, Place, Placed, Reader, Texts, entries_of};
use super::validate;
use crate::domain::problem::Problem;
use crate::domain::tool::{Localized, ParamSource, Risk, ToolSpec, ToolWords};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use toml::de::DeValue;

const TOOL_KEYS: [&str; 15] = [
    "name",
    "title",
    "description",
    "parameters",
    "parameters_file",
    "risk",
    "examples",
    "ask",
    "labels",
    "say",
    "progress",
    "sources",
    "enabled",
    "result_trusted",
    "http",
];

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

/// Values of the program that a parameter with the source `context` may take, by its name.
pub const BOUND: [&str; 8] =
    ["conversation_id", "turn_id", "call_id", "contact_id", "language", "channel", "email", "phone"];

/// The most time one attempt may take.
const LONGEST_TIMEOUT_MS: u64 = 120_000;

/// One `[[tool]]` table.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Where the table stands.
    pub place: Place,
    /// The tool; parameters bound by the program are no longer in its schema.
    pub spec: ToolSpec,
    /// The request it makes.
    pub http: Request,
}

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

/// Reads one file. `folder` is where it stands, for the schema files it names.
pub fn read(file: &str, source: &str, folder: &Path) -> (Vec<Declared>, Vec<Problem>) {
    let mut reader = Reader::new(file, source);
    let document = reader.document();
    if reader.has_problems() {
        return (Vec::new(), reader.finish());
    }
    let mut declared = Vec::new();
    for (key, span, node) in entries_of(document.get_ref()) {
        match node.get_ref() {
            DeValue::Array(tools) if key == "tool" => {
                declared.extend(tools.iter().filter_map(|tool| read_tool(&mut reader, tool, folder)));
            }
            _ => reader.fault(span, format!("unknown key `{key}`; a file holds [[tool]] tables")),
        }
    }
    (declared, reader.finish())
}

fn read_tool(reader: &mut Reader<'_>, node: &Node<'_>, folder: &Path) -> Option<Declared> {
    let fields = reader.fields(node, &TOOL_KEYS);
    if let Some(enabled) = fields.get("enabled").and_then(|node| reader.boolean(node))
        && !enabled.value
    {
        return None;
    }
    let place = reader.place(node.span());
    let name = required(reader, &fields, "name");
    if let Some(name) = &name
        && !is_name(&name.value)
    {
        let message = format!("`{}` is no tool name: a-z first, then a-z, 0-9 and _, at most 64", name.value);
        reader.extend([name.place.problem(message)]);
    }
    let description = required(reader, &fields, "description");
    let risk = match fields.get("risk") {
        Some(node) => reader.word(node, &RISKS).map(|risk| risk.value),
        None => {
            reader.fault(fields.span.clone(), "`risk` is missing: read, write or sensitive");
            None
        }
    };
    let parameters = read_parameters(reader, &fields, folder);
    let http = match fields.get("http") {
        Some(node) => read_http(reader, node),
        None => {
            reader.fault(fields.span.clone(), "[tool.http] is missing");
            None
        }
    };
    let mut spec = ToolSpec {
        name: name?.value,
        description: description?.value,
        title: Localized::default(),
        parameters: parameters?,
        risk: risk?,
        sources: BTreeMap::new(),
        hidden: Vec::new(),
        result_trusted: Vec::new(),
        timeout: Duration::ZERO,
        progress: Localized::default(),
        words: ToolWords::default(),
    };
    let mut http = http?;
    read_words(reader, &fields, &mut spec);
    if let Some(paths) = fields.get("result_trusted").and_then(|node| reader.strings(node)) {
        spec.result_trusted.extend(paths.value);
    }
    if let Some(DeValue::Table(table)) = fields.get("http").map(|node| node.get_ref())
        && let Some(paths) = table.get("result_trusted").and_then(|node| reader.strings(node))
    {
        spec.result_trusted.extend(paths.value);
    }
    read_sources(reader, &fields, &mut spec, &mut http);
    // Room for every attempt and the waits between them.
    spec.timeout = http.timeout * http.attempts + Duration::from_secs(5);
    Some(Declared { place, spec, http })
}

fn required(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, key: &str) -> Option<Placed<String>> {
    match fields.get(key) {
        Some(node) => {
            let text = reader.string(node)?;
            if text.value.trim().is_empty() {
                reader.fault(node.span(), format!("`{key}` is empty"));
                return None;
            }
            Some(text)
        }
        None => {
            reader.fault(fields.span.clone(), format!("`{key}` is missing"));
            None
        }
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn read_parameters(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, folder: &Path) -> Option<Value> {
    let (mut schema, place) = match (fields.get("parameters"), fields.get("parameters_file")) {
        (Some(_), Some(node)) => {
            reader.fault(node.span(), "either `parameters` or `parameters_file`, not both");
            return None;
        }
        (Some(node), None) => (reader.json(node)?, reader.place(node.span())),
        (None, Some(node)) => {
            let path = reader.string(node)?;
            let text = match read_bounded(&folder.join(&path.value)) {
                Ok(text) => text,
                Err(message) => {
                    reader.fault(node.span(), format!("`{}` {message}", path.value));
                    return None;
                }
            };
            match serde_json::from_str(&text) {
                Ok(schema) => (schema, path.place),
                Err(error) => {
                    reader.fault(node.span(), format!("`{}` is not JSON: {error}", path.value));
                    return None;
                }
            }
        }
        (None, None) => (json!({"type": "object", "properties": {}}), reader.place(fields.span.clone())),
    };
    match validate::compile(&mut schema) {
        Ok(_) => Some(schema),
        Err(faults) => {
            reader.extend(faults.into_iter().map(|fault| place.problem(fault)));
            None
        }
    }
}

fn read_words(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, spec: &mut ToolSpec) {
    if let Some(examples) = fields.get("examples").and_then(|node| reader.strings(node)) {
        spec.words.examples = examples.value;
    }
    let mut texts = |key: &str| -> Option<Texts> {
        let texts = fields.get(key).and_then(|node| reader.texts(node))?;
        let problems = check_texts(&texts);
        reader.extend(problems);
        Some(texts)
    };
    spec.title = texts("title").map_or_else(|| Localized::same(spec.name.replace('_', " ")), |texts| texts.localized());
    spec.words.say = texts("say").map(|texts| texts.localized()).unwrap_or_default();
    spec.progress = texts("progress").map(|texts| texts.localized()).unwrap_or_default();
    let known = parameter_names(spec);
    for key in ["ask", "labels"] {
        let Some(node) = fields.get(key) else { continue };
        for (name, texts) in reader.named_texts(node) {
            if !known.contains(&name) {
                reader.fault(node.span(), format!("`{key}` names `{name}`, which is not a parameter"));
            }
            let words = if key == "ask" { &mut spec.words.ask } else { &mut spec.words.labels };
            words.insert(name, texts.localized());
        }
    }
}

fn read_sources(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, spec: &mut ToolSpec, http: &mut Request) {
    let Some(node) = fields.get("sources") else { return };
    let known = parameter_names(spec);
    for (name, span, value) in reader.entries(node) {
        let Some(source) = reader.word(value, &SOURCES) else { continue };
        if !known.iter().any(|known| known == name) {
            reader.fault(span, format!("`sources` names `{name}`, which is not a parameter"));
            continue;
        }
        if source.value == ParamSource::Context {
            if BOUND.contains(&name) {
                http.bound.push(name.to_owned());
                unbind(name, spec);
            } else {
                reader.fault(span, format!("the program knows no `{name}`; it binds {}", BOUND.join(", ")));
            }
        }
        spec.sources.insert(name.to_owned(), source.value);
    }
}

/// Takes a parameter that the program binds out of the model's sight.
fn unbind(name: &str, spec: &mut ToolSpec) {
    if let Some(properties) = spec.parameters.get_mut("properties").and_then(Value::as_object_mut) {
        properties.shift_remove(name);
    }
    if let Some(required) = spec.parameters.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|required| required.as_str() != Some(name));
    }
    spec.hidden.push(name.to_owned());
}

fn read_http(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Request> {
    let fields = reader.fields(node, &HTTP_KEYS);
    let url = required(reader, &fields, "url");
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
        query: query.into_iter().filter_map(|(name, node)| Some((name.to_owned(), placed(reader, node)?))).collect(),
        body: fields.get("body").and_then(|node| placed(reader, node)),
        timeout: Duration::from_millis(timeout.map_or(10_000, |timeout| timeout.value.clamp(1, LONGEST_TIMEOUT_MS))),
        attempts: fields.get("retry").and_then(|node| attempts(reader, node)).unwrap_or(3).clamp(3, 10),
        per_minute: fields.get("quota").and_then(|node| per_minute(reader, node)).unwrap_or(0),
        idempotency_header: fields.get("idempotency_header").and_then(|node| reader.string(node)),
        result: fields.get("result").and_then(|node| reader.string(node)),
        bound: Vec::new(),
    })
}

fn entries<'n, 't>(reader: &mut Reader<'_>, fields: &Fields<'n, 't>, key: &str) -> Vec<(&'n str, &'n Node<'t>)> {
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
            let minute = fields.get("per_minute").and_then(|node| reader.count(node)).map(|count| count.value);
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
