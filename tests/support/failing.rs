//! A conversation store whose database goes away and comes back when the test says so.

use async_trait::async_trait;
use balcao::domain::contact::Identity;
use balcao::domain::conversation::{Conversation, ConversationState};
use balcao::domain::event::Event;
use balcao::domain::ids::{ConversationId, MessageId, Seq};
use balcao::domain::message::Message;
use balcao::store::conversations::{
    Accepted, ConversationFilter, ConversationStore, Informed, NewConversation, NewEcho, NewInbound, NewNews,
    OwnerChange, Page, Visit,
};
use balcao::store::error::StoreError;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Passes everything on, unless it is told to fail.
pub struct FailingStore {
    inner: Arc<dyn ConversationStore>,
    gone: AtomicBool,
    refusals: AtomicUsize,
}

impl FailingStore {
    /// Works until told otherwise.
    pub fn over(inner: Arc<dyn ConversationStore>) -> Arc<Self> {
        Arc::new(Self { inner, gone: AtomicBool::new(false), refusals: AtomicUsize::new(0) })
    }

    /// Whether the database is gone.
    pub fn set_gone(&self, gone: bool) {
        self.gone.store(gone, Ordering::SeqCst);
    }

    /// How often it failed.
    pub fn refusals(&self) -> usize {
        self.refusals.load(Ordering::SeqCst)
    }

    fn inner(&self) -> Result<&dyn ConversationStore, StoreError> {
        if self.gone.load(Ordering::SeqCst) {
            self.refusals.fetch_add(1, Ordering::SeqCst);
            return Err(StoreError::Unavailable("/secret/path/balcao.db is locked".to_owned()));
        }
        Ok(self.inner.as_ref())
    }
}

#[async_trait]
impl ConversationStore for FailingStore {
    async fn open(&self, new: NewConversation) -> Result<Conversation, StoreError> {
        self.inner()?.open(new).await
    }

    async fn get(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        self.inner()?.get(id).await
    }

    async fn token_hash(&self, id: ConversationId) -> Result<Option<[u8; 32]>, StoreError> {
        self.inner()?.token_hash(id).await
    }

    async fn identity(&self, id: ConversationId) -> Result<Option<Identity>, StoreError> {
        self.inner()?.identity(id).await
    }

    async fn find_by_identity(
        &self,
        channel: &str,
        identity: &Identity,
    ) -> Result<Option<Conversation>, StoreError> {
        self.inner()?.find_by_identity(channel, identity).await
    }

    async fn revisit(&self, id: ConversationId, visit: Visit) -> Result<(), StoreError> {
        self.inner()?.revisit(id, visit).await
    }

    async fn list(&self, filter: &ConversationFilter) -> Result<Page<Conversation>, StoreError> {
        self.inner()?.list(filter).await
    }

    async fn events(&self, id: ConversationId, after: Seq, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.inner()?.events(id, after, limit).await
    }

    async fn recent_events(&self, id: ConversationId, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.inner()?.recent_events(id, limit).await
    }

    async fn messages(
        &self,
        id: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<(Seq, Message)>, StoreError> {
        self.inner()?.messages(id, after, limit).await
    }

    async fn newest_message(&self, id: ConversationId) -> Result<Option<Message>, StoreError> {
        self.inner()?.newest_message(id).await
    }

    async fn accept(&self, inbound: NewInbound) -> Result<Accepted, StoreError> {
        self.inner()?.accept(inbound).await
    }

    async fn accepted(
        &self,
        id: ConversationId,
        channel: &str,
        external_id: &str,
    ) -> Result<Option<MessageId>, StoreError> {
        self.inner()?.accepted(id, channel, external_id).await
    }

    async fn said(
        &self,
        id: ConversationId,
        channel: &str,
        external_id: &str,
    ) -> Result<Option<Message>, StoreError> {
        self.inner()?.said(id, channel, external_id).await
    }

    async fn change_owner(
        &self,
        id: ConversationId,
        change: OwnerChange,
    ) -> Result<Conversation, StoreError> {
        self.inner()?.change_owner(id, change).await
    }

    async fn leases_over(&self, now: Timestamp, limit: u32) -> Result<Vec<Conversation>, StoreError> {
        self.inner()?.leases_over(now, limit).await
    }

    async fn take_reminders(&self, now: Timestamp, limit: u32) -> Result<Vec<Conversation>, StoreError> {
        self.inner()?.take_reminders(now, limit).await
    }

    async fn echo(&self, echo: NewEcho) -> Result<Accepted, StoreError> {
        self.inner()?.echo(echo).await
    }

    async fn inform(&self, news: NewNews) -> Result<Informed, StoreError> {
        self.inner()?.inform(news).await
    }

    async fn set_state(
        &self,
        id: ConversationId,
        state: ConversationState,
        at: Timestamp,
    ) -> Result<Conversation, StoreError> {
        self.inner()?.set_state(id, state, at).await
    }
}
