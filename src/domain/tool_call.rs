//! A call the model asked for, and what came of it.

use super::effect::Effect;
use super::ids::CallId;
use super::message::SourceRef;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A call of a tool with arguments as JSON.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ToolCall {
    /// Ours, not the model's.
    pub id: CallId,
    /// The tool.
    pub name: String,
    /// An object; whatever else a model sends is kept as it came, and refused at dispatch.
    pub arguments: Value,
}

/// How a call ended. Every call has exactly one outcome, and every outcome is text the model can read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum ToolOutcome {
    /// It worked.
    Done {
        /// The result, bounded in size.
        data: Value,
        /// What the program must do with the turn's commit.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        effects: Vec<Effect>,
        /// Where the data comes from, when it can be shown to the customer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<SourceRef>,
        /// Whether `data` was cut to the size limit.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cut: bool,
    },
    /// The call was not made, or the system answered no: the model is told and may do something else.
    Refused {
        /// Why, and what to do instead; for the model.
        reason: String,
        /// The class of the refusal, for metrics and limits.
        class: RefusalClass,
    },
    /// The call may or may not have taken effect. It is never repeated blindly.
    Unknown {
        /// What is known, for the model.
        reason: String,
    },
    /// The customer has to say yes first. Ends the turn with the question.
    NeedsConfirmation {
        /// Why it is asked, for the operator.
        because: String,
    },
}

/// Why a call was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalClass {
    /// No tool of that name.
    UnknownTool,
    /// The arguments do not fit the schema.
    BadArguments,
    /// A value that the customer never said was passed as theirs.
    NotSaid,
    /// The customer has not proven who they are.
    NotVerified,
    /// The customer said no.
    Declined,
    /// The system behind the tool answered no (not found, conflict, rule).
    System,
    /// The system did not answer, or answered with a fault of its own.
    Unavailable,
    /// The system cannot be used until the operator mends something.
    Unusable,
    /// It took too long.
    TimedOut,
    /// A quota is used up.
    OverQuota,
    /// The same call was made too often in this turn.
    Repeated,
    /// The turn ended before the call was made.
    Cancelled,
}

impl ToolOutcome {
    /// The `outcome` label of metrics and events.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Refused { class, .. } => match class {
                RefusalClass::UnknownTool => "unknown_tool",
                RefusalClass::BadArguments => "bad_arguments",
                RefusalClass::NotSaid => "not_said",
                RefusalClass::NotVerified => "not_verified",
                RefusalClass::Declined => "declined",
                RefusalClass::System => "refused",
                RefusalClass::Unavailable => "unavailable",
                RefusalClass::Unusable => "unusable",
                RefusalClass::TimedOut => "timed_out",
                RefusalClass::OverQuota => "over_quota",
                RefusalClass::Repeated => "repeated",
                RefusalClass::Cancelled => "cancelled",
            },
            Self::Unknown { .. } => "unknown",
            Self::NeedsConfirmation { .. } => "needs_confirmation",
        }
    }

    /// Whether the call was performed and succeeded.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }

    /// What the model reads: JSON of the result, or of `{"error": …}`.
    pub fn for_model(&self) -> String {
        match self {
            Self::Done { data, cut, .. } => {
                if *cut {
                    serde_json::json!({"result": data, "note": "the result was too large and was cut"}).to_string()
                } else {
                    data.to_string()
                }
            }
            Self::Refused { reason, .. } => {
                serde_json::json!({"error": reason, "outcome": self.label()}).to_string()
            }
            Self::Unknown { reason } => {
                serde_json::json!({"error": reason, "outcome": "unknown", "note": "do not say it was done and do not repeat it"})
                    .to_string()
            }
            Self::NeedsConfirmation { .. } => {
                serde_json::json!({"status": "waiting for the customer's confirmation; nothing was done yet"}).to_string()
            }
        }
    }
}
