//! How an operator narrows a tool: never a new power, only less of one, and better words. Reading the file is
//! `spec_toml`'s work; finding the files is `load`'s.

use super::schema::KIND;
use crate::declared::near::nearest;
use crate::declared::reader::{Place, Placed, Texts};
use crate::domain::problem::Problem;
use crate::domain::tool::{ParamSource, Risk, ToolSpec};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// What one `[tool_name]` table of a domain file says.
#[derive(Clone, PartialEq, Debug)]
pub struct Narrowing {
    /// The tool, and where the table stands.
    pub name: Placed<String>,
    /// Whether the model may call it at all.
    pub enabled: Option<Placed<bool>>,
    /// Another description for the model.
    pub description: Option<Placed<String>>,
    /// The plain name.
    pub title: Option<Texts>,
    /// What customers say when they want it.
    pub examples: Option<Placed<Vec<String>>>,
    /// A higher risk class.
    pub risk: Option<Placed<Risk>>,
    /// What the customer reads while it runs.
    pub progress: Option<Texts>,
    /// How a result is said.
    pub say: Option<Texts>,
    /// A shorter time limit.
    pub timeout_ms: Option<Placed<u64>>,
    /// Fewer trusted result fields.
    pub result_trusted: Option<Placed<Vec<String>>>,
    /// By parameter.
    pub parameters: BTreeMap<String, ParameterNarrowing>,
}

/// What a `[tool_name.parameters.name]` table says.
#[derive(Clone, PartialEq, Debug)]
pub struct ParameterNarrowing {
    /// Where the table stands.
    pub place: Place,
    /// The question that asks the customer for it.
    pub ask: Option<Texts>,
    /// Its plain name in a confirmation.
    pub label: Option<Texts>,
    /// A stricter source.
    pub source: Option<Placed<ParamSource>>,
    /// Whether the model no longer sees it.
    pub hidden: Option<Placed<bool>>,
    /// The value it always has; it is then hidden.
    pub fixed: Option<Placed<Value>>,
    /// Fewer values.
    pub one_of: Option<Placed<Vec<Value>>>,
    /// A lower limit: of the number, the length of the text or the length of the list.
    pub max: Option<Placed<u64>>,
}

/// A spec after narrowing.
#[derive(Clone, PartialEq, Debug)]
pub struct NarrowedSpec {
    /// What is left.
    pub spec: ToolSpec,
    /// Values the program adds to every call.
    pub fixed: Map<String, Value>,
    /// Whether the model may call it at all.
    pub enabled: bool,
}

impl Narrowing {
    /// A table that says nothing.
    pub fn of(name: Placed<String>) -> Self {
        Self {
            name,
            enabled: None,
            description: None,
            title: None,
            examples: None,
            risk: None,
            progress: None,
            say: None,
            timeout_ms: None,
            result_trusted: None,
            parameters: BTreeMap::new(),
        }
    }

    /// Whether it says nothing but what customers say.
    pub fn has_only_examples(&self) -> bool {
        *self == Self { examples: self.examples.clone(), ..Self::of(self.name.clone()) }
    }

    /// Lays the operator's table above this built-in one, key by key.
    pub fn overlay(&mut self, over: Self) {
        self.name = over.name;
        replace(&mut self.enabled, over.enabled);
        replace(&mut self.description, over.description);
        replace(&mut self.examples, over.examples);
        replace(&mut self.risk, over.risk);
        replace(&mut self.timeout_ms, over.timeout_ms);
        replace(&mut self.result_trusted, over.result_trusted);
        overlay_texts(&mut self.title, over.title);
        overlay_texts(&mut self.progress, over.progress);
        overlay_texts(&mut self.say, over.say);
        for (name, parameter) in over.parameters {
            match self.parameters.get_mut(&name) {
                Some(own) => own.overlay(parameter),
                None => {
                    self.parameters.insert(name, parameter);
                }
            }
        }
    }

    /// Narrows `spec`. Whatever would widen it is a problem and is left out.
    pub fn apply(&self, spec: &ToolSpec, problems: &mut Vec<Problem>) -> NarrowedSpec {
        let mut narrowed = NarrowedSpec {
            spec: spec.clone(),
            fixed: Map::new(),
            enabled: self.enabled.as_ref().is_none_or(|enabled| enabled.value),
        };
        let target = &mut narrowed.spec;
        if let Some(description) = &self.description {
            target.description.clone_from(&description.value);
        }
        if let Some(examples) = &self.examples {
            target.words.examples.clone_from(&examples.value);
        }
        for (texts, slot) in [
            (&self.title, &mut target.title),
            (&self.progress, &mut target.progress),
            (&self.say, &mut target.words.say),
        ] {
            if let Some(texts) = texts {
                *slot = texts.localized();
            }
        }
        self.narrow_limits(target, problems);
        for (name, parameter) in &self.parameters {
            parameter.apply(name, &mut narrowed, problems);
        }
        narrowed
    }

    fn narrow_limits(&self, target: &mut ToolSpec, problems: &mut Vec<Problem>) {
        if let Some(risk) = &self.risk {
            if risk.value < target.risk {
                let message = format!(
                    "the risk of `{}` may be raised, not lowered from {:?}",
                    target.name, target.risk
                );
                problems.push(risk.place.problem(message.to_lowercase()));
            } else {
                target.risk = risk.value;
            }
        }
        if let Some(timeout) = &self.timeout_ms {
            let wanted = Duration::from_millis(timeout.value);
            if wanted.is_zero() {
                problems.push(timeout.place.problem("timeout_ms must be at least 1"));
            } else {
                target.timeout = wanted;
            }
        }
        if let Some(trusted) = &self.result_trusted {
            for path in trusted.value.iter().filter(|path| !target.result_trusted.contains(path)) {
                let message = format!(
                    "`{path}` is not a trusted field of `{}`; fields can only be taken away",
                    target.name
                );
                problems.push(trusted.place.problem(message));
            }
            target.result_trusted.retain(|path| trusted.value.contains(path));
        }
    }
}

impl ParameterNarrowing {
    /// A table that says nothing.
    pub fn at(place: Place) -> Self {
        Self {
            place,
            ask: None,
            label: None,
            source: None,
            hidden: None,
            fixed: None,
            one_of: None,
            max: None,
        }
    }

    fn overlay(&mut self, over: Self) {
        self.place = over.place;
        overlay_texts(&mut self.ask, over.ask);
        overlay_texts(&mut self.label, over.label);
        replace(&mut self.source, over.source);
        replace(&mut self.hidden, over.hidden);
        replace(&mut self.fixed, over.fixed);
        replace(&mut self.one_of, over.one_of);
        replace(&mut self.max, over.max);
    }

    fn apply(&self, name: &str, narrowed: &mut NarrowedSpec, problems: &mut Vec<Problem>) {
        let target = &mut narrowed.spec;
        if target.parameter(name).is_none() {
            let known: Vec<String> = parameter_names(target);
            let hint = nearest(name, known.iter().map(String::as_str)).map_or_else(
                || format!("it has {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            problems.push(self.place.problem(format!("`{}` has no parameter `{name}`; {hint}", target.name)));
            return;
        }
        if let Some(ask) = &self.ask {
            target.words.ask.insert(name.to_owned(), ask.localized());
        }
        if let Some(label) = &self.label {
            target.words.labels.insert(name.to_owned(), label.localized());
        }
        if let Some(source) = &self.source {
            if strictness(source.value) < strictness(target.source_of(name)) {
                problems
                    .push(source.place.problem(format!("the source of `{name}` may only be made stricter")));
            } else if source.value == ParamSource::Context && self.fixed.is_none() {
                problems
                    .push(source.place.problem(format!("nothing binds `{name}`: give it a `fixed` value")));
            } else {
                target.sources.insert(name.to_owned(), source.value);
            }
        }
        self.narrow_values(name, target, problems);
        if let Some(fixed) = &self.fixed {
            check_fixed(name, fixed, target, problems);
            narrowed.fixed.insert(name.to_owned(), fixed.value.clone());
            hide(name, target);
        } else if let Some(hidden) = self.hidden.as_ref().filter(|hidden| hidden.value) {
            if target.required().any(|required| required == name) {
                let message = format!("`{name}` is required: it can be `fixed`, but not just hidden");
                problems.push(hidden.place.problem(message));
            } else {
                hide(name, target);
            }
        }
    }

    fn narrow_values(&self, name: &str, target: &mut ToolSpec, problems: &mut Vec<Problem>) {
        let Some(schema) = target.parameters["properties"].get_mut(name).and_then(Value::as_object_mut)
        else {
            return;
        };
        if let Some(one_of) = &self.one_of {
            let unknown = |value: &&Value| {
                schema.get("enum").and_then(Value::as_array).is_some_and(|known| !known.contains(value))
            };
            if let Some(value) = one_of.value.iter().find(unknown) {
                problems.push(one_of.place.problem(format!("`{name}` never had the value {value}")));
            } else if one_of.value.is_empty() {
                problems.push(one_of.place.problem(format!("`{name}` needs at least one value")));
            } else {
                schema.insert("enum".into(), Value::Array(one_of.value.clone()));
            }
        }
        if let Some(max) = &self.max {
            let keyword = match schema.get("type").and_then(Value::as_str) {
                Some("integer" | "number") => "maximum",
                Some("string") => "maxLength",
                Some("array") => "maxItems",
                _ => {
                    problems.push(max.place.problem(format!("`{name}` has no size that could be limited")));
                    return;
                }
            };
            match schema.get(keyword).and_then(Value::as_f64) {
                Some(present) if (max.value as f64) > present => {
                    problems.push(
                        max.place
                            .problem(format!("the limit of `{name}` is {present} and may only be lowered")),
                    );
                }
                _ => {
                    schema.insert(keyword.into(), json!(max.value));
                }
            }
        }
    }
}

fn check_fixed(name: &str, fixed: &Placed<Value>, target: &ToolSpec, problems: &mut Vec<Problem>) {
    let Some(schema) = target.parameter(name) else { return };
    if let Ok(validator) = jsonschema::options().offline().build(schema)
        && let Err(error) = validator.validate(&fixed.value)
    {
        problems.push(fixed.place.problem(format!("`{name}` cannot have this value: {error}")));
    }
}

/// Takes a parameter out of the model's sight.
fn hide(name: &str, target: &mut ToolSpec) {
    if let Some(properties) = target.parameters.get_mut("properties").and_then(Value::as_object_mut) {
        properties.shift_remove(name);
    }
    if let Some(required) = target.parameters.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|required| required.as_str() != Some(name));
    }
    target.hidden.push(name.to_owned());
}

/// Names of the parameters, as written in the schema.
pub fn parameter_names(spec: &ToolSpec) -> Vec<String> {
    let properties = spec.parameters.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(Map::keys).cloned().collect()
}

/// What the value of a parameter is, if the schema says so.
pub fn kind_of<'s>(spec: &'s ToolSpec, parameter: &str) -> Option<&'s str> {
    spec.parameter(parameter)?.get(KIND)?.as_str()
}

fn strictness(source: ParamSource) -> u8 {
    match source {
        ParamSource::Model => 0,
        ParamSource::Said => 1,
        ParamSource::Context => 2,
    }
}

fn replace<T>(slot: &mut Option<T>, over: Option<T>) {
    if over.is_some() {
        *slot = over;
    }
}

fn overlay_texts(slot: &mut Option<Texts>, over: Option<Texts>) {
    match (slot.as_mut(), over) {
        (Some(own), Some(over)) => own.overlay(over),
        (None, over @ Some(_)) => *slot = over,
        (_, None) => {}
    }
}
