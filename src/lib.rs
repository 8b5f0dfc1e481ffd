//! Balcão: a conversational agent with tools for the counter of a small business.
//!
//! Modules stand in the order a message flows through them; imports go strictly downward in the ranks that
//! `tests/architecture/` enforces.

pub mod app;
pub mod web;

pub mod inbox;

pub mod conversation;

pub mod outbox;

pub mod channels;

pub mod agent;

pub mod interview;
pub mod knowledge;
pub mod llm;
pub mod tools;

pub mod backoffice;
pub mod store;

pub mod declared;
pub mod limits;
pub mod prompts;
pub mod telemetry;

pub mod config;
pub mod domain;
pub mod language;
