//! Connectors against fakes of the vendors that keep state, speak real HTTP and can fail in every way.

mod agenda;
mod catalog;
mod crm;
mod documents;
mod engine;
pub mod fakes;
mod mail;
mod nurture;
mod payments;
mod removal;
mod servers;
mod shipping;
pub mod support;
mod tickets;
mod webhooks;
