//! The files that customers send, where somebody fetches and keeps them.

use crate::channels::whatsapp::address::PhoneNumberId;
use crate::domain::ids::ConversationId;
use crate::domain::message::{KeptFile, Media};
use async_trait::async_trait;

/// A file that came.
#[derive(Clone, Copy, Debug)]
pub struct Came<'a> {
    /// To which number of ours.
    pub number: &'a PhoneNumberId,
    /// In which conversation.
    pub conversation: ConversationId,
    /// The file, as the channel tells of it.
    pub media: &'a Media,
}

/// What became of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fetched {
    /// It is kept.
    Kept(KeptFile),
    /// It is of a type that is not kept: it may be a program.
    Refused,
    /// It could not be fetched, or is too large.
    Lost,
    /// Nobody fetches files like this one.
    Nothing,
    /// It is being fetched: ask again in a moment.
    Fetching,
}

/// Fetches files. Never waits: whoever asks is told how far it is.
#[async_trait]
pub trait Files: Send + Sync {
    /// What became of a file. The same one is fetched once.
    fn fetch(&self, came: Came<'_>) -> Fetched;

    /// Forgets what has been kept long enough.
    async fn tidy(&self);
}

/// Nobody fetches files.
pub struct NoFiles;

#[async_trait]
impl Files for NoFiles {
    fn fetch(&self, _came: Came<'_>) -> Fetched {
        Fetched::Nothing
    }

    async fn tidy(&self) {}
}
