//! Texts as PostgreSQL can hold them: it knows every character but NUL. A character that Unicode keeps out of
//! interchange stands in for it, so that what is read is what was written.

use crate::store::error::StoreError;
use crate::store::sql::values;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

const STAND_IN: &str = "\u{FDD0}";
/// How JSON writes NUL.
const ESCAPED: &str = "\\u0000";

/// A text as it is bound.
pub(super) fn stored(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', STAND_IN)) } else { Cow::Borrowed(text) }
}

/// A text as it was before it was stored.
pub(super) fn read(text: &str) -> String {
    text.replace(STAND_IN, "\0")
}

/// A value as JSON text, as it is bound. PostgreSQL can look into it: it would refuse an escaped NUL.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    let text = values::json(value)?;
    Ok(if text.contains(ESCAPED) { without_escaped_nul(&text) } else { text })
}

/// A value from JSON text that was stored.
pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    if text.contains(STAND_IN) {
        values::from_json(&text.replace(STAND_IN, ESCAPED))
    } else {
        values::from_json(text)
    }
}

/// A backslash and what it escapes are read together: `\\u0000` is a backslash and five characters.
fn without_escaped_nul(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        written.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(behind) = rest.strip_prefix(ESCAPED) {
            written.push_str(STAND_IN);
            rest = behind;
        } else {
            // What JSON escapes with one letter is ASCII.
            let pair = rest.len().min(2);
            written.push_str(&rest[..pair]);
            rest = &rest[pair..];
        }
    }
    written.push_str(rest);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_and_none_holds_a_nul() {
        for text in ["", "oi", "a\0b\0", "\\u0000", "\\\0", "\\\\u0000\0🙂", "\"\0\\"] {
            assert_eq!(read(&stored(text)), text);
            assert!(!stored(text).contains('\0'));
            let json = json(text).unwrap();
            assert_eq!(from_json::<String>(&json).unwrap(), text, "{json}");
            // Only an escaped backslash may stand before the digits now.
            assert!(!json.replace("\\\\", "").contains(ESCAPED), "{json}");
        }
    }
}
