//! The pictures that the customer sent lately, for a model that sees: a few, of the newest words. What is read off them
//! is no word of the customer's; whatever rests on it is asked about.

use super::run::Run;
use crate::domain::event::EventBody;
use crate::domain::message::{KeptFile, Role};
use crate::llm::model::Picture;

/// Most pictures that are shown.
const MOST: usize = 3;
/// How many of the customer's newest messages are looked through for them.
const LOOKED_THROUGH: usize = 12;
/// The types that endpoints take.
const TYPES: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];

impl Run<'_> {
    /// Fetches the pictures; one that is gone is left out.
    pub(super) async fn look_at_pictures(&mut self) {
        let Some(source) = &self.agent.pictures else { return };
        let mut pictures = Vec::new();
        for file in self.newest_pictures() {
            if let Some(bytes) = source.picture(self.task.conversation.id, file).await {
                pictures.push(Picture { mime_type: file.mime_type.clone(), bytes: bytes.into() });
            }
        }
        self.pictures = pictures;
    }

    /// Oldest first.
    fn newest_pictures(&self) -> Vec<&KeptFile> {
        let said = self.task.events.iter().rev().filter_map(|event| match &event.body {
            EventBody::Message(message) if message.role == Role::Customer => Some(message),
            _ => None,
        });
        let files = said.take(LOOKED_THROUGH).flat_map(|message| message.media.iter().rev());
        let pictures = files
            .filter_map(|media| media.file.as_ref())
            .filter(|file| TYPES.contains(&file.mime_type.as_str()));
        let mut newest: Vec<&KeptFile> = pictures.take(MOST).collect();
        newest.reverse();
        newest
    }
}
