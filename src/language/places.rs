//! Places in a list that was shown: `2`, `a segunda`, `1 e 3`, `as duas primeiras`, `o do meio`, `todas`. Only a message
//! that says nothing else is read as places.

use super::fold::{Token, TokenKind, beginning, tokens};

/// A longer message says more than a place.
const LONGEST_TEXT: usize = 120;

/// Places, from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Placed {
    /// These, in order.
    Some(Vec<usize>),
    /// Every one.
    All,
}

/// The places that `text` names in a list of `length`. `None` if it says anything else, or a place that is not there.
pub fn read_places(text: &str, length: usize) -> Option<Placed> {
    let text = text.trim().trim_end_matches(['.', '!', '?']);
    if text.is_empty() || text.len() > LONGEST_TEXT || length == 0 {
        return None;
    }
    let all = tokens(beginning(text, LONGEST_TEXT));
    let said: Vec<&str> =
        all.iter().map(|token| token.text.as_str()).filter(|word| !is_filler(word)).collect();
    let raw: Vec<&str> = all.iter().map(|token| token.text.as_str()).collect();
    let whole = match raw.as_slice() {
        ["os" | "as" | "the" | "los" | "las", count] => match *count {
            "dois" | "duas" | "two" | "dos" => Some(2),
            "tres" | "three" => Some(3),
            _ => None,
        },
        _ => match said.as_slice() {
            ["todas" | "todos" | "tudo" | "all" | "everything" | "todo"]
            | ["todas" | "todos", "elas" | "eles"] => Some(length),
            ["ambos" | "ambas" | "both"] => Some(2),
            _ => None,
        },
    };
    if let Some(count) = whole {
        return (count == length).then_some(Placed::All);
    }
    if let Some(run) = run(&said, length) {
        return Some(Placed::Some(run));
    }
    let mut places = Vec::new();
    let single = all.len() == 1;
    for (at, token) in all.iter().enumerate() {
        if is_joint(&token.text) || is_filler(&token.text) && !(single || is_lettered(&all, at)) {
            continue;
        }
        let place = place(&all, at, length, single)?;
        if place >= length {
            return None;
        }
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places.sort_unstable();
    (!places.is_empty()).then_some(Placed::Some(places))
}

/// `as duas primeiras`, `the last two`.
fn run(said: &[&str], length: usize) -> Option<Vec<usize>> {
    let count = |word: &str| match word {
        "dois" | "duas" | "two" | "2" | "dos" => Some(2),
        "tres" | "three" | "3" => Some(3),
        _ => None,
    };
    let [one, other] =
        said.iter().filter(|word| !matches!(**word, "as" | "os" | "the" | "las" | "los")).collect::<Vec<_>>()
            [..]
    else {
        return None;
    };
    let (number, side) =
        count(one).map(|number| (number, *other)).or_else(|| count(other).map(|number| (number, *one)))?;
    if number > length {
        return None;
    }
    match side {
        "primeiras" | "primeiros" | "first" | "primeras" | "primeros" => Some((0..number).collect()),
        "ultimas" | "ultimos" | "last" => Some((length - number..length).collect()),
        _ => None,
    }
}

fn place(all: &[Token], at: usize, length: usize, single: bool) -> Option<usize> {
    let token = &all[at];
    if token.kind == TokenKind::Digits {
        return usize::try_from(token.number()?).ok()?.checked_sub(1);
    }
    let ordinal = match token.text.as_str() {
        "primeiro" | "primeira" | "first" | "primero" | "primera" | "um" | "uma" | "one" | "uno" => 0,
        "segundo" | "segunda" | "second" | "dois" | "duas" | "two" | "dos" => 1,
        "terceiro" | "terceira" | "third" | "tercero" | "tercera" | "tres" | "three" => 2,
        "quarto" | "quarta" | "fourth" | "cuarto" | "cuarta" | "quatro" | "four" | "cuatro" => 3,
        "quinto" | "quinta" | "fifth" | "cinco" | "five" => 4,
        "sexto" | "sexta" | "sixth" | "seis" | "six" => 5,
        "ultimo" | "ultima" | "last" => length.checked_sub(1)?,
        "penultimo" | "penultima" => length.checked_sub(2)?,
        "meio" | "middle" | "medio" if length % 2 == 1 => length / 2,
        letter if letter.len() == 1 && (single || is_lettered(all, at)) => {
            usize::from(letter.bytes().next()?.checked_sub(b'a').filter(|place| *place < 26)?)
        }
        _ => return None,
    };
    Some(ordinal)
}

/// `letra b`, `b)`.
fn is_lettered(all: &[Token], at: usize) -> bool {
    let before =
        at.checked_sub(1).is_some_and(|before| matches!(all[before].text.as_str(), "letra" | "letter"));
    all[at].text.len() == 1
        && all[at].kind == TokenKind::Word
        && (before || all.get(at + 1).is_some_and(|next| next.text == ")"))
}

fn is_joint(word: &str) -> bool {
    matches!(
        word,
        "e" | "and"
            | "y"
            | ","
            | "ou"
            | "or"
            | ";"
            | ")"
            | "."
            | "/"
            | "+"
            | "-"
            | "\u{fe0f}"
            | "\u{20e3}"
            | "\""
    )
}

fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "a" | "o"
            | "as"
            | "os"
            | "do"
            | "da"
            | "de"
            | "la"
            | "el"
            | "the"
            | "one"
            | "opcao"
            | "opcoes"
            | "option"
            | "options"
            | "numero"
            | "number"
            | "no"
            | "n"
            | "letra"
            | "letter"
            | "quero"
            | "fico"
            | "com"
            | "essa"
            | "esse"
            | "pode"
            | "ser"
            | "acho"
            | "que"
            | "seria"
            | "eh"
            | "sou"
            | "prefiro"
            | "escolho"
            | "i"
            | "ll"
            | "take"
            | "want"
            | "please"
            | "por"
            | "favor"
            | "opcion"
            | "alternativa"
            | "item"
            | "sim"
            | "ok"
            | "los"
            | "las"
            | "e"
            | "vou"
            | "na"
            | "*"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_list() {
        let some = |places: &[usize]| Some(Placed::Some(places.to_vec()));
        for (text, length, expected) in [
            ("2", 3, some(&[1])),
            ("4", 3, None),
            ("0", 3, None),
            ("a segunda", 3, some(&[1])),
            ("opção 3", 3, some(&[2])),
            ("o do meio", 3, some(&[1])),
            ("o do meio", 4, None),
            ("a última", 4, some(&[3])),
            ("1 e 3", 3, some(&[0, 2])),
            ("1, 2", 3, some(&[0, 1])),
            ("as duas primeiras", 3, some(&[0, 1])),
            ("the last two", 4, some(&[2, 3])),
            ("todas", 4, Some(Placed::All)),
            ("as duas", 2, Some(Placed::All)),
            ("ambas", 3, None),
            ("letra b", 3, some(&[1])),
            ("b)", 3, some(&[1])),
            ("b", 3, some(&[1])),
            ("a", 3, some(&[0])),
            ("segunda-feira", 3, None),
            ("quero 2 vasos", 3, None),
            ("oi", 3, None),
            ("", 3, None),
        ] {
            assert_eq!(read_places(text, length), expected, "{text}");
        }
    }
}
