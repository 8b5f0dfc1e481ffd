//! Settings: compiled-in commented defaults (`default/*.toml`), overridden by the operator's file, overridden by
//! the environment. One struct per concern. The only place that reads the environment.

pub mod alerts;
pub mod audience;
pub mod backoffice;
pub mod business;
pub mod channels;
pub mod completed;
pub mod connectors;
pub mod databases;
pub mod edit;
pub mod email;
pub mod embeddings;
pub mod environment;
pub mod handoff;
pub mod interviews;
pub mod knowledge;
pub mod limits;
pub mod llm;
pub mod load;
pub mod mcp;
pub mod network;
pub mod origin;
pub mod privacy;
pub mod reminders;
pub mod secret;
pub mod settings;
pub mod store;
pub mod tools;
pub mod transcription;
pub mod turn;
pub mod vault;
pub mod whatsapp;
