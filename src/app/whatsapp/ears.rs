//! Listens to voice messages: fetches them from Meta, looks that they are sounds, and has them written down. What is
//! heard stays in memory until the message is taken in; nothing is kept.

use crate::channels::whatsapp::address::PhoneNumberId;
use crate::channels::whatsapp::client::GraphClient;
use crate::channels::whatsapp::media::sound;
use crate::conversation::reception::ears::{Ear, Ears};
use crate::domain::language::Language;
use crate::domain::message::Media;
use crate::llm::transcribe::{Sound, Transcriber};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// So many are listened to at once.
const AT_ONCE: usize = 8;
/// What was heard in so many is remembered.
const REMEMBERED: usize = 500;

/// What listening takes.
pub struct Listener {
    /// Meta.
    pub client: Arc<GraphClient>,
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
    heard: Arc<Mutex<Heard>>,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Default)]
struct Heard {
    by_file: HashMap<String, Ear>,
    order: VecDeque<String>,
}

impl Listening {
    /// Listens until `stop`.
    pub fn new(listener: Listener, stop: CancellationToken) -> Self {
        Self {
            listener: Arc::new(listener),
            heard: Arc::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            tasks: TaskTracker::new(),
            stop,
        }
    }
}

impl Ears for Listening {
    fn listen(&self, number: &PhoneNumberId, media: &Media, language: Language) -> Ear {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = heard.by_file.get(&media.id) {
            return known.clone();
        }
        heard.remember(&media.id, Ear::Listening);
        let (listener, places, stop) = (self.listener.clone(), self.places.clone(), self.stop.clone());
        let (memory, number, file) = (self.heard.clone(), number.clone(), media.id.clone());
        self.tasks.spawn(async move {
            let work = async {
                let _place = places.acquire().await;
                listener.words(&number, &file, language).await
            };
            let ear = tokio::select! {
                // Asked for again at the next start.
                () = stop.cancelled() => return,
                words = work => match words {
                    Ok(words) => Ear::Words(words),
                    Err(error) => {
                        tracing::warn!(error, "a voice message could not be listened to; the customer is asked to write");
                        Ear::Nothing
                    }
                }
            };
            let outcome = if ear == Ear::Nothing { "failed" } else { "heard" };
            metrics::counter!("balcao_voice_messages_total", "outcome" => outcome).increment(1);
            memory.lock().unwrap_or_else(PoisonError::into_inner).remember(&file, ear);
        });
        Ear::Listening
    }
}

impl Heard {
    fn remember(&mut self, file: &str, ear: Ear) {
        if self.by_file.insert(file.to_owned(), ear).is_none() {
            self.order.push_back(file.to_owned());
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.by_file.remove(&oldest);
            }
        }
    }
}

impl Listener {
    async fn words(&self, number: &PhoneNumberId, file: &str, language: Language) -> Result<String, String> {
        let bytes = self.client.file(number, file, self.most, self.timeout).await?;
        let (extension, mime_type) = sound(&bytes).ok_or("the file is no sound")?;
        self.transcriber.words(&Sound { bytes, extension, mime_type }, language).await
    }
}
