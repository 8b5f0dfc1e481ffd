//! Whether a value is one that its field takes. A range is, if any of it is.

use super::{Fault, Outcome};
use crate::domain::interview::{Span, Value};
use crate::interview::field::Field;
use jiff::civil::Date;

/// More reais than anybody means.
const MOST_REAIS: i64 = 1_000_000_000;
/// More people or things than anybody means.
const MOST_COUNT: i64 = 10_000_000;

/// `outcome` itself, or what is wrong with its value.
pub(super) fn check(field: &Field, outcome: Outcome, today: Date) -> Outcome {
    let Outcome::Value(value) = &outcome else { return outcome };
    let fault = match value {
        Value::Money(span) => {
            let cents = |reais: i64| reais.saturating_mul(100);
            bounds(*span, field.min.map(cents), cents(field.max.unwrap_or(MOST_REAIS)))
        }
        Value::Number(span) => bounds(*span, field.min, field.max.unwrap_or(MOST_COUNT)),
        Value::Days { from, until } => {
            until.or(*from).filter(|last| *last < today && until.is_some()).map(|_| Fault::Past)
        }
        Value::Text(text) | Value::Name(text) => {
            field.max_chars.filter(|most| text.chars().count() > *most).map(|_| Fault::TooLong)
        }
        Value::Choices(taken) => (taken.len() > 1 && !field.several).then_some(Fault::OnlyOne),
        Value::YesNo(_)
        | Value::Email(_)
        | Value::Phone(_)
        | Value::Cpf(_)
        | Value::Cnpj(_)
        | Value::PostalCode(_) => None,
    };
    fault.map_or(outcome, Outcome::Fault)
}

fn bounds(span: Span, min: Option<i64>, max: i64) -> Option<Fault> {
    if min.is_some_and(|min| span.high.or(span.low).is_some_and(|high| high < min)) {
        return Some(Fault::TooSmall);
    }
    span.low.or(span.high).is_some_and(|low| low > max).then_some(Fault::TooLarge)
}
