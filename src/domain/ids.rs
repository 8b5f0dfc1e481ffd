//! Newtyped identifiers. Ids are UUIDv7, so they sort by creation time; they are made by [`super::clock::Clock`]
//! and nowhere else.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// One conversation of one contact on one channel.
    ConversationId
);
id!(
    /// One message that a person (customer or operator) or the bot said.
    MessageId
);
id!(
    /// One turn: the bot's work on one or more customer messages.
    TurnId
);
id!(
    /// One person as the business knows them; several identities may point to one contact.
    ContactId
);
id!(
    /// One interview of one lead, over however many conversations.
    InterviewId
);
id!(
    /// One time that somebody had a person forgotten.
    ErasureId
);
id!(
    /// One delivery to a channel that has to be pushed to.
    OutboxId
);
id!(
    /// One body that a channel posted to a webhook.
    PostId
);
id!(
    /// One record of the embedded back office that has no number of its own (opportunity, note, appointment).
    RecordId
);

/// The place of an event in its conversation: 1, 2, 3 … without gaps. Also the `id:` of the event stream.
pub type Seq = i64;

/// Identifies one tool call inside its turn. Made by the program from the step and position, never by the
/// model, so that a replayed turn names the same call by the same id.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub String);

const CONFIRMED: &str = "confirmed_";

impl CallId {
    /// The id of the `index`-th call (from 0) of the model answer number `step` (from 1).
    pub fn at(step: u32, index: usize) -> Self {
        Self(format!("call_{step}_{index}"))
    }

    /// The id of the program's own call of `tool`, of which a turn makes one.
    pub fn own(tool: &str) -> Self {
        Self(format!("own_{tool}"))
    }

    /// Whether the program itself decided on the call: no model asked for it.
    pub fn is_own(&self) -> bool {
        self.0.starts_with("own_")
    }

    /// The id of the call that the customer has confirmed and `turn` makes. No model answer announces it, and no
    /// other turn has it.
    pub fn confirmed(turn: TurnId) -> Self {
        let turn = turn.0.simple().to_string();
        Self(format!("{CONFIRMED}{}", turn.get(24..).unwrap_or(&turn)))
    }

    /// Whether the customer's yes, not a model answer, led to the call.
    pub fn is_confirmed(&self) -> bool {
        self.0.starts_with(CONFIRMED)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
