//! Bodies that channels posted, on PostgreSQL.

use super::database::{Atomicity, Database};
use super::rows::Columns;
use super::scripts;
use super::text::stored;
use crate::domain::ids::PostId;
use crate::store::error::StoreError;
use crate::store::posts::{NewPost, Post, PostCounts, PostOutcome, PostStore};
use crate::store::sql;
use crate::store::sql::values::{blob, farthest, posts_counted, posts_settled};
use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use std::sync::Arc;

/// [`PostStore`] on PostgreSQL.
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
        let post = Arc::new(post);
        self.database
            .write(Atomicity::Statement, move |tx| {
                let post = Arc::clone(&post);
                Box::pin(async move {
                    let statement = sqlx::query(sql::posts::INSERT)
                        .bind(blob(post.id.0))
                        .bind(stored(&post.channel))
                        .bind(&post.body)
                        .bind(post.received_at.as_millisecond());
                    tx.write(statement).await.map(drop)
                })
            })
            .await
    }

    async fn claim(
        &self,
        channel: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Post>, StoreError> {
        let channel = stored(channel).into_owned();
        let rows = self
            .database
            .write(Atomicity::Statement, move |tx| {
                let channel = channel.clone();
                Box::pin(async move {
                    let statement = sqlx::query(scripts::CLAIM_POSTS)
                        .bind(channel)
                        .bind(now.as_millisecond())
                        .bind(lease_until.as_millisecond())
                        .bind(i64::from(limit))
                        .bind(farthest(now));
                    tx.rows(statement).await
                })
            })
            .await?;
        let mut claimed = rows.iter().map(post).collect::<Result<Vec<_>, _>>()?;
        claimed.sort_unstable_by_key(|post| post.id);
        Ok(claimed)
    }

    async fn settle(&self, id: PostId, outcome: PostOutcome) -> Result<(), StoreError> {
        self.database
            .write(Atomicity::Statement, move |tx| {
                Box::pin(async move {
                    let (state, again) = posts_settled(outcome);
                    let statement = sqlx::query(sql::posts::SETTLE).bind(blob(id.0)).bind(state).bind(again);
                    tx.write(statement).await.map(drop)
                })
            })
            .await
    }

    async fn expire_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.database
            .write(Atomicity::Statement, move |tx| {
                Box::pin(
                    async move { tx.write(sqlx::query(sql::posts::EXPIRE).bind(now.as_millisecond())).await },
                )
            })
            .await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.database
            .write(Atomicity::Statement, move |tx| {
                Box::pin(async move {
                    let statement =
                        sqlx::query(sql::posts::SWEEP).bind(before.as_millisecond()).bind(i64::from(limit));
                    tx.write(statement).await
                })
            })
            .await
    }

    async fn counts(&self, channel: &str) -> Result<PostCounts, StoreError> {
        let rows = self.database.all(sqlx::query(sql::posts::COUNTS).bind(stored(channel))).await?;
        let counted = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok((columns.text()?, columns.value::<i64>()?))
        });
        posts_counted(counted.collect::<Result<_, StoreError>>()?)
    }
}

fn post(row: &PgRow) -> Result<Post, StoreError> {
    let mut columns = Columns::of(row);
    Ok(Post {
        id: PostId(columns.id()?),
        body: columns.value()?,
        received_at: columns.time()?,
        attempts: u32::try_from(columns.value::<i64>()? - 1).unwrap_or(0),
    })
}
