//! Settings of the channels (`[channels.*]`). It only describes and checks values; it opens nothing.

use crate::domain::language::Language;
use serde::Deserialize;
use std::net::IpAddr;
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
    /// Heading of the chat.
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
    /// Proxies whose word about the client's address counts.
    pub trusted_proxies: Vec<Network>,
    /// Longest message, in characters.
    pub max_message_chars: usize,
    /// Most customer messages in one conversation.
    pub max_messages_per_conversation: usize,
    /// Quiet period behind a text that looks finished.
    pub quiet_ms: u64,
    /// Quiet period behind a text that does not.
    pub quiet_unfinished_ms: u64,
    /// Messages a minute in one conversation.
    pub visitor_messages_per_minute: u32,
    /// Messages at once in one conversation.
    pub visitor_messages_burst: u32,
    /// Messages a minute from one address.
    pub address_messages_per_minute: u32,
    /// Messages at once from one address.
    pub address_messages_burst: u32,
    /// New conversations a minute from one address.
    pub address_conversations_per_minute: u32,
    /// New conversations at once from one address.
    pub address_conversations_burst: u32,
    /// How many times more the machine itself may do.
    pub loopback_factor: u32,
    /// Open event streams of one conversation.
    pub streams_per_conversation: u32,
    /// Open event streams of one address.
    pub streams_per_address: u32,
    /// How often an idle stream says that it is alive.
    pub heartbeat_ms: u64,
}

impl WebSettings {
    /// How often an idle stream says that it is alive.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms.max(1))
    }

    /// Whether `address` is one of our proxies.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(address))
    }
}

/// One address, or a network in CIDR form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

/// A text that is neither an address nor a network.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address and no network; write it like 10.0.0.1 or 10.0.0.0/8")]
pub struct InvalidNetwork(String);

impl Network {
    /// Whether `address` lies in the network. An IPv4 address written as IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                base.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                base.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl TryFrom<String> for Network {
    type Error = InvalidNetwork;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.as_str(), None),
        };
        let parsed: Option<Self> = address.trim().parse::<IpAddr>().ok().and_then(|base| {
            let widest = if base.is_ipv4() { 32 } else { 128 };
            let prefix = match prefix {
                Some(prefix) => prefix.trim().parse().ok().filter(|prefix| *prefix <= widest)?,
                None => widest,
            };
            Some(Self { base, prefix })
        });
        parsed.ok_or(InvalidNetwork(text))
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

    #[test]
    fn networks_hold_their_addresses_and_no_others() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.200.3.4", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "::ffff:127.0.0.1", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("::/0", "2001:db8:1::1", true),
        ] {
            let network = Network::try_from(network.to_owned()).unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{network:?} {address}");
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0.0/-1", "shop", "::1/129", "10.0.0.0/", "/8"] {
            assert!(Network::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
