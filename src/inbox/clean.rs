//! Cleans text that people typed: what cannot be seen must neither count as words nor reach a database, a model
//! or a screen. Pure; it changes no visible character.

use std::borrow::Cow;

/// `text` without control characters (line breaks and tabs stay, as `\n` and `\t`).
pub fn without_controls(text: &str) -> Cow<'_, str> {
    let unwanted = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    if !text.contains(unwanted) {
        return Cow::Borrowed(text);
    }
    // A lone carriage return is an old line break.
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(unix.chars().filter(|character| !unwanted(*character)).collect())
}

/// One line for a name or a label: controls and line breaks become spaces, at most `longest` characters.
/// `None` if nothing visible remains.
pub fn one_line(text: &str, longest: usize) -> Option<String> {
    let spaced = text.chars().map(|character| if character.is_control() { ' ' } else { character });
    let line: String = spaced.skip_while(|character| character.is_whitespace()).take(longest).collect();
    let line = line.trim_end();
    (!is_blank(line)).then(|| line.to_owned())
}

/// Whether `text` shows nothing: only white space, controls and characters without a shape.
pub fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|character| character.is_whitespace() || character.is_control() || is_invisible(character))
}

fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_go_and_everything_visible_stays() {
        for (text, expected) in [
            ("olá", "olá"),
            ("a\0b\u{7}c\u{1b}[31m", "abc[31m"),
            ("um\r\ndois\rtrês\tquatro", "um\ndois\ntrês\tquatro"),
            ("مرحبا 👩‍👩‍👧 <b>oi</b>", "مرحبا 👩‍👩‍👧 <b>oi</b>"),
            ("\u{85}", ""),
        ] {
            assert_eq!(without_controls(text), expected);
        }
    }

    #[test]
    fn blank_means_that_nothing_can_be_seen() {
        for blank in ["", "  \n\t", "\u{200B}\u{FEFF}", "\0", "\u{2800}\u{3164}", "\u{202E}\u{2066}\u{FE0F}"]
        {
            assert!(is_blank(blank), "{blank:?}");
        }
        for visible in ["a", ".", "\u{200B}a", "👍", "ع", "0"] {
            assert!(!is_blank(visible), "{visible:?}");
        }
    }

    #[test]
    fn names_fit_one_line() {
        assert_eq!(one_line("  Ana\nMaria\0 ", 80).as_deref(), Some("Ana Maria"));
        assert_eq!(one_line("Ana Maria", 4).as_deref(), Some("Ana"));
        assert_eq!(one_line(" \u{200B}\n", 80), None);
    }
}
