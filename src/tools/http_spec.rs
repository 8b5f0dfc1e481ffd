//! Reads an operator's own tools, `tools/custom/*.toml`: what each file declares, with the place of every fault.
//! Whether templates and schemas hold is checked where they are compiled, in `http`.

use super::http_wire::{self, QUOTA_PATIENCE, Request};
use super::load::read_bounded;
use super::spec::parameter_names;
use super::spec_toml::{RISKS, SOURCES};
use super::sql::{self, Question};
use super::templates::check_texts;
use super::validate;
use crate::declared::reader::{Fields, Node, Place, Reader, Texts, entries_of};
use crate::domain::problem::Problem;
use crate::domain::tool::{Localized, ParamSource, ToolSpec, ToolWords};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use toml::de::DeValue;

const TOOL_KEYS: [&str; 16] = [
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
    "sql",
];

/// Values of the program that a parameter with the source `context` may take, by its name.
pub const BOUND: [&str; 8] =
    ["conversation_id", "turn_id", "call_id", "contact_id", "language", "channel", "email", "phone"];

/// One `[[tool]]` table.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Where the table stands.
    pub place: Place,
    /// The tool; parameters bound by the program are no longer in its schema.
    pub spec: ToolSpec,
    /// What it does.
    pub call: Call,
}

/// What a tool does when it is called.
#[derive(Clone, Debug)]
pub enum Call {
    /// It makes a request.
    Http(Box<Request>),
    /// It asks a database.
    Sql(Question),
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
    let name = reader.required(&fields, "name");
    if let Some(name) = &name
        && !is_name(&name.value)
    {
        let message = format!("`{}` is no tool name: letters, digits, _ and -, at most 64", name.value);
        reader.extend([name.place.problem(message)]);
    }
    let description = reader.required(&fields, "description");
    let risk = match fields.get("risk") {
        Some(node) => reader.word(node, &RISKS).map(|risk| risk.value),
        None => {
            reader.fault(fields.span.clone(), "`risk` is missing: read, write or sensitive");
            None
        }
    };
    let parameters = read_parameters(reader, &fields, folder);
    let call = match (fields.get("http"), fields.get("sql")) {
        (Some(node), None) => http_wire::read(reader, node).map(|request| Call::Http(Box::new(request))),
        (None, Some(node)) => sql::read(reader, node).map(Call::Sql),
        (Some(_), Some(node)) => {
            reader.fault(node.span(), "either [tool.http] or [tool.sql], not both");
            None
        }
        (None, None) => {
            reader.fault(fields.span.clone(), "[tool.http] is missing, or [tool.sql]");
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
    let mut call = call?;
    read_words(reader, &fields, &mut spec);
    if let Some(paths) = fields.get("result_trusted").and_then(|node| reader.strings(node)) {
        spec.result_trusted.extend(paths.value);
    }
    if let Some(DeValue::Table(table)) = fields.get("http").map(|node| node.get_ref())
        && let Some(paths) = table.get("result_trusted").and_then(|node| reader.strings(node))
    {
        spec.result_trusted.extend(paths.value);
    }
    let bound = read_sources(reader, &fields, &mut spec);
    match &mut call {
        Call::Http(http) => {
            // Room for every attempt, the waits between them and the wait for the quota.
            let for_quota = if http.per_minute > 0 { QUOTA_PATIENCE } else { Duration::ZERO };
            spec.timeout = http.timeout * http.attempts + Duration::from_secs(5) + for_quota;
            http.bound = bound;
        }
        Call::Sql(question) => {
            // Room to connect, and for the database to say that time is up.
            spec.timeout = question.limits.timeout + Duration::from_secs(10);
            question.bound = bound;
        }
    }
    Some(Declared { place, spec, call })
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// A name as words: `get_order`, `get-order` and `getOrder` are all "get order".
fn plain_words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before_is_small = false;
    for character in name.chars() {
        if before_is_small && character.is_ascii_uppercase() {
            words.push(' ');
        }
        before_is_small = character.is_ascii_lowercase();
        words.push(match character {
            '_' | '-' => ' ',
            other => other.to_ascii_lowercase(),
        });
    }
    words
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
    spec.title =
        texts("title").map_or_else(|| Localized::same(plain_words(&spec.name)), |texts| texts.localized());
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

/// Reads who supplies what; the parameters that the program binds.
fn read_sources(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, spec: &mut ToolSpec) -> Vec<String> {
    let mut bound = Vec::new();
    let Some(node) = fields.get("sources") else { return bound };
    let known = parameter_names(spec);
    for (name, span, value) in reader.entries(node) {
        let Some(source) = reader.word(value, &SOURCES) else { continue };
        if !known.iter().any(|known| known == name) {
            reader.fault(span, format!("`sources` names `{name}`, which is not a parameter"));
            continue;
        }
        if source.value == ParamSource::Context {
            if BOUND.contains(&name) {
                bound.push(name.to_owned());
                unbind(name, spec);
            } else {
                reader.fault(span, format!("the program knows no `{name}`; it binds {}", BOUND.join(", ")));
            }
        }
        spec.sources.insert(name.to_owned(), source.value);
    }
    bound
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
