//! From text to the words it is found by. Documents and queries pass through here alike, so that whatever is done
//! to a word is done on both sides. Stemming follows in the encoder (`edge.rs`).
//!
//! Customers write `devolucao` as often as `devolução`, so accents are folded away. A stemmer, however, knows the
//! endings of its language only with their accents, so those are put back on endings after folding.

use crate::domain::language::Language;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Letters a word keeps; the rest adds nothing but size.
const LONGEST_WORD: usize = 40;

/// Prefixes up to this length join the word after their hyphen: `e-mail`, `on-line`.
const JOINED_PREFIX: usize = 2;

/// The words of a text: lower case, without accents, punctuation left out.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| {
        !(character.is_alphanumeric() || is_combining_mark(character) || character == '-')
    })
    .flat_map(split_at_hyphens)
    .map(|word| fold(&word))
    .filter(|word| !word.is_empty())
}

/// Takes apart what hyphens hold together, except behind a very short prefix.
fn split_at_hyphens(token: &str) -> Vec<Cow<'_, str>> {
    match token.split_once('-') {
        None => vec![Cow::Borrowed(token)],
        Some((prefix, rest))
            if !prefix.is_empty()
                && prefix.chars().count() <= JOINED_PREFIX
                && prefix.chars().all(char::is_alphabetic)
                && rest.chars().all(char::is_alphabetic) =>
        {
            vec![Cow::Owned(format!("{prefix}{rest}"))]
        }
        Some(_) => token.split('-').map(Cow::Borrowed).collect(),
    }
}

fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.chars().take(LONGEST_WORD).map(|character| character.to_ascii_lowercase()).collect();
    }
    word.nfkd()
        .filter(|character| !is_combining_mark(*character))
        .flat_map(char::to_lowercase)
        .filter(|character| character.is_alphanumeric())
        .take(LONGEST_WORD)
        .collect()
}

/// The form of a folded word that goes to the stemmer of its language.
pub fn stemmer_form(language: Language, word: &str) -> Cow<'_, str> {
    match language {
        Language::Portuguese => portuguese(word),
        Language::Spanish => spanish(word),
        Language::English => Cow::Borrowed(word),
    }
}

/// Plurals that change the stem, and the singular ending they come from.
const PORTUGUESE_PLURALS: [(&str, &str); 10] = [
    ("oes", "ao"),
    ("aes", "ao"),
    ("ais", "al"),
    ("eis", "el"),
    ("ois", "ol"),
    ("uis", "ul"),
    ("ens", "em"),
    ("res", "r"),
    ("zes", "z"),
    ("ses", "s"),
];

/// Plurals in `-eis` whose singular ends in an unstressed `-il`.
const PORTUGUESE_UNSTRESSED: [(&str, &str); 6] = [
    ("uteis", "util"),
    ("faceis", "facil"),
    ("dificeis", "dificil"),
    ("frageis", "fragil"),
    ("ferteis", "fertil"),
    ("ageis", "agil"),
];

/// Endings the Portuguese stemmer knows only with their accents.
const PORTUGUESE_ENDINGS: [(&str, &str); 9] = [
    ("cao", "ção"),
    ("encia", "ência"),
    ("ancia", "ância"),
    ("avel", "ável"),
    ("ivel", "ível"),
    ("iamos", "íamos"),
    ("arao", "arão"),
    ("erao", "erão"),
    ("irao", "irão"),
];

/// Verbs in the plural, which the stemmer leaves alone where the stem is short: `abrem`, `abre`.
const PORTUGUESE_THIRD_PERSON: [(&str, &str); 2] = [("am", "a"), ("em", "e")];

/// Nouns made of verbs, which the stemmer leaves alone where the stem is short: `pagamento`, `pagar`.
const PORTUGUESE_VERBAL_NOUNS: [(&str, &str); 4] =
    [("amento", "ar"), ("amentos", "ar"), ("imento", "ir"), ("imentos", "ir")];

fn portuguese(word: &str) -> Cow<'_, str> {
    const SHORTEST_PLURAL: usize = 4;
    const SHORTEST_VERB: usize = 5;
    const SHORTEST_VERBAL_NOUN: usize = 9;
    let mut form = Cow::Borrowed(word);
    if let Some((_, singular)) = PORTUGUESE_UNSTRESSED.iter().find(|(plural, _)| *plural == word) {
        form = Cow::Borrowed(singular);
    } else if word.len() >= SHORTEST_PLURAL {
        form = replace_ending(form, &PORTUGUESE_PLURALS);
    }
    if form.len() >= SHORTEST_VERB {
        form = replace_ending(form, &PORTUGUESE_THIRD_PERSON);
    }
    if form.len() >= SHORTEST_VERBAL_NOUN {
        form = replace_ending(form, &PORTUGUESE_VERBAL_NOUNS);
    }
    replace_ending(form, &PORTUGUESE_ENDINGS)
}

const SPANISH_ENDINGS: [(&str, &str); 4] =
    [("ciones", "ción"), ("siones", "sión"), ("cion", "ción"), ("sion", "sión")];

fn spanish(word: &str) -> Cow<'_, str> {
    replace_ending(Cow::Borrowed(word), &SPANISH_ENDINGS)
}

/// Replaces the first of the endings that the word has beside at least one other letter.
fn replace_ending<'a>(word: Cow<'a, str>, endings: &[(&str, &str)]) -> Cow<'a, str> {
    let replaced = endings.iter().find_map(|(from, to)| {
        let stem = word.strip_suffix(from).filter(|stem| !stem.is_empty())?;
        Some(format!("{stem}{to}"))
    });
    replaced.map_or(word, Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        words(text).collect()
    }

    #[test]
    fn words_are_folded_whatever_their_encoding() {
        assert_eq!(all("Não, AÇÃO! R$ 10,00"), ["nao", "acao", "r", "10", "00"]);
        assert_eq!(all("na\u{303}o"), ["nao"]);
        assert_eq!(all("1º ﬁm ＡＢＣ"), ["1o", "fim", "abc"]);
    }

    #[test]
    fn short_prefixes_join_and_other_hyphens_part() {
        assert_eq!(
            all("e-mail on-line guarda-chuva 2024-05 - a- -"),
            all("email online guarda chuva 2024 05 a")
        );
    }

    #[test]
    fn endings_get_their_accents_back() {
        let form = |word| stemmer_form(Language::Portuguese, word).into_owned();
        assert_eq!(form("devolucoes"), "devolução");
        assert_eq!(form("devolucao"), "devolução");
        assert_eq!(form("cartoes"), "cartao");
        assert_eq!(form("disponiveis"), "disponível");
        assert_eq!(form("uteis"), "util");
        assert_eq!(form("flores"), "flor");
        assert_eq!(form("res"), "res");
        assert_eq!((form("abrem"), form("entregam")), ("abre".into(), "entrega".into()));
        assert_eq!((form("pagamento"), form("alimento")), ("pagar".into(), "alimento".into()));
        assert_eq!((form("itens"), form("item")), ("item".into(), "item".into()));
        assert_eq!(stemmer_form(Language::Spanish, "devoluciones"), "devolución");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            for word in words(&text) {
                for language in Language::ALL {
                    let _ = stemmer_form(language, &word);
                }
            }
        }
    }
}
