//! One OpenAPI 3 document: finds what references name, and says where in it something is wrong. It changes nothing.

use super::yaml;
use crate::domain::problem::Problem;
use serde_json::Value;

/// How many references may lead from one to the next.
const LONGEST_CHAIN: usize = 32;

/// A document that was read.
pub struct Document {
    root: Value,
    shown: String,
}

/// A value of the document, and its place as a JSON pointer.
#[derive(Clone)]
pub struct Found<'d> {
    /// The value.
    pub value: &'d Value,
    /// Its place.
    pub pointer: String,
}

impl<'d> Found<'d> {
    /// The entry `key` of it.
    pub fn get(&self, key: &str) -> Option<Self> {
        self.value.get(key).map(|value| Found { value, pointer: below(&self.pointer, key) })
    }

    /// The items of its list `key`.
    pub fn list(&self, key: &str) -> Vec<Self> {
        let Some(list) = self.get(key) else { return Vec::new() };
        let items = list.value.as_array().into_iter().flatten().enumerate();
        items
            .map(|(index, value)| Found { value, pointer: below(&list.pointer, &index.to_string()) })
            .collect()
    }

    /// The text at `key`, if there is one.
    pub fn text(&self, key: &str) -> Option<&'d str> {
        self.value.get(key).and_then(Value::as_str)
    }

    /// Whether `key` is true.
    pub fn is(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool) == Some(true)
    }
}

/// The pointer of the entry `key` below `pointer`.
pub fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

impl Document {
    /// Reads `text`, shown to people as `shown`.
    ///
    /// # Errors
    /// A text that is neither JSON nor YAML, or no OpenAPI document of version 3.
    pub fn read(shown: &str, text: &str) -> Result<Self, Problem> {
        let root =
            yaml::parse(text).map_err(|(line, message)| Problem { file: shown.to_owned(), line, message })?;
        let document = Self { root, shown: shown.to_owned() };
        let version = document.root.get("openapi").and_then(Value::as_str).unwrap_or_default();
        if version.starts_with("3.") {
            return Ok(document);
        }
        Err(match document.root.get("swagger") {
            Some(_) => document.problem(
                "#/swagger",
                "this is Swagger 2; convert it to OpenAPI 3 first (swagger2openapi does)",
            ),
            None => document.problem("#/openapi", "an OpenAPI 3.0 or 3.1 document says so here"),
        })
    }

    /// The whole document.
    pub fn root(&self) -> Found<'_> {
        Found { value: &self.root, pointer: "#".to_owned() }
    }

    /// The file or address as people know it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// What the document calls its subject.
    pub fn title(&self) -> &str {
        self.root.pointer("/info/title").and_then(Value::as_str).unwrap_or_default()
    }

    /// A fault at a place of the document.
    pub fn problem(&self, pointer: &str, message: impl std::fmt::Display) -> Problem {
        Problem::in_file(&self.shown, format!("at {pointer}: {message}"))
    }

    /// Follows references until there is none.
    ///
    /// # Errors
    /// One that leads out of the document, to nothing, or in a circle.
    pub fn follow<'d>(&'d self, found: Found<'d>) -> Result<Found<'d>, Problem> {
        let mut found = found;
        for _ in 0..LONGEST_CHAIN {
            let Some(reference) = found.text("$ref") else { return Ok(found) };
            found = self.target(reference, &found.pointer)?;
        }
        Err(self.problem(&found.pointer, "references lead in a circle"))
    }

    /// What one reference, standing at `pointer`, names.
    ///
    /// # Errors
    /// It leads out of the document or to nothing.
    pub fn target<'d>(&'d self, reference: &str, pointer: &str) -> Result<Found<'d>, Problem> {
        let Some(inside) = reference.strip_prefix('#') else {
            let message = format!("`{reference}` is in another document; bundle them into one first");
            return Err(self.problem(pointer, message));
        };
        let inside = decoded(inside);
        match self.root.pointer(&inside) {
            Some(value) => Ok(Found { value, pointer: format!("#{inside}") }),
            None => Err(self.problem(pointer, format!("there is no `{reference}`"))),
        }
    }
}

/// A pointer without percent-encoding.
fn decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hexadecimal = (*first == b'%').then(|| tail.get(..2)).flatten();
        let byte =
            hexadecimal.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Document, String> {
        Document::read("api.yaml", text).map_err(|problem| problem.to_string())
    }

    #[test]
    fn follows_references_and_names_the_place_of_a_bad_one() {
        let document = read(
            "openapi: 3.1.0\na: {$ref: '#/b'}\nb: {$ref: '#/c~1d%20e'}\nc/d e: {type: string}\n\
             x: {$ref: '#/y'}\ny: {$ref: '#/x'}\nz: {$ref: 'other.yaml#/a'}\nw: {$ref: '#/nothing'}\n",
        )
        .unwrap();
        let follow = |key: &str| document.follow(document.root().get(key).unwrap());
        let found = follow("a").unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!((found.text("type"), found.pointer.as_str()), (Some("string"), "#/c~1d e"));
        let fault = |key: &str| follow(key).err().unwrap().to_string();
        assert!(fault("x").contains("circle"), "{}", fault("x"));
        assert_eq!(
            fault("z"),
            "api.yaml: at #/z: `other.yaml#/a` is in another document; bundle them into one first"
        );
        assert_eq!(fault("w"), "api.yaml: at #/w: there is no `#/nothing`");
    }

    #[test]
    fn refuses_what_is_no_openapi_3() {
        assert!(read("swagger: '2.0'\n").err().unwrap().contains("Swagger 2"));
        assert!(read("a: 1\n").err().unwrap().contains("#/openapi"));
        assert!(read("openapi: 3.0.3\nb: [\n").err().unwrap().starts_with("api.yaml:"));
    }
}
