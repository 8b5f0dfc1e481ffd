//! A piece of the company's knowledge that was found for a question.

use crate::domain::language::Language;
use serde::{Deserialize, Serialize};

/// A retrieved piece of a document, as a turn uses and journals it. Its text is untrusted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Passage {
    /// Stable id of the chunk.
    pub id: String,
    /// The document: its path, or its `id` in a JSONL corpus.
    pub source: String,
    /// Title of the document.
    pub title: String,
    /// Heading path inside the document, e.g. `Trocas > Prazo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// The words.
    pub text: String,
    /// Relevance to the query, higher is better; comparable within one search only.
    pub score: f32,
    /// How sure we are that this passage answers the query, 0 to 1; comparable across searches.
    pub evidence: f32,
}

/// What a search of the company's knowledge came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lookup {
    /// What was searched for: the question, completed by what it leans on.
    pub query: String,
    /// The passages, best first.
    pub passages: Vec<Passage>,
}

/// What is to be looked up in the company's knowledge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The customer's words.
    pub text: String,
    /// What the customer wrote before, the newest first; a question like "e no sábado?" leans on it.
    pub before: Vec<String>,
    /// The language the customer speaks: between two equals, the passage in it comes first.
    pub language: Language,
}
