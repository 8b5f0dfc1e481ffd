//! Fills in the templates of an HTTP tool so that a value stays a value: percent-encoded in a URL, escaped in a JSON
//! or form body, refused in a header when it would start a new line. It sends nothing.

use super::http::Secrets;
use super::spec::parameter_names;
use super::toml_reader::{Place, Placed};
use crate::domain::problem::Problem;
use crate::domain::tool::ToolSpec;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value as Jinja};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What a value must be protected from, by where it goes. The first letter of a template's name says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// A path or query written into the URL.
    Url,
    /// The text of a JSON body.
    Json,
    /// The text of a form body.
    Form,
    /// A header, a query value, a leaf of a table: encoded or checked afterwards.
    Plain,
}

impl Slot {
    fn prefix(self) -> char {
        match self {
            Self::Url => 'u',
            Self::Json => 'j',
            Self::Form => 'f',
            Self::Plain => 'p',
        }
    }
}

/// The compiled templates of one tool.
pub struct Templates {
    environment: Environment<'static>,
    count: usize,
}

/// One compiled template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    name: String,
    /// Whether it is one expression, whose value keeps its type.
    typed: bool,
}

impl Default for Templates {
    fn default() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_recursion_limit(64);
        environment.set_formatter(format);
        environment
            .add_filter("urlencode", |text: Jinja| Jinja::from_safe_string(percent_encoded(&plain(&text))));
        // For `Authorization: Basic`: its alphabet needs no protection anywhere but in a URL.
        environment.add_filter("base64", |text: Jinja| STANDARD.encode(plain(&text)));
        Self { environment, count: 0 }
    }
}

impl Templates {
    /// Compiles `source`.
    ///
    /// # Errors
    /// Bad syntax, and names that neither the arguments nor the program hold.
    pub fn add(
        &mut self,
        source: &Placed<String>,
        slot: Slot,
        known: &Known<'_>,
    ) -> Result<Template, Vec<Problem>> {
        let typed = slot == Slot::Plain && is_one_expression(&source.value);
        let text = if typed {
            let inner = source.value.trim().trim_start_matches("{{").trim_end_matches("}}").trim_matches('-');
            format!("{{{{ ({inner}) | default(none) | tojson }}}}")
        } else {
            source.value.clone()
        };
        self.count += 1;
        let name = format!("{}{}", slot.prefix(), self.count);
        self.environment
            .add_template_owned(name.clone(), text)
            .map_err(|error| vec![syntax(&source.place, &error)])?;
        let template =
            self.environment.get_template(&name).map_err(|error| vec![syntax(&source.place, &error)])?;
        let unknown: Vec<Problem> = template
            .undeclared_variables(true)
            .iter()
            .filter_map(|variable| known.fault(variable))
            .map(|message| source.place.problem(message))
            .collect();
        if unknown.is_empty() { Ok(Template { name, typed }) } else { Err(unknown) }
    }

    /// Fills a template in as text.
    pub fn text(&self, template: &Template, values: &Jinja) -> Result<String, Error> {
        match self.value(template, values)? {
            Value::String(text) => Ok(text),
            Value::Null => Ok(String::new()),
            other => Ok(other.to_string()),
        }
    }

    /// Fills a template in; one that is a single expression keeps the type of its value.
    pub fn value(&self, template: &Template, values: &Jinja) -> Result<Value, Error> {
        let text = self.environment.get_template(&template.name)?.render(values.clone())?;
        if !template.typed {
            return Ok(Value::String(text));
        }
        serde_json::from_str(&text)
            .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
    }
}

/// What templates may name.
pub struct Known<'s> {
    spec: &'s ToolSpec,
    secrets: &'s Secrets,
}

impl<'s> Known<'s> {
    /// The parameters of `spec`, the values of the program, and `secrets` by name.
    pub fn new(spec: &'s ToolSpec, secrets: &'s Secrets) -> Self {
        Self { spec, secrets }
    }

    fn fault(&self, variable: &str) -> Option<String> {
        let mut parts = variable.split('.');
        let (root, field) = (parts.next().unwrap_or_default(), parts.next());
        match (root, field) {
            ("args", None) | ("context" | "secret", None) => None,
            ("args", Some(name)) => {
                let names = parameter_names(self.spec);
                let open = names.is_empty()
                    || self.spec.parameters.get("additionalProperties") != Some(&Value::Bool(false));
                let known = open && is_composed(&self.spec.parameters)
                    || names.iter().any(|known| known == name)
                    || self.spec.hidden.iter().any(|known| known == name);
                (!known).then(|| format!("template: `args.{name}` is not a parameter"))
            }
            ("context", Some(name)) => (!CONTEXT.contains(&name))
                .then(|| format!("template: `context.{name}`; there are {}", CONTEXT.join(", "))),
            ("secret", Some(name)) => (!self.secrets.contains_key(name))
                .then(|| format!("template: the secret `{name}` is not set; give it with `balcao secrets set {name}` or under [tools.secrets]")),
            (other, _) => Some(format!("template: `{other}` is not known here; use args, context or secret")),
        }
    }
}

/// Whether parameters may come from elsewhere than the `properties` at the top.
fn is_composed(schema: &Value) -> bool {
    ["allOf", "anyOf", "oneOf", "if", "patternProperties", "dependentSchemas", "$ref", "$dynamicRef"]
        .iter()
        .any(|keyword| schema.get(*keyword).is_some())
}

/// The values of the program that templates may use.
pub const CONTEXT: [&str; 10] = [
    "conversation_id",
    "turn_id",
    "call_id",
    "contact_id",
    "language",
    "channel",
    "now",
    "email",
    "phone",
    "idempotency_key",
];

/// The values of one call, for [`Templates::text`]. Secrets are the operator's own words and go in as they are.
pub fn values(arguments: &Map<String, Value>, context: &Map<String, Value>, secrets: &Secrets) -> Jinja {
    let secret: BTreeMap<&str, Jinja> = secrets
        .iter()
        .map(|(name, value)| (name.as_str(), Jinja::from_safe_string(value.expose().to_owned())))
        .collect();
    minijinja::context! {
        args => Jinja::from(Serde(arguments)),
        context => Jinja::from(Serde(context)),
        secret => Jinja::from_pairs(secret),
    }
}

/// Whether the text is exactly one `{{ expression }}`.
fn is_one_expression(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("{{")
        && text.ends_with("}}")
        && text.matches("{{").count() == 1
        && text.matches("}}").count() == 1
}

fn syntax(place: &Place, error: &Error) -> Problem {
    let mut place = place.clone();
    place.line += error.line().unwrap_or(1).saturating_sub(1);
    place.problem(format!("template: {}: {}", error.kind(), error.detail().unwrap_or("bad template")))
}

/// Writes one value into a template by the slot it stands in.
fn format(output: &mut Output<'_>, state: &mut State<'_, '_>, value: &Jinja) -> Result<(), Error> {
    let slot = state.name().chars().next().unwrap_or('p');
    if value.is_safe() {
        return output.write_str(&plain(value)).map_err(written);
    }
    match slot {
        'u' => {
            let text = plain(value);
            // An empty or dotted segment would make it another resource than the one that was meant.
            if text.is_empty() || text.chars().all(|c| c == '.') {
                return Err(Error::new(ErrorKind::InvalidOperation, "a value of the URL is missing"));
            }
            output.write_str(&percent_encoded(&text)).map_err(written)
        }
        'j' => match value.kind() {
            ValueKind::String => {
                let quoted = serde_json::to_string(&plain(value)).map_err(|_| written(std::fmt::Error))?;
                output
                    .write_str(
                        quoted
                            .strip_prefix('"')
                            .and_then(|inner| inner.strip_suffix('"'))
                            .unwrap_or_default(),
                    )
                    .map_err(written)
            }
            ValueKind::Undefined | ValueKind::None => output.write_str("null").map_err(written),
            _ => {
                let json = serde_json::to_string(value).map_err(|_| written(std::fmt::Error))?;
                output.write_str(&json).map_err(written)
            }
        },
        'f' => output.write_str(&percent_encoded(&plain(value))).map_err(written),
        _ => output.write_str(&plain(value)).map_err(written),
    }
}

fn written(error: std::fmt::Error) -> Error {
    Error::from(error)
}

fn plain(value: &Jinja) -> String {
    if value.is_undefined() || value.is_none() { String::new() } else { value.to_string() }
}

/// Everything but unreserved characters as `%XX`.
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
