//! What a tool asks the program to do with the turn's commit, beside the data it gives to the model.

use super::contact::Identity;
use super::ids::ContactId;
use super::message::Button;
use serde::{Deserialize, Serialize};

/// A consequence of a tool call that the conversation, not the model, carries out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "effect")]
pub enum Effect {
    /// Give the conversation to the team; the bot is silent afterwards.
    HandOff {
        /// Why, one of the reasons of the tool.
        reason: String,
        /// What the person who takes over needs to know.
        summary: String,
    },
    /// The customer has proven to own these handles.
    Verified {
        /// The handles.
        identities: Vec<Identity>,
    },
    /// The customer turned out to be this contact; the conversation is linked to it.
    Contact {
        /// The contact.
        id: ContactId,
    },
    /// Choices to offer under the answer.
    Buttons {
        /// The choices.
        buttons: Vec<Button>,
    },
    /// Lead this interview from now on.
    BeginInterview {
        /// Name of its definition.
        name: String,
    },
    /// Something changed outside: the turn may no longer be superseded.
    Wrote,
}
