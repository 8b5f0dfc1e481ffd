//! The evidence of a conversation: documents of which each has an origin, read once. It collects; what binds to it is told
//! in `bind.rs`.

use super::cited::{end_of, is_long_enough, plain};
use super::equal::says;
use super::evident::Evident;
use super::result::{Item, What, read_result};
use crate::domain::calendar::Calendar;
use crate::domain::hours::WeekHours;
use crate::domain::language::Language;
use crate::domain::provenance::Origin;
use crate::language::fold::fold;
use crate::language::statements::{
    Fact, Half, Kind, Reading, Term, Word, read, read_sentence, terms_of, terms_of_day,
};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde_json::Value;
use std::sync::{Arc, LazyLock, OnceLock};

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
    /// As it is written, titles before it.
    written: Arc<str>,
    /// Bytes of it before the text.
    lead: usize,
    /// The same, folded when it is first looked at.
    folded: OnceLock<String>,
    /// The same, without what stands between words, when something is first looked for in it.
    plain: OnceLock<String>,
}

#[derive(Clone, Debug)]
enum Content {
    Text(Arc<Reading>),
    Result(Arc<Vec<Item>>),
}

const NONE: &[Term] = &[];

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
        let written = format!("{about} {text}");
        let lead = about.len() + 1;
        let about = if about.is_empty() { Vec::new() } else { terms_of(about, language) };
        self.documents.push(Document {
            origin,
            content,
            about,
            said_on,
            written: written.into(),
            lead,
            folded: OnceLock::new(),
            plain: OnceLock::new(),
        });
    }

    /// Adds what a tool gave back, which is `written` like this. `called` is how the tool is called: what `shipping_quote` gives
    /// back is of shipping.
    pub fn add_result(
        &mut self,
        origin: Origin,
        written: &str,
        called: &str,
        data: &Value,
        language: Language,
    ) {
        let content = Content::Result(read_result(written, data, language));
        self.documents.push(Document {
            origin,
            content,
            about: kinds_in(called, language),
            said_on: self.today,
            written: written.into(),
            lead: 0,
            folded: OnceLock::new(),
            plain: OnceLock::new(),
        });
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

    /// The sources of the house that pieces of a quotation stand in, each with its own; none if one stands nowhere. A piece that
    /// is too short to be found by itself stands behind the one before it.
    pub(super) fn quoted<'q>(&self, pieces: &'q [String]) -> Option<Vec<(&Origin, &'q str)>> {
        let mut found: Vec<(&Origin, &str)> = Vec::new();
        let mut behind = String::new();
        for piece in pieces {
            let wanted = plain(piece);
            let mut sources = self.documents.iter().filter(|document| document.origin.is_of_the_house());
            let (origin, rest) = if is_long_enough(&wanted) {
                sources.find_map(|document| {
                    let written = document.plain.get_or_init(|| plain(&document.written));
                    let end = end_of(&wanted, written)?;
                    Some((&document.origin, written[end..].to_owned()))
                })?
            } else {
                let end = end_of(&wanted, &behind)?;
                (found.last()?.0, behind[end..].to_owned())
            };
            behind = rest;
            found.push((origin, piece.as_str()));
        }
        Some(found)
    }

    /// What the house's sources say, as it is written.
    pub(super) fn written_by_the_house(&self) -> impl Iterator<Item = &str> {
        let sources = self.documents.iter().filter(|document| document.origin.is_of_the_house());
        sources.map(|document| &*document.written)
    }

    /// What the customer wrote.
    pub(super) fn customers_words(&self) -> impl Iterator<Item = (&Origin, &str)> {
        let said =
            self.documents.iter().filter(|document| matches!(document.origin, Origin::Customer { .. }));
        said.map(|document| (&document.origin, &*document.written))
    }

    /// Whether a day that a sentence names is one that a result tells of, and not of one thing among several.
    pub(super) fn dates_one_thing(&self, sentence: &str, language: Language) -> bool {
        let read = read_sentence(sentence, language);
        let days = read.stated.iter().filter(|stated| stated.fact.kind() == Kind::Day);
        days.into_iter().any(|day| {
            self.evidence().any(|evident| {
                matches!(evident.origin, Origin::Tool { .. })
                    && evident.path.is_some_and(|path| !path.contains('['))
                    && says(day.fact, &evident, self)
            })
        })
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

    /// Adds the days of the coming year on which the business is closed or open otherwise than in other weeks.
    pub fn add_special_days(&mut self, calendar: &Calendar, usual: &WeekHours) {
        const DAYS: i32 = 365;
        if usual.is_empty() {
            return;
        }
        let mut items = Vec::new();
        for days in 0..DAYS {
            let Ok(day) = self.today.checked_add(jiff::Span::new().days(days)) else { continue };
            let hours = calendar.hours_on(day);
            if hours.iter().copied().eq(usual.on(day.weekday())) {
                continue;
            }
            let near = terms_of_day(day)[1..].to_vec();
            let word = if hours.is_empty() { Word::Closed } else { Word::Open };
            items.push(self.item(Fact::Word(word), "holidays", near.clone()));
            items.push(self.item(date_fact(day), "holidays", near.clone()));
            for time in hours.iter().flat_map(|(from, until)| [from, until]) {
                let minutes =
                    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
                items.push(self.item(Fact::Clock(minutes, Half::Told), "holidays", near.clone()));
            }
        }
        if !items.is_empty() {
            self.push(Origin::Business, items);
        }
    }

    fn item(&self, fact: Fact, path: &str, mut near: Vec<Term>) -> Item {
        near.sort_unstable();
        Item {
            what: What::Fact(fact),
            path: path.to_owned(),
            near,
            own: Vec::new(),
            field: Vec::new(),
            is_taken: false,
        }
    }

    fn push(&mut self, origin: Origin, items: Vec<Item>) {
        self.documents.push(Document {
            origin,
            content: Content::Result(Arc::new(items)),
            about: Vec::new(),
            said_on: self.today,
            written: Arc::default(),
            lead: 0,
            folded: OnceLock::new(),
            plain: OnceLock::new(),
        });
    }

    /// Whether a name stands anywhere just as it is written.
    pub(super) fn names(&self, name: &str) -> bool {
        self.documents.iter().any(|document| document.written.contains(name))
    }

    /// Whether a word that begins with the folded `beginning` stands anywhere, whoever said it.
    pub(super) fn mentions(&self, beginning: &str) -> bool {
        self.documents.iter().any(|document| {
            let folded = document.folded.get_or_init(|| fold(&document.written));
            folded
                .match_indices(beginning)
                .any(|(at, _)| !folded[..at].chars().next_back().is_some_and(char::is_alphanumeric))
        })
    }

    /// Whether the house says a word that begins with one of the folded `beginnings`.
    pub(super) fn house_mentions(&self, beginnings: &[&str]) -> bool {
        self.documents.iter().filter(|document| document.origin.is_of_the_house()).any(|document| {
            let folded = document.folded.get_or_init(|| fold(&document.written));
            folded
                .split(|sign: char| !sign.is_alphanumeric())
                .any(|word| beginnings.iter().any(|beginning| word.starts_with(beginning)))
        })
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
            let text = texts.iter().map(|stated| {
                (
                    What::Fact(stated.fact),
                    None,
                    Some(stated.span.clone()),
                    stated.near.as_slice(),
                    [NONE, NONE],
                    stated.lead.as_slice(),
                    false,
                )
            });
            let result = items.iter().map(|item| {
                (
                    item.what,
                    Some(item.path.as_str()),
                    None,
                    item.near.as_slice(),
                    [item.own.as_slice(), item.field.as_slice()],
                    [].as_slice(),
                    item.is_taken,
                )
            });
            text.chain(result).map(|(what, path, span, near, [own, field], lead, is_taken)| Evident {
                what,
                origin: &document.origin,
                path,
                near,
                own,
                field,
                lead,
                written: &document.written,
                lead_in: document.lead,
                span,
                about: &document.about,
                labels,
                said_on: document.said_on,
                is_taken,
            })
        })
    }
}

/// The kinds of things and of amounts that a tool is called by; its other words name no subject.
fn kinds_in(called: &str, language: Language) -> Vec<Term> {
    static KINDS: LazyLock<Vec<Term>> = LazyLock::new(|| {
        terms_of("frete entrega sinal multa desconto troca devolucao garantia", Language::Portuguese)
    });
    terms_of(called, language).into_iter().filter(|term| KINDS.contains(term)).collect()
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
