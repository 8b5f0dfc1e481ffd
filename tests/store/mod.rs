//! The contract of every store, written against the traits alone: the same functions over SQLite and PostgreSQL,
//! each over a database of its own. What only a file can do stands in `sqlite.rs`, what only a server can in
//! `postgres.rs`.

mod agenda;
mod alerts;
mod backoffice;
mod connectors;
mod contacts;
mod conversations;
mod echoes;
mod erasures;
mod health;
mod interleavings;
mod interviews;
mod kept;
mod keys;
mod news;
mod outbox;
mod ownership;
mod postgres;
mod posts;
mod races;
mod reminders;
mod sends;
mod spending;
mod sqlite;
pub mod support;
mod turns;
