//! Dates and times as customers say them. Our own small grammar reads what a shop's customers write every day, in
//! microseconds; `duckling` is asked only for what that leaves unread (holidays, rarer forms). Nothing here decides
//! whether a time is free or sensible.

#[cfg(test)]
mod cases;
mod clock;
mod day;
pub mod deadline;
mod deadline_words;
mod fallback;
mod lexicon;
mod parts;
mod ranges;
mod reader;
mod relative;
mod stretches;
mod whole;

use super::fold::{beginning, tokens};
use super::span::Found;
use crate::domain::language::Language;
use jiff::civil::DateTime;
use reader::Reader;

/// Longest text that is looked at.
const LONGEST_TEXT: usize = 8 * 1024;

/// How exactly a time was named.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Grain {
    /// `15h30`.
    Minute,
    /// `às 15h`.
    Hour,
    /// `sexta à tarde`, `depois das 14h`.
    PartOfDay,
    /// `amanhã`.
    Day,
    /// `semana que vem`.
    Week,
    /// `mês que vem`.
    Month,
}

/// A stretch of local time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct When {
    /// Its beginning; for a named hour or minute, that very time.
    pub from: DateTime,
    /// Its end, exclusive.
    pub until: DateTime,
    /// How exactly it was named.
    pub grain: Grain,
    /// Whether its day was named. If not (`às 15h`), it is the next one to come.
    pub day_named: bool,
}

/// The dates and times in `text`, in the order they stand there, seen from `now`. A bare weekday, day or hour means
/// the next one to come; an hour from one to six without more is in the afternoon, as it is at any counter.
pub fn find_times(text: &str, now: &jiff::Zoned, language: Language) -> Vec<Found<When>> {
    let text = beginning(text, LONGEST_TEXT);
    let all = tokens(text);
    let reader = Reader { text, tokens: &all, language, now: now.datetime() };
    let found = whole::join(&reader, &reader.pieces());
    match fallback::window(text, &all, language) {
        Some(window) if found.is_empty() => fallback::find_times(text, window, now, language),
        Some(_) | None => found,
    }
}
