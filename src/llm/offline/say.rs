//! Says results: by the tool's own template, else as a plain list; says refusals in words that help. Never shows raw
//! data or an exception's text.

use super::phrases::Voice;
use crate::domain::language::Language;
use crate::domain::money::Money;
use crate::domain::tool::{Risk, ToolSpec};
use crate::domain::tool_call::ToolCall;
use crate::language::fold::fold;
use jiff::civil::{Date, DateTime};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value as Template};
use serde_json::Value;

/// Most characters of an answer.
const LONGEST: usize = 1_800;

/// What the customer reads of a call's outcome.
pub fn outcome(tool: Option<&ToolSpec>, call: &ToolCall, result: &Value, voice: Voice<'_>) -> String {
    let language = voice.language;
    if let Some(error) = result.get("error").and_then(Value::as_str) {
        let outcome = result.get("outcome").and_then(Value::as_str).unwrap_or_default();
        return match outcome {
            "unknown" => voice.say("unsure").to_owned(),
            "over_quota" => voice.say("busy").to_owned(),
            "unavailable" | "timed_out" | "cancelled" => voice.say("unavailable").to_owned(),
            "unusable" => voice.say("unusable").to_owned(),
            _ => refusal(tool, call, error, voice),
        };
    }
    let said = tool
        .and_then(|tool| tool.words.say.get(language))
        .and_then(|template| render(template, result, &call.arguments, language))
        .filter(|text| !text.trim().is_empty())
        .unwrap_or_else(|| {
            // What was only looked up is headed by what it is.
            let looked_up = tool.filter(|tool| tool.risk == Risk::Read);
            let title = looked_up.map(|tool| tool.title.get(language).unwrap_or(&tool.name));
            let heading = title.map_or_else(|| voice.say("done").to_owned(), headed);
            plain(result, heading)
        });
    said.trim().chars().take(LONGEST).collect()
}

fn refusal(tool: Option<&ToolSpec>, call: &ToolCall, error: &str, voice: Voice<'_>) -> String {
    let language = voice.language;
    let folded = fold(error);
    let times: Vec<String> = error
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
        .filter_map(|word| word.parse::<DateTime>().ok().filter(|_| word.contains('T')))
        .map(|time| moment(time, language))
        .collect();
    if !times.is_empty() {
        return voice.say("alternatives").replace("{times}", &times.join("; "));
    }
    let has = |words: &[&str]| words.iter().any(|word| folded.contains(word));
    if has(&["check both", "verif", "prove", "match"]) {
        let labels: Vec<String> = call
            .arguments
            .as_object()
            .into_iter()
            .flat_map(|arguments| arguments.keys())
            .map(|name| tool.map_or_else(|| name.clone(), |tool| tool.label(name, language)))
            .collect();
        return voice.say("not_matching").replace("{labels}", &labels.join(voice.say("and")));
    }
    if has(&["not found", "no such", "there is no", "unknown"]) {
        return voice.say("not_found").to_owned();
    }
    voice.say("failed").to_owned()
}

fn render(template: &str, result: &Value, arguments: &Value, language: Language) -> Option<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.add_filter("money", |cents: i64| Money(cents).to_string());
    environment.add_filter("date", move |text: String| match text.parse::<Date>() {
        Ok(date) => day(date, language),
        Err(_) => text,
    });
    environment.add_filter("datetime", move |text: String| match text.parse::<DateTime>() {
        Ok(time) => moment(time, language),
        Err(_) => text,
    });
    let context = minijinja::context! {
        result => Template::from(Serde(result)),
        args => Template::from(Serde(arguments)),
        language => language.tag(),
    };
    match environment.render_str(template, context) {
        Ok(text) => Some(text),
        Err(error) => {
            tracing::debug!(error = %error, "a result could not be said by its template");
            None
        }
    }
}

/// Scalars of a result as a list: for tools without words of their own.
/// A result of which nobody said how to say it, field by field. What one object wraps is what is told.
fn plain(result: &Value, heading: String) -> String {
    const MOST_LINES: usize = 9;
    let mut lines = vec![heading];
    let mut told = result;
    while let Some(inner) = told
        .as_object()
        .filter(|fields| fields.len() == 1)
        .and_then(|fields| fields.values().next().filter(|inner| inner.is_object() || inner.is_array()))
    {
        told = inner;
    }
    match told {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(shown) = shortly(value) {
                    lines.push(format!("- {}: {shown}", name.replace('_', " ")));
                }
            }
        }
        Value::Array(items) => {
            lines.extend(items.iter().filter_map(shortly).map(|shown| format!("- {shown}")));
        }
        Value::String(_) | Value::Number(_) => lines.extend(shortly(told)),
        Value::Bool(_) | Value::Null => {}
    }
    lines.truncate(MOST_LINES);
    lines.join("\n")
}

/// A title as a heading.
fn headed(title: impl AsRef<str>) -> String {
    let mut letters = title.as_ref().chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}:", letters.as_str())
}

/// A value in a few words: an object by its name, a list by the names in it.
fn shortly(value: &Value) -> Option<String> {
    const NAMES: [&str; 8] = ["name", "nome", "nombre", "title", "titulo", "subject", "label", "description"];
    match value {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.chars().take(200).collect()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(fields) => NAMES.iter().find_map(|name| fields.get(*name)?.as_str().map(str::to_owned)),
        Value::Array(items) => {
            let names: Vec<String> = items.iter().filter_map(shortly).take(4).collect();
            (!names.is_empty()).then(|| names.join(", "))
        }
        Value::Bool(_) | Value::Null => None,
    }
}

fn day(date: Date, language: Language) -> String {
    let days = match language {
        Language::Portuguese => ["segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo"],
        Language::English => ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        Language::Spanish => ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    };
    let name = days[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs() % 7)];
    format!("{name}, {:02}/{:02}", date.day(), date.month())
}

fn moment(time: DateTime, language: Language) -> String {
    let at = match language {
        Language::Portuguese => "às",
        Language::English => "at",
        Language::Spanish => "a las",
    };
    format!("{} {at} {}", day(time.date(), language), time.strftime("%Hh%M"))
}
