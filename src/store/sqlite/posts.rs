//! Bodies that channels posted, on SQLite.

use super::Database;
use super::rows::Columns;
use super::statement::query;
use super::writer::Atomicity;
use crate::domain::ids::PostId;
use crate::store::error::StoreError;
use crate::store::posts::{NewPost, Post, PostCounts, PostOutcome, PostStore};
use crate::store::sql;
use crate::store::sql::values::{blob, farthest, posts_counted, posts_settled};
use async_trait::async_trait;
use jiff::Timestamp;

/// [`PostStore`] on SQLite.
pub(super) struct Posts {
    database: Database,
}

impl Posts {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl PostStore for Posts {
    async fn keep(&self, post: NewPost) -> Result<(), StoreError> {
        let statement = query(sql::posts::INSERT)
            .bind(blob(post.id.0))
            .bind(post.channel)
            .bind(post.body)
            .bind(post.received_at.as_millisecond());
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement).map(drop)).await
    }

    async fn claim(
        &self,
        channel: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Post>, StoreError> {
        let statement = query(sql::posts::CLAIM)
            .bind(channel)
            .bind(now.as_millisecond())
            .bind(lease_until.as_millisecond())
            .bind(limit)
            .bind(farthest(now));
        let claiming =
            self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write_returning(statement, post));
        let mut claimed = claiming.await?;
        claimed.sort_unstable_by_key(|post| post.id);
        Ok(claimed)
    }

    async fn settle(&self, id: PostId, outcome: PostOutcome) -> Result<(), StoreError> {
        let (state, again) = posts_settled(outcome);
        let statement = query(sql::posts::SETTLE).bind(blob(id.0)).bind(state).bind(again);
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement).map(drop)).await
    }

    async fn expire_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        let statement = query(sql::posts::EXPIRE).bind(now.as_millisecond());
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement)).await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let statement = query(sql::posts::SWEEP).bind(before.as_millisecond()).bind(limit);
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement)).await
    }

    async fn counts(&self, channel: &str) -> Result<PostCounts, StoreError> {
        let statement = query(sql::posts::COUNTS).bind(channel);
        let counted = self
            .database
            .reader
            .many(statement, |columns| Ok((columns.value::<String>()?, columns.value::<i64>()?)));
        posts_counted(counted.await?)
    }
}

fn post(columns: &mut Columns<'_>) -> Result<Post, StoreError> {
    Ok(Post {
        id: PostId(columns.id()?),
        body: columns.value()?,
        received_at: columns.time()?,
        attempts: u32::try_from(columns.value::<i64>()? - 1).unwrap_or(0),
    })
}
