//! Lengths in two units: `2 anos e 9 meses`, `an hour and a half`.

use super::lexicon::Pace;
use super::numbers::{measured, number_at};
use super::{Fact, Source};

/// `2 anos e 9 meses`, `uma hora e meia`, `1 hour and 20 minutes`: one length in two units. `more` tokens behind `end` were
/// read.
pub(super) fn with_rest(source: &Source<'_>, end: usize, fact: Fact, more: usize) -> (Fact, usize) {
    let at = end + more;
    if more == 0 || !matches!(source.word(at), "e" | "y" | "and") {
        return (fact, more);
    }
    let half = match (source.word(at + 1), source.word(at + 2)) {
        ("meia" | "meio" | "media" | "medio", _) => Some(2),
        ("a", "half") => Some(3),
        _ => None,
    };
    let rest = || {
        let (value, used) = number_at(source, at + 1)?;
        measured(source, at + 1 + used, value).map(|(rest, behind)| (rest, 1 + used + behind))
    };
    match (fact, half) {
        (Fact::Minutes(60.., Pace::Unsaid), Some(used)) if is_hours(fact) => (longer(fact, 30), more + used),
        (Fact::Months(months), Some(used)) if months % 12 == 0 => (Fact::Months(months + 6), more + used),
        (Fact::Minutes(..) | Fact::Months(_), None) => match (fact, rest()) {
            (Fact::Minutes(..), Some((Fact::Minutes(minutes @ 1..60, _), used))) if is_hours(fact) => {
                (longer(fact, minutes), more + used)
            }
            (Fact::Months(years), Some((Fact::Months(months @ 1..12), used))) if years % 12 == 0 => {
                (Fact::Months(years + months), more + used)
            }
            _ => (fact, more),
        },
        _ => (fact, more),
    }
}

/// `half an hour`, `meia hora`: how many tokens it takes.
pub(super) fn half_hour_at(source: &Source<'_>, at: usize) -> Option<usize> {
    match (source.word(at), source.word(at + 1), source.word(at + 2)) {
        ("half", "an", "hour") => Some(3),
        ("meia" | "media", "hora", _) => Some(2),
        _ => None,
    }
}

/// Whether a length is of whole hours.
fn is_hours(fact: Fact) -> bool {
    matches!(fact, Fact::Minutes(minutes, _) if minutes.is_multiple_of(60))
}

fn longer(fact: Fact, more: u32) -> Fact {
    match fact {
        Fact::Minutes(minutes, pace) => Fact::Minutes(minutes + more, pace),
        other => other,
    }
}
