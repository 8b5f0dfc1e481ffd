//! Brings the schema of a database file up to date, and says plainly why it cannot. Migrations are only ever
//! added: a published one does not change.

use super::connect::Connector;
use super::error::is_broken_file;
use super::files;
use anyhow::{Result, anyhow};
use rusqlite::{Connection, TransactionBehavior, params};
use sha2::{Digest, Sha384};

const MIGRATIONS: [(i64, &str, &str); 15] = [
    (1, "conversations", include_str!("migrations/0001_conversations.sql")),
    (2, "backoffice", include_str!("migrations/0002_backoffice.sql")),
    (3, "deliveries", include_str!("migrations/0003_deliveries.sql")),
    (4, "leases", include_str!("migrations/0004_leases.sql")),
    (5, "interviews", include_str!("migrations/0005_interviews.sql")),
    (6, "posts", include_str!("migrations/0006_posts.sql")),
    (7, "sends", include_str!("migrations/0007_sends.sql")),
    (8, "alerts", include_str!("migrations/0008_alerts.sql")),
    (9, "connectors", include_str!("migrations/0009_connectors.sql")),
    (10, "connector revisions", include_str!("migrations/0010_connector_revisions.sql")),
    (11, "unasked sends", include_str!("migrations/0011_unasked_sends.sql")),
    (12, "spending", include_str!("migrations/0012_spending.sql")),
    (13, "connector health", include_str!("migrations/0013_connector_health.sql")),
    (14, "reminders", include_str!("migrations/0014_reminders.sql")),
    (15, "erasures", include_str!("migrations/0015_erasures.sql")),
];

/// Which migrations a file has had. Table and columns are those that sqlx keeps on PostgreSQL; the files have had them from
/// the first version on.
const HISTORY: &str = "
    CREATE TABLE IF NOT EXISTS _sqlx_migrations (
        version BIGINT PRIMARY KEY,
        description TEXT NOT NULL,
        installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
        success BOOLEAN NOT NULL,
        checksum BLOB NOT NULL,
        execution_time BIGINT NOT NULL
    )";
const APPLIED: &str = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";
/// `-1`: nobody has measured how long it took.
const NOTE: &str = "
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    VALUES (?1, ?2, TRUE, ?3, -1)";

/// Why a file is not brought up to date.
enum Refusal {
    /// A migration that this program does not know was applied.
    Newer(i64),
    /// A migration of another text was applied.
    Differs(i64),
    /// SQLite says no.
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

/// Runs the migrations that are missing. One process at a time. Blocks.
pub(super) fn migrate(connector: &Connector) -> Result<()> {
    let lock = files::lock_schema(connector.file())?;
    let applied = run(connector);
    drop(lock);
    applied.map_err(|refusal| explain(refusal, connector))
}

fn run(connector: &Connector) -> Result<(), Refusal> {
    let mut connection = connector.migrating()?;
    connection.execute_batch(HISTORY)?;
    let applied = applied(&connection)?;
    let unknown = applied.iter().find(|(version, _)| MIGRATIONS.iter().all(|(known, ..)| known != version));
    if let Some((version, _)) = unknown {
        return Err(Refusal::Newer(*version));
    }
    for (version, name, text) in MIGRATIONS {
        let checksum = Sha384::digest(text).to_vec();
        match applied.iter().find(|(done, _)| *done == version) {
            Some((_, same)) if *same == checksum => {}
            Some(_) => return Err(Refusal::Differs(version)),
            None => {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                transaction.execute_batch(text)?;
                transaction.execute(NOTE, params![version, name, checksum])?;
                transaction.commit()?;
            }
        }
    }
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn applied(connection: &Connection) -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
    let mut statement = connection.prepare(APPLIED)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn explain(refusal: Refusal, connector: &Connector) -> anyhow::Error {
    let file = connector.file().display();
    match refusal {
        Refusal::Newer(version) => anyhow!(
            "the database {file} was written by a newer version of this program (its schema has number \
             {version}, this program knows up to {}): use that version, or restore a backup",
            MIGRATIONS.len()
        ),
        Refusal::Differs(version) => anyhow!(
            "the database {file} was written by a different build of this program (its schema number {version} \
             differs): use that build, or restore a backup"
        ),
        Refusal::Failed(cause) if is_broken_file(&cause) => {
            anyhow!("the database {file} is damaged or no database at all ({cause}): restore a backup")
        }
        Refusal::Failed(cause) => {
            anyhow::Error::new(cause).context(format!("cannot open the database {file}"))
        }
    }
}
