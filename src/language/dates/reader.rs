//! The pieces a time is put together from, and the walk over the tokens that finds them. Joining them is left to
//! `whole.rs`.

use super::{clock, day, relative};
use crate::domain::language::Language;
use crate::language::fold::{Token, TokenKind};
use crate::language::numbers::read_number;
use jiff::civil::{Date, DateTime, Weekday};

/// What one piece of a time expression says.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Meaning {
    /// A day.
    Day(Date),
    /// A weekday: the next one, `weeks` weeks on. `of_next_week` means the calendar week after this one.
    Weekday { weekday: Weekday, of_next_week: bool },
    /// A week, month or weekend: from its first day to the day behind its last.
    Days { from: Date, until: Date, grain: super::Grain },
    /// A time of day.
    Clock(Clock),
    /// A part of the day, in minutes from midnight. `today` when the word itself says so (`tonight`); `loose` when
    /// it only counts next to a day (`tomorrow morning`).
    Part { from: u16, until: u16, today: bool, loose: bool },
    /// An instant that needs no day: `in two hours`.
    Instant { at: DateTime, grain: super::Grain },
}

/// A time of day as it was said.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Clock {
    /// Minutes from midnight.
    pub minutes: u16,
    /// Whether minutes were named.
    pub exact: bool,
    /// Whether morning or afternoon is beyond doubt.
    pub settled: bool,
}

/// A piece and the tokens it takes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Piece {
    /// Its first token.
    pub first: usize,
    /// The token behind its last.
    pub end: usize,
    /// What it says.
    pub meaning: Meaning,
}

/// A text on its way to being understood.
pub(super) struct Reader<'text> {
    /// The original words.
    pub text: &'text str,
    /// The same as tokens.
    pub tokens: &'text [Token],
    /// Language they are read in.
    pub language: Language,
    /// The present, local.
    pub now: DateTime,
}

impl Reader<'_> {
    /// Every piece of the text in order.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let piece =
                relative::read(self, at).or_else(|| day::read(self, at)).or_else(|| clock::read(self, at));
            match piece {
                Some((meaning, used)) => {
                    pieces.push(Piece { first: at, end: at + used.max(1), meaning });
                    at += used.max(1);
                }
                None => at += 1,
            }
        }
        pieces
    }

    /// The folded token at `at`, or nothing behind the end.
    pub fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    /// Whether the tokens from `at` on are the words of `phrase`; gives their number.
    pub fn phrase(&self, at: usize, phrase: &str) -> Option<usize> {
        let mut used = 0;
        for word in phrase.split(' ') {
            if self.word(at + used) != word {
                return None;
            }
            used += 1;
        }
        Some(used)
    }

    /// The longest of `phrases` (listed longest first) at `at`.
    pub fn any_phrase(&self, at: usize, phrases: &[&str]) -> Option<usize> {
        phrases.iter().find_map(|phrase| self.phrase(at, phrase))
    }

    /// A number in digits or words.
    pub fn number(&self, at: usize) -> Option<(i64, usize)> {
        read_number(self.tokens, at, self.language)
    }

    /// A number in digits.
    pub fn digits(&self, at: usize) -> Option<i64> {
        self.tokens.get(at)?.number()
    }

    /// Whether nothing stands between the tokens `at` and `at + 1`.
    pub fn touches_next(&self, at: usize) -> bool {
        matches!((self.tokens.get(at), self.tokens.get(at + 1)), (Some(one), Some(next)) if one.touches(next))
    }

    /// Whether nothing stands between the token `at` and a letter or digit before it.
    pub fn touches_previous(&self, at: usize) -> bool {
        at > 0 && self.tokens[at - 1].kind != TokenKind::Mark && self.touches_next(at - 1)
    }

    /// Today.
    pub fn today(&self) -> Date {
        self.now.date()
    }

    /// The date `days` days from today.
    pub fn in_days(&self, days: i64) -> Option<Date> {
        self.today().checked_add(jiff::Span::new().try_days(days).ok()?).ok()
    }
}
