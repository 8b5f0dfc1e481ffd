//! A schema of a document as a model should see it: references written out, parts merged, noise and depth cut. What is
//! left never refuses what the vendor would take for having been cut: it only says less.

use super::document::{Document, Found};
use crate::domain::problem::Problem;
use crate::tools::validate;
use serde_json::{Map, Value, json};

/// How many schemas one argument list may come to; what is behind is left open.
const MOST_SCHEMAS: usize = 3_000;

/// Longest list of values a model is given.
const MOST_CHOICES: usize = 50;

/// Most alternatives of one value.
const MOST_ALTERNATIVES: usize = 12;

/// Formats that tell a model how to write a value.
const FORMATS: [&str; 10] =
    ["email", "date", "date-time", "time", "uuid", "uri", "url", "phone", "hostname", "duration"];

/// How much of a schema is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How deep objects and lists may lie in each other.
    pub depth: usize,
    /// Fields of one object; those that must be given are kept whatever their number.
    pub fields: usize,
    /// Characters of one description.
    pub description: usize,
}

/// Which way a value goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Beside the body: nothing is read-only there.
    Parameter,
    /// In the body: what only the vendor may set is left out.
    Body,
}

/// Cuts schemas.
pub struct Trimmer<'d> {
    document: &'d Document,
    limits: Limits,
    way: Way,
    /// The references that lead to where we are.
    path: Vec<String>,
    seen: usize,
    /// How many fields were left out.
    pub left_out: usize,
}

impl<'d> Trimmer<'d> {
    /// For schemas of `document`.
    pub fn new(document: &'d Document, limits: Limits, way: Way) -> Self {
        Self { document, limits, way, path: Vec::new(), seen: 0, left_out: 0 }
    }

    /// The schema at `found`, written out.
    ///
    /// # Errors
    /// A reference to nothing, or something that is no schema.
    pub fn trim(&mut self, found: Found<'d>) -> Result<Value, Problem> {
        self.shape(found, 0).map(Value::Object)
    }

    fn shape(&mut self, found: Found<'d>, depth: usize) -> Result<Map<String, Value>, Problem> {
        self.seen += 1;
        let own = match found.value {
            Value::Object(own) => own,
            Value::Bool(_) => return Ok(Map::new()),
            _ => return Err(self.document.problem(&found.pointer, "this is no schema")),
        };
        if let Some(reference) = found.text("$ref") {
            let target = self.document.target(reference, &found.pointer)?;
            let mut shape = if self.path.contains(&target.pointer) || self.seen > MOST_SCHEMAS {
                self.stub(target.value)
            } else {
                self.path.push(target.pointer.clone());
                let shape = self.shape(target, depth);
                self.path.pop();
                shape?
            };
            self.describe(own, &mut shape);
            return Ok(shape);
        }
        let mut shape = Map::new();
        let parts = found.list("allOf");
        let composed = !parts.is_empty();
        for part in parts {
            merge(&mut shape, self.shape(part, depth)?);
        }
        self.describe(own, &mut shape);
        set_type(own, &mut shape);
        set_values(own, &mut shape);
        set_bounds(own, &mut shape);
        let left_out = self.left_out;
        self.set_fields(&found, depth, &mut shape)?;
        self.set_items(&found, depth, &mut shape)?;
        self.set_alternatives(&found, depth, &mut shape)?;
        let open = composed || shape.contains_key("anyOf") || self.left_out > left_out;
        self.set_others(&found, depth, open, &mut shape)?;
        Ok(shape)
    }

    /// As much as can be said without going deeper.
    fn stub(&self, value: &Value) -> Map<String, Value> {
        let mut shape = Map::new();
        if let Value::Object(own) = value {
            self.describe(own, &mut shape);
            set_type(own, &mut shape);
            if own.contains_key("properties") {
                shape.entry("type").or_insert_with(|| json!("object"));
            }
        }
        shape
    }

    fn describe(&self, own: &Map<String, Value>, shape: &mut Map<String, Value>) {
        let said = ["description", "title"].iter().find_map(|key| own.get(*key).and_then(Value::as_str));
        let text = plain_text(said.unwrap_or_default(), self.limits.description);
        if !text.is_empty() {
            shape.insert("description".into(), Value::String(text));
        }
    }

    fn set_fields(
        &mut self,
        found: &Found<'d>,
        depth: usize,
        shape: &mut Map<String, Value>,
    ) -> Result<(), Problem> {
        let Some(properties) = found.get("properties") else {
            let inherited = shape.get("properties").and_then(Value::as_object);
            let known: Vec<String> = inherited.into_iter().flat_map(Map::keys).cloned().collect();
            add_required(found.value, &known, shape);
            return Ok(());
        };
        shape.entry("type").or_insert_with(|| json!("object"));
        if depth >= self.limits.depth {
            return Ok(());
        }
        let required = required_of(found.value);
        let all: Vec<&String> = properties.value.as_object().into_iter().flat_map(Map::keys).collect();
        let room = self.limits.fields.saturating_sub(required.len());
        let mut optional = 0;
        let mut fields = Map::new();
        for name in all {
            let Some(field) = properties.get(name) else { continue };
            if self.way == Way::Body && self.is_read_only(field.clone()) {
                continue;
            }
            if !required.contains(name) {
                optional += 1;
                if optional > room || field.is("deprecated") || self.seen > MOST_SCHEMAS {
                    self.left_out += 1;
                    continue;
                }
            }
            fields.insert(name.clone(), Value::Object(self.shape(field, depth + 1)?));
        }
        let mut own = Map::new();
        own.insert("properties".into(), Value::Object(fields));
        merge(shape, own);
        let known: Vec<String> = shape
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::keys)
            .cloned()
            .collect();
        add_required(found.value, &known, shape);
        Ok(())
    }

    fn set_items(
        &mut self,
        found: &Found<'d>,
        depth: usize,
        shape: &mut Map<String, Value>,
    ) -> Result<(), Problem> {
        let Some(items) = found.get("items").filter(|items| items.value.is_object()) else { return Ok(()) };
        shape.entry("type").or_insert_with(|| json!("array"));
        if depth < self.limits.depth {
            let items = self.shape(items, depth + 1)?;
            if !items.is_empty() {
                shape.insert("items".into(), Value::Object(items));
            }
        }
        Ok(())
    }

    /// One-of becomes any-of: alternatives that were cut may look alike, and a value must not be refused for fitting two.
    fn set_alternatives(
        &mut self,
        found: &Found<'d>,
        depth: usize,
        shape: &mut Map<String, Value>,
    ) -> Result<(), Problem> {
        let listed: Vec<Found<'d>> = ["oneOf", "anyOf"].iter().flat_map(|key| found.list(key)).collect();
        let mut alternatives = Vec::new();
        for part in listed {
            if part.text("type") == Some("null") {
                continue;
            }
            let alternative = Value::Object(self.shape(part, depth)?);
            if !alternatives.contains(&alternative) {
                alternatives.push(alternative);
            }
        }
        match (alternatives.len(), alternatives.pop()) {
            (1, Some(Value::Object(only))) => merge_missing(shape, only),
            (2..=MOST_ALTERNATIVES, Some(last)) => {
                alternatives.push(last);
                // An alternative without a word to say allows everything.
                if alternatives.iter().all(|one| one.as_object().is_some_and(|one| !one.is_empty())) {
                    shape.insert("anyOf".into(), Value::Array(alternatives));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What an object may hold beside its fields.
    fn set_others(
        &mut self,
        found: &Found<'d>,
        depth: usize,
        open: bool,
        shape: &mut Map<String, Value>,
    ) -> Result<(), Problem> {
        if open {
            shape.shift_remove("additionalProperties");
        }
        match found.get("additionalProperties") {
            Some(others)
                if others.value == &Value::Bool(false) && !open && shape.contains_key("properties") =>
            {
                shape.insert("additionalProperties".into(), Value::Bool(false));
            }
            Some(others) if others.value.is_object() && depth < self.limits.depth => {
                shape.entry("type").or_insert_with(|| json!("object"));
                let others = self.shape(others, depth + 1)?;
                if !others.is_empty() && !open {
                    shape.insert("additionalProperties".into(), Value::Object(others));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn is_read_only(&self, field: Found<'d>) -> bool {
        field.is("readOnly") || self.document.follow(field).is_ok_and(|field| field.is("readOnly"))
    }
}

/// A text in one paragraph, at most `length` characters of it.
pub fn plain_text(text: &str, length: usize) -> String {
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match plain.char_indices().nth(length) {
        None => plain,
        Some((end, _)) => {
            let cut = &plain[..end];
            // At the end of a sentence or of a word, if one is near.
            let sentence = cut.rfind(". ").map(|at| at + 1).filter(|at| *at >= end / 2);
            match sentence.or_else(|| cut.rfind(' ')) {
                Some(at) if sentence.is_some() => cut[..at].to_owned(),
                Some(at) => format!("{}…", &cut[..at]),
                None => format!("{cut}…"),
            }
        }
    }
}

fn required_of(value: &Value) -> Vec<String> {
    let names = value.get("required").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn add_required(value: &Value, known: &[String], shape: &mut Map<String, Value>) {
    let mut names: Vec<Value> = shape.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for name in required_of(value).into_iter().filter(|name| known.contains(name)) {
        let name = Value::String(name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if !names.is_empty() {
        shape.insert("required".into(), Value::Array(names));
    }
}

/// Lays `part` above `shape`: fields and names that must be given are put together, the rest is replaced.
fn merge(shape: &mut Map<String, Value>, part: Map<String, Value>) {
    for (key, value) in part {
        match (key.as_str(), shape.get_mut(&key), value) {
            ("properties", Some(Value::Object(fields)), Value::Object(more)) => {
                for (name, field) in more {
                    match (fields.get_mut(&name), field) {
                        (Some(Value::Object(known)), Value::Object(field)) => merge(known, field),
                        (_, field) => {
                            fields.insert(name, field);
                        }
                    }
                }
            }
            ("required", Some(Value::Array(names)), Value::Array(more)) => {
                for name in more {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
            (_, _, value) => {
                shape.insert(key, value);
            }
        }
    }
}

/// Lays `part` below `shape`.
fn merge_missing(shape: &mut Map<String, Value>, mut part: Map<String, Value>) {
    merge(&mut part, std::mem::take(shape));
    *shape = part;
}

fn set_type(own: &Map<String, Value>, shape: &mut Map<String, Value>) {
    let known = |kind: &&str| ["string", "number", "integer", "boolean", "array", "object"].contains(kind);
    let kinds: Vec<&str> = match own.get("type") {
        Some(Value::String(kind)) => vec![kind.as_str()],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kinds: Vec<&str> = kinds.into_iter().filter(known).collect();
    match kinds.as_slice() {
        [] => {}
        [only] => {
            shape.insert("type".into(), json!(only));
        }
        several => {
            shape.insert("type".into(), json!(several));
        }
    }
}

fn set_values(own: &Map<String, Value>, shape: &mut Map<String, Value>) {
    if let Some(constant) = own.get("const").filter(|constant| !constant.is_null()) {
        shape.insert("const".into(), constant.clone());
    }
    let Some(Value::Array(values)) = own.get("enum") else { return };
    let mut values: Vec<Value> = values.iter().filter(|value| !value.is_null()).cloned().collect();
    let all = values.len();
    values.dedup();
    if (1..=MOST_CHOICES).contains(&all) {
        shape.insert("enum".into(), Value::Array(values));
    } else if all > MOST_CHOICES {
        let first: Vec<String> = values.iter().take(8).map(ToString::to_string).collect();
        let own = shape.get("description").and_then(Value::as_str).unwrap_or_default();
        let text = format!("{own} One of {all} values, such as {}.", first.join(", "));
        shape.insert("description".into(), json!(text.trim()));
    }
}

fn set_bounds(own: &Map<String, Value>, shape: &mut Map<String, Value>) {
    for key in ["minLength", "maxLength", "minItems", "maxItems"] {
        if let Some(bound) = own.get(key).and_then(Value::as_u64).filter(|bound| *bound < 1 << 62) {
            shape.insert(key.into(), json!(bound));
        }
    }
    for (key, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        let bound = own.get(key).filter(|bound| bound.is_number());
        match (bound, own.get(exclusive)) {
            // OpenAPI 3.0 says with a boolean that the bound itself is out.
            (Some(bound), Some(Value::Bool(true))) => {
                shape.insert(exclusive.into(), bound.clone());
            }
            (bound, further) => {
                bound.map(|bound| shape.insert(key.into(), bound.clone()));
                further
                    .filter(|further| further.is_number())
                    .map(|further| shape.insert(exclusive.into(), further.clone()));
            }
        }
    }
    if let Some(format) = own.get("format").and_then(Value::as_str).filter(|format| FORMATS.contains(format))
    {
        shape.insert("format".into(), json!(format));
    }
    if let Some(pattern) = own.get("pattern").and_then(Value::as_str).filter(|pattern| pattern.len() <= 200)
        // Vendors write patterns for other engines too.
        && validate::compile(&mut json!({"properties": {"x": {"pattern": pattern}}})).is_ok()
    {
        shape.insert("pattern".into(), json!(pattern));
    }
}
