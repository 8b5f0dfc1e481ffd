//! What the bot may do. A tool is one capability with a schema made from a Rust type; `tools/*.toml` may only
//! narrow it. Tools reach the back office through its traits and never the store.

pub mod builtin;
pub mod dispatch;
pub mod gate;
pub mod http;
mod http_names;
mod http_request;
pub mod http_spec;
pub mod http_wire;
pub mod import;
pub mod load;
pub mod mcp;
pub mod registry;
pub mod schema;
pub mod spec;
pub mod spec_toml;
pub mod sql;
pub mod sql_text;
pub mod templates;
pub mod tool;
pub mod validate;
