//! Claims, journals and commits of turns on PostgreSQL. Fencing stands in the statements (`WHERE epoch = … AND
//! lease_turn = …`), never in an `if`: a lost claim changes no row, and no row means [`StoreError::Stale`].

use super::database::{Atomicity, Database, Transaction};
use super::events::{Drafts, Place};
use super::rows::{Columns, conversation, event};
use super::scripts;
use super::text::{json, stored};
use crate::domain::conversation::{Conversation, Lease, Owner};
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ConversationId, InterviewId, Seq, TurnId};
use crate::domain::turn::Claim;
use crate::store::error::StoreError;
use crate::store::interview_rows;
use crate::store::outbox::NewDelivery;
use crate::store::sql;
use crate::store::sql::values::{blob, farthest, from_json};
use crate::store::turns::{ClaimRequest, Release, TurnCommit, TurnStore};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Arc;

/// [`TurnStore`] on PostgreSQL.
pub(super) struct Turns {
    database: Database,
}

impl Turns {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

/// The rights of a claim, as a write needs them.
#[derive(Clone, Copy)]
struct Fence {
    conversation: ConversationId,
    turn: TurnId,
    epoch: i64,
}

impl Fence {
    fn of(claim: &Claim) -> Self {
        Self { conversation: claim.conversation, turn: claim.turn, epoch: claim.epoch }
    }

    fn at(self, at: Timestamp) -> Place {
        Place { conversation: self.conversation, turn: Some(self.turn), at }
    }
}

#[async_trait]
impl TurnStore for Turns {
    async fn claim(
        &self,
        conversation: ConversationId,
        request: &ClaimRequest,
    ) -> Result<Option<Claim>, StoreError> {
        // The name under which the others see that this process lives.
        let request = ClaimRequest { worker: self.database.process().to_owned(), ..request.clone() };
        self.database
            .write(Atomicity::Statement, move |tx| Box::pin(claim(tx, conversation, request.clone())))
            .await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>, StoreError> {
        let statement = sqlx::query(sql::turns::DUE)
            .bind(now.as_millisecond())
            .bind(i64::from(limit))
            .bind(farthest(now));
        let rows = self.database.all(statement).await?;
        rows.iter().map(|row| Ok(ConversationId(Columns::of(row).id()?))).collect()
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = self.database.one(sqlx::query(sql::turns::NEXT_DUE)).await?;
        row.map(|row| Columns::of(&row).time()).transpose()
    }

    async fn renew(&self, claim: &Claim, lease_until: Timestamp) -> Result<(), StoreError> {
        let fence = Fence::of(claim);
        self.database.write(Atomicity::Statement, move |tx| Box::pin(renew(tx, fence, lease_until))).await
    }

    async fn expire_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.database
            .write(Atomicity::Statement, move |tx| {
                Box::pin(
                    async move { tx.write(sqlx::query(sql::turns::EXPIRE).bind(now.as_millisecond())).await },
                )
            })
            .await
    }

    async fn append(&self, claim: &Claim, events: Vec<EventBody>, at: Timestamp) -> Result<Seq, StoreError> {
        let (fence, drafts) = (Fence::of(claim), Arc::new(Drafts::of(events)?));
        self.database
            .write(Atomicity::Statement, move |tx| Box::pin(append(tx, fence, Arc::clone(&drafts), at)))
            .await
    }

    async fn journal(&self, turn: TurnId) -> Result<Vec<Event>, StoreError> {
        let rows = self.database.all(sqlx::query(sql::turns::JOURNAL).bind(blob(turn.0))).await?;
        rows.iter().map(event).collect()
    }

    async fn commit(
        &self,
        claim: &Claim,
        commit: TurnCommit,
        at: Timestamp,
    ) -> Result<Conversation, StoreError> {
        let TurnCommit { events, owner, again_at, contact, language, outbox, interview } = commit;
        let end = Arc::new(End {
            drafts: Drafts::of(events)?,
            owner: owner.as_ref().map(|(owner, _)| owner.clone()),
            lease: owner.map(|(_, lease)| lease).unwrap_or_default(),
            again_at,
            contact: contact.map(|contact| blob(contact.0)),
            language: language.map(|language| language.tag()),
            outbox,
            interview,
        });
        let fence = Fence::of(claim);
        let atomicity = match end.interview {
            Some(_) => Atomicity::Transaction,
            None => Atomicity::Statement,
        };
        self.database.write(atomicity, move |tx| Box::pin(end_turn(tx, fence, Arc::clone(&end), at))).await
    }

    async fn release(&self, claim: &Claim, release: Release, at: Timestamp) -> Result<(), StoreError> {
        let Release { due_at, keep_journal, events } = release;
        let (fence, drafts) = (Fence::of(claim), Drafts::of(events)?);
        let back = Arc::new(GiveBack { drafts, due_at, keep_journal });
        self.database
            .write(Atomicity::Statement, move |tx| Box::pin(give_back(tx, fence, Arc::clone(&back), at)))
            .await
    }

    async fn has_newer(&self, claim: &Claim) -> Result<bool, StoreError> {
        let statement = sqlx::query(sql::turns::HAS_NEWER)
            .bind(blob(claim.conversation.0))
            .bind(claim.epoch)
            .bind(blob(claim.turn.0));
        let row = self.database.one(statement).await?.ok_or(StoreError::Stale)?;
        Columns::of(&row).flag()
    }
}

async fn claim(
    transaction: &mut Transaction,
    conversation: ConversationId,
    request: ClaimRequest,
) -> Result<Option<Claim>, StoreError> {
    let started = json(&EventBody::TurnStarted { answers: Vec::new() })?;
    let (before, behind) = started
        .split_once("[]")
        .ok_or_else(|| StoreError::Fault("the event of a turn's begin has no list".to_owned()))?;
    let script = sqlx::query(scripts::CLAIM)
        .bind(blob(conversation.0))
        .bind(blob(request.turn.0))
        .bind(request.now.as_millisecond())
        .bind(request.lease_until.as_millisecond())
        .bind(stored(&request.worker))
        .bind(before)
        .bind(behind)
        .bind(farthest(request.now));
    let Some(row) = transaction.row(script).await? else { return Ok(None) };
    let mut columns = Columns::of(&row);
    let (epoch, turn, last) = (columns.value()?, TurnId(columns.id()?), columns.value()?);
    let answers: Vec<_> = from_json(columns.name()?)?;
    let resumed = turn != request.turn;
    if !resumed {
        let started = Drafts::of(vec![EventBody::TurnStarted { answers: answers.clone() }])?;
        started.tell(transaction, Place { conversation, turn: Some(turn), at: request.now }, last);
    }
    Ok(Some(Claim { conversation, turn, epoch, answers, resumed }))
}

async fn renew(
    transaction: &mut Transaction,
    fence: Fence,
    lease_until: Timestamp,
) -> Result<(), StoreError> {
    let statement = sqlx::query(sql::turns::RENEW)
        .bind(blob(fence.conversation.0))
        .bind(fence.epoch)
        .bind(blob(fence.turn.0))
        .bind(lease_until.as_millisecond());
    match transaction.write(statement).await? {
        0 => Err(StoreError::Stale),
        _ => Ok(()),
    }
}

async fn append(
    transaction: &mut Transaction,
    fence: Fence,
    drafts: Arc<Drafts>,
    at: Timestamp,
) -> Result<Seq, StoreError> {
    let place = fence.at(at);
    let row = transaction.row(drafts.script(scripts::APPEND, place, fence.epoch)).await?;
    let last = Columns::of(&row.ok_or(StoreError::Stale)?).value()?;
    drafts.tell(transaction, place, last);
    Ok(last)
}

/// How a turn ends, written down before the database is asked.
struct End {
    drafts: Drafts,
    owner: Option<Owner>,
    lease: Lease,
    again_at: Option<Timestamp>,
    contact: Option<Vec<u8>>,
    language: Option<&'static str>,
    outbox: Vec<NewDelivery>,
    interview: Option<InterviewId>,
}

async fn end_turn(
    transaction: &mut Transaction,
    fence: Fence,
    end: Arc<End>,
    at: Timestamp,
) -> Result<Conversation, StoreError> {
    let place = fence.at(at);
    let ids: Vec<_> = end.outbox.iter().map(|delivery| blob(delivery.id.0)).collect();
    let channels: Vec<_> = end.outbox.iter().map(|delivery| stored(&delivery.channel)).collect();
    let messages: Vec<_> = end.outbox.iter().map(|delivery| blob(delivery.message.0)).collect();
    let script = end
        .drafts
        .script(scripts::COMMIT, place, fence.epoch)
        .bind(end.owner.as_ref().map(|owner| owner.as_str()))
        .bind(end.owner.as_ref().and_then(|owner| owner.name()).map(stored))
        .bind(end.contact.as_deref())
        .bind(end.language)
        .bind(ids)
        .bind(channels)
        .bind(messages)
        .bind(end.lease.until.map(Timestamp::as_millisecond))
        .bind(end.lease.remind_at.map(Timestamp::as_millisecond))
        .bind(end.again_at.map(Timestamp::as_millisecond));
    let row = transaction.row(script).await?.ok_or(StoreError::Stale)?;
    let mut columns = Columns::of(&row);
    let due_again = columns.value()?;
    let conversation = conversation(&mut columns)?;
    end.drafts.tell(transaction, place, conversation.last_seq);
    if !end.outbox.is_empty() {
        transaction.has_delivery();
    }
    if let Some(id) = end.interview {
        interview_rows::fold(transaction, id, &conversation).await?;
    }
    if due_again {
        transaction.has_work(fence.conversation, end.again_at.unwrap_or(at));
    }
    Ok(conversation)
}

/// How a claim is given back, written down before the database is asked.
struct GiveBack {
    drafts: Drafts,
    due_at: Timestamp,
    keep_journal: bool,
}

async fn give_back(
    transaction: &mut Transaction,
    fence: Fence,
    back: Arc<GiveBack>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let place = fence.at(at);
    let script = back
        .drafts
        .script(scripts::RELEASE, place, fence.epoch)
        .bind(back.due_at.as_millisecond())
        .bind(i64::from(back.keep_journal));
    let row = transaction.row(script).await?.ok_or(StoreError::Stale)?;
    back.drafts.tell(transaction, place, Columns::of(&row).value()?);
    transaction.has_work(fence.conversation, back.due_at);
    Ok(())
}
