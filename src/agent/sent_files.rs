//! The pictures and documents that the customer sent lately, for the model: a few, of the newest words. What is read off
//! them is no word of the customer's; whatever rests on it is asked about.

use super::run::{LITTLE, Room, Run};
use super::task::{Found, Words};
use crate::domain::event::EventBody;
use crate::domain::message::{KeptFile, Media, Message, Role};
use crate::domain::provenance::Origin;
use crate::llm::model::{Picture, SentDocument, SentFile};
use crate::prompts::render::DocumentVariables;

/// Most pictures that are shown, and most documents.
const MOST: usize = 3;
const MOST_DOCUMENTS: usize = 2;
/// How many of the customer's newest messages are looked through for them.
const LOOKED_THROUGH: usize = 12;
/// The types of pictures that endpoints take.
const PICTURES: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];
/// Longest name that is repeated, in characters.
const LONGEST_NAME: usize = 120;

/// A document of the customer's in this turn.
pub(super) struct Read {
    /// Its words as they are told where there is room for them.
    in_full: String,
    /// And where there is little.
    in_brief: String,
    file: Option<SentFile>,
}

impl Read {
    /// As a model is given it.
    pub(super) fn told(&self, room: Room) -> SentDocument {
        let told = match room {
            Room::Plenty => &self.in_full,
            Room::Little => &self.in_brief,
        };
        SentDocument { told: told.clone(), file: self.file.clone() }
    }
}

impl Run<'_> {
    /// Fetches pictures and documents; what is gone is left out.
    pub(super) async fn look_at_files(&mut self) -> anyhow::Result<()> {
        let Some(source) = &self.agent.files else { return Ok(()) };
        let conversation = self.task.conversation.id;
        let mut pictures = Vec::new();
        for (_, _, file) in self.newest(MOST, |file| PICTURES.contains(&file.mime_type.as_str())) {
            if let Some(bytes) = source.picture(conversation, file).await {
                pictures.push(Picture { mime_type: file.mime_type.clone(), bytes: bytes.into() });
            }
        }
        let most = self.agent.settings.document_characters;
        let is_document = |file: &KeptFile| most > 0 && !file.mime_type.starts_with("image/");
        let mut documents = Vec::new();
        let mut read = Vec::new();
        for (message, media, file) in self.newest(MOST_DOCUMENTS, is_document) {
            let Some(Found { words, file: sent }) = source.document(conversation, file, most).await else {
                continue;
            };
            let name = media.file_name.as_deref().unwrap_or(&file.mime_type);
            let in_brief = self.told(name, &words.within(most / LITTLE))?;
            documents.push(Read { in_full: self.told(name, &words)?, in_brief, file: sent });
            read.push((message.id, words.text));
        }
        for (message, text) in read {
            self.evidence.add_untrusted(&text);
            // At most it is what the customer says.
            self.proof.ledger.add_text(Origin::Customer { message }, &text, "", self.language);
        }
        self.pictures = pictures;
        self.documents = documents;
        Ok(())
    }

    fn told(&self, name: &str, words: &Words) -> anyhow::Result<String> {
        if words.text.is_empty() {
            return Ok(String::new());
        }
        let name: String = name.chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect();
        // It cannot end the place it stands in.
        let text = words.text.replace("</", "< /");
        let variables = DocumentVariables { name: &name, text: &text, cut: words.cut };
        self.agent.prompts.document(self.language, &variables)
    }

    /// The newest files of a kind, oldest first.
    fn newest(&self, most: usize, is_kind: impl Fn(&KeptFile) -> bool) -> Vec<(&Message, &Media, &KeptFile)> {
        let said = self.task.events.iter().rev().filter_map(|event| match &event.body {
            EventBody::Message(message) if message.role == Role::Customer => Some(message),
            _ => None,
        });
        let files = said
            .take(LOOKED_THROUGH)
            .flat_map(|message| message.media.iter().rev().map(move |media| (message, media)));
        let files = files.filter_map(|(message, media)| Some((message, media, media.file.as_ref()?)));
        let mut newest: Vec<_> = files.filter(|(_, _, file)| is_kind(file)).take(most).collect();
        newest.reverse();
        newest
    }
}
