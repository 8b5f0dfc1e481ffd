//! `[limits]`: how much may come in, and which addresses may be called.

use serde::Deserialize;
use std::num::NonZeroU32;

/// `[limits]`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsSettings {
    /// Whether tools and model endpoints may be on this machine or in a private network.
    pub allow_private_networks: bool,
    /// Hosts that may be, each as it stands in the URL.
    pub allow_private_hosts: Vec<String>,
    /// Messages one visitor may send at once.
    pub visitor_burst: NonZeroU32,
    /// Messages one visitor may send in a minute in the long run.
    pub visitor_per_minute: NonZeroU32,
    /// Requests one address may send at once.
    pub address_burst: NonZeroU32,
    /// Requests one address may send in a minute in the long run.
    pub address_per_minute: NonZeroU32,
}
