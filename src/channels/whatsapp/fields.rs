//! Single fields of Meta's JSON, read as generously as they come: ids and times are texts or numbers, what is missing
//! or of another kind is not there. It never fails and never panics.

use jiff::Timestamp;
use serde_json::Value;

/// Later than this, a number of seconds is one of milliseconds.
const LAST_SECOND: i64 = 100_000_000_000;

/// `body` as JSON. Names and words that were cut in the middle of a character end in the sign for a broken one.
pub fn json(body: &[u8]) -> Option<Value> {
    let whole = || serde_json::from_slice(body).ok();
    whole().or_else(|| serde_json::from_str(&mended(&String::from_utf8_lossy(body))).ok())
}

/// Halves of characters, which JSON may spell and no text may hold, replaced.
fn mended(json: &str) -> String {
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find('\\') {
        let (before, escape) = rest.split_at(start);
        mended.push_str(before);
        let (shown, length) = match (half(escape), escape.get(6..).and_then(half)) {
            (Some(Half::First), Some(Half::Second)) => (escape.get(..12), 12),
            (Some(_), _) => (Some("\\ufffd"), 6),
            // The escaped sign goes with it.
            (None, _) => {
                let length = escape.char_indices().nth(2).map_or(escape.len(), |(length, _)| length);
                (escape.get(..length), length)
            }
        };
        mended.push_str(shown.unwrap_or_default());
        rest = escape.get(length..).unwrap_or_default();
    }
    mended.push_str(rest);
    mended
}

/// Which half of a character.
enum Half {
    First,
    Second,
}

/// The half that `text` begins with the spelling of.
fn half(text: &str) -> Option<Half> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xD800..=0xDBFF => Some(Half::First),
        0xDC00..=0xDFFF => Some(Half::Second),
        _ => None,
    }
}

/// An object's field.
pub fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.as_object()?.get(name).filter(|field| !field.is_null())
}

/// The elements of an object's list; none if it is no list.
pub fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    field(value, name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text or a number of an object, as text; none if it is blank.
pub fn text(value: &Value, name: &str) -> Option<String> {
    plain(field(value, name)?)
}

/// A text or a number as text; none if it is blank.
pub fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// A number of an object, also if it is written as text.
pub fn number(value: &Value, name: &str) -> Option<f64> {
    let number = match field(value, name)? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    number.is_finite().then_some(number)
}

/// Whether an object says yes.
pub fn is_set(value: &Value, name: &str) -> bool {
    match field(value, name) {
        Some(Value::Bool(set)) => *set,
        Some(Value::String(text)) => text == "true",
        Some(Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => false,
    }
}

/// A time of an object, in seconds since 1970.
pub fn time(value: &Value, name: &str) -> Option<Timestamp> {
    let number: i64 = text(value, name)?.trim().parse().ok()?;
    if number > LAST_SECOND { Timestamp::from_millisecond(number) } else { Timestamp::from_second(number) }
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_is_read_whatever_kind_it_comes_in() {
        let value =
            json!({"a": "17", "b": 17, "c": null, "d": " ", "e": [1], "f": true, "g": "2.5", "h": "true"});
        assert_eq!((text(&value, "a"), text(&value, "b")), (Some("17".to_owned()), Some("17".to_owned())));
        for missing in ["c", "d", "e", "f", "z"] {
            assert_eq!(text(&value, missing), None, "{missing}");
        }
        assert_eq!(
            (number(&value, "b"), number(&value, "g"), number(&value, "d")),
            (Some(17.0), Some(2.5), None)
        );
        assert_eq!((is_set(&value, "f"), is_set(&value, "h"), is_set(&value, "a")), (true, true, false));
        assert_eq!((list(&value, "e").len(), list(&value, "a").len()), (1, 0));
        assert_eq!(text(&json!("no object"), "a"), None);
    }

    #[test]
    fn times_are_seconds_and_sometimes_more() {
        let at = |value: Value| time(&json!({"timestamp": value}), "timestamp").map(Timestamp::as_second);
        assert_eq!(at(json!("1795363200")), Some(1_795_363_200));
        assert_eq!(at(json!(1_795_363_200)), Some(1_795_363_200));
        assert_eq!(at(json!("1795363200000")), Some(1_795_363_200));
        for wrong in
            [json!("soon"), json!(""), json!(null), json!("99999999999999999999"), json!(i64::MAX), json!({})]
        {
            assert_eq!(at(wrong.clone()), None, "{wrong}");
        }
    }
}
