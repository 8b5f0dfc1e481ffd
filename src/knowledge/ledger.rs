//! What became of every document at the last ingest: read, failed or kept as it was before, since when, until when it
//! holds, and which ones contradict each other. Kept as one file beside the index, so that a listing costs no reading of
//! documents. The index decides what is found; this only tells about it.

use crate::domain::language::Language;
use crate::knowledge::conflicts::{self, Conflict, Statement};
use crate::knowledge::document::{Failure, Terms};
use crate::knowledge::generation::write_durably;
use crate::knowledge::index::Manifest;
use crate::knowledge::ingest::Read;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was ingested last.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roots {
    /// What the settings name.
    #[default]
    Configured,
    /// These paths and only these.
    Named(Vec<PathBuf>),
}

/// How a document stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it was read last.
    Indexed,
    /// As it was read before: its file cannot be read now.
    Kept,
    /// It could not be read and is not found.
    Failed,
}

/// One document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Its name in the index; the file's, where it could not be read.
    pub source: String,
    /// The file, below the root.
    pub origin: String,
    /// The line in the file, where one is known.
    pub line: Option<usize>,
    /// Its title.
    pub title: Option<String>,
    /// Its language.
    pub language: Option<Language>,
    /// How many passages it has.
    pub passages: usize,
    /// How it stands.
    pub status: Status,
    /// Why it could not be read.
    pub error: Option<String>,
    /// When its present content was indexed.
    pub updated: Option<Timestamp>,
    /// From when and until when it holds, for whom, and who answers for it.
    #[serde(flatten)]
    pub terms: Terms,
    fingerprint: String,
}

impl Record {
    /// A short name for its address: the same name, the same id.
    pub fn id(&self) -> String {
        let key = match self.status {
            Status::Indexed | Status::Kept => self.source.clone(),
            Status::Failed => format!("{}:{}", self.source, self.line.unwrap_or_default()),
        };
        Sha256::digest(key.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// All of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// What was ingested.
    pub roots: Roots,
    /// How the files looked then; see [`crate::knowledge::watch`].
    pub looks: String,
    /// Every document, by its name.
    pub records: Vec<Record>,
    /// What contradicts what.
    pub conflicts: Vec<Conflict>,
}

impl Ledger {
    /// Reads it; none if there is none that can be read.
    pub fn load(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// Writes it in the place of the one before.
    ///
    /// # Errors
    /// The disk's.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let draft = path.with_extension("new");
        write_durably(&draft, &serde_json::to_vec(self)?)?;
        fs::rename(draft, path)
    }
}

/// What documents state, by their fingerprint: what did not change is not read again.
pub type Memory = HashMap<String, Arc<Vec<Statement>>>;

/// A ledger in the making.
pub struct Writer<'a> {
    before: HashMap<&'a str, &'a Record>,
    memory: &'a Memory,
    now: Timestamp,
    records: BTreeMap<String, Record>,
    statements: Vec<(String, Arc<Vec<Statement>>)>,
    /// How many statements these are.
    stated: usize,
}

impl<'a> Writer<'a> {
    /// One that follows `before`.
    pub fn after(before: &'a Ledger, memory: &'a Memory, now: Timestamp) -> Self {
        let before = before.records.iter().map(|record| (record.source.as_str(), record)).collect();
        Self { before, memory, now, records: BTreeMap::new(), statements: Vec::new(), stated: 0 }
    }

    /// Notes a document that is indexed.
    pub fn read(&mut self, read: &Read<'_>) {
        let Read { document, fingerprint, passages } = read;
        let unchanged = self.before.get(document.source.as_str()).filter(|it| it.fingerprint == *fingerprint);
        let record = Record {
            source: document.source.clone(),
            origin: document.origin.clone(),
            line: document.line,
            title: document.title.clone(),
            language: Some(document.language),
            passages: *passages,
            status: Status::Indexed,
            error: None,
            updated: unchanged.and_then(|before| before.updated).or(Some(self.now)),
            terms: document.terms.clone(),
            fingerprint: (*fingerprint).to_owned(),
        };
        self.records.insert(document.source.clone(), record);
        if self.stated >= conflicts::MOST_STATEMENTS {
            return;
        }
        // The place is part of a statement: the same words elsewhere are other statements.
        let key = format!("{fingerprint}:{}", document.source);
        let known = self.memory.get(&key).cloned();
        let statements = known.unwrap_or_else(|| Arc::new(conflicts::statements(document)));
        self.stated += statements.len();
        if self.stated >= conflicts::MOST_STATEMENTS {
            tracing::warn!(
                most = conflicts::MOST_STATEMENTS,
                "there are more figures in the documents than are compared; conflicts among the rest are not found"
            );
        }
        self.statements.push((key, statements));
    }

    /// The ledger of an ingest that ended with these failures and left this in the index, seen from `today`.
    pub fn finish(
        mut self,
        failed: &[Failure],
        indexed: &Manifest,
        roots: Roots,
        looks: String,
        today: Date,
    ) -> (Ledger, Memory) {
        let reasons: HashMap<&str, &Failure> =
            failed.iter().map(|failure| (failure.origin.as_str(), failure)).collect();
        for (source, indexed) in indexed {
            if self.records.contains_key(source) {
                continue;
            }
            let before = self.before.get(source.as_str());
            let record = Record {
                source: source.clone(),
                origin: indexed.origin.clone(),
                line: before.and_then(|before| before.line),
                title: before.and_then(|before| before.title.clone()),
                language: Some(indexed.language),
                passages: indexed.passages,
                status: Status::Kept,
                error: reasons.get(indexed.origin.as_str()).map(|failure| failure.reason.clone()),
                updated: before.and_then(|before| before.updated),
                terms: before.map(|before| before.terms.clone()).unwrap_or_default(),
                fingerprint: indexed.fingerprint.clone(),
            };
            self.records.insert(source.clone(), record);
        }
        let found = conflicts::conflicts(self.statements.iter().map(|(_, statements)| statements), today);
        let mut records: Vec<Record> = self.records.into_values().collect();
        let kept: HashSet<String> = records
            .iter()
            .filter(|record| record.status == Status::Kept)
            .map(|record| record.origin.clone())
            .collect();
        // A file of one document that is kept tells its failure there; in a file of many, the line is what counts.
        let news = failed.iter().filter(|failure| failure.line.is_some() || !kept.contains(&failure.origin));
        records.extend(news.map(|failure| Record {
            source: failure.origin.clone(),
            origin: failure.origin.clone(),
            line: failure.line,
            title: None,
            language: None,
            passages: 0,
            status: Status::Failed,
            error: Some(failure.reason.clone()),
            updated: None,
            terms: Terms::default(),
            fingerprint: String::new(),
        }));
        let ledger = Ledger { roots, looks, records, conflicts: found };
        (ledger, self.statements.into_iter().collect())
    }
}
