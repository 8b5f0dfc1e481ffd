//! What is sent to an endpoint: the request and its tools. No transcript rules; see `transcript.rs`.

use super::dialect::{Quirk, Quirks};
use super::transcript::{self, WireMessage};
use super::{Files, Images};
use crate::domain::tool::{ParamSource, ToolSpec};
use crate::llm::model::{ChatRequest, ToolChoice};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// Prefix of the schema keywords that are ours and no business of an endpoint.
const OUR_KEYWORDS: &str = "x-balcao-";

/// A request for a chat completion.
#[derive(Serialize)]
pub(super) struct WireRequest<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

/// The request as the endpoint understands it.
pub(super) fn request<'a>(
    model: &'a str,
    temperature: f32,
    asked: &'a ChatRequest,
    tools: &ToolsCache,
    quirks: Quirks,
) -> WireRequest<'a> {
    let as_text = quirks.has(Quirk::ToolsAsText);
    let tools = (!asked.tools.is_empty() && !as_text).then(|| tools.json(&asked.tools)).flatten();
    let completion_tokens = quirks.has(Quirk::MaxCompletionTokens);
    WireRequest {
        model,
        messages: transcript::messages(asked, quirks),
        tool_choice: match asked.tool_choice {
            ToolChoice::None if tools.is_some() => Some("none"),
            ToolChoice::None | ToolChoice::Auto => None,
        },
        tools,
        stream: true,
        stream_options: (!quirks.has(Quirk::NoStreamOptions))
            .then_some(StreamOptions { include_usage: true }),
        max_tokens: (!completion_tokens).then_some(asked.max_output_tokens),
        max_completion_tokens: completion_tokens.then_some(asked.max_output_tokens),
        temperature: (!quirks.has(Quirk::NoTemperature)).then_some(temperature),
    }
}

impl WireRequest<'_> {
    /// Shows the model what the customer sent.
    pub(super) fn show(&mut self, asked: &ChatRequest, images: Images, files: Files) {
        transcript::show(&mut self.messages, asked, images, files);
    }

    /// How many characters the model has to read.
    pub(super) fn characters(&self) -> usize {
        let messages: usize = self.messages.iter().map(WireMessage::characters).sum();
        messages + self.tools.as_ref().map_or(0, |tools| tools.get().len())
    }
}

/// The tools as JSON, kept from one request to the next: they rarely change and are most of a request.
#[derive(Debug, Default)]
pub(super) struct ToolsCache {
    last: Mutex<Option<Written>>,
}

#[derive(Debug)]
struct Written {
    tools: Arc<Vec<ToolSpec>>,
    json: Arc<RawValue>,
}

impl ToolsCache {
    fn json(&self, tools: &Arc<Vec<ToolSpec>>) -> Option<Arc<RawValue>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(written) = last.as_ref().filter(|written| Arc::ptr_eq(&written.tools, tools)) {
            return Some(written.json.clone());
        }
        let functions: Vec<Value> =
            tools.iter().map(|tool| json!({"type": "function", "function": function(tool)})).collect();
        let json: Arc<RawValue> = serde_json::value::to_raw_value(&functions).ok()?.into();
        *last = Some(Written { tools: tools.clone(), json: json.clone() });
        Some(json)
    }
}

/// Name, description and schema of `tool`, without what is ours alone and without what the model may not set.
pub fn function(tool: &ToolSpec) -> Value {
    json!({"name": tool.name, "description": tool.description, "parameters": schema(tool)})
}

fn schema(tool: &ToolSpec) -> Value {
    let mut schema = match without_our_keywords(&tool.parameters) {
        Value::Object(schema) => schema,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    };
    schema.remove("$schema");
    schema.entry("type").or_insert_with(|| "object".into());
    // Strict servers want it even if empty.
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    let is_ours = |name: &str| {
        tool.hidden.iter().any(|hidden| hidden == name) || tool.source_of(name) == ParamSource::Context
    };
    if let Value::Object(properties) = properties {
        properties.retain(|name, _| !is_ours(name));
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| name.as_str().is_none_or(|name| !is_ours(name)));
    }
    Value::Object(schema)
}

fn without_our_keywords(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => map
            .iter()
            .filter(|(key, _)| !key.starts_with(OUR_KEYWORDS))
            .map(|(key, value)| (key.clone(), without_our_keywords(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(without_our_keywords).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::repair::testing::tool;

    #[test]
    fn a_schema_shows_only_what_the_model_may_set() {
        let mut spec = tool(
            "order_status",
            json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {
                    "email": {"type": "string", "x-balcao-kind": "email"},
                    "store": {"type": "string"},
                    "who": {"type": "string"},
                },
                "required": ["email", "store", "who"],
            }),
        );
        spec.hidden.push("store".into());
        spec.sources.insert("who".into(), ParamSource::Context);
        assert_eq!(
            schema(&spec),
            json!({"type": "object", "properties": {"email": {"type": "string"}}, "required": ["email"]})
        );
        assert_eq!(schema(&tool("t", json!({}))), json!({"type": "object", "properties": {}}));
    }

    #[test]
    fn tools_are_written_once_as_long_as_they_are_the_same() {
        let cache = ToolsCache::default();
        let tools = Arc::new(vec![tool("a", json!({}))]);
        let (first, again) = (cache.json(&tools).unwrap(), cache.json(&tools).unwrap());
        assert!(Arc::ptr_eq(&first, &again));
        let other = Arc::new(vec![tool("b", json!({}))]);
        assert_ne!(cache.json(&other).unwrap().get(), first.get());
    }
}
