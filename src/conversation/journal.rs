//! The log of a turn that runs, fenced by its claim. It also knows what the turn is in the middle of: whether it may
//! give way to a newer message, and whether it may be parked.

use super::news::{self, Reminding};
use crate::agent::task::Journal;
use crate::domain::clock::Clock;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::TurnId;
use crate::domain::turn::Claim;
use crate::store::Stores;
use async_trait::async_trait;
use tokio::sync::watch;

/// How far a turn has gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reach {
    /// Nothing outside was touched.
    Thinking,
    /// A call is being made that changes something.
    Writing,
    /// Something was changed, and its outcome is in the log.
    Written,
}

/// The turn's journal, fenced by its claim.
pub(super) struct ClaimJournal<'a> {
    stores: &'a Stores,
    claim: &'a Claim,
    clock: &'a dyn Clock,
    reminding: &'a Reminding,
    reach: watch::Sender<Reach>,
}

impl<'a> ClaimJournal<'a> {
    /// The journal of `claim`, of which `events` are there already.
    pub(super) fn new(
        stores: &'a Stores,
        claim: &'a Claim,
        clock: &'a dyn Clock,
        reminding: &'a Reminding,
        events: &[Event],
    ) -> Self {
        let reach = if had_begun_to_write(events, claim.turn) { Reach::Written } else { Reach::Thinking };
        Self { stores, claim, clock, reminding, reach: watch::Sender::new(reach) }
    }

    /// Whether something outside was changed, or is being changed: the turn must not give way any more.
    pub(super) fn wrote(&self) -> bool {
        *self.reach.borrow() != Reach::Thinking
    }

    /// Returns when no call that changes something is under way: the turn can be parked.
    pub(super) async fn at_rest(&self) {
        let mut reach = self.reach.subscribe();
        // The sender lives as long as `self`.
        reach.wait_for(|reach| *reach != Reach::Writing).await.ok();
    }
}

/// Whether an earlier run of this turn had begun to change something.
fn had_begun_to_write(events: &[Event], turn: TurnId) -> bool {
    events.iter().any(|event| event.turn == Some(turn) && matches!(event.body, EventBody::ToolStarted { .. }))
}

#[async_trait]
impl Journal for ClaimJournal<'_> {
    async fn append(&self, events: Vec<EventBody>) -> anyhow::Result<()> {
        let (conversation, now) = (self.claim.conversation, self.clock.now());
        news::note(self.stores.connectors.as_ref(), conversation, &events, now).await?;
        for plan in self.reminding.plans(conversation, &events, now) {
            self.stores.reminders.plan(&plan).await?;
        }
        let begins = events.iter().any(|event| matches!(event, EventBody::ToolStarted { .. }));
        self.stores.turns.append(self.claim, events, self.clock.now()).await?;
        if !begins {
            self.reach.send_if_modified(|reach| {
                let ended = *reach == Reach::Writing;
                if ended {
                    *reach = Reach::Written;
                }
                ended
            });
        }
        Ok(())
    }

    fn about_to_write(&self) {
        self.reach.send_replace(Reach::Writing);
    }
}
