//! Writes rows as CSV: UTF-8 with a mark so that spreadsheets know it, a comma, and every cell guarded.

use super::cell::guarded;
use super::columns::Kind;
use std::io::Write;

/// Writes the rows of one file.
pub struct RowWriter<W: Write> {
    inner: csv::Writer<W>,
    count: usize,
}

impl<W: Write> RowWriter<W> {
    /// Begins a file of this kind.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn begin(kind: Kind, mut to: W) -> anyhow::Result<Self> {
        to.write_all("\u{feff}".as_bytes())?;
        let mut inner = csv::Writer::from_writer(to);
        inner.write_record(kind.columns().iter().map(|column| column.name))?;
        Ok(Self { inner, count: 0 })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn row(&mut self, cells: &[String]) -> anyhow::Result<()> {
        self.inner.write_record(cells.iter().map(|cell| guarded(cell)))?;
        self.count += 1;
        Ok(())
    }

    /// Ends the file. How many rows it has.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn finish(mut self) -> anyhow::Result<usize> {
        self.inner.flush()?;
        Ok(self.count)
    }
}
