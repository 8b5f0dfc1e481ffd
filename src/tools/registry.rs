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
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// One tool as it is offered to the model.
pub struct Entry {
    tool: Arc<dyn Tool>,
    validator: Validator,
    /// The server that offers it; empty for what was there from the beginning.
    owner: String,
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

/// Every tool: those the model may call, and the program's own. Tools of servers that say themselves what they can do
/// come and go while the program runs; whoever holds an entry keeps it.
#[derive(Default)]
pub struct Registry {
    offered: RwLock<Offered>,
}

/// What is offered at one time.
#[derive(Default)]
struct Offered {
    entries: Vec<Arc<Entry>>,
    by_name: HashMap<String, usize>,
    specs: Arc<Vec<ToolSpec>>,
    /// Those for a customer who cannot be interviewed now.
    without_interviews: Arc<Vec<ToolSpec>>,
}

impl Offered {
    /// Puts a tool at the end.
    fn add(&mut self, tool: Arc<dyn Tool>, owner: &str) -> Result<(), Vec<String>> {
        let name = tool.spec().name.clone();
        let validator = validate::compile(&mut tool.spec().parameters.clone())?;
        if self.by_name.contains_key(&name) {
            return Err(vec!["is there twice".into()]);
        }
        self.by_name.insert(name, self.entries.len());
        self.entries.push(Arc::new(Entry { tool, validator, owner: owner.to_owned() }));
        Ok(())
    }

    /// Takes the tools of `owner` out.
    fn remove(&mut self, owner: &str) {
        self.entries.retain(|entry| entry.owner != owner);
        let names = self.entries.iter().enumerate();
        self.by_name = names.map(|(index, entry)| (entry.spec().name.clone(), index)).collect();
    }

    fn models(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter().filter(|entry| entry.caller() == Caller::Model)
    }

    /// Writes down what model requests carry.
    fn seal(&mut self) {
        self.specs = Arc::new(self.models().map(|entry| entry.spec().clone()).collect());
        let others = || self.specs.iter().filter(|spec| spec.name != BEGIN_INTERVIEW).cloned();
        self.without_interviews = match self.by_name.contains_key(BEGIN_INTERVIEW) {
            true => Arc::new(others().collect()),
            false => self.specs.clone(),
        };
    }
}

impl Registry {
    /// A registry of `tools`, in this order.
    ///
    /// # Errors
    /// The tool and what is wrong with it: a name that is taken, or a bad schema.
    pub fn new(tools: Vec<Arc<dyn Tool>>) -> Result<Self, Vec<(String, String)>> {
        let registry = Self::default();
        let faults = registry.replace("", tools);
        if faults.is_empty() { Ok(registry) } else { Err(faults) }
    }

    /// Offers `tools` in the place of those that `owner` offered before, behind all others. The faults are those of
    /// [`Registry::new`]; a tool that has one is not offered.
    pub fn replace(&self, owner: &str, tools: Vec<Arc<dyn Tool>>) -> Vec<(String, String)> {
        let mut offered = self.offered.write().unwrap_or_else(PoisonError::into_inner);
        offered.remove(owner);
        let mut faults = Vec::new();
        for tool in tools {
            let name = tool.spec().name.clone();
            if let Err(found) = offered.add(tool, owner) {
                faults.extend(found.into_iter().map(|fault| (name.clone(), fault)));
            }
        }
        offered.seal();
        faults
    }

    fn offered(&self) -> RwLockReadGuard<'_, Offered> {
        self.offered.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tool of that name.
    pub fn get(&self, name: &str) -> Option<Arc<Entry>> {
        let offered = self.offered();
        offered.by_name.get(name).and_then(|index| offered.entries.get(*index)).cloned()
    }

    /// The name that `name` was probably meant to be.
    pub fn near(&self, name: &str) -> Option<String> {
        nearest(name, self.offered().models().map(|entry| entry.spec().name.as_str())).map(str::to_owned)
    }

    /// What every model request carries: the same allocation, in the same order, until a server's tools change.
    pub fn specs(&self) -> Arc<Vec<ToolSpec>> {
        self.offered().specs.clone()
    }

    /// The same without the tool that begins an interview.
    pub fn specs_without_interviews(&self) -> Arc<Vec<ToolSpec>> {
        self.offered().without_interviews.clone()
    }

    /// Every tool the model may call, in order.
    pub fn iter(&self) -> impl Iterator<Item = Arc<Entry>> + use<> {
        self.offered().models().cloned().collect::<Vec<_>>().into_iter()
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
