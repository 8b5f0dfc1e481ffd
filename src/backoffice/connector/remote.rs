//! Values as vendors write them: ids that are numbers or texts, amounts with or without a point. Reading only; what cannot
//! be read is nothing, not a guess.

use super::fault::Fault;
use super::pack::MoneyUnit;
use crate::domain::money::Money;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A vendor's id: a text or a number, as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemoteId(pub String);

impl<'de> Deserialize<'de> for RemoteId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if !text.is_empty() => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(serde::de::Error::custom("an id is a text or a number")),
        }
    }
}

/// Reads a result into the shape the capability wants.
///
/// # Errors
/// `Broken`, with the details in the operator's log.
pub fn shaped<T: DeserializeOwned>(result: Value, connector: &str, operation: &str) -> Result<T, Fault> {
    serde_json::from_value(result).map_err(|error| {
        // The error names fields and types and may quote a value: not for the log at large.
        tracing::error!(connector, operation, "the result of an operation has not the shape that is needed");
        tracing::debug!(connector, operation, %error, "shape");
        Fault::Broken("the system's answer could not be understood".to_owned())
    })
}

/// An amount.
pub fn amount(value: &Value, unit: MoneyUnit) -> Option<Money> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    match unit {
        MoneyUnit::Cents => text.parse().ok().map(Money),
        MoneyUnit::Decimal => decimal(&text),
    }
}

/// `12`, `12.5`, `-12.50`, `12.5000`: digits behind the second must be zeros, or it is no amount in centavos.
fn decimal(text: &str) -> Option<Money> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let (cents, rest) = fraction.split_at(fraction.len().min(2));
    if rest.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let cents: i64 = format!("{cents:0<2}").parse().ok()?;
    Some(Money(sign * whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_read_to_the_centavo_or_not_at_all() {
        for (value, unit, cents) in [
            (json!("12.50"), MoneyUnit::Decimal, Some(1250)),
            (json!(12.5), MoneyUnit::Decimal, Some(1250)),
            (json!(12), MoneyUnit::Decimal, Some(1200)),
            (json!("-0.05"), MoneyUnit::Decimal, Some(-5)),
            (json!("1234.5000"), MoneyUnit::Decimal, Some(123_450)),
            (json!("12.505"), MoneyUnit::Decimal, None),
            (json!("1,234.50"), MoneyUnit::Decimal, None),
            (json!(""), MoneyUnit::Decimal, None),
            (json!(1250), MoneyUnit::Cents, Some(1250)),
            (json!("1250"), MoneyUnit::Cents, Some(1250)),
            (json!(12.5), MoneyUnit::Cents, None),
            (json!(null), MoneyUnit::Decimal, None),
        ] {
            assert_eq!(amount(&value, unit).map(|money| money.0), cents, "{value}");
        }
    }
}
