//! Lists of words and phrases that are looked for in a sentence all at once. It finds; what a list means is its owner's.

use super::fold::words;
use aho_corasick::AhoCorasick;

/// A list of folded phrases.
pub struct Phrases {
    /// `None` only if the list were too large for it.
    automaton: Option<AhoCorasick>,
}

impl Phrases {
    /// The phrases of `list`, divided by `|`.
    pub fn of(list: &str) -> Self {
        Self { automaton: AhoCorasick::new(list.split('|').map(|phrase| format!(" {phrase} "))).ok() }
    }

    /// Whether one of them is among the words that [`spaced`] has made.
    pub fn are_in(&self, spaced: &str) -> bool {
        self.automaton.as_ref().is_some_and(|automaton| automaton.is_match(spaced))
    }
}

/// The folded words of `text` with one blank before and behind each: ` temos 3 vasos `.
pub fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + 2);
    spaced.push(' ');
    for word in words(text) {
        spaced.push_str(&word);
        spaced.push(' ');
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::{Phrases, spaced};

    #[test]
    fn phrases_are_whole_words() {
        let phrases = Phrases::of("tem|nao sei");
        for (text, found) in [
            ("Tem vaso?", true),
            ("temos vaso", false),
            ("eu NÃO sei", true),
            ("sei não", false),
            ("", false),
        ] {
            assert_eq!(phrases.are_in(&spaced(text)), found, "{text}");
        }
    }
}
