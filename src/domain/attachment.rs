//! What a message of the business may carry beside its words: a link to tap, a file, a request. Which of it a channel can
//! show, and within which limits, is the channel's business.

use super::ids::MessageId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is carried.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Attachment {
    /// A link behind a button.
    Link {
        /// What the button says.
        label: String,
        /// Where it leads: `https://…`.
        url: String,
    },
    /// Asks the customer where they are.
    LocationRequest,
    /// Asks the customer for their telephone number.
    ContactRequest,
    /// A form that the channel shows.
    Flow {
        /// The channel's id of the form.
        id: String,
        /// What the button that opens it says.
        label: String,
        /// The page it begins at.
        screen: String,
        /// What the page is filled with.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        data: Map<String, Value>,
        /// Comes back with the answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
    },
    /// A picture.
    Image(Source),
    /// A film.
    Video(Source),
    /// A document.
    Document(Source),
    /// A sound. It has no caption.
    Audio(Source),
    /// A sign on a message of the customer's, in the place of words.
    Reaction {
        /// The message.
        to: MessageId,
        /// One emoji; empty to take it back.
        emoji: String,
    },
}

/// Where a file is: at an address, or with the channel already.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its address: `https://…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The channel's id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The words under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// What it is called where it is shown: documents only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
}
