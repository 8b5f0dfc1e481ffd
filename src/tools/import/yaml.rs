//! Text in JSON or YAML as one JSON value, within limits of depth and size. It knows nothing of what the text describes.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// How deep values may lie in each other.
const DEEPEST: usize = 100;

/// How many values a text may come to, its aliases written out.
const MOST_VALUES: usize = 2_000_000;

/// Why a text is not read: the line, from 1, where there is one, and what is wrong.
pub type Fault = (Option<usize>, String);

/// Reads `text`; what begins like a JSON object is read as JSON, everything else as YAML 1.2.
///
/// # Errors
/// The first fault and its line.
pub fn parse(text: &str) -> Result<Value, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|error| (Some(error.line()), format!("not JSON: {error}")));
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| (Some(error.marker().line()), format!("not YAML: {}", error.info())))?;
        if builder.take(event, span)? {
            break;
        }
    }
    builder.done.ok_or_else(|| (None, "the file is empty".to_owned()))
}

/// A list or table that is not at its end yet.
struct Open {
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Value>),
    /// The entries so far, and the key whose value comes next.
    Table(Map<String, Value>, Option<String>),
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Value>,
    values: usize,
    done: Option<Value>,
}

impl Builder {
    /// Takes the next event; whether the document is at its end.
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<bool, Fault> {
        let line = Some(span.start.line());
        match event {
            Event::Scalar(text, style, anchor, tag) => self.put(scalar(text, style, tag), anchor, line)?,
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor);
                let value = known.cloned().ok_or((line, "an alias of nothing".to_owned()))?;
                self.spend(count(&value), line)?;
                self.put(value, 0, line)?;
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, Kind::List(Vec::new()), line)?,
            Event::MappingStart(anchor, _) => self.begin(anchor, Kind::Table(Map::new(), None), line)?,
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { anchor, kind: Kind::List(items) }) => {
                    self.put(Value::Array(items), anchor, line)?;
                }
                Some(Open { anchor, kind: Kind::Table(fields, _) }) => {
                    self.put(Value::Object(fields), anchor, line)?;
                }
                None => return Err((line, "something ends that did not begin".to_owned())),
            },
            Event::DocumentEnd => return Ok(true),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
        Ok(false)
    }

    fn begin(&mut self, anchor: usize, kind: Kind, line: Option<usize>) -> Result<(), Fault> {
        if self.open.len() >= DEEPEST {
            return Err((line, format!("values lie more than {DEEPEST} deep in each other")));
        }
        self.open.push(Open { anchor, kind });
        Ok(())
    }

    fn put(&mut self, value: Value, anchor: usize, line: Option<usize>) -> Result<(), Fault> {
        self.spend(1, line)?;
        if anchor > 0 {
            self.spend(count(&value), line)?;
            self.anchors.insert(anchor, value.clone());
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.done = Some(value),
            Some(Kind::List(items)) => items.push(value),
            Some(Kind::Table(fields, key)) => match key.take() {
                Some(name) => {
                    if fields.contains_key(&name) {
                        return Err((line, format!("the key `{name}` is there twice")));
                    }
                    fields.insert(name, value);
                }
                None => *key = Some(key_of(value, line)?),
            },
        }
        Ok(())
    }

    /// Counts values, written out or copied for an anchor: a short text could stand for any number of them.
    fn spend(&mut self, values: usize, line: Option<usize>) -> Result<(), Fault> {
        self.values += values;
        if self.values > MOST_VALUES {
            return Err((line, format!("it comes to more than {MOST_VALUES} values")));
        }
        Ok(())
    }
}

fn key_of(value: Value, line: Option<usize>) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Ok(String::new()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Array(_) | Value::Object(_) => Err((line, "a key is a text".to_owned())),
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// A scalar as the core schema of YAML 1.2 reads it.
fn scalar(text: Cow<'_, str>, style: ScalarStyle, tag: Option<Cow<'_, Tag>>) -> Value {
    let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    if style != ScalarStyle::Plain || is_text {
        return Value::String(text.into_owned());
    }
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    number(&text).map_or_else(|| Value::String(text.into_owned()), Value::Number)
}

fn number(text: &str) -> Option<Number> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return i64::from_str_radix(digits, radix).ok().map(Number::from);
        }
    }
    // "1_000", "inf" and "nan" are texts; Rust reads some of them as numbers.
    if !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    text.parse::<i64>().ok().map(Number::from).or_else(|| text.parse().ok().and_then(Number::from_f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_yaml_as_its_core_schema_says() {
        let text = "a: 1\nb: [x, '2', 3.5, ~, no, true]\nc:\n  200: &ok\n    description: >-\n      two\n      lines\n  \
                    404: *ok\nd: 2024-08-13\ne: \"\\u00e7\"\nf: !!str 12\ng: 0x1F\nh: .inf\n";
        assert_eq!(
            parse(text).unwrap(),
            json!({
                "a": 1, "b": ["x", "2", 3.5, null, "no", true],
                "c": {"200": {"description": "two lines"}, "404": {"description": "two lines"}},
                "d": "2024-08-13", "e": "ç", "f": "12", "g": 31, "h": ".inf",
            })
        );
        assert_eq!(parse("\u{feff} {\"a\": [1]}").unwrap(), json!({"a": [1]}));
    }

    #[test]
    fn a_fault_has_its_line() {
        for (text, line, word) in [
            ("a: 1\nb: [1\nc: 2\n", Some(3), "not YAML"),
            ("a: 1\na: 2\n", Some(2), "twice"),
            ("{\"a\": 1,\n}", Some(2), "not JSON"),
            ("", None, "empty"),
        ] {
            let (at, message) = parse(text).unwrap_err();
            assert_eq!((at, message.contains(word)), (line, true), "{text:?}: {message}");
        }
    }

    #[test]
    fn neither_depth_nor_aliases_grow_without_bound() {
        let deep = format!("a: {}{}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(parse(&deep).is_err());
        let block: String = (0..300).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert!(parse(&block).unwrap_err().1.contains("deep"));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", [before.as_str(); 10].join(", ")));
        }
        assert!(parse(&bomb).unwrap_err().1.contains("values"));
    }
}
