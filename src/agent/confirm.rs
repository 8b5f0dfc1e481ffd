//! The message that asks for the customer's word on a call: every argument in plain words, a question, two buttons.
//! Nothing else the bot says looks like one.

use crate::domain::language::Language;
use crate::domain::message::{Button, Confirmation};
use crate::domain::tool::ToolSpec;
use crate::domain::tool_call::ToolCall;
use crate::prompts::sentences::{Sentences, fill};
use serde_json::Value;

/// Most characters of one value; what is longer could hide something behind the fold.
const VALUE_CHARACTERS: usize = 600;

/// A question for the customer's word.
pub struct Question {
    /// The text.
    pub text: String,
    /// Yes and no.
    pub buttons: Vec<Button>,
    /// What is asked about.
    pub confirmation: Confirmation,
}

/// The question about `call`.
pub fn question(
    call: &ToolCall,
    spec: Option<&ToolSpec>,
    sentences: &Sentences,
    language: Language,
) -> Question {
    let mut text = fill(&sentences.confirm.intro, "tool", &title(spec, sentences, language));
    for (name, value) in call.arguments.as_object().into_iter().flatten() {
        let label = spec.map_or_else(|| name.replace('_', " "), |spec| spec.label(name, language));
        list(&mut text, &label, value, sentences);
    }
    text.push_str("\n\n");
    text.push_str(&sentences.confirm.ask);
    let button = |label: &String| Button { label: label.clone(), value: label.clone() };
    Question {
        text,
        buttons: vec![button(&sentences.confirm.yes), button(&sentences.confirm.no)],
        confirmation: Confirmation { tool: call.name.clone(), arguments: call.arguments.clone() },
    }
}

/// The sentence that says a waiting call was put aside.
pub fn dropped(spec: Option<&ToolSpec>, sentences: &Sentences, language: Language) -> String {
    fill(&sentences.confirm.dropped, "tool", &title(spec, sentences, language))
}

fn title(spec: Option<&ToolSpec>, sentences: &Sentences, language: Language) -> String {
    spec.and_then(|spec| spec.title.get(language))
        .filter(|title| !title.is_empty())
        .map_or_else(|| sentences.confirm.untitled.clone(), str::to_owned)
}

fn list(text: &mut String, label: &str, value: &Value, sentences: &Sentences) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, field) in fields {
                list(text, &format!("{label}, {}", name.replace('_', " ")), field, sentences);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (index, item) in items.iter().enumerate() {
                list(text, &format!("{label} {}", index + 1), item, sentences);
            }
        }
        Value::Array(items) => {
            let joined = items.iter().map(|item| plain(item, sentences)).collect::<Vec<_>>().join(", ");
            line(text, label, &joined);
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) => line(text, label, &plain(value, sentences)),
    }
}

fn plain(value: &Value, sentences: &Sentences) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => sentences.confirm.yes_value.clone(),
        Value::Bool(false) => sentences.confirm.no_value.clone(),
        other => other.to_string(),
    }
}

fn line(text: &mut String, label: &str, value: &str) {
    // A value must not be able to write lines of its own under the list.
    let flat = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = flat.chars().take(VALUE_CHARACTERS).collect();
    if shown.len() < flat.len() {
        shown.push('…');
    }
    text.push_str("\n- **");
    text.push_str(&label.replace('*', ""));
    text.push_str(":** ");
    text.push_str(&shown);
}
