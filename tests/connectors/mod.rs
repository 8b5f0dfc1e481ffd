//! Connectors against fakes of the vendors that keep state, speak real HTTP and can fail in every way.

mod agenda;
mod crm;
mod engine;
mod fakes;
mod support;
mod tickets;
