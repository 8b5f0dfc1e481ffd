//! Brings the schema of a database up to date, and says plainly why it cannot. Migrations are only ever added: a
//! published one does not change. Processes that start together wait for each other: the migrator holds an advisory
//! lock.

use super::connect::Place;
use anyhow::{Result, anyhow};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, SqlSafeStr};

const MIGRATIONS: [(i64, &str, &str); 16] = [
    (1, "conversations", include_str!("migrations/0001_conversations.sql")),
    (2, "backoffice", include_str!("migrations/0002_backoffice.sql")),
    (3, "deliveries", include_str!("migrations/0003_deliveries.sql")),
    (4, "leases", include_str!("migrations/0004_leases.sql")),
    (5, "quotas", include_str!("migrations/0005_quotas.sql")),
    (6, "interviews", include_str!("migrations/0006_interviews.sql")),
    (7, "posts", include_str!("migrations/0007_posts.sql")),
    (8, "sends", include_str!("migrations/0008_sends.sql")),
    (9, "alerts", include_str!("migrations/0009_alerts.sql")),
    (10, "connectors", include_str!("migrations/0010_connectors.sql")),
    (11, "connector revisions", include_str!("migrations/0011_connector_revisions.sql")),
    (12, "unasked sends", include_str!("migrations/0012_unasked_sends.sql")),
    (13, "spending", include_str!("migrations/0013_spending.sql")),
    (14, "connector health", include_str!("migrations/0014_connector_health.sql")),
    (15, "reminders", include_str!("migrations/0015_reminders.sql")),
    (16, "erasures", include_str!("migrations/0016_erasures.sql")),
];

/// Runs the migrations that are missing.
pub(super) async fn migrate(place: &Place) -> Result<()> {
    // No time limits here: another process may be at it, and a migration takes what it takes.
    let mut connection = place.connect().await?;
    let applied = run(&mut connection).await;
    connection.close().await.ok();
    applied.map_err(|error| explain(error, place))
}

async fn run(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let migrations = MIGRATIONS.map(|(version, name, text)| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.into()).run_direct(None, connection, false).await
}

fn explain(error: MigrateError, place: &Place) -> anyhow::Error {
    match &error {
        MigrateError::VersionMissing(version) => anyhow!(
            "the database {place} was written by a newer version of this program (its schema has number \
             {version}, this program knows up to {}): use that version, or restore a backup",
            MIGRATIONS.len()
        ),
        MigrateError::VersionMismatch(version) => anyhow!(
            "the database {place} was written by a different build of this program (its schema number {version} \
             differs): use that build, or restore a backup"
        ),
        _ => anyhow::Error::new(error).context(format!(
            "the tables in the database {place} cannot be made; may its user create tables there?"
        )),
    }
}
