//! Fetches the pictures, documents and films that customers send, as their addresses do not last, looks what they really
//! are, and keeps those that may be kept. What may be a program is thrown away unread.

use super::background::Background;
use crate::channels::whatsapp::address::PhoneNumberId;
use crate::channels::whatsapp::client::FileError;
use crate::channels::whatsapp::line::Line;
use crate::channels::whatsapp::sniff::file_type;
use crate::config::whatsapp::MediaSettings;
use crate::conversation::files::FileShelf;
use crate::conversation::reception::files::{Came, Fetched, Files};
use crate::domain::clock::Clock;
use crate::domain::ids::ConversationId;
use crate::domain::message::{KeptFile, MediaKind};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The waits before a file is asked for again that could not be reached.
const WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// The longest that a customer's words wait for their file, all attempts together.
const LONGEST: Duration = Duration::from_secs(60);

/// What fetching takes.
pub struct Fetcher {
    /// Meta, or who stands in between.
    pub line: Arc<dyn Line>,
    /// Where files are kept.
    pub shelf: FileShelf,
    /// How large they may be, and how long it may take.
    pub settings: MediaSettings,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// [`Files`] of a program that keeps them.
pub struct Fetching {
    fetcher: Arc<Fetcher>,
    fetched: Background<Fetched>,
}

impl Fetching {
    /// Fetches until `stop`.
    pub fn new(fetcher: Fetcher, stop: CancellationToken) -> Self {
        Self { fetcher: Arc::new(fetcher), fetched: Background::new(stop) }
    }
}

#[async_trait]
impl Files for Fetching {
    fn fetch(&self, came: Came<'_>) -> Fetched {
        let settings = &self.fetcher.settings;
        let mib = match came.media.kind {
            MediaKind::Image => settings.image_mib,
            MediaKind::Document => settings.document_mib,
            MediaKind::Video => settings.video_mib,
            MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker => return Fetched::Nothing,
        };
        if mib == 0 {
            return Fetched::Nothing;
        }
        let fetched = self.fetched.ask(&came.media.id, || {
            let (fetcher, number, media) = (self.fetcher.clone(), came.number.clone(), came.media.id.clone());
            let conversation = came.conversation;
            async move { fetcher.fetch(&number, conversation, &media, mib << 20).await }
        });
        fetched.unwrap_or(Fetched::Fetching)
    }

    async fn tidy(&self) {
        let Fetcher { settings, shelf, clock, .. } = self.fetcher.as_ref();
        if settings.keep_days == 0 {
            return;
        }
        let kept = SignedDuration::from_hours(24 * i64::from(settings.keep_days));
        let before = clock.now().saturating_sub(kept).unwrap_or(Timestamp::MIN);
        match shelf.sweep(before).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "old files of customers were forgotten"),
            Err(error) => tracing::warn!(%error, "old files of customers could not be forgotten"),
        }
    }
}

impl Fetcher {
    async fn fetch(
        &self,
        number: &PhoneNumberId,
        conversation: ConversationId,
        media: &str,
        most: u64,
    ) -> Fetched {
        let bytes = tokio::time::timeout(LONGEST, self.bytes(number, media, most)).await;
        let bytes = bytes.unwrap_or_else(|_| Err(FileError::Away("it took too long".to_owned())));
        let (outcome, fetched) = match bytes {
            Err(error) => {
                tracing::warn!(conversation.id = %conversation, %error, "a customer's file could not be fetched");
                ("lost", Fetched::Lost)
            }
            Ok(bytes) => match file_type(&bytes) {
                None => {
                    tracing::warn!(conversation.id = %conversation, "a customer's file is of no type that is kept");
                    ("refused", Fetched::Refused)
                }
                Some(found) => {
                    let size = bytes.len() as u64;
                    match self.shelf.keep(conversation, bytes).await {
                        Ok(digest) => {
                            let mime_type = found.mime_type.to_owned();
                            ("kept", Fetched::Kept(KeptFile { digest, mime_type, bytes: size }))
                        }
                        Err(error) => {
                            tracing::error!(%error, "a customer's file could not be written to the data folder");
                            ("lost", Fetched::Lost)
                        }
                    }
                }
            },
        };
        metrics::counter!("balcao_files_total", "outcome" => outcome).increment(1);
        fetched
    }

    async fn bytes(&self, number: &PhoneNumberId, media: &str, most: u64) -> Result<Vec<u8>, FileError> {
        let timeout = Duration::from_millis(self.settings.timeout_ms);
        for wait in WAITS {
            match self.line.file(number, media, most, timeout).await {
                Err(FileError::Away(_)) => tokio::time::sleep(wait).await,
                fetched => return fetched,
            }
        }
        self.line.file(number, media, most, timeout).await
    }
}
