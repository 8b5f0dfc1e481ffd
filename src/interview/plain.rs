//! Plain JSON as a field's value: what a person of the business wrote, or a system told. It reads no words; those are
//! the lead's, and `hear` reads them.

use super::field::{Field, Kind};
use crate::domain::handle::{canonical_email, canonical_phone};
use crate::domain::interview::{Span, Value};
use crate::language::documents::{DocumentKind, canonical};
use jiff::civil::Date;
use serde_json::Value as Json;

/// Longest text.
const LONGEST: usize = 2_000;

/// What `json` means to `field`: a text, a number (reais for an amount), true or false, a day, ids of choices; or
/// `{kind, value}` as an interview shows its answers. `None` if it is nothing the field takes.
pub fn value_of(field: &Field, json: &Json) -> Option<Value> {
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
        Kind::Cpf => Value::Cpf(canonical(DocumentKind::Cpf, &text()?)?),
        Kind::Cnpj => Value::Cnpj(canonical(DocumentKind::Cnpj, &text()?)?),
        Kind::PostalCode => {
            let digits: String = text()?.chars().filter(char::is_ascii_digit).collect();
            (digits.len() == 8).then_some(Value::PostalCode(digits))?
        }
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
