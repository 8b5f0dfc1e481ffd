//! An empty store for verbs that need one to build the tools but must not touch the shop's own.

use super::build::Options;
use crate::config::store::StoreSettings;
use crate::store::Stores;
use crate::store::live::LiveHub;
use crate::store::sqlite::{self, SqliteHandle};
use anyhow::Context;
use std::sync::Arc;
use tempfile::TempDir;

/// An empty store; its folder goes away with it.
pub struct ScratchStore {
    /// The state: nothing.
    pub stores: Stores,
    handle: SqliteHandle,
    _folder: TempDir,
}

impl ScratchStore {
    /// A new one, with the settings of the shop's own but for its place.
    ///
    /// # Errors
    /// If the system's place for temporary files cannot be written.
    pub async fn open(options: &Options) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("no scratch folder can be made")?;
        let settings =
            StoreSettings { url: "sqlite:scratch.db".to_owned(), ..options.settings.store.clone() };
        let (stores, handle) = sqlite::open(&settings, folder.path(), Arc::new(LiveHub::default())).await?;
        Ok(Self { stores, handle, _folder: folder })
    }

    /// Ends it.
    pub async fn close(self) {
        self.handle.close().await;
    }
}
