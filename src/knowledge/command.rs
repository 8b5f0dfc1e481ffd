//! What `balcao ingest` and `balcao search` do, apart from reading the command line. Writes only to what it is
//! given.

use crate::knowledge::index::IndexError;
use crate::knowledge::ingest::{IngestError, IngestReport};
use crate::knowledge::search::{KnowledgeBase, MOST_RANKED};
use crate::knowledge::source::{self, SourceFile};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

/// A search that could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index cannot be used.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Input or output broke.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line of a batch is no query.
    #[error("line {line}: {reason}")]
    Query {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// Indexes the documents in `paths` and only these; without any, those in `folder`, and if there is no such folder,
/// `embedded`.
///
/// # Errors
/// [`IngestError`]; the index is as it was.
pub fn run_ingest(
    knowledge: &KnowledgeBase,
    paths: &[PathBuf],
    folder: &Path,
    embedded: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>,
) -> Result<IngestReport, IngestError> {
    let files: Vec<SourceFile> = if !paths.is_empty() {
        source::on_disk(paths)?
    } else if folder.exists() {
        source::on_disk(&[folder.to_owned()])?
    } else {
        source::in_memory(embedded)
    };
    Ok(knowledge.ingest(&files)?)
}

#[derive(Serialize)]
struct FoundLine<'a> {
    rank: usize,
    id: &'a str,
    source: &'a str,
    title: &'a str,
    heading: Option<&'a str>,
    score: f32,
    evidence: f32,
    text: &'a str,
}

/// Writes the passages found for a query, best first, one JSON object a line.
///
/// # Errors
/// [`SearchError`].
pub fn search_json_lines(
    knowledge: &KnowledgeBase,
    query: &str,
    limit: usize,
    output: &mut impl Write,
) -> Result<(), SearchError> {
    for (passage, rank) in knowledge.search_blocking(query, limit)?.iter().zip(1..) {
        let line = FoundLine {
            rank,
            id: &passage.id,
            source: &passage.source,
            title: &passage.title,
            heading: passage.heading.as_deref(),
            score: passage.score,
            evidence: passage.evidence,
            text: &passage.text,
        };
        write_line(output, &line)?;
    }
    Ok(())
}

/// Writes the passages found for a query, best first, for a person to read.
///
/// # Errors
/// [`SearchError`].
pub fn search_text(
    knowledge: &KnowledgeBase,
    query: &str,
    limit: usize,
    output: &mut impl Write,
) -> Result<(), SearchError> {
    for (passage, rank) in knowledge.search_blocking(query, limit)?.iter().zip(1..) {
        write!(output, "{rank}. {}", passage.title)?;
        if let Some(heading) = &passage.heading {
            write!(output, " > {heading}")?;
        }
        writeln!(output, " ({})", passage.source)?;
        writeln!(output, "   score {:.2}, evidence {:.2}", passage.score, passage.evidence)?;
        for line in passage.text.lines() {
            writeln!(output, "   {line}")?;
        }
        writeln!(output)?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct QueryLine {
    id: serde_json::Value,
    query: String,
}

#[derive(Serialize)]
struct RankedLine<'a> {
    id: &'a serde_json::Value,
    ranked: Vec<String>,
}

/// Reads lines `{"id","query"}`, writes for each a line `{"id","ranked"}` with the documents found, best first.
///
/// # Errors
/// [`SearchError`]; what was written up to there stands.
pub fn search_batch(
    knowledge: &KnowledgeBase,
    input: impl BufRead,
    output: &mut impl Write,
) -> Result<(), SearchError> {
    for (line, number) in input.lines().zip(1..) {
        let line = line?;
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        let query: QueryLine = serde_json::from_str(line).map_err(|error| SearchError::Query {
            line: number,
            reason: format!("expected {{\"id\",\"query\"}}: {error}"),
        })?;
        let ranked = knowledge.rank(&query.query, MOST_RANKED)?;
        write_line(output, &RankedLine { id: &query.id, ranked })?;
    }
    Ok(())
}

fn write_line(output: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}
