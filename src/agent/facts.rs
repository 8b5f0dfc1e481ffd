//! The hard facts that a text states or proves: amounts, numbers, times of day, dates. Two texts that write them
//! differently (`R$ 89,90`, `8990`; `2026-11-27T15:00`, `27/11 às 15h`) give the same facts.

use crate::domain::language::Language;
use crate::language::identifiers::find_phones;
use crate::language::money::find_money;
use jiff::civil::DateTime;
use serde_json::Value;
use std::collections::HashSet;

/// One hard fact.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fact {
    /// An amount in centavos.
    Cents(i64),
    /// A number as written, without grouping.
    Number(u64),
    /// A percentage.
    Percent(u32),
    /// A time of day.
    Clock(u8, u8),
    /// A day of a month.
    Date(u8, u8),
}

/// What is proven.
#[derive(Clone, Debug, Default)]
pub struct Facts(HashSet<Fact>);

impl Facts {
    /// Adds what `text` states; times in it may be written for machines.
    pub fn add_text(&mut self, text: &str, language: Language) {
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')) {
            if word.contains('T')
                && let Ok(time) = word.parse::<DateTime>()
            {
                self.add_time(time);
            }
        }
        self.0.extend(facts_of(text, language).into_iter().chain(phones_of(text)).map(|stated| stated.fact));
    }

    /// Adds what a tool result states.
    pub fn add_value(&mut self, value: &Value, language: Language) {
        match value {
            Value::String(text) => self.add_text(text, language),
            Value::Number(number) => {
                if let Some(whole) = number.as_u64() {
                    self.0.insert(Fact::Number(whole));
                    // Results carry centavos as whole numbers.
                    self.0.extend(i64::try_from(whole).ok().map(Fact::Cents));
                    self.0.extend(u32::try_from(whole).ok().map(Fact::Percent));
                }
                if let Some(float) = number.as_f64().filter(|float| (0.0..1e12).contains(float)) {
                    self.0.insert(Fact::Cents((float * 100.0).round() as i64));
                }
            }
            Value::Array(items) => {
                items.iter().for_each(|item| self.add_value(item, language));
                self.0.insert(Fact::Number(items.len() as u64));
            }
            Value::Object(fields) => fields.values().for_each(|field| self.add_value(field, language)),
            Value::Bool(_) | Value::Null => {}
        }
    }

    /// Adds a day and a time of day.
    pub fn add_time(&mut self, time: DateTime) {
        let unsigned = |value: i8| u8::try_from(value).unwrap_or(0);
        self.0.insert(Fact::Date(unsigned(time.day()), unsigned(time.month())));
        self.0.insert(Fact::Clock(unsigned(time.hour()), unsigned(time.minute())));
        self.0.insert(Fact::Number(u64::from(unsigned(time.day()))));
        self.0.insert(Fact::Number(time.year().unsigned_abs().into()));
    }

    /// Whether everything that `text` states is proven. A telephone number is one fact, however it is written.
    pub fn prove_all_of(&self, text: &str, language: Language) -> bool {
        let mut unproven = facts_of(text, language);
        unproven.retain(|stated| !self.prove(stated.fact));
        if unproven.is_empty() {
            return true;
        }
        let phones: Vec<Stated> = phones_of(text).filter(|phone| self.prove(phone.fact)).collect();
        let within = |stated: &Stated, phone: &Stated| {
            phone.span.start <= stated.span.start && stated.span.end <= phone.span.end
        };
        unproven.iter().all(|stated| phones.iter().any(|phone| within(stated, phone)))
    }

    /// Whether `fact` is proven.
    pub fn prove(&self, fact: Fact) -> bool {
        self.0.contains(&fact)
            || match fact {
                Fact::Cents(cents) => {
                    cents % 100 == 0
                        && u64::try_from(cents / 100).is_ok_and(|whole| self.0.contains(&Fact::Number(whole)))
                }
                Fact::Number(number) => i64::try_from(number)
                    .ok()
                    .and_then(|number| number.checked_mul(100))
                    .is_some_and(|cents| self.0.contains(&Fact::Cents(cents))),
                Fact::Percent(percent) => self.0.contains(&Fact::Number(u64::from(percent))),
                Fact::Clock(hour, 0) => self.0.contains(&Fact::Number(u64::from(hour))),
                Fact::Clock(..) | Fact::Date(..) => false,
            }
    }
}

/// A fact and where it is stated.
#[derive(Clone, Debug)]
pub struct Stated {
    /// The fact.
    pub fact: Fact,
    /// Bytes of the text.
    pub span: std::ops::Range<usize>,
}

/// The hard facts that `text` states. A small number without a unit (`3 opções`) is not one.
pub fn facts_of(text: &str, language: Language) -> Vec<Stated> {
    let mut stated: Vec<Stated> = find_money(text, language)
        .into_iter()
        .map(|found| Stated { fact: Fact::Cents(found.value.0), span: found.span })
        .collect();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let begin = at;
        while at < bytes.len()
            && (bytes[at].is_ascii_digit() || (is_joint(bytes[at]) && next_is_digit(bytes, at)))
        {
            at += 1;
        }
        let span = begin..at;
        if stated.iter().any(|other| other.span.start < span.end && span.start < other.span.end) {
            continue;
        }
        let behind = text.get(at..).unwrap_or_default();
        if let Some(fact) = fact_of(&text[begin..at], behind) {
            stated.push(Stated { fact, span });
        }
    }
    stated
}

/// The telephone numbers that `text` states.
fn phones_of(text: &str) -> impl Iterator<Item = Stated> {
    find_phones(text).into_iter().filter_map(|found| {
        let digits = found.value.trim_start_matches('+').parse().ok()?;
        Some(Stated { fact: Fact::Number(digits), span: found.span })
    })
}

fn is_joint(byte: u8) -> bool {
    matches!(byte, b'.' | b',' | b':' | b'/' | b'h')
}

fn next_is_digit(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
}

/// Reads one run of digits and joints; `behind` is the text that follows it.
fn fact_of(run: &str, behind: &str) -> Option<Fact> {
    let unit = behind.trim_start();
    if let Some((hour, minute)) = run.split_once([':', 'h']) {
        return Some(Fact::Clock(hour.parse().ok()?, minute.get(..2).unwrap_or(minute).parse().ok()?));
    }
    if let Some((day, month)) = run.split_once('/') {
        let month = month.split('/').next().unwrap_or(month);
        return match (day.parse(), month.parse()) {
            (Ok(day), Ok(month)) => Some(Fact::Date(day, month)),
            _ => None,
        };
    }
    if behind.starts_with('h') && !behind[1..].starts_with(char::is_alphabetic) {
        return run.parse().ok().map(|hour| Fact::Clock(hour, 0));
    }
    if unit.starts_with('%') {
        let whole = run.split([',', '.']).next().unwrap_or(run);
        return whole.parse().ok().map(Fact::Percent);
    }
    let digits: String = run.chars().filter(char::is_ascii_digit).collect();
    if run.contains(',') && !run.ends_with(",00") {
        // A decimal that is not money: a weight, a length. Compared as written.
        return digits.parse().ok().map(Fact::Number);
    }
    let number: u64 =
        if run.ends_with(",00") { digits[..digits.len() - 2].parse().ok()? } else { digits.parse().ok()? };
    let counted = [
        "dia", "day", "día", "hora", "hour", "mes", "mês", "month", "unidade", "unit", "x ", "vez", "cm",
        "kg", "min", "ano", "year", "semana", "week",
    ]
    .iter()
    .any(|word| unit.starts_with(word));
    (number >= 10 || counted).then_some(Fact::Number(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn proven(value: &Value, text: &str) -> bool {
        let mut facts = Facts::default();
        facts.add_value(value, Language::Portuguese);
        facts.prove_all_of(text, Language::Portuguese)
    }

    #[test]
    fn the_same_fact_in_other_clothes_is_proven() {
        let result = json!({"price_cents": 8990, "start": "2026-11-27T15:00", "stock": 12, "number": "10421", "off": 10, "phone": "+5511955550101"});
        for text in [
            "Custa R$ 89,90.",
            "Sexta, 27/11 às 15h.",
            "27/11/2026 às 15:00",
            "Temos 12 unidades.",
            "O pedido 10421 vai bem.",
            "São 10% de desconto.",
            "Tenho 3 opções.",
            "O telefone é +55 11 95555-0101, ou (11) 95555-0101.",
        ] {
            assert!(proven(&result, text), "{text}");
        }
        for text in [
            "Custa R$ 79,90.",
            "Sexta às 16h.",
            "Dia 28/11.",
            "Temos 15 unidades.",
            "Pedido 10422",
            "20% off",
            "em 2 dias",
            "Ligue para (11) 95555-0102",
        ] {
            assert!(!proven(&result, text), "{text}");
        }
    }
}
