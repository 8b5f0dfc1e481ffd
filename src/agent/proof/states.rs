//! How records stand, as the results of tools tell it, and whether a call came to nothing. Pure.

use super::acts::{self, Acts};
use super::fields::{is_name, is_qualifier};
use crate::domain::language::Language;
use crate::language::fold::{fold, words};
use crate::language::memo::Memo;
use crate::language::statements::{Term, terms_of};
use serde_json::{Map, Value};
use std::sync::{Arc, LazyLock};

/// A number with so many digits names a record.
const NAMING_DIGITS: usize = 3;

/// Longest text that names its record.
const LONGEST_NAME: usize = 80;

/// What a text tells of a state, and the terms of its record and of those around it.
pub type State = (Acts, Vec<Term>);

static READ: LazyLock<Memo<Vec<State>>> = LazyLock::new(Memo::default);

/// The states that a result tells of, which is `written` like this.
pub(super) fn states_of(written: &str, data: &Value, language: Language) -> Arc<Vec<State>> {
    READ.of(written, language, || {
        let mut told = Vec::new();
        read_states(data, &[], language, &mut told);
        told
    })
}

fn read_states(data: &Value, around: &[Term], language: Language, told: &mut Vec<State>) {
    match data {
        Value::Object(fields) => {
            let mut terms = around.to_vec();
            for value in fields.values() {
                match value {
                    Value::String(text) if text.len() <= LONGEST_NAME => {
                        terms.extend(terms_of(text, language))
                    }
                    Value::Number(number) => terms.extend(numbers_of(&number.to_string(), language)),
                    _ => {}
                }
            }
            let undone = undone_in(fields);
            let siblings: Vec<Term> = fields
                .values()
                .filter_map(Value::as_object)
                .flat_map(|record| names_of(record, language))
                .collect();
            for (key, value) in fields {
                let begin = told.len();
                if value.is_object() {
                    let around: Vec<Term> = terms.iter().chain(&siblings).copied().collect();
                    read_states(value, &around, language, told);
                } else {
                    read_states(value, &terms, language, told);
                }
                if !undone.is_empty() && value.is_string() {
                    told[begin..].iter_mut().for_each(|(acts, _)| *acts = acts.without(undone));
                }
                let is_state = value.as_str().is_some_and(|text| acts::stated(text).is_empty());
                let folded = fold(key);
                let is_named_so = ["status", "state", "situacao", "estado"]
                    .iter()
                    .any(|word| folded.rsplit('_').next() == Some(*word));
                if is_state && is_named_so {
                    told.push((Acts::STATE, terms.clone()));
                }
                // `paid_through: "2026-12-14"`
                let acts = if is_to_come(key) { Acts::default() } else { acts::done(key) };
                let is_something =
                    !value.is_null() && value.as_bool() != Some(false) && value.as_f64() != Some(0.0);
                if !acts.is_empty() && is_something && value.as_str() != Some("") {
                    told.push((acts, terms.clone()));
                }
            }
        }
        Value::Array(elements) => {
            elements.iter().for_each(|element| read_states(element, around, language, told))
        }
        // An address of the web is no state, whatever words are in it.
        Value::String(text) if !text.contains("://") && !text.contains('@') => {
            let acts = acts::stated(text);
            if !acts.is_empty() {
                told.push((acts, around.to_vec()));
            }
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// What a record says outright that it was not: `paid_at: null`.
fn undone_in(fields: &Map<String, Value>) -> Acts {
    let is_nothing = |value: &Value| value.is_null() || value.as_bool() == Some(false);
    let undone = fields.iter().filter(|(key, value)| is_nothing(value) && !is_to_come(key));
    undone.fold(Acts::NONE, |all, (key, _)| all.and(acts::done(key)))
}

/// The terms that a record inside of a result is named by: `{"order": {"id": 4096}, "refund": {…}}` is all of one order.
fn names_of(record: &Map<String, Value>, language: Language) -> Vec<Term> {
    let named = record.iter().filter(|(key, _)| is_name(key) || is_qualifier(key));
    named
        .flat_map(|(_, value)| match value {
            Value::String(text) if text.len() <= LONGEST_NAME => terms_of(text, language),
            Value::Number(number) => numbers_of(&number.to_string(), language),
            _ => Vec::new(),
        })
        .collect()
}

/// Whether a field says when something is expected: `ready_expected`.
fn is_to_come(key: &str) -> bool {
    const WORDS: [&str; 13] = [
        "estimado",
        "estimada",
        "expected",
        "estimated",
        "estimate",
        "planned",
        "due",
        "eta",
        "forecast",
        "previsto",
        "prevista",
        "previsao",
        "prazo",
    ];
    words(&key.replace('_', " ")).iter().any(|word| WORDS.contains(&word.as_str()))
}

/// Whether a result says that nothing came of the call.
pub(super) fn has_failed(data: &Value) -> bool {
    let says = |key: &str, value: bool| data.get(key).and_then(Value::as_bool) == Some(value);
    let error = data.get("error").is_some_and(|error| !error.is_null() && error.as_bool() != Some(false));
    says("success", false) || says("ok", false) || error
}

/// The terms of numbers that name records.
pub(super) fn numbers_of(text: &str, language: Language) -> Vec<Term> {
    let numbers: Vec<&str> = text
        .split(|sign: char| !sign.is_ascii_digit())
        .filter(|digits| digits.len() >= NAMING_DIGITS)
        .collect();
    terms_of(&numbers.join(" "), language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_record_says_outright_that_it_was_not_is_no_state_of_it() {
        let paid = |data: &Value| {
            let told = states_of(&data.to_string(), data, Language::English);
            told.iter().any(|(acts, _)| acts.meets(Acts::PAY))
        };
        assert!(paid(&json!({"payment": {"status": "APPROVED"}})));
        assert!(!paid(&json!({"refund": {"status": "APPROVED", "paid_at": null}})));
    }

    #[test]
    fn records_side_by_side_are_of_one_thing() {
        let data = json!({"order": {"id": 4096, "status": "cancelled"}, "refund": {"status": "requested"}});
        let number = numbers_of("4096", Language::English);
        let told = states_of(&data.to_string(), &data, Language::English);
        assert!(told.iter().all(|(_, terms)| terms.contains(&number[0])), "{told:?}");
    }
}
