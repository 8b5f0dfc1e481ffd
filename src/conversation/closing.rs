//! From what a turn came to, to the one transaction that ends it. Pure but for time and ids.

use super::later::Lateness;
use super::lease::LeaseRules;
use crate::agent::task::{Outcome, Task};
use crate::config::turn::TurnSettings;
use crate::domain::clock::Clock;
use crate::domain::conversation::Owner;
use crate::domain::effect::Effect;
use crate::domain::event::EventBody;
use crate::domain::ids::{MessageId, OutboxId};
use crate::domain::message::{Message, Role};
use crate::domain::turn::{Claim, StopReason};
use crate::store::outbox::NewDelivery;
use crate::store::turns::TurnCommit;
use jiff::Timestamp;
use std::collections::HashSet;

/// What the end of a turn rests on.
pub(super) struct Closing<'a> {
    /// Ids.
    pub(super) clock: &'a dyn Clock,
    /// Channels that have to be pushed to.
    pub(super) pushed_channels: &'a HashSet<String>,
    /// How long the team has what it is handed.
    pub(super) leases: &'a LeaseRules,
    /// How what nobody could serve is tried again.
    pub(super) settings: &'a TurnSettings,
}

impl Closing<'_> {
    /// The end of the turn of `claim`, which stopped for `reason`.
    pub(super) fn commit(
        &self,
        claim: &Claim,
        task: &Task,
        outcome: Outcome,
        late: &Lateness,
        now: Timestamp,
    ) -> TurnCommit {
        let reason = outcome.stop_reason.unwrap_or(StopReason::InternalError);
        let postponed = reason == StopReason::Postponed;
        let mut commit = TurnCommit { events: outcome.events, ..TurnCommit::default() };
        commit.interview = outcome.interview.map(|interview| interview.id);
        // Who was told already that the answer comes later is not told again.
        let is_silent = outcome.text.trim().is_empty() || (postponed && late.attempts > 0);
        if !is_silent {
            let id = MessageId(self.clock.new_id());
            commit.events.push(EventBody::Message(Message {
                id,
                role: Role::Assistant,
                text: outcome.text,
                client_id: None,
                author: None,
                // Whoever was told that the answer comes later was replied to then.
                reply_to: claim.answers.iter().filter(|id| !late.told.contains(id)).copied().collect(),
                sources: outcome.sources,
                buttons: outcome.buttons,
                input: outcome.input.map(Box::new),
                confirmation: outcome.confirmation.as_ref().map(|(_, confirmation)| confirmation.clone()),
                created_at: now,
            }));
            if self.pushed_channels.contains(&task.conversation.channel) {
                let delivery = OutboxId(self.clock.new_id());
                commit.outbox.push(NewDelivery {
                    id: delivery,
                    channel: task.conversation.channel.clone(),
                    message: id,
                });
            }
        }
        if postponed {
            commit.events.push(EventBody::Postponed { answers: claim.answers.clone() });
            commit.again_at = Some(late.again_at(self.settings, now).unwrap_or(now));
        }
        if let Some((call, _)) = outcome.confirmation {
            commit.events.push(EventBody::ConfirmationAsked { call });
        }
        for effect in outcome.effects {
            match effect {
                Effect::HandOff { reason, summary } => {
                    metrics::counter!("balcao_handoffs_total", "reason" => reason.clone()).increment(1);
                    let why = format!("{reason}: {summary}");
                    commit.events.push(EventBody::OwnerChanged { owner: Owner::Team, reason: why });
                    commit.owner = Some((Owner::Team, self.leases.lease(&Owner::Team, now)));
                }
                Effect::Verified { identities } => commit.events.push(EventBody::Verified { identities }),
                Effect::Contact { id } => commit.contact = Some(id),
                Effect::Buttons { .. } | Effect::BeginInterview { .. } | Effect::Wrote => {}
            }
        }
        if outcome.language != task.conversation.language {
            commit.language = Some(outcome.language);
        }
        commit.events.push(EventBody::TurnFinished { stop_reason: reason, usage: outcome.usage });
        commit
    }
}
