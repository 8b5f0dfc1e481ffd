//! Reads requests: bodies, parameters, the client's address. Every refusal is a problem that names what is wrong.

pub mod body;
pub mod client;
pub mod conversation;
pub mod file;
pub mod json;
pub mod query;
