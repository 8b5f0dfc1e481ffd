//! A turn: the bot's work on the customer's newest messages, and why it ended.

use super::ids::{ConversationId, MessageId, TurnId};
use serde::{Deserialize, Serialize};

/// Why a turn ended. Each reason has its own sentence for the customer in `prompts/`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model gave an answer that passed the guard.
    Answered,
    /// The answer is a question that waits for the customer's yes or no.
    AwaitingConfirmation,
    /// The conversation was handed to a person.
    HandedOff,
    /// The step limit was reached.
    StepLimit,
    /// The same call kept coming.
    RepeatLimit,
    /// The token budget was used up.
    TokenLimit,
    /// The time was up.
    TimeLimit,
    /// A quota was used up.
    OverQuota,
    /// No model of the chain could answer.
    ModelUnavailable,
    /// No model could make anything of it for now: it is answered later.
    Postponed,
    /// The model declined to answer.
    ModelRefused,
    /// The model's answer was empty or unreadable.
    ModelGarbage,
    /// The guard withheld the whole answer.
    GuardWithheld,
    /// A newer message took the turn's place; nothing was sent.
    Superseded,
    /// A person owns the conversation; nothing was sent.
    NotOwner,
    /// A fault of ours.
    InternalError,
}

impl StopReason {
    /// Every reason, for metrics and for checking that each has its sentence.
    pub const ALL: [Self; 16] = [
        Self::Answered,
        Self::AwaitingConfirmation,
        Self::HandedOff,
        Self::StepLimit,
        Self::RepeatLimit,
        Self::TokenLimit,
        Self::TimeLimit,
        Self::OverQuota,
        Self::ModelUnavailable,
        Self::Postponed,
        Self::ModelRefused,
        Self::ModelGarbage,
        Self::GuardWithheld,
        Self::Superseded,
        Self::NotOwner,
        Self::InternalError,
    ];

    /// The label of metrics and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::AwaitingConfirmation => "awaiting_confirmation",
            Self::HandedOff => "handed_off",
            Self::StepLimit => "step_limit",
            Self::RepeatLimit => "repeat_limit",
            Self::TokenLimit => "token_limit",
            Self::TimeLimit => "time_limit",
            Self::OverQuota => "over_quota",
            Self::ModelUnavailable => "model_unavailable",
            Self::Postponed => "postponed",
            Self::ModelRefused => "model_refused",
            Self::ModelGarbage => "model_garbage",
            Self::GuardWithheld => "guard_withheld",
            Self::Superseded => "superseded",
            Self::NotOwner => "not_owner",
            Self::InternalError => "internal_error",
        }
    }

    /// Whether the customer gets the reason's own sentence instead of a model's answer.
    pub fn has_sentence(self) -> bool {
        !matches!(
            self,
            Self::Answered
                | Self::AwaitingConfirmation
                | Self::HandedOff
                | Self::Postponed
                | Self::Superseded
                | Self::NotOwner
        )
    }
}

/// What model calls cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read by the model.
    pub input_tokens: u64,
    /// Tokens written by the model.
    pub output_tokens: u64,
    /// Price in millionths of the configured currency.
    pub cost_micros: u64,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens + other.input_tokens,
            output_tokens: self.output_tokens + other.output_tokens,
            cost_micros: self.cost_micros + other.cost_micros,
        }
    }
}

/// The right to work on a conversation, for a while. Every write of the turn carries it; a store refuses a
/// write whose epoch is no longer the conversation's.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    /// The conversation.
    pub conversation: ConversationId,
    /// The turn, new or taken up again after a crash.
    pub turn: TurnId,
    /// Fencing number; see [`super::conversation::Conversation::epoch`].
    pub epoch: i64,
    /// The customer messages this turn answers, oldest first.
    pub answers: Vec<MessageId>,
    /// Whether another process had begun this turn: its journal must be replayed.
    pub resumed: bool,
}
