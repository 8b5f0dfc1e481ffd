//! Language models behind one trait. This folder knows how to talk to models and nothing of tools' meaning,
//! conversations or storage. `async_openai` is named only in `openai/`.

pub mod budgeted;
pub mod chain;
mod draft;
pub mod embed;
pub mod factory;
pub mod link;
pub mod model;
pub mod offline;
pub mod openai;
pub mod outage;
pub mod price;
pub mod repair;
pub mod retry;
pub mod scripted;
mod size;
pub mod transcribe;
