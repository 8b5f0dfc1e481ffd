//! What is made of a vendor's answer: JSON, projected as the operator asked, small enough for a model. It decides
//! nothing about retries.

use super::instants::instant;
use super::reader::Placed;
use crate::domain::problem::Problem;
use jmespath::ast::Ast;
use jmespath::{Expression, Variable};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value as Jinja, context};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The second since 1970 of a time in any form; 0, which is long ago, for what is none.
fn seconds(time: &Value) -> i64 {
    instant(time).map_or(0, jiff::Timestamp::as_second)
}

/// How a tool's result is taken from the answer.
pub enum Projection {
    /// The body as JSON, or as text if it is none.
    Whole,
    /// A JMESPath expression over the body.
    Path(Box<Expression<'static>>),
    /// A template over `body`, `status` and `args`, whose text is JSON or a plain string.
    Template(Box<Environment<'static>>),
}

impl Projection {
    /// Reads what the operator wrote.
    ///
    /// # Errors
    /// A bad expression or template, with its place.
    pub fn read(written: Option<&Placed<String>>) -> Result<Self, Problem> {
        let Some(Placed { value, place }) = written else { return Ok(Self::Whole) };
        if value.contains("{{") || value.contains("{%") {
            let mut environment = Environment::new();
            environment.set_undefined_behavior(UndefinedBehavior::Chainable);
            environment.set_recursion_limit(64);
            environment.add_filter("html_text", |html: String| super::html::text(&html));
            environment.add_filter("instant", |time: Serde<Value>| seconds(&time.0));
            return match environment.add_template_owned("result", value.clone()) {
                Ok(()) => Ok(Self::Template(Box::new(environment))),
                Err(error) => Err(place.problem(format!("result: {error}"))),
            };
        }
        match jmespath::compile(value) {
            Ok(expression) => Ok(Self::Path(Box::new(expression))),
            Err(error) => {
                Err(place.problem(format!("result: not JMESPath: {}", error.to_string().replace('\n', " "))))
            }
        }
    }

    /// The result of a call that was answered with `body`.
    pub fn apply(&self, body: Value, status: u16, arguments: &Value) -> Result<Value, String> {
        match self {
            Self::Whole => Ok(body),
            Self::Path(expression) => {
                let mut order = KeyOrder::default();
                order.of_expression(expression.as_ast());
                order.of_value(&body);
                let variable = Variable::try_from(body).map_err(|error| error.to_string())?;
                let found = expression.search(variable).map_err(|error| error.to_string())?;
                let mut value = serde_json::to_value(found.as_ref()).map_err(|error| error.to_string())?;
                order.restore(&mut value);
                Ok(value)
            }
            Self::Template(environment) => {
                let template = environment.get_template("result").map_err(|error| error.to_string())?;
                let text = template
                    .render(context! { body => Jinja::from(Serde(&body)), status, args => Jinja::from(Serde(arguments)) })
                    .map_err(|error| error.to_string())?;
                Ok(serde_json::from_str(text.trim()).unwrap_or(Value::String(text)))
            }
        }
    }
}

/// The order keys were written in: the query language forgets it, and a cut result is to keep its first keys.
#[derive(Default)]
struct KeyOrder(HashMap<String, usize>);

impl KeyOrder {
    fn note(&mut self, key: &str) {
        let next = self.0.len();
        self.0.entry(key.to_owned()).or_insert(next);
    }

    fn of_expression(&mut self, ast: &Ast) {
        match ast {
            Ast::MultiHash { elements, .. } => {
                for pair in elements {
                    self.note(&pair.key);
                    self.of_expression(&pair.value);
                }
            }
            Ast::Projection { lhs, rhs, .. } | Ast::Subexpr { lhs, rhs, .. } => {
                self.of_expression(rhs);
                self.of_expression(lhs);
            }
            _ => {}
        }
    }

    fn of_value(&mut self, value: &Value) {
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    self.note(key);
                    self.of_value(inner);
                }
            }
            Value::Array(items) => items.iter().take(100).for_each(|item| self.of_value(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn restore(&self, value: &mut Value) {
        match value {
            Value::Object(object) => {
                let mut entries: Vec<(String, Value)> = std::mem::take(object).into_iter().collect();
                entries.sort_by_key(|(key, _)| self.0.get(key).copied().unwrap_or(usize::MAX));
                object.extend(entries);
                object.values_mut().for_each(|inner| self.restore(inner));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.restore(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// The body of an answer: JSON; of JSON that was cut off, what came whole; else text.
pub fn parse_body(bytes: &[u8], cut_off: bool) -> Value {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(value) = serde_json::from_str(&text) {
        return value;
    }
    if cut_off && let Some(value) = parse_beginning(&text) {
        return value;
    }
    if text.trim().is_empty() { Value::Null } else { Value::String(text.into_owned()) }
}

/// The whole members at the beginning of JSON whose end is missing.
fn parse_beginning(text: &str) -> Option<Value> {
    let mut open: Vec<char> = Vec::new();
    let mut whole: Option<(usize, Vec<char>)> = None;
    let (mut quoted, mut escaped) = (false, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' => {
                open.pop()?;
            }
            // Only shallow places are kept: copying the stack at every comma of a deep text would be quadratic.
            ',' if open.len() <= 8 => whole = Some((index, open.clone())),
            _ => {}
        }
        if open.len() > 128 {
            return None;
        }
    }
    let (end, mut closers) = whole?;
    let mut mended = text[..end].to_owned();
    closers.reverse();
    mended.extend(closers);
    serde_json::from_str(&mended).ok()
}

/// Makes a result small enough for a model: at most `limit` bytes of JSON. Keys and items are kept from the first
/// on; what is too long is cut. Says whether anything was cut.
pub fn bound(value: Value, limit: usize) -> (Value, bool) {
    let mut left = limit;
    let mut cut = false;
    let bounded = shrink(value, &mut left, &mut cut);
    (bounded, cut)
}

fn shrink(value: Value, left: &mut usize, cut: &mut bool) -> Value {
    match value {
        Value::String(text) => {
            let end = fitting(&text, left.saturating_sub(2));
            let kept = if end == text.len() {
                text
            } else {
                *cut = true;
                format!("{}…", &text[..end])
            };
            *left = left.saturating_sub(written_length(&kept));
            Value::String(kept)
        }
        Value::Array(items) => {
            *left = left.saturating_sub(2);
            let mut kept = Vec::new();
            for item in items {
                if *left < 8 {
                    *cut = true;
                    break;
                }
                *left = left.saturating_sub(1);
                kept.push(shrink(item, left, cut));
            }
            Value::Array(kept)
        }
        Value::Object(object) => {
            *left = left.saturating_sub(2);
            let mut kept = Map::new();
            for (key, inner) in object {
                let cost = written_length(&key) + 2;
                if *left < cost + 8 {
                    *cut = true;
                    break;
                }
                *left -= cost;
                kept.insert(key, shrink(inner, left, cut));
            }
            Value::Object(kept)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            *left = left.saturating_sub(value.to_string().len());
            value
        }
    }
}

/// Bytes of one character written as JSON.
fn width(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        control if control < ' ' => 6,
        other => other.len_utf8(),
    }
}

/// Bytes of a text written as JSON, quotes included.
fn written_length(text: &str) -> usize {
    2 + text.chars().map(width).sum::<usize>()
}

/// Where the beginning of `text` ends that needs at most `room` bytes, the mark of the cut included.
fn fitting(text: &str, room: usize) -> usize {
    let mut used = 0;
    let mut end = 0;
    for (index, character) in text.char_indices() {
        used += width(character);
        if used > room {
            return end;
        }
        if used + '…'.len_utf8() <= room {
            end = index + character.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::reader::Place;
    use super::*;
    use serde_json::json;

    fn projection(text: &str) -> Projection {
        let place = Place { file: "x".into(), line: 1 };
        Projection::read(Some(&Placed { value: text.into(), place })).unwrap()
    }

    #[test]
    fn projects_by_path_in_the_order_written() {
        let body = json!({"data": {"z": 1, "a": [{"y": 1, "b": 2}]}});
        let result = projection("{zeta: data.z, alpha: data.a[0]}").apply(body, 200, &json!({})).unwrap();
        assert_eq!(result.to_string(), r#"{"zeta":1,"alpha":{"y":1,"b":2}}"#);
    }

    #[test]
    fn projects_by_template_to_json_or_text() {
        let body = json!({"n": 3});
        assert_eq!(
            projection(r#"{"count": {{ body.n }}}"#).apply(body.clone(), 200, &json!({})).unwrap(),
            json!({"count": 3})
        );
        assert_eq!(projection("n is {{ body.n }}").apply(body, 200, &json!({})).unwrap(), json!("n is 3"));
    }

    #[test]
    fn a_cut_result_keeps_its_first_keys() {
        let big: Vec<Value> = (0..10_000).map(|n| json!({"id": n})).collect();
        let (value, cut) = bound(json!({"first": "yes", "items": big, "last": "no"}), 1_000);
        assert!(cut);
        assert_eq!(value["first"], "yes");
        assert!(value.get("last").is_none());
        assert!(value.to_string().len() <= 1_050, "{}", value.to_string().len());
        assert_eq!(bound(json!({"a": [1, 2]}), 1_000), (json!({"a": [1, 2]}), false));
        let (text, cut) = bound(json!("ção".repeat(1_000)), 100);
        assert!(cut && text.as_str().is_some_and(|text| text.len() < 110));
    }

    #[test]
    fn reads_the_beginning_of_json_that_was_cut_off() {
        let whole = br#"{"first": "a,b", "list": [{"x": 1}, {"x": "tru"#;
        assert_eq!(parse_body(whole, true), json!({"first": "a,b", "list": [{"x": 1}]}));
        assert_eq!(parse_body(b"not json", true), json!("not json"));
        assert_eq!(parse_body(b"", false), Value::Null);
    }
}
