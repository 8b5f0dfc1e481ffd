//! What the company knows: documents are found (`source`), read (`document`, `front_matter`, `jsonl`), cut into
//! passages (`markdown`, `chunk`), turned into terms (`analyze`, `stop_words`), kept (`ingest`, `index`, `edge`,
//! `generation`) and found again (`search`, `query`, `lexicon`, `evidence`). Passages are untrusted text; nothing here talks to a model or decides
//! what a customer is told. `qdrant_edge` is named only in `edge.rs`.

pub mod analyze;
pub mod chunk;
pub mod command;
pub mod document;
pub mod edge;
pub mod evidence;
pub mod front_matter;
pub mod generation;
pub mod index;
pub mod ingest;
pub mod jsonl;
pub mod lexicon;
pub mod markdown;
pub mod proposals;
pub mod query;
pub mod search;
pub mod source;
pub mod stop_words;
