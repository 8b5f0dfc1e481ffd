//! The store on SQLite: one file, one writing connection with group commit, a few reading ones. A write that
//! returned is on the disk (WAL, `synchronous=FULL`).

mod accept;
mod backoffice;
mod contacts;
mod conversations;
mod error;
mod events;
mod files;
mod interviews;
mod keys;
mod outbox;
mod ownership;
mod posts;
mod reader;
mod rows;
mod schema;
mod scripts;
mod sends;
mod transaction;
mod turns;
mod writer;

use super::Stores;
use super::error::StoreError;
use super::live::LiveHub;
use crate::config::store::StoreSettings;
use anyhow::{Context, Result};
use reader::Reader;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use writer::{Atomicity, Writer, WriterTask};

/// What every store of this database works with.
#[derive(Clone)]
struct Database {
    writer: Writer,
    reader: Reader,
}

/// Keeps the database open. Close it before the program ends.
pub struct SqliteHandle {
    database: Database,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<SqliteConnection>>>,
}

impl SqliteHandle {
    /// Whether reads and writes go through.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if one of them does not.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.database.reader.one(sqlx::query("SELECT 1")).await?;
        self.database.writer.run(Atomicity::RefusesFirst, |_| Box::pin(async { Ok(()) })).await
    }

    /// Finishes the writes that are queued, refuses later ones, and closes the file. A second call does nothing.
    pub async fn close(&self) {
        self.stop.cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(task) = task else { return };
        let writing = task.await;
        self.database.reader.close().await;
        let closed = match writing {
            Ok(connection) => connection.close().await.map_err(anyhow::Error::new),
            Err(error) => Err(anyhow::Error::new(error)),
        };
        if let Err(error) = closed {
            tracing::error!(%error, "the database was not closed well; it mends itself at the next start");
        }
    }
}

/// Opens the database that the settings name, making folder, file and schema as needed.
///
/// # Errors
/// If the folder or file cannot be written, is no database, or was written by a newer version of the program.
pub async fn open(
    settings: &StoreSettings,
    data_dir: &Path,
    live: Arc<LiveHub>,
) -> Result<(Stores, SqliteHandle)> {
    let file = settings.sqlite_file(data_dir)?;
    files::prepare(&file)?;
    let options = options(settings, &file);
    let writing = options
        .clone()
        .pragma("cache_size", format!("-{}", settings.cache_kib))
        .pragma("wal_autocheckpoint", settings.checkpoint_pages.to_string())
        .pragma("journal_size_limit", (i64::from(settings.journal_limit_mib) << 20).to_string());
    schema::migrate(&writing, &file).await?;
    let cannot_open = || format!("cannot open the database {}", file.display());
    let (writer, task) = WriterTask::connect(writing, Arc::clone(&live)).await.with_context(cannot_open)?;
    let reading = options.read_only(true).pragma("cache_size", format!("-{}", settings.cache_kib / 4));
    let pool = SqlitePoolOptions::new()
        .max_connections(settings.readers.max(1))
        .min_connections(1)
        .acquire_timeout(Duration::from_millis(settings.busy_timeout_ms))
        // A connection to a file in this process does not go away by itself.
        .test_before_acquire(false)
        .max_lifetime(None)
        .connect_with(reading)
        .await
        .with_context(cannot_open)?;

    let stop = CancellationToken::new();
    #[expect(clippy::disallowed_methods, reason = "awaited by `SqliteHandle::close`")]
    let task = tokio::spawn(task.run(stop.clone()));
    let database = Database { writer, reader: Reader::new(pool) };
    Ok((stores(&database, live), SqliteHandle { database, stop, task: Mutex::new(Some(task)) }))
}

fn options(settings: &StoreSettings, file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_millis(settings.busy_timeout_ms))
        .pragma("temp_store", "MEMORY")
        .statement_cache_capacity(128)
        .disable_statement_logging()
}

fn stores(database: &Database, live: Arc<LiveHub>) -> Stores {
    Stores {
        conversations: Arc::new(conversations::Conversations::on(database)),
        turns: Arc::new(turns::Turns::on(database)),
        outbox: Arc::new(outbox::Outbox::on(database)),
        sends: Arc::new(sends::Sends::on(database)),
        posts: Arc::new(posts::Posts::on(database)),
        contacts: Arc::new(contacts::Contacts::on(database)),
        interviews: Arc::new(interviews::Interviews::on(database)),
        keys: Arc::new(keys::Keys::on(database)),
        quotas: None,
        backoffice: Arc::new(backoffice::Backoffice::on(database)),
        live,
    }
}
