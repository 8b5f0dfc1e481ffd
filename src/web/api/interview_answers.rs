//! What an operator wrote for the fields of an interview, as answers. It reads plain JSON, not words: those are the
//! lead's.

use crate::domain::interview::{Answer, AnswerOrigin, Given};
use crate::interview::definition::Definition;
use crate::interview::field::Kind;
use crate::interview::plain::value_of;
use crate::web::problem::Problem;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

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
