//! What a voice message says, by an endpoint that speaks OpenAI's interface. One attempt each; it keeps nothing, and its
//! errors hold no words, as they end up in logs.

use crate::config::llm::LlmSettings;
use crate::config::secret::Secret;
use crate::config::transcription::TranscriptionSettings;
use crate::domain::language::Language;
use crate::limits::net::{Allowance, client_builder, guard_url};
use anyhow::Context;
use reqwest::{Client, Url};
use serde::Deserialize;

/// OpenAI's own endpoint.
const OPENAI: &str = "https://api.openai.com/v1";
/// Most bytes of an answer that are read, and most characters of what was said that are kept.
const ANSWER_BYTES: usize = 256 * 1024;
const MOST_CHARACTERS: usize = 5_000;
/// Separates the parts of a request. Audio holds no such line but on purpose, and then it is heard wrong.
const BOUNDARY: &str = "balcao-7d1f0c5e9ab34d62-audio";

/// A sound.
#[derive(Clone, Debug)]
pub struct Sound {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How its name ends: `ogg`.
    pub extension: &'static str,
    /// Its type.
    pub mime_type: &'static str,
}

/// Writes down what is said.
pub struct Transcriber {
    http: Client,
    url: Url,
    key: Secret,
    model: String,
}

#[derive(Deserialize)]
struct Answer {
    text: String,
}

impl Transcriber {
    /// As the settings say. An endpoint of its own may be private only where `allowance` says so; the main model's is the
    /// operator's own word.
    ///
    /// # Errors
    /// An address that is none, or that must not be called.
    pub fn new(
        settings: &TranscriptionSettings,
        main: &LlmSettings,
        allowance: &Allowance,
    ) -> anyhow::Result<Self> {
        let own = settings.base_url.trim();
        let base =
            [own, main.base_url.trim(), OPENAI].into_iter().find(|url| !url.is_empty()).unwrap_or(OPENAI);
        let url: Url = format!("{}/audio/transcriptions", base.trim_end_matches('/')).parse()?;
        let allowance = match own.is_empty() {
            true => Allowance::Hosts(url.host_str().map(str::to_owned).into_iter().collect()),
            false => allowance.clone(),
        };
        guard_url(&url, &allowance)?;
        let http = client_builder(&allowance).timeout(settings.timeout()).build().context("no HTTPS here")?;
        // A key goes to the endpoint that it was given for and to no other.
        let key =
            if own.is_empty() && settings.api_key.is_empty() { &main.api_key } else { &settings.api_key };
        Ok(Self { http, url, key: key.clone(), model: settings.model.trim().to_owned() })
    }

    /// What is said in a sound, probably in `language`.
    ///
    /// # Errors
    /// Why it is not known, for the log.
    pub async fn words(&self, sound: &Sound, language: Language) -> Result<String, String> {
        let mut post = self
            .http
            .post(self.url.clone())
            .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(form(sound, &self.model, language));
        if !self.key.is_empty() {
            post = post.bearer_auth(self.key.expose());
        }
        let mut response = post.send().await.map_err(|error| {
            if error.is_timeout() { "it took too long" } else { "the endpoint cannot be reached" }.to_owned()
        })?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("the endpoint answered {}", status.as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| "the endpoint broke off".to_owned())? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                return Err("the endpoint answered too much".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        let Answer { text } =
            serde_json::from_slice(&body).map_err(|_| "the endpoint answered no text".to_owned())?;
        let text: String = text.trim().chars().take(MOST_CHARACTERS).collect();
        if text.is_empty() { Err("nothing was said".to_owned()) } else { Ok(text) }
    }
}

/// The request's body, as browsers put files into forms.
fn form(sound: &Sound, model: &str, language: Language) -> Vec<u8> {
    let spoken = match language {
        Language::Portuguese => "pt",
        Language::English => "en",
        Language::Spanish => "es",
    };
    let mut form = Vec::with_capacity(sound.bytes.len() + 1024);
    for (name, value) in [("model", model), ("language", spoken), ("response_format", "json")] {
        let part =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        form.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"voice.{}\"\r\nContent-Type: \
         {}\r\n\r\n",
        sound.extension, sound.mime_type
    );
    form.extend_from_slice(head.as_bytes());
    form.extend_from_slice(&sound.bytes);
    form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    form
}
