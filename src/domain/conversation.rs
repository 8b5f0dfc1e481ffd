//! A conversation and who owns it. Exactly one party may speak for the business at a time.

use super::ids::{ContactId, ConversationId, Seq};
use super::language::Language;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who speaks for the business in a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Owner {
    /// The assistant answers.
    Bot,
    /// Handed over; nobody has taken it yet. The bot is silent.
    Team,
    /// A named person answers. The bot is silent.
    Person {
        /// Who, as shown to the customer.
        name: String,
    },
    /// A program of the business's own leads the conversation for a while, e.g. a survey. The bot is silent.
    Flow {
        /// Which one.
        name: String,
    },
}

impl Owner {
    /// Whether the assistant may answer.
    pub fn is_bot(&self) -> bool {
        matches!(self, Self::Bot)
    }

    /// The name used in storage and in filters: `bot`, `team`, `person` or `flow`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Team => "team",
            Self::Person { .. } => "person",
            Self::Flow { .. } => "flow",
        }
    }

    /// The name of the person or the flow.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Person { name } | Self::Flow { name } => Some(name),
            Self::Bot | Self::Team => None,
        }
    }

    /// The person's name, if a person owns the conversation.
    pub fn person(&self) -> Option<&str> {
        match self {
            Self::Person { name } => Some(name),
            Self::Bot | Self::Team | Self::Flow { .. } => None,
        }
    }
}

/// How long somebody else than the bot has a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Lease {
    /// When the bot gets it back unless the owner does something before; never, if there is no time.
    pub until: Option<Timestamp>,
    /// When the operator is reminded that nobody has taken it yet.
    pub remind_at: Option<Timestamp>,
}

/// Whether a conversation still goes on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    /// Messages are accepted and answered.
    Open,
    /// Ended by an operator; a new message reopens it.
    Closed,
}

impl ConversationState {
    /// The name used in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// A conversation as the store keeps it, without its events.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Conversation {
    /// Stable id.
    pub id: ConversationId,
    /// Name of the channel, e.g. `web`.
    pub channel: String,
    /// The person on the other side.
    pub contact: ContactId,
    /// Language the customer is served in.
    pub language: Language,
    /// Open or closed.
    pub state: ConversationState,
    /// Who may answer.
    pub owner: Owner,
    /// When the bot gets it back, if somebody else owns it for a time.
    pub owner_until: Option<Timestamp>,
    /// Rises with every change of owner and every claim; a write with an older epoch is refused.
    pub epoch: i64,
    /// Sequence of the newest event.
    pub last_seq: Seq,
    /// What the embedding page said of the visit (page, campaign …); untrusted.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// Whether there is an interview of this conversation's or of its contact's.
    #[serde(default)]
    pub interviewed: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When the last event was appended.
    pub updated_at: Timestamp,
}

/// Name of the channel whose customers write from a telephone number that it vouches for.
pub const WHATSAPP: &str = "whatsapp";

/// In a conversation's metadata: the channel's id of the message that came with the newest advertisement.
pub const REFERRED_WITH: &str = "referred_with";

impl Conversation {
    /// Whether the channel vouches for the telephone number that the customer writes from. A page that opens a
    /// conversation may describe the visit as it likes; what it says of a number is no proof.
    pub fn knows_phone(&self) -> bool {
        self.channel == WHATSAPP && self.metadata.contains_key("phone")
    }
}
