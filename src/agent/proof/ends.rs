//! Which end of a stretch of hours a time of day is: from when on, or until when. Pure.

use super::evident::Evident;
use super::fields::{lists, words_of};
use super::ledger::Ledger;
use super::result::What;
use crate::language::fold::fold;
use crate::language::statements::{Fact, Stated};

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// Which end of a stretch of hours a time of day is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Begin,
    End,
    Unsaid,
}

impl Part {
    /// What the end of `before` says of the time of day behind it.
    pub(super) fn behind(before: &str) -> Self {
        let folded = fold(
            before.get(before.floor_char_boundary(before.len().saturating_sub(24))..).unwrap_or_default(),
        );
        let mut last =
            folded.split(|sign: char| !sign.is_alphanumeric()).rev().filter(|word| !word.is_empty());
        match (last.next(), last.next()) {
            (Some("as" | "las" | "o" | "a"), Some("ate" | "hasta"))
            | (Some("ate" | "hasta" | "until" | "till" | "by"), _) => Self::End,
            (Some("das" | "desde" | "from" | "since"), _)
            | (Some("las" | "as" | "de"), Some("partir" | "desde")) => Self::Begin,
            _ => Self::Unsaid,
        }
    }

    /// What the name of a field says: `inicio`, `ends_at`.
    pub(super) fn of_field(path: &str) -> Self {
        let words = words_of(path.rsplit('.').next().unwrap_or_default());
        let has = |list: &str| words.iter().any(|word| lists(list, word));
        if has("begin begins start starts from inicio comeco opens abre desde checkin") {
            Self::Begin
        } else if has("end ends until till fim fin termino to closes fecha cierra ate hasta checkout") {
            Self::End
        } else {
            Self::Unsaid
        }
    }

    /// Which end the time of day at `place` among `stated` is, by the one that stands beside it: `das 19h às 20h30`.
    pub(super) fn of_claim(sentence: &str, stated: &[Stated], claim: &Stated) -> Self {
        let clocks: Vec<&Stated> =
            stated.iter().filter(|other| matches!(other.fact, Fact::Clock(..))).collect();
        let joined = |pair: &[&Stated]| {
            let between = sentence.get(pair[0].span.end..pair[1].span.start).unwrap_or(",");
            let between = fold(between.trim());
            matches!(
                between.as_str(),
                "as" | "a"
                    | "a las"
                    | "to"
                    | "ate"
                    | "ate as"
                    | "hasta"
                    | "hasta las"
                    | "until"
                    | "till"
                    | "-"
                    | "–"
                    | "—"
            )
        };
        let pair =
            clocks.windows(2).find(|pair| pair.iter().any(|end| end.span == claim.span) && joined(pair));
        match pair {
            Some(pair) if pair[0].span == claim.span => Self::Begin,
            Some(_) => Self::End,
            None => Self::behind(sentence.get(..claim.span.start).unwrap_or_default()),
        }
    }
}

/// Whether a record of the house's that begins at an hour and lasts so long, and tells no other hour, ends at `claimed`, in minutes
/// from midnight.
pub(super) fn ends_so(claimed: u16, ledger: &Ledger) -> bool {
    let told =
        || ledger.evidence().filter(|evident| evident.origin.is_of_the_house() && evident.path.is_some());
    let clock = |evident: &Evident<'_>| match evident.what {
        What::Fact(Fact::Clock(minutes, _)) => Some(minutes),
        What::Fact(_) | What::Raw(..) => None,
    };
    let lengths: Vec<(u32, Evident<'_>)> = told()
        .filter(|evident| evident.path.is_some_and(says_how_long))
        .filter_map(|evident| Some((evident.minutes()?, evident)))
        .collect();
    lengths.iter().any(|(minutes, length)| {
        let mut hours =
            told().filter(|other| other.is_in_the_record_of(length)).filter_map(|other| clock(&other));
        let begin = hours.next();
        begin.is_some_and(|begin| {
            hours.all(|other| other == begin)
                && (u32::from(begin) + minutes % DAY) % DAY == u32::from(claimed)
        })
    })
}

/// Whether a field is called by how long something takes.
fn says_how_long(path: &str) -> bool {
    let field = fold(path.rsplit('.').next().unwrap_or_default());
    ["dura", "length", "minut", "hora"].iter().any(|name| field.contains(name))
        && !["remind", "lembr", "antec", "aviso", "notice", "before", "prazo"]
            .iter()
            .any(|name| field.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::language::statements::read_sentence;

    #[test]
    fn a_stretch_has_two_ends() {
        for (language, text, ends) in [
            (Language::Portuguese, "das 19h às 20h30", vec![Part::Begin, Part::End]),
            (Language::Spanish, "de 18:30 a 20:30", vec![Part::Begin, Part::End]),
            (Language::English, "by 6 pm", vec![Part::End]),
            (Language::Portuguese, "às 15h, ou às 17h", vec![Part::Unsaid, Part::Unsaid]),
        ] {
            let read = read_sentence(text, language);
            let clocks = read.stated.iter().filter(|stated| matches!(stated.fact, Fact::Clock(..)));
            let found: Vec<Part> = clocks.map(|clock| Part::of_claim(text, &read.stated, clock)).collect();
            assert_eq!(found, ends, "{text}");
        }
        for (field, end) in
            [("turmas[0].inicio_aula", Part::Begin), ("ends_at", Part::End), ("time", Part::Unsaid)]
        {
            assert_eq!(Part::of_field(field), end, "{field}");
        }
    }
}
