//! Whether a sentence says that there are no hours on a day for which a result lists some: `na quinta não temos horários`. Read
//! off the words in pt, en and es. Pure.

use super::ledger::Ledger;
use super::result::What;
use crate::domain::language::Language;
use crate::language::phrases::{Phrases, spaced};
use crate::language::statements::{Fact, Term, names_a_day, read_sentence, term_of_relative, terms_of_day};
use std::ops::Range;
use std::sync::LazyLock;

/// Words by which sentences say that there are none.
static NONE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "nao temos horario|nao temos horarios|nao ha horario|nao ha horarios|nao temos vaga|nao temos vagas|nao ha vagas|nao tem horario|\
        nao tem horarios|nao tem vaga|nao tem vagas|sem horarios|sem vagas|no openings|no slots|no appointments|no availability|\
        no times available|don t have any openings|don t have any slots|don t have any appointments|don t have any availability|\
        no hay turnos|no tenemos turnos|no hay horarios|no tenemos horarios|no hay citas|no tenemos citas|no hay huecos|\
        no tenemos huecos|no quedan turnos|no queda ningun turno|sin turnos",
    )
});

/// Parts of a day, in minutes from midnight.
static PARTS: LazyLock<[(Phrases, Range<u16>); 3]> = LazyLock::new(|| {
    [
        (Phrases::of("de manha|pela manha|in the morning|por la manana"), 0..12 * 60),
        (Phrases::of("a tarde|de tarde|in the afternoon|por la tarde"), 12 * 60..18 * 60),
        (Phrases::of("a noite|de noite|in the evening|at night|por la noche"), 18 * 60..24 * 60),
    ]
});

/// Whether a sentence denies that there are hours on a day of which a result lists one that nobody has.
pub(super) fn denies_what_is_listed(sentence: &str, ledger: &Ledger, language: Language) -> bool {
    let words = spaced(sentence);
    if !NONE.are_in(&words) {
        return false;
    }
    let read = read_sentence(sentence, language);
    // An hour that is named is another claim.
    if read.stated.iter().any(|stated| matches!(stated.fact, Fact::Clock(..))) {
        return false;
    }
    let today = |days: i8| ledger.today().checked_add(jiff::Span::new().days(days)).map(terms_of_day);
    let relative = (0..=2)
        .filter(|days| read.terms.contains(&term_of_relative(*days)))
        .filter_map(|days| today(days).ok());
    let named = read.terms.iter().copied().filter(|term| names_a_day(*term));
    let days: Vec<Term> = named.chain(relative.flatten()).collect();
    let part = PARTS.iter().find(|(phrases, _)| phrases.are_in(&words)).map(|(_, hours)| hours.clone());
    let is_of_part = |minutes: u16| part.as_ref().is_none_or(|hours| hours.contains(&minutes));
    ledger.evidence().any(|evident| {
        let is_listed = matches!(evident.what, What::Fact(Fact::Clock(minutes, _)) if is_of_part(minutes));
        is_listed
            && !evident.is_taken
            && evident.path.is_some_and(|path| path.contains('['))
            && days.iter().any(|day| evident.is_of_day(*day))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::CallId;
    use crate::domain::provenance::Origin;
    use serde_json::json;

    #[test]
    fn hours_that_are_listed_are_not_denied() {
        let mut ledger = Ledger::default();
        let data = json!({"data": "2026-01-08", "horarios": ["08:30", "10:00"]});
        let origin = Origin::Tool { call: CallId::at(1, 0), tool: "horarios".to_owned() };
        ledger.add_result(origin, &data.to_string(), "", &data, Language::Portuguese);
        for (claim, denies) in [
            ("Na quinta não temos horários.", true),
            ("Na quinta não temos horários de manhã.", true),
            ("Na quinta não temos horários à tarde.", false),
            ("Na sexta não temos horários.", false),
            ("Na quinta não temos horários às 9h.", false),
            ("Na quinta temos horários.", false),
        ] {
            assert_eq!(denies_what_is_listed(claim, &ledger, Language::Portuguese), denies, "{claim}");
        }
    }
}
