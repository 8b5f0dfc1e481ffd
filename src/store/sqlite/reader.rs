//! Reads, on a few connections that cannot write. What a committed write changed is seen by every later read.

use super::error::sorted;
use super::rows::Statement;
use crate::store::error::StoreError;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

/// The reading connections.
#[derive(Clone)]
pub(super) struct Reader {
    pool: SqlitePool,
}

impl Reader {
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self { pool }
    }

    /// The first row, if any.
    pub(super) async fn one(&self, statement: Statement<'_>) -> Result<Option<SqliteRow>, StoreError> {
        statement.fetch_optional(&self.pool).await.map_err(sorted)
    }

    /// Every row.
    pub(super) async fn all(&self, statement: Statement<'_>) -> Result<Vec<SqliteRow>, StoreError> {
        statement.fetch_all(&self.pool).await.map_err(sorted)
    }

    /// Closes the connections, waiting for reads that run.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}
