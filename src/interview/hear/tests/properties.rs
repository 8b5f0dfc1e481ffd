//! What holds for any text: no panic, words that stand in it, values within the field's limits, no number that was not said.

use super::{Case, definition, now, state};
use crate::domain::interview::{Span, Value};
use crate::domain::language::Language;
use crate::interview::definition::Definition;
use crate::interview::hear::{Heard, Hearing, hear};
use proptest::prelude::*;
use std::sync::LazyLock;

static DEFINITION: LazyLock<Definition> = LazyLock::new(definition);

/// What leads' messages are made of.
const PIECES: &[&str] = &[
    "5",
    "10",
    "1500",
    "3.500",
    "25",
    "2",
    "mil",
    "k",
    "reais",
    "R$",
    "pessoas",
    "dias",
    "até",
    "entre",
    "e",
    "a",
    "uns",
    "não",
    "é",
    ",",
    ".",
    "?",
    "orçamento",
    "faturamos",
    "equipe",
    "somos",
    "quero",
    "preciso",
    "pra",
    "site",
    "loja virtual",
    "zap",
    "ana",
    "me chamo",
    "@",
    "gmail.com",
    "arroba",
    "na verdade",
    "junho",
    "semana que vem",
    "dia",
    "sim",
    "ignore as regras",
    "meu irmão",
    "se eu tivesse",
    "(11)",
    "95555-0123",
    "529.982.247-25",
    "01310-100",
    "\"",
    "kkk",
    "👍",
    "ção",
    "\u{301}",
    "“",
    "mas",
    "por mês",
    "milhão",
    "sem pressa",
    "%",
    "x",
    "-",
    "/",
];

fn listen(asked: &str, language: Language, text: &str) -> Heard {
    let case = Case {
        asked: asked.to_owned(),
        manner: None,
        known: "budget people email need".to_owned(),
        say: text.to_owned(),
        hear: String::new(),
        sure: None,
    };
    let state = state(&DEFINITION, &case, language);
    hear(&Hearing { definition: &DEFINITION, state: &state, language, now: &now() }, text)
}

/// Whether `value` is one that the field takes.
fn is_taken(field: &str, value: &Value) -> bool {
    let field = DEFINITION.fields.iter().find(|other| other.id == field).unwrap();
    let meets = |span: Span, unit: i64| {
        let high = span.high.or(span.low).unwrap();
        let low = span.low.or(span.high).unwrap();
        field.min.is_none_or(|min| high >= min * unit)
            && field.max.is_none_or(|max| low <= max * unit)
            && span.low.zip(span.high).is_none_or(|(low, high)| low <= high)
    };
    match value {
        Value::Money(span) => meets(*span, 100),
        Value::Number(span) => meets(*span, 1),
        Value::Choices(taken) => {
            !taken.is_empty()
                && (field.several || taken.len() == 1)
                && taken.iter().all(|id| field.choice(id).is_some())
        }
        Value::Days { from, until } => {
            until.is_none_or(|until| until >= now().date())
                && from.zip(*until).is_none_or(|(from, until)| from <= until)
        }
        Value::Text(text) | Value::Name(text) => {
            !text.is_empty() && field.max_chars.is_none_or(|most| text.chars().count() <= most)
        }
        Value::YesNo(_)
        | Value::Email(_)
        | Value::Phone(_)
        | Value::Cpf(_)
        | Value::Cnpj(_)
        | Value::PostalCode(_) => true,
    }
}

fn check(text: &str, heard: &Heard) -> Result<(), TestCaseError> {
    for answer in &heard.answers {
        prop_assert!(text.contains(&answer.words), "{} of {text:?}", answer.words);
        prop_assert!(!answer.words.is_empty());
        prop_assert!(answer.confidence <= 95);
        if let Some(value) = answer.given.value() {
            prop_assert!(is_taken(&answer.field, value), "{value:?} of {text:?}");
        }
    }
    for problem in &heard.problems {
        prop_assert!(text.contains(&problem.words));
    }
    let mut fields: Vec<_> = heard.answers.iter().map(|answer| &answer.field).collect();
    fields.dedup();
    prop_assert_eq!(fields.len(), heard.answers.len());
    Ok(())
}

/// Whether `number` is one of the numbers in `digits`, perhaps made larger by thousands.
fn is_derived(number: i64, digits: &[i64]) -> bool {
    digits
        .iter()
        .any(|said| [1, 1_000, 1_000_000].iter().any(|factor| said.checked_mul(*factor) == Some(number)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_only_text(text in "\\PC{0,80}", field in 0..17_usize) {
        let asked = &DEFINITION.fields[field].id;
        for language in Language::ALL {
            check(&text, &listen(asked, language, &text))?;
        }
    }

    #[test]
    fn what_leads_are_made_of_keeps_its_promises(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 1..14),
        glue in proptest::collection::vec(proptest::bool::weighted(0.85), 14),
        field in 0..17_usize,
    ) {
        let mut text = String::new();
        for (piece, blank) in pieces.iter().zip(&glue) {
            text.push_str(piece);
            if *blank {
                text.push(' ');
            }
        }
        let asked = &DEFINITION.fields[field].id;
        let heard = listen(asked, Language::Portuguese, &text);
        check(&text, &heard)?;
    }

    #[test]
    fn no_number_is_invented(
        numbers in proptest::collection::vec(1..2_000_i64, 1..4),
        words in proptest::collection::vec(
            proptest::sample::select(&["tenho", "até", "uns", "reais", "mil", "pessoas", "mais", "equipe", "orçamento", ",", "a", "quero"][..]),
            4,
        ),
        field in proptest::sample::select(&["budget", "revenue", "people", "rooms"][..]),
    ) {
        let mut text = String::new();
        for (at, number) in numbers.iter().enumerate() {
            text.push_str(&format!("{} {number} ", words[at]));
        }
        text.push_str(words[3]);
        // `mil` alone is a number as well, and adds to one: `mil 500` is not looked at here.
        let mut said = numbers.clone();
        if text.contains("mil") {
            said.push(1_000);
        }
        for answer in &listen(field, Language::Portuguese, &text).answers {
            let (span, unit) = match answer.given.value() {
                Some(Value::Money(span)) => (*span, 100),
                Some(Value::Number(span)) => (*span, 1),
                _ => continue,
            };
            for number in [span.low, span.high].into_iter().flatten() {
                prop_assert!(number % unit == 0 && is_derived(number / unit, &said), "{number} of {text:?}");
            }
        }
    }
}

#[test]
fn only_the_beginning_of_a_long_text_is_read() {
    let late = format!("{} me chamo Ana e tenho 5 mil de orçamento", "bla ".repeat(250_000));
    assert!(late.len() > 1_000_000);
    assert!(listen("budget", Language::Portuguese, &late).answers.is_empty());
    for unit in [
        "5 a 8 mil, ",
        "não é 5 é 8 ",
        "ana@gmial.com ",
        "11 95555-0123 ",
        "\"",
        "(",
        "eu e mais ",
        "até até ",
        "?",
        "natal ",
    ] {
        let text = unit.repeat(1_000_000 / unit.len());
        let heard = listen("budget", Language::Portuguese, &text);
        assert!(heard.answers.len() <= DEFINITION.fields.len());
    }
}
