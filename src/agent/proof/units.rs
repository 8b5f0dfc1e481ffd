//! For what an amount is: by the hour, a person, a stay. Read off the words behind it, in pt, en and es. Pure.

use crate::domain::language::Language;
use crate::language::fold::{fold, words};
use crate::language::numbers::find_quantities;

/// What an amount is for, in one word for three languages.
const UNITS: [(&str, &str); 16] = [
    ("hora horas hour hours hr h", "hour"),
    ("dia dias day days diaria", "day"),
    ("noite noites night nights noche noches pernoite", "night"),
    ("semana semanas week weeks", "week"),
    ("mes meses month months", "month"),
    ("ano anos year years", "year"),
    ("pessoa pessoas person persona personas people pax convidado convidados guest guests hospede", "person"),
    ("estadia stay estancia hospedagem", "stay"),
    ("aula aulas class classes clase clases sessao session sesion", "class"),
    ("visita visit visits", "visit"),
    ("aluno aluna student alumno alumna", "student"),
    ("pet pets cao caes cachorro dog dogs animal perro mascota", "animal"),
    ("kg quilo kilo", "kilo"),
    ("m2 metro metros meter metre", "metre"),
    ("pedido order", "order"),
    ("unidade unidades unit piece peca pecas unidad pieza", "piece"),
];

/// What an amount is said to be for by the words right behind it: `R$ 50,00 por estadia`, `$ 20 a day`, `R$ 80/hora`.
pub(super) fn unit_behind(text: &str) -> Option<&'static str> {
    let end = text.floor_char_boundary(40);
    let folded = fold(text.get(..end).unwrap_or_default());
    let behind = folded.trim_start_matches([' ', '*', '_']);
    let behind = behind.strip_prefix('/').map(str::to_owned).or_else(|| {
        let (first, rest) = behind.split_once(' ')?;
        matches!(first, "por" | "per" | "a" | "ao" | "al" | "each" | "cada").then(|| rest.to_owned())
    })?;
    let behind = behind.trim_start().trim_start_matches("cada ");
    let word = behind.split(|sign: char| !sign.is_alphanumeric()).next()?;
    UNITS.iter().find(|(words, _)| words.split(' ').any(|one| one == word)).map(|(_, unit)| *unit)
}

/// Of how many, and of what, an amount is said to be by the words right behind it: `R$ 1.560,00 as duas noites`.
pub(super) fn several_behind(text: &str, language: Language) -> Option<&'static str> {
    let end = text.floor_char_boundary(40);
    let behind = text.get(..end).unwrap_or_default();
    let words: Vec<String> = words(behind);
    let is_small = |word: &String| {
        matches!(
            word.as_str(),
            "as" | "os" | "las" | "los" | "for" | "por" | "the" | "pelas" | "pelos" | "para"
        )
    };
    let at = words.iter().take_while(|word| is_small(word)).count();
    let many = find_quantities(words.get(at)?, language).first().is_some_and(|found| found.value > 1);
    let unit =
        words.get(at + 1).filter(|_| many && !behind.trim_start().starts_with([',', '.', ';', '(']))?;
    UNITS.iter().find(|(words, _)| words.split(' ').any(|one| one == unit)).map(|(_, unit)| *unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_stands_right_behind_an_amount() {
        for (text, unit) in [
            (" por estadia (não por dia).", Some("stay")),
            (" por dia", Some("day")),
            ("/hora, com material", Some("hour")),
            (" a night", Some("night")),
            (" al mes", Some("month")),
            (" cada pessoa", Some("person")),
            (" per dog per day", Some("animal")),
            (" por Pix", None),
            (" e a entrega por dia", None),
            ("", None),
        ] {
            assert_eq!(unit_behind(text), unit, "{text}");
        }
    }

    #[test]
    fn several_stand_right_behind_an_amount() {
        for (text, unit) in [
            (" as duas noites.", Some("night")),
            (" por 3 noites", Some("night")),
            (" por noite", None),
            (", as duas noites", None),
            ("", None),
        ] {
            assert_eq!(several_behind(text, Language::Portuguese), unit, "{text}");
        }
    }
}
