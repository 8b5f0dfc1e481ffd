//! Settings of the channels (`[channels.*]`). It only describes and checks values; it opens nothing.

use super::business::Business;
use crate::domain::language::Language;
use serde::Deserialize;
use std::time::Duration;

/// Settings of every channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelsSettings {
    /// The chat page, the widget and the HTTP API behind them.
    pub web: WebSettings,
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
    }
}
