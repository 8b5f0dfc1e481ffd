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
use crate::domain::message::{Message, Role, SourceRef};
use crate::domain::turn::{Claim, StopReason};
use crate::store::outbox::NewDelivery;
use crate::store::turns::TurnCommit;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

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
    /// What the assistant says of itself with its first words, by channel.
    pub(super) introductions: &'a HashMap<String, String>,
}

impl Closing<'_> {
    /// The end of the turn of `claim`, which stopped for `reason`.
    pub(super) fn commit(
        &self,
        claim: &Claim,
        task: &Task,
        mut outcome: Outcome,
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
            if let Some(introduction) = self.introduction(task) {
                introduce(&mut outcome.text, &mut outcome.sources, introduction);
            }
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
                media: Vec::new(),
                quoted: None,
                attachment: None,
                kept: None,
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

    /// What the assistant says of itself, if it has not spoken in this conversation yet.
    fn introduction(&self, task: &Task) -> Option<&str> {
        let introduction = self.introductions.get(&task.conversation.channel)?;
        let is_whole = task.events.first().is_none_or(|event| event.seq == 1);
        let has_spoken = task.events.iter().any(
            |event| matches!(&event.body, EventBody::Message(message) if message.role == Role::Assistant),
        );
        (is_whole && !has_spoken).then_some(introduction.as_str())
    }
}

/// Puts words in front of an answer. What the answer states moves behind them.
fn introduce(text: &mut String, sources: &mut [SourceRef], words: &str) {
    let before = format!("{words}\n\n");
    let shift = before.chars().count();
    for claim in sources.iter_mut().flat_map(|source| &mut source.claims) {
        claim.start += shift;
        claim.end += shift;
    }
    text.insert_str(0, &before);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Claim as Stated;

    #[test]
    fn what_an_answer_states_moves_behind_the_introduction() {
        let stated = Stated { text: "30 dias".to_owned(), start: 11, end: 18 };
        let source = SourceRef {
            id: "1".to_owned(),
            title: "Trocas".to_owned(),
            heading: None,
            url: None,
            claims: vec![stated],
        };
        let (mut text, mut sources) = ("O prazo é: 30 dias.".to_owned(), [source]);
        introduce(&mut text, &mut sources, "Sou o assistente virtual. É só pedir.");
        let claim = &sources[0].claims[0];
        let there: String = text.chars().skip(claim.start).take(claim.end - claim.start).collect();
        assert_eq!(there, "30 dias");
        assert!(text.starts_with("Sou o assistente virtual. É só pedir.\n\nO prazo"));
    }
}
