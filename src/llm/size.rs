//! About how large a request is, before anybody has counted. Pure.

use super::model::{ChatMessage, ChatRequest};

/// Tokens of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Size {
    /// About how many the model reads.
    pub(super) read: u32,
    /// How many it writes at most.
    pub(super) written: u32,
}

impl Size {
    /// Both together.
    pub(super) fn whole(self) -> u32 {
        self.read.saturating_add(self.written)
    }
}

/// Of European languages; of names, numbers and JSON it is less, of plain words more.
const CHARACTERS_PER_TOKEN: usize = 4;
const PER_TOOL: usize = 120;
/// A large picture in OpenAI's tiles.
const PER_PICTURE: usize = 1_600;

/// How large `request` is.
pub(super) fn tokens(request: &ChatRequest) -> Size {
    let characters: usize = request
        .messages
        .iter()
        .map(|message| match message {
            ChatMessage::System(text) | ChatMessage::Customer(text) => text.len(),
            ChatMessage::Assistant { text, calls } => text.len() + calls.len() * PER_TOOL,
            ChatMessage::ToolResult { content, .. } => content.len(),
        })
        .chain(request.documents.iter().map(|document| document.told.len()))
        .sum();
    let read = characters / CHARACTERS_PER_TOKEN
        + request.tools.len() * PER_TOOL
        + request.pictures.len() * PER_PICTURE;
    Size { read: u32::try_from(read).unwrap_or(u32::MAX), written: request.max_output_tokens }
}
