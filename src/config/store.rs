//! Settings of the database. Which database an URL names is decided here; nothing is opened here.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// `sqlite:FILE`; a relative file lies in the data folder.
    pub url: String,
    /// Connections that read beside the one that writes.
    pub readers: u32,
    /// How long to wait for another process that holds the database.
    pub busy_timeout_ms: u64,
    /// Memory for pages of the writing connection; a reading one has a quarter of it.
    pub cache_kib: u32,
    /// Pages in the write-ahead log after which they are moved into the database file.
    pub checkpoint_pages: u32,
    /// How much of the disk the write-ahead log may keep once it was moved.
    pub journal_limit_mib: u32,
}

/// A store URL that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("store.url `{0}` is not understood; use `sqlite:FILE`")]
pub struct UnknownStoreUrl(pub String);

impl StoreSettings {
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
}
