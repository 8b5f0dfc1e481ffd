//! Tests of the knowledge base over the real embedded index in a temporary folder, and of the index on a Qdrant server.

mod abstention;
pub mod calibration;
mod changes;
mod conflicts;
mod contract;
mod crash;
mod follow_up;
mod ingest;
mod kinship;
mod meaning;
mod places;
mod qdrant;
mod rerank;
mod search;
pub mod site;
mod sources;

use balcao::config::knowledge::KnowledgeSettings;
use balcao::domain::language::Language;
use balcao::knowledge::gather::Places;
use balcao::knowledge::ingest::IngestReport;
use balcao::knowledge::readers::outside::Outside;
use balcao::knowledge::search::KnowledgeBase;
use balcao::knowledge::source;
use balcao::knowledge::uploads::Uploads;
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

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

/// A knowledge folder with what belongs to it beside it.
fn places(folder: &Path) -> Places {
    let beside = |name: &str| {
        folder.parent().unwrap().join(format!("{}-{name}", folder.file_name().unwrap().display()))
    };
    Places {
        folder: folder.to_owned(),
        shown: "knowledge".into(),
        uploads: Uploads::at(beside("uploads")),
        sites: beside("sites"),
        outside: Arc::new(Outside::new(env!("CARGO_BIN_EXE_balcao").into(), beside("read"))),
    }
}

fn counts(report: &IngestReport) -> [usize; 5] {
    [report.added, report.changed, report.unchanged, report.removed, report.failed.len()]
}
