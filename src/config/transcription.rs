//! `[transcription]`: who writes down what voice messages say. It only describes values.

use super::secret::Secret;
use serde::Deserialize;
use std::time::Duration;

/// See `default/transcription.toml` for what each means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranscriptionSettings {
    /// The model; empty for none.
    pub model: String,
    /// Base URL of its endpoint; empty for the main model's.
    pub base_url: String,
    /// Key of its endpoint.
    pub api_key: Secret,
    /// How long it may take.
    pub timeout_ms: u64,
}

impl TranscriptionSettings {
    /// Whether voice messages are written down.
    pub fn is_on(&self) -> bool {
        !self.model.trim().is_empty()
    }

    /// How long it may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// What is wrong, by key.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        match self.timeout_ms {
            1_000..=120_000 => Vec::new(),
            _ => vec![("timeout_ms", "has to be 1000 to 120000".to_owned())],
        }
    }
}
