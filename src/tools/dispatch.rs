//! From a call the model asked for to its outcome: find the tool, check the arguments, pass the gate, make the call
//! within its time, cut the result. Every call gets an outcome; only a fault of ours aborts the turn.

use super::gate::cut::cut;
use super::gate::decide::{Consent, decide, take_out_unsaid};
use super::gate::evidence::Evidence;
use super::registry::{Entry, Registry};
use super::tool::{Caller, ToolContext, ToolError};
use crate::domain::effect::Effect;
use crate::domain::tool::Risk;
use crate::domain::tool_call::{RefusalClass, ToolCall, ToolOutcome};
use serde_json::Value;
use std::sync::Arc;
use std::time::Instant;

/// Makes calls.
#[derive(Clone)]
pub struct Dispatcher {
    registry: Arc<Registry>,
    result_characters: usize,
}

/// A call that passed every check and may be made.
#[derive(Clone)]
pub struct Admitted {
    /// The call, its arguments tidied.
    pub call: ToolCall,
    /// How much harm it can do.
    pub risk: Risk,
    /// Whether making it again after a crash is safe.
    pub repeatable: bool,
    /// Arguments that were left out because the customer never said them.
    pub ignored: Vec<String>,
}

impl Dispatcher {
    /// A dispatcher over `registry` whose results are cut to `result_characters`.
    pub fn new(registry: Arc<Registry>, result_characters: usize) -> Self {
        Self { registry, result_characters }
    }

    /// The tools.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Checks a call without making it.
    ///
    /// # Errors
    /// The outcome of a call that must not be made.
    pub fn admit(
        &self,
        call: &ToolCall,
        evidence: &Evidence,
        consent: Consent,
    ) -> Result<Admitted, Box<ToolOutcome>> {
        let entry = self.entry(&call.name)?;
        // What needs nobody's word is the program's own call: no model's gets here with it.
        if entry.caller() == Caller::Program && consent == Consent::NotAsked {
            return Err(unknown(&call.name, None));
        }
        let mut call = call.clone();
        if call.arguments.is_null() {
            call.arguments = serde_json::json!({});
        }
        entry.tidy(&mut call.arguments);
        if let Err(faults) = entry.validate(&call.arguments) {
            return Err(refused(
                RefusalClass::BadArguments,
                format!(
                    "the arguments do not fit: {}. Correct them, or ask the customer for what is missing",
                    faults.join("; ")
                ),
            ));
        }
        let ignored = take_out_unsaid(entry.spec(), &mut call.arguments, evidence);
        match decide(entry.spec(), &call.arguments, evidence, consent) {
            Some(outcome) => Err(Box::new(outcome)),
            None => Ok(Admitted {
                ignored,
                risk: entry.spec().risk,
                repeatable: entry.spec().risk == Risk::Read || entry.tool().is_idempotent(),
                call,
            }),
        }
    }

    /// The outcome of a call that waits for the customer's word, unless it could not be made anyway.
    ///
    /// # Errors
    /// A fault of ours: the turn cannot go on.
    pub async fn before_asking(
        &self,
        call: &ToolCall,
        asked: ToolOutcome,
        context: &ToolContext,
    ) -> anyhow::Result<ToolOutcome> {
        let Ok(entry) = self.entry(&call.name) else { return Ok(asked) };
        let mut arguments = call.arguments.clone();
        entry.tidy(&mut arguments);
        match tokio::time::timeout(entry.spec().timeout, entry.tool().check(arguments, context)).await {
            Ok(Err(ToolError::Tell { reason, class })) => Ok(ToolOutcome::Refused { reason, class }),
            Ok(Err(ToolError::Abort(error))) => Err(error.context(format!("tool `{}`", call.name))),
            // A system that does not say is asked again when the call is made.
            Ok(Ok(()) | Err(ToolError::Unknown(_))) | Err(_) => Ok(asked),
        }
    }

    /// Makes an admitted call.
    ///
    /// # Errors
    /// A fault of ours: the turn cannot go on.
    pub async fn perform(&self, admitted: Admitted, context: &ToolContext) -> anyhow::Result<ToolOutcome> {
        let name = admitted.call.name.clone();
        let entry = match self.entry(&name) {
            Ok(entry) => entry,
            Err(outcome) => return Ok(*outcome),
        };
        let limit = entry.spec().timeout;
        let began = Instant::now();
        let result = tokio::time::timeout(limit, entry.tool().call(admitted.call.arguments, context)).await;
        let outcome = match result {
            Ok(Ok(output)) => {
                let mut data = output.data;
                if let Value::Object(fields) = &mut data
                    && !admitted.ignored.is_empty()
                {
                    let note =
                        format!("not said by the customer, and ignored: {}", admitted.ignored.join(", "));
                    fields.insert("note".to_owned(), note.into());
                }
                let (data, was_cut) = cut(data, self.result_characters);
                let mut effects = output.effects;
                if admitted.risk != Risk::Read && !effects.contains(&Effect::Wrote) {
                    effects.push(Effect::Wrote);
                }
                ToolOutcome::Done { data, effects, sources: output.sources, cut: was_cut }
            }
            Ok(Err(ToolError::Tell { reason, class })) => ToolOutcome::Refused { reason, class },
            Ok(Err(ToolError::Unknown(reason))) => ToolOutcome::Unknown { reason },
            Ok(Err(ToolError::Abort(error))) => return Err(error.context(format!("tool `{name}`"))),
            Err(_) if admitted.risk == Risk::Read => ToolOutcome::Refused {
                reason: "the system did not answer in time; say so, and offer to try later or a person"
                    .to_owned(),
                class: RefusalClass::TimedOut,
            },
            Err(_) => ToolOutcome::Unknown {
                reason: "the system did not answer in time; whether it was done is not known".to_owned(),
            },
        };
        metrics::histogram!("balcao_tool_seconds", "tool" => name.clone())
            .record(began.elapsed().as_secs_f64());
        metrics::counter!("balcao_tool_calls_total", "tool" => name, "outcome" => outcome.label())
            .increment(1);
        Ok(outcome)
    }

    fn entry(&self, name: &str) -> Result<Arc<Entry>, Box<ToolOutcome>> {
        self.registry.get(name).ok_or_else(|| unknown(name, self.registry.near(name).as_deref()))
    }
}

fn unknown(name: &str, near: Option<&str>) -> Box<ToolOutcome> {
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    refused(RefusalClass::UnknownTool, format!("there is no tool `{name}`{hint}"))
}

fn refused(class: RefusalClass, reason: String) -> Box<ToolOutcome> {
    Box::new(ToolOutcome::Refused { reason, class })
}
