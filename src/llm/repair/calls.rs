//! Reads tool calls out of JSON and Python-like text in any of the shapes models use. It decides what is a call;
//! where in an answer calls may stand is the business of `blocks.rs`.

use super::loose_json::{self, Reader};
use super::names;
use crate::domain::tool::ToolSpec;
use serde_json::{Map, Value};

/// More calls than any sensible answer holds; the rest is dropped.
pub(super) const MAX_CALLS: usize = 32;

/// Keys a call's name stands under.
pub(super) const NAME_KEYS: [&str; 6] = ["name", "tool", "tool_name", "function", "function_name", "action"];

/// Keys its arguments stand under.
const ARGUMENT_KEYS: [&str; 8] =
    ["arguments", "parameters", "args", "input", "params", "tool_input", "action_input", "kwargs"];

/// Keys a list of calls stands under.
pub(super) const LIST_KEYS: [&str; 4] = ["tool_calls", "function_calls", "calls", "tools"];

/// Levels of wrapping (`tool_calls` → `function` → …) that are looked through.
const MAX_WRAPPING: usize = 4;

/// A call as the model wrote it: the name may be misspelt, the arguments may not fit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RawCall {
    pub(super) name: String,
    pub(super) arguments: Value,
}

/// One or more calls at the start of a text.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) calls: Vec<RawCall>,
    /// Behind the last call, in bytes; 0 if there is none.
    pub(super) end: usize,
    /// How far the text was looked at, in bytes.
    pub(super) reached: usize,
    /// Whether the text has the shape of a call or of a tool's schema, readable or not.
    pub(super) is_syntax: bool,
    /// Whether the text ended within the last call.
    pub(super) unclosed: bool,
    /// Whether something was written in another way than plain JSON.
    pub(super) loose: bool,
}

/// Reads the calls at the start of `text`.
pub(super) fn run(text: &str, tools: &[ToolSpec]) -> Run {
    let mut run = Run::default();
    let mut at = 0;
    loop {
        at += leading(&text[at..], |c| c.is_whitespace() || c == ',' || c == ';');
        let rest = &text[at..];
        let one = match rest.as_bytes().first() {
            Some(b'{' | b'[') => json_calls(rest, tools),
            Some(_) => written_call(rest, tools),
            None => return run,
        };
        run.reached = run.reached.max(at + one.reached);
        run.is_syntax |= one.is_syntax;
        if one.end == 0 {
            return run;
        }
        // Stray closers behind a call belong to it.
        at += one.end;
        at += leading(&text[at..], |c| matches!(c, '}' | ']'));
        run.end = at;
        run.reached = run.reached.max(at);
        run.unclosed = one.unclosed;
        run.loose |= one.loose;
        run.calls.extend(one.calls);
        run.calls.truncate(MAX_CALLS);
    }
}

fn leading(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.len() - text.trim_start_matches(of).len()
}

fn json_calls(text: &str, tools: &[ToolSpec]) -> Run {
    match loose_json::read(text) {
        Ok(loose) => {
            let strict = serde_json::from_str::<serde::de::IgnoredAny>(&text[..loose.end]).is_ok();
            let mut calls = Vec::new();
            let is_syntax = collect(loose.value, tools, MAX_WRAPPING, &mut calls);
            let end = if is_syntax { loose.end } else { 0 };
            Run { calls, end, reached: loose.end, is_syntax, unclosed: loose.unclosed, loose: !strict }
        }
        Err(unreadable) => {
            Run { reached: unreadable.reached, is_syntax: looks_like_a_call(text), ..Run::default() }
        }
    }
}

/// Whether `text` begins as a call in JSON does: braces and one of the keys a call's name stands under.
pub(super) fn looks_like_a_call(text: &str) -> bool {
    // A bounded look: this is asked of every place where reading fails.
    let text = &text[..text.floor_char_boundary(256)];
    let inner = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '['));
    let key = inner.trim_start_matches(['"', '\'']);
    if inner.len() == text.len() {
        return false;
    }
    let word = &key[..key.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(key.len())];
    let behind = key[word.len()..].trim_start_matches(['"', '\'']).trim_start();
    let is_key = NAME_KEYS.contains(&word) || LIST_KEYS.contains(&word) || ARGUMENT_KEYS.contains(&word);
    is_key && (behind.is_empty() || behind.starts_with(':'))
}

/// Adds the calls in `value`; says whether `value` is tool syntax at all.
fn collect(value: Value, tools: &[ToolSpec], wrapping: usize, into: &mut Vec<RawCall>) -> bool {
    match value {
        Value::Array(items) if wrapping > 0 && !items.is_empty() => {
            let mut all = true;
            for item in items {
                all &= collect(item, tools, wrapping - 1, into);
            }
            all
        }
        Value::Object(map) => collect_object(map, tools, wrapping, into),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    }
}

fn collect_object(
    mut map: Map<String, Value>,
    tools: &[ToolSpec],
    wrapping: usize,
    into: &mut Vec<RawCall>,
) -> bool {
    if wrapping > 0 {
        if let Some(key) = LIST_KEYS.iter().find(|key| map.get(**key).is_some_and(Value::is_array)) {
            return map.remove(*key).is_some_and(|list| collect(list, tools, wrapping - 1, into));
        }
        if map.get("function").is_some_and(Value::is_object) {
            return map.remove("function").is_some_and(|inner| collect(inner, tools, wrapping - 1, into));
        }
    }
    let Some(name_key) = NAME_KEYS.iter().find(|key| map.get(**key).is_some_and(Value::is_string)) else {
        return collect_keyed_by_name(map, tools, into);
    };
    let Some(Value::String(name)) = map.remove(*name_key) else { return false };
    let arguments = ARGUMENT_KEYS.iter().find_map(|key| map.remove(*key));
    let known = names::find(&name, tools).is_some();
    match arguments {
        // The tool's own description, recited.
        Some(schema) if is_schema(&schema) => true,
        Some(arguments) => {
            into.push(RawCall { name, arguments: unwrapped(arguments) });
            true
        }
        None if known => {
            map.remove("type");
            map.remove("id");
            let described = map.remove("description").is_some();
            if !(described && map.is_empty()) {
                into.push(RawCall { name, arguments: Value::Object(map) });
            }
            true
        }
        None => false,
    }
}

/// `{"order_status": {"order_number": "1042"}}`.
fn collect_keyed_by_name(map: Map<String, Value>, tools: &[ToolSpec], into: &mut Vec<RawCall>) -> bool {
    let named = !map.is_empty()
        && map.iter().all(|(key, value)| value.is_object() && names::find(key, tools).is_some());
    if named {
        into.extend(map.into_iter().map(|(name, arguments)| RawCall { name, arguments }));
    }
    named
}

fn is_schema(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some("object")
        && value.get("properties").is_some_and(Value::is_object)
}

/// Arguments out of the wrappings they come in: a JSON string, a list of one, nothing.
pub(super) fn unwrapped(arguments: Value) -> Value {
    match arguments {
        Value::Null => Value::Object(Map::new()),
        Value::String(text) if text.trim().is_empty() => Value::Object(Map::new()),
        Value::String(text) => {
            loose_json::read_all(&text).filter(Value::is_object).unwrap_or(Value::String(text))
        }
        Value::Array(items) if items.is_empty() => Value::Object(Map::new()),
        Value::Array(items) => match <[Value; 1]>::try_from(items) {
            Ok([single]) if single.is_object() => single,
            Ok(items) => Value::Array(items.into()),
            Err(items) => Value::Array(items),
        },
        other @ (Value::Bool(_) | Value::Number(_) | Value::Object(_)) => other,
    }
}

/// `name(key="value")`, `name {"key": "value"}` or `name[ARGS]{…}`, where `name` is a known tool.
fn written_call(text: &str, tools: &[ToolSpec]) -> Run {
    let mut reader = Reader::at_start_of(text);
    let name = reader.identifier().filter(|_| matches!(reader.peek(), Some(b'(' | b'{' | b'[')));
    let known = name.and_then(|name| names::find(name, tools));
    let Some(tool) = known else { return Run { reached: reader.position(), ..Run::default() } };
    reader.eat_all("[ARGS]");
    let arguments = match reader.peek() {
        Some(b'(') => python_arguments(&mut reader),
        Some(b'{') => reader.value(0),
        Some(_) | None => return Run { reached: reader.position(), ..Run::default() },
    };
    let reached = reader.position();
    match arguments {
        Some(arguments) => Run {
            calls: vec![RawCall { name: tool.name.clone(), arguments }],
            end: reached,
            reached,
            is_syntax: true,
            unclosed: reader.is_unclosed(),
            loose: true,
        },
        None => Run { reached, is_syntax: true, ..Run::default() },
    }
}

/// `(a=1, b="x")` or `({"a": 1})`.
fn python_arguments(reader: &mut Reader<'_>) -> Option<Value> {
    reader.eat(b'(');
    let mut map = Map::new();
    loop {
        reader.skip_separators();
        match reader.peek() {
            Some(b')') => {
                reader.eat(b')');
                return Some(Value::Object(map));
            }
            None => {
                reader.mark_unclosed();
                return Some(Value::Object(map));
            }
            Some(b'{') => match reader.value(0)? {
                Value::Object(object) => map.extend(object),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                    return None;
                }
            },
            Some(_) => {
                let key = reader.identifier()?.to_owned();
                reader.skip_space();
                if !reader.eat(b'=') && !reader.eat(b':') {
                    return None;
                }
                map.insert(key, reader.value(0)?);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::tool;
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Vec<(String, Value)> {
        let tools = [
            tool("order_status", json!({"type": "object"})),
            tool("ticket_create", json!({"type": "object"})),
        ];
        run(text, &tools).calls.into_iter().map(|call| (call.name, call.arguments)).collect()
    }

    #[test]
    fn reads_every_shape_of_a_call() {
        let expected = [("order_status".to_owned(), json!({"n": "1"}))];
        for text in [
            r#"{"name": "order_status", "arguments": {"n": "1"}}"#,
            r#"{"name": "order_status", "arguments": "{\"n\": \"1\"}"}"#,
            r#"{"name": "order_status", "parameters": {"n": "1"}}"#,
            r#"{"tool": "order_status", "args": {"n": "1"}}"#,
            r#"{"tool_name": "order_status", "input": [{"n": "1"}]}"#,
            r#"{"action": "order_status", "action_input": {"n": "1"}}"#,
            r#"{"function": {"name": "order_status", "arguments": {"n": "1"}}}"#,
            r#"{"type": "function", "function": "order_status", "parameters": {"n": "1"}}"#,
            r#"{"tool_calls": [{"id": "x", "function": {"name": "order_status", "arguments": "{'n': '1'}"}}]}"#,
            r#"[{"name": "order_status", "arguments": {"n": "1"}}]"#,
            r#"{"name": "order_status", "n": "1"}"#,
            r#"{"order_status": {"n": "1"}}"#,
            r#"{{"name": "order_status", "arguments": {{"n": "1"}}}}"#,
            r#"{"name": "order_status", "arguments": {"n": "1"}}}}"#,
            r#"order_status(n="1")"#,
            r#"order_status({"n": "1"})"#,
            r#"functions.order_status(n='1')"#,
            r#"order_status{"n": "1"}"#,
            r#"order_status[ARGS]{"n": "1"}"#,
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn reads_several_calls_in_a_row() {
        let text = "{\"name\": \"order_status\", \"arguments\": {}}\n{\"name\": \"ticket_create\", \"arguments\": {}}";
        assert_eq!(read(text).len(), 2);
    }

    #[test]
    fn a_recited_schema_is_syntax_but_no_call() {
        let text = r#"{"name": "order_status", "description": "d", "parameters": {"type": "object", "properties": {}}}"#;
        let run = run(text, &[]);
        assert!(run.is_syntax && run.calls.is_empty() && run.end == text.len());
    }

    #[test]
    fn other_json_is_no_call() {
        for text in [r#"{"name": "Maria"}"#, r#"{"total": 10}"#, "[1, 2]", "{}", "total(1)", "Olá!", ""] {
            let run = run(text, &[]);
            assert!(run.calls.is_empty() && !run.is_syntax, "{text}");
        }
    }
}
