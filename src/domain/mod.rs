//! The vocabulary of the shop's counter: pure types and rules without any input or output.
//! Everything else imports this; this imports nothing of ours.

pub mod agenda;
pub mod attachment;
pub mod calendar;
pub mod catalog;
pub mod clock;
pub mod contact;
pub mod conversation;
pub mod crm;
pub mod effect;
pub mod erasure;
pub mod event;
pub mod handle;
pub mod hours;
pub mod ids;
pub mod interview;
pub mod language;
pub mod message;
pub mod money;
pub mod passage;
pub mod problem;
pub mod provenance;
pub mod query;
pub mod secret;
pub mod ticket;
pub mod tool;
pub mod tool_call;
pub mod turn;
