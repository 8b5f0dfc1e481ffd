//! Entries that people propose for the knowledge, each a file below the data folder until somebody approves or rejects it. What
//! was approved becomes a document among the uploads. It indexes nothing.

use super::generation::write_durably;
use crate::domain::ids::MessageId;
use crate::domain::language::Language;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// Longest question of an entry, in characters.
pub const LONGEST_QUESTION: usize = 300;
/// Longest answer of an entry, in characters.
pub const LONGEST_ANSWER: usize = 4_000;
/// Most proposals that are kept.
const MOST: usize = 5_000;

/// How a proposal stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nobody has decided.
    Proposed,
    /// It is knowledge now.
    Approved,
    /// It will not be.
    Rejected,
}

/// A proposed entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: Uuid,
    /// The gap that it fills.
    pub gap: MessageId,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// The language of both.
    pub language: Language,
    /// How it stands.
    pub state: Standing,
    /// Name of the key that proposed it.
    pub proposed_by: String,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// Name of the key that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
}

/// Words that somebody wants an entry to have; what is left out stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wording {
    /// The question.
    pub question: Option<String>,
    /// The answer.
    pub answer: Option<String>,
}

/// What somebody decides on a proposal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It becomes knowledge, in these words.
    Approve(Wording),
    /// It does not.
    Reject,
}

/// What stands in the way of a proposal.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// No proposal has the id.
    #[error("there is no such proposal")]
    NotFound,
    /// It was decided before.
    #[error("the proposal was decided before")]
    Decided,
    /// There are too many.
    #[error("there are {MOST} proposals already; decide on some first")]
    TooMany,
    /// A file cannot be read or written.
    #[error("{path}: {reason}")]
    Fault {
        /// The file.
        path: String,
        /// What the system says.
        reason: io::Error,
    },
}

/// The proposals of a data folder.
pub struct Proposals {
    folder: PathBuf,
    uploads: PathBuf,
    /// Two decisions on one proposal must not both be made.
    deciding: Mutex<()>,
}

impl Proposals {
    /// Those below `data`, which need not be there.
    pub fn below(data: &Path) -> Self {
        Self { folder: data.join("proposals"), uploads: uploads_below(data), deciding: Mutex::default() }
    }

    /// Every proposal, the newest first; one whose file cannot be read is left out and said so in the log.
    ///
    /// # Errors
    /// [`ProposalError::Fault`] if the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Proposal>, ProposalError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fault(&self.folder, error)),
        };
        let mut proposals = Vec::new();
        for entry in entries.take(2 * MOST) {
            let path = entry.map_err(|error| fault(&self.folder, error))?.path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let read = fs::read(&path).map_err(|error| error.to_string());
            match read.and_then(|bytes| {
                serde_json::from_slice::<Proposal>(&bytes).map_err(|error| error.to_string())
            }) {
                Ok(proposal) => proposals.push(proposal),
                Err(error) => tracing::warn!(file = %path.display(), error, "a proposal cannot be read"),
            }
        }
        proposals.sort_by_key(|proposal| std::cmp::Reverse((proposal.proposed_at, proposal.id)));
        Ok(proposals)
    }

    /// Keeps a new proposal.
    ///
    /// # Errors
    /// [`ProposalError`].
    pub fn add(&self, proposal: &Proposal) -> Result<(), ProposalError> {
        if self.list()?.len() >= MOST {
            return Err(ProposalError::TooMany);
        }
        self.write(proposal)
    }

    /// Approves or rejects. What is approved is a document when this returns, and has to be indexed.
    ///
    /// # Errors
    /// [`ProposalError::NotFound`], [`ProposalError::Decided`], [`ProposalError::Fault`].
    pub fn decide(
        &self,
        id: Uuid,
        decision: Decision,
        by: &str,
        at: Timestamp,
    ) -> Result<Proposal, ProposalError> {
        let _alone = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.list()?.into_iter().find(|proposal| proposal.id == id);
        let mut proposal = found.ok_or(ProposalError::NotFound)?;
        if proposal.state != Standing::Proposed {
            return Err(ProposalError::Decided);
        }
        proposal.state = match decision {
            Decision::Approve(Wording { question, answer }) => {
                proposal.question = question.unwrap_or(proposal.question);
                proposal.answer = answer.unwrap_or(proposal.answer);
                // The document first: a crash in between leaves a proposal that can be approved once more.
                let path = self.uploads.join(format!("resposta-{}.md", proposal.id.simple()));
                write_whole(&path, document(&proposal).as_bytes())?;
                Standing::Approved
            }
            Decision::Reject => Standing::Rejected,
        };
        proposal.decided_by = Some(by.to_owned());
        proposal.decided_at = Some(at);
        self.write(&proposal)?;
        Ok(proposal)
    }

    fn write(&self, proposal: &Proposal) -> Result<(), ProposalError> {
        let path = self.folder.join(format!("{}.json", proposal.id));
        let bytes =
            serde_json::to_vec_pretty(proposal).map_err(|error| fault(&path, io::Error::other(error)))?;
        write_whole(&path, &bytes)
    }
}

/// Where uploaded documents lie.
pub fn uploads_below(data: &Path) -> PathBuf {
    data.join("uploads")
}

/// The entry as a document: its question is the title and the heading.
fn document(proposal: &Proposal) -> String {
    let question = proposal.question.replace(['"', '\\', '\n'], " ");
    format!(
        "---\ntitle: \"{}\"\nlanguage: {}\n---\n\n## {}\n{}\n",
        question.trim(),
        proposal.language.tag(),
        question.trim(),
        proposal.answer.trim()
    )
}

/// Writes a file that is there whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ProposalError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
    // The dot keeps a half-written one from being read as a document.
    let draft = folder.join(format!(".{}", path.file_name().unwrap_or_default().to_string_lossy()));
    write_durably(&draft, bytes).map_err(|error| fault(&draft, error))?;
    fs::rename(&draft, path).map_err(|error| fault(path, error))
}

fn fault(path: &Path, reason: io::Error) -> ProposalError {
    ProposalError::Fault { path: path.display().to_string(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(number: u128) -> Proposal {
        Proposal {
            id: Uuid::from_u128(number),
            gap: MessageId(Uuid::nil()),
            question: "Vocês \"alugam\" plantas?".to_owned(),
            answer: "Alugamos por R$ 500,00 o dia.".to_owned(),
            language: Language::Portuguese,
            state: Standing::Proposed,
            proposed_by: "Marina".to_owned(),
            proposed_at: Timestamp::UNIX_EPOCH,
            decided_by: None,
            decided_at: None,
        }
    }

    #[test]
    fn what_is_approved_is_a_document_and_decided_once() {
        let data = tempfile::tempdir().unwrap();
        let proposals = Proposals::below(data.path());
        assert_eq!(proposals.list().unwrap(), []);
        proposals.add(&proposal(1)).unwrap();
        proposals.add(&proposal(2)).unwrap();
        let shorter = Wording { answer: Some("Alugamos.".to_owned()), ..Wording::default() };
        let decided = proposals
            .decide(Uuid::from_u128(1), Decision::Approve(shorter), "Ana", Timestamp::UNIX_EPOCH)
            .unwrap();
        assert_eq!((decided.state, decided.decided_by.as_deref()), (Standing::Approved, Some("Ana")));
        assert_eq!(decided.answer, "Alugamos.", "it is kept as it was approved");
        let written: Vec<_> = fs::read_dir(uploads_below(data.path())).unwrap().collect();
        assert_eq!(written.len(), 1);
        let text = fs::read_to_string(written[0].as_ref().unwrap().path()).unwrap();
        assert!(
            text.starts_with("---\ntitle: \"Vocês  alugam  plantas?\"\nlanguage: pt-BR\n---\n"),
            "{text}"
        );
        assert!(text.ends_with("?\nAlugamos.\n"), "{text}");
        let again = proposals.decide(Uuid::from_u128(1), Decision::Reject, "Ana", Timestamp::UNIX_EPOCH);
        assert!(matches!(again, Err(ProposalError::Decided)), "{again:?}");
        proposals.decide(Uuid::from_u128(2), Decision::Reject, "Ana", Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(
            fs::read_dir(uploads_below(data.path())).unwrap().count(),
            1,
            "what is rejected is no document"
        );
        let unknown = proposals.decide(Uuid::from_u128(3), Decision::Reject, "Ana", Timestamp::UNIX_EPOCH);
        assert!(matches!(unknown, Err(ProposalError::NotFound)));
    }
}
