//! What the bot may do. A tool is one capability with a schema made from a Rust type; `tools/*.toml` may only
//! narrow it. Tools reach the back office through its traits and never the store.

pub mod schema;
pub mod tool;
