//! Everything that was supplied in a conversation, sorted by how far it may be relied on. Asked where a value came
//! from, it answers with the best origin it can prove.

use super::paths::{scalars, select};
use super::reading::Reading;
use crate::domain::language::Language;
use crate::domain::provenance::Provenance;
use crate::language::dates::{Grain, When, find_times};
use crate::language::emails::{canonical_email, find_emails};
use crate::language::fold::{fold, words};
use crate::language::identifiers::{
    canonical_phone, find_documents, find_numbers, find_phones, find_postal_codes,
};
use crate::language::memo::Memo;
use crate::language::money::find_money;
use crate::language::numbers::find_quantities;
use jiff::Zoned;
use jiff::civil::DateTime;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

/// How many words make a prose text, of which single words need no origin.
const PROSE_WORDS: usize = 7;
/// So many words in a row that also stand in untrusted text make a prose text untrusted.
const COPIED_WORDS: usize = 6;

/// One side's words, ready to be searched.
#[derive(Clone, Default, Debug)]
struct Words(Vec<Arc<Reading>>);

impl Words {
    fn add(&mut self, text: &str) {
        self.0.push(Reading::of(text));
    }

    /// Whether one of the texts has these words in a row.
    fn has_phrase(&self, phrase: &[String]) -> bool {
        if phrase.is_empty() {
            return false;
        }
        let phrase = format!(" {} ", phrase.join(" "));
        self.0.iter().any(|reading| reading.phrase.contains(&phrase))
    }

    /// Whether the texts together have all of these words.
    fn has_words(&self, phrase: &[String]) -> bool {
        let has = |word: &String| self.0.iter().any(|reading| reading.words.contains(word));
        !phrase.is_empty() && phrase.iter().all(has)
    }

    fn has_identifier(&self, identifier: &str) -> bool {
        self.0.iter().any(|reading| reading.identifiers.contains(identifier))
    }
}

/// What a customer's message says in figures.
struct Figures {
    quantities: Vec<i64>,
    cents: Vec<i64>,
    times: Vec<When>,
}

/// Those of messages that were read before, by the moment and the text: the same are read in every turn.
static FIGURES: LazyLock<Memo<Figures>> = LazyLock::new(Memo::default);

/// What was supplied in a conversation, by whom.
#[derive(Clone, Default, Debug)]
pub struct Evidence {
    customer: Words,
    quantities: HashSet<i64>,
    cents: HashSet<i64>,
    times: Vec<When>,
    trusted: HashSet<String>,
    program: HashSet<String>,
    untrusted: Words,
}

impl Evidence {
    /// The customer wrote `text` at `said_at`.
    pub fn add_customer(&mut self, text: &str, said_at: &Zoned, language: Language) {
        self.customer.add(text);
        let figures = FIGURES.of(&format!("{said_at} {text}"), language, || Figures {
            quantities: find_quantities(text, language).into_iter().map(|found| found.value).collect(),
            cents: find_money(text, language).into_iter().map(|found| found.value.0).collect(),
            times: find_times(text, said_at, language).into_iter().map(|found| found.value).collect(),
        });
        self.quantities.extend(&figures.quantities);
        self.cents.extend(&figures.cents);
        self.times.extend(figures.times.iter().copied());
    }

    /// The program knows `value`: an identity of the channel, a setting.
    pub fn add_program(&mut self, value: &str) {
        self.program.insert(fold(value));
        self.program.extend(canonical_email(value));
        self.program.extend(canonical_phone(value));
    }

    /// A tool gave `data`; the fields at `trusted` count as trusted, everything else as untrusted.
    pub fn add_result(&mut self, data: &Value, trusted: &[String]) {
        for path in trusted {
            for value in select(data, path) {
                scalars(value, &mut |scalar| {
                    let text = plain(scalar);
                    // A long text is prose, whatever the operator's file says.
                    if text.len() <= 200 {
                        self.trusted.insert(fold(&text));
                    }
                });
            }
        }
        scalars(data, &mut |scalar| {
            let reading = Reading::of(&plain(scalar));
            if !self.trusted.contains(&reading.folded) {
                self.untrusted.0.push(reading);
            }
        });
    }

    /// Text nobody vouches for: a passage, a file, a name, an ad.
    pub fn add_untrusted(&mut self, text: &str) {
        self.untrusted.add(text);
    }

    /// Where `value` came from. `prose_is_free`: a longer text may be the model's own wording, as long as the
    /// identifiers in it have an origin and it was not copied from untrusted text.
    pub fn origin(&self, value: &Value, prose: Prose) -> Provenance {
        match value {
            Value::Null | Value::Bool(_) => Provenance::Customer,
            Value::Number(number) => self.origin_of_number(&number.to_string(), number.as_f64()),
            Value::String(text) => self.origin_of_text(text, prose),
            Value::Array(items) => {
                items.iter().map(|item| self.origin(item, prose)).max().unwrap_or(Provenance::Customer)
            }
            Value::Object(fields) => {
                fields.values().map(|field| self.origin(field, prose)).max().unwrap_or(Provenance::Customer)
            }
        }
    }

    fn origin_of_number(&self, text: &str, number: Option<f64>) -> Provenance {
        let whole =
            number.filter(|number| number.fract() == 0.0 && number.abs() < 1e15).map(|number| number as i64);
        let cents = number.filter(|number| number.abs() < 1e13).map(|number| (number * 100.0).round() as i64);
        let plain = whole.map_or_else(|| text.to_owned(), |whole| whole.to_string());
        let said = self.customer.has_identifier(&plain)
            || whole.is_some_and(|whole| self.quantities.contains(&whole) || self.cents.contains(&whole))
            || cents.is_some_and(|cents| self.cents.contains(&cents))
            || self.customer.has_phrase(&words(&plain));
        if said {
            Provenance::Customer
        } else if self.trusted.contains(&plain) || self.trusted.contains(text) {
            Provenance::Trusted
        } else if self.program.contains(&plain) {
            Provenance::Program
        } else if self.untrusted.has_identifier(&plain) || self.untrusted.has_phrase(&words(&plain)) {
            Provenance::Untrusted
        } else {
            Provenance::Nobody
        }
    }

    fn origin_of_text(&self, text: &str, prose: Prose) -> Provenance {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Provenance::Customer;
        }
        let folded = fold(trimmed);
        if self.trusted.contains(&folded) {
            return Provenance::Trusted;
        }
        if let Some(time) = as_time(trimmed) {
            return self.origin_of_time(time, &folded);
        }
        let phrase = words(trimmed);
        let is_prose = phrase.len() >= PROSE_WORDS;
        let identifiers = identifiers_of(trimmed);
        if !identifiers.is_empty() {
            let worst = identifiers
                .iter()
                .map(|id| self.origin_of_identifier(id))
                .max()
                .unwrap_or(Provenance::Nobody);
            if !is_prose || !worst.is_reliable() {
                return worst;
            }
        }
        if self.customer.has_phrase(&phrase) || (phrase.len() <= 12 && self.customer.has_words(&phrase)) {
            return Provenance::Customer;
        }
        if self.program.contains(&folded) {
            return Provenance::Program;
        }
        if is_prose && prose == Prose::Free {
            let copied = phrase
                .windows(COPIED_WORDS)
                .any(|window| self.untrusted.has_phrase(window) && !self.customer.has_phrase(window));
            return if copied { Provenance::Untrusted } else { Provenance::Customer };
        }
        if self.untrusted.has_phrase(&phrase) || self.untrusted.has_words(&phrase) {
            return Provenance::Untrusted;
        }
        Provenance::Nobody
    }

    fn origin_of_identifier(&self, identifier: &str) -> Provenance {
        if self.customer.has_identifier(identifier) {
            Provenance::Customer
        } else if self.trusted.contains(identifier) {
            Provenance::Trusted
        } else if self.program.contains(identifier) {
            Provenance::Program
        } else if self.untrusted.has_identifier(identifier) {
            Provenance::Untrusted
        } else {
            Provenance::Nobody
        }
    }

    fn origin_of_time(&self, (time, has_clock): (DateTime, bool), folded: &str) -> Provenance {
        // A bare "14h" is today's only if no day was named before: who wished for Friday means Friday.
        let named = self.times.iter().any(|when| when.day_named);
        let day_said = self.times.iter().any(|when| {
            (when.day_named || !named) && when.from.date() <= time.date() && time.date() <= last_day(when)
        });
        let clock_said = !has_clock
            || self.times.iter().any(|when| match when.grain {
                Grain::Minute | Grain::Hour => when.from.time() == time.time(),
                Grain::PartOfDay => when.from <= time && time < when.until,
                Grain::Day | Grain::Week | Grain::Month => false,
            });
        if day_said && clock_said {
            Provenance::Customer
        } else if self.untrusted.has_phrase(&words(folded)) {
            Provenance::Untrusted
        } else {
            Provenance::Nobody
        }
    }
}

/// Whether a longer text may be worded by the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prose {
    /// It may, if its identifiers have an origin.
    Free,
    /// It may not: the customer's own words are wanted.
    Said,
}

fn plain(scalar: &Value) -> Cow<'_, str> {
    match scalar {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

fn last_day(when: &When) -> jiff::civil::Date {
    // `until` is exclusive: midnight belongs to the day before.
    when.until.checked_sub(jiff::Span::new().nanoseconds(1)).map_or(when.until.date(), |until| until.date())
}

/// A local time as tools take it, and whether it names a time of day.
fn as_time(text: &str) -> Option<(DateTime, bool)> {
    if let Ok(date) = text.parse::<jiff::civil::Date>()
        && text.len() <= 10
    {
        return Some((date.to_datetime(jiff::civil::Time::midnight()), false));
    }
    let local = text.replacen(' ', "T", 1);
    local.parse::<DateTime>().ok().map(|time| (time, true))
}

fn identifiers_of(text: &str) -> Vec<String> {
    let mut found: Vec<String> = find_emails(text).into_iter().map(|found| found.value).collect();
    if found.is_empty() {
        for candidates in
            [find_documents(text), find_phones(text), find_postal_codes(text), find_numbers(text)]
        {
            if !candidates.is_empty() {
                found.extend(candidates.into_iter().map(|found| found.value));
                break;
            }
        }
    }
    found
}
