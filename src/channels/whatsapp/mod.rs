//! WhatsApp through Meta's Cloud API: what comes and what is sent, in Meta's words.

pub mod address;

/// Its name in conversations, deliveries and metrics.
pub const CHANNEL: &str = "whatsapp";
