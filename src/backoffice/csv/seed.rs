//! Fills an empty store with a demo shop at the first start. Never touches a store that holds anything.

use super::columns::Kind;
use super::import::import;
use super::report::{BadRows, ImportReport};
use super::{CsvFile, ImportOptions, Shop};
use jiff::Timestamp;

/// Imports the demo files, if nothing was ever imported or written. `None` if something was.
///
/// # Errors
/// If the store fails, or if a demo file is not right (that is a fault of the program).
pub async fn seed_demo(
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    shop: &Shop,
    now: Timestamp,
) -> anyhow::Result<Option<ImportReport>> {
    if !shop.records.is_empty().await? {
        return Ok(None);
    }
    let files: Vec<CsvFile> = files
        .into_iter()
        .filter_map(|(name, bytes)| Kind::of_file(&name).map(|kind| CsvFile { kind, name, bytes }))
        .collect();
    let report = import(&files, shop, ImportOptions { now, bad_rows: BadRows::Refuse }).await?;
    if let Some(problem) = report.problems.first() {
        anyhow::bail!("the demo data is not right: {problem} ({} problems)", report.problems.len());
    }
    Ok(Some(report))
}
