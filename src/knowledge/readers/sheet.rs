//! Rows of cells from spreadsheets and CSV files. Hidden sheets are left out, formulas count by their last value,
//! macros are not looked at. What a row means is up to `table.rs`.

use super::outline::joined;
use super::{Cell, Extract, Row, Table, archive::Archive};
use calamine::{Data, Ods, Reader, SheetVisible, Sheets, Xls, Xlsb, Xlsx};
use std::io::Cursor;

/// More rows than these are a database, not a document.
const MOST_ROWS: usize = 50_000;

/// More columns than these are not read.
const MOST_COLUMNS: usize = 64;

/// The longest cell, in bytes.
const LONGEST_CELL: usize = 20_000;

/// The most bytes a spreadsheet may unpack to.
const LARGEST_UNPACKED: u64 = 256 * 1024 * 1024;

/// Reads an Excel or OpenDocument spreadsheet.
///
/// # Errors
/// It is damaged, encrypted, too large or empty; in words for the operator.
pub fn spreadsheet(bytes: &[u8]) -> Result<Extract, String> {
    let mut archive = bytes.starts_with(b"PK").then(|| Archive::open(bytes)).transpose()?;
    if archive.as_mut().is_some_and(|archive| archive.declared_bytes() > LARGEST_UNPACKED) {
        return Err(format!("the spreadsheet unpacks to more than the {LARGEST_UNPACKED} bytes allowed"));
    }
    let damaged = |error: calamine::Error| format!("the spreadsheet is damaged or encrypted: {error}");
    let book = Cursor::new(bytes);
    let mut workbook = match archive {
        None => Sheets::Xls(Xls::new(book).map_err(|error| damaged(error.into()))?),
        Some(archive) if archive.has("content.xml") => {
            Sheets::Ods(Ods::new(book).map_err(|error| damaged(error.into()))?)
        }
        Some(archive) if archive.has("xl/workbook.bin") => {
            Sheets::Xlsb(Xlsb::new(book).map_err(|error| damaged(error.into()))?)
        }
        Some(_) => Sheets::Xlsx(Xlsx::new(book).map_err(|error| damaged(error.into()))?),
    };
    let visible: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut tables = Vec::new();
    let mut rows_left = MOST_ROWS;
    for name in &visible {
        let range = workbook.worksheet_range(name).map_err(damaged)?;
        let first = range.start().map_or(0, |(row, _)| row as usize);
        let mut rows = Vec::new();
        for (cells, line) in range.rows().zip(first + 1..) {
            let cells: Vec<Cell> = cells.iter().take(MOST_COLUMNS).map(cell).collect();
            if cells.iter().all(Cell::is_empty) {
                continue;
            }
            rows_left = rows_left.checked_sub(1).ok_or_else(too_many)?;
            rows.push(Row { line, cells });
        }
        if !rows.is_empty() {
            tables.push(Table { name: (visible.len() > 1).then(|| name.clone()), rows });
        }
    }
    if tables.is_empty() {
        Err("there is nothing in the spreadsheet".to_owned())
    } else {
        Ok(Extract::Tables(tables))
    }
}

fn too_many() -> String {
    format!("there are more than the {MOST_ROWS} rows allowed")
}

fn cell(data: &Data) -> Cell {
    match data {
        Data::Int(number) => Cell::Text(number.to_string()),
        Data::Float(number) => Cell::Number(*number),
        Data::String(text) => Cell::Text(shortened(text)),
        Data::Bool(value) => Cell::Text(if *value { "sim / yes" } else { "não / no" }.to_owned()),
        Data::DateTime(moment) => {
            let (year, month, day, hour, minute, _, _) = moment.to_ymd_hms_milli();
            let clock = format!("{hour:02}:{minute:02}");
            // Days before 1900 are times of day; a duration is written like one.
            Cell::Text(if moment.as_f64() < 1.0 {
                clock
            } else if (hour, minute) == (0, 0) {
                format!("{year:04}-{month:02}-{day:02}")
            } else {
                format!("{year:04}-{month:02}-{day:02} {clock}")
            })
        }
        Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::Text(text.clone()),
        Data::Error(_) | Data::Empty => Cell::Text(String::new()),
    }
}

/// Reads a CSV file; which character parts the cells is seen from its first line.
///
/// # Errors
/// It is no text, too large, or empty; in words for the operator.
pub fn comma_separated(bytes: &[u8]) -> Result<Extract, String> {
    let text = super::text::decode(bytes)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| format!("this is no table: {error}"))?;
        let line =
            record.position().map_or(0, |position| usize::try_from(position.line()).unwrap_or(usize::MAX));
        let cells: Vec<Cell> =
            record.iter().take(MOST_COLUMNS).map(|text| Cell::Text(shortened(text))).collect();
        if cells.iter().all(Cell::is_empty) {
            continue;
        }
        if rows.len() == MOST_ROWS {
            return Err(too_many());
        }
        rows.push(Row { line, cells });
    }
    if rows.is_empty() {
        return Err("there is nothing in the table".to_owned());
    }
    Ok(Extract::Tables(vec![Table { name: None, rows }]))
}

/// Lines within a cell are kept: answers have paragraphs.
fn shortened(text: &str) -> String {
    let cut = &text[..text.floor_char_boundary(LONGEST_CELL)];
    let lines: Vec<String> = cut.lines().map(joined).collect();
    lines.join("\n").trim().to_owned()
}

/// Whichever of `,`, `;` and tab the first line holds most of, outside quotes.
fn delimiter(text: &str) -> u8 {
    let mut quoted = false;
    let first: Vec<u8> = text
        .trim_start()
        .bytes()
        .take_while(|byte| {
            quoted ^= *byte == b'"';
            quoted || *byte != b'\n'
        })
        .collect();
    let mut outside = true;
    let mut counts = [(b'\t', 0_usize), (b';', 0), (b',', 0)];
    for byte in first {
        outside ^= byte == b'"';
        for (_, count) in counts.iter_mut().filter(|(mark, _)| outside && *mark == byte) {
            *count += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(b',', |(mark, _)| mark)
}

#[cfg(test)]
mod tests {
    use super::super::archive::tests::zipped;
    use super::*;

    /// A workbook with one sheet of these rows; numbers are written as numbers.
    fn workbook(sheets: &[(&str, &str, &str)]) -> Vec<u8> {
        let mut files: Vec<(String, String)> = Vec::new();
        let mut list = String::new();
        let mut relations = String::new();
        for (at, (name, state, rows)) in sheets.iter().enumerate() {
            let id = at + 1;
            list.push_str(&format!(
                "<sheet name=\"{name}\" sheetId=\"{id}\" state=\"{state}\" r:id=\"rId{id}\"/>"
            ));
            relations.push_str(&format!(
                "<Relationship Id=\"rId{id}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{id}.xml\"/>"
            ));
            files.push((
                format!("xl/worksheets/sheet{id}.xml"),
                format!("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"),
            ));
        }
        files.push((
            "xl/workbook.xml".into(),
            format!("<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{list}</sheets></workbook>"),
        ));
        files.push((
            "xl/_rels/workbook.xml.rels".into(),
            format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{relations}</Relationships>"),
        ));
        let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
        let target = format!("<Relationship Id=\"rId1\" Type=\"{kind}\" Target=\"xl/workbook.xml\"/>");
        let list = "http://schemas.openxmlformats.org/package/2006/relationships";
        files.push((
            "_rels/.rels".into(),
            format!("<Relationships xmlns=\"{list}\">{target}</Relationships>"),
        ));
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        zipped(&files)
    }

    fn text(cell: &Cell) -> String {
        match cell {
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => format!("#{number}"),
        }
    }

    fn rows(extract: Result<Extract, String>) -> Vec<(usize, Vec<String>)> {
        let Ok(Extract::Tables(tables)) = extract else { panic!("no tables") };
        let rows = tables.into_iter().flat_map(|table| table.rows);
        rows.map(|row| (row.line, row.cells.iter().map(text).collect())).collect()
    }

    #[test]
    fn visible_sheets_of_a_workbook_are_read() {
        let rows_xml = "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>Vaso</t></is></c><c r=\"B2\"><v>89.9</v></c></row>\
                        <row r=\"4\"><c r=\"A4\" t=\"inlineStr\"><is><t>Adubo</t></is></c><c r=\"B4\"><f>1+1</f><v>2</v></c></row>";
        let secret = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>";
        let bytes = workbook(&[("Preços", "visible", rows_xml), ("Margens", "hidden", secret)]);
        let expected = [(2, vec!["Vaso".to_owned(), "#89.9".into()]), (4, vec!["Adubo".into(), "#2".into()])];
        assert_eq!(rows(spreadsheet(&bytes)), expected);
    }

    #[test]
    fn tables_of_every_kind_are_read() {
        for (bytes, delimiter) in [
            ("pergunta;resposta\n\"Abre; domingo?\";\"Não.\nSó sábado.\"\n\n".as_bytes(), ';'),
            (b"pergunta\tresposta\nAbre; domingo?\t\"N\xe3o.\r\nS\xf3 s\xe1bado.\"\n", '\t'),
        ] {
            let found = rows(comma_separated(bytes));
            assert_eq!(
                found[1],
                (2, vec!["Abre; domingo?".into(), "Não.\nSó sábado.".into()]),
                "{delimiter}"
            );
            assert_eq!(found.len(), 2);
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let many = "a,b\n".repeat(MOST_ROWS + 1);
        for (read, words) in [
            (spreadsheet(b"PK\x03\x04"), "damaged"),
            (spreadsheet(b"not a workbook"), "damaged or encrypted"),
            (spreadsheet(&workbook(&[("Vazia", "visible", "")])), "nothing"),
            (comma_separated(b"\n\n ;;\n"), "nothing"),
            (comma_separated(b"%PDF-1.7"), "a PDF"),
            (comma_separated(many.as_bytes()), "rows allowed"),
        ] {
            let Err(reason) = read else { panic!("{words}") };
            assert!(reason.contains(words), "{reason}");
        }
    }
}
