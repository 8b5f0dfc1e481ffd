//! Language models behind one trait. This folder knows how to talk to models and nothing of tools' meaning,
//! conversations or storage. `async_openai` is named only in `openai.rs`.

pub mod model;
