//! `[llm]`: which models answer, and how long and how often they are asked.

use super::secret::Secret;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[llm]`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LlmSettings {
    /// The models, in the order they are tried.
    pub chain: Vec<String>,
    /// Base URL of the main endpoint; empty for OpenAI's. Also `OPENAI_BASE_URL`.
    pub base_url: String,
    /// Key of the main endpoint. Also `OPENAI_API_KEY`.
    pub api_key: Secret,
    /// The main model. Also `BALCAO_MODEL`.
    pub model: String,
    /// Longest wait for the first token, in milliseconds.
    pub timeout_first_token_ms: u64,
    /// Longest time for a whole answer, in milliseconds.
    pub timeout_total_ms: u64,
    /// How freely a model chooses its words, 0 to 2.
    pub temperature: f32,
    /// Whether the main model is shown the pictures that customers send.
    pub images: bool,
    /// Whether the main model is sent the PDF that customers send, as files; else it reads their words.
    pub documents: bool,
    /// Most requests to an endpoint in a minute; 0 is without bound.
    pub requests_per_minute: u32,
    /// Most tokens to an endpoint in a minute; 0 is without bound.
    pub tokens_per_minute: u32,
    /// Longest wait for a quota, in milliseconds, before the next model is tried.
    pub quota_wait_ms: u64,
    /// Trying again.
    pub retry: RetrySettings,
    /// Further endpoints, by name.
    pub endpoints: BTreeMap<String, EndpointSettings>,
    /// What models cost, by model name.
    pub prices: BTreeMap<String, PriceSettings>,
    /// What they may cost.
    pub budget: BudgetSettings,
}

/// `[llm.retry]`.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrySettings {
    /// Most attempts, the first included.
    pub attempts: u32,
    /// No attempt begins later than this after the first, in milliseconds.
    pub within_ms: u64,
    /// Upper bound of the first wait, in milliseconds; it doubles.
    pub first_wait_ms: u64,
    /// Upper bound of any wait, in milliseconds.
    pub longest_wait_ms: u64,
}

/// `[llm.endpoints.NAME]`: what is left out is as in `[llm]`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointSettings {
    /// Its base URL.
    pub base_url: String,
    /// Its key; without it, none is sent.
    pub api_key: Option<Secret>,
    /// The model, where the chain names none.
    pub model: Option<String>,
    /// See [`LlmSettings::timeout_first_token_ms`].
    pub timeout_first_token_ms: Option<u64>,
    /// See [`LlmSettings::timeout_total_ms`].
    pub timeout_total_ms: Option<u64>,
    /// See [`LlmSettings::temperature`].
    pub temperature: Option<f32>,
    /// See [`LlmSettings::requests_per_minute`].
    pub requests_per_minute: Option<u32>,
    /// See [`LlmSettings::tokens_per_minute`].
    pub tokens_per_minute: Option<u32>,
    /// See [`LlmSettings::images`].
    pub images: Option<bool>,
    /// See [`LlmSettings::documents`].
    pub documents: Option<bool>,
}

impl LlmSettings {
    /// Whether any model is shown pictures.
    pub fn sees(&self) -> bool {
        self.images || self.endpoints.values().any(|endpoint| endpoint.images == Some(true))
    }

    /// Whether any model is sent files.
    pub fn takes_files(&self) -> bool {
        self.documents || self.endpoints.values().any(|endpoint| endpoint.documents == Some(true))
    }
}

/// `[llm.budget]`: in the currency of the prices; 0 is without bound.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetSettings {
    /// Of one turn.
    pub turn: f64,
    /// Of one conversation in a day.
    pub conversation_day: f64,
    /// Of one person in a day.
    pub contact_day: f64,
    /// Of all in a day.
    pub day: f64,
    /// Of all in a month.
    pub month: f64,
}

impl BudgetSettings {
    /// Every bound, by its key.
    pub fn all(&self) -> [(&'static str, f64); 5] {
        [
            ("turn", self.turn),
            ("conversation_day", self.conversation_day),
            ("contact_day", self.contact_day),
            ("day", self.day),
            ("month", self.month),
        ]
    }
}

/// `[llm.prices."MODEL"]`.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceSettings {
    /// Price of a million tokens read.
    pub input: f64,
    /// Price of a million tokens written.
    pub output: f64,
}
