//! The composition root: the only place that names concrete types. `build` puts the program together for `main` and
//! for tests alike; the other files are the verbs of the command line.

mod alerts;
pub mod backoffice;
pub mod build;
pub mod chain;
pub mod chat;
pub mod check;
pub mod cli;
pub mod client;
pub mod commands;
pub mod customers;
mod databases;
pub mod demo;
pub mod documents;
pub mod files;
pub mod instance;
pub mod inventory;
pub mod keys;
pub mod knowledge;
pub mod leads;
mod let_in;
pub mod mcp;
mod meanings;
mod places;
mod ports;
mod probes;
pub mod reception;
pub mod relay;
pub mod remarks;
pub mod scratch;
pub mod secrets;
pub mod serve;
pub mod setup;
pub mod simulate;
pub mod terminal;
pub mod vectors;
pub mod whatsapp;
