//! Where a value came from, and how far it may be relied on.

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
