//! The real binary as a process of its own: killed, told to stop, and asked on its command line.

mod authorize;
mod console;
mod crash;
mod customers;
mod documents;
mod gaps;
mod harm;
mod imports;
mod ingests;
mod models;
mod once;
mod qdrant;
mod searches;
mod stop;
pub mod support;
mod verbs;
mod whatsapp;
