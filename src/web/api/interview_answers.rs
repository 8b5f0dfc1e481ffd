//! What an operator wrote for the fields of an interview, as answers. It reads plain JSON, not words: those are the
//! lead's.

use crate::domain::handle::{canonical_email, canonical_phone};
use crate::domain::interview::{Answer, AnswerOrigin, Given, Span, Value};
use crate::interview::definition::Definition;
use crate::interview::field::{Field, Kind};
use crate::web::problem::Problem;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value as Json};

/// Longest text.
const LONGEST: usize = 2_000;
/// A person's word is as sure as it gets.
const CERTAIN: u8 = 100;

/// The answers, or what is wrong with the first that is.
pub(super) fn answers_of(
    definition: &Definition,
    given: Map<String, Json>,
    operator: &str,
    at: Timestamp,
) -> Result<Vec<Answer>, Problem> {
    if given.is_empty() {
        return Err(Problem::invalid("answers", "`answers` names at least one field."));
    }
    let mut answers = Vec::with_capacity(given.len());
    for (name, json) in given {
        let field = definition.fields.iter().find(|field| field.id == name).ok_or_else(|| {
            let known: Vec<&str> = definition.fields.iter().map(|field| field.id.as_str()).collect();
            Problem::invalid(
                "answers",
                format!("There is no field `{name}`; there are: {}.", known.join(", ")),
            )
        })?;
        let value = value_of(field, &json)
            .ok_or_else(|| Problem::invalid("answers", format!("`{name}` takes {}.", takes(field.kind))))?;
        answers.push(Answer {
            field: name,
            given: Given::Value(value),
            origin: AnswerOrigin::Person(operator.to_owned()),
            confidence: CERTAIN,
            words: String::new(),
            at,
        });
    }
    Ok(answers)
}

fn value_of(field: &Field, json: &Json) -> Option<Value> {
    let plain = if let Json::Object(_) = json {
        let value: Value = serde_json::from_value(json.clone()).ok()?;
        return fits(field, &value).then_some(value);
    } else {
        json
    };
    let text = || {
        let text: String = plain.as_str()?.chars().filter(|c| !c.is_control() || *c == '\n').collect();
        let text = text.trim().to_owned();
        (!text.is_empty() && text.chars().count() <= field.max_chars.unwrap_or(LONGEST)).then_some(text)
    };
    let digits = |count: usize| {
        let digits: String = text()?.chars().filter(char::is_ascii_alphanumeric).collect();
        (digits.len() == count).then_some(digits)
    };
    let value = match field.kind {
        Kind::Text => Value::Text(text()?),
        Kind::Name => Value::Name(text()?),
        Kind::Choice => {
            let ids = match plain {
                Json::Array(ids) => {
                    ids.iter().map(|id| id.as_str().map(str::to_owned)).collect::<Option<_>>()?
                }
                _ => vec![text()?],
            };
            Value::Choices(ids)
        }
        Kind::Money => {
            let reais = plain.as_f64().filter(|reais| reais.is_finite() && (0.0..1e12).contains(reais))?;
            #[expect(clippy::cast_possible_truncation, reason = "it was looked at above")]
            let centavos = (reais * 100.0).round() as i64;
            Value::Money(Span::exactly(centavos))
        }
        Kind::Number | Kind::People => Value::Number(Span::exactly(plain.as_i64()?)),
        Kind::Deadline => {
            let day: Date = text()?.parse().ok()?;
            Value::Days { from: None, until: Some(day) }
        }
        Kind::YesNo => Value::YesNo(plain.as_bool()?),
        Kind::Email => Value::Email(canonical_email(&text()?)?),
        Kind::Phone => Value::Phone(canonical_phone(&text()?)?),
        Kind::Cpf => Value::Cpf(digits(11)?),
        Kind::Cnpj => Value::Cnpj(digits(14)?),
        Kind::PostalCode => Value::PostalCode(digits(8)?),
    };
    fits(field, &value).then_some(value)
}

/// Whether a value is one of the field's.
fn fits(field: &Field, value: &Value) -> bool {
    match (field.kind, value) {
        (Kind::Choice, Value::Choices(ids)) => {
            let count = ids.len();
            count > 0 && (field.several || count == 1) && ids.iter().all(|id| field.choice(id).is_some())
        }
        (Kind::Text, Value::Text(_))
        | (Kind::Name, Value::Name(_))
        | (Kind::Money, Value::Money(_))
        | (Kind::Number | Kind::People, Value::Number(_))
        | (Kind::Deadline, Value::Days { .. })
        | (Kind::YesNo, Value::YesNo(_))
        | (Kind::Email, Value::Email(_))
        | (Kind::Phone, Value::Phone(_))
        | (Kind::Cpf, Value::Cpf(_))
        | (Kind::Cnpj, Value::Cnpj(_))
        | (Kind::PostalCode, Value::PostalCode(_)) => true,
        _ => false,
    }
}

fn takes(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Name => "a text",
        Kind::Choice => "the id of a choice, or a list of them if it takes several",
        Kind::Money => "an amount in reais",
        Kind::Number | Kind::People => "a whole number",
        Kind::Deadline => "a day like 2026-12-31",
        Kind::YesNo => "true or false",
        Kind::Email => "an e-mail address",
        Kind::Phone => "a phone number with its area code",
        Kind::Cpf => "a CPF",
        Kind::Cnpj => "a CNPJ",
        Kind::PostalCode => "a CEP",
    }
}
