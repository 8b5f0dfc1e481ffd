//! Text into the token ids of a model: normal form, spaces as marks, pieces. Puts nothing at the text's ends.

use super::normalize::Normalizer;
use super::vocabulary::Vocabulary;

/// What a space becomes, and what every text begins with.
const SPACE: char = '\u{2581}';

/// Makes tokens.
pub(super) struct Tokenizer {
    pub(super) normalizer: Normalizer,
    pub(super) vocabulary: Vocabulary,
    /// The token that comes before a text.
    pub(super) begin: u32,
    /// The token that comes after it.
    pub(super) end: u32,
}

impl Tokenizer {
    /// The tokens of `text`.
    pub(super) fn tokens(&self, text: &str) -> Vec<u32> {
        let normal = self.normalizer.apply(text);
        let mut marked = String::with_capacity(normal.len() + 16);
        marked.push(SPACE);
        marked.extend(normal.chars().map(|character| if character == ' ' { SPACE } else { character }));
        self.vocabulary.cut(&marked)
    }
}
