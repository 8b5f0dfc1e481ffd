//! Compares words without case and accents. Stands in for `language::fold` until that module is here.

use crate::language::sizes::unify_sizes;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// `text` in lower case and without accents.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfd().filter(|character| !is_combining_mark(*character)).flat_map(char::to_lowercase).collect()
}

/// The folded words of `text`: runs of letters and digits.
pub fn words(text: &str) -> Vec<String> {
    fold(text)
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The stems of the words that mean something; a size is one word, however it is written.
pub fn stems(text: &str) -> Vec<String> {
    unify_sizes(words(text)).into_iter().filter(|word| !is_stopword(word)).map(|word| stem(&word)).collect()
}

/// A folded word without the ending of its plural.
pub fn stem(word: &str) -> String {
    for (plural, singular) in
        [("oes", "ao"), ("aes", "ao"), ("ais", "al"), ("eis", "el"), ("res", "r"), ("s", "")]
    {
        if let Some(start) = word.strip_suffix(plural)
            && start.len() >= 3
        {
            return format!("{start}{singular}");
        }
    }
    word.to_owned()
}

/// Whether a folded word carries no meaning of its own.
pub fn is_stopword(word: &str) -> bool {
    STOPWORDS.split_ascii_whitespace().any(|stopword| stopword == word)
}

const STOPWORDS: &str = "a o as os um uma e ou de do da dos das em no na nos nas por para pra pro com sem que se eu me \
    voce voces vc vcs tem ter ha qual quais quero queria gostaria oi ola bom boa dia tarde noite favor the an of in on \
    for with and or do you have want el la los las un una del y con hay tiene tienen quiero";
