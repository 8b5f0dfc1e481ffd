//! Databases of other systems that operators' tools may ask, by their URLs. The program's own store is not among them
//! unless somebody names it.

use super::mysql::MySqlQueries;
use super::postgres::queries::PostgresQueries;
use super::sqlite::queries::SqliteQueries;
use crate::domain::query::ReadOnlyDatabase;
use std::path::Path;
use std::sync::Arc;

/// The database at `url`; nothing is opened before it is asked.
///
/// # Errors
/// A URL of no database that we can ask; it is not repeated, as it may hold a password.
pub fn at(url: &str) -> Result<Arc<dyn ReadOnlyDatabase>, String> {
    if let Some(file) = url.strip_prefix("sqlite:") {
        let file = file.strip_prefix("//").unwrap_or(file);
        if file.is_empty() || file.contains('?') {
            return Err("`sqlite:` is followed by the path of a file".to_owned());
        }
        return Ok(Arc::new(SqliteQueries::at(Path::new(file))));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Arc::new(PostgresQueries::at(url)?));
    }
    if url.starts_with("mysql://") || url.starts_with("mariadb://") {
        return Ok(Arc::new(MySqlQueries::at(url)?));
    }
    Err("use `sqlite:FILE`, `postgres://USER:PASSWORD@HOST/DATABASE` or `mysql://USER:PASSWORD@HOST/DATABASE`; other \
         databases cannot be asked"
        .to_owned())
}
