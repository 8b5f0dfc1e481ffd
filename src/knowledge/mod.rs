//! What the company knows: documents are found (`gather`, `sources`, `source`, `site`, `uploads`, `watch`), read
//! (`readers`, `document`, `front_matter`, `day`, `jsonl`), held against each other (`conflicts`, `subject`, `ledger`), cut
//! into passages (`markdown`, `chunk`), turned into terms (`analyze`, `stop_words`) and vectors (`vectors`), kept
//! (`ingest`, `index`, `profile`, `hidden`, `edge`, `generation`, `qdrant`) and found again (`search`, `query`, `follow_up`,
//! `lexicon`, `fuse`, `background`, `evidence`, `rerank`). Passages are untrusted text; nothing here but `rerank` talks to
//! a model of language, and nothing decides what a customer is told. `qdrant_edge` is named only in `edge.rs` and below
//! it, `qdrant_client` only in `qdrant.rs` and below it.

mod agreement;
pub mod analyze;
pub mod background;
pub mod chunk;
pub mod command;
pub mod conflicts;
pub mod day;
pub mod document;
pub mod edge;
pub mod evidence;
pub mod follow_up;
pub mod front_matter;
pub mod fuse;
pub mod gather;
pub mod generation;
pub mod hidden;
pub mod index;
pub mod ingest;
pub mod jsonl;
pub mod kinship;
pub mod ledger;
pub mod lexicon;
pub mod markdown;
mod measure;
pub mod profile;
pub mod proposals;
pub mod qdrant;
pub mod query;
pub mod readers;
pub mod rerank;
pub mod search;
pub mod site;
pub mod source;
pub mod sources;
pub mod standing;
pub mod stated;
pub mod stop_words;
pub mod subject;
pub mod uploads;
pub mod vectors;
pub mod watch;
