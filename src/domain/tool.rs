//! What a tool is, as every part of the program sees it: the schema for the model, the risk for the gate, the
//! words for the offline model. A spec is made from a Rust argument type and narrowed by `tools/*.toml`.

use super::language::Language;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The tool by which a model begins an interview; it is offered only to a customer who can be interviewed.
pub const BEGIN_INTERVIEW: &str = "interview_start";

/// How much harm a call can do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Changes nothing; may run in parallel and be repeated.
    Read,
    /// Changes something; runs once. Becomes sensitive if its arguments rest on untrusted text.
    Write,
    /// Runs only after the customer has confirmed a plain summary.
    Sensitive,
}

/// Who may supply a parameter's value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamSource {
    /// The model is free.
    Model,
    /// The customer must have written it, or a trusted field of an earlier result must hold it.
    Said,
    /// Bound by the program; the model neither sees nor sets it.
    Context,
}

/// One text in several languages; `get` falls back to Portuguese, then to any.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Localized(pub BTreeMap<String, String>);

impl Localized {
    /// A text that is the same in every language.
    pub fn same(text: impl Into<String>) -> Self {
        Self(BTreeMap::from([(Language::default().tag().to_owned(), text.into())]))
    }

    /// The text in `language`, else in Portuguese, else whatever there is.
    pub fn get(&self, language: Language) -> Option<&str> {
        self.0
            .get(language.tag())
            .or_else(|| self.0.get(Language::default().tag()))
            .or_else(|| self.0.values().next())
            .map(String::as_str)
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Words that help a model without much understanding to use the tool.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ToolWords {
    /// Things customers say when they want this tool, in any language.
    pub examples: Vec<String>,
    /// Per parameter, the question that asks the customer for it.
    pub ask: BTreeMap<String, Localized>,
    /// How a result is said: a minijinja template over the result (`result`) and the arguments (`args`).
    pub say: Localized,
    /// Per parameter, its plain name in a confirmation ("data e hora").
    pub labels: BTreeMap<String, Localized>,
}

/// A tool as the model, the gate and the operator see it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Name the model calls it by: `[A-Za-z0-9_-]`, up to 64 characters.
    pub name: String,
    /// What it does and when to use it, for the model.
    pub description: String,
    /// The plain name, for people ("consultar pedido").
    pub title: Localized,
    /// JSON Schema (2020-12) of the arguments that the model may set: always an object schema.
    pub parameters: Value,
    /// How much harm a call can do.
    pub risk: Risk,
    /// Who may supply each parameter; a parameter not named here has the default of the risk class.
    pub sources: BTreeMap<String, ParamSource>,
    /// Parameters that may stand in a schema but that the operator fixed or hid.
    pub hidden: Vec<String>,
    /// Paths (`items[].sku`, `customer.email`) of result fields whose values count as trusted.
    pub result_trusted: Vec<String>,
    /// Longest time one call may take.
    pub timeout: Duration,
    /// What the customer reads while it runs.
    pub progress: Localized,
    /// For models without much understanding, and for confirmations.
    pub words: ToolWords,
}

impl ToolSpec {
    /// The schema of one parameter.
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        self.parameters.get("properties")?.get(name)
    }

    /// Names of the parameters that must be given.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        self.parameters
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    }

    /// Who may supply `parameter`: as declared, else free for reads and `said` for anything that changes.
    pub fn source_of(&self, parameter: &str) -> ParamSource {
        self.sources.get(parameter).copied().unwrap_or(match self.risk {
            Risk::Read => ParamSource::Model,
            Risk::Write | Risk::Sensitive => ParamSource::Said,
        })
    }

    /// The plain name of a parameter, for a person.
    pub fn label(&self, parameter: &str, language: Language) -> String {
        self.words
            .labels
            .get(parameter)
            .and_then(|label| label.get(language))
            .map_or_else(|| parameter.replace('_', " "), str::to_owned)
    }
}
