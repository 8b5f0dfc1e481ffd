//! What a sentence of a document states in figures: what `language` reads as such, and in how many parts something may be
//! paid (`até 6x`). Only reads; what a figure is of is told in `subject.rs`.

use crate::domain::language::Language;
use crate::language::figures::{self, Figure, find_figures};
use crate::language::fold::{Token, TokenKind, tokens};
use crate::language::span::Found;

/// What a figure measures.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Measure {
    /// Money.
    Price,
    /// A share of a hundred.
    Share,
    /// How long something takes or lasts.
    Duration,
    /// A time of day.
    Clock,
    /// In how many parts something is paid.
    Parts,
}

/// A figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stated {
    /// One that is read wherever figures are.
    Figure(Figure),
    /// In so many parts something is paid.
    Parts(i64),
}

impl Stated {
    /// What it measures.
    pub fn measure(self) -> Measure {
        match self {
            Self::Figure(figure) => match figure.measure() {
                figures::Measure::Price => Measure::Price,
                figures::Measure::Share => Measure::Share,
                figures::Measure::Duration => Measure::Duration,
                figures::Measure::Clock => Measure::Clock,
            },
            Self::Parts(_) => Measure::Parts,
        }
    }
}

/// More parts than that are no way to pay.
const MOST_PARTS: i64 = 60;

/// Every figure of a sentence, in the order they stand.
pub fn find(sentence: &str, language: Language) -> Vec<Found<Stated>> {
    let found = find_figures(sentence, language).into_iter();
    let mut all: Vec<Found<Stated>> =
        found.map(|Found { span, value }| Found { span, value: Stated::Figure(value) }).collect();
    let free = |part: &Found<Stated>| {
        !all.iter().any(|other| other.span.start < part.span.end && part.span.start < other.span.end)
    };
    let parts: Vec<Found<Stated>> = parts(&tokens(sentence)).into_iter().filter(free).collect();
    all.extend(parts);
    all.sort_by_key(|figure| figure.span.start);
    all
}

/// `6x`, `6 parcelas`, `6 cuotas`; not the sides of `10 x 20`.
fn parts(all: &[Token]) -> Vec<Found<Stated>> {
    let text = |at: Option<usize>| at.and_then(|at| all.get(at)).map_or("", |token| token.text.as_str());
    let is_digits = |at: usize| all.get(at).is_some_and(|token| token.kind == TokenKind::Digits);
    let mut found = Vec::new();
    for (at, token) in all.iter().enumerate() {
        let Some(count) = token.number().filter(|count| (2..=MOST_PARTS).contains(count)) else { continue };
        let is_side = text(at.checked_sub(1)) == "x" || is_digits(at + 2);
        let is_part = match text(Some(at + 1)) {
            "x" => !is_side,
            "parcelas" | "prestacoes" | "cuotas" | "instalments" | "installments" => true,
            _ => false,
        };
        if is_part {
            found.push(Found { span: token.span.start..all[at + 1].span.end, value: Stated::Parts(count) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_how_many_parts_something_is_paid_is_a_figure() {
        let of = |text: &str| -> Vec<Stated> {
            find(text, Language::Portuguese).into_iter().map(|found| found.value).collect()
        };
        assert_eq!(of("Parcelamos em até 6x sem juros."), [Stated::Parts(6)]);
        assert_eq!(of("Em até 10 parcelas no cartão"), [Stated::Parts(10)]);
        let both = of("Em 3x a partir de R$ 100,00");
        assert_eq!(both, [Stated::Parts(3), Stated::Figure(Figure::Price(10_000))]);
        for none in ["Vaso de 10 x 20 cm", "Vaso 10x20x30", "Atendemos 24 horas", "1x", "tela 4k"] {
            assert!(!of(none).iter().any(|stated| matches!(stated, Stated::Parts(_))), "{none}");
        }
    }
}
