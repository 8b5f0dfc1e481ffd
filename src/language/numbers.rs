//! Numbers written as digits or words. It reads what stands there; whether a number is a quantity, an hour or a
//! price is for its callers to say.

use super::fold::{Token, TokenKind, beginning, tokens};
use super::span::Found;
use crate::domain::language::Language;

/// Longest text that is looked at; a quantity behind it was not meant for us.
const LONGEST_TEXT: usize = 8 * 1024;

/// Quantities up to 999: `3`, `três`, `vinte e cinco`, `uma dúzia`. Digits that belong to a price, a date, a time, a
/// code or a percentage are left alone. An article (`uma caneca`) counts as one.
pub fn find_quantities(text: &str, language: Language) -> Vec<Found<i64>> {
    let all = tokens(beginning(text, LONGEST_TEXT));
    let mut found = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let Some((value, used)) = read_quantity(&all, at, language) else {
            at += 1;
            continue;
        };
        if (1..=999).contains(&value) && stands_alone(&all, at, used) {
            found.push(Found { span: all[at].span.start..all[at + used - 1].span.end, value });
        }
        at += used;
    }
    found
}

fn read_quantity(all: &[Token], at: usize, language: Language) -> Option<(i64, usize)> {
    let (dozen, half) = match language {
        Language::Portuguese => ("duzia", "meia"),
        Language::English => ("dozen", "half"),
        Language::Spanish => ("docena", "media"),
    };
    let is_dozen = |index: usize| all.get(index).is_some_and(|token| token.text.starts_with(dozen));
    if all[at].text == half {
        let article = usize::from(all.get(at + 1).is_some_and(|token| token.text == "a"));
        return is_dozen(at + 1 + article).then_some((6, 2 + article));
    }
    let (value, used) = read_number(all, at, language)?;
    if is_dozen(at + used) { Some((value * 12, used + 1)) } else { Some((value, used)) }
}

/// Whether the digits at `at` are not a part of something bigger, such as `15h30`, `25/11`, `R$ 20`, `#10421`.
fn stands_alone(all: &[Token], at: usize, used: usize) -> bool {
    let first = &all[at];
    let last = &all[at + used - 1];
    if first.kind == TokenKind::Word {
        return true;
    }
    let before = at.checked_sub(1).map(|index| &all[index]);
    let after = all.get(at + used);
    let glued_before = before.is_some_and(|token| {
        matches!(token.text.as_str(), "$" | "#")
            || (token.touches(first) && !matches!(token.text.as_str(), "(" | "\"" | "'"))
    });
    let number_sign =
        before.is_some_and(|token| matches!(token.text.as_str(), "no" | "n" | "numero" | "number"));
    let glued_after = after.is_some_and(|token| match token.kind {
        TokenKind::Word => {
            last.touches(token) && !matches!(token.text.as_str(), "x" | "un" | "und" | "pcs" | "pc")
        }
        TokenKind::Digits => true,
        TokenKind::Mark => match token.text.as_str() {
            "%" | "$" => true,
            "/" | ":" | "-" | "," | "." => {
                last.touches(token)
                    && all
                        .get(at + used + 1)
                        .is_some_and(|next| next.kind == TokenKind::Digits && token.touches(next))
            }
            _ => false,
        },
    });
    !glued_before && !glued_after && !number_sign
}

/// The number that begins at token `at`, and how many tokens it takes: a run of digits, or number words below one
/// million.
pub(super) fn read_number(all: &[Token], at: usize, language: Language) -> Option<(i64, usize)> {
    let token = all.get(at)?;
    match token.kind {
        TokenKind::Digits => token.number().map(|value| (value, 1)),
        TokenKind::Word => read_words(all, at, language),
        TokenKind::Mark => None,
    }
}

fn read_words(all: &[Token], at: usize, language: Language) -> Option<(i64, usize)> {
    let thousand = thousand_word(language);
    let word = |index: usize| all.get(index).map_or("", |token| token.text.as_str());
    if word(at) == thousand {
        // `mil e quinhentos`: the word alone is one thousand. In English it needs a number in front.
        if language == Language::English {
            return None;
        }
        let rest = read_rest(all, at + 1, language, 999);
        return Some((1_000 + rest.map_or(0, |(value, _)| value), 1 + rest.map_or(0, |(_, used)| used)));
    }
    let (mut value, mut used) = read_below_thousand(all, at, language)?;
    if word(at + used) == thousand {
        value *= 1_000;
        used += 1;
        if let Some((rest, more)) = read_rest(all, at + used, language, 999) {
            value += rest;
            used += more;
        }
    }
    Some((value, used))
}

/// What follows a larger part of a number: `e vinte`, `-five`, `and ten`.
fn read_rest(all: &[Token], at: usize, language: Language, below: i64) -> Option<(i64, usize)> {
    let joined = all.get(at).is_some_and(|token| matches!(token.text.as_str(), "e" | "y" | "and" | "-"));
    let skip = usize::from(joined);
    let (value, used) = read_below_thousand(all, at + skip, language)?;
    (value <= below).then_some((value, used + skip))
}

fn read_below_thousand(all: &[Token], at: usize, language: Language) -> Option<(i64, usize)> {
    let word = |index: usize| {
        all.get(index).filter(|token| token.kind == TokenKind::Word).map(|token| token.text.as_str())
    };
    let first = number_word(word(at)?, language)?;
    if language == Language::English && word(at + 1) == Some("hundred") && (1..10).contains(&first) {
        let rest = read_rest(all, at + 2, language, 99);
        return Some((
            first * 100 + rest.map_or(0, |(value, _)| value),
            2 + rest.map_or(0, |(_, used)| used),
        ));
    }
    // A hundred takes anything below a hundred, a ten takes a unit; `dez e quinze` are two numbers.
    let room = match first {
        100..1_000 => 99,
        20..100 if first % 10 == 0 => 9,
        _ => return Some((first, 1)),
    };
    // Without its `e`, `cento vinte` and `vinte cinco` are one number, but `vinte um` might start something else.
    match read_rest(all, at + 1, language, room) {
        Some((rest, used)) => Some((first + rest, 1 + used)),
        None => Some((first, 1)),
    }
}

fn thousand_word(language: Language) -> &'static str {
    match language {
        Language::Portuguese | Language::Spanish => "mil",
        Language::English => "thousand",
    }
}

fn number_word(word: &str, language: Language) -> Option<i64> {
    Some(match language {
        Language::Portuguese => match word {
            "um" | "uma" => 1,
            "dois" | "duas" => 2,
            "tres" => 3,
            "quatro" => 4,
            "cinco" => 5,
            "seis" => 6,
            "sete" => 7,
            "oito" => 8,
            "nove" => 9,
            "dez" => 10,
            "onze" => 11,
            "doze" => 12,
            "treze" => 13,
            "quatorze" | "catorze" => 14,
            "quinze" => 15,
            "dezesseis" | "dezasseis" => 16,
            "dezessete" | "dezassete" => 17,
            "dezoito" => 18,
            "dezenove" | "dezanove" => 19,
            "vinte" => 20,
            "trinta" => 30,
            "quarenta" => 40,
            "cinquenta" => 50,
            "sessenta" => 60,
            "setenta" => 70,
            "oitenta" => 80,
            "noventa" => 90,
            "cem" | "cento" => 100,
            "duzentos" | "duzentas" => 200,
            "trezentos" | "trezentas" => 300,
            "quatrocentos" | "quatrocentas" => 400,
            "quinhentos" | "quinhentas" => 500,
            "seiscentos" | "seiscentas" => 600,
            "setecentos" | "setecentas" => 700,
            "oitocentos" | "oitocentas" => 800,
            "novecentos" | "novecentas" => 900,
            _ => return None,
        },
        Language::English => match word {
            "a" | "an" | "one" => 1,
            "two" => 2,
            "three" => 3,
            "four" => 4,
            "five" => 5,
            "six" => 6,
            "seven" => 7,
            "eight" => 8,
            "nine" => 9,
            "ten" => 10,
            "eleven" => 11,
            "twelve" => 12,
            "thirteen" => 13,
            "fourteen" => 14,
            "fifteen" => 15,
            "sixteen" => 16,
            "seventeen" => 17,
            "eighteen" => 18,
            "nineteen" => 19,
            "twenty" => 20,
            "thirty" => 30,
            "forty" | "fourty" => 40,
            "fifty" => 50,
            "sixty" => 60,
            "seventy" => 70,
            "eighty" => 80,
            "ninety" => 90,
            _ => return None,
        },
        Language::Spanish => match word {
            "un" | "una" | "uno" => 1,
            "dos" => 2,
            "tres" => 3,
            "cuatro" => 4,
            "cinco" => 5,
            "seis" => 6,
            "siete" => 7,
            "ocho" => 8,
            "nueve" => 9,
            "diez" => 10,
            "once" => 11,
            "doce" => 12,
            "trece" => 13,
            "catorce" => 14,
            "quince" => 15,
            "dieciseis" => 16,
            "diecisiete" => 17,
            "dieciocho" => 18,
            "diecinueve" => 19,
            "veinte" => 20,
            "veintiun" | "veintiuno" | "veintiuna" => 21,
            "veintidos" => 22,
            "veintitres" => 23,
            "veinticuatro" => 24,
            "veinticinco" => 25,
            "veintiseis" => 26,
            "veintisiete" => 27,
            "veintiocho" => 28,
            "veintinueve" => 29,
            "treinta" => 30,
            "cuarenta" => 40,
            "cincuenta" => 50,
            "sesenta" => 60,
            "setenta" => 70,
            "ochenta" => 80,
            "noventa" => 90,
            "cien" | "ciento" => 100,
            "doscientos" | "doscientas" => 200,
            "trescientos" | "trescientas" => 300,
            "cuatrocientos" | "cuatrocientas" => 400,
            "quinientos" | "quinientas" => 500,
            "seiscientos" | "seiscientas" => 600,
            "setecientos" | "setecientas" => 700,
            "ochocientos" | "ochocientas" => 800,
            "novecientos" | "novecientas" => 900,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quantities() {
        use Language::{English, Portuguese, Spanish};
        let none: &[i64] = &[];
        for (language, text, values) in [
            (Portuguese, "quero 3 vasos", &[3][..]),
            (Portuguese, "2x o vaso e uma caneca", &[2, 1]),
            (Portuguese, "vinte e cinco unidades", &[25]),
            (Portuguese, "cento e vinte", &[120]),
            (Portuguese, "novecentas e noventa e nove", &[999]),
            (Portuguese, "uma dúzia de rosas", &[12]),
            (Portuguese, "duas dúzias", &[24]),
            (Portuguese, "meia dúzia de ovos", &[6]),
            (Portuguese, "dez e quinze", &[10, 15]),
            (Portuguese, "pedido #10421 por R$ 20", none),
            (Portuguese, "dia 25/11 às 15h30, 10% de desconto, 1,5 litro", none),
            (Portuguese, "pedido nº 12", none),
            (Portuguese, "5000 unidades", none),
            (English, "twenty-five chairs", &[25]),
            (English, "two hundred and six", &[206]),
            (English, "I need 4, please", &[4]),
            (Spanish, "veinticinco plantas y treinta y dos macetas", &[25, 32]),
            (Spanish, "dos docenas", &[24]),
            (English, "half a dozen", &[6]),
        ] {
            let found: Vec<_> =
                find_quantities(text, language).into_iter().map(|found| found.value).collect();
            assert_eq!(found, values, "{text}");
        }
    }

    #[test]
    fn spans_point_at_the_words() {
        let text = "ação: vinte e cinco peças";
        assert_eq!(find_quantities(text, Language::Portuguese)[0].body(text), "vinte e cinco");
    }

    #[test]
    fn hostile_text_is_only_text() {
        find_quantities(&"9".repeat(100_000), Language::Portuguese);
        find_quantities(&"vinte e ".repeat(10_000), Language::Portuguese);
    }
}
