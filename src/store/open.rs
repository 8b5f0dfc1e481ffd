//! Opens whichever database the settings name. What the two have in common beyond the stores is here.

use super::Stores;
use super::error::StoreError;
use super::live::LiveHub;
use super::postgres::{self, PostgresHandle};
use super::sqlite::{self, SqliteHandle};
use crate::config::store::{StorePlace, StoreSettings};
use anyhow::Result;
use std::path::Path;
use std::sync::Arc;

/// Keeps the database open. Close it before the program ends.
pub enum StoreHandle {
    /// A file.
    Sqlite(SqliteHandle),
    /// A server.
    Postgres(PostgresHandle),
}

impl StoreHandle {
    /// Whether reads and writes go through.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if one of them does not.
    pub async fn ready(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(handle) => handle.ready().await,
            Self::Postgres(handle) => handle.ready().await,
        }
    }

    /// Finishes the writes that are queued, refuses later ones, and closes the database. A second call does nothing.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(handle) => handle.close().await,
            Self::Postgres(handle) => handle.close().await,
        }
    }
}

/// Opens the database that the settings name, making it as needed.
///
/// # Errors
/// If it cannot be reached or written, or was written by a newer version of the program.
pub async fn open(
    settings: &StoreSettings,
    data_dir: &Path,
    live: Arc<LiveHub>,
) -> Result<(Stores, StoreHandle)> {
    match settings.place(data_dir)? {
        StorePlace::File(_) => {
            let (stores, handle) = sqlite::open(settings, data_dir, live).await?;
            Ok((stores, StoreHandle::Sqlite(handle)))
        }
        StorePlace::Server => {
            let (stores, handle) = Box::pin(postgres::open(settings, live)).await?;
            Ok((stores, StoreHandle::Postgres(handle)))
        }
    }
}
