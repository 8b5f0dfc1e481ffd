//! The customers' files as a turn is given them: pictures for models that see, documents in words or, for models that
//! take files, as they are. What is read of a document is kept beside it and forgotten with it.

use super::files::FileShelf;
use crate::agent::task::{CustomerFiles, Found, Words};
use crate::domain::ids::ConversationId;
use crate::domain::message::KeptFile;
use crate::knowledge::readers::outside::Outside;
use crate::knowledge::readers::{Cell, Extract, Format, text};
use crate::llm::model::SentFile;
use async_trait::async_trait;
use std::sync::Arc;
use tokio::task::spawn_blocking;

const PDF: &str = "application/pdf";
/// Endpoints take no larger requests; what is larger is read here.
const LARGEST_SENT: usize = 10 << 20;
/// What is larger is not read.
const LARGEST_READ: u64 = 50 << 20;

/// [`CustomerFiles`] of a program that keeps them.
pub struct SentFiles {
    /// Where they are.
    pub shelf: FileShelf,
    /// Who reads them, each in a process of its own.
    pub readers: Arc<Outside>,
    /// What some model takes as it is.
    pub taken: Taken,
}

/// What some model of the chain takes as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    /// Pictures.
    pub pictures: bool,
    /// PDF.
    pub documents: bool,
}

#[async_trait]
impl CustomerFiles for SentFiles {
    async fn picture(&self, conversation: ConversationId, file: &KeptFile) -> Option<Vec<u8>> {
        if self.taken.pictures { self.bytes(conversation, file).await } else { None }
    }

    async fn document(
        &self,
        conversation: ConversationId,
        file: &KeptFile,
        characters: usize,
    ) -> Option<Found> {
        let how = How::of(&file.mime_type)?;
        if file.bytes > LARGEST_READ {
            return None;
        }
        let bytes: Arc<[u8]> = self.bytes(conversation, file).await?.into();
        let readers = self.readers.keeping_in(self.shelf.of(conversation));
        let read = bytes.clone();
        let words = spawn_blocking(move || how.read(&readers, &read, characters)).await;
        let words = words.unwrap_or_else(|error| Err(error.to_string())).unwrap_or_else(|reason| {
            tracing::info!(conversation.id = %conversation, reason, "a customer's document has no words that can be read");
            Words::default()
        });
        let is_sent = self.taken.documents && file.mime_type == PDF && bytes.len() <= LARGEST_SENT;
        let name = format!("documento-{}.pdf", file.digest.get(..8).unwrap_or_default());
        let file = is_sent.then_some(SentFile { name, bytes });
        (file.is_some() || !words.text.is_empty()).then_some(Found { words, file })
    }
}

impl SentFiles {
    async fn bytes(&self, conversation: ConversationId, file: &KeptFile) -> Option<Vec<u8>> {
        match self.shelf.read(conversation, &file.digest).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(conversation.id = %conversation, %error, "a customer's file could not be read");
                None
            }
        }
    }
}

/// How a type is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum How {
    Plain,
    By(Format),
}

impl How {
    /// None for what nobody here can read.
    fn of(mime_type: &str) -> Option<Self> {
        match mime_type {
            "text/plain" => Some(Self::Plain),
            PDF => Some(Self::By(Format::Pdf)),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => {
                Some(Self::By(Format::Docx))
            }
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            | "application/vnd.oasis.opendocument.spreadsheet"
            | "application/vnd.ms-excel" => Some(Self::By(Format::Spreadsheet)),
            _ => None,
        }
    }

    /// The first `characters` of the words. Blocks for as long as it takes.
    fn read(self, readers: &Outside, bytes: &[u8], characters: usize) -> Result<Words, String> {
        let text = match self {
            Self::Plain => text::decode(bytes)?,
            Self::By(format) => written(&readers.read(format, bytes)?),
        };
        Ok(Words { text: text.trim().to_owned(), cut: false }.within(characters))
    }
}

/// What was read, as plain text: blocks behind their headings, the rows of a table as lines.
fn written(extract: &Extract) -> String {
    let mut lines: Vec<String> = Vec::new();
    match extract {
        Extract::Blocks { blocks, .. } => {
            let mut under: &[String] = &[];
            for block in blocks {
                let common =
                    under.iter().zip(&block.headings).take_while(|(one, other)| one == other).count();
                lines.extend(block.headings.iter().skip(common).cloned());
                under = &block.headings;
                lines.push(block.text.clone());
            }
        }
        Extract::Tables(tables) => {
            for table in tables {
                lines.extend(table.name.clone());
                for row in &table.rows {
                    let cells = row.cells.iter().map(|cell| match cell {
                        Cell::Number(number) => number.to_string(),
                        Cell::Text(text) => text.clone(),
                    });
                    lines.push(cells.collect::<Vec<_>>().join(" | "));
                }
            }
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::markdown::Block;
    use crate::knowledge::readers::{Row, Table};
    use std::path::PathBuf;

    #[test]
    fn what_was_read_is_written_under_its_headings() {
        let block = |headings: &[&str], text: &str| Block {
            headings: headings.iter().map(|heading| (*heading).to_owned()).collect(),
            text: text.to_owned(),
        };
        let blocks = vec![block(&["Proposta"], "Olá."), block(&["Proposta", "Preço"], "R$ 300")];
        let extract = Extract::Blocks { title: None, language: None, blocks };
        assert_eq!(written(&extract), "Proposta\nOlá.\nPreço\nR$ 300");
        let cells = vec![Cell::Text("vaso".to_owned()), Cell::Number(2.5)];
        let table = Table { name: Some("Lista".to_owned()), rows: vec![Row { line: 1, cells }] };
        assert_eq!(written(&Extract::Tables(vec![table])), "Lista\nvaso | 2.5");
    }

    #[test]
    fn words_are_cut_and_say_so() {
        let readers = Outside::new(PathBuf::new(), PathBuf::new());
        let read = |most| How::Plain.read(&readers, "ação já\n".as_bytes(), most).unwrap();
        assert_eq!(read(7), Words { text: "ação já".to_owned(), cut: false });
        assert_eq!(read(4), Words { text: "ação".to_owned(), cut: true });
        assert_eq!(How::of("video/mp4"), None);
    }
}
