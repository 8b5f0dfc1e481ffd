//! One cell: how hostile or human content becomes a value. A cell that a spreadsheet would run as a formula is
//! guarded by an apostrophe on the way out, and loses it on the way in.

use crate::backoffice::words::fold;

/// The text to write for a value.
pub fn guarded(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// The value that was written as `text`.
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => text,
    }
}

/// Whether a spreadsheet might run it. Apostrophes before it count as part of it, so that guarding is undone
/// exactly however many there are.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// `sim`, `true`, `1` …
pub fn yes_or_no(text: &str) -> Option<bool> {
    match fold(text).as_str() {
        "true" | "sim" | "s" | "yes" | "y" | "1" | "verdadeiro" => Some(true),
        "false" | "nao" | "n" | "no" | "0" | "falso" => Some(false),
        _ => None,
    }
}

/// A whole number that is not negative; `12,0` and `12.00` count too, as spreadsheets write them.
pub fn whole(text: &str) -> Option<u32> {
    let (digits, rest) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && rest.len() <= 2 && rest.bytes().all(|byte| byte == b'0')).then(|| digits.parse().ok())?
}

/// The parts of a list, parted by `|`; `\|` is a stroke that parts nothing.
pub fn list(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, parts.last_mut()) {
            ('|', _) => parts.push(String::new()),
            ('\\', Some(part)) => match characters.next() {
                Some(next @ ('|' | '\\')) => part.push(next),
                Some(next) => part.extend(['\\', next]),
                None => part.push('\\'),
            },
            (_, Some(part)) => part.push(character),
            (_, None) => {}
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Writes a list so that [`list`] reads it.
pub fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let escaped: Vec<_> =
        parts.into_iter().map(|part| part.replace('\\', "\\\\").replace('|', "\\|")).collect();
    escaped.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn guards_what_a_spreadsheet_would_run() {
        for text in ["=1+1", "+5511", "-3", "@SUM(A1)", "\t=1", "'=1", "''=1"] {
            assert_eq!(guarded(text), format!("'{text}"));
            assert_eq!(unguarded(&guarded(text)), text);
        }
        for text in ["", "a=1", "'", "'aspas'", "5-3"] {
            assert_eq!(guarded(text), text);
            assert_eq!(unguarded(text), text);
        }
    }

    #[test]
    fn reads_numbers_and_answers() {
        assert_eq!(whole("12"), Some(12));
        assert_eq!(whole("12,00"), Some(12));
        for text in ["", "-1", "1,5", "1e3", "99999999999", "１２", "1.000"] {
            assert_eq!(whole(text), None, "{text}");
        }
        assert_eq!(
            (yes_or_no("Não"), yes_or_no("SIM"), yes_or_no("talvez")),
            (Some(false), Some(true), None)
        );
    }

    proptest! {
        #[test]
        fn guarding_is_undone_exactly(text in "['=+@\\-a]{0,6}.{0,10}") {
            let written = guarded(&text);
            prop_assert_eq!(unguarded(&written), text.as_str());
            prop_assert!(!written.starts_with(['=', '+', '-', '@']));
        }

        #[test]
        fn lists_come_back(parts in proptest::collection::vec("[a-z|\\\\ ]{1,8}", 0..5)) {
            let parts: Vec<String> = parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
            prop_assert_eq!(list(&joined(parts.iter().map(String::as_str))), parts);
        }
    }
}
