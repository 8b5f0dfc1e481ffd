//! The store on SQLite: one file, one writing connection with group commit on a thread of its own, a few reading ones. A
//! write that returned is on the disk (WAL, `synchronous=FULL`).

mod accept;
mod alerts;
mod backoffice;
mod connect;
mod connectors;
mod contacts;
mod conversations;
mod erasures;
mod error;
mod events;
mod files;
mod health;
mod interviews;
mod keys;
mod outbox;
mod ownership;
mod posts;
pub mod queries;
mod reader;
mod reminders;
mod rows;
mod schema;
mod sends;
mod spending;
mod statement;
mod texts;
mod transaction;
mod turns;
mod writer;

use super::Stores;
use super::error::StoreError;
use super::live::LiveHub;
use crate::config::store::StoreSettings;
use anyhow::{Context, Result, anyhow};
use connect::Connector;
use reader::Reader;
use rusqlite::Connection;
use statement::query;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::task::spawn_blocking;
use writer::{Atomicity, Writer, WriterThread};

/// What every store of this database works with.
#[derive(Clone)]
struct Database {
    writer: Writer,
    reader: Reader,
}

/// Keeps the database open. Close it before the program ends.
pub struct SqliteHandle {
    database: Database,
    writing: Mutex<Option<JoinHandle<Connection>>>,
}

impl SqliteHandle {
    /// Whether reads and writes go through.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if one of them does not.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.database.reader.one(query("SELECT 1"), |_| Ok(()))?;
        self.database.writer.run(Atomicity::RefusesFirst, |_| Ok(())).await
    }

    /// Finishes the writes that are queued, refuses later ones, and closes the file. A second call does nothing.
    pub async fn close(&self) {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(writing) = writing else { return };
        self.database.writer.stop().await;
        let reader = self.database.reader.clone();
        let closing = spawn_blocking(move || {
            let writing = writing.join();
            reader.close();
            let connection = writing.map_err(|_| anyhow!("the writer has failed"))?;
            connection.close().map_err(|(_, error)| anyhow::Error::new(error))
        });
        if let Err(error) = closing.await.map_err(anyhow::Error::new).flatten() {
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
    let (connector, readers, hub) = (Connector::to(&file, settings), settings.readers, Arc::clone(&live));
    let opening = spawn_blocking(move || {
        schema::migrate(&connector)?;
        let writing = connector.clone();
        let cannot_open = || format!("cannot open the database {}", connector.file().display());
        let (writer, thread) =
            WriterThread::connect(Box::new(move || writing.writing()), hub).with_context(cannot_open)?;
        let reader = Reader::open(&connector, readers).with_context(cannot_open)?;
        anyhow::Ok((Database { writer, reader }, thread))
    });
    let (database, thread) = opening.await??;
    let writing = std::thread::Builder::new().name("writer".to_owned()).spawn(|| thread.run())?;
    Ok((stores(&database, live), SqliteHandle { database, writing: Mutex::new(Some(writing)) }))
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
        erasures: Arc::new(erasures::Erasures::on(database)),
        keys: Arc::new(keys::Keys::on(database)),
        quotas: None,
        spending: Arc::new(spending::Spending::on(database)),
        alerts: Arc::new(alerts::Alerts::on(database)),
        connectors: Arc::new(connectors::Connectors::on(database)),
        health: Arc::new(health::Health::on(database)),
        reminders: Arc::new(reminders::Reminders::on(database)),
        backoffice: Arc::new(backoffice::Backoffice::on(database)),
        live,
    }
}
