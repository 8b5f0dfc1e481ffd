//! The hard facts that a text states or proves: amounts, numbers, times of day, dates. Two texts that write them
//! differently (`R$ 89,90`, `8990`; `2026-11-27T15:00`, `27/11 às 15h`) give the same facts.

use crate::domain::language::Language;
use crate::domain::money::Money;
use crate::language::identifiers::find_phones;
use crate::language::memo::Memo;
use crate::language::money::find_money;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Number, Value};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Facts of texts that were read before.
static READ: LazyLock<Memo<Vec<Fact>>> = LazyLock::new(Memo::default);

/// One hard fact.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fact {
    /// An amount in centavos.
    Cents(i64),
    /// The digits of a number as written, without grouping.
    Number(u64),
    /// A percentage, in hundredths.
    Percent(u32),
    /// A time of day.
    Clock(u8, u8),
    /// A day of a month.
    Date(u8, u8),
}

/// What is proven.
#[derive(Clone, Debug)]
pub struct Facts {
    proven: HashSet<Fact>,
    /// Where moments in time are told as times of day.
    zone: TimeZone,
}

impl Default for Facts {
    fn default() -> Self {
        Self::in_zone(TimeZone::UTC)
    }
}

impl Facts {
    /// Nothing yet; moments are told as times of day in `zone`.
    pub fn in_zone(zone: TimeZone) -> Self {
        Self { proven: HashSet::new(), zone }
    }

    /// Adds what `text` states; times in it may be written for machines.
    pub fn add_text(&mut self, text: &str, language: Language) {
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
        // A time may also be all there is, with a blank before its clock.
        for word in words.chain([text.trim()]) {
            self.add_machine_time(
                word.trim_matches(|c| matches!(c, '(' | ')' | '"' | '`' | '.' | '!' | '?')),
            );
        }
        let read = || facts_of(text, language).into_iter().chain(phones_of(text)).map(|stated| stated.fact);
        self.proven.extend(READ.of(text, language, || read().collect()).iter());
    }

    /// Adds the day and the time of day of a word in ISO 8601, as written and in the zone.
    fn add_machine_time(&mut self, word: &str) {
        if word.len() > 60 || word.as_bytes().get(4) != Some(&b'-') {
            return;
        }
        if word.len() == 10 {
            if let Ok(day) = word.parse() {
                self.add_day(day);
            }
            return;
        }
        if let Ok(moment) = word.parse::<Timestamp>() {
            self.add_time(moment.to_zoned(self.zone.clone()).datetime());
        }
        if let Ok(time) = word.trim_end_matches(['Z', 'z']).parse() {
            self.add_time(time);
        }
    }

    /// Adds what a tool result states.
    pub fn add_value(&mut self, value: &Value, language: Language) {
        match value {
            Value::String(text) => {
                self.add_text(text, language);
                if let Some(decimal) = decimal_of(text) {
                    self.add_decimal(decimal);
                }
            }
            Value::Number(number) => self.add_number(number),
            Value::Array(items) => {
                items.iter().for_each(|item| self.add_value(item, language));
                self.proven.insert(Fact::Number(items.len() as u64));
            }
            Value::Object(fields) => fields.values().for_each(|field| self.add_value(field, language)),
            Value::Bool(_) | Value::Null => {}
        }
    }

    /// Adds a number of a tool result. What it is below nothing is told in words.
    fn add_number(&mut self, number: &Number) {
        let whole = number.as_i64().map(i64::unsigned_abs).or(number.as_u64());
        if let Some(whole) = whole {
            self.proven.insert(Fact::Number(whole));
            // Results carry centavos as whole numbers.
            self.proven.extend(i64::try_from(whole).ok().map(Fact::Cents));
        } else if let Some(decimal) = number.as_f64() {
            let written = number.to_string().chars().filter(char::is_ascii_digit).collect::<String>();
            self.proven.extend(written.parse().ok().map(Fact::Number));
            self.add_decimal(decimal.abs());
        }
    }

    /// Adds an amount, a measure, a rate: as written, and rounded to two decimals or one.
    fn add_decimal(&mut self, decimal: f64) {
        if !(0.0..1e12).contains(&decimal) {
            return;
        }
        let rounded = |factor: f64| (decimal * factor).round() as u64;
        let hundredths = rounded(100.0);
        self.proven.extend(i64::try_from(hundredths).ok().map(Fact::Cents));
        self.proven.extend(u32::try_from(hundredths).ok().map(Fact::Percent));
        if decimal.fract() != 0.0 {
            self.proven.extend([Fact::Number(hundredths), Fact::Number(rounded(10.0))]);
        }
        // A share of the whole.
        if decimal <= 1.0 {
            self.proven.extend(u32::try_from(rounded(10_000.0)).ok().map(Fact::Percent));
        }
    }

    /// Adds a day and a time of day.
    pub fn add_time(&mut self, time: DateTime) {
        self.add_day(time.date());
        self.proven.insert(Fact::Clock(unsigned(time.hour()), unsigned(time.minute())));
    }

    fn add_day(&mut self, day: Date) {
        self.proven.extend([
            Fact::Date(unsigned(day.day()), unsigned(day.month())),
            Fact::Number(u64::from(unsigned(day.day()))),
            Fact::Number(day.year().unsigned_abs().into()),
        ]);
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
        self.proven.contains(&fact)
            || match fact {
                Fact::Cents(cents) => {
                    cents % 100 == 0
                        && u64::try_from(cents / 100)
                            .is_ok_and(|whole| self.proven.contains(&Fact::Number(whole)))
                }
                Fact::Number(number) => i64::try_from(number)
                    .ok()
                    .and_then(|number| number.checked_mul(100))
                    .is_some_and(|cents| self.proven.contains(&Fact::Cents(cents))),
                Fact::Percent(hundredths) => {
                    hundredths % 100 == 0 && self.proven.contains(&Fact::Number(u64::from(hundredths / 100)))
                }
                Fact::Clock(hour, 0) => self.proven.contains(&Fact::Number(u64::from(hour))),
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

/// The decimal that `text` is, if it is nothing else: `1234.50`, `-1.234,50`.
fn decimal_of(text: &str) -> Option<f64> {
    let unsigned = text.trim().trim_start_matches('-');
    if !unsigned.contains(['.', ',']) || !unsigned.bytes().all(|b| b.is_ascii_digit() || is_joint(b)) {
        return None;
    }
    unsigned.parse().ok().or_else(|| Money::parse(unsigned).map(|money| money.0 as f64 / 100.0))
}

fn unsigned(value: i8) -> u8 {
    value.unsigned_abs()
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
        let (whole, part) = run.split_once([',', '.']).unwrap_or((run, ""));
        let hundredths = format!("{part:0<2}").get(..2)?.parse::<u32>().ok()?;
        return whole.parse::<u32>().ok()?.checked_mul(100).map(|whole| Fact::Percent(whole + hundredths));
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
        let mut facts = Facts::in_zone(TimeZone::get("America/Sao_Paulo").unwrap());
        facts.add_value(value, Language::Portuguese);
        facts.prove_all_of(text, Language::Portuguese)
    }

    #[test]
    fn what_vendors_write_proves_what_people_read() {
        for (value, text) in [
            (json!({"temp": 23.5}), "Faz 23,5 graus."),
            (json!({"temp": 23.5}), "It is 23.5 °C."),
            (json!({"temp": 23.46}), "Faz 23,5 graus."),
            (json!({"rate": 12.5}), "A taxa é de 12,5%."),
            (json!({"rate": 0.125}), "A taxa é de 12,5%."),
            (json!({"off": 0.1}), "São 10% de desconto."),
            (json!({"rate": "12.5"}), "A taxa é de 12,50%."),
            (json!({"weight": 0.75}), "Pesa 0,75 kg."),
            (json!({"length": 30.0}), "Tem 30 cm."),
            (json!({"balance": -50.25}), "Você deve R$ 50,25."),
            (json!({"balance": -50}), "Você deve R$ 50,00."),
            (json!({"balance": "1234.50"}), "O saldo é R$ 1.234,50."),
            (json!({"balance": "-1.234,50"}), "O saldo é R$ 1.234,50."),
            (json!({"price": "199.00"}), "Custa R$ 199,00."),
            (json!({"price": "199.00"}), "Custa R$ 199."),
            (json!({"due": "2026-11-27"}), "Vence em 27/11/2026."),
            (json!({"due": "2026-11-27T15:00:00"}), "É 27/11 às 15h."),
            (json!({"due": "2026-11-27T15:00:00-03:00"}), "É 27/11 às 15h."),
            (json!({"due": "2026-11-27T15:00:00Z"}), "É 27/11 às 15:00."),
            (json!({"due": "2026-11-27T18:00:00.000Z"}), "É 27/11 às 15h."),
            (json!({"due": "2026-11-28T01:30:00.000Z"}), "É 27/11 às 22h30."),
            (json!({"due": "2026-11-28 01:30:00Z"}), "É 27/11 às 22:30."),
            (json!({"note": "Marcado (2026-11-28T01:30:00+00:00)."}), "É 27/11 às 22:30."),
        ] {
            assert!(proven(&value, text), "{value} does not prove {text}");
        }
        for (value, text) in [
            (json!({"temp": 23.5}), "Faz 24,5 graus."),
            (json!({"rate": 12.5}), "A taxa é de 12%."),
            (json!({"rate": 12.5}), "A taxa é de 12,6%."),
            (json!({"weight": 0.75}), "Pesa 0,57 kg."),
            (json!({"balance": -50.25}), "Você deve R$ 50,26."),
            (json!({"balance": "1234.50"}), "O saldo é R$ 1.234,60."),
            (json!({"due": "2026-11-27"}), "Vence em 27/10."),
            (json!({"due": "2026-11-27"}), "Vence em 27/11 às 9h."),
            (json!({"due": "2026-11-28T01:30:00Z"}), "É 27/11 às 21:30."),
        ] {
            assert!(!proven(&value, text), "{value} proves {text}");
        }
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
