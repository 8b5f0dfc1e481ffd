//! Whoever carries messages to customers on WhatsApp: Meta itself, or a program in between. One attempt each; it retries
//! nothing and keeps nothing.

use super::address::PhoneNumberId;
use super::client::{FileError, GraphClient, Sent};
use super::outgoing::{Outgoing, Receipt};
use super::upload::Upload;
use async_trait::async_trait;
use std::time::Duration;

/// What a line can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// Meta's: buttons, templates, a window of a day for free words, and a word about every message by its mark.
    Full,
    /// Words and files alone, at any time; of a message that was not acknowledged nobody ever hears.
    Plain,
}

/// Carries messages.
#[async_trait]
pub trait Line: Send + Sync {
    /// What it can do.
    fn manner(&self) -> Manner;

    /// Sends a message once.
    async fn send(&self, number: &PhoneNumberId, outgoing: &Outgoing<'_>) -> Sent;

    /// Says that a message was read, perhaps that it is being answered.
    ///
    /// # Errors
    /// Why it could not be said, for the log.
    async fn receipt(&self, number: &PhoneNumberId, receipt: &Receipt<'_>) -> Result<(), String>;

    /// Fetches a file of at most `most` bytes that a customer sent to `number`.
    ///
    /// # Errors
    /// Why not, for the log.
    async fn file(
        &self,
        number: &PhoneNumberId,
        media: &str,
        most: u64,
        timeout: Duration,
    ) -> Result<Vec<u8>, FileError>;

    /// Puts a file of the business where it can be sent from; gives its id there.
    ///
    /// # Errors
    /// Why not, for the operator.
    async fn upload(&self, number: &PhoneNumberId, upload: &Upload) -> Result<String, FileError>;
}

#[async_trait]
impl Line for GraphClient {
    fn manner(&self) -> Manner {
        Manner::Full
    }

    async fn send(&self, number: &PhoneNumberId, outgoing: &Outgoing<'_>) -> Sent {
        Self::send(self, number, outgoing).await
    }

    async fn receipt(&self, number: &PhoneNumberId, receipt: &Receipt<'_>) -> Result<(), String> {
        Self::receipt(self, number, receipt).await
    }

    async fn file(
        &self,
        number: &PhoneNumberId,
        media: &str,
        most: u64,
        timeout: Duration,
    ) -> Result<Vec<u8>, FileError> {
        Self::file(self, number, media, most, timeout).await
    }

    async fn upload(&self, number: &PhoneNumberId, upload: &Upload) -> Result<String, FileError> {
        Self::upload(self, number, upload).await
    }
}
