//! Tests of the knowledge base over the real embedded index in a temporary folder.

mod calibration;
mod contract;
mod crash;
mod follow_up;
mod ingest;
mod meaning;
mod search;

use balcao::config::knowledge::KnowledgeSettings;
use balcao::domain::language::Language;
use balcao::knowledge::ingest::IngestReport;
use balcao::knowledge::search::KnowledgeBase;
use balcao::knowledge::source;
use std::borrow::Cow;
use std::path::Path;

fn settings() -> KnowledgeSettings {
    let defaults: toml::Table = include_str!("../../src/config/default/knowledge.toml").parse().unwrap();
    defaults["knowledge"].clone().try_into().unwrap()
}

fn open(folder: &Path) -> KnowledgeBase {
    KnowledgeBase::open(folder, Language::Portuguese, &settings()).unwrap()
}

fn ingest(knowledge: &KnowledgeBase, files: &[(&str, &str)]) -> IngestReport {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), Cow::Owned(text.as_bytes().to_vec())));
    knowledge.ingest(&source::in_memory(files)).unwrap()
}

fn counts(report: &IngestReport) -> [usize; 5] {
    [report.added, report.changed, report.unchanged, report.removed, report.failed.len()]
}
