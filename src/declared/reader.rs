//! Reads TOML with the place of every value, and collects what is wrong instead of stopping at the first fault.
//! It knows TOML and our localized texts, and nothing of tools.

use super::near::nearest;
use crate::domain::language::Language;
use crate::domain::problem::{Problem, line_of};
use crate::domain::tool::Localized;
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Largest file that is read; an operator's file is far below it.
pub const LARGEST_FILE: u64 = 1_048_576;

/// A value of a file, with where it stands.
pub type Node<'t> = Spanned<DeValue<'t>>;

/// Where something was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The file as the operator knows it.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

impl Place {
    /// A fault at this place.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { file: self.file.to_string(), line: Some(self.line), message: message.into() }
    }
}

/// Something that was written, and where.
#[derive(Clone, PartialEq, Debug)]
pub struct Placed<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub place: Place,
}

/// A text in one or several languages as a file gives it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Texts {
    /// By language tag.
    pub by_language: BTreeMap<String, Placed<String>>,
    /// Whether it was one plain string: it then replaces every language of a default.
    pub plain: bool,
}

impl Texts {
    /// The texts without their places.
    pub fn localized(&self) -> Localized {
        Localized(self.by_language.iter().map(|(tag, text)| (tag.clone(), text.value.clone())).collect())
    }

    /// Lays `over` above these: language by language, or all of it if `over` is one plain string.
    pub fn overlay(&mut self, over: Self) {
        if over.plain {
            *self = over;
        } else {
            self.by_language.extend(over.by_language);
        }
    }
}

/// One file being read.
pub struct Reader<'s> {
    file: Arc<str>,
    source: &'s str,
    problems: Vec<Problem>,
}

impl<'s> Reader<'s> {
    /// A reader of `source`, the text of `file`.
    pub fn new(file: &str, source: &'s str) -> Self {
        Self { file: file.into(), source, problems: Vec::new() }
    }

    /// The whole file as a table; what could be read of it, if it is not good TOML.
    pub fn document(&mut self) -> Spanned<DeTable<'s>> {
        let (table, errors) = DeTable::parse_recoverable(self.source);
        for error in errors {
            let line = error.span().map(|span| line_of(self.source, span.start));
            let message = error.message().to_owned();
            self.problems.push(Problem { file: self.file.to_string(), line, message });
        }
        table
    }

    /// The faults found so far.
    pub fn finish(self) -> Vec<Problem> {
        self.problems
    }

    /// Whether anything was wrong so far.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Takes up faults found elsewhere.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.problems.extend(problems);
    }

    /// Where a span stands.
    pub fn place(&self, span: Range<usize>) -> Place {
        Place { file: self.file.clone(), line: line_of(self.source, span.start) }
    }

    /// Where the content of a string begins: a multi-line string begins on the line behind its quotes.
    fn content_place(&self, span: Range<usize>) -> Place {
        let mut place = self.place(span.clone());
        let written = self.source.get(span).unwrap_or_default();
        if [r#"""""#, "'''"].iter().any(|quotes| {
            written
                .strip_prefix(quotes)
                .is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("\r\n"))
        }) {
            place.line += 1;
        }
        place
    }

    /// Notes a fault.
    pub fn fault(&mut self, span: Range<usize>, message: impl Into<String>) {
        let problem = self.place(span).problem(message);
        self.problems.push(problem);
    }

    /// The entries of a table in the order they were written; a fault if it is no table.
    pub fn entries<'n, 't>(&mut self, node: &'n Node<'t>) -> Vec<(&'n str, Range<usize>, &'n Node<'t>)> {
        match node.get_ref() {
            DeValue::Table(table) => entries_of(table),
            other => {
                self.fault(node.span(), format!("expected a table, found a {}", other.type_str()));
                Vec::new()
            }
        }
    }

    /// As [`Reader::entries`], with a fault for every key that is not in `known`.
    pub fn fields<'n, 't>(&mut self, node: &'n Node<'t>, known: &[&str]) -> Fields<'n, 't> {
        let entries = self.entries(node);
        let mut fields = Fields { entries: Vec::with_capacity(entries.len()), span: node.span() };
        for (key, span, value) in entries {
            if known.contains(&key) {
                fields.entries.push((key, value));
            } else {
                let hint = nearest(key, known.iter().copied()).map_or_else(
                    || format!("known here: {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                self.fault(span, format!("unknown key `{key}`; {hint}"));
            }
        }
        fields
    }

    /// A string.
    pub fn string(&mut self, node: &Node<'_>) -> Option<Placed<String>> {
        match node.get_ref() {
            DeValue::String(text) => {
                Some(Placed { value: text.to_string(), place: self.content_place(node.span()) })
            }
            other => {
                self.fault(node.span(), format!("expected a string, found a {}", other.type_str()));
                None
            }
        }
    }

    /// The string at `key`, which must be there and not empty.
    pub fn required(&mut self, fields: &Fields<'_, '_>, key: &str) -> Option<Placed<String>> {
        let Some(node) = fields.get(key) else {
            self.fault(fields.span.clone(), format!("`{key}` is missing"));
            return None;
        };
        let text = self.string(node)?;
        if text.value.trim().is_empty() {
            self.fault(node.span(), format!("`{key}` is empty"));
            return None;
        }
        Some(text)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: &Node<'_>) -> Option<Placed<bool>> {
        match node.get_ref() {
            DeValue::Boolean(value) => Some(Placed { value: *value, place: self.place(node.span()) }),
            other => {
                self.fault(node.span(), format!("expected true or false, found a {}", other.type_str()));
                None
            }
        }
    }

    /// A whole number that is not negative.
    pub fn count(&mut self, node: &Node<'_>) -> Option<Placed<u64>> {
        let value = self.json(node)?;
        match value.as_u64() {
            Some(value) => Some(Placed { value, place: self.place(node.span()) }),
            None => {
                self.fault(node.span(), format!("expected a whole number from 0, found {value}"));
                None
            }
        }
    }

    /// A list of strings.
    pub fn strings(&mut self, node: &Node<'_>) -> Option<Placed<Vec<String>>> {
        let DeValue::Array(items) = node.get_ref() else {
            self.fault(node.span(), "expected a list of strings");
            return None;
        };
        let value = items.iter().filter_map(|item| self.string(item)).map(|text| text.value).collect();
        Some(Placed { value, place: self.place(node.span()) })
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, node: &Node<'_>, words: &[(&str, T)]) -> Option<Placed<T>> {
        let text = self.string(node)?;
        match words.iter().find(|(word, _)| *word == text.value) {
            Some((_, value)) => Some(Placed { value: *value, place: text.place }),
            None => {
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                self.fault(node.span(), format!("`{}` is not one of {}", text.value, known.join(", ")));
                None
            }
        }
    }

    /// A plain string, or a table of texts by language.
    pub fn texts(&mut self, node: &Node<'_>) -> Option<Texts> {
        match node.get_ref() {
            DeValue::String(_) => {
                let text = self.string(node)?;
                let by_language = BTreeMap::from([(Language::default().tag().to_owned(), text)]);
                Some(Texts { by_language, plain: true })
            }
            DeValue::Table(_) => {
                let known = Language::ALL.map(Language::tag);
                let mut by_language = BTreeMap::new();
                for (tag, value) in self.fields(node, &known).entries {
                    if let Some(text) = self.string(value) {
                        by_language.insert(tag.to_owned(), text);
                    }
                }
                Some(Texts { by_language, plain: false })
            }
            other => {
                let found = other.type_str();
                self.fault(
                    node.span(),
                    format!("expected a text or a table of texts by language, found a {found}"),
                );
                None
            }
        }
    }

    /// Texts by name: `{ email = "…", name = { "pt-BR" = "…" } }`.
    pub fn named_texts(&mut self, node: &Node<'_>) -> BTreeMap<String, Texts> {
        let entries = self.entries(node);
        let named = entries.into_iter().map(|(name, _, value)| (name.to_owned(), self.texts(value)));
        named.filter_map(|(name, texts)| texts.map(|texts| (name, texts))).collect()
    }

    /// Any value as JSON; tables keep the order they were written in.
    pub fn json(&mut self, node: &Node<'_>) -> Option<Value> {
        Some(match node.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Datetime(at) => Value::String(at.to_string()),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(value) => Value::from(value),
                Err(_) => {
                    self.fault(node.span(), "this number is too large");
                    return None;
                }
            },
            DeValue::Float(float) => match float.as_str().parse().ok().and_then(Number::from_f64) {
                Some(value) => Value::Number(value),
                None => {
                    self.fault(node.span(), "this is not a number that JSON has");
                    return None;
                }
            },
            DeValue::Array(items) => Value::Array(items.iter().filter_map(|item| self.json(item)).collect()),
            DeValue::Table(table) => {
                let mut object = Map::new();
                for (key, _, value) in entries_of(table) {
                    if let Some(value) = self.json(value) {
                        object.insert(key.to_owned(), value);
                    }
                }
                Value::Object(object)
            }
        })
    }
}

/// The known entries of a table.
pub struct Fields<'n, 't> {
    entries: Vec<(&'n str, &'n Node<'t>)>,
    /// Where the table stands.
    pub span: Range<usize>,
}

impl<'n, 't> Fields<'n, 't> {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&'n Node<'t>> {
        self.entries.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }
}

/// The entries of a table in the order they were written.
pub fn entries_of<'n, 't>(table: &'n DeTable<'t>) -> Vec<(&'n str, Range<usize>, &'n Node<'t>)> {
    let mut entries: Vec<_> =
        table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value)).collect();
    entries.sort_by_key(|(_, span, _)| span.start);
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_names_every_fault_with_its_line() {
        let source =
            "b = 1\na = { z = 1_000, y = [0x10, 1.5] }\ntext = \"\"\"\nhello\"\"\"\nbad = { pt = \"x\" }\n";
        let mut reader = Reader::new("tools/x.toml", source);
        let document = reader.document();
        let entries = entries_of(document.get_ref());
        let keys: Vec<&str> = entries.iter().map(|(key, ..)| *key).collect();
        assert_eq!(keys, ["b", "a", "text", "bad"]);
        assert_eq!(reader.json(entries[1].2).unwrap().to_string(), r#"{"z":1000,"y":[16,1.5]}"#);
        assert_eq!(reader.string(entries[2].2).unwrap().place.line, 4, "content starts behind the quotes");
        assert!(reader.boolean(entries[0].2).is_none());
        assert!(reader.texts(entries[3].2).is_some());
        let problems: Vec<String> = reader.finish().iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "tools/x.toml:1: expected true or false, found a integer",
                "tools/x.toml:5: unknown key `pt`; known here: pt-BR, en, es",
            ]
        );
    }

    #[test]
    fn broken_toml_is_a_fault_with_a_line() {
        let mut reader = Reader::new("x.toml", "a = 1\nb = = 2\nc = [\n");
        reader.document();
        let problems = reader.finish();
        assert!(problems.len() >= 2, "{problems:?}");
        assert_eq!(problems[0].line, Some(2));
    }
}
