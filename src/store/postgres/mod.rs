//! The store on PostgreSQL, for any number of processes: a pool of connections, one statement per operation of the
//! hot path, and notices between the processes. A write that returned is durable as the server has it
//! (`synchronous_commit`).

mod accept;
mod alerts;
mod backoffice;
mod connect;
mod connectors;
mod contacts;
mod conversations;
mod database;
mod erasures;
mod error;
mod events;
mod health;
mod interviews;
mod keys;
mod live;
mod outbox;
mod ownership;
mod posts;
pub mod queries;
mod quotas;
mod reminders;
mod rows;
mod schema;
mod scripts;
mod sends;
mod spending;
mod text;
mod turns;

use super::Stores;
use super::error::StoreError;
use super::live::LiveHub;
use crate::config::store::StoreSettings;
use anyhow::Result;
use connect::Place;
use database::Database;
use live::Messengers;
use rows::Columns;
use std::sync::Arc;
use std::time::Duration;

/// How much longer than the server's own limit for a statement it may say nothing.
const SILENCE: Duration = Duration::from_secs(1);

/// Keeps the database open. Close it before the program ends.
pub struct PostgresHandle {
    database: Database,
    messengers: Messengers,
}

impl PostgresHandle {
    /// Whether reads and writes go through.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if one of them does not.
    pub async fn ready(&self) -> Result<(), StoreError> {
        let row = self.database.one(sqlx::query("SELECT pg_is_in_recovery()")).await?;
        let reads_only = row.is_none_or(|row| Columns::of(&row).value().unwrap_or(true));
        if reads_only {
            return Err(StoreError::Unavailable("the server is a standby for now".to_owned()));
        }
        Ok(())
    }

    /// Finishes the writes that run, refuses later ones, tells the other processes, and disconnects. A second call
    /// does nothing.
    pub async fn close(&self) {
        self.database.close().await;
        self.messengers.stop().await;
    }
}

/// Reads the URL, without connecting.
///
/// # Errors
/// If it is none of PostgreSQL's.
pub fn check_url(settings: &StoreSettings) -> Result<()> {
    Place::of(settings).map(drop)
}

/// Opens the database that the settings name, making its schema as needed.
///
/// # Errors
/// If it cannot be reached, its schema cannot be made, or it was written by a newer version of the program.
pub async fn open(settings: &StoreSettings, live: Arc<LiveHub>) -> Result<(Stores, PostgresHandle)> {
    let place = Place::of(settings)?;
    schema::migrate(&place).await?;
    let pool = place.pool(settings);
    let (announcer, messengers) = Messengers::start(&place, &pool, &live);
    // Longer than the server's own limit, so that a statement that is merely slow is ended by it.
    let patience = Duration::from_millis(settings.statement_timeout_ms) + SILENCE;
    let database = Database::on(pool, patience, announcer);
    Ok((stores(&database, live), PostgresHandle { database, messengers }))
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
        quotas: Some(Arc::new(quotas::Quotas::on(database))),
        spending: Arc::new(spending::Spending::on(database)),
        alerts: Arc::new(alerts::Alerts::on(database)),
        connectors: Arc::new(connectors::Connectors::on(database)),
        health: Arc::new(health::Health::on(database)),
        reminders: Arc::new(reminders::Reminders::on(database)),
        backoffice: Arc::new(backoffice::Backoffice::on(database)),
        live,
    }
}
