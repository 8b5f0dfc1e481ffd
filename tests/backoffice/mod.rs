//! The embedded back office and its files on a real SQLite database.

mod agenda;
mod catalog;
mod crm;
mod files;
mod leads;
pub mod support;
mod tickets;
