//! The request of an HTTP tool: compiled once from what the operator wrote, filled in for every call. The values of
//! one call cannot change where it goes, add a header, or break out of the body.

use super::http::{Secrets, origin_of};
use super::http_template::{Known, Slot, Template, Templates, percent_encoded, values};
use super::http_wire::Request;
use super::toml_reader::{Place, Placed};
use super::tool::{ToolContext, ToolError};
use crate::domain::contact::IdentityKind;
use crate::domain::problem::Problem;
use crate::domain::tool::ToolSpec;
use crate::domain::tool_call::RefusalClass;
use minijinja::Value as Jinja;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A body as it was written.
enum Body {
    /// One text.
    Text(Template),
    /// A table, sent as JSON.
    Json(Leaf),
    /// A table, sent as a form.
    Form(Vec<(String, Leaf)>),
}

/// A value whose strings are templates.
enum Leaf {
    Template(Template),
    Fixed(Value),
    List(Vec<Self>),
    Table(Vec<(String, Self)>),
}

/// A request with places for values.
pub struct Blueprint {
    method: Method,
    origin: Url,
    url: Template,
    headers: Vec<(HeaderName, Template)>,
    query: Vec<(String, Leaf)>,
    body: Option<Body>,
    idempotency_header: Option<HeaderName>,
    bound: Vec<String>,
    templates: Templates,
    secrets: Secrets,
}

/// A request ready to be sent, as often as needed: it is the same every time.
pub struct Filled {
    /// Where to.
    pub url: Url,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Option<String>,
}

impl Blueprint {
    /// Compiles every template; `None` if anything is wrong.
    pub fn compile(
        spec: &ToolSpec,
        request: &Request,
        secrets: &Secrets,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let before = problems.len();
        let known = Known::new(spec, secrets);
        let mut templates = Templates::default();
        let mut compiler = Compiler { templates: &mut templates, known: &known, problems };
        let url = compiler.template(&request.url, Slot::Url);
        let headers: Vec<_> = request
            .headers
            .iter()
            .filter_map(|(name, text)| {
                let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
                Some((name, compiler.template(text, Slot::Plain)?))
            })
            .collect();
        let query: Vec<_> = request
            .query
            .iter()
            .filter_map(|(name, leaf)| Some((name.clone(), compiler.leaf(&leaf.value, &leaf.place)?)))
            .collect();
        let is_form = request.headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("content-type") && value.value.contains("x-www-form-urlencoded")
        });
        let body = request.body.as_ref().and_then(|body| compiler.body(body, is_form));
        let idempotency_header = request.idempotency_header.as_ref().and_then(|header| {
            let name = HeaderName::from_bytes(header.value.as_bytes());
            name.map_err(|_| compiler.problems.push(header.place.problem("no header name"))).ok()
        });
        let method = Method::from_bytes(request.method.as_bytes()).ok();
        let origin = origin_of(&request.url.value, secrets)
            .map_err(|message| compiler.problems.push(request.url.place.problem(message)))
            .ok();
        if problems.len() > before {
            return None;
        }
        Some(Self {
            method: method?,
            origin: origin?,
            url: url?,
            headers,
            query,
            body,
            idempotency_header,
            bound: request.bound.clone(),
            templates,
            secrets: secrets.clone(),
        })
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Scheme and host: no value can change them.
    pub fn origin(&self) -> &Url {
        &self.origin
    }

    /// The request of one call.
    ///
    /// # Errors
    /// A value that does not fit its place, or an identity the person has not proven.
    pub fn fill(&self, arguments: &Value, context: &ToolContext) -> Result<Filled, ToolError> {
        let program = context_values(context);
        let mut arguments = arguments.as_object().cloned().unwrap_or_default();
        for name in &self.bound {
            match program.get(name).filter(|value| !value.is_null()) {
                Some(value) => arguments.insert(name.clone(), value.clone()),
                None => return Err(not_proven(name)),
            };
        }
        let values = values(&arguments, &program, &self.secrets);
        let filled = self.templates.text(&self.url, &values).map_err(misfit)?;
        let mut url = Url::parse(filled.trim()).map_err(|_| misfit("the URL"))?;
        if url.origin() != self.origin.origin() {
            return Err(misfit("the URL leads elsewhere"));
        }
        for (name, leaf) in &self.query {
            append(&mut url, name, self.leaf(leaf, &values)?);
        }
        let mut headers = HeaderMap::new();
        for (name, template) in &self.headers {
            let text = self.templates.text(template, &values).map_err(misfit)?;
            if !text.is_empty() {
                // Line breaks do not pass: nothing can add a header of its own.
                headers.insert(name, HeaderValue::from_str(&text).map_err(|_| misfit("a header"))?);
            }
        }
        if let Some(name) = &self.idempotency_header {
            let key = idempotency_key(&context.effect_key());
            headers.insert(name, HeaderValue::from_str(&key).map_err(|_| misfit("the idempotency key"))?);
        }
        let body = self.body.as_ref().map(|body| self.body_text(body, &values, &mut headers)).transpose()?;
        Ok(Filled { url, headers, body })
    }

    fn body_text(&self, body: &Body, values: &Jinja, headers: &mut HeaderMap) -> Result<String, ToolError> {
        let (text, content_type) = match body {
            Body::Text(template) => {
                (self.templates.text(template, values).map_err(misfit)?, "application/json")
            }
            Body::Json(leaf) => {
                (self.leaf(leaf, values)?.unwrap_or(Value::Null).to_string(), "application/json")
            }
            Body::Form(fields) => {
                let mut pairs = Vec::with_capacity(fields.len());
                for (name, leaf) in fields {
                    if let Some(value) = self.leaf(leaf, values)? {
                        pairs.push(format!("{}={}", percent_encoded(name), percent_encoded(&plain(&value))));
                    }
                }
                (pairs.join("&"), "application/x-www-form-urlencoded")
            }
        };
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
        let is_json =
            headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        if is_json && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
            tracing::error!("the body template of a custom tool does not give JSON");
            return Err(misfit("the body"));
        }
        Ok(text)
    }

    /// The value of a leaf; `None` for one whose expression has none.
    fn leaf(&self, leaf: &Leaf, values: &Jinja) -> Result<Option<Value>, ToolError> {
        Ok(match leaf {
            Leaf::Fixed(value) => Some(value.clone()),
            Leaf::Template(template) => {
                Some(self.templates.value(template, values).map_err(misfit)?).filter(|value| !value.is_null())
            }
            Leaf::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(self.leaf(item, values)?);
                }
                Some(Value::Array(list))
            }
            Leaf::Table(fields) => {
                let mut object = Map::new();
                for (name, field) in fields {
                    if let Some(value) = self.leaf(field, values)? {
                        object.insert(name.clone(), value);
                    }
                }
                Some(Value::Object(object))
            }
        })
    }
}

struct Compiler<'c, 's> {
    templates: &'c mut Templates,
    known: &'c Known<'s>,
    problems: &'c mut Vec<Problem>,
}

impl Compiler<'_, '_> {
    fn template(&mut self, text: &Placed<String>, slot: Slot) -> Option<Template> {
        self.templates.add(text, slot, self.known).map_err(|found| self.problems.extend(found)).ok()
    }

    fn leaf(&mut self, value: &Value, place: &Place) -> Option<Leaf> {
        Some(match value {
            Value::String(text) => {
                let text = Placed { value: text.clone(), place: place.clone() };
                Leaf::Template(self.template(&text, Slot::Plain)?)
            }
            Value::Array(items) => {
                Leaf::List(items.iter().filter_map(|item| self.leaf(item, place)).collect())
            }
            Value::Object(_) => Leaf::Table(self.fields(value, place)),
            Value::Null | Value::Bool(_) | Value::Number(_) => Leaf::Fixed(value.clone()),
        })
    }

    fn fields(&mut self, table: &Value, place: &Place) -> Vec<(String, Leaf)> {
        let fields = table.as_object().into_iter().flatten();
        fields.filter_map(|(name, value)| Some((name.clone(), self.leaf(value, place)?))).collect()
    }

    fn body(&mut self, body: &Placed<Value>, is_form: bool) -> Option<Body> {
        match &body.value {
            Value::String(text) => {
                let slot = if is_form { Slot::Form } else { Slot::Json };
                let text = Placed { value: text.clone(), place: body.place.clone() };
                Some(Body::Text(self.template(&text, slot)?))
            }
            Value::Object(_) if is_form => Some(Body::Form(self.fields(&body.value, &body.place))),
            other => Some(Body::Json(self.leaf(other, &body.place)?)),
        }
    }
}

/// What the program knows, by the names templates use.
pub(super) fn context_values(context: &ToolContext) -> Map<String, Value> {
    let proven = |kind: IdentityKind| {
        context.verified.iter().find(|identity| identity.kind == kind).map(|identity| identity.value.clone())
    };
    let values = json!({
        "conversation_id": context.conversation.to_string(),
        "turn_id": context.turn.to_string(),
        "call_id": context.call.to_string(),
        "contact_id": context.contact.to_string(),
        "language": context.language.tag(),
        "channel": context.channel,
        "now": context.now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "email": proven(IdentityKind::Email),
        "phone": proven(IdentityKind::Phone),
        "idempotency_key": idempotency_key(&context.effect_key()),
    });
    match values {
        Value::Object(values) => values,
        _ => Map::new(),
    }
}

/// The effect key as a UUID, the one form that every vendor with idempotency keys accepts. The same call has the same
/// one, before and after a restart.
fn idempotency_key(effect_key: &str) -> String {
    let digest = Sha256::digest(effect_key.as_bytes());
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

fn append(url: &mut Url, name: &str, value: Option<Value>) {
    match value {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => items.into_iter().for_each(|item| append(url, name, Some(item))),
        Some(value) => {
            url.query_pairs_mut().append_pair(name, &plain(&value));
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The detail stays in the log: it may hold a secret.
fn misfit(detail: impl std::fmt::Display) -> ToolError {
    tracing::debug!(%detail, "the request of a custom tool could not be filled in");
    ToolError::Tell {
        reason:
            "the request could not be filled in with these arguments; check that none is empty or malformed"
                .into(),
        class: RefusalClass::BadArguments,
    }
}

pub(super) fn not_proven(name: &str) -> ToolError {
    ToolError::Tell {
        reason: format!(
            "the customer's {name} is not proven in this conversation; ask for proof first, or offer a person"
        ),
        class: RefusalClass::NotVerified,
    }
}
