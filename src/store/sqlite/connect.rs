//! Opens connections to the database file, each for what it is there to do. Waits for whoever holds the file, so it
//! belongs on a thread that may wait.

use crate::config::store::StoreSettings;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many prepared statements a connection keeps: more than the program has.
const STATEMENTS: usize = 256;

/// Opens connections to one file.
#[derive(Clone)]
pub(super) struct Connector {
    file: PathBuf,
    busy_timeout: Duration,
    cache_kib: u32,
    checkpoint_pages: u32,
    journal_limit_mib: u32,
}

impl Connector {
    /// To this file, which exists.
    pub(super) fn to(file: &Path, settings: &StoreSettings) -> Self {
        Self {
            file: file.to_owned(),
            busy_timeout: Duration::from_millis(settings.busy_timeout_ms),
            cache_kib: settings.cache_kib,
            checkpoint_pages: settings.checkpoint_pages,
            journal_limit_mib: settings.journal_limit_mib,
        }
    }

    /// Where the file is.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// A connection that writes, and whose commits are on the disk when they return.
    pub(super) fn writing(&self) -> rusqlite::Result<Connection> {
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE, self.cache_kib)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What is deleted is overwritten: somebody who was forgotten is in no free page, either.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", self.checkpoint_pages)?;
        connection.pragma_update(None, "journal_size_limit", i64::from(self.journal_limit_mib) << 20)?;
        Ok(connection)
    }

    /// A connection that changes the schema: a table that is laid anew is dropped while others refer to it by name.
    pub(super) fn migrating(&self) -> rusqlite::Result<Connection> {
        let connection = self.writing()?;
        connection.pragma_update(None, "foreign_keys", false)?;
        Ok(connection)
    }

    /// A connection that cannot write.
    pub(super) fn reading(&self) -> rusqlite::Result<Connection> {
        self.open(OpenFlags::SQLITE_OPEN_READ_ONLY, self.cache_kib / 4)
    }

    fn open(&self, access: OpenFlags, cache_kib: u32) -> rusqlite::Result<Connection> {
        // A connection is used by one thread at a time: SQLite need not see to that again.
        let connection = Connection::open_with_flags(&self.file, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(self.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pragma(connection: &Connection, name: &str) -> rusqlite::types::Value {
        connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_commit_is_on_the_disk_and_a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        std::fs::write(&file, "").unwrap();
        let connector = Connector {
            file,
            busy_timeout: Duration::from_millis(50),
            cache_kib: 400,
            checkpoint_pages: 7,
            journal_limit_mib: 2,
        };
        let writing = connector.writing().unwrap();
        for (name, value) in [
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("secure_delete", 1),
            ("temp_store", 2),
            ("cache_size", -400),
            ("wal_autocheckpoint", 7),
            ("journal_size_limit", 2 << 20),
            ("busy_timeout", 50),
        ] {
            assert_eq!(pragma(&writing, name), value.into(), "{name}");
        }
        assert_eq!(pragma(&writing, "journal_mode"), "wal".to_owned().into());
        assert_eq!(pragma(&connector.migrating().unwrap(), "foreign_keys"), 0.into());
        writing.execute_batch("CREATE TABLE rows (name TEXT)").unwrap();
        let reading = connector.reading().unwrap();
        assert_eq!(pragma(&reading, "cache_size"), (-100).into());
        let refused = reading.execute("INSERT INTO rows VALUES ('a')", []).unwrap_err();
        assert_eq!(refused.sqlite_error_code(), Some(rusqlite::ErrorCode::ReadOnly));
    }
}
