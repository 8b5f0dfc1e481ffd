//! What every built-in tool shares: how it declares itself, how its arguments are read, how a failure of the back
//! office is told to the model. It holds no capability itself.

use crate::backoffice::BackofficeError;
use crate::domain::tool::{Localized, ParamSource, Risk, ToolSpec, ToolWords};
use crate::domain::tool_call::RefusalClass;
use crate::tools::schema::parameters_of;
use crate::tools::tool::{Caller, Tool, ToolContext, ToolError, ToolOutput};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// What a built-in tool says of itself in code; its words for customers stand in `tools/*.toml`.
pub struct Declaration {
    /// Name the model calls it by.
    pub name: &'static str,
    /// What it does and when to use it, for the model.
    pub description: &'static str,
    /// How much harm a call can do.
    pub risk: Risk,
    /// Who may supply which parameter, where it is not the default of the risk class.
    pub sources: &'static [(&'static str, ParamSource)],
    /// Result fields whose values count as trusted: never free text.
    pub trusted: &'static [&'static str],
}

/// One capability: typed arguments in, plain data out.
pub trait Capability: Send + Sync + 'static {
    /// The arguments; their schema is what the model sees.
    type Arguments: DeserializeOwned + JsonSchema + Send;

    /// What it says of itself.
    const DECLARATION: Declaration;

    /// Who may call it.
    const CALLER: Caller = Caller::Model;

    /// Whether it could be done now, before the customer is asked to confirm it.
    fn check(
        &self,
        _arguments: Self::Arguments,
        _context: &ToolContext,
    ) -> impl Future<Output = Result<(), ToolError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Does it.
    fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> impl Future<Output = Result<ToolOutput, ToolError>> + Send;
}

/// A capability as a tool.
pub struct Builtin<C> {
    spec: ToolSpec,
    capability: C,
}

impl<C: Capability> Builtin<C> {
    /// The tool that offers `capability`.
    pub fn tool(capability: C) -> Arc<dyn Tool> {
        let Declaration { name, description, risk, sources, trusted } = C::DECLARATION;
        let spec = ToolSpec {
            name: name.to_owned(),
            description: description.to_owned(),
            title: Localized::same(name.replace('_', " ")),
            parameters: parameters_of::<C::Arguments>(),
            risk,
            sources: sources
                .iter()
                .map(|(parameter, source)| ((*parameter).to_owned(), *source))
                .collect::<BTreeMap<_, _>>(),
            hidden: Vec::new(),
            result_trusted: trusted.iter().map(|path| (*path).to_owned()).collect(),
            timeout: Duration::from_secs(10),
            progress: Localized::default(),
            words: ToolWords::default(),
        };
        Arc::new(Self { spec, capability })
    }
}

#[async_trait]
impl<C: Capability> Tool for Builtin<C> {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn caller(&self) -> Caller {
        C::CALLER
    }

    async fn check(&self, arguments: Value, context: &ToolContext) -> Result<(), ToolError> {
        self.capability.check(read(arguments)?, context).await
    }

    async fn call(&self, arguments: Value, context: &ToolContext) -> Result<ToolOutput, ToolError> {
        self.capability.perform(read(arguments)?, context).await
    }
}

fn read<T: DeserializeOwned>(arguments: Value) -> Result<T, ToolError> {
    serde_path_to_error::deserialize(arguments)
        .map_err(|error| ToolError::bad_argument(&error.path().to_string(), error.inner()))
}

/// A failure of the back office as the model is told it.
pub fn failure(error: BackofficeError) -> ToolError {
    match error {
        BackofficeError::NotFound { what } => ToolError::refused(format!("{what} was not found")),
        BackofficeError::Conflict { reason, alternatives } => {
            let mut told = reason;
            if !alternatives.is_empty() {
                told.push_str("; free times near it:");
                for slot in alternatives.iter().take(6) {
                    let _ = write!(told, " {}", super::words::local(&slot.start));
                }
            }
            ToolError::refused(told)
        }
        BackofficeError::Invalid { field, reason } => ToolError::bad_argument(field, reason),
        BackofficeError::Unavailable(detail) => {
            tracing::warn!(%detail, "back office unavailable");
            ToolError::Tell {
                reason: "the system does not answer at the moment; offer to try again later or a person"
                    .into(),
                class: RefusalClass::Unavailable,
            }
        }
        BackofficeError::Busy(detail) => {
            tracing::warn!(%detail, "back office busy");
            ToolError::Tell {
                reason: "over quota: the system takes no more calls for the moment; offer to try again in a minute or a person"
                    .into(),
                class: RefusalClass::OverQuota,
            }
        }
        BackofficeError::Unusable(detail) => {
            tracing::error!(%detail, "back office cannot be used");
            ToolError::Tell {
                reason:
                    "the system cannot be used at the moment, and trying again will not help; offer a person"
                        .into(),
                class: RefusalClass::Unusable,
            }
        }
        BackofficeError::Unknown(detail) => {
            tracing::warn!(%detail, "call of unknown fate");
            ToolError::Unknown("the system did not say whether it took effect".into())
        }
        BackofficeError::Fault(detail) => {
            tracing::error!(%detail, "back office fault");
            ToolError::Tell {
                reason: "the system has a fault, and trying again will not help; offer a person".into(),
                class: RefusalClass::Unusable,
            }
        }
    }
}
