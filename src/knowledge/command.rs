//! What `balcao search` does, apart from reading the command line. Writes only to what it is
//! given.

use crate::domain::passage::Passage;
use crate::knowledge::index::IndexError;
use crate::knowledge::search::{KnowledgeBase, MOST_RANKED};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};

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

/// Writes passages, best first, one JSON object a line.
///
/// # Errors
/// If the output breaks.
pub fn write_json_lines(passages: &[Passage], output: &mut impl Write) -> io::Result<()> {
    for (passage, rank) in passages.iter().zip(1..) {
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

/// Writes passages, best first, for a person to read.
///
/// # Errors
/// If the output breaks.
pub fn write_text(passages: &[Passage], output: &mut impl Write) -> io::Result<()> {
    for (passage, rank) in passages.iter().zip(1..) {
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

/// One query of a batch.
#[derive(Deserialize)]
pub struct QueryLine {
    /// The asker's own id.
    id: serde_json::Value,
    /// The question.
    pub query: String,
}

impl QueryLine {
    /// Writes the line `{"id","ranked"}` for it.
    ///
    /// # Errors
    /// If the output breaks.
    pub fn answer(&self, ranked: &[String], output: &mut impl Write) -> io::Result<()> {
        write_line(output, &RankedLine { id: &self.id, ranked })
    }
}

#[derive(Serialize)]
struct RankedLine<'a> {
    id: &'a serde_json::Value,
    ranked: &'a [String],
}

/// Reads the lines `{"id","query"}` of a batch; empty ones are passed over.
pub fn batch(input: impl BufRead) -> impl Iterator<Item = Result<QueryLine, SearchError>> {
    input.lines().zip(1..).filter_map(|(line, number)| {
        let line = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(error.into())),
        };
        let line = line.trim_start_matches('\u{feff}').trim();
        (!line.is_empty()).then(|| {
            serde_json::from_str(line).map_err(|error| SearchError::Query {
                line: number,
                reason: format!("expected {{\"id\",\"query\"}}: {error}"),
            })
        })
    })
}

/// Reads lines `{"id","query"}`, writes for each a line `{"id","ranked"}` with the documents found, best first.
///
/// # Errors
/// [`SearchError`]; what was written up to there stands.
pub async fn search_batch(
    knowledge: &KnowledgeBase,
    input: impl BufRead,
    output: &mut impl Write,
) -> Result<(), SearchError> {
    for query in batch(input) {
        let query = query?;
        query.answer(&knowledge.rank_documents(&query.query, MOST_RANKED).await?, output)?;
    }
    Ok(())
}

fn write_line(output: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}
