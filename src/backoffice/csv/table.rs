//! Reads the rows of a file. Each accessor of a [`Row`] notes what is wrong and goes on, so that one pass finds
//! every fault of every row.

use super::columns::{Column, Need};
use super::report::Problems;
use super::{CsvFile, LARGEST_FILE, MOST_ROWS, cell, decode};
use crate::backoffice::BackofficeError;
use crate::backoffice::words::fold;
use crate::domain::money::Money;
use csv::{ReaderBuilder, StringRecord};

/// One row of a file.
pub struct Row<'a> {
    file: &'a str,
    /// The line it begins on, from 1.
    pub line: u64,
    record: &'a StringRecord,
    columns: &'static [Column],
    places: &'a [Option<usize>],
    problems: &'a mut Problems,
}

impl Row<'_> {
    /// Notes a fault.
    pub fn problem(&mut self, column: &str, message: impl Into<String>) {
        self.problems.add(self.file, self.line, column, message);
    }

    /// The content of a cell; empty if the file has no such column.
    pub fn cell(&self, column: &str) -> &str {
        let place =
            self.columns.iter().position(|known| known.name == column).and_then(|place| self.places[place]);
        place.and_then(|place| self.record.get(place)).map_or("", |text| cell::unguarded(text.trim()))
    }

    /// A cell that must hold what `read` reads.
    pub fn read<T>(
        &mut self,
        column: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.cell(column);
        let value = read(text);
        if value.is_none() {
            let message = if text.is_empty() {
                format!("is empty; must be {expected}")
            } else {
                format!("`{}` is not {expected}", text.chars().take(60).collect::<String>())
            };
            self.problem(column, message);
        }
        value
    }

    /// A cell that may be empty; the outer `None` is a fault.
    pub fn maybe<T>(
        &mut self,
        column: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.cell(column).is_empty() { Some(None) } else { self.read(column, expected, read).map(Some) }
    }

    /// Text that is checked by `check`.
    pub fn text(
        &mut self,
        column: &str,
        check: impl FnOnce(&str) -> Result<String, BackofficeError>,
    ) -> Option<String> {
        match check(self.cell(column)) {
            Ok(text) => Some(text),
            Err(BackofficeError::Invalid { reason, .. }) => {
                self.problem(column, reason);
                None
            }
            Err(other) => {
                self.problem(column, other.to_string());
                None
            }
        }
    }

    /// An amount that is not negative.
    pub fn money(&mut self, column: &str) -> Option<Money> {
        self.read(column, AMOUNT, amount)
    }

    /// An amount that is not negative; nothing is zero.
    pub fn money_or_zero(&mut self, column: &str) -> Option<Money> {
        self.maybe(column, AMOUNT, amount).map(Option::unwrap_or_default)
    }

    /// One word of a list of pairs (written, meant), compared without case, accents and underscores.
    pub fn word<T: Copy>(&mut self, column: &str, words: &[(&str, T)], default: Option<T>) -> Option<T> {
        let text = fold(self.cell(column)).replace([' ', '-'], "_");
        if text.is_empty()
            && let Some(default) = default
        {
            return Some(default);
        }
        let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let expected = format!("one of {}", all.join(", "));
        self.read(column, &expected, |_| {
            words.iter().find(|(word, _)| *word == text).map(|(_, meant)| *meant)
        })
    }
}

/// What to write for an amount.
pub const AMOUNT: &str = "an amount like `29,90`";

/// An amount that is not negative.
pub fn amount(text: &str) -> Option<Money> {
    Money::parse(text).filter(|amount| *amount >= Money::ZERO)
}

/// Reads every row of a file with `read`; rows with a fault are left out. Returns them with their lines.
pub fn rows<T>(
    file: &CsvFile,
    problems: &mut Problems,
    ignored_columns: &mut Vec<String>,
    mut read: impl FnMut(&mut Row<'_>) -> Option<T>,
) -> Vec<(u64, T)> {
    let mut good = Vec::new();
    if file.bytes.len() > LARGEST_FILE {
        problems.add(&file.name, 1, "", format!("the file is larger than {} MB", LARGEST_FILE / 1024 / 1024));
        return good;
    }
    let text = decode::decode(&file.bytes);
    let mut reader = ReaderBuilder::new()
        .delimiter(decode::delimiter(&text))
        .flexible(true)
        .has_headers(true)
        .from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            problems.add(&file.name, 1, "", error.to_string());
            return good;
        }
    };
    let Some(places) = places(file, &header, problems, ignored_columns) else { return good };
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    let mut count = 0;
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = lines.of(error.position());
                problems.add(&file.name, line, "", error.to_string());
                continue;
            }
        };
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        count += 1;
        let line = lines.of(record.position());
        if count > MOST_ROWS {
            problems.add(&file.name, line, "", format!("more than {MOST_ROWS} rows"));
            break;
        }
        if record.len() != header.len() {
            let message = format!(
                "has {} cells, but the header has {}; is a text with the delimiter in it without quotes?",
                record.len(),
                header.len()
            );
            problems.add(&file.name, line, "", message);
            continue;
        }
        let before = problems.count();
        let mut row = Row {
            file: &file.name,
            line,
            record: &record,
            columns: file.kind.columns(),
            places: &places,
            problems: &mut *problems,
        };
        if let Some(value) = read(&mut row)
            && problems.count() == before
        {
            good.push((line, value));
        }
    }
    good
}

/// Counts lines. The reader's own count stands before line ends and blank lines that lie ahead of a record.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of a record that begins at or behind `position`, which never goes back.
    fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let from = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.at);
        while self.at < self.text.len() && (self.at < from || matches!(self.text[self.at], b'\r' | b'\n')) {
            self.line += u64::from(self.text[self.at] == b'\n');
            self.at += 1;
        }
        self.line
    }
}

/// Where each column of the kind stands in the file; `None` if one is missing that must be there.
fn places(
    file: &CsvFile,
    header: &StringRecord,
    problems: &mut Problems,
    ignored_columns: &mut Vec<String>,
) -> Option<Vec<Option<usize>>> {
    let columns = file.kind.columns();
    let mut places = vec![None; columns.len()];
    let mut is_complete = true;
    for (place, title) in header.iter().enumerate() {
        let folded = fold(title.trim()).replace([' ', '-', '.'], "_");
        let known = columns
            .iter()
            .position(|column| column.name == folded || column.aliases.contains(&folded.as_str()));
        match known {
            Some(known) if places[known].is_some() => {
                problems.add(&file.name, 1, columns[known].name, "stands twice in the header");
                is_complete = false;
            }
            Some(known) => places[known] = Some(place),
            None => {
                ignored_columns.push(format!("{}: {}", file.name, title.chars().take(60).collect::<String>()))
            }
        }
    }
    for (column, place) in columns.iter().zip(&places) {
        if column.need == Need::Must && place.is_none() {
            problems.add(&file.name, 1, column.name, "is missing from the header");
            is_complete = false;
        }
    }
    is_complete.then_some(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backoffice::csv::{Kind, RowProblem};

    type SkuAndPrice = (String, Money);

    fn read(text: &[u8]) -> (Vec<(u64, SkuAndPrice)>, Vec<RowProblem>) {
        let file = CsvFile { kind: Kind::Products, name: "p.csv".to_owned(), bytes: text.to_vec() };
        let (mut problems, mut ignored) = (Problems::default(), Vec::new());
        let rows = rows(&file, &mut problems, &mut ignored, |row| {
            let sku = row.read("sku", "a SKU", |text| (!text.is_empty()).then(|| text.to_owned()));
            let price = row.money("price");
            Some((sku?, price?))
        });
        (rows, problems.into_report(Vec::new(), ignored).problems)
    }

    #[test]
    fn reads_what_spreadsheets_write_in_brazil() {
        let (rows, problems) =
            read("\u{feff}Código;NOME;Preço;Estoque\r\nA-1;Vaso;\"1.234,50\";3\r\n".as_bytes());
        assert_eq!(problems, []);
        assert_eq!(rows, [(2, ("A-1".to_owned(), Money(123_450)))]);
        let (rows, _) = read(b"C\xd3DIGO,nome,pre\xe7o,estoque\nA-1,x,9.90,1\n");
        assert_eq!(rows, [(2, ("A-1".to_owned(), Money(990)))]);
    }

    #[test]
    fn every_fault_has_its_line_and_column() {
        let text = "sku,name,price,stock\n\nA,\"two\nlines\",x,1\n,b,-5,1\n,,,\nB,c,1,1,extra\nC,d,1.00,1\n";
        let (rows, problems) = read(text.as_bytes());
        assert_eq!(rows, [(8, ("C".to_owned(), Money(100)))]);
        let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column.as_str())).collect();
        assert_eq!(places, [(3, "price"), (5, "price"), (5, "sku"), (7, "")]);
        assert!(problems[0].to_string().starts_with("p.csv:3: column `price`: `x` is not an amount"));
    }

    #[test]
    fn a_header_must_have_what_is_needed_and_nothing_twice() {
        let (_, problems) = read(b"sku,codigo,nome\n");
        let said: Vec<_> = problems.iter().map(|problem| problem.column.as_str()).collect();
        assert_eq!(said, ["price", "sku", "stock"]);
        let (rows, problems) = read(b"");
        assert!(rows.is_empty());
        assert_eq!(problems.len(), 4);
    }

    #[test]
    fn no_bytes_make_it_fall_over() {
        for bytes in
            [&b"\xff\xfe\x00\x01"[..], b"\"\"\"", b"sku\0,price,name,stock\n\0,\0,\0,\0", b"\xef\xbb\xbf"]
        {
            let (rows, problems) = read(bytes);
            assert!(rows.is_empty() && !problems.is_empty());
        }
    }
}
