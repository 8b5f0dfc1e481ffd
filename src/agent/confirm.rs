//! The message that asks for the customer's word on a call: every argument in plain words, a question, two buttons.
//! Nothing else the bot says looks like one, and nothing that would be done is left out of it.

use crate::domain::language::Language;
use crate::domain::message::{Button, Confirmation};
use crate::domain::tool::ToolSpec;
use crate::domain::tool_call::ToolCall;
use crate::prompts::sentences::{Sentences, fill};
use crate::tools::builtin::words;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

/// Most characters of one value. A longer one is not read, and one that was cut would hide what is done.
const VALUE_CHARACTERS: usize = 600;
/// Most characters of all values together.
const LIST_CHARACTERS: usize = 3_000;

/// For whom values are put into words.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The program's words in the reader's language.
    pub sentences: &'a Sentences,
    /// The language.
    pub language: Language,
    /// Where moments in time are told as times of day.
    pub zone: &'a TimeZone,
}

/// A question for the customer's word.
pub struct Question {
    /// The text.
    pub text: String,
    /// Yes and no.
    pub buttons: Vec<Button>,
    /// What is asked about.
    pub confirmation: Confirmation,
}

/// The question about `call`, which is not [`too_long`].
pub fn question(call: &ToolCall, spec: Option<&ToolSpec>, reader: Reader<'_>) -> Question {
    let words = &reader.sentences.confirm;
    let mut text = fill(&words.intro, "tool", &title(spec, reader.sentences, reader.language));
    for line in lines(call, spec, reader) {
        text.push_str("\n- **");
        text.push_str(&line.label.replace('*', ""));
        text.push_str(":** ");
        text.push_str(&line.value);
    }
    text.push_str("\n\n");
    text.push_str(&words.ask);
    let button = |label: &String| Button { label: label.clone(), value: label.clone() };
    Question {
        text,
        buttons: vec![button(&words.yes), button(&words.no)],
        confirmation: Confirmation { tool: call.name.clone(), arguments: call.arguments.clone() },
    }
}

/// What to tell the model of a call that is too long to be asked about.
pub fn too_long(call: &ToolCall, spec: Option<&ToolSpec>, reader: Reader<'_>) -> Option<String> {
    let lines = lines(call, spec, reader);
    let size = |line: &Line| line.label.chars().count() + line.value.chars().count();
    if let Some(long) = lines.iter().find(|line| size(line) > VALUE_CHARACTERS) {
        return Some(format!(
            "the customer has to confirm this call and cannot read all of `{}`: at most {VALUE_CHARACTERS} characters; \
             shorten it and call again",
            long.label
        ));
    }
    (lines.iter().map(size).sum::<usize>() > LIST_CHARACTERS).then(|| {
        format!(
            "the customer has to confirm this call and cannot read so much: at most {LIST_CHARACTERS} characters in all \
             arguments; shorten them and call again"
        )
    })
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

/// One value and its name.
struct Line {
    label: String,
    value: String,
}

fn lines(call: &ToolCall, spec: Option<&ToolSpec>, reader: Reader<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, value) in call.arguments.as_object().into_iter().flatten() {
        let label = spec.map_or_else(|| name.replace('_', " "), |spec| spec.label(name, reader.language));
        list(&mut lines, label, value, reader);
    }
    lines
}

fn list(lines: &mut Vec<Line>, label: String, value: &Value, reader: Reader<'_>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                list(lines, format!("{label}, {}", name.replace('_', " ")), field, reader);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (index, item) in items.iter().enumerate() {
                list(lines, format!("{label} {}", index + 1), item, reader);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let shown: Vec<String> = items.iter().map(|item| plain(item, reader)).collect();
            lines.push(Line { label, value: shown.join(", ") });
        }
        _ => lines.push(Line { label, value: plain(value, reader) }),
    }
}

fn plain(value: &Value, reader: Reader<'_>) -> String {
    let words = &reader.sentences.confirm;
    match value {
        Value::String(text) => {
            // A value must not be able to write lines of its own under the list.
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            match time(&flat, reader) {
                Some(time) => time,
                None if flat.is_empty() => words.empty_value.clone(),
                None => flat,
            }
        }
        Value::Number(number) => match reader.language {
            Language::Portuguese | Language::Spanish => number.to_string().replace('.', ","),
            Language::English => number.to_string(),
        },
        Value::Bool(true) => words.yes_value.clone(),
        Value::Bool(false) => words.no_value.clone(),
        Value::Null | Value::Array(_) | Value::Object(_) => words.empty_value.clone(),
    }
}

/// A day or a time that was written for machines, as people write it.
fn time(text: &str, reader: Reader<'_>) -> Option<String> {
    if text.len() == "2026-11-27".len()
        && let Ok(date) = text.parse::<Date>()
    {
        return Some(day(date, reader.language));
    }
    let time = match text.parse::<Timestamp>() {
        Ok(moment) => moment.to_zoned(reader.zone.clone()).datetime(),
        Err(_) if text.contains(['T', ' ']) => text.parse::<DateTime>().ok()?,
        Err(_) => return None,
    };
    let shown = time.strftime(if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" });
    let date = day(time.date(), reader.language);
    Some(match reader.language {
        Language::Portuguese => format!("{date}, às {shown}"),
        Language::English => format!("{date}, at {shown}"),
        Language::Spanish => format!("{date}, a las {shown}"),
    })
}

/// `sexta-feira, 27/11/2026`.
fn day(date: Date, language: Language) -> String {
    let day = words::day(date, language);
    match language {
        Language::Portuguese | Language::Spanish => format!("{day}/{}", date.year()),
        Language::English => format!("{day}, {}", date.year()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::CallId;
    use crate::prompts::Prompts;
    use serde_json::json;

    fn call(arguments: Value) -> ToolCall {
        ToolCall { id: CallId::at(1, 0), name: "pay".into(), arguments }
    }

    /// The list of the question about `arguments`, and why it cannot be asked.
    fn asked(arguments: Value, language: Language) -> (String, Option<String>) {
        let prompts = Prompts::load(None).unwrap();
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let reader = Reader { sentences: prompts.sentences(language), language, zone: &zone };
        let call = call(arguments);
        let text = question(&call, None, reader).text;
        let list: Vec<&str> = text.lines().filter(|line| line.starts_with("- ")).collect();
        (list.join("\n").replace("**", ""), too_long(&call, None, reader))
    }

    #[test]
    fn every_argument_is_listed_in_plain_words() {
        let arguments = json!({
            "coupon": null, "extras": {}, "reasons": [], "note": " \n", "tags": ["a", "b"], "gift": true,
            "amount": 202.35, "count": 3, "due": "2026-11-27", "start": "2026-11-27T15:00",
            "sent": "2026-11-28T01:30:00Z", "customer": {"e_mail": "rui@example.com", "old": null},
            "items": [{"sku": "V-1", "price": 9.5}, {}], "text": "one\n- **two:** 3"
        });
        let (list, too_long) = asked(arguments.clone(), Language::Portuguese);
        assert_eq!(too_long, None);
        for line in [
            "- coupon: nenhum",
            "- extras: nenhum",
            "- reasons: nenhum",
            "- note: nenhum",
            "- tags: a, b",
            "- gift: sim",
            "- amount: 202,35",
            "- count: 3",
            "- due: sexta-feira, 27/11/2026",
            "- start: sexta-feira, 27/11/2026, às 15:00",
            "- sent: sexta-feira, 27/11/2026, às 22:30",
            "- customer, e mail: rui@example.com",
            "- customer, old: nenhum",
            "- items 1, sku: V-1",
            "- items 1, price: 9,5",
            "- items 2: nenhum",
            "- text: one - two: 3",
        ] {
            assert!(list.lines().any(|listed| listed == line), "{line} is not in\n{list}");
        }
        assert_eq!(list.lines().count(), 17);
        let (english, _) = asked(arguments.clone(), Language::English);
        for line in ["- coupon: none", "- amount: 202.35", "- start: Friday, Nov 27, 2026, at 15:00"] {
            assert!(english.lines().any(|listed| listed == line), "{line} is not in\n{english}");
        }
        let (spanish, _) = asked(arguments, Language::Spanish);
        assert!(spanish.contains("- coupon: ninguno") && spanish.contains("- amount: 202,35"), "{spanish}");
    }

    #[test]
    fn what_is_too_long_is_not_asked_about_and_never_cut() {
        let long = "á".repeat(595);
        let (list, too_long) = asked(json!({"note": long}), Language::Portuguese);
        assert!(list.contains(&long) && too_long.is_none());
        for arguments in [
            json!({"note": "á".repeat(601)}),
            json!({"customer": {"note": "x".repeat(700)}}),
            json!({"tags": (0..400).collect::<Vec<_>>()}),
            json!(
                (0..8)
                    .map(|n| (format!("part_{n}"), json!("x".repeat(500))))
                    .collect::<serde_json::Map<_, _>>()
            ),
        ] {
            assert!(asked(arguments.clone(), Language::Portuguese).1.is_some(), "{arguments}");
        }
    }
}
