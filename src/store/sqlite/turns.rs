//! Claims, journals and commits of turns on SQLite. Fencing stands in the statements (`WHERE epoch = … AND
//! lease_turn = …`), never in an `if`: a lost claim changes no row, and no row means [`StoreError::Stale`].

use super::events::{Drafts, Place};
use super::interviews::at_once;
use super::outbox;
use super::rows::{Columns, conversation, event};
use super::statement::query;
use super::transaction::Transaction;
use super::writer::Atomicity;
use super::{Database, texts};
use crate::domain::conversation::{Conversation, Lease, Owner};
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ConversationId, InterviewId, MessageId, Seq, TurnId};
use crate::domain::turn::Claim;
use crate::store::error::StoreError;
use crate::store::interview_rows;
use crate::store::outbox::NewDelivery;
use crate::store::sql;
use crate::store::sql::values::{blob, farthest};
use crate::store::turns::{ClaimRequest, Release, TurnCommit, TurnStore};
use async_trait::async_trait;
use jiff::Timestamp;

/// [`TurnStore`] on SQLite.
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
        let request = request.clone();
        self.database.writer.run(Atomicity::RefusesFirst, move |tx| claim(tx, conversation, request)).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>, StoreError> {
        let statement = query(sql::turns::DUE).bind(now.as_millisecond()).bind(limit).bind(farthest(now));
        self.database.reader.few(statement, |columns| columns.id().map(ConversationId))
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.database.reader.one(query(sql::turns::NEXT_DUE), |columns| columns.time())
    }

    async fn renew(&self, claim: &Claim, lease_until: Timestamp) -> Result<(), StoreError> {
        let fence = Fence::of(claim);
        self.database.writer.run(Atomicity::RefusesFirst, move |tx| renew(tx, fence, lease_until)).await
    }

    async fn expire_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        let expire = query(sql::turns::EXPIRE).bind(now.as_millisecond());
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(expire)).await
    }

    async fn append(&self, claim: &Claim, events: Vec<EventBody>, at: Timestamp) -> Result<Seq, StoreError> {
        let (fence, drafts) = (Fence::of(claim), Drafts::of(events)?);
        self.database.writer.run(Atomicity::RefusesFirst, move |tx| append(tx, fence, drafts, at)).await
    }

    async fn journal(&self, turn: TurnId) -> Result<Vec<Event>, StoreError> {
        self.database.reader.few(query(sql::turns::JOURNAL).bind(blob(turn.0)), event)
    }

    async fn commit(
        &self,
        claim: &Claim,
        commit: TurnCommit,
        at: Timestamp,
    ) -> Result<Conversation, StoreError> {
        let TurnCommit { events, owner, again_at, contact, language, outbox, interview } = commit;
        let end = End {
            drafts: Drafts::of(events)?,
            owner: owner.as_ref().map(|(owner, _)| owner.clone()),
            lease: owner.map(|(_, lease)| lease).unwrap_or_default(),
            again_at,
            contact: contact.map(|contact| blob(contact.0)),
            language: language.map(|language| language.tag()),
            outbox,
            interview,
        };
        let fence = Fence::of(claim);
        // A contact that does not exist, or a delivery's id that is taken, is refused after the first change.
        let atomicity = match (&end.contact, end.outbox.as_slice(), end.interview) {
            (None, [], None) => Atomicity::RefusesFirst,
            _ => Atomicity::Savepoint,
        };
        self.database.writer.run(atomicity, move |tx| end_turn(tx, fence, end, at)).await
    }

    async fn release(&self, claim: &Claim, release: Release, at: Timestamp) -> Result<(), StoreError> {
        let Release { due_at, keep_journal, events } = release;
        let (fence, drafts) = (Fence::of(claim), Drafts::of(events)?);
        let back = GiveBack { drafts, due_at, keep_journal };
        self.database.writer.run(Atomicity::RefusesFirst, move |tx| give_back(tx, fence, back, at)).await
    }

    async fn has_newer(&self, claim: &Claim) -> Result<bool, StoreError> {
        let statement = query(sql::turns::HAS_NEWER)
            .bind(blob(claim.conversation.0))
            .bind(claim.epoch)
            .bind(blob(claim.turn.0));
        self.database.reader.one(statement, |columns| columns.value())?.ok_or(StoreError::Stale)
    }
}

fn claim(
    transaction: &mut Transaction,
    conversation: ConversationId,
    request: ClaimRequest,
) -> Result<Option<Claim>, StoreError> {
    let claiming = query(texts::CLAIM)
        .bind(blob(conversation.0))
        .bind(blob(request.turn.0))
        .bind(request.now.as_millisecond())
        .bind(request.lease_until.as_millisecond())
        .bind(request.worker)
        .bind(farthest(request.now));
    let claimed = transaction.write_returning(claiming, |columns| {
        Ok((columns.value()?, TurnId(columns.id()?), columns.value()?))
    })?;
    let Some((epoch, turn, last)) = claimed.into_iter().next() else { return Ok(None) };
    let answers =
        transaction.read_all(query(texts::CLAIMED_MESSAGES).bind(blob(conversation.0)), message_id)?;
    let resumed = turn != request.turn;
    if !resumed {
        let started = Drafts::of(vec![EventBody::TurnStarted { answers: answers.clone() }])?;
        started.append(transaction, Place { conversation, turn: Some(turn), at: request.now }, last)?;
    }
    Ok(Some(Claim { conversation, turn, epoch, answers, resumed }))
}

fn message_id(columns: &mut Columns<'_>) -> Result<MessageId, StoreError> {
    let id = columns.text()?.parse();
    id.map_err(|error| StoreError::Fault(format!("unreadable message id: {error}")))
}

fn renew(transaction: &mut Transaction, fence: Fence, lease_until: Timestamp) -> Result<(), StoreError> {
    let statement = query(sql::turns::RENEW)
        .bind(blob(fence.conversation.0))
        .bind(fence.epoch)
        .bind(blob(fence.turn.0))
        .bind(lease_until.as_millisecond());
    match transaction.write(statement)? {
        0 => Err(StoreError::Stale),
        _ => Ok(()),
    }
}

fn append(
    transaction: &mut Transaction,
    fence: Fence,
    drafts: Drafts,
    at: Timestamp,
) -> Result<Seq, StoreError> {
    let place = fence.at(at);
    let room = drafts.making_room(texts::APPEND, place, fence.epoch);
    let last =
        transaction.write_returning(room, |columns| columns.value())?.pop().ok_or(StoreError::Stale)?;
    drafts.append(transaction, place, last)?;
    Ok(last)
}

/// How a turn ends, written down before the writer is asked.
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

fn end_turn(
    transaction: &mut Transaction,
    fence: Fence,
    end: End,
    at: Timestamp,
) -> Result<Conversation, StoreError> {
    let place = fence.at(at);
    let ending = end
        .drafts
        .making_room(texts::COMMIT, place, fence.epoch)
        .bind(end.owner.as_ref().map(|owner| owner.as_str()))
        .bind(end.owner.as_ref().and_then(|owner| owner.name()))
        .bind(end.contact)
        .bind(end.language)
        .bind(end.lease.until.map(Timestamp::as_millisecond))
        .bind(end.lease.remind_at.map(Timestamp::as_millisecond))
        .bind(end.again_at.map(Timestamp::as_millisecond));
    let ended =
        transaction.write_returning(ending, |columns| Ok((columns.value()?, conversation(columns)?)))?;
    let (due_again, conversation): (bool, _) = ended.into_iter().next().ok_or(StoreError::Stale)?;
    end.drafts.append(transaction, place, conversation.last_seq)?;
    for delivery in &end.outbox {
        outbox::queue(transaction, fence.conversation, delivery, at)?;
    }
    if let Some(id) = end.interview {
        at_once(interview_rows::fold(transaction, id, &conversation))?;
    }
    if due_again {
        transaction.has_work(fence.conversation, end.again_at.unwrap_or(at));
    }
    Ok(conversation)
}

/// How a claim is given back, written down before the writer is asked.
struct GiveBack {
    drafts: Drafts,
    due_at: Timestamp,
    keep_journal: bool,
}

fn give_back(
    transaction: &mut Transaction,
    fence: Fence,
    back: GiveBack,
    at: Timestamp,
) -> Result<(), StoreError> {
    let place = fence.at(at);
    let giving = back
        .drafts
        .making_room(texts::RELEASE, place, fence.epoch)
        .bind(back.due_at.as_millisecond())
        .bind(i64::from(back.keep_journal));
    let last =
        transaction.write_returning(giving, |columns| columns.value())?.pop().ok_or(StoreError::Stale)?;
    back.drafts.append(transaction, place, last)?;
    transaction.has_work(fence.conversation, back.due_at);
    Ok(())
}
