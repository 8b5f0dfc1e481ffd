//! Listens to voice messages: fetches them from Meta, looks that they are sounds, and has them written down. What is
//! heard stays in memory until the message is taken in; nothing is kept.

use super::background::Background;
use crate::channels::whatsapp::address::PhoneNumberId;
use crate::channels::whatsapp::line::Line;
use crate::channels::whatsapp::media::sound;
use crate::conversation::reception::ears::{Ear, Ears};
use crate::domain::language::Language;
use crate::domain::message::Media;
use crate::llm::transcribe::{Sound, Transcriber};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What listening takes.
pub struct Listener {
    /// Meta, or who stands in between.
    pub line: Arc<dyn Line>,
    /// Who writes down.
    pub transcriber: Transcriber,
    /// Largest file, in bytes.
    pub most: u64,
    /// How long a download may take.
    pub timeout: Duration,
}

/// [`Ears`] of a program that listens.
pub struct Listening {
    listener: Arc<Listener>,
    heard: Background<Ear>,
}

impl Listening {
    /// Listens until `stop`.
    pub fn new(listener: Listener, stop: CancellationToken) -> Self {
        Self { listener: Arc::new(listener), heard: Background::new(stop) }
    }
}

impl Ears for Listening {
    fn listen(&self, number: &PhoneNumberId, media: &Media, language: Language) -> Ear {
        let heard = self.heard.ask(&media.id, || {
            let (listener, number, file) = (self.listener.clone(), number.clone(), media.id.clone());
            async move { listener.hear(&number, &file, language).await }
        });
        heard.unwrap_or(Ear::Listening)
    }
}

impl Listener {
    async fn hear(&self, number: &PhoneNumberId, file: &str, language: Language) -> Ear {
        let ear = match self.words(number, file, language).await {
            Ok(words) => Ear::Words(words),
            Err(error) => {
                tracing::warn!(
                    error,
                    "a voice message could not be listened to; the customer is asked to write"
                );
                Ear::Nothing
            }
        };
        let outcome = if ear == Ear::Nothing { "failed" } else { "heard" };
        metrics::counter!("balcao_voice_messages_total", "outcome" => outcome).increment(1);
        ear
    }

    async fn words(&self, number: &PhoneNumberId, file: &str, language: Language) -> Result<String, String> {
        let fetched = self.line.file(number, file, self.most, self.timeout).await;
        let bytes = fetched.map_err(|error| error.to_string())?;
        let (extension, mime_type) = sound(&bytes).ok_or("the file is no sound")?;
        self.transcriber.words(&Sound { bytes, extension, mime_type }, language).await
    }
}
