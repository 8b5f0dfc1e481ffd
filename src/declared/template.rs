//! Fills in the templates of a declared request so that a value stays a value: percent-encoded in a URL, escaped in a JSON
//! or form body, refused in a header when it would start a new line. It sends nothing.

use super::icalendar;
use super::reader::{Place, Placed};
use crate::domain::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value as Jinja};
use serde_json::Value;
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

/// The compiled templates of one request.
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
        environment.add_filter("path", |text: Jinja| Jinja::from_safe_string(encoded_path(&plain(&text))));
        environment
            .add_filter("icaltext", |text: Jinja| Jinja::from_safe_string(icalendar::text(&plain(&text))));
        environment.add_filter("icaldate", |text: Jinja| icalendar::date(&plain(&text)));
        // Lines of the server's own, with times that the program wrote.
        environment.add_filter("icalmoved", |file: Jinja, start: String, end: String, now: String| {
            Jinja::from_safe_string(icalendar::moved(&plain(&file), &start, &end, &now))
        });
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
        known: &dyn Names,
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
            // Functions that the language itself has.
            .filter(|variable| !self.environment.globals().any(|(name, _)| name == variable.as_str()))
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
pub trait Names {
    /// What is wrong with a name such as `args.email`; `None` if there is such a value.
    fn fault(&self, variable: &str) -> Option<String>;
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

/// Segments of a path, each percent-encoded; empty and dotted ones, which lead elsewhere, are left out.
fn encoded_path(text: &str) -> String {
    let is_name = |segment: &&str| !segment.is_empty() && !segment.chars().all(|c| c == '.');
    text.split('/').filter(is_name).map(percent_encoded).collect::<Vec<_>>().join("/")
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
