//! What is worth knowing of documents and is no mistake: those that no longer hold, and those that contradict each other.
//! Whoever brings documents in is told, in whatever way that is done.

use super::knowledge::Library;
use crate::domain::problem::Problem;
use crate::knowledge::document::Validity;
use crate::knowledge::ledger::{Ledger, Status};
use jiff::civil::Date;
use std::fmt;
use std::path::Path;

/// One remark.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    /// Where, and what.
    pub problem: Problem,
    /// The files it is about.
    origins: Vec<String>,
}

impl Remark {
    /// Whether a file has to do with it.
    pub fn is_about(&self, origin: &str) -> bool {
        self.origins.iter().any(|one| one == origin)
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(formatter)
    }
}

/// The remarks on what is indexed. `shown` is the folder of the documents as the operator knows it.
pub fn remarks(ledger: &Ledger, today: Date, shown: &Path) -> Vec<Remark> {
    let file = |origin: &str| shown.join(origin).display().to_string();
    let expired = ledger.records.iter().filter(|it| it.status != Status::Failed).filter_map(|record| {
        let last = record.terms.valid_until.filter(|_| record.terms.on(today) == Validity::Expired)?;
        let owner = record
            .terms
            .owner
            .as_deref()
            .map(|owner| format!("; {owner} answers for it"))
            .unwrap_or_default();
        let message = format!("`{}` expired on {last} and is not used{owner}", record.source);
        let problem = Problem { file: file(&record.origin), line: record.line, message };
        Some(Remark { problem, origins: vec![record.origin.clone()] })
    });
    let conflicts = ledger.conflicts.iter().map(|conflict| {
        let (one, other) = (&conflict.one, &conflict.other);
        let place = match other.line {
            Some(line) => format!("{}:{line}", file(&other.origin)),
            None => file(&other.origin),
        };
        let under = |heading: &Option<String>| {
            heading.as_deref().map(|it| format!(" (under “{it}”)")).unwrap_or_default()
        };
        let message = format!(
            "conflicting {}: “{}”{}, but “{}”{} in {place}",
            conflict.about,
            one.text,
            under(&one.heading),
            other.text,
            under(&other.heading)
        );
        let problem = Problem { file: file(&one.origin), line: one.line, message };
        Remark { problem, origins: vec![one.origin.clone(), other.origin.clone()] }
    });
    expired.chain(conflicts).collect()
}

impl Library {
    /// The remarks on what is indexed now.
    pub fn remarks(&self) -> Vec<Remark> {
        let documents = &self.documents;
        remarks(&documents.ledger(), documents.today(), Path::new(&documents.places.shown))
    }

    /// Logs what is to be remarked now and was not when the documents stood as in `before`.
    pub(super) fn log_new_remarks(&self, before: &Ledger) {
        let documents = &self.documents;
        let known = remarks(before, documents.today(), Path::new(&documents.places.shown));
        for remark in self.remarks().iter().filter(|remark| !known.contains(remark)) {
            tracing::warn!(remark = %remark, "something about the documents is worth knowing");
        }
    }
}
