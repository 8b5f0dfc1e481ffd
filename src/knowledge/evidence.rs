//! How sure we may be that a passage answers a query, from 0 to 1 and comparable between queries. A relevance score
//! is not: the best passage about nothing also has a score. What counts is how much of what was asked about the
//! passage speaks of at all, rare words more than common ones; its length does not matter.

use crate::knowledge::index::SparseVector;
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::query::{Query, QueryWord};
use crate::knowledge::stop_words::Role;

/// A query of nothing but fillers ("quanto é?") may point at a passage, but asks about nothing.
const FILLERS_ONLY: f32 = 0.4;

/// The share of the query that the passage with these terms covers.
pub fn evidence(query: &Query, passage: &SparseVector, lexicon: &Lexicon) -> f32 {
    let of_role = |role: Role| query.words.iter().filter(move |word| word.role == role);
    match covered(of_role(Role::Content), passage, lexicon) {
        Some(share) => share,
        None => covered(of_role(Role::Filler), passage, lexicon).map_or(0.0, |share| share * FILLERS_ONLY),
    }
}

fn covered<'a>(
    words: impl Iterator<Item = &'a QueryWord>,
    passage: &SparseVector,
    lexicon: &Lexicon,
) -> Option<f32> {
    let (mut asked, mut answered) = (0.0_f32, 0.0_f32);
    for word in words {
        // A mistyped word weighs as much as the word that was meant.
        let weight =
            word.terms.iter().map(|(term, _)| lexicon.inverse_frequency(*term)).fold(f32::INFINITY, f32::min);
        let share = word.terms.iter().filter(|(term, _)| passage.contains(*term)).map(|(_, share)| *share);
        asked += weight;
        answered += weight * share.fold(0.0, f32::max);
    }
    (asked > 0.0).then(|| (answered / asked).clamp(0.0, 1.0))
}
