//! Reads other programs' formats: web pages, PDF, Word, spreadsheets and CSV, in whatever encoding. Each reader gives
//! plain blocks under headings or rows of cells; none of them knows of the index, opens a file or fetches anything. The
//! formats that are hard to read safely are read in a process of their own (`outside`).

pub mod archive;
pub mod docx;
pub mod html;
pub mod outline;
pub mod outside;
pub mod pdf;
pub mod sheet;
pub mod table;
pub mod text;

use crate::knowledge::markdown::Block;
use serde::{Deserialize, Serialize};

/// A format of another program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// A web page.
    Html,
    /// Rows as text.
    Csv,
    /// Pages.
    Pdf,
    /// A Word document.
    Docx,
    /// An Excel or OpenDocument spreadsheet.
    Spreadsheet,
}

/// What a reader finds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Extract {
    /// Text under headings.
    Blocks {
        /// What the document calls itself.
        title: Option<String>,
        /// The language it says it is in, as a tag.
        language: Option<String>,
        /// Its text.
        blocks: Vec<Block>,
    },
    /// Tables.
    Tables(Vec<Table>),
}

impl Extract {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Blocks { blocks, .. } => blocks.is_empty(),
            Self::Tables(tables) => tables.is_empty(),
        }
    }
}

/// A sheet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Table {
    /// Its name, where there are several.
    pub name: Option<String>,
    /// Its rows that are not empty; the first one is the header.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its number in the file, from 1.
    pub line: usize,
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A number without a form of its own.
    Number(f64),
    /// Text as it is.
    Text(String),
}

impl Format {
    /// The format that a name's ending stands for.
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "html" | "htm" | "xhtml" => Some(Self::Html),
            "csv" | "tsv" => Some(Self::Csv),
            "pdf" => Some(Self::Pdf),
            "docx" | "docm" => Some(Self::Docx),
            "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => Some(Self::Spreadsheet),
            _ => None,
        }
    }

    /// Its name for the process that reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Spreadsheet => "xlsx",
        }
    }

    /// Whether a hostile file of this kind could do harm to the process that reads it.
    pub fn is_risky(self) -> bool {
        match self {
            Self::Html | Self::Csv => false,
            Self::Pdf | Self::Docx | Self::Spreadsheet => true,
        }
    }

    /// Reads a file of this format, in this process.
    ///
    /// # Errors
    /// It cannot be read; in words for the operator.
    pub fn read(self, bytes: &[u8]) -> Result<Extract, String> {
        if bytes.is_empty() {
            return Err("the file is empty".to_owned());
        }
        let found = text::other_kind(bytes);
        let wanted = match self {
            Self::Html | Self::Csv => None,
            Self::Pdf => Some("a PDF"),
            Self::Docx | Self::Spreadsheet => Some("a ZIP archive (as .docx and .xlsx are)"),
        };
        match (self, found) {
            // Old workbooks are such a document.
            (Self::Spreadsheet | Self::Docx, Some("an old or encrypted Office document")) => {}
            (_, Some(found)) if Some(found) != wanted => {
                return Err(format!("this is {found}; give the file the ending of what it is"));
            }
            (Self::Pdf, None) if !bytes[..bytes.len().min(1024)].windows(5).any(|it| it == b"%PDF-") => {
                return Err("this is no PDF".to_owned());
            }
            (_, _) => {}
        }
        match self {
            Self::Html => html::read(&page_text(bytes, None)?),
            Self::Csv => sheet::comma_separated(bytes),
            Self::Pdf => pdf::read(bytes),
            Self::Docx => docx::read(bytes),
            Self::Spreadsheet => sheet::spreadsheet(bytes),
        }
    }
}

/// The text of a web page: in the encoding its server names, or the page itself, if it is no UTF-8.
///
/// # Errors
/// It is no text.
pub fn page_text(bytes: &[u8], charset: Option<&str>) -> Result<String, String> {
    let marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if std::str::from_utf8(bytes).is_err() && !marked && text::other_kind(bytes).is_none() {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
        let own = head.split("charset=").nth(1).map(|rest| rest.trim_start_matches(['"', '\'']));
        let own = own.and_then(|rest| rest.split(['"', '\'', '>', ' ', ';', '/']).next());
        let label = charset.or(own).unwrap_or_default();
        if let Some(encoding) = encoding_rs::Encoding::for_label_no_replacement(label.as_bytes()) {
            return Ok(encoding.decode(bytes).0.into_owned());
        }
    }
    text::decode(bytes)
}

/// A title from a file's name: `tabela_de-precos.pdf` is called “tabela de precos”.
pub fn title_of_name(name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    outline::joined(&stem.replace(['_', '-'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_ending_is_said() {
        for (format, bytes, words) in [
            (Format::Pdf, &b"<html>"[..], "no PDF"),
            (Format::Pdf, b"PK\x03\x04", "ZIP"),
            (Format::Docx, b"%PDF-1.7", "a PDF"),
            (Format::Html, b"%PDF-1.7", "a PDF"),
            (Format::Csv, b"\x89PNG", "a picture"),
            (Format::Docx, b"hello", "damaged"),
            (Format::Html, b"", "empty"),
        ] {
            let reason = format.read(bytes).unwrap_err();
            assert!(reason.contains(words), "{reason}");
        }
    }

    #[test]
    fn a_page_in_an_old_encoding_is_read() {
        let page = b"<head><meta charset=\"iso-8859-15\"></head><p>pre\xe7o \xa4</p>";
        let Ok(Extract::Blocks { blocks, .. }) = Format::Html.read(page) else { panic!("not read") };
        assert_eq!(blocks[0].text, "preço €");
    }
}
