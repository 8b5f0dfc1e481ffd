//! Lead qualification as an interview: which question is worth asking, what an answer means, what the lead is worth
//! to the business and who should call. Pure: no model, no clock, no storage. Who speaks and listens is `agent`.

pub mod condition;
pub mod definition;
pub mod draw;
pub mod field;
pub mod handover;
pub mod hear;
pub mod known;
pub mod library;
mod places;
pub mod plain;
pub mod plan;
#[cfg(test)]
mod properties;
pub mod react;
pub mod read;
pub mod say;
pub mod score;
pub mod start;
