//! Where a value came from, and how far it may be relied on; and what a claim of an answer was bound to.

use super::ids::{CallId, MessageId};
use super::message::Claim;
use serde::{Deserialize, Serialize};

/// The origin of a value that a tool is called with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// The customer wrote it in this conversation.
    Customer,
    /// A person of the business wrote it.
    Operator,
    /// The program itself knows it (settings, clock, identity of the channel).
    Program,
    /// A trusted field of an earlier tool result of this conversation holds it.
    Trusted,
    /// Only untrusted text holds it: free text in results, passages, files, names, ads.
    Untrusted,
    /// Nobody supplied it: the model computed or invented it.
    Nobody,
}

impl Provenance {
    /// Whether a `said` parameter may take the value without asking.
    pub fn is_reliable(self) -> bool {
        match self {
            Self::Customer | Self::Operator | Self::Program | Self::Trusted => true,
            Self::Untrusted | Self::Nobody => false,
        }
    }
}

/// Where a piece of evidence stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Origin {
    /// The result of a tool call.
    Tool {
        /// The call.
        call: CallId,
        /// The tool.
        tool: String,
    },
    /// A passage of the knowledge.
    Passage {
        /// Its id.
        id: String,
    },
    /// The settings of the business.
    Business,
    /// The calendar and the time of day.
    Clock,
    /// What a person of the business wrote.
    Person {
        /// The message.
        message: MessageId,
    },
    /// What the customer wrote.
    Customer {
        /// The message.
        message: MessageId,
    },
    /// It follows from other claims of the same answer, by a sum, a product or a share.
    Computed,
}

impl Origin {
    /// Whether the house itself says it.
    pub fn is_of_the_house(&self) -> bool {
        match self {
            Self::Tool { .. }
            | Self::Passage { .. }
            | Self::Business
            | Self::Clock
            | Self::Person { .. }
            | Self::Computed => true,
            Self::Customer { .. } => false,
        }
    }
}

/// A claim of an answer and the evidence it was bound to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Binding {
    /// The claim.
    pub claim: Claim,
    /// Where its evidence stands.
    pub origin: Origin,
    /// The field of a result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The bytes of a text, from and until.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(usize, usize)>,
}
