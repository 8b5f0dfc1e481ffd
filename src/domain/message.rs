//! What was said in a conversation.

use super::ids::MessageId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who said a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The customer.
    Customer,
    /// The bot.
    Assistant,
    /// A person of the business.
    Human,
    /// The program itself, e.g. "conversation closed".
    System,
}

/// A choice offered under a message; choosing it sends `value` as the customer's words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Button {
    /// What the customer sees.
    pub label: String,
    /// What is said when it is chosen.
    pub value: String,
}

/// How the answer to a message may be given where the channel can show it: a hint, as any words do too.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Input {
    /// What is asked for.
    pub kind: InputKind,
    /// The least of a number or an amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The most of a number or an amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// Number of the question, from 1.
    pub at: usize,
    /// About how many there are.
    pub of: usize,
    /// Said to pass the question over, if that is possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Button>,
    /// Said to go back to the question before, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Button>,
}

/// What an answer is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// Words.
    Text,
    /// One of the buttons.
    Choice,
    /// Several of the buttons.
    Choices,
    /// A number.
    Number,
    /// An amount in reais.
    Money,
    /// A day.
    Date,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
}

/// Where a statement of a message was taken from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SourceRef {
    /// Id of the passage or tool call.
    pub id: String,
    /// Title of the document, or the tool's plain name.
    pub title: String,
    /// Heading inside the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// Where a reader finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The words of the message that it proves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}

/// Words of a message that state something checkable, and where they stand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Claim {
    /// The words as sent.
    pub text: String,
    /// Where they begin in the message's text, in characters.
    pub start: usize,
    /// Where they end, in characters.
    pub end: usize,
}

/// A tool call that waits for the customer's word.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Confirmation {
    /// Name of the tool.
    pub tool: String,
    /// Exactly what would be passed to it.
    pub arguments: serde_json::Value,
}

/// One message.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// Stable id.
    pub id: MessageId,
    /// Who said it.
    pub role: Role,
    /// The words, with the little Markdown that answers use.
    pub text: String,
    /// The id that the customer's side gave it when `role` is customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The person's name when `role` is human.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The customer messages this answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<MessageId>,
    /// What the statements rest on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceRef>,
    /// Choices offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
    /// Set when the message is a question of an interview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Box<Input>>,
    /// Set when the message asks for the customer's word on a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// When it was said.
    pub created_at: Timestamp,
}
