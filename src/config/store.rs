//! Settings of the database. Which database an URL names is decided here; nothing is opened here.

use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// `[store]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// `sqlite:FILE`, a relative file lying in the data folder, or `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub url: String,
    /// SQLite: connections for short reads; at least one.
    pub readers: u32,
    /// How long to wait for somebody who holds the database, a row or a connection.
    pub busy_timeout_ms: u64,
    /// SQLite: memory for pages of the writing connection; a reading one has a quarter of it.
    pub cache_kib: u32,
    /// SQLite: pages in the write-ahead log after which they are moved into the database file.
    pub checkpoint_pages: u32,
    /// SQLite: how much of the disk the write-ahead log may keep once it was moved.
    pub journal_limit_mib: u32,
    /// PostgreSQL: most connections of this process, two for notices aside.
    pub connections: u32,
    /// PostgreSQL: how long one statement may take.
    pub statement_timeout_ms: u64,
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StorePlace {
    /// SQLite: one process serves this file.
    File(PathBuf),
    /// PostgreSQL: any number of processes share it.
    Server,
}

/// A store URL that cannot be used. A URL that may hold a password is not repeated.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("store.url{} is not understood; use `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`", shown(.0))]
pub struct UnknownStoreUrl(String);

fn shown(url: &str) -> String {
    if url.contains('@') { String::new() } else { format!(" `{url}`") }
}

impl StoreSettings {
    /// Where the URL points to.
    ///
    /// # Errors
    /// [`UnknownStoreUrl`] if it is neither `sqlite:FILE` nor `postgres://…`.
    pub fn place(&self, data_dir: &Path) -> Result<StorePlace, UnknownStoreUrl> {
        let server = ["postgres://", "postgresql://"].iter().find_map(|scheme| self.url.strip_prefix(scheme));
        match server {
            Some("") => Err(UnknownStoreUrl(self.url.clone())),
            Some(_) => Ok(StorePlace::Server),
            None => self.sqlite_file(data_dir).map(StorePlace::File),
        }
    }

    /// The database file that the URL names.
    ///
    /// # Errors
    /// [`UnknownStoreUrl`] if it is not `sqlite:FILE`.
    pub fn sqlite_file(&self, data_dir: &Path) -> Result<PathBuf, UnknownStoreUrl> {
        let named = self.url.strip_prefix("sqlite:").map(|rest| rest.strip_prefix("//").unwrap_or(rest));
        match named {
            // A question mark would begin options that nobody reads.
            Some(file) if !file.is_empty() && !file.contains('?') => Ok(data_dir.join(file)),
            Some(_) | None => Err(UnknownStoreUrl(self.url.clone())),
        }
    }
}

impl fmt::Debug for StoreSettings {
    /// Without the URL: it may hold a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StoreSettings").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> StoreSettings {
        #[derive(Deserialize)]
        struct Document {
            store: StoreSettings,
        }
        toml::from_str::<Document>(include_str!("default/store.toml")).expect("the default is complete").store
    }

    #[test]
    fn names_a_file_in_the_data_folder_or_anywhere() {
        let file =
            |url: &str| StoreSettings { url: url.to_owned(), ..defaults() }.sqlite_file(Path::new("data"));
        assert_eq!(defaults().sqlite_file(Path::new("data")), Ok(PathBuf::from("data/balcao.db")));
        assert_eq!(file("sqlite:a/b.db"), Ok(PathBuf::from("data/a/b.db")));
        assert_eq!(file("sqlite:///srv/b.db"), Ok(PathBuf::from("/srv/b.db")));
        for url in ["", "sqlite:", "sqlite://", "balcao.db", "postgres://host/db", "sqlite:a.db?mode=ro"] {
            assert_eq!(file(url), Err(UnknownStoreUrl(url.to_owned())));
        }
    }

    #[test]
    fn the_scheme_says_which_database_and_no_password_is_shown() {
        let place = |url: &str| {
            let settings = StoreSettings { url: url.to_owned(), ..defaults() };
            assert!(!format!("{settings:?}").contains("senha"));
            settings.place(Path::new("data"))
        };
        assert_eq!(place("sqlite:a.db"), Ok(StorePlace::File(PathBuf::from("data/a.db"))));
        for url in ["postgres://ana:senha@host/db", "postgresql:///db?host=/run/postgresql"] {
            assert_eq!(place(url), Ok(StorePlace::Server));
        }
        assert!(place("mysql://host/db").unwrap_err().to_string().contains("`mysql://host/db`"));
        for url in ["mysql://ana:senha@host/db", "postgres:ana:senha@host", "postgres://"] {
            assert!(!place(url).unwrap_err().to_string().contains("senha"));
        }
    }
}
