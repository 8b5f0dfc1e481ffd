//! The arguments of one operation: what a model gives, under which name, and where in the request it goes.

use super::auth::is_credential;
use super::document::{Document, Found};
use super::manner::{Written, is_personal, mark};
use super::names::{argument, unique};
use super::operations::Operation;
use super::schema::{Limits, Trimmer, Way, plain_text};
use crate::domain::problem::Problem;
use serde_json::{Map, Value, json};

/// A body, as `[tool.http]` writes it.
#[derive(Clone, PartialEq, Debug)]
pub enum Body {
    /// None.
    Nothing,
    /// A table, field by field.
    Fields(Vec<(String, String)>),
    /// One value.
    Whole(String),
}

/// Where the arguments of an operation go.
#[derive(Debug)]
pub struct Arguments {
    /// JSON Schema of the arguments.
    pub schema: Value,
    /// Those that the customer has to have said.
    pub said: Vec<String>,
    /// The path with templates in it.
    pub path: String,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// Header that carries the idempotency key.
    pub idempotency_header: Option<String>,
    /// Header or query parameters that carry credentials, by where they go.
    pub credentials: Vec<(&'static str, String)>,
    /// What was left out.
    pub notes: Vec<String>,
}

/// Reads the arguments of `operation`, cut to `limits`.
///
/// # Errors
/// Everything in it that a tool cannot say.
pub fn arguments(
    document: &Document,
    operation: &Operation<'_>,
    limits: Limits,
) -> Result<Arguments, Vec<Problem>> {
    let mut collector = Collector {
        document,
        operation,
        limits,
        properties: Map::new(),
        required: Vec::new(),
        problems: Vec::new(),
        found: Arguments {
            schema: Value::Null,
            said: Vec::new(),
            path: operation.path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Nothing,
            idempotency_header: None,
            credentials: Vec::new(),
            notes: Vec::new(),
        },
    };
    for parameter in collector.parameters() {
        if let Err(problem) = collector.parameter(&parameter) {
            collector.problems.push(problem);
        }
    }
    if let Err(problem) = collector.body() {
        collector.problems.push(problem);
    }
    collector.finish()
}

struct Collector<'a, 'd> {
    document: &'d Document,
    operation: &'a Operation<'d>,
    limits: Limits,
    properties: Map<String, Value>,
    required: Vec<Value>,
    problems: Vec<Problem>,
    found: Arguments,
}

impl<'d> Collector<'_, 'd> {
    /// The parameters of the operation, and those of its path that it does not replace.
    fn parameters(&mut self) -> Vec<Found<'d>> {
        let mut parameters: Vec<Found<'d>> = Vec::new();
        let same = |one: &Found<'d>, other: &Found<'d>| {
            one.text("name") == other.text("name") && one.text("in") == other.text("in")
        };
        for listed in [self.operation.found.list("parameters"), self.operation.item.list("parameters")] {
            for parameter in listed {
                match self.document.follow(parameter) {
                    Ok(parameter) if parameters.iter().any(|known| same(known, &parameter)) => {}
                    Ok(parameter) => parameters.push(parameter),
                    Err(problem) => self.problems.push(problem),
                }
            }
        }
        parameters
    }

    fn parameter(&mut self, parameter: &Found<'d>) -> Result<(), Problem> {
        let (Some(name), Some(place)) = (parameter.text("name"), parameter.text("in")) else {
            return Err(self.document.problem(&parameter.pointer, "a parameter has `name` and `in`"));
        };
        let required = parameter.is("required") || place == "path";
        let lower = name.to_ascii_lowercase();
        let idempotency = lower.contains("idempotency") && lower.contains("key");
        match place {
            "header" if ["accept", "content-type"].contains(&lower.as_str()) => return Ok(()),
            "header" if idempotency => {
                self.found.idempotency_header = Some(name.to_owned());
                return Ok(());
            }
            "header" | "query" if is_credential(name) => {
                let place = if place == "header" { "header" } else { "query" };
                if required {
                    self.found.credentials.push((place, name.to_owned()));
                } else {
                    self.found
                        .notes
                        .push(format!("`{name}` is a credential that need not be given: left out"));
                }
                return Ok(());
            }
            "cookie" if required => {
                return Err(self.document.problem(&parameter.pointer, "a tool sends no cookies"));
            }
            "cookie" => return Ok(()),
            "path" | "query" | "header" => {}
            other => {
                return Err(self.document.problem(&parameter.pointer, format!("`in: {other}` is not known")));
            }
        }
        if !required && (place == "header" || parameter.is("deprecated")) {
            // Headers are the vendor's business, not a customer's: whom to act for, which trace to follow.
            if place == "header" {
                self.found.notes.push(format!("the header `{name}` need not be given: left out"));
            }
            return Ok(());
        }
        let content = parameter.get("content").and_then(|content| first(&content));
        let schema =
            parameter.get("schema").or_else(|| content.as_ref().and_then(|content| content.get("schema")));
        if let Some(literal) = self.literal(parameter, schema.as_ref(), place, required) {
            self.fix(place, name, &literal);
            return Ok(());
        }
        let mut shape = match schema {
            Some(schema) => Trimmer::new(self.document, self.limits, Way::Parameter).trim(schema)?,
            None => json!({"type": "string"}),
        };
        let about = plain_text(parameter.text("description").unwrap_or_default(), self.limits.description);
        if let (Some(shape), false) = (shape.as_object_mut(), about.is_empty()) {
            shape.insert("description".into(), Value::String(about));
        }
        let written = Written {
            exploded: parameter.value.get("explode").and_then(Value::as_bool),
            style: parameter.text("style"),
            as_json: content.is_some(),
            fields: shape
                .get("properties")
                .and_then(Value::as_object)
                .map(|all| all.keys().cloned().collect()),
            is_list: shape.get("type").and_then(Value::as_str) == Some("array"),
        };
        let argument = self.add(name, shape, required);
        match place {
            "path" => self.fill_path(name, &format!("{{{{ args.{argument} }}}}")),
            "query" => self.found.query.extend(written.query(name, &argument)),
            _ => self.found.headers.push((name.to_owned(), format!("{{{{ args.{argument} }}}}"))),
        }
        Ok(())
    }

    /// The value of a parameter that leaves no choice.
    fn literal(
        &self,
        parameter: &Found<'d>,
        schema: Option<&Found<'d>>,
        place: &str,
        required: bool,
    ) -> Option<String> {
        let schema = self.document.follow(schema?.clone()).ok()?;
        let values =
            schema.value.get("enum").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_format = parameter.text("name").is_some_and(|name| name.eq_ignore_ascii_case("format"));
        let value = match (schema.value.get("const"), values) {
            (Some(constant), _) if required => constant.clone(),
            (None, [only]) if required => only.clone(),
            // Asked for in the form that we read.
            (None, values) if is_format && values.iter().any(|value| value == "json") => json!("json"),
            // Vendors write the version of their API here, not the customer.
            (None, []) if required && place == "header" => schema.value.get("default")?.clone(),
            _ => return None,
        };
        let text = match value {
            Value::String(text) => text,
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        (!is_template(&text)).then_some(text)
    }

    fn fix(&mut self, place: &str, name: &str, literal: &str) {
        match place {
            "path" => {
                self.fill_path(name, &crate::declared::template::percent_encoded(literal));
            }
            "query" => self.found.query.push((name.to_owned(), literal.to_owned())),
            _ => self.found.headers.push((name.to_owned(), literal.to_owned())),
        }
    }

    fn fill_path(&mut self, name: &str, value: &str) {
        self.found.path = self.found.path.replace(&format!("{{{name}}}"), value);
    }

    /// Takes an argument up; the name the model knows it by.
    fn add(&mut self, name: &str, mut shape: Value, required: bool) -> String {
        let plain = argument(name);
        let known = unique(&plain, |name| self.properties.contains_key(name));
        if is_personal(name, &shape) {
            self.found.said.push(known.clone());
        }
        if let Some(object) = shape.as_object_mut() {
            mark(name, object);
        }
        self.properties.insert(known.clone(), shape);
        if required {
            self.required.push(json!(known));
        }
        known
    }

    fn body(&mut self) -> Result<(), Problem> {
        let Some(body) = self.operation.found.get("requestBody") else { return Ok(()) };
        let body = self.document.follow(body)?;
        let required = body.is("required");
        let Some(content) = body.get("content") else { return Ok(()) };
        let kinds: Vec<&String> = content.value.as_object().into_iter().flat_map(Map::keys).collect();
        let is_json = |kind: &&&String| {
            let plain = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            plain == "application/json" || plain.ends_with("+json") || plain == "*/*"
        };
        let is_form = |kind: &&&String| kind.starts_with("application/x-www-form-urlencoded");
        let Some(kind) = kinds.iter().find(is_json).or_else(|| kinds.iter().find(is_form)) else {
            if !required || kinds.is_empty() {
                return Ok(());
            }
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            let message = format!("a tool sends JSON or a form, not {}", kinds.join(", "));
            return Err(self.document.problem(&content.pointer, message));
        };
        let form = is_form(&kind);
        if kind.as_str() != "application/json" && kind.as_str() != "*/*" {
            self.found.headers.push(("Content-Type".to_owned(), (*kind).clone()));
        }
        let Some(schema) = content.get(kind).and_then(|media| media.get("schema")) else { return Ok(()) };
        let place = schema.pointer.clone();
        let mut trimmer = Trimmer::new(self.document, self.limits, Way::Body);
        let shape = trimmer.trim(schema)?;
        if trimmer.left_out > 0 {
            self.found.notes.push(format!("{} fields of the body were left out", trimmer.left_out));
        }
        let fields = shape.get("properties").and_then(Value::as_object).filter(|fields| !fields.is_empty());
        let plain = fields.filter(|_| shape.get("anyOf").is_none());
        match plain {
            Some(fields) => {
                let needed = |name: &str| {
                    let names = shape.get("required").and_then(Value::as_array);
                    (required || self.operation.method == "POST")
                        && names.is_some_and(|names| names.iter().any(|known| known == name))
                };
                let mut templates = Vec::with_capacity(fields.len());
                for (name, field) in fields {
                    let argument = self.add(name, field.clone(), needed(name));
                    templates.push((name.clone(), format!("{{{{ args.{argument} }}}}")));
                }
                self.found.body = Body::Fields(templates);
            }
            None if form => return Err(self.document.problem(&place, "the fields of a form are not known")),
            None => {
                let argument = self.add("body", shape, required);
                self.found.body = Body::Whole(format!("{{{{ args.{argument} }}}}"));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Arguments, Vec<Problem>> {
        // A document must not write templates of its own: they could name the operator's other secrets.
        if is_template(self.operation.path) {
            let message = format!("the path `{}` would be read as a template", self.operation.path);
            self.problems.push(self.document.problem(&self.operation.found.pointer, message));
        }
        let left = self.found.path.replace("{{ ", "").replace(" }}", "");
        if left.contains(['{', '}']) {
            let message =
                format!("the path `{}` has a part that no parameter describes", self.operation.path);
            self.problems.push(self.document.problem(&self.operation.found.pointer, message));
        }
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let mut schema = json!({"type": "object", "properties": self.properties});
        if let (Some(schema), false) = (schema.as_object_mut(), self.required.is_empty()) {
            schema.insert("required".into(), Value::Array(self.required));
        }
        schema["additionalProperties"] = Value::Bool(false);
        self.found.schema = schema;
        Ok(self.found)
    }
}

/// Whether a text of the document would be filled in.
fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|opening| text.contains(opening))
}

fn first<'d>(content: &Found<'d>) -> Option<Found<'d>> {
    let key = content.value.as_object()?.keys().next()?;
    content.get(key)
}
