//! `[limits]`: quotas of what comes in, and which networks may be called.

use super::network::Network;
use serde::Deserialize;
use std::net::IpAddr;
use std::time::Duration;

/// Inbound quotas and network allowances. See `default/limits.toml` for what each means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Whether private addresses may be called.
    pub allow_private_networks: bool,
    /// Private hosts that may be called all the same.
    pub allowed_hosts: Vec<String>,
    /// New conversations from one address.
    pub conversations_per_second_per_address: u32,
    /// Messages from one address.
    pub messages_per_second_per_address: u32,
    /// Messages of one visitor.
    pub messages_per_minute_per_visitor: u32,
    /// Open event streams from one address.
    pub streams_per_address: usize,
    /// Open event streams of one conversation.
    pub streams_per_conversation: usize,
    /// How long the head of a request may take, and a connection may stay without a request, in milliseconds.
    pub quiet_connection_ms: u64,
    /// Proxies whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<Network>,
    /// Messages of one conversation.
    pub messages_per_conversation: u64,
    /// Characters of one message.
    pub message_characters: usize,
}

impl LimitSettings {
    /// How long a connection may keep quiet before it is closed.
    pub fn quiet_connection(&self) -> Duration {
        Duration::from_millis(self.quiet_connection_ms.max(1))
    }

    /// Whether `address` is one of our proxies.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(address))
    }
}
