//! The generic channel: whoever has a messaging gateway of their own sends one signed webhook and receives another.

pub mod client;
pub mod signature;
pub mod wire;

/// Its name in conversations, deliveries and metrics.
pub const CHANNEL: &str = "relay";
