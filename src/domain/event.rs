//! The conversation's append-only log. What customers see is a projection of it; what a restarted turn needs
//! is in it; what an operator audits is it.

use super::contact::Identity;
use super::conversation::Owner;
use super::ids::{ConversationId, InterviewId, MessageId, Seq, TurnId};
use super::interview::InterviewStep;
use super::message::{Confirmation, Message};
use super::passage::{Measured, Passage};
use super::provenance::Binding;
use super::tool_call::{ToolCall, ToolOutcome};
use super::turn::{StopReason, Usage};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One entry of a conversation's log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its place: 1, 2, 3 … without gaps.
    pub seq: Seq,
    /// The turn it belongs to, if any.
    pub turn: Option<TurnId>,
    /// When it was appended.
    pub at: Timestamp,
    /// What happened.
    pub body: EventBody,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum EventBody {
    /// Somebody said something.
    Message(Message),
    /// Somebody else may answer now.
    OwnerChanged {
        /// The new owner.
        owner: Owner,
        /// Why, for the operator.
        reason: String,
    },
    /// A turn began.
    TurnStarted {
        /// The customer messages it answers.
        answers: Vec<MessageId>,
    },
    /// The knowledge was searched for the turn.
    Retrieved {
        /// What was searched for.
        query: String,
        /// What was found, best first.
        passages: Vec<Passage>,
        /// How the search went; none in logs of before it was measured, and where the knowledge could not be searched.
        #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
        measured: Option<Measured>,
    },
    /// A model answered. Journalled before any of its calls is made.
    ModelAnswered {
        /// Number of the answer in the turn, from 1.
        step: u32,
        /// Which model, as named in the chain.
        model: String,
        /// Its words.
        text: String,
        /// Its calls.
        calls: Vec<ToolCall>,
        /// What it cost.
        usage: Usage,
        /// How long it took.
        duration_ms: u64,
    },
    /// A model looked at a drafted answer that it had not written, before that was sent.
    LookedAgain {
        /// Number of the model's answer that it is the draft of.
        step: u32,
        /// Which model, as named in the chain; empty if none answered.
        model: String,
        /// What it said; empty if it did not.
        text: String,
        /// What it cost.
        usage: Usage,
        /// How long it took.
        duration_ms: u64,
    },
    /// The built-in model stood in for one that was away, and the customer was told that this is the basic mode.
    StoodIn,
    /// No model could make anything of the customer's messages for now: they are answered later.
    Postponed {
        /// The messages.
        answers: Vec<MessageId>,
    },
    /// A call is about to be made that may change something. If no [`EventBody::ToolFinished`] follows, its
    /// fate is unknown.
    ToolStarted {
        /// The call.
        call: ToolCall,
    },
    /// A call ended. Journalled before the model is asked again.
    ToolFinished {
        /// The call.
        call: ToolCall,
        /// What came of it.
        outcome: ToolOutcome,
        /// How long it took.
        duration_ms: u64,
    },
    /// A call waits for the customer's word.
    ConfirmationAsked {
        /// The call as it will be made.
        call: ToolCall,
    },
    /// The waiting call is settled: taken up, refused, or dropped.
    ConfirmationSettled {
        /// What was asked.
        confirmation: Confirmation,
        /// How it was settled.
        settled: Settled,
    },
    /// The customer proved to own a handle.
    Verified {
        /// The handles.
        identities: Vec<Identity>,
    },
    /// A sentence of a drafted answer was withheld.
    Withheld {
        /// Why, for the operator.
        reason: String,
        /// The text that was not sent.
        text: String,
    },
    /// Something happened in an interview of the customer's.
    Interview {
        /// Which.
        interview: InterviewId,
        /// What.
        step: Box<InterviewStep>,
    },
    /// What the claims of the answer that follows were bound to.
    Bound {
        /// One for each claim.
        bindings: Vec<Binding>,
    },
    /// A turn ended.
    TurnFinished {
        /// Why.
        stop_reason: StopReason,
        /// What its model calls cost together.
        usage: Usage,
    },
    /// A system behind the counter reported something of a record that this conversation is about.
    News {
        /// The record, e.g. `order 727`.
        record: String,
        /// What it came to, e.g. `shipped`.
        state: String,
        /// Whether the customer was told in the message that follows; not while somebody else than the bot has the
        /// conversation.
        told: bool,
    },
    /// An operator ended the conversation, or a message opened it again.
    StateChanged {
        /// The new state.
        state: super::conversation::ConversationState,
    },
}

/// How a confirmation ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// The customer said yes.
    Confirmed,
    /// The customer said no.
    Declined,
    /// The customer turned to something else.
    Dropped,
}

impl EventBody {
    /// The name used in storage and for queries.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::OwnerChanged { .. } => "owner_changed",
            Self::TurnStarted { .. } => "turn_started",
            Self::Retrieved { .. } => "retrieved",
            Self::ModelAnswered { .. } => "model_answered",
            Self::LookedAgain { .. } => "looked_again",
            Self::StoodIn => "stood_in",
            Self::Postponed { .. } => "postponed",
            Self::ToolStarted { .. } => "tool_started",
            Self::ToolFinished { .. } => "tool_finished",
            Self::ConfirmationAsked { .. } => "confirmation_asked",
            Self::ConfirmationSettled { .. } => "confirmation_settled",
            Self::Verified { .. } => "verified",
            Self::Withheld { .. } => "withheld",
            Self::Interview { .. } => "interview",
            Self::Bound { .. } => "bound",
            Self::TurnFinished { .. } => "turn_finished",
            Self::News { .. } => "news",
            Self::StateChanged { .. } => "state_changed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_search_that_was_not_measured_is_still_read() {
        let old = json!({"event": "retrieved", "query": "q", "passages": []});
        let read: EventBody = serde_json::from_value(old.clone()).unwrap();
        assert_eq!(
            read,
            EventBody::Retrieved { query: "q".to_owned(), passages: Vec::new(), measured: None }
        );
        assert_eq!(serde_json::to_value(&read).unwrap(), old);
        let measured = Some(Measured { hits: 3, top: 0.25, threshold: 0.5 });
        let new = EventBody::Retrieved { query: "q".to_owned(), passages: Vec::new(), measured };
        let kept = serde_json::to_string(&new).unwrap();
        assert!(kept.contains(r#""hits":3,"top":0.25,"threshold":0.5"#), "{kept}");
        assert_eq!(serde_json::from_str::<EventBody>(&kept).unwrap(), new);
    }
}
