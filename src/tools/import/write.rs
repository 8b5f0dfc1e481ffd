//! JSON values as TOML text. What TOML cannot say, a null or a number beyond its range, is left out.

use serde_json::Value;

/// A value on one line; `None` for one that TOML cannot say.
pub fn inline(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.to_string(),
            // Rust's debug form always has a point or an exponent, as TOML wants it.
            (None, Some(float)) if float.is_finite() && float.abs() < 1e18 => format!("{float:?}"),
            (None, _) => return None,
        },
        Value::String(text) => string(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let fields =
                fields.iter().filter_map(|(name, value)| Some(format!("{} = {}", key(name), inline(value)?)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
    })
}

/// A basic string.
pub fn string(text: &str) -> String {
    // JSON's escapes are TOML's, but for one character.
    Value::String(text.to_owned()).to_string().replace('\u{7f}', "\\u007f")
}

/// A key, in quotes if it needs them.
pub fn key(name: &str) -> String {
    let bare = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare { name.to_owned() } else { string(name) }
}

/// `name = value` lines, for what can be said.
pub fn entry(name: &str, value: &Value) -> String {
    inline(value).map(|value| format!("{} = {value}\n", key(name))).unwrap_or_default()
}

/// A table of texts on one line; nothing if there are none.
pub fn table(name: &str, texts: &[(String, String)]) -> String {
    if texts.is_empty() {
        return String::new();
    }
    let fields: Vec<String> =
        texts.iter().map(|(name, text)| format!("{} = {}", key(name), string(text))).collect();
    format!("{name} = {{ {} }}\n", fields.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_reads_back_as_the_same() {
        let value = json!({
            "plain": "é \"q\" \\ \n\t \u{7f} \u{1}", "with space.dot": [1, -2, 1.5, 1e15, true, {"a": {}}], "e": [],
        });
        let text = entry("v", &value);
        let read: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&read["v"]).unwrap(), value, "{text}");
    }

    #[test]
    fn what_toml_cannot_say_is_left_out() {
        assert_eq!(
            inline(&json!({"a": null, "b": [null, 1], "c": u64::MAX, "d": 1e300})).unwrap(),
            "{ b = [1] }"
        );
        assert_eq!(entry("x", &Value::Null), "");
        assert_eq!(table("headers", &[]), "");
    }
}
