//! What was said in a conversation.

use super::attachment::Attachment;
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

/// A file that came with a message. The channel keeps it; how it is fetched is the channel's business.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// The channel's id of it.
    pub id: String,
    /// Its type as the sender's side says: `image/jpeg`. Not to be believed.
    pub mime_type: String,
    /// SHA-256 of its bytes as the channel says, in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// What the sender calls it. Not to be believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// The file as it is kept here, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<KeptFile>,
}

/// A file that is kept: among those of its conversation, under its digest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptFile {
    /// SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
    /// Its type, by its bytes: `image/jpeg`.
    pub mime_type: String,
    /// How many bytes.
    pub bytes: u64,
}

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A document.
    Document,
    /// A sound that was not recorded for this message.
    Audio,
    /// A recorded voice.
    Voice,
    /// A sticker.
    Sticker,
}

/// The earlier message that a message replies to, as the channel shows it above the words. Nobody said it anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quoted {
    /// The earlier message.
    pub id: MessageId,
    /// Who said it.
    pub role: Role,
    /// The beginning of its words.
    pub text: String,
}

/// Why a customer's message is kept and no turn answers it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// It took too long to come.
    Late,
    /// It is a sign, not words: a reaction, a message taken back, a new number.
    Sign,
    /// It asks for no more messages, or for messages again. The program has answered it.
    Preference,
    /// It cannot be shown here. The program has answered it.
    Unseen,
    /// Somebody else has the conversation on the channel's side.
    Observed,
    /// A program seems to be on the other side.
    Loop,
    /// It is for the people of a number that the assistant shares with them.
    Private,
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
    /// Files that came with the words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// The earlier message that it replies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Box<Quoted>>,
    /// What a message of the business carries beside its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Box<Attachment>>,
    /// Why no turn answers it, if it is only kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// When it was said.
    pub created_at: Timestamp,
}

impl Message {
    /// Words and nothing else.
    pub fn new(id: MessageId, role: Role, text: String, created_at: Timestamp) -> Self {
        Self {
            id,
            role,
            text,
            client_id: None,
            author: None,
            reply_to: Vec::new(),
            sources: Vec::new(),
            buttons: Vec::new(),
            input: None,
            confirmation: None,
            media: Vec::new(),
            quoted: None,
            attachment: None,
            kept: None,
            created_at,
        }
    }
}
