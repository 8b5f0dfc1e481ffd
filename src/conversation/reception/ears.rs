//! What voice messages say, where somebody listens to them.

use crate::channels::whatsapp::address::PhoneNumberId;
use crate::domain::language::Language;
use crate::domain::message::Media;

/// What is heard in a voice message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ear {
    /// These words.
    Words(String),
    /// Nothing, and nothing will be: nobody listens, or they could not.
    Nothing,
    /// It is being listened to: ask again in a moment.
    Listening,
}

/// Listens to voice messages. Never waits: whoever asks is told how far it is.
pub trait Ears: Send + Sync {
    /// What is heard in a file that came to `number`, probably in `language`. The same file is listened to once.
    fn listen(&self, number: &PhoneNumberId, media: &Media, language: Language) -> Ear;
}

/// Nobody listens.
pub struct Deaf;

impl Ears for Deaf {
    fn listen(&self, _number: &PhoneNumberId, _media: &Media, _language: Language) -> Ear {
        Ear::Nothing
    }
}
