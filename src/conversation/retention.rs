//! What was kept long enough is forgotten: old conversations, which ids those had who were forgotten, files whose conversation
//! is gone. It decides nothing about people who ask for it.

use super::customers::CustomerDesk;
use crate::domain::ids::ConversationId;
use crate::store::error::StoreError;
use jiff::{SignedDuration, Timestamp};

/// How many conversations go in one transaction.
const EXPIRED: u32 = 10;
/// So many folders of files without a conversation may be left over by chance.
const FEW: usize = 3;
/// How long it is kept which id somebody had who was forgotten, so that nothing that was under way brings them back.
const IDS_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long a conversation may have files before it is there.
const OPENING: SignedDuration = SignedDuration::from_hours(1);

impl CustomerDesk {
    /// Forgets what was kept long enough: conversations, ids of who was forgotten, files whose conversation is gone.
    ///
    /// # Errors
    /// The store's. What was forgotten until then is.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.expire().await?;
        let now = self.clock.now();
        self.stores.erasures.forget_ids(now.saturating_sub(IDS_KEPT).unwrap_or(Timestamp::MIN)).await?;
        // One that is being opened may have files already.
        let before = now.saturating_sub(OPENING).unwrap_or(Timestamp::MIN);
        match self.files.untouched_since(before).await {
            Ok(conversations) => self.sweep_files(conversations, before).await,
            Err(error) => {
                tracing::warn!(%error, "files of customers could not be looked at");
                Ok(())
            }
        }
    }

    /// Deletes files whose conversation is gone. Where none of them is here, this is not the database that they belong to.
    async fn sweep_files(
        &self,
        conversations: Vec<ConversationId>,
        before: Timestamp,
    ) -> Result<(), StoreError> {
        let mut gone = Vec::new();
        let mut known = 0;
        for id in conversations {
            match self.stores.conversations.get(id).await? {
                Some(_) => known += 1,
                None => gone.push(id),
            }
        }
        if gone.is_empty() {
            return Ok(());
        }
        if known == 0 && gone.len() > FEW {
            tracing::warn!(
                conversations = gone.len(),
                "files of customers are left alone: this database knows none of their conversations"
            );
            return Ok(());
        }
        let mut deleted = 0;
        for id in gone {
            // Somebody who writes again has the same id on some channels.
            if self.stores.conversations.get(id).await?.is_none() {
                match self.files.forget_untouched(id, before).await {
                    Ok(was_there) => deleted += usize::from(was_there),
                    Err(error) => tracing::warn!(%error, "files of a conversation could not be deleted"),
                }
            }
        }
        tracing::info!(deleted, "files of conversations that are gone were deleted");
        Ok(())
    }

    /// Forgets conversations that were kept long enough; how many.
    ///
    /// # Errors
    /// The store's. What was forgotten until then is.
    pub async fn expire(&self) -> Result<usize, StoreError> {
        let Some(kept) = self.kept else { return Ok(0) };
        let before = self.clock.now().saturating_sub(kept).unwrap_or(Timestamp::MIN);
        let mut forgotten = 0;
        loop {
            let expired = self.stores.erasures.expire(before, EXPIRED).await?;
            let count = expired.len();
            self.forget_files(expired).await;
            forgotten += count;
            if count < EXPIRED as usize {
                break;
            }
        }
        if forgotten > 0 {
            tracing::info!(forgotten, "conversations were kept long enough and are deleted");
        }
        Ok(forgotten)
    }
}
