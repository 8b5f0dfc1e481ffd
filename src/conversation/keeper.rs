//! Gives conversations back to the bot when a lease is over, and reminds the operator of those that nobody takes.
//! Every process looks; the store lets one of them act.

use super::ownership::Ownership;
use crate::domain::clock::Clock;
use crate::limits::alerts::Alerts;
use crate::store::conversations::ConversationStore;
use crate::store::error::StoreError;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often leases are looked at. They are minutes long.
const ROUND: Duration = Duration::from_secs(1);
/// Most conversations of one round; the rest is the next one's.
const LIMIT: u32 = 100;

/// Looks after leases.
pub struct LeaseKeeper {
    conversations: Arc<dyn ConversationStore>,
    ownership: Arc<Ownership>,
    clock: Arc<dyn Clock>,
    alerts: Arc<Alerts>,
}

impl LeaseKeeper {
    /// A keeper over a store.
    pub fn new(
        conversations: Arc<dyn ConversationStore>,
        ownership: Arc<Ownership>,
        clock: Arc<dyn Clock>,
        alerts: Arc<Alerts>,
    ) -> Self {
        Self { conversations, ownership, clock, alerts }
    }

    /// Looks until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = rounds.tick() => {}
            }
            if let Err(error) = self.round().await {
                tracing::warn!(error = %error, "leases could not be looked at");
            }
        }
    }

    async fn round(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        for conversation in self.conversations.take_reminders(now, LIMIT).await? {
            self.alerts.waiting(
                &format!("conversation {}", conversation.id),
                "a customer was promised a person, and nobody has taken the conversation yet: take it, or give it \
                 back to the assistant",
            );
        }
        for conversation in self.conversations.leases_over(now, LIMIT).await? {
            match self.ownership.return_overdue(&conversation).await {
                Ok(_) => {
                    tracing::info!(conversation.id = %conversation.id, owner = conversation.owner.as_str(),
                    "the lease is over: the conversation is the assistant's again")
                }
                // The owner gave a sign of life, or another process was faster.
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
