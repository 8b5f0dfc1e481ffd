//! A customer's question as the index sees it: weighted terms, and for each word the ways it may be covered.
//! Decides what in a question counts; not which passage answers it.

use crate::domain::language::Language;
use crate::knowledge::analyze;
use crate::knowledge::edge::encoder::Encoder;
use crate::knowledge::index::{SparseVector, TermId};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::stop_words::{Role, is_greeting_pair, role};
use crate::language::shorthand::spelled_out;

/// Words of a query that are looked at; the rest of a very long message says nothing new.
const MOST_WORDS: usize = 64;

/// Weight of a word that only shapes the question.
const FILLER_WEIGHT: f32 = 0.3;

/// Weight of a word that may have been meant instead of a mistyped one.
const GUESS_WEIGHT: f32 = 0.8;

/// What a word counts that the question takes from the message before it; the one before that counts half as much.
const CARRIED_WEIGHT: f32 = 0.5;

/// A query in one language.
#[derive(Clone, PartialEq, Debug)]
pub struct Query {
    /// The language it was read in.
    pub language: Language,
    /// Its words, without grammar and courtesy.
    pub words: Vec<QueryWord>,
}

/// A word of a query.
#[derive(Clone, PartialEq, Debug)]
pub struct QueryWord {
    /// Whether it says what the query is about.
    pub role: Role,
    /// Its term, and, if nothing has it, the terms it may have been meant to be.
    pub terms: Vec<(TermId, f32)>,
    /// What it counts beside the other words: 1 for what the question says itself.
    pub weight: f32,
}

impl Query {
    /// Reads a query in one language: what it says, and what it takes from the messages before it, the newest first.
    pub fn read(
        text: &str,
        carried: &[String],
        language: Language,
        encoder: &Encoder,
        lexicon: &Lexicon,
    ) -> Self {
        let mut query = Self { language, words: Vec::new() };
        query.take(text, 1.0, encoder, lexicon);
        let mut weight = CARRIED_WEIGHT;
        for text in carried {
            query.take(text, weight, encoder, lexicon);
            weight *= CARRIED_WEIGHT;
        }
        query
    }

    fn take(&mut self, text: &str, weight: f32, encoder: &Encoder, lexicon: &Lexicon) {
        let language = self.language;
        let typed = analyze::words(text).take(MOST_WORDS);
        let mut typed = typed.map(|word| spelled_out(&word, language).into_owned()).peekable();
        while let Some(word) = typed.next() {
            if typed.next_if(|next| is_greeting_pair(language, &word, next)).is_some() {
                continue;
            }
            let role = role(language, &word);
            match role {
                Role::Function | Role::Greeting => continue,
                Role::Content | Role::Filler => {}
            }
            let Some(term) = encoder.word(language, &word) else { continue };
            if self.words.iter().any(|known| known.terms.first().is_some_and(|(first, _)| *first == term)) {
                continue;
            }
            let mut terms = vec![(term, 1.0)];
            if role == Role::Content && !lexicon.knows(term) {
                for guess in lexicon.guesses(&word) {
                    let known = |guessed: &TermId| *guessed != term && lexicon.knows(*guessed);
                    let guessed = encoder.word(language, guess).filter(known);
                    terms.extend(guessed.map(|guessed| (guessed, GUESS_WEIGHT)));
                }
            }
            self.words.push(QueryWord { role, terms, weight });
        }
    }
}

/// The terms to search for: those of the query in every language that documents are written in.
pub fn terms(queries: &[Query]) -> SparseVector {
    let words = queries.iter().flat_map(|query| &query.words);
    let weighted = words.flat_map(|word| {
        let weight = if word.role == Role::Filler { FILLER_WEIGHT } else { 1.0 } * word.weight;
        word.terms.iter().map(move |(term, certainty)| (*term, certainty * weight))
    });
    weighted.collect()
}
