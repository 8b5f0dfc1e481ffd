//! One form for the many ways a word is written: lower case, no accents. Everything that compares words goes
//! through here; nothing here knows what a word means.

pub use super::stem::{is_stopword, stem};
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// `text` in lower case and without accents: `Próxima AÇÃO` becomes `proxima acao`.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    if text.chars().all(|character| character.is_ascii() || plain(character).is_some()) {
        folded
            .extend(text.chars().map(|character| plain(character).unwrap_or(character.to_ascii_lowercase())));
        return folded;
    }
    for character in text.nfd().filter(|character| !is_combining_mark(*character)) {
        match character {
            // The ordinal signs of `nº 5` and `2ª` are typed as plain letters just as often.
            'º' => folded.push('o'),
            'ª' => folded.push('a'),
            _ => folded.extend(character.to_lowercase()),
        }
    }
    folded
}

/// The plain letter of one that our languages write with an accent: most texts have no others.
fn plain(character: char) -> Option<char> {
    Some(match character {
        'á' | 'à' | 'â' | 'ã' | 'Á' | 'À' | 'Â' | 'Ã' | 'ª' => 'a',
        'é' | 'ê' | 'É' | 'Ê' => 'e',
        'í' | 'Í' => 'i',
        'ó' | 'ô' | 'õ' | 'Ó' | 'Ô' | 'Õ' | 'º' => 'o',
        'ú' | 'ü' | 'Ú' | 'Ü' => 'u',
        'ç' | 'Ç' => 'c',
        'ñ' | 'Ñ' => 'n',
        _ => return None,
    })
}

/// The folded words of `text`: runs of letters and digits.
pub fn words(text: &str) -> Vec<String> {
    fold(text)
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a [`Token`] is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind {
    /// Letters.
    Word,
    /// ASCII digits.
    Digits,
    /// One character that is neither a letter, a digit nor white space.
    Mark,
}

/// A piece of a text that grammars read: a run of letters, a run of digits, or one mark.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Bytes of the original text.
    pub span: Range<usize>,
    /// What it is made of.
    pub kind: TokenKind,
    /// Folded.
    pub text: String,
}

impl Token {
    /// The digits as a number, if it is a run of at most nine.
    pub fn number(&self) -> Option<i64> {
        (self.kind == TokenKind::Digits && self.text.len() <= 9).then(|| self.text.parse().ok())?
    }

    /// Whether nothing stands between this token and the `next` one.
    pub fn touches(&self, next: &Token) -> bool {
        self.span.end == next.span.start
    }
}

/// Splits `text` into tokens with their places; white space is left out.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    for (start, character) in text.char_indices() {
        let end = start + character.len_utf8();
        let kind = if character.is_ascii_digit() {
            TokenKind::Digits
        } else if character.is_alphabetic() || is_combining_mark(character) {
            TokenKind::Word
        } else if character.is_whitespace() {
            continue;
        } else {
            TokenKind::Mark
        };
        match found.last_mut() {
            Some(last) if kind != TokenKind::Mark && last.kind == kind && last.span.end == start => {
                last.span.end = end
            }
            _ => found.push(Token { span: start..end, kind, text: String::new() }),
        }
    }
    for token in &mut found {
        token.text = fold(&text[token.span.clone()]);
    }
    found
}

/// The beginning of `text`, at most `limit` bytes, cut on a character boundary.
pub fn beginning(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_takes_case_and_accents_away() {
        for (text, folded) in [
            ("ABC", "abc"),
            ("Próxima AÇÃO", "proxima acao"),
            ("mañana", "manana"),
            ("nº 5, 2ª", "no 5, 2a"),
            ("e\u{301}", "e"),
            ("ÎŞ", "is"),
            ("ÁÀÂÃÉÊÍÓÔÕÚÜÇÑ áàâãéêíóôõúüçñ ªº", "aaaaeeiooouucn aaaaeeiooouucn ao"),
            ("👍 مرحبا", "👍 مرحبا"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        assert_eq!(words("Às 15h30, na AÇÃO!"), ["as", "15h30", "na", "acao"]);
        assert!(words(" ?! ").is_empty());
    }

    #[test]
    fn tokens_keep_their_places() {
        let text = "é 15h30 às 3";
        let found = tokens(text);
        let shown: Vec<_> =
            found.iter().map(|token| (&text[token.span.clone()], token.text.as_str())).collect();
        assert_eq!(shown, [("é", "e"), ("15", "15"), ("h", "h"), ("30", "30"), ("às", "as"), ("3", "3")]);
        assert_eq!(found[1].number(), Some(15));
        assert!(found[1].touches(&found[2]));
    }

    #[test]
    fn a_beginning_never_splits_a_character() {
        assert_eq!(beginning("ação", 2), "a");
        assert_eq!(beginning("ação", 99), "ação");
    }
}
