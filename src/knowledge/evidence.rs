//! How sure we may be that a passage answers a query, from 0 to 1 and comparable between queries. A relevance score
//! is not: the best passage about nothing also has a score. What counts is how much of what was asked about the
//! passage speaks of at all, rare words more than common ones; its length does not matter.

use crate::domain::language::Language;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::edge::encoder::Encoder;
use crate::knowledge::fuse::logistic;
use crate::knowledge::index::{SparseVector, TermId};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::query::{Query, QueryWord};
use crate::knowledge::stop_words::Role;

/// A query of nothing but fillers ("quanto é?") may point at a passage, but asks about nothing.
const FILLERS_ONLY: f32 = 0.4;

/// What is only a tag of the document, this passage may not say.
const TAG_SHARE: f32 = 0.5;

/// Stands between a passage's own words and its tags; no word holds it.
const TAGS: char = '\u{1f}';

/// What a passage speaks of.
#[derive(Clone, PartialEq, Debug)]
pub struct Covering {
    /// The terms of its title, heading and text.
    pub own: SparseVector,
    /// The terms of the document's tags.
    pub tags: SparseVector,
}

impl Covering {
    /// Everything of a passage that it is read out of.
    pub fn text(chunk: &Chunk) -> String {
        let heading = chunk.heading.as_deref().unwrap_or_default();
        format!("{}\n{heading}\n{}{TAGS}{}", chunk.title, chunk.text, chunk.tags.join(" "))
    }

    /// The terms of a passage's text.
    pub fn of(text: &str, language: Language, encoder: &Encoder) -> Self {
        let (own, tags) = text.rsplit_once(TAGS).unwrap_or((text, ""));
        let of = |text: &str| encoder.text(language, text);
        Self { own: of(own), tags: of(tags) }
    }

    fn share(&self, term: TermId) -> f32 {
        if self.own.contains(term) {
            1.0
        } else if self.tags.contains(term) {
            TAG_SHARE
        } else {
            0.0
        }
    }
}

/// The share of the query that the passage covers.
pub fn evidence(query: &Query, passage: &Covering, lexicon: &Lexicon) -> f32 {
    let of_role = |role: Role| query.words.iter().filter(move |word| word.role == role);
    match covered(of_role(Role::Content), passage, lexicon) {
        Some(share) => share,
        None => covered(of_role(Role::Filler), passage, lexicon).map_or(0.0, |share| share * FILLERS_ONLY),
    }
}

/// What a share of covered words is worth beside the closeness of the meaning, in standard deviations.
const WORTH_OF_WORDS: f32 = 2.5;

/// Closeness, words included, at which a passage is as likely an answer as not. Customers' questions of which half was
/// answerable gave it, in three languages: `tests/knowledge/questions.jsonl`.
const EVEN: f32 = 2.6;

/// The evidence of a passage whose meaning is known too: `coverage` is what [`evidence`] says, `closeness` how far its
/// meaning is nearer to the question's than that of unrelated texts, in standard deviations.
pub fn with_meaning(coverage: f32, closeness: f32) -> f32 {
    logistic(closeness + coverage * WORTH_OF_WORDS - EVEN)
}

fn covered<'a>(
    words: impl Iterator<Item = &'a QueryWord>,
    passage: &Covering,
    lexicon: &Lexicon,
) -> Option<f32> {
    let (mut asked, mut answered) = (0.0_f32, 0.0_f32);
    for QueryWord { terms, weight, role: _ } in words {
        // A mistyped word weighs as much as the word that was meant.
        let rarity =
            terms.iter().map(|(term, _)| lexicon.inverse_frequency(*term)).fold(f32::INFINITY, f32::min);
        let rarity = rarity * weight;
        let share =
            terms.iter().map(|(term, certainty)| certainty * passage.share(*term)).fold(0.0, f32::max);
        asked += rarity;
        answered += rarity * share;
    }
    (asked > 0.0).then(|| (answered / asked).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use proptest::prelude::*;

    fn query(words: &[(Role, &[(TermId, f32)])]) -> Query {
        let words = words
            .iter()
            .map(|(role, terms)| QueryWord { role: *role, terms: terms.to_vec(), weight: 1.0 })
            .collect();
        Query { language: Language::Portuguese, words }
    }

    fn passage(own: &[TermId], tags: &[TermId]) -> Covering {
        let terms = |terms: &[TermId]| terms.iter().map(|term| (*term, 1.0)).collect();
        Covering { own: terms(own), tags: terms(tags) }
    }

    #[test]
    fn half_of_what_was_asked_is_half_the_evidence() {
        let asked =
            query(&[(Role::Content, &[(1, 1.0)]), (Role::Content, &[(2, 1.0)]), (Role::Filler, &[(3, 1.0)])]);
        let lexicon = Lexicon::default();
        assert_eq!(evidence(&asked, &passage(&[1, 2], &[]), &lexicon), 1.0);
        assert_eq!(evidence(&asked, &passage(&[2, 3, 4, 5], &[]), &lexicon), 0.5);
        assert_eq!(evidence(&asked, &passage(&[3], &[]), &lexicon), 0.0);
        assert_eq!(evidence(&asked, &passage(&[1], &[2]), &lexicon), 0.75);
    }

    #[test]
    fn a_guess_counts_a_little_less_and_fillers_alone_little() {
        let lexicon = Lexicon::default();
        let guessed = query(&[(Role::Content, &[(1, 1.0), (2, 0.8)])]);
        assert_eq!(evidence(&guessed, &passage(&[2], &[]), &lexicon), 0.8);
        assert_eq!(
            evidence(&query(&[(Role::Filler, &[(1, 1.0)])]), &passage(&[1], &[]), &lexicon),
            FILLERS_ONLY
        );
        assert_eq!(evidence(&query(&[]), &passage(&[1], &[]), &lexicon), 0.0);
    }

    #[test]
    fn meaning_makes_up_for_words_and_words_for_meaning() {
        assert!(with_meaning(0.0, 3.5) > 0.5 && with_meaning(1.0, 0.5) > 0.5);
        assert!(with_meaning(0.0, 1.5) < 0.5 && with_meaning(0.3, 1.0) < 0.5);
        assert!(
            with_meaning(0.6, 2.0) > with_meaning(0.5, 2.0)
                && with_meaning(0.5, 2.1) > with_meaning(0.5, 2.0)
        );
    }

    proptest! {
        #[test]
        fn it_is_a_share(own in prop::collection::vec(0_u32..9, 0..9), asked in prop::collection::vec(0_u32..9, 0..9)) {
            let words: Vec<_> = asked.iter().map(|term| [(*term, 1.0)]).collect();
            let words: Vec<_> = words.iter().map(|terms| (Role::Content, terms.as_slice())).collect();
            let share = evidence(&query(&words), &passage(&own, &[]), &Lexicon::default());
            prop_assert!((0.0..=1.0).contains(&share));
        }
    }
}
