//! Brings the schema of a database file up to date, and says plainly why it cannot. Migrations are only ever
//! added: a published one does not change.

use super::error::is_broken_file;
use super::files;
use anyhow::{Result, anyhow};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqlSafeStr};
use std::path::Path;

const MIGRATIONS: [(i64, &str, &str); 7] = [
    (1, "conversations", include_str!("migrations/0001_conversations.sql")),
    (2, "backoffice", include_str!("migrations/0002_backoffice.sql")),
    (3, "deliveries", include_str!("migrations/0003_deliveries.sql")),
    (4, "leases", include_str!("migrations/0004_leases.sql")),
    (5, "interviews", include_str!("migrations/0005_interviews.sql")),
    (6, "posts", include_str!("migrations/0006_posts.sql")),
    (7, "sends", include_str!("migrations/0007_sends.sql")),
];

/// Runs the migrations that are missing. One process at a time.
pub(super) async fn migrate(options: &SqliteConnectOptions, file: &Path) -> Result<()> {
    let owned = file.to_owned();
    let lock = tokio::task::spawn_blocking(move || files::lock_schema(&owned)).await??;
    let applied = run(options).await;
    drop(lock);
    applied.map_err(|error| explain(error, file))
}

async fn run(options: &SqliteConnectOptions) -> Result<(), MigrateError> {
    let migrations = MIGRATIONS.map(|(version, name, text)| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    // A table that is laid anew is dropped while others refer to it by name.
    let mut connection = options.clone().foreign_keys(false).connect().await?;
    Migrator::with_migrations(migrations.into()).run_direct(None, &mut connection, false).await?;
    connection.close().await?;
    Ok(())
}

fn explain(error: MigrateError, file: &Path) -> anyhow::Error {
    let file = file.display();
    match &error {
        MigrateError::VersionMissing(version) => anyhow!(
            "the database {file} was written by a newer version of this program (its schema has number \
             {version}, this program knows up to {}): use that version, or restore a backup",
            MIGRATIONS.len()
        ),
        MigrateError::VersionMismatch(version) => anyhow!(
            "the database {file} was written by a different build of this program (its schema number {version} \
             differs): use that build, or restore a backup"
        ),
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) if is_broken_file(cause) => {
            anyhow!("the database {file} is damaged or no database at all ({cause}): restore a backup")
        }
        _ => anyhow::Error::new(error).context(format!("cannot open the database {file}")),
    }
}
