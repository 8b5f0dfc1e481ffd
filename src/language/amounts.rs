//! Amounts as people say them in an interview: `uns 3k`, `de 5 a 8 mil`, `até R$ 10 mil`, `12 funcionários`, with what
//! stands around the number: a currency, people, a unit of time. It reads; whether an amount is a budget or a head
//! count is for its callers to say.

pub use super::amount_words::Unit;
use super::amount_words::{
    Opener, Tail, currency_sign, factor_of, opener, period, range_joint, tail, unit_of,
};
use super::fold::{Token, TokenKind, beginning, tokens};
use super::numbers::read_number;
use super::span::Found;
use crate::domain::language::Language;

/// Longest text that is looked at.
const LONGEST_TEXT: usize = 8 * 1024;
/// Most words that may open one amount: `no máximo` + `uns`.
const MOST_OPENERS: usize = 3;

/// An amount, exact, ranged or open to one side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Amount {
    /// The least, in hundredths; none if left open.
    pub low: Option<i64>,
    /// The most, in hundredths; none if left open.
    pub high: Option<i64>,
    /// What it counts.
    pub unit: Unit,
    /// Whether a word such as `mil` or `k` made it large.
    pub scaled: bool,
    /// Whether it was said as a guess: `uns`, `mais ou menos`.
    pub approximate: bool,
    /// Whether it is nothing but an article: `um`.
    pub article: bool,
}

/// One number on its way into an [`Amount`], in hundredths.
#[derive(Clone, Copy)]
struct Number {
    value: i64,
    factor: i64,
    unit: Option<Money>,
    article: bool,
    used: usize,
}

/// How a currency was named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Money {
    /// The business's own.
    Own,
    /// Another one.
    Foreign,
}

/// Every amount of `text`, in the order they stand. Digits of a date, a time or a code are left alone.
pub fn find_amounts(text: &str, language: Language) -> Vec<Found<Amount>> {
    let text = beginning(text, LONGEST_TEXT);
    let all = tokens(text);
    let reader = Reader { all: &all, language };
    let mut found = Vec::new();
    let mut at = 0;
    while at < all.len() {
        match reader.amount(at) {
            Some((value, used)) => {
                found.push(Found { span: all[at].span.start..all[at + used - 1].span.end, value });
                at += used;
            }
            None => at += reader.glued_run(at),
        }
    }
    found
}

struct Reader<'text> {
    all: &'text [Token],
    language: Language,
}

impl Reader<'_> {
    fn word(&self, at: usize) -> &str {
        self.all.get(at).map_or("", |token| token.text.as_str())
    }

    fn touches(&self, at: usize) -> bool {
        matches!((self.all.get(at), self.all.get(at + 1)), (Some(one), Some(next)) if one.touches(next))
    }

    fn amount(&self, at: usize) -> Option<(Amount, usize)> {
        let mut openers = Vec::new();
        let mut begin = at;
        while let Some((kind, used)) = opener(self.all, begin).filter(|_| openers.len() < MOST_OPENERS) {
            openers.push(kind);
            begin += used;
        }
        let says = |kind: Opener| openers.contains(&kind);
        let (first, second) = self.ends(begin, says(Opener::Between))?;
        let mut end = begin + first.used + second.map_or(0, |(joint, number)| joint + number.used);
        let last = second.map_or(first, |(_, number)| number);
        let mut amount = Amount {
            low: Some(first.value),
            high: Some(last.value),
            unit: Unit::Plain,
            scaled: first.factor > 1 || last.factor > 1,
            approximate: says(Opener::About),
            article: first.article && second.is_none(),
        };
        if says(Opener::AtMost) {
            amount.low = None;
        } else if says(Opener::AtLeast) {
            amount.high = None;
        }
        self.close(&mut amount, &mut end);
        let (unit, used) = match first.unit.or(last.unit) {
            Some(Money::Own) => (Unit::Currency, 0),
            Some(Money::Foreign) => (Unit::Foreign, 0),
            None => unit_of(self.all, end, self.language),
        };
        amount.unit = unit;
        end += used;
        self.close(&mut amount, &mut end);
        end += period(self.all, end);
        self.close(&mut amount, &mut end);
        // An opening word alone (`de 5`, `tipo um`) adds nothing to what the number says.
        Some((amount, end - at))
    }

    /// What follows a number and opens it to one side, or makes it a guess.
    fn close(&self, amount: &mut Amount, end: &mut usize) {
        let Some((kind, used)) = tail(self.all, *end) else { return };
        match kind {
            Tail::OrMore => amount.high = None,
            Tail::OrLess => amount.low = None,
            Tail::About => amount.approximate = true,
        }
        if amount.low.is_none() && amount.high.is_none() {
            // `até 5 mil no mínimo` says nothing that holds together; the number itself is all there is.
            amount.approximate = true;
        }
        *end += used;
    }

    /// The number at `at`, and the second end of a range with the length of the word between them.
    fn ends(&self, at: usize, between: bool) -> Option<(Number, Option<(usize, Number)>)> {
        if between {
            // `entre mil e dois mil`: each `e` may be the one between the two ends.
            let joints = (at + 1..self.all.len().min(at + 8))
                .filter(|joint| matches!(self.word(*joint), "e" | "and" | "y" | "a" | "to" | "ate" | "-"));
            for joint in joints {
                let head = Reader { all: &self.all[..joint], language: self.language };
                let Some(first) = head.number(at).filter(|first| at + first.used == joint) else { continue };
                let Some(second) = self.number(joint + 1) else { continue };
                if let Some(first) = ranged(first, second) {
                    return Some((first, Some((1, second))));
                }
            }
        }
        let first = self.number(at)?;
        let end = at + first.used;
        // `5-8` is a range; `95555-0123` and `2026-11-25` are neither ranges nor numbers.
        let is_dashed = self.word(end) == "-" && self.touches(end - 1) && self.touches(end);
        if is_dashed {
            let second = self.number_at(end + 1)?;
            let first = ranged(first, second)?;
            let goes_on = self.word(end + 1 + second.used) == "-" && self.touches(end + second.used);
            return (!goes_on).then_some((first, Some((1, second))));
        }
        let second = range_joint(self.word(end)).then(|| self.number(end + 1)).flatten();
        match second {
            Some(second) => match ranged(first, second) {
                Some(first) => Some((first, Some((1, second)))),
                None => Some((first, None)),
            },
            None => Some((first, None)),
        }
    }

    fn number(&self, at: usize) -> Option<Number> {
        let is_signed = currency_sign(self.all, at).0.is_some();
        if !is_signed && self.is_part_of_something(at) { None } else { self.number_at(at) }
    }

    fn number_at(&self, at: usize) -> Option<Number> {
        let (sign, signed) = currency_sign(self.all, at);
        let begin = at + signed;
        let (mut value, mut used, words) = self.plain(begin)?;
        let article = !words_are_digits(self.all, begin)
            && used == 1
            && matches!(self.word(begin), "um" | "uma" | "a" | "an" | "one" | "un" | "una" | "uno");
        let mut unit = sign;
        let mut factor = if words && value >= 100_000 { 1_000 } else { 1 };
        if let Some((more, makes_money)) = factor_of(self.word(begin + used), self.language) {
            value = value.saturating_mul(more);
            factor = more;
            used += 1;
            if makes_money {
                unit = Some(Money::Own);
            }
            let (rest, more_used) = self.rest(begin + used, factor);
            value = value.saturating_add(rest);
            used += more_used;
        }
        let (named, named_used) = super::amount_words::currency(self.all, begin + used);
        if named.is_some() {
            unit = named;
            used += named_used;
        }
        if self.runs_on(begin + used) {
            return None;
        }
        Some(Number {
            value,
            factor,
            unit,
            article: article && factor == 1 && unit.is_none(),
            used: signed + used,
        })
    }

    /// A plain number in hundredths, how many tokens it takes, and whether it is written in words.
    fn plain(&self, at: usize) -> Option<(i64, usize, bool)> {
        let first = self.all.get(at)?;
        if first.kind != TokenKind::Digits {
            if matches!(first.text.as_str(), "meio" | "meia" | "half" | "medio") {
                // `half a million`
                let article = usize::from(self.word(at + 1) == "a");
                let large = factor_of(self.word(at + 1 + article), self.language);
                return large.filter(|(factor, _)| *factor >= 1_000).map(|_| (50, 1 + article, false));
            }
            let (value, used) = read_number(self.all, at, self.language)?;
            return Some((value.checked_mul(100)?, used, true));
        }
        let mut groups = vec![first.text.as_str()];
        let mut used = 1;
        while matches!(self.word(at + used), "." | ",")
            && self.touches(at + used - 1)
            && self.touches(at + used)
        {
            let Some(next) = self.all.get(at + used + 1).filter(|next| next.kind == TokenKind::Digits) else {
                break;
            };
            groups.push(&next.text);
            used += 2;
        }
        hundredths(&groups).map(|value| (value, used, false))
    }

    /// `e quinhentos`, `e meio` behind `5 mil`.
    fn rest(&self, at: usize, factor: i64) -> (i64, usize) {
        if !matches!(self.word(at), "e" | "and" | "y") {
            return (0, 0);
        }
        if matches!(self.word(at + 1), "meio" | "meia" | "medio") {
            return (factor.saturating_mul(50), 2);
        }
        match self.plain(at + 1) {
            // `2 mil e 500`; not `2 mil e 12 pessoas`.
            Some((value, used, _)) if value % 10_000 == 0 && value / 100 < factor.min(1_000) && value > 0 => {
                (value, 1 + used)
            }
            Some(_) | None => (0, 0),
        }
    }

    /// Whether the digits at `at` are the tail of a date, a time, an address or a code.
    fn is_part_of_something(&self, at: usize) -> bool {
        if at == 0 || !self.touches(at - 1) {
            return false;
        }
        match self.all[at - 1].kind {
            TokenKind::Word | TokenKind::Digits => true,
            TokenKind::Mark => match self.word(at - 1) {
                "#" | "@" | "_" | "+" => true,
                "/" | ":" | "." | "," | "-" | "&" | "=" => {
                    at > 1 && self.touches(at - 2) && self.all[at - 2].kind != TokenKind::Mark
                }
                _ => false,
            },
        }
    }

    /// Whether something follows without a blank that makes the number a part of it.
    fn runs_on(&self, end: usize) -> bool {
        let (Some(last), Some(next)) =
            (end.checked_sub(1).and_then(|at| self.all.get(at)), self.all.get(end))
        else {
            return false;
        };
        if !last.touches(next) {
            return false;
        }
        let beyond = self.all.get(end + 1).filter(|beyond| next.touches(beyond));
        match next.text.as_str() {
            "@" | "_" => true,
            "/" | ":" => beyond.is_some_and(|beyond| beyond.kind == TokenKind::Digits),
            "-" => beyond.is_some_and(|beyond| beyond.kind == TokenKind::Word),
            "." | "," => beyond.is_some(),
            _ => false,
        }
    }

    /// How many tokens to pass over where no amount begins: what touches digits belongs to them.
    fn glued_run(&self, at: usize) -> usize {
        let mut used = 1;
        if self.all[at].kind == TokenKind::Digits {
            while self.touches(at + used - 1) && self.word(at + used) != ")" {
                used += 1;
            }
        }
        used
    }
}

/// The first end of a range up to `second`, in its scale: `5 a 8 mil` begins at five thousand. `None` if the two are
/// no range.
fn ranged(first: Number, second: Number) -> Option<Number> {
    let shares = first.factor == 1 && second.factor > 1 && first.value < second.value / second.factor;
    let value = if shares { first.value.saturating_mul(second.factor) } else { first.value };
    (value < second.value).then_some(Number { value, ..first })
}

fn words_are_digits(all: &[Token], at: usize) -> bool {
    all.get(at).is_some_and(|token| token.kind == TokenKind::Digits)
}

/// Hundredths of a number in groups of digits: `1 500` thousands, `1 5` a decimal.
fn hundredths(groups: &[&str]) -> Option<i64> {
    let (last, before) = groups.split_last()?;
    let (whole, part) = match before {
        [] => (vec![*last], ""),
        _ if last.len() <= 2 => (before.to_vec(), *last),
        _ => (groups.to_vec(), ""),
    };
    let (_, inner) = whole.split_first()?;
    if inner.iter().any(|group| group.len() != 3) || whole.len() > 1 && whole[0].len() > 3 {
        return None;
    }
    let digits = whole.concat();
    if digits.len() > 15 {
        return Some(i64::MAX);
    }
    let part = match part.len() {
        0 => 0,
        1 => part.parse::<i64>().ok()? * 10,
        _ => part.parse::<i64>().ok()?,
    };
    digits.parse::<i64>().ok()?.checked_mul(100)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, Portuguese, Spanish};

    fn shown(text: &str, language: Language) -> String {
        let end = |end: Option<i64>| end.map_or("*".to_owned(), |value| format!("{}", value as f64 / 1e2));
        find_amounts(text, language)
            .iter()
            .map(|found| {
                let amount = &found.value;
                assert!(text.get(found.span.clone()).is_some());
                let unit = match &amount.unit {
                    Unit::Plain => String::new(),
                    unit => format!(" {unit:?}"),
                };
                let number = if amount.low == amount.high {
                    end(amount.low)
                } else {
                    format!("{}..{}", end(amount.low), end(amount.high))
                };
                format!("{number}{unit}{}", if amount.approximate { " ~" } else { "" })
            })
            .collect::<Vec<_>>()
            .join(", ")
    }

    #[test]
    fn amounts_as_people_say_them() {
        let wrong: Vec<String> = [
            (Portuguese, "uns 3k", "3000 ~"),
            (Portuguese, "R$ 1.500,50", "1500.5 Currency"),
            (Portuguese, "5 a 8 mil", "5000..8000"),
            (Portuguese, "de 5 até 8 mil reais", "5000..8000 Currency"),
            (Portuguese, "entre 5 e 8", "5..8"),
            (Portuguese, "5-8 mil", "5000..8000"),
            (Portuguese, "entre mil e dois mil", "1000..2000"),
            (Portuguese, "500 a 2 mil", "500..2000"),
            (Portuguese, "até 10 mil", "*..10000"),
            (Portuguese, "no máximo uns 2 mil", "*..2000 ~"),
            (Portuguese, "a partir de mil", "1000..*"),
            (Portuguese, "mil e quinhentos", "1500"),
            (Portuguese, "3,5 mil", "3500"),
            (Portuguese, "meio milhão", "500000"),
            (Portuguese, "um milhão e meio", "1500000"),
            (Portuguese, "20 pila", "20 Currency"),
            (Portuguese, "2 barões", "2000 Currency"),
            (Portuguese, "10 mil ou mais", "10000..*"),
            (Portuguese, "5 mil por mês no máximo", "*..5000"),
            (Portuguese, "12 pessoas", "12 People(\"pessoas\")"),
            (Portuguese, "30 dias", "30 Time"),
            (Portuguese, "10x", "10 Times"),
            (Portuguese, "10%", "10 Percent"),
            (Portuguese, "3 quartos", "3 Other(\"quartos\")"),
            (Portuguese, "dia 25/11 às 15:30, 11 95555-0123", "11"),
            (Portuguese, "um trilhão de dólares", "1000000000000 Foreign"),
            (Portuguese, "não mais que 5 mil", "*..5000"),
            (English, "around $5,000", "5000 Currency ~"),
            (English, "five to ten thousand", "5000..10000"),
            (English, "half a million", "500000"),
            (Spanish, "entre dos mil y tres mil", "2000..3000"),
            (Spanish, "como máximo 5 mil pesos", "*..5000 Foreign"),
        ]
        .into_iter()
        .filter_map(|(language, text, expected)| {
            let got = shown(text, language);
            (got != expected).then(|| format!("{text:?}: expected {expected:?}, got {got:?}"))
        })
        .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn hostile_text_is_only_text() {
        for text in ["9".repeat(50_000), "entre e ".repeat(2_000), "1 a ".repeat(5_000), "até ".repeat(5_000)]
        {
            find_amounts(&text, Portuguese);
        }
    }
}
