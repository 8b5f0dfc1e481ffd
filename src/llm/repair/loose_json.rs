//! Reads JSON as weak models write it: trailing commas, single quotes, Python literals, bare words, doubled
//! braces, forgotten closing braces. It never panics or recurses without bound, and its time is linear.

use serde_json::{Map, Number, Value};

/// Deeper nesting than any tool's arguments; beyond it a text is not worth understanding.
const MAX_DEPTH: usize = 64;

/// A value that was understood.
#[derive(Debug, PartialEq)]
pub struct Loose {
    /// The value.
    pub value: Value,
    /// Where it ends in the text, in bytes.
    pub end: usize,
    /// Whether the text ended before the value was closed, so that part of it may be missing.
    pub unclosed: bool,
}

/// A text that holds no value; `reached` is how far it was read, in bytes, at least 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where reading stopped.
    pub reached: usize,
}

/// Reads the value at the start of `text`; what stands behind it does not matter.
///
/// # Errors
/// [`Unreadable`] if there is none.
pub fn read(text: &str) -> Result<Loose, Unreadable> {
    let mut reader = Reader::at_start_of(text);
    match reader.value(0) {
        Some(value) => Ok(Loose { value, end: reader.at, unclosed: reader.unclosed }),
        None => Err(Unreadable { reached: reader.reached() }),
    }
}

/// The text as a whole if it is plain JSON, else loosely; `None` if it is neither or has more behind the value.
pub fn read_all(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| {
        let loose = read(text).ok()?;
        text[loose.end..]
            .trim_matches(|c: char| c.is_whitespace() || "}];,".contains(c))
            .is_empty()
            .then_some(loose.value)
    })
}

/// A position in a text, moving forward only. It always stands on a character boundary.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    unclosed: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn at_start_of(text: &'a str) -> Self {
        Self { text, at: 0, unclosed: false }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn is_unclosed(&self) -> bool {
        self.unclosed
    }

    pub(super) fn mark_unclosed(&mut self) {
        self.unclosed = true;
    }

    fn reached(&self) -> usize {
        let first = self.text.chars().next().map_or(1, char::len_utf8);
        self.at.max(first)
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over `byte`, which must be ASCII, if it stands here.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    /// Steps over `text` if it stands here.
    pub(super) fn eat_all(&mut self, text: &str) {
        if self.rest().starts_with(text) {
            self.at += text.len();
        }
    }

    pub(super) fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    pub(super) fn skip_separators(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
    }

    /// The value that stands here. `None` leaves the position where reading stopped.
    pub(super) fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_space();
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' | b'\'' => self.string().map(Value::String),
            _ => self.word().map(literal),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b'{') {
            // Doubled braces: a model that copied a format string.
            let inner = self.value(depth + 1)?;
            self.skip_space();
            self.eat(b'}');
            return Some(inner);
        }
        let mut map = Map::new();
        loop {
            self.skip_separators();
            match self.peek() {
                Some(b'}') => {
                    self.at += 1;
                    return Some(Value::Object(map));
                }
                None => {
                    self.unclosed = true;
                    return Some(Value::Object(map));
                }
                // The closing brace was forgotten: what comes belongs to whatever is around the object.
                Some(b']' | b')' | b'<' | b'`') if !map.is_empty() => return Some(Value::Object(map)),
                Some(_) => {}
            }
            let before_key = self.at;
            let key = self.key();
            self.skip_space();
            if !self.eat(b':') && !self.eat(b'=') {
                // Words instead of a key: the closing brace was forgotten.
                let forgotten = !map.is_empty() && self.text[before_key..].starts_with(char::is_alphabetic);
                return forgotten.then(|| {
                    self.at = before_key;
                    Value::Object(map)
                });
            }
            let key = key?;
            let value = self.value(depth + 1)?;
            map.insert(key, value);
        }
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_separators();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return Some(Value::Array(items));
                }
                None => {
                    self.unclosed = true;
                    return Some(Value::Array(items));
                }
                Some(b'}' | b')' | b'<' | b'`') if !items.is_empty() => return Some(Value::Array(items)),
                Some(_) => items.push(self.value(depth + 1)?),
            }
        }
    }

    fn key(&mut self) -> Option<String> {
        match self.peek()? {
            b'"' | b'\'' => self.string(),
            _ => self.identifier().map(str::to_owned),
        }
    }

    /// Letters, digits and `_-.` that stand here.
    pub(super) fn identifier(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let end =
            rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| &rest[..end])
    }

    /// A quoted string. One that the text breaks off is no string: half a value is worse than none.
    fn string(&mut self) -> Option<String> {
        let quote = self.peek()?;
        self.at += 1;
        let mut out = String::new();
        let mut copied = self.at;
        loop {
            match self.peek()? {
                b'\\' => {
                    out.push_str(&self.text[copied..self.at]);
                    self.escape(&mut out)?;
                    copied = self.at;
                }
                byte if byte == quote && (quote == b'"' || self.apostrophe_closes()) => {
                    out.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    return Some(out);
                }
                // Continuation bytes of a character never equal a quote or a backslash.
                _ => self.at += 1,
            }
        }
    }

    /// Whether the apostrophe here ends its string, rather than standing in a word (`d'água`).
    fn apostrophe_closes(&self) -> bool {
        let behind = self.text[self.at + 1..].trim_start();
        behind.is_empty() || behind.starts_with([',', ':', '}', ']', ')', '='])
    }

    fn escape(&mut self, out: &mut String) -> Option<()> {
        let escaped = self.text[self.at + 1..].chars().next()?;
        self.at += 1 + escaped.len_utf8();
        match escaped {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' | 'f' => out.push(' '),
            'u' => out.push(self.unicode_escape()),
            '\n' => {}
            other => out.push(other),
        }
        Some(())
    }

    /// The character behind `\u`; a second half of a surrogate pair is read with the first.
    fn unicode_escape(&mut self) -> char {
        let Some(first) = self.hex4() else { return char::REPLACEMENT_CHARACTER };
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        if !self.rest().starts_with("\\u") {
            return char::REPLACEMENT_CHARACTER;
        }
        self.at += 2;
        let second = self.hex4().unwrap_or(0);
        (0xDC00..0xE000)
            .contains(&second)
            .then(|| char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)))
            .flatten()
            .unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// A value without quotes, up to what ends a value.
    fn word(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let end = rest.find([',', '}', ']', ')', '"', '\n', '\r']).unwrap_or(rest.len());
        let word = rest[..end].trim_end();
        if !word.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '+' | '.' | '_' | '$')) {
            return None;
        }
        self.at += word.len();
        Some(word)
    }
}

fn literal(word: &str) -> Value {
    match word {
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        "null" | "None" | "NULL" | "nil" | "undefined" | "NaN" => Value::Null,
        _ => serde_json::from_str::<Number>(word)
            .map_or_else(|_| Value::String(word.to_owned()), Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_models_write() {
        for (text, expected) in [
            (r#"{"a": 1, "b": [true, null]}"#, json!({"a": 1, "b": [true, null]})),
            (r#"{"a": 1, "b": [1, 2,],}"#, json!({"a": 1, "b": [1, 2]})),
            ("{'a': 'd\\'água', 'b': True, 'c': None}", json!({"a": "d'água", "b": true, "c": null})),
            ("{'a': 'copo d'água'}", json!({"a": "copo d'água"})),
            (r#"{{"a": {{"b": 1}}}}"#, json!({"a": {"b": 1}})),
            (r#"{{"a": {"b": 1}}}"#, json!({"a": {"b": 1}})),
            (r#"{"a": {"b": 1}"#, json!({"a": {"b": 1}})),
            (r#"{"a": [1, 2"#, json!({"a": [1, 2]})),
            (r#"{"a": [1, 2}"#, json!({"a": [1, 2]})),
            (r#"{a: 1, b_c: dois itens}"#, json!({"a": 1, "b_c": "dois itens"})),
            (r#"{"a": 1 "b": 2}"#, json!({"a": 1, "b": 2})),
            ("{\"a\": \"one\ntwo\"}", json!({"a": "one\ntwo"})),
            (r#"{"a": "\u00e9 \ud83d\ude00 \ud83d \x"}"#, json!({"a": "é 😀 \u{fffd} x"})),
            (r#"{"a": 007}"#, json!({"a": "007"})),
            (r#"{"a": 2026-08-01T10:00}"#, json!({"a": "2026-08-01T10:00"})),
        ] {
            assert_eq!(read(text).map(|loose| loose.value), Ok(expected), "{text}");
        }
    }

    #[test]
    fn half_a_string_is_no_value() {
        assert!(read(r#"{"a": "maria@exam"#).is_err());
        assert!(read(r#"{"a" 1}"#).is_err());
        assert!(read("{olá}").is_err());
    }

    #[test]
    fn says_when_the_text_ended_first() {
        assert!(read(r#"{"a": 12"#).is_ok_and(|loose| loose.unclosed));
        assert!(read(r#"{"a": 12} x"#).is_ok_and(|loose| !loose.unclosed && loose.end == 9));
    }

    #[test]
    fn deep_nesting_is_given_up() {
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read(&"{".repeat(100_000)).is_err());
    }
}
