//! The evidence of a conversation: documents of which each has an origin, read once. It collects; what binds to it is told
//! in `bind.rs`.

use super::result::{Class, Item, What, read_result};
use crate::domain::hours::WeekHours;
use crate::domain::language::Language;
use crate::domain::provenance::Origin;
use crate::language::statements::{
    Fact, Half, Hedge, Kind, Reading, Term, Word, names_a_rate, read, terms_of, terms_of_day,
};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;

/// Everything that may prove something.
#[derive(Clone, Debug)]
pub struct Ledger {
    documents: Vec<Document>,
    /// Where moments are told as times of day.
    zone: TimeZone,
    /// The present day.
    today: Date,
}

/// One source of evidence.
#[derive(Clone, Debug)]
struct Document {
    origin: Origin,
    content: Content,
    /// Terms that name what all of it is about: a title, a heading.
    about: Vec<Term>,
    /// The day on which it was said.
    said_on: Date,
}

#[derive(Clone, Debug)]
enum Content {
    Text(Arc<Reading>),
    Result(Arc<Vec<Item>>),
}

/// One piece of evidence.
pub(super) struct Evident<'a> {
    /// What it proves.
    pub(super) what: What,
    /// Whose it is.
    pub(super) origin: &'a Origin,
    /// The path in a result.
    pub(super) path: Option<&'a str>,
    /// The bytes of a text.
    pub(super) span: Option<Range<usize>>,
    /// Terms that stand right beside it.
    near: &'a [Term],
    own: &'a [Term],
    about: &'a [Term],
    lead: &'a [Term],
    /// Terms that the lines of its text are labelled with.
    labels: &'a [Term],
    /// The day on which it was said.
    pub(super) said_on: Date,
}

impl Evident<'_> {
    /// How well the terms of a claim name what this is said of.
    pub(super) fn fits(&self, claim: &[Term]) -> usize {
        // For how long an amount is names it less than what it is for.
        let weight = |term: &Term| if names_a_rate(*term) { 1 } else { 2 };
        let near: usize = claim.iter().filter(|term| self.near.binary_search(term).is_ok()).map(weight).sum();
        let is_in = |terms: &[Term], term: &Term| terms.binary_search(term).is_ok();
        let about = claim
            .iter()
            .filter(|term| {
                self.near.binary_search(term).is_err() && (is_in(self.about, term) || is_in(self.lead, term))
            })
            .count();
        near + about
    }

    /// Whether it stands in a record inside of the one that `other` stands in, by a name that none of `said` is.
    pub(super) fn is_of_an_unnamed_part(&self, other: &Self, said: &[&[Term]]) -> bool {
        let record = |path: Option<&'_ str>| {
            path.and_then(|path| path.rsplit_once('.')).map_or(String::new(), |(record, _)| record.to_owned())
        };
        let (inner, outer) = (record(self.path), record(other.path));
        inner.len() > outer.len()
            && inner.starts_with(&outer)
            && (!self.own.is_empty() || inner[outer.len()..].contains('['))
            && !self.own.iter().any(|term| said.iter().any(|said| said.contains(term)))
    }

    /// Whether another line of its text is labelled with what the terms of a claim name, and its own is not.
    pub(super) fn is_of_another_line(&self, claim: &[Term]) -> bool {
        self.fits(claim) == 0 && claim.iter().any(|term| self.labels.binary_search(term).is_ok())
    }

    /// Whether it is said of the day of that term; of no day in particular is of none.
    pub(super) fn is_of_day(&self, day: Term) -> bool {
        self.near.binary_search(&day).is_ok()
    }

    /// Whether it may say something else of what `claim` says, where its field's name or its form tells.
    pub(super) fn competes_with(&self, claim: Fact) -> bool {
        match self.what {
            // What is free has no price.
            What::Fact(Fact::Word(Word::Free)) if claim.kind() == Kind::Money => true,
            What::Fact(fact) => fact.competes_with(claim),
            What::Raw(_, Class::Money | Class::Cents) => claim.kind() == Kind::Money,
            What::Raw(_, Class::Percent) => claim.kind() == Kind::Percent,
            What::Raw(_, Class::Count) => matches!(claim, Fact::Count(_, "piece" | "times")),
            What::Raw(_, Class::Minutes(_) | Class::Months(_) | Class::Length) => {
                claim.kind() == Kind::Length
            }
            What::Raw(_, Class::Any | Class::Share | Class::Hour | Class::Name) => false,
        }
    }

    /// Whether it says that something is free.
    pub(super) fn is_free(&self) -> bool {
        self.what == What::Fact(Fact::Word(Word::Free))
    }

    /// The percentage that it is, in hundredths.
    pub(super) fn share(&self) -> Option<u32> {
        match self.what {
            What::Fact(Fact::Percent(share)) => Some(share),
            What::Raw(raw, Class::Percent | Class::Share) => u32::try_from(raw / 100).ok(),
            What::Fact(_) | What::Raw(..) => None,
        }
    }

    /// The amount that it is, in centavos.
    pub(super) fn amount(&self) -> Option<i64> {
        match self.what {
            What::Fact(Fact::Money(cents)) => Some(cents),
            What::Raw(raw, Class::Money) => i64::try_from(raw / 100).ok(),
            What::Raw(raw, Class::Cents) => i64::try_from(raw / 10_000).ok(),
            What::Fact(_) | What::Raw(..) => None,
        }
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new(TimeZone::UTC, Date::constant(2026, 1, 1))
    }
}

impl Ledger {
    /// Nothing yet; moments are told as times of day in `zone`.
    pub fn new(zone: TimeZone, today: Date) -> Self {
        Self { documents: Vec::new(), zone, today }
    }

    /// The present day.
    pub(super) fn today(&self) -> Date {
        self.today
    }

    /// The zone in which times of day are told.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Adds a text. `about` is its title and heading.
    pub fn add_text(&mut self, origin: Origin, text: &str, about: &str, language: Language) {
        self.add_text_of(self.today, origin, text, about, language);
    }

    /// Adds a text in which `amanhã` is the day behind `said_on`.
    pub fn add_text_of(
        &mut self,
        said_on: Date,
        origin: Origin,
        text: &str,
        about: &str,
        language: Language,
    ) {
        let reading = read(text, language);
        // A passage that was found again proves nothing new.
        let is_known = |document: &Document| match &document.content {
            Content::Text(known) => Arc::ptr_eq(known, &reading) && document.origin == origin,
            Content::Result(_) => false,
        };
        if self.documents.iter().any(is_known) {
            return;
        }
        let content = Content::Text(reading);
        let about = if about.is_empty() { Vec::new() } else { terms_of(about, language) };
        self.documents.push(Document { origin, content, about, said_on });
    }

    /// Adds what a tool gave back.
    pub fn add_result(&mut self, origin: Origin, data: &Value, language: Language) {
        let content = Content::Result(read_result(data, language));
        self.documents.push(Document { origin, content, about: Vec::new(), said_on: self.today });
    }

    /// Adds the present day and the one behind it, as the clock tells them.
    pub fn add_clock(&mut self) {
        let mut items = Vec::new();
        for day in [Some(self.today), self.today.tomorrow().ok()].into_iter().flatten() {
            items.push(self.item(date_fact(day), "today", terms_of_day(day).to_vec()));
        }
        let year = u64::from(self.today.year().unsigned_abs()) * 10_000;
        items.push(self.item(Fact::Number(year), "year", Vec::new()));
        self.push(Origin::Clock, items);
    }

    /// Adds when the business is open.
    pub fn add_hours(&mut self, hours: &WeekHours) {
        if hours.is_empty() {
            return;
        }
        let mut items = Vec::new();
        for days in 0..7 {
            let Ok(day) = self.today.checked_add(jiff::Span::new().days(days)) else { continue };
            let spans: Vec<_> = hours.on(day.weekday()).collect();
            let near = terms_of_day(day)[..1].to_vec();
            let word = if spans.is_empty() { Word::Closed } else { Word::Open };
            items.push(self.item(Fact::Word(word), "hours", near.clone()));
            items.push(self.item(Fact::Weekday(weekday_number(day.weekday())), "hours", near.clone()));
            for time in spans.iter().flat_map(|(from, until)| [from, until]) {
                let minutes =
                    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
                items.push(self.item(Fact::Clock(minutes, Half::Told), "hours", near.clone()));
            }
        }
        self.push(Origin::Business, items);
    }

    fn item(&self, fact: Fact, path: &str, mut near: Vec<Term>) -> Item {
        near.sort_unstable();
        Item { what: What::Fact(fact), path: path.to_owned(), near, own: Vec::new() }
    }

    fn push(&mut self, origin: Origin, items: Vec<Item>) {
        self.documents.push(Document {
            origin,
            content: Content::Result(Arc::new(items)),
            about: Vec::new(),
            said_on: self.today,
        });
    }

    /// Every piece of evidence.
    pub(super) fn evidence(&self) -> impl Iterator<Item = Evident<'_>> {
        self.documents.iter().flat_map(|document| {
            let (texts, items, labels) = match &document.content {
                Content::Text(reading) => {
                    (reading.stated.as_slice(), [].as_slice(), reading.labels.as_slice())
                }
                Content::Result(items) => ([].as_slice(), items.as_slice(), [].as_slice()),
            };
            let text = texts
                .iter()
                .filter(|stated| stated.hedge == Hedge::Exact || document.origin.is_of_the_house())
                .map(|stated| {
                    (
                        What::Fact(stated.fact),
                        None,
                        Some(stated.span.clone()),
                        stated.near.as_slice(),
                        [].as_slice(),
                        stated.lead.as_slice(),
                    )
                });
            let result = items.iter().map(|item| {
                (
                    item.what,
                    Some(item.path.as_str()),
                    None,
                    item.near.as_slice(),
                    item.own.as_slice(),
                    [].as_slice(),
                )
            });
            text.chain(result).map(|(what, path, span, near, own, lead)| Evident {
                what,
                origin: &document.origin,
                path,
                span,
                near,
                own,
                lead,
                about: &document.about,
                labels,
                said_on: document.said_on,
            })
        })
    }
}

/// The fact of a day.
pub(super) fn date_fact(date: Date) -> Fact {
    Fact::Date {
        day: date.day().unsigned_abs(),
        month: date.month().unsigned_abs(),
        year: date.year().unsigned_abs(),
    }
}

/// Monday is 0.
pub(super) fn weekday_number(weekday: Weekday) -> u8 {
    weekday.to_monday_zero_offset().unsigned_abs()
}
