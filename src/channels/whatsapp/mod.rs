//! WhatsApp through Meta's Cloud API: what comes and what is sent, in Meta's words.

pub mod address;
pub mod content;
pub mod fields;
pub mod signature;
pub mod wire;
pub mod words;

/// Its name in conversations, deliveries and metrics.
pub const CHANNEL: &str = "whatsapp";
