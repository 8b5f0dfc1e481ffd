//! Balcão: a conversational agent with tools for the counter of a small business.
//!
//! Modules stand in the order a message flows through them; imports go strictly downward in the ranks that
//! `tests/architecture.rs` enforces.

pub mod backoffice;
pub mod config;
pub mod domain;
pub mod language;
pub mod limits;
pub mod llm;
pub mod store;
pub mod tools;
