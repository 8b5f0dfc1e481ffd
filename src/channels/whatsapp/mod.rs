//! WhatsApp through Meta's Cloud API, or a program in between: what comes and what is sent, in Meta's words.

pub mod account;
pub mod address;
pub mod attach;
pub mod client;
pub mod content;
pub mod errors;
pub mod evolution;
pub mod fields;
pub mod interactive;
pub mod line;
pub mod markup;
pub mod media;
pub mod news;
pub mod outgoing;
pub mod price;
pub mod signature;
pub mod sniff;
pub mod split;
pub mod status;
pub mod template;
pub mod upload;
pub mod wire;
pub mod words;

/// Its name in conversations, deliveries and metrics.
pub const CHANNEL: &str = crate::domain::conversation::WHATSAPP;
