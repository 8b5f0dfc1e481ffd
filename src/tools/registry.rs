//! The tools of a running program, in a stable order, each with its compiled schema. It finds and checks; making
//! calls is `dispatch`'s work.

use super::spec::NarrowedSpec;
use super::tool::{Caller, Tool, ToolContext, ToolError, ToolOutput};
use super::validate;
use crate::declared::near::nearest;
use crate::domain::tool::{BEGIN_INTERVIEW, ToolSpec};
use async_trait::async_trait;
use jsonschema::Validator;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// One tool as it is offered to the model.
pub struct Entry {
    tool: Arc<dyn Tool>,
    validator: Validator,
}

impl Entry {
    /// What the model, the gate and the operator see.
    pub fn spec(&self) -> &ToolSpec {
        self.tool.spec()
    }

    /// The tool itself.
    pub fn tool(&self) -> &Arc<dyn Tool> {
        &self.tool
    }

    /// Who may call it.
    pub fn caller(&self) -> Caller {
        self.tool.caller()
    }

    /// Takes out what models write for "not given": the null of a parameter that need not be given and may not
    /// be null.
    pub fn tidy(&self, arguments: &mut Value) {
        let spec = self.spec();
        if let Some(object) = arguments.as_object_mut() {
            object.retain(|name, value| {
                !value.is_null()
                    || spec.required().any(|required| required == name)
                    || allows_null(spec, name)
            });
        }
    }

    /// Checks arguments against the schema.
    ///
    /// # Errors
    /// One readable message a fault, for the model.
    pub fn validate(&self, arguments: &Value) -> Result<(), Vec<String>> {
        let faults = validate::faults(&self.validator, &self.spec().parameters, arguments);
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn allows_null(spec: &ToolSpec, parameter: &str) -> bool {
    spec.parameter(parameter).is_none_or(|schema| {
        jsonschema::options().offline().build(schema).is_ok_and(|schema| schema.is_valid(&Value::Null))
    })
}

/// Every tool: those the model may call, and the program's own.
#[derive(Default)]
pub struct Registry {
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    specs: Arc<Vec<ToolSpec>>,
    /// Those for a customer who cannot be interviewed now.
    without_interviews: Arc<Vec<ToolSpec>>,
}

impl Registry {
    /// A registry of `tools`, in this order.
    ///
    /// # Errors
    /// The tool and what is wrong with it: a name that is taken, or a bad schema.
    pub fn new(tools: Vec<Arc<dyn Tool>>) -> Result<Self, Vec<(String, String)>> {
        let mut registry = Self::default();
        let mut faults = Vec::new();
        for tool in tools {
            let name = tool.spec().name.clone();
            match validate::compile(&mut tool.spec().parameters.clone()) {
                Ok(_) if registry.by_name.contains_key(&name) => faults.push((name, "is there twice".into())),
                Ok(validator) => {
                    registry.by_name.insert(name, registry.entries.len());
                    registry.entries.push(Entry { tool, validator });
                }
                Err(found) => faults.extend(found.into_iter().map(|fault| (name.clone(), fault))),
            }
        }
        registry.specs = Arc::new(registry.iter().map(|entry| entry.spec().clone()).collect());
        let others = || registry.specs.iter().filter(|spec| spec.name != BEGIN_INTERVIEW).cloned();
        registry.without_interviews = match registry.by_name.contains_key(BEGIN_INTERVIEW) {
            true => Arc::new(others().collect()),
            false => registry.specs.clone(),
        };
        if faults.is_empty() { Ok(registry) } else { Err(faults) }
    }

    /// The tool of that name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(name).and_then(|index| self.entries.get(*index))
    }

    /// The name that `name` was probably meant to be.
    pub fn near(&self, name: &str) -> Option<&str> {
        nearest(name, self.iter().map(|entry| entry.spec().name.as_str()))
    }

    /// What every model request carries: the same allocation, in the same order.
    pub fn specs(&self) -> Arc<Vec<ToolSpec>> {
        self.specs.clone()
    }

    /// The same without the tool that begins an interview.
    pub fn specs_without_interviews(&self) -> Arc<Vec<ToolSpec>> {
        self.without_interviews.clone()
    }

    /// Every tool the model may call, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.caller() == Caller::Model)
    }
}

/// A tool whose spec was narrowed by a file: what the operator fixed is added to every call.
pub struct Narrowed {
    tool: Arc<dyn Tool>,
    spec: ToolSpec,
    fixed: Map<String, Value>,
}

impl Narrowed {
    /// `tool`, offered as `narrowed`.
    pub fn new(tool: Arc<dyn Tool>, narrowed: NarrowedSpec) -> Self {
        Self { tool, spec: narrowed.spec, fixed: narrowed.fixed }
    }
}

impl Narrowed {
    fn with_fixed(&self, mut arguments: Value) -> Value {
        if let Some(object) = arguments.as_object_mut() {
            for (name, value) in &self.fixed {
                object.insert(name.clone(), value.clone());
            }
        }
        arguments
    }
}

#[async_trait]
impl Tool for Narrowed {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn caller(&self) -> Caller {
        self.tool.caller()
    }

    fn is_idempotent(&self) -> bool {
        self.tool.is_idempotent()
    }

    async fn check(&self, arguments: Value, context: &ToolContext) -> Result<(), ToolError> {
        self.tool.check(self.with_fixed(arguments), context).await
    }

    async fn call(&self, arguments: Value, context: &ToolContext) -> Result<ToolOutput, ToolError> {
        self.tool.call(self.with_fixed(arguments), context).await
    }
}
