//! An entry for the knowledge, made of a gap and what somebody wants it to say. Pure; it keeps nothing.

use super::Gap;
use crate::domain::clock::Clock;
use crate::domain::language::Language;
use crate::knowledge::proposals::{LONGEST_ANSWER, LONGEST_QUESTION, Proposal, Standing, Wording};
use crate::language::detect::detect;

/// A text that fits into no entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{field}` has 1 to {longest} characters")]
pub struct Unfit {
    /// Which.
    pub field: &'static str,
    /// Most characters.
    pub longest: usize,
}

/// An entry that fills `gap`. What is not worded is taken from the gap: its newest question, the newest answer of a person.
///
/// # Errors
/// [`Unfit`].
pub fn proposal(
    gap: &Gap,
    wording: Wording,
    language: Option<Language>,
    by: String,
    clock: &dyn Clock,
) -> Result<Proposal, Unfit> {
    let question = wording.question.or_else(|| gap.examples.first().map(|example| example.question.clone()));
    let answer = wording.answer.or_else(|| gap.answers.first().cloned());
    let question = fitting("question", question.unwrap_or_default(), LONGEST_QUESTION)?;
    let answer = fitting("answer", answer.unwrap_or_default(), LONGEST_ANSWER)?;
    Ok(Proposal {
        id: clock.new_id(),
        gap: gap.id,
        language: language.or_else(|| detect(&answer)).unwrap_or_default(),
        question,
        answer,
        state: Standing::Proposed,
        proposed_by: by,
        proposed_at: clock.now(),
        decided_by: None,
        decided_at: None,
    })
}

/// A wording of which every part that is given fits.
///
/// # Errors
/// [`Unfit`].
pub fn reworded(wording: Wording) -> Result<Wording, Unfit> {
    Ok(Wording {
        question: wording.question.map(|text| fitting("question", text, LONGEST_QUESTION)).transpose()?,
        answer: wording.answer.map(|text| fitting("answer", text, LONGEST_ANSWER)).transpose()?,
    })
}

fn fitting(field: &'static str, text: String, longest: usize) -> Result<String, Unfit> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > longest {
        return Err(Unfit { field, longest });
    }
    Ok(text.to_owned())
}
