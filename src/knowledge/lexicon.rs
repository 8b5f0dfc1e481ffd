//! The words of what is indexed: how rare a term is, and which known word a mistyped one may have been.

use crate::domain::language::Language;
use crate::knowledge::analyze;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::index::{SparseVector, TermId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;

/// Shorter words have too many neighbours to guess.
const SHORTEST_GUESS: usize = 5;

/// A letter in the wrong place of the alphabet is only taken for a slip in words of this length …
const SHORTEST_SUBSTITUTION: usize = 7;

/// … or where the two letters sound alike in the languages we serve.
const SOUND_ALIKE: [(u8, u8); 12] = [
    (b's', b'z'),
    (b's', b'c'),
    (b'c', b'k'),
    (b'c', b'q'),
    (b'g', b'j'),
    (b'i', b'y'),
    (b'e', b'i'),
    (b'o', b'u'),
    (b'm', b'n'),
    (b'x', b's'),
    (b'l', b'u'),
    (b'v', b'w'),
];

/// Frequencies and spellings of what is indexed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lexicon {
    entries: u32,
    frequencies: HashMap<TermId, u32>,
    words: BTreeSet<String>,
    /// Earlier versions did not write it.
    #[serde(default)]
    languages: BTreeSet<Language>,
}

impl Lexicon {
    /// Counts an entry: its terms, and the words of its passage.
    pub fn observe(&mut self, terms: &[TermId], chunk: &Chunk) {
        self.count(terms);
        self.languages.insert(chunk.language);
        let texts = [&chunk.title, &chunk.text].into_iter().chain(&chunk.heading).chain(&chunk.tags);
        texts.for_each(|text| self.learn(text));
    }

    /// Counts the terms of an entry, without its words.
    pub fn count(&mut self, terms: &[TermId]) {
        self.entries = self.entries.saturating_add(1);
        for term in terms {
            *self.frequencies.entry(*term).or_insert(0) += 1;
        }
    }

    /// This, when what was counted in `lost` has gone and what was counted in `added` has come. Words and languages are
    /// not counted: those of what has gone stay, and lead to nothing.
    #[must_use]
    pub fn changed(&self, lost: &Self, added: &Self) -> Self {
        let mut changed = self.clone();
        changed.entries = self.entries.saturating_sub(lost.entries).saturating_add(added.entries);
        for (term, count) in &lost.frequencies {
            let left = changed.frequencies.get(term).map_or(0, |before| before.saturating_sub(*count));
            match left {
                0 => changed.frequencies.remove(term),
                _ => changed.frequencies.insert(*term, left),
            };
        }
        for (term, count) in &added.frequencies {
            *changed.frequencies.entry(*term).or_insert(0) += count;
        }
        changed.words.extend(added.words.iter().cloned());
        changed.languages.extend(&added.languages);
        changed
    }

    /// The terms of a query as a part of the index has to be asked for them, which knows only its own frequencies: so that
    /// its scores are those of the whole.
    pub fn weigh(&self, query: &SparseVector, part: &Self) -> SparseVector {
        let weighed = query.indices.iter().zip(&query.values).map(|(term, weight)| {
            (*term, weight * self.inverse_frequency(*term) / part.inverse_frequency(*term))
        });
        weighed.collect()
    }

    fn learn(&mut self, text: &str) {
        let guessable =
            |word: &String| word.len() >= SHORTEST_GUESS && word.bytes().all(|it| it.is_ascii_lowercase());
        for word in analyze::words(text).filter(guessable) {
            if !self.words.contains(&word) {
                self.words.insert(word);
            }
        }
    }

    /// How many entries were counted.
    pub fn entries(&self) -> usize {
        self.entries as usize
    }

    /// The languages of what is indexed; none if an earlier version has counted.
    pub fn languages(&self) -> &BTreeSet<Language> {
        &self.languages
    }

    /// Whether anything that is indexed has the term.
    pub fn knows(&self, term: TermId) -> bool {
        self.frequencies.contains_key(&term)
    }

    /// How telling a term is: the rarer, the more; one that is nowhere to be found tells the most.
    pub fn inverse_frequency(&self, term: TermId) -> f32 {
        let frequency = self.frequencies.get(&term).copied().unwrap_or(0) as f32;
        ((self.entries as f32 - frequency + 0.5) / (frequency + 0.5) + 1.0).ln()
    }

    /// The known words that `word` may have been meant to be: one slip away, with the same first letter.
    pub fn guesses<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> {
        let first = word.get(..1).filter(|_| word.len() >= SHORTEST_GUESS);
        first
            .into_iter()
            .flat_map(|first| {
                self.words
                    .range::<str, _>((Bound::Included(first), Bound::Unbounded))
                    .take_while(move |known| known.starts_with(first))
            })
            .map(String::as_str)
            .filter(|known| one_slip(word.as_bytes(), known.as_bytes()))
    }
}

/// Whether one letter was left out, added, swapped with its neighbour, or mistaken.
fn one_slip(typed: &[u8], known: &[u8]) -> bool {
    let start = typed.iter().zip(known).take_while(|(left, right)| left == right).count();
    let (typed, known, length) = (&typed[start..], &known[start..], known.len());
    match (typed, known) {
        ([_, typed_rest @ ..], [_, known_rest @ ..]) if typed.len() == known.len() => match (typed, known) {
            ([a, b, typed_rest @ ..], [c, d, known_rest @ ..]) if a == d && b == c => {
                typed_rest == known_rest
            }
            ([a, ..], [b, ..]) => {
                let alike = SOUND_ALIKE.contains(&(*a, *b)) || SOUND_ALIKE.contains(&(*b, *a));
                (alike || length >= SHORTEST_SUBSTITUTION) && typed_rest == known_rest
            }
            ([], _) | (_, []) => false,
        },
        (typed, [_, known_rest @ ..]) if typed.len() == known_rest.len() => typed == known_rest,
        ([_, typed_rest @ ..], known) if typed_rest.len() == known.len() => typed_rest == known,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(text: &str) -> Chunk {
        Chunk {
            id: uuid::Uuid::nil(),
            source: String::new(),
            title: String::new(),
            heading: None,
            tags: Vec::new(),
            text: text.to_owned(),
            language: Language::Portuguese,
            ordinal: 0,
            valid_from: None,
            valid_until: None,
            audience: None,
            owner: None,
        }
    }

    fn lexicon(texts: &[&str]) -> Lexicon {
        let mut lexicon = Lexicon::default();
        for (term, text) in texts.iter().enumerate() {
            lexicon.observe(&[7, 100 + term as u32], &chunk(text));
        }
        lexicon
    }

    #[test]
    fn rare_terms_tell_more_and_missing_ones_most() {
        let lexicon = lexicon(&["a", "b", "c"]);
        let [common, rare, missing] = [7, 101, 999].map(|term| lexicon.inverse_frequency(term));
        assert!(0.0 < common && common < rare && rare < missing);
        assert!(Lexicon::default().inverse_frequency(1).is_finite());
    }

    #[test]
    fn a_change_leaves_the_counts_of_what_is_there() {
        let whole = lexicon(&["Vasos", "Orquídea", "Entrega"]);
        let (mut lost, mut added) = (Lexicon::default(), Lexicon::default());
        lost.count(&[7, 101]);
        added.observe(&[7, 200], &chunk("Garantia"));
        added.observe(&[200], &chunk(""));
        let changed = whole.changed(&lost, &added);
        assert_eq!((changed.entries(), changed.knows(101), changed.knows(200)), (4, false, true));
        assert_eq!([7, 200].map(|term| changed.frequencies[&term]), [3, 2]);
        assert_eq!(changed.guesses("garrantia").collect::<Vec<_>>(), ["garantia"]);
        // A part that is asked for the weighed terms answers with the frequencies of the whole.
        let query: SparseVector = [(7, 2.0)].into_iter().collect();
        let score = changed.weigh(&query, &added).values[0] * added.inverse_frequency(7);
        assert!((score - 2.0 * changed.inverse_frequency(7)).abs() < 1e-6);
        assert_eq!(whole.weigh(&query, &whole), query);
    }

    #[test]
    fn one_slip_is_forgiven() {
        let lexicon = lexicon(&["Devolução de plantas, entrega, garantia, orquídea, vasos"]);
        let guess = |word| lexicon.guesses(word).collect::<Vec<_>>();
        assert_eq!(guess("devolcao"), ["devolucao"]);
        assert_eq!(guess("entrgea"), ["entrega"]);
        assert_eq!(guess("garrantia"), ["garantia"]);
        assert_eq!(guess("orquidia"), ["orquidea"]);
        assert_eq!(guess("plamtas"), ["plantas"]);
        assert_eq!(guess("vaxos"), ["vasos"]);
    }

    #[test]
    fn other_words_are_left_alone() {
        let lexicon = lexicon(&["casas pratos entrega"]);
        for word in ["camas", "pretos", "engodos", "vasos", "", "é", "entregadores", "entrega"] {
            assert_eq!(lexicon.guesses(word).count(), 0, "{word}");
        }
    }
}
