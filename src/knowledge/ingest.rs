//! Makes the index hold the documents it is given, and only these. Only what changed is cut and analysed again; one
//! bad document costs itself only, and if it was indexed before, that version stays until it can be read again.

use crate::domain::problem::Problem;
use crate::knowledge::chunk::{self, Findable, Way};
use crate::knowledge::document::{Document, Failure};
use crate::knowledge::index::{Entry, IndexError, Indexed, Manifest, Update};
use crate::knowledge::search::KnowledgeBase;
use crate::knowledge::source::{SourceError, SourceFile};
use std::collections::HashSet;
use std::fmt;

/// An ingest that could not be done; the index is as it was.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A place to read from cannot be used.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// `sources.toml` has mistakes.
    #[error("{}", listed(.0))]
    Sources(Vec<Problem>),
    /// The index cannot be used.
    #[error(transparent)]
    Index(#[from] IndexError),
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What an ingest did, in documents.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IngestReport {
    /// New in the index.
    pub added: usize,
    /// Indexed anew.
    pub changed: usize,
    /// Indexed as they are.
    pub unchanged: usize,
    /// No longer in the index.
    pub removed: usize,
    /// Not read, each with its reason.
    pub failed: Vec<Failure>,
    /// Documents whose file could not be read, and that stay as they were indexed before.
    pub kept: usize,
}

impl fmt::Display for IngestReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { added, changed, unchanged, removed, failed, kept } = self;
        write!(formatter, "added {added}, changed {changed}, unchanged {unchanged}, removed {removed}")?;
        write!(formatter, ", failed {}", failed.len())?;
        for failure in failed {
            write!(formatter, "\nfailed: {failure}")?;
        }
        if *kept > 0 {
            write!(
                formatter,
                "\n{kept} of the documents in files that failed stay as they were indexed before"
            )?;
        }
        Ok(())
    }
}

/// A document that was read and is indexed.
pub struct Read<'a> {
    /// The document.
    pub document: &'a Document,
    /// Its fingerprint.
    pub fingerprint: &'a str,
    /// How many passages it has.
    pub passages: usize,
}

impl KnowledgeBase {
    /// Makes the index hold these documents and only these. Blocks; searches go on meanwhile and see the change
    /// when it is complete.
    ///
    /// # Errors
    /// [`IndexError`]; the index is as it was.
    pub fn ingest(&self, files: &[SourceFile]) -> Result<IngestReport, IndexError> {
        self.ingest_observed(files, &mut |_| {})
    }

    /// [`ingest`](Self::ingest), and `each` is shown every document that is indexed, changed or not.
    ///
    /// # Errors
    /// As [`ingest`](Self::ingest).
    pub fn ingest_observed(
        &self,
        files: &[SourceFile],
        each: &mut dyn FnMut(Read<'_>),
    ) -> Result<IngestReport, IndexError> {
        let before = self.manifest();
        let mut ingest = Ingest::new(self, &before, each);
        for file in files {
            for document in file.documents(self.language) {
                match document {
                    Ok(document) => ingest.document(&document)?,
                    Err(failure) => ingest.report.failed.push(failure),
                }
            }
        }
        ingest.finish()
    }
}

struct Ingest<'a> {
    knowledge: &'a KnowledgeBase,
    before: &'a Manifest,
    /// Begun when the first change is met: an ingest without a change writes nothing.
    update: Option<Box<dyn Update + 'a>>,
    seen: HashSet<String>,
    keep: HashSet<String>,
    report: IngestReport,
    each: &'a mut dyn FnMut(Read<'_>),
}

impl<'a> Ingest<'a> {
    fn new(knowledge: &'a KnowledgeBase, before: &'a Manifest, each: &'a mut dyn FnMut(Read<'_>)) -> Self {
        let (seen, keep) = (HashSet::new(), HashSet::new());
        Self { knowledge, before, update: None, seen, keep, report: IngestReport::default(), each }
    }

    fn document(&mut self, document: &Document) -> Result<(), IndexError> {
        let fail = |reason: String| Failure { origin: document.origin.clone(), line: None, reason };
        if !self.seen.insert(document.source.clone()) {
            self.report.failed.push(fail(format!("a second document is called `{}`", document.source)));
            return Ok(());
        }
        let fingerprint = document.fingerprint();
        let before = self.before.get(&document.source);
        if before.is_some_and(|before| before.fingerprint == fingerprint && before.origin == document.origin)
        {
            let passages = before.map_or(0, |before| before.passages);
            (self.each)(Read { document, fingerprint: &fingerprint, passages });
            self.keep.insert(document.source.clone());
            self.report.unchanged += 1;
            return Ok(());
        }
        let passages = chunk::cut(document);
        if passages.is_empty() {
            self.seen.remove(&document.source);
            self.report.failed.push(fail(format!("there is no text in `{}`", document.source)));
            return Ok(());
        }
        (self.each)(Read { document, fingerprint: &fingerprint, passages: passages.len() });
        let indexed = Indexed {
            fingerprint,
            origin: document.origin.clone(),
            language: document.language,
            passages: passages.len(),
        };
        let entries = passages.into_iter().flat_map(|passage| self.entries(passage)).collect();
        self.update()?.put(&document.source, indexed, entries)?;
        match before {
            Some(_) => self.report.changed += 1,
            None => self.report.added += 1,
        }
        Ok(())
    }

    fn entries(&self, passage: Findable) -> Vec<Entry> {
        let Findable { chunk, search_texts } = passage;
        let entry = |(way, text): (Way, String)| {
            let terms = self.knowledge.encoder.passage(&chunk, &text);
            Entry { chunk: chunk.clone(), way, terms }
        };
        search_texts.into_iter().map(entry).collect()
    }

    fn update(&mut self) -> Result<&mut Box<dyn Update + 'a>, IndexError> {
        let update = match self.update.take() {
            Some(update) => update,
            None => self.knowledge.index.begin(self.before)?,
        };
        Ok(self.update.insert(update))
    }

    fn finish(mut self) -> Result<IngestReport, IndexError> {
        let unreadable: HashSet<_> =
            self.report.failed.iter().map(|failure| failure.origin.as_str()).collect();
        // A folder that is away is called by what its documents' names begin with.
        let folders: Vec<&str> = unreadable.iter().copied().filter(|origin| origin.ends_with('/')).collect();
        for (source, indexed) in self.before {
            if self.seen.contains(source) {
                continue;
            }
            let origin = indexed.origin.as_str();
            if unreadable.contains(origin) || folders.iter().any(|folder| origin.starts_with(folder)) {
                self.keep.insert(source.clone());
                self.report.kept += 1;
            } else {
                self.report.removed += 1;
            }
        }
        let IngestReport { added, changed, removed, .. } = &self.report;
        if added + changed + removed > 0 {
            self.update()?;
        }
        if let Some(update) = self.update.take() {
            update.commit(&self.keep)?;
        }
        Ok(self.report)
    }
}
