//! Times as other systems write them, in several forms. Reading only; what cannot be read is nothing, not a guess.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde_json::Value;

/// An instant: RFC 3339; a date and time without zone, which is taken as UTC; a date; seconds or milliseconds since
/// 1970; the id of a document of MongoDB's, which begins with the second it was made
/// (<https://www.mongodb.com/docs/manual/reference/bson-types/#objectid>).
pub fn instant(value: &Value) -> Option<Timestamp> {
    instant_in(value, &TimeZone::UTC)
}

/// An instant; a date and time without zone is taken as one of `zone`.
pub fn instant_in(value: &Value, zone: &TimeZone) -> Option<Timestamp> {
    match value {
        Value::Number(number) => {
            let number = number.as_i64()?;
            if number > 100_000_000_000 {
                Timestamp::from_millisecond(number).ok()
            } else {
                Timestamp::from_second(number).ok()
            }
        }
        Value::String(text) => {
            let text = text.trim();
            if let Ok(at) = text.parse::<Timestamp>() {
                return Some(at);
            }
            if text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Timestamp::from_second(i64::from_str_radix(text.get(..8)?, 16).ok()?).ok();
            }
            let midnight = || Some(text.parse::<Date>().ok()?.to_datetime(Time::midnight()));
            let local = text.parse::<DateTime>().ok().or_else(midnight)?;
            Some(zone.to_ambiguous_zoned(local).compatible().ok()?.timestamp())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn instants_are_read_in_the_forms_vendors_use() {
        for value in [
            json!("2026-11-26T15:00:00Z"),
            json!("2026-11-26T12:00:00-03:00"),
            json!("2026-11-26T15:00:00"),
            json!("20261126T150000Z"),
            json!("20261126T150000"),
            json!("2026-11-26 15:00:00"),
            json!(1_795_705_200),
            json!("6b084970fa20000000000123"),
            json!(1_795_705_200_000_i64),
        ] {
            assert_eq!(instant(&value).unwrap().to_string(), "2026-11-26T15:00:00Z", "{value}");
        }
        assert_eq!(instant(&json!("2026-11-26")).unwrap().to_string(), "2026-11-26T00:00:00Z");
        assert_eq!(instant(&json!("yesterday")), None);
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        assert_eq!(instant_in(&json!("20261126T120000"), &zone).unwrap().to_string(), "2026-11-26T15:00:00Z");
        assert_eq!(
            instant_in(&json!("20261126T150000Z"), &zone).unwrap().to_string(),
            "2026-11-26T15:00:00Z"
        );
    }
}
