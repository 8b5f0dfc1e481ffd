//! Settings of the channels (`[channels.*]`). It only describes and checks values; it opens nothing.

use super::business::Business;
use super::secret::Secret;
use super::whatsapp::{Problems, WhatsAppSettings};
use crate::domain::language::Language;
use serde::Deserialize;
use std::time::Duration;

/// Settings of every channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelsSettings {
    /// The chat page, the widget and the HTTP API behind them.
    pub web: WebSettings,
    /// A messaging gateway of the operator's own.
    pub relay: RelaySettings,
    /// WhatsApp.
    pub whatsapp: WhatsAppSettings,
}

impl ChannelsSettings {
    /// What is missing or cannot be, each with its key below `[channels]`.
    pub(super) fn problems(&self) -> Problems {
        self.relay.problems().into_iter().chain(self.whatsapp.problems()).collect()
    }
}

/// Settings of the relay channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelaySettings {
    /// Whether there is one.
    pub enabled: bool,
    /// Where messages are posted to.
    pub url: String,
    /// Shared with the gateway; the first one signs what is posted.
    pub secrets: Vec<Secret>,
    /// How long the gateway may take to answer.
    pub timeout_ms: u64,
    /// Quiet period behind a text that looks finished.
    pub quiet_ms: u64,
    /// Quiet period behind a text that does not.
    pub quiet_unfinished_ms: u64,
    /// The longest quiet period, whatever the customer's own rhythm.
    pub quiet_longest_ms: u64,
    /// The longest that the first message of a burst waits.
    pub quiet_total_ms: u64,
    /// So many messages are a burst that is waited for no longer.
    pub quiet_messages: usize,
}

/// Shorter is no patience at all; longer than this, and a claim on a delivery would run out over one attempt.
const RELAY_TIMEOUT_MS: std::ops::RangeInclusive<u64> = 50..=25_000;

impl RelaySettings {
    /// How long the gateway may take to answer.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    fn problems(&self) -> Problems {
        let mut problems: Problems = Vec::new();
        if !self.enabled {
            return problems;
        }
        if self.url.trim().is_empty() {
            let missing = "missing: the address of your gateway that messages are posted to";
            problems.push((&["relay", "url"], missing.to_owned()));
        }
        if self.secrets.iter().all(Secret::is_empty) {
            let missing = "missing: at least one secret, shared with your gateway, like \"whsec_…\"";
            problems.push((&["relay", "secrets"], missing.to_owned()));
        }
        if !RELAY_TIMEOUT_MS.contains(&self.timeout_ms) {
            let (shortest, longest) = (RELAY_TIMEOUT_MS.start(), RELAY_TIMEOUT_MS.end());
            problems.push((&["relay", "timeout_ms"], format!("has to be {shortest} to {longest}")));
        }
        problems
    }
}

/// Settings of the web channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSettings {
    /// Heading of the chat; empty for the name of the business.
    pub title: String,
    /// First words of the chat.
    pub greeting: String,
    /// Language of the chat where the visitor's own is not spoken.
    pub locale: Language,
    /// Main colour, as CSS.
    pub color: String,
    /// Second colour, as CSS.
    pub accent: String,
    /// Ready questions.
    pub suggestions: Vec<String>,
    /// Address of the privacy notice; empty for none.
    pub privacy_url: String,
    /// Origins of pages that may use the API.
    pub allowed_origins: Vec<String>,
    /// Quiet period behind a text that looks finished.
    pub quiet_ms: u64,
    /// Quiet period behind a text that does not.
    pub quiet_unfinished_ms: u64,
    /// The longest quiet period, whatever the visitor's own rhythm.
    pub quiet_longest_ms: u64,
    /// The longest that the first message of a burst waits.
    pub quiet_total_ms: u64,
    /// So many messages are a burst that is waited for no longer.
    pub quiet_messages: usize,
    /// How often an idle stream says that it is alive.
    pub heartbeat_ms: u64,
}

impl WebSettings {
    /// Gives a chat without a heading the name of the business.
    pub(super) fn named_after(&mut self, business: &Business) {
        if self.title.is_empty() {
            self.title.clone_from(&business.name);
        }
    }

    /// How often an idle stream says that it is alive.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        channels: ChannelsSettings,
    }

    #[test]
    fn the_default_file_holds_every_key() {
        let file: File = toml::from_str(include_str!("default/channels.toml")).unwrap();
        assert_eq!(file.channels.web.locale, Language::Portuguese);
        assert!(file.channels.web.allowed_origins.is_empty());
        assert!(!file.channels.relay.enabled);
        assert!(!file.channels.whatsapp.enabled);
    }

    #[test]
    fn a_relay_that_is_enabled_needs_an_address_and_a_secret() {
        let file: File = toml::from_str(include_str!("default/channels.toml")).unwrap();
        let mut channels = file.channels;
        assert_eq!(channels.problems(), []);
        channels.relay.enabled = true;
        channels.relay.timeout_ms = 60_000;
        let keys: Vec<&str> = channels.problems().iter().map(|(keys, _)| keys[1]).collect();
        assert_eq!(keys, ["url", "secrets", "timeout_ms"]);
        channels.relay.url = "https://gateway.example/balcao".to_owned();
        channels.relay.secrets = vec![Secret::new("whsec_x")];
        channels.relay.timeout_ms = 10_000;
        assert_eq!(channels.problems(), [], "what the secret is worth is the channel's to say");
    }
}
