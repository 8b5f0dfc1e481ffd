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
    /// How it went, if there was a search at all.
    pub measured: Option<Measured>,
}

/// How a search of the company's knowledge went, in numbers: they say nothing of what was asked.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    /// How many passages came up, answers or not.
    pub hits: usize,
    /// The evidence of the surest of them.
    pub top: f32,
    /// The evidence from which on a passage counted as an answer.
    pub threshold: f32,
}

/// What the numbers of a search say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// Nothing came up: it is not in the knowledge.
    Nothing,
    /// Nothing that came up speaks to the question: it is not in the knowledge.
    FarBelow,
    /// Something came up that nearly was an answer: perhaps the threshold is too high.
    JustBelow,
    /// There was an answer.
    Evident,
}

impl Measured {
    /// From this share of the threshold on, a passage nearly was an answer.
    const NEARLY: f32 = 0.8;

    /// What the numbers say.
    pub fn reading(&self) -> Reading {
        match self {
            Self { hits: 0, .. } => Reading::Nothing,
            Self { top, threshold, .. } if top >= threshold => Reading::Evident,
            Self { top, threshold, .. } if *top >= threshold * Self::NEARLY => Reading::JustBelow,
            Self { .. } => Reading::FarBelow,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_known_and_cut_too_tight_look_different() {
        for (hits, top, reading) in [
            (0, 0.0, Reading::Nothing),
            (5, 0.0, Reading::FarBelow),
            (5, 0.39, Reading::FarBelow),
            (1, 0.41, Reading::JustBelow),
            (5, 0.499, Reading::JustBelow),
            (1, 0.5, Reading::Evident),
        ] {
            assert_eq!(Measured { hits, top, threshold: 0.5 }.reading(), reading, "{hits} {top}");
        }
        assert_eq!(Measured { hits: 1, top: 0.0, threshold: 0.0 }.reading(), Reading::Evident);
    }
}
