//! The columns of a table: what heads one is said of each of its cells, and what labels a line of all of that line. Pure.

use super::lexicon::{Unit, pace, unit};
use super::subjects::{Term, length_term, terms_of};
use super::{Fact, Stated, read_sentence};
use crate::domain::language::Language;
use crate::language::phrases::spaced;

/// The table that the lines of a text stand in, as far as it was read.
#[derive(Default)]
pub(super) struct Table {
    /// The terms of each column's head.
    columns: Vec<Vec<Term>>,
    /// What each column is measured in, in the words of its head: `dias uteis`.
    units: Vec<String>,
}

impl Table {
    /// Looks at the next line; `behind` is what follows it.
    pub(super) fn read_line(&mut self, line: &str, behind: &str, language: Language) {
        if !line.trim_start().starts_with('|') {
            self.columns.clear();
            self.units.clear();
        } else if heads(behind) {
            self.columns = cells(line).map(|cell| terms_of_head(cell, language)).collect();
            self.units = cells(line).map(unit_of_head).collect();
        }
    }

    /// What the bare numbers of a line are by the heads of their columns: `| Puebla | 2 a 4 |` below `Días hábiles`.
    pub(super) fn measured(&self, line: &str, language: Language) -> Vec<Stated> {
        let mut found = Vec::new();
        let mut begin = 0;
        // The piece before the first mark is no cell.
        for (column, piece) in line.split('|').enumerate() {
            let unit = column.checked_sub(1).and_then(|column| self.units.get(column));
            if let Some(unit) = unit.filter(|unit| !unit.is_empty() && is_bare(piece)) {
                let cell = piece.trim();
                let start = begin + (piece.len() - piece.trim_start().len());
                let read = read_sentence(&format!("{cell} {unit}"), language);
                let measures = read.stated.iter().filter(|stated| {
                    matches!(stated.fact, Fact::Minutes(..) | Fact::Months(_) | Fact::Count(..))
                });
                found.extend(measures.map(|stated| Stated {
                    span: start..start + cell.len(),
                    near: Vec::new(),
                    lead: Vec::new(),
                    ..*stated
                }));
            }
            begin += piece.len() + 1;
        }
        found
    }

    /// The terms that the column and the line of what stands at `start` in `line` are called by.
    pub(super) fn terms_at(&self, line: &str, start: usize, language: Language) -> Vec<Term> {
        let column = line.get(..start).map_or(0, |before| before.matches('|').count());
        let Some(head) = column.checked_sub(1).and_then(|column| self.columns.get(column)) else {
            return Vec::new();
        };
        let label = cells(line).next().map(|label| terms_of(label, language)).unwrap_or_default();
        head.iter().copied().chain(label).collect()
    }
}

/// Whether what follows a line makes it the head of a table.
fn heads(behind: &str) -> bool {
    let next = behind.lines().next().unwrap_or_default().trim();
    next.starts_with('|') && next.contains("--")
}

/// Whether a cell is a number or a stretch of numbers and nothing else.
fn is_bare(cell: &str) -> bool {
    let mut words = cell.split_whitespace().peekable();
    words.peek().is_some()
        && words.all(|word| {
            matches!(word, "a" | "to" | "e" | "y" | "–" | "-" | "até" | "hasta")
                || word.chars().all(|sign| sign.is_ascii_digit() || matches!(sign, '.' | ',' | '-' | '–'))
        })
}

/// The words of a column's head that name a unit, in their order; those of payments measure nothing.
fn unit_of_head(cell: &str) -> String {
    let head = spaced(cell);
    let names = |word: &&str| {
        pace(word).is_some() || unit(word).is_some_and(|unit| !matches!(unit, Unit::Of("times" | "piece")))
    };
    let words: Vec<&str> = head.split_ascii_whitespace().filter(names).collect();
    if words.iter().any(|word| unit(word).is_some()) { words.join(" ") } else { String::new() }
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.trim().trim_matches('|').split('|').map(str::trim)
}

/// The terms of a column's head: `4 horas` names what it costs for so long.
fn terms_of_head(cell: &str, language: Language) -> Vec<Term> {
    let lengths = read_sentence(cell, language);
    let lengths = lengths.stated.iter().filter_map(|Stated { fact, .. }| length_term(*fact));
    terms_of(cell, language).into_iter().chain(lengths).collect()
}

#[cfg(test)]
mod tests {
    use crate::domain::language::Language;
    use crate::language::statements::{Fact, Pace, read, read_sentence, terms_of};

    #[test]
    fn a_bare_number_is_measured_as_its_column_is_called() {
        let table = "| Destino | Días hábiles | Costo |\n|---|---|---|\n| Puebla | 2 a 4 | $99 |\n| Toluca | 6 | $120 |";
        let facts: Vec<Fact> =
            read(table, Language::Spanish).stated.iter().map(|stated| stated.fact).collect();
        for days in [2, 4, 6] {
            let told = facts.iter().any(
                |fact| matches!(fact, Fact::Minutes(minutes, Pace::Business) if *minutes == days * 24 * 60),
            );
            assert!(told, "{days} {facts:?}");
        }
    }

    #[test]
    fn a_cell_is_of_its_line_and_its_column() {
        let table = "| Bicicleta | 1 hora | 4 horas |\n|---|---|---|\n| Urbana | R$ 18,00 | R$ 50,00 |\n| Elétrica | R$ 35,00 | R$ 100,00 |";
        let read = read(table, Language::Portuguese);
        let near = |cents: i64| {
            let mut amounts = read.stated.iter().filter(|stated| stated.fact == Fact::Money(cents));
            amounts.next().map(|stated| stated.near.clone()).unwrap_or_default()
        };
        let line = terms_of("Elétrica", Language::Portuguese);
        assert!(near(10_000).contains(&line[0]) && !near(5_000).contains(&line[0]));
        // What costs so much for four hours is in the column of four hours.
        let claim = read_sentence("A elétrica por 4 horas custa R$ 100,00", Language::Portuguese);
        let claimed = claim.stated.iter().find(|stated| stated.fact == Fact::Money(10_000));
        let fits = |near: Vec<super::Term>| {
            claimed.map_or(0, |claim| claim.near.iter().filter(|term| near.contains(term)).count())
        };
        assert!(fits(near(10_000)) > fits(near(3_500)));
    }
}
