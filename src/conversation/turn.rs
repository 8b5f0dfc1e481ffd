//! One turn from claim to commit. Holds the claim while the agent thinks, gives way to a newer message as long as
//! nothing outside has changed, and ends with exactly one transaction.

use super::audience::{LateAudience, LiveAudience};
use super::closing::Closing;
use super::interviews;
use super::journal::ClaimJournal;
use super::later::Lateness;
use super::lease::LeaseRules;
use super::news::Reminding;
use super::presence::{Answering, AtWork, PresenceDesk};
use super::unite::unite;
use crate::agent::run::Agent;
use crate::agent::task::{Audience, Outcome, Task};
use crate::config::turn::TurnSettings;
use crate::domain::clock::Clock;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ContactId, ConversationId, MessageId, Seq, TurnId};
use crate::domain::language::Language;
use crate::domain::message::{Kept, Message, Role};
use crate::domain::turn::{Claim, StopReason, Usage};
use crate::language::detect::detect;
use crate::prompts::sentences::Sentences;
use crate::store::Stores;
use crate::store::error::StoreError;
use crate::store::live::Live;
use crate::store::turns::{ClaimRequest, Release};
use futures_util::FutureExt;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

/// How often a commit is tried while the database is away, before the claim is left to run out.
const COMMIT_ATTEMPTS: u32 = 6;
/// How long to wait before a turn is parked that the database has not let be parked.
const PARK_AGAIN: Duration = Duration::from_millis(200);

/// Does turns.
pub struct TurnRunner {
    /// The mind.
    pub agent: Agent,
    /// The state.
    pub stores: Stores,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// Bounds.
    pub settings: TurnSettings,
    /// Name of this process in claims.
    pub worker: String,
    /// Channels that have to be pushed to.
    pub pushed_channels: HashSet<String>,
    /// How long the team has a conversation that it was handed.
    pub leases: LeaseRules,
    /// Where customers are shown that an answer is being written.
    pub presence: PresenceDesk,
    /// When customers are reminded of what they book.
    pub reminding: Arc<Reminding>,
    /// What the assistant says of itself with its first words, by channel.
    pub introductions: HashMap<String, String>,
}

/// What happens in the conversation from the turn's begin on.
struct News {
    receiver: broadcast::Receiver<Live>,
    /// Where the turn began. What was before may be heard late, where several processes write; it is settled.
    since: Seq,
}

impl News {
    fn of(task: &Task, receiver: broadcast::Receiver<Live>) -> Self {
        // A turn that a person took the conversation from begins again with its return.
        let begins = |event: &&Event| match &event.body {
            EventBody::TurnStarted { .. } => event.turn == Some(task.turn),
            EventBody::OwnerChanged { owner, .. } => owner.is_bot(),
            _ => false,
        };
        let since = task.events.iter().rfind(begins).map_or(0, |event| event.seq);
        Self { receiver, since }
    }
}

/// How the agent's work came to an end.
enum Work {
    Finished(Box<Outcome>),
    Failed(anyhow::Error),
    /// A newer message takes the turn's place.
    Superseded,
    /// Somebody else owns the conversation, or the claim was lost.
    Lost,
    /// The process stops.
    Stopping,
}

impl TurnRunner {
    /// Does one turn of `conversation` if it is due.
    pub async fn work(&self, conversation: ConversationId, stop: &CancellationToken) {
        // Listening begins before the claim, so that no message falls between the two.
        let news = self.stores.live.subscribe(conversation);
        let claim = match self.claim(conversation).await {
            Ok(Some(claim)) => claim,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(conversation.id = %conversation, error = %error, "a conversation could not be claimed");
                return;
            }
        };
        let began = std::time::Instant::now();
        let reason = match self.turn(&claim, news, stop).await {
            Ok(Some(reason)) => reason,
            // It is not over.
            Ok(None) => return,
            Err(StoreError::Stale) => StopReason::NotOwner,
            Err(error) => {
                // At worst the claim runs out; the turn is taken up again from its journal.
                tracing::error!(conversation.id = %conversation, turn.id = %claim.turn, error = %error,
                    "a turn was left for later: the database did not take it");
                return self.park_when_possible(&claim, stop).await;
            }
        };
        metrics::counter!("balcao_turns_total", "stop_reason" => reason.as_str()).increment(1);
        metrics::histogram!("balcao_turn_seconds").record(began.elapsed().as_secs_f64());
    }

    async fn claim(&self, conversation: ConversationId) -> Result<Option<Claim>, StoreError> {
        let now = self.clock.now();
        let request = ClaimRequest {
            worker: self.worker.clone(),
            turn: TurnId(self.clock.new_id()),
            now,
            lease_until: self.lease(now),
        };
        self.stores.turns.claim(conversation, &request).await
    }

    fn lease(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(jiff::SignedDuration::from_secs(self.settings.lease_seconds))
            .unwrap_or(Timestamp::MAX)
    }

    /// Why the turn ended; none if it was parked.
    async fn turn(
        &self,
        claim: &Claim,
        news: broadcast::Receiver<Live>,
        stop: &CancellationToken,
    ) -> Result<Option<StopReason>, StoreError> {
        let began = std::time::Instant::now();
        let (task, late) = self.task(claim).await?;
        let waiting: Box<dyn Audience> = match late.attempts {
            0 => Box::new(LiveAudience::new(self.stores.live.clone(), claim, &task, self.clock.clone())),
            _ => Box::new(LateAudience),
        };
        let audience = waiting.as_ref();
        audience.progress(&self.agent.prompts.sentences(task.conversation.language).progress.typing);
        let _at_work = self.at_work(claim, &task);
        let journal =
            ClaimJournal::new(&self.stores, claim, self.clock.as_ref(), &self.reminding, &task.events);

        let work = {
            let running = AssertUnwindSafe(self.agent.run(&task, &journal, audience)).catch_unwind();
            tokio::pin!(running);
            tokio::select! {
                biased;
                result = &mut running => match result {
                    Ok(Ok(outcome)) => Work::Finished(Box::new(outcome)),
                    Ok(Err(error)) => match error.downcast_ref::<StoreError>() {
                        Some(StoreError::Stale) => Work::Lost,
                        // Nothing is wrong with the turn: it goes on when the database is back.
                        Some(StoreError::Unavailable(why)) => return Err(StoreError::Unavailable(why.clone())),
                        _ => Work::Failed(error),
                    },
                    Err(_) => Work::Failed(anyhow::anyhow!("the turn panicked")),
                },
                work = self.watch(claim, News::of(&task, news), &journal, stop) => work,
            }
        };
        let outcome = match work {
            Work::Finished(outcome) => *outcome,
            Work::Failed(error) => {
                tracing::error!(conversation.id = %claim.conversation, turn.id = %claim.turn, error = format!("{error:#}"),
                    "a turn failed; the customer was told and offered a person");
                let said: Vec<&str> = task.answers.iter().map(|message| message.text.as_str()).collect();
                let language = detect(&said.join("\n")).unwrap_or(task.conversation.language);
                apology(self.agent.prompts.sentences(language), language)
            }
            Work::Superseded => return self.give_way(claim).await.map(Some),
            Work::Lost => return Ok(Some(StopReason::NotOwner)),
            Work::Stopping => {
                self.park(claim).await?;
                return Ok(None);
            }
        };
        let added = began.elapsed().saturating_sub(outcome.waited);
        metrics::histogram!("balcao_turn_added_seconds").record(added.as_secs_f64());
        self.commit(claim, &task, outcome, &late).await.map(Some)
    }

    /// Shows the customer that the turn is at work, where there is a message to show it under.
    fn at_work(&self, claim: &Claim, task: &Task) -> Option<AtWork> {
        let message = task.answers.iter().rev().find_map(|message| message.client_id.clone())?;
        let answering = Answering { conversation: claim.conversation, message };
        Some(self.presence.begins(claim.turn, &task.conversation.channel, answering))
    }

    async fn task(&self, claim: &Claim) -> Result<(Task, Lateness), StoreError> {
        let conversation =
            self.stores.conversations.get(claim.conversation).await?.ok_or(StoreError::NotFound)?;
        let mut events =
            self.stores.conversations.recent_events(claim.conversation, self.settings.history_events).await?;
        leave_out_private(&mut events);
        let contact = self.stores.contacts.get(conversation.contact).await?.ok_or(StoreError::NotFound)?;
        let (late, answers) = Lateness::of(&events, answers(&events, claim));
        let may_postpone = late.again_at(&self.settings, self.clock.now()).is_some();
        let interview = interviews::standing(self.stores.interviews.as_ref(), &conversation, &events).await?;
        let interviewed = match conversation.interviewed && self.agent.interviews.any_by_tool() {
            true => self.stores.interviews.names_of(contact.id).await?,
            false => Vec::new(),
        };
        let turn = claim.turn;
        let task =
            Task { turn, conversation, contact, events, answers, interview, interviewed, may_postpone };
        Ok((task, late))
    }

    /// Returns when the turn must not go on: a newer message while nothing was changed, a new owner, a lost claim,
    /// a process that stops. Keeps the claim alive meanwhile.
    async fn watch(
        &self,
        claim: &Claim,
        mut news: News,
        journal: &ClaimJournal<'_>,
        stop: &CancellationToken,
    ) -> Work {
        let third = u64::try_from(self.settings.lease_seconds).unwrap_or(1).max(3) / 3;
        let mut renew = tokio::time::interval(Duration::from_secs(third));
        renew.tick().await;
        let parked = async {
            stop.cancelled().await;
            journal.at_rest().await;
        };
        tokio::pin!(parked);
        loop {
            tokio::select! {
                _ = renew.tick() => {
                    if let Err(StoreError::Stale) = self.stores.turns.renew(claim, self.lease(self.clock.now())).await {
                        return Work::Lost;
                    }
                }
                () = &mut parked => return Work::Stopping,
                live = news.receiver.recv() => match live {
                    Ok(Live::Committed(events)) => {
                        let mut events = events.iter().filter(|event| event.seq > news.since);
                        if events.clone().any(takes_over) {
                            return Work::Lost;
                        }
                        if !journal.wrote() && events.any(|event| is_newer_message(event, claim)) {
                            return Work::Superseded;
                        }
                    }
                    Ok(Live::Delta { .. } | Live::Progress { .. }) => {}
                    Err(RecvError::Lagged(_)) => {
                        if !journal.wrote() && self.stores.turns.has_newer(claim).await.unwrap_or(false) {
                            return Work::Superseded;
                        }
                    }
                    // The hub forgot the conversation: nobody else listens, and the claim is checked at the commit.
                    Err(RecvError::Closed) => news.receiver = self.stores.live.subscribe(claim.conversation),
                },
            }
        }
    }

    async fn give_way(&self, claim: &Claim) -> Result<StopReason, StoreError> {
        let now = self.clock.now();
        let reason = StopReason::Superseded;
        let events = vec![EventBody::TurnFinished { stop_reason: reason, usage: Usage::default() }];
        self.stores.turns.release(claim, Release { due_at: now, keep_journal: false, events }, now).await?;
        Ok(reason)
    }

    async fn park(&self, claim: &Claim) -> Result<(), StoreError> {
        let now = self.clock.now();
        let release = Release { due_at: now, keep_journal: true, events: Vec::new() };
        self.stores.turns.release(claim, release, now).await
    }

    /// Parks a turn as soon as the database is back, if that is before the claim runs out anyway.
    async fn park_when_possible(&self, claim: &Claim, stop: &CancellationToken) {
        let parking = async {
            while let Err(StoreError::Unavailable(_)) = self.park(claim).await {
                tokio::time::sleep(PARK_AGAIN).await;
            }
        };
        let lease = Duration::from_secs(u64::try_from(self.settings.lease_seconds).unwrap_or(0));
        tokio::select! {
            () = parking => {}
            () = tokio::time::sleep(lease) => {}
            () = stop.cancelled() => {}
        }
    }

    async fn commit(
        &self,
        claim: &Claim,
        task: &Task,
        outcome: Outcome,
        late: &Lateness,
    ) -> Result<StopReason, StoreError> {
        let now = self.clock.now();
        let reason = outcome.stop_reason.unwrap_or(StopReason::InternalError);
        let closing = Closing {
            clock: self.clock.as_ref(),
            pushed_channels: &self.pushed_channels,
            leases: &self.leases,
            settings: &self.settings,
            introductions: &self.introductions,
        };
        let commit = closing.commit(claim, task, outcome, late, now);
        let mut attempt = 0;
        loop {
            match self.stores.turns.commit(claim, commit.clone(), now).await {
                Ok(_) => {
                    self.unite(task, commit.contact).await;
                    return Ok(reason);
                }
                Err(StoreError::Unavailable(_)) if attempt < COMMIT_ATTEMPTS => {
                    attempt += 1;
                    tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Whoever has proven to be somebody on file is one with them from now on. If it cannot be done now, it is when they
    /// write again.
    async fn unite(&self, task: &Task, proven: Option<ContactId>) {
        let Some(proven) = proven else { return };
        let contacts = self.stores.contacts.as_ref();
        if let Err(error) = unite(contacts, task.contact.id, proven, self.clock.now()).await {
            tracing::warn!(contact.id = %proven, %error, "two contacts that are one could not be made one yet");
        }
    }
}

/// What is said after a fault of ours, and the way to a person.
fn apology(sentences: &Sentences, language: Language) -> Outcome {
    let reason = StopReason::InternalError;
    Outcome {
        text: sentences.stop(reason).to_owned(),
        buttons: vec![sentences.handoff.button()],
        stop_reason: Some(reason),
        language,
        ..Outcome::default()
    }
}

fn answers(events: &[Event], claim: &Claim) -> Vec<Message> {
    let wanted: HashSet<MessageId> = claim.answers.iter().copied().collect();
    events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::Message(message) if wanted.contains(&message.id) => Some(message.clone()),
            _ => None,
        })
        .collect()
}

/// What was said before the assistant served somebody is between them and the people of the business.
fn leave_out_private(events: &mut Vec<Event>) {
    let is_private =
        |event: &Event| matches!(&event.body, EventBody::Message(said) if said.kept == Some(Kept::Private));
    let mut left = events.iter().rposition(is_private).map_or(0, |last| last + 1);
    events.retain(|event| {
        let is_before = left > 0;
        left = left.saturating_sub(1);
        !(is_before && matches!(event.body, EventBody::Message(_)))
    });
}

fn takes_over(event: &Event) -> bool {
    matches!(&event.body, EventBody::OwnerChanged { owner, .. } if !owner.is_bot())
        || matches!(&event.body, EventBody::Message(message) if message.role == Role::Human)
}

fn is_newer_message(event: &Event, claim: &Claim) -> bool {
    matches!(&event.body, EventBody::Message(message)
        if message.role == Role::Customer && message.kept.is_none() && !claim.answers.contains(&message.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompts::Prompts;

    #[test]
    fn an_apology_offers_a_person() {
        let prompts = Prompts::load(None).unwrap();
        let language = Language::Portuguese;
        let outcome = apology(prompts.sentences(language), language);
        assert!(outcome.text.contains("deu errado"), "{}", outcome.text);
        assert_eq!(outcome.buttons[0].label, "Falar com uma pessoa");
    }
}
