//! How many people, where it is told and not counted: `só eu`, `eu e mais dois`, `eu e minha esposa`. Numbers that are
//! written are `amounts`.

use super::amount_words::{is_people, phrase_at};
use super::fold::{Token, TokenKind, beginning, tokens};
use super::numbers::read_number;
use super::span::Found;
use crate::domain::language::Language;

/// Longest text that is looked at.
const LONGEST_TEXT: usize = 8 * 1024;
/// Most people that one sentence adds up.
const MOST: i64 = 999;

const ALONE: &[&str] = &[
    "so eu",
    "so eu mesmo",
    "so eu mesma",
    "somente eu",
    "apenas eu",
    "eu sozinho",
    "eu sozinha",
    "so eu por enquanto",
    "trabalho sozinho",
    "trabalho sozinha",
    "trabalho so",
    "moro sozinho",
    "moro sozinha",
    "sou so eu",
    "sou sozinho",
    "sou sozinha",
    "ninguem alem de mim",
    "eu mesmo faco tudo",
    "just me",
    "only me",
    "just myself",
    "me alone",
    "on my own",
    "by myself",
    "solo yo",
    "yo solo",
    "yo sola",
    "solamente yo",
    "trabajo solo",
    "trabajo sola",
];
const PAIR: &[&str] = &[
    "so nos dois",
    "nos dois",
    "so a gente dois",
    "um casal",
    "um casal so",
    "so o casal",
    "the two of us",
    "just the two of us",
    "a couple of us",
    "nosotros dos",
    "somos una pareja",
    "somos um casal",
];

/// The first head count of `text` that is told without counting.
pub fn find_headcount(text: &str, language: Language) -> Option<Found<i64>> {
    let all = tokens(beginning(text, LONGEST_TEXT));
    (0..all.len()).find_map(|at| {
        let (value, used) = count(&all, at, language)?;
        Some(Found { span: all[at].span.start..all[at + used - 1].span.end, value })
    })
}

fn count(all: &[Token], at: usize, language: Language) -> Option<(i64, usize)> {
    if let Some(sum) = with_me(all, at, language) {
        return Some(sum);
    }
    // `só eu e mais dois`: it was not only me after all.
    if matches!(
        all.get(at).map_or("", |token| token.text.as_str()),
        "so" | "somente" | "apenas" | "just" | "only" | "solo"
    ) && let Some((sum, used)) = with_me(all, at + 1, language)
    {
        return Some((sum, used + 1));
    }
    let longest = |list: &[&str]| list.iter().filter_map(|phrase| phrase_at(all, at, phrase)).max();
    longest(ALONE).map(|used| (1, used)).or_else(|| longest(PAIR).map(|used| (2, used)))
}

/// `eu e mais dois`, `eu, minha esposa e 2 filhos`, `me and two others`.
fn with_me(all: &[Token], at: usize, language: Language) -> Option<(i64, usize)> {
    let word = |index: usize| all.get(index).map_or("", |token| token.text.as_str());
    if !matches!(word(at), "eu" | "me" | "yo" | "myself") {
        return None;
    }
    let (mut total, mut end) = (1, at + 1);
    while matches!(word(end), "e" | "and" | "y" | "," | "+" | "mais" | "plus" | "com") {
        let mut next = end + 1;
        while matches!(
            word(next),
            "e" | "mais" | "outros" | "outras" | "os" | "as" | "meus" | "minhas" | "my" | "mis"
        ) {
            next += 1;
        }
        // `eu e a equipe` leaves open how many.
        let person =
            matches!(word(next), "meu" | "minha" | "um" | "uma" | "o" | "a" | "my" | "mi" | "un" | "una");
        if person && one_person(word(next + 1)) {
            total += 1;
            end = next + 2;
            continue;
        }
        if one_person(word(next)) && all[next].kind == TokenKind::Word {
            total += 1;
            end = next + 1;
            continue;
        }
        let (number, used) = read_number(all, next, language)?;
        end = next + used;
        if is_people(word(end)) || matches!(word(end), "outros" | "outras" | "others" | "other" | "mas") {
            end += 1;
        } else if total == 1
            && end < all.len()
            && all[end].kind == TokenKind::Word
            && joined_to_none(word(end))
        {
            // `eu e 2 gatos`
            return None;
        }
        total += number;
        if total > MOST {
            return None;
        }
    }
    (total > 1).then_some((total, end - at))
}

/// Whether a word behind a number is something else that is counted.
fn joined_to_none(word: &str) -> bool {
    word.len() > 3 && !matches!(word, "aqui" | "hoje" | "agora" | "trabalhando" | "apenas" | "pessoal")
}

fn one_person(word: &str) -> bool {
    matches!(
        word,
        "esposa"
            | "esposo"
            | "marido"
            | "mulher"
            | "socio"
            | "socia"
            | "irmao"
            | "irma"
            | "filho"
            | "filha"
            | "mae"
            | "pai"
            | "amigo"
            | "amiga"
            | "namorado"
            | "namorada"
            | "colega"
            | "funcionario"
            | "funcionaria"
            | "ajudante"
            | "assistente"
            | "noivo"
            | "noiva"
            | "estagiario"
            | "estagiaria"
            | "secretaria"
            | "wife"
            | "husband"
            | "partner"
            | "friend"
            | "brother"
            | "sister"
            | "son"
            | "daughter"
            | "assistant"
            | "mujer"
            | "hermano"
            | "hermana"
            | "hijo"
            | "hija"
            | "novio"
            | "novia"
            | "companero"
            | "vendedor"
            | "vendedora"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_counted() {
        use Language::{English, Portuguese, Spanish};
        for (language, text, heads) in [
            (Portuguese, "só eu", Some(1)),
            (Portuguese, "por enquanto só eu mesmo", Some(1)),
            (Portuguese, "eu e mais dois", Some(3)),
            (Portuguese, "eu e mais 2 sócios", Some(3)),
            (Portuguese, "eu e minha esposa", Some(2)),
            (Portuguese, "eu, minha esposa e dois filhos", Some(4)),
            (Portuguese, "eu e meu sócio", Some(2)),
            (Portuguese, "eu e a equipe", None),
            (Portuguese, "eu quero 3 vasos", None),
            (Portuguese, "eu e 2 gatos", None),
            (Portuguese, "somos 12", None),
            (English, "just me", Some(1)),
            (English, "me and two others", Some(3)),
            (Spanish, "yo y mi esposa", Some(2)),
            (Spanish, "solo yo", Some(1)),
        ] {
            assert_eq!(find_headcount(text, language).map(|found| found.value), heads, "{text}");
        }
    }
}
