//! Vendors' systems behind the counter. A file in `tools/connectors/` says how a vendor's API does what a capability
//! needs; the code here calls it, keeps to the vendor's limits and sees to it that an effect happens once. No vendor
//! is named in code.

pub mod agenda;
pub mod auth;
mod call;
pub mod catalog;
pub mod consent;
pub mod contract;
pub mod crm;
mod crm_deals;
pub mod engine;
mod fault;
pub mod health;
pub mod health_book;
mod judge;
pub mod mail;
pub mod nurture;
pub mod pack;
pub mod payments;
mod person;
mod points;
pub mod read;
mod read_auth;
mod read_webhook;
mod remote;
pub mod removal;
mod service_account;
mod setup;
pub mod shelf;
pub mod shipping;
pub mod tickets;
pub mod token;
mod told;
mod trial;
mod values;
pub mod webhook;
mod wire;

pub use engine::Connector;
pub use fault::Fault;
