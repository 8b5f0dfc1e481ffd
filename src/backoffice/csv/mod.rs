//! Import and export of the back office as CSV files, as spreadsheets and other systems write them. A file is
//! read as a whole, every fault in it is found at once, and nothing is written while one is left (unless bad rows
//! are to be skipped). What the columns mean stands in `columns.rs`.

mod agenda;
mod book;
mod cell;
mod columns;
mod dates;
mod decode;
mod export;
mod import;
mod link;
mod orders;
mod people;
mod products;
mod report;
mod seed;
mod table;
mod tickets;
mod write;

pub use columns::Kind;
pub use export::export;
pub use import::import;
pub use people::contact_id;
pub use report::{BadRows, ImportReport, RowProblem};
pub use seed::seed_demo;

use crate::config::business::Business;
use crate::domain::calendar::Calendar;
use crate::store::backoffice::BackofficeStore;
use crate::store::contacts::ContactStore;
use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::Path;
use std::sync::Arc;

/// Largest file that is read.
pub const LARGEST_FILE: usize = 50 * 1024 * 1024;
/// Most rows of one file.
pub const MOST_ROWS: usize = 1_000_000;

/// One file to import.
#[derive(Clone, Debug)]
pub struct CsvFile {
    /// What its rows are.
    pub kind: Kind,
    /// Its name, as it shall stand in reports.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The shop that files are imported into or exported from.
#[derive(Clone)]
pub struct Shop {
    /// Tables of the back office.
    pub records: Arc<dyn BackofficeStore>,
    /// People.
    pub contacts: Arc<dyn ContactStore>,
    /// The zone of every local time in a file.
    pub zone: TimeZone,
    /// What a business day is.
    pub calendar: Calendar,
}

impl Shop {
    /// A shop of these tables that lives by the clock of `business`.
    pub fn new(
        records: Arc<dyn BackofficeStore>,
        contacts: Arc<dyn ContactStore>,
        business: &Business,
    ) -> Self {
        Self { records, contacts, zone: business.timezone.clone(), calendar: business.calendar() }
    }
}

/// Reads one file from disk.
///
/// # Errors
/// If it cannot be read or is too large.
pub fn read_file(kind: Kind, path: &Path) -> anyhow::Result<CsvFile> {
    let shown = path.display();
    let size = std::fs::metadata(path).with_context(|| format!("{shown}: cannot be read"))?.len();
    anyhow::ensure!(size <= LARGEST_FILE as u64, "{shown}: larger than {} MB", LARGEST_FILE / 1024 / 1024);
    let bytes = std::fs::read(path).with_context(|| format!("{shown}: cannot be read"))?;
    Ok(CsvFile { kind, name: shown.to_string(), bytes })
}

/// Reads every file of a folder that is named like a kind: `products.csv`, `orders.csv` …
///
/// # Errors
/// If the folder or a file cannot be read, or if none is named like a kind.
pub fn read_folder(folder: &Path) -> anyhow::Result<Vec<CsvFile>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("{}: cannot be read", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(kind) = Kind::of_file(name) {
            files.push(read_file(kind, &path)?);
        }
    }
    files.sort_by_key(|file| file.kind);
    let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.file_name()).collect();
    anyhow::ensure!(!files.is_empty(), "{}: holds none of {}", folder.display(), names.join(", "));
    Ok(files)
}

/// When an import happens: what relative dates are counted from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImportOptions {
    /// The present.
    pub now: Timestamp,
    /// What to do with rows that are not right.
    pub bad_rows: BadRows,
}
