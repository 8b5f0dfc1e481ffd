//! The contract of every store, written against the traits alone: a sibling of SQLite passes the same functions
//! over a database of its own. What only a file can do stands in `sqlite.rs`.

mod agenda;
mod backoffice;
mod contacts;
mod conversations;
mod keys;
mod outbox;
mod ownership;
mod races;
mod sqlite;
pub mod support;
mod turns;
