//! The head of a Markdown document: `title`, `language`, `tags`, `valid_from`, `valid_until`, `audience`, `owner`
//! between two `---` lines. Other keys are the operator's own and are passed over. This is the small part of YAML that people write there, not YAML.

use crate::domain::language::Language;
use crate::knowledge::day::day;
use crate::knowledge::document::Terms;
use jiff::civil::Date;

/// What the head says.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FrontMatter {
    /// The document's title.
    pub title: Option<String>,
    /// The document's language.
    pub language: Option<Language>,
    /// Words the document should be found by.
    pub tags: Vec<String>,
    /// From when and until when the document holds, for whom, and who answers for it.
    pub terms: Terms,
}

/// A head that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// Which of the keys the lines of a block list belong to.
#[derive(Clone, Copy)]
enum Open {
    Nothing,
    Tags,
    Unknown,
}

/// Separates the head from the text below it. A document without a head is all text.
///
/// # Errors
/// The head is never closed, or one of its lines is no `key: value`.
pub fn split(document: &str) -> Result<(FrontMatter, &str), Malformed> {
    let mut front_matter = FrontMatter::default();
    let mut lines = document.split_inclusive('\n').enumerate();
    let mut consumed = match lines.next() {
        Some((_, first)) if first.trim_end() == "---" => first.len(),
        Some(_) | None => return Ok((front_matter, document)),
    };
    let mut open = Open::Nothing;
    for (index, raw) in lines {
        consumed += raw.len();
        let line = raw.trim_end();
        if line == "---" || line == "..." {
            if let Some(fault) = front_matter.terms.fault() {
                return Err(Malformed { line: index + 1, reason: fault });
            }
            return Ok((front_matter, &document[consumed..]));
        }
        let malformed = |reason: String| Malformed { line: index + 1, reason };
        let text = line.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match (open, text.strip_prefix("- ")) {
            (Open::Tags, Some(item)) => {
                front_matter.tags.extend(scalar(item).map_err(malformed)?);
                continue;
            }
            (Open::Unknown, Some(_)) => continue,
            (Open::Nothing, Some(_)) | (_, None) => {}
        }
        if text.len() < line.len() && matches!(open, Open::Unknown) {
            continue;
        }
        let (key, value) = text
            .split_once(':')
            .filter(|(key, value)| is_key(key) && (value.is_empty() || value.starts_with([' ', '\t'])))
            .ok_or_else(|| {
                malformed(format!("expected `key: value` in the front matter, found `{}`", cut(text)))
            })?;
        open = Open::Unknown;
        match key {
            "title" => front_matter.title = scalar(value).map_err(malformed)?,
            "language" | "lang" => {
                front_matter.language = match scalar(value).map_err(malformed)? {
                    Some(tag) => Some(tag.parse().map_err(|error| malformed(format!("{error}")))?),
                    None => None,
                }
            }
            "valid_from" | "valid-from" => front_matter.terms.valid_from = date(value).map_err(malformed)?,
            "valid_until" | "valid-until" => {
                front_matter.terms.valid_until = date(value).map_err(malformed)?
            }
            "audience" => front_matter.terms.audience = scalar(value).map_err(malformed)?,
            "owner" => front_matter.terms.owner = scalar(value).map_err(malformed)?,
            "tags" => {
                open = Open::Tags;
                front_matter.tags = list(value).map_err(malformed)?;
            }
            _ => {}
        }
    }
    Err(Malformed { line: 1, reason: "the front matter that opens with `---` is never closed".into() })
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|character| character.is_alphanumeric() || "_-. ".contains(character))
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

fn date(value: &str) -> Result<Option<Date>, String> {
    scalar(value)?.map(|text| day(&text)).transpose()
}

/// A plain or quoted value; nothing when it is empty or `null`.
fn scalar(value: &str) -> Result<Option<String>, String> {
    let value = value.trim();
    let Some(quote) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        let plain = value.split_once(" #").map_or(value, |(plain, _comment)| plain).trim_end();
        return Ok(if matches!(plain, "" | "null" | "~") { None } else { Some(plain.to_owned()) });
    };
    let mut text = String::with_capacity(value.len());
    let mut characters = value[1..].chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if quote == '"' => match characters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(escaped) => text.push(escaped),
                None => break,
            },
            '\'' if quote == '\'' && characters.peek() == Some(&'\'') => {
                characters.next();
                text.push('\'');
            }
            closing if closing == quote => {
                let rest: String = characters.collect();
                let rest = rest.trim_start();
                if rest.is_empty() || rest.starts_with('#') {
                    return Ok(Some(text));
                }
                return Err(format!("`{}` stands after the closing quote", cut(rest)));
            }
            other => text.push(other),
        }
    }
    Err(format!("the quote in `{}` is never closed", cut(value)))
}

/// `[a, "b, c"]`, or a single value.
fn list(value: &str) -> Result<Vec<String>, String> {
    let value = value.trim();
    let Some(inner) = value.strip_prefix('[') else {
        return Ok(scalar(value)?.into_iter().collect());
    };
    let Some(inner) = inner.trim_end().strip_suffix(']') else {
        return Err(format!("the list in `{}` is never closed", cut(value)));
    };
    let mut items = Vec::new();
    let mut quote = None;
    let mut start = 0;
    for (position, character) in inner.char_indices() {
        match (quote, character) {
            (None, '"' | '\'') if inner[start..position].trim().is_empty() => quote = Some(character),
            (Some(open), closing) if open == closing => quote = None,
            (None, ',') => {
                items.extend(scalar(&inner[start..position])?);
                start = position + 1;
            }
            (None | Some(_), _) => {}
        }
    }
    items.extend(scalar(&inner[start..])?);
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_head_is_read() {
        let text = "---\ntitle: \"Trocas: o que vale\"\nlanguage: pt-BR\ntags: [troca, \"a, b\", 'd''água']\n\
                    updated: 2026-11-10\nauthor:\n  name: Ana\n  - x\n---\n# Corpo\n";
        let (head, body) = split(text).unwrap();
        assert_eq!(head.title.as_deref(), Some("Trocas: o que vale"));
        assert_eq!(head.language, Some(Language::Portuguese));
        assert_eq!(head.tags, ["troca", "a, b", "d'água"]);
        assert_eq!(body, "# Corpo\n");
    }

    #[test]
    fn tags_may_stand_one_a_line_and_lines_may_end_the_windows_way() {
        let (head, body) = split("---\r\ntags:\r\n  - frete\r\n  - prazo\r\n---\r\nCorpo").unwrap();
        assert_eq!(head.tags, ["frete", "prazo"]);
        assert_eq!(body, "Corpo");
    }

    #[test]
    fn days_and_people_are_read() {
        let text =
            "---\nvalid_from: 2026-11-01\nvalid-until: \"30/11/2026\"\naudience: revenda\nowner: Ana\n---\nx";
        let terms = split(text).unwrap().0.terms;
        let day = |text: &str| Some(text.parse().unwrap());
        let (audience, owner) = (Some("revenda".to_owned()), Some("Ana".to_owned()));
        let (valid_from, valid_until) = (day("2026-11-01"), day("2026-11-30"));
        assert_eq!(terms, Terms { valid_from, valid_until, audience, owner });
    }

    #[test]
    fn a_document_without_a_head_is_all_text() {
        assert_eq!(split("Olá\n---\n").unwrap().1, "Olá\n---\n");
        assert_eq!(split("").unwrap().1, "");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, line, words) in [
            ("---\ntitle: x\nsem dois pontos\n---\n", 3, "expected `key: value`"),
            ("---\ntitle: x\n", 1, "never closed"),
            ("---\ntitle: \"x\n---\n", 2, "quote"),
            ("---\n\nlanguage: klingon\n---\n", 3, "unknown language"),
            ("---\nvalid_until: logo\n---\n", 2, "is no day"),
            ("---\nvalid_from: 2026-12-01\nvalid_until: 2026-11-01\n---\n", 4, "before it begins"),
            ("---\ntags: [a, b\n---\n", 2, "list"),
        ] {
            let malformed = split(text).unwrap_err();
            assert_eq!(malformed.line, line, "{text}");
            assert!(malformed.reason.contains(words), "{}", malformed.reason);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(---\n)?[a-z:'\"\\[\\], \\\\#\n-]{0,60}(\n---\n)?.{0,8}") {
            let _ = split(&text);
        }
    }
}
