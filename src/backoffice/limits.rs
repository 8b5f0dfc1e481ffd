//! Bounds on free text before it is stored: trimmed, no control characters, not endless. Judges no meaning.

use crate::backoffice::BackofficeError;

/// Longest one-line text: a name, a subject, a title.
pub const LINE: usize = 200;
/// Longest text of several lines: a description, a note.
pub const STORY: usize = 5_000;
/// Longest word: a tag, a stage, the name of a preference.
pub const WORD: usize = 60;

/// One line that must say something.
pub fn line(field: &'static str, text: &str, longest: usize) -> Result<String, BackofficeError> {
    let cleaned = text.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ");
    bounded(field, cleaned.trim(), longest)
}

/// Several lines that must say something.
pub fn story(field: &'static str, text: &str) -> Result<String, BackofficeError> {
    let cleaned: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    bounded(field, cleaned.trim(), STORY)
}

/// Several lines that may say nothing.
pub fn remark(field: &'static str, text: &str) -> Result<String, BackofficeError> {
    if text.trim().is_empty() { Ok(String::new()) } else { story(field, text) }
}

fn bounded(field: &'static str, text: &str, longest: usize) -> Result<String, BackofficeError> {
    if text.is_empty() {
        return Err(BackofficeError::invalid(field, "must not be empty"));
    }
    if text.chars().count() > longest {
        return Err(BackofficeError::invalid(field, format!("must not be longer than {longest} characters")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_line_breaks_and_a_story_may() {
        assert_eq!(line("name", " Ana\r\n\u{0}Souza ", LINE).unwrap(), "Ana   Souza");
        assert_eq!(story("text", "a\r\nb\u{7}").unwrap(), "a\nb");
        assert_eq!(remark("text", " \n").unwrap(), "");
        assert!(line("name", "\u{0}\n", LINE).is_err());
        assert!(line("name", &"é".repeat(201), LINE).is_err());
        assert!(line("name", &"é".repeat(200), LINE).is_ok());
    }
}
