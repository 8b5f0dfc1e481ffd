//! Who speaks, and whether the conversation goes on. Both take a running turn's claim away.

use super::events::{Drafts, Place};
use super::outbox;
use super::rows::conversation;
use super::statement::{Statement, query};
use super::transaction::Transaction;
use crate::domain::conversation::{Conversation, ConversationState, Owner};
use crate::domain::event::EventBody;
use crate::domain::ids::{ConversationId, MessageId, Seq};
use crate::domain::message::{Message, Role};
use crate::store::conversations::{Accepted, Informed, NewEcho, NewNews, OwnerChange};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{blob, owner, state};
use jiff::Timestamp;

/// Changes the owner. Appends `OwnerChanged` if it is another one, then the message. What the new owner says answers
/// every customer message before it; what is still open when the bot gets the conversation back is due.
pub(super) fn change_owner(
    transaction: &mut Transaction,
    id: ConversationId,
    change: OwnerChange,
) -> Result<Conversation, StoreError> {
    change_owner_after(transaction, id, change, Vec::new())
}

/// The same, with these events before the message.
pub(super) fn change_owner_after(
    transaction: &mut Transaction,
    id: ConversationId,
    change: OwnerChange,
    before: Vec<EventBody>,
) -> Result<Conversation, StoreError> {
    let (_, owner) = standing(transaction, id)?;
    if let (Some(once), Some(message)) = (&change.once, &change.message) {
        let statement = query(sql::conversations::INSERT_INBOUND)
            .bind(blob(id.0))
            .bind(OwnerChange::COUNTED_AS)
            .bind(once.as_str())
            .bind(blob(message.id.0));
        if transaction.write(statement)? == 0 {
            return Err(StoreError::Conflict("this was said already".to_owned()));
        }
    }
    let answers = matches!(&change.message, Some(Message { role: Role::Human | Role::Assistant, .. }));
    let mut bodies = Vec::with_capacity(before.len() + 2);
    if owner != change.owner {
        bodies.push(EventBody::OwnerChanged { owner: change.owner.clone(), reason: change.reason });
    }
    bodies.extend(before);
    bodies.extend(change.message.map(EventBody::Message));
    let drafts = Drafts::of(bodies)?;
    let statement = query(sql::conversations::CHANGE_OWNER)
        .bind(blob(id.0))
        .bind(change.owner.as_str())
        .bind(change.owner.name())
        .bind(drafts.count())
        .bind(i64::from(answers))
        .bind(change.at.as_millisecond())
        .bind(change.lease.until.map(Timestamp::as_millisecond))
        .bind(change.lease.remind_at.map(Timestamp::as_millisecond))
        .bind(change.only_at);
    let place = Place { conversation: id, turn: None, at: change.at };
    let changed = settle(transaction, statement, drafts, place)?.ok_or(StoreError::Stale)?;
    if let Some(delivery) = &change.outbox {
        outbox::queue(transaction, id, delivery, change.at)?;
    }
    Ok(changed)
}

/// Takes in what a person said elsewhere, unless it was taken in before.
pub(super) fn echo(transaction: &mut Transaction, echo: NewEcho) -> Result<Accepted, StoreError> {
    let id = echo.conversation;
    let statement = query(sql::conversations::INSERT_INBOUND)
        .bind(blob(id.0))
        .bind(echo.channel.as_str())
        .bind(echo.external_id.as_str())
        .bind(blob(echo.message.id.0));
    if transaction.write(statement)? == 0 {
        let statement = query(sql::conversations::ACCEPTED)
            .bind(blob(id.0))
            .bind(echo.channel.as_str())
            .bind(echo.external_id.as_str());
        let first = transaction.read(statement, |columns| columns.id().map(MessageId))?;
        return Ok(Accepted { message: first.ok_or(StoreError::NotFound)?, duplicate: true });
    }
    if let (ConversationState::Closed, _) = standing(transaction, id)? {
        set_state(transaction, id, ConversationState::Open, echo.at)?;
    }
    let message = echo.message.id;
    let change = OwnerChange {
        owner: echo.owner,
        lease: echo.lease,
        only_at: None,
        reason: echo.reason,
        message: Some(echo.message),
        outbox: None,
        once: None,
        at: echo.at,
    };
    change_owner(transaction, id, change)?;
    Ok(Accepted { message, duplicate: false })
}

/// Tells news, unless they are known.
pub(super) fn inform(transaction: &mut Transaction, news: NewNews) -> Result<Informed, StoreError> {
    let (id, at) = (news.conversation, news.message.created_at);
    let (_, owner) = standing(transaction, id)?;
    let statement = query(sql::conversations::INSERT_INBOUND)
        .bind(blob(id.0))
        .bind(sql::conversations::NEWS)
        .bind(news.key)
        .bind(blob(news.message.id.0));
    if transaction.write(statement)? == 0 {
        return Ok(Informed::Before);
    }
    let told = owner.is_bot();
    let mut bodies = vec![EventBody::News { record: news.record, state: news.state, told }];
    bodies.extend(told.then_some(EventBody::Message(news.message)));
    let drafts = Drafts::of(bodies)?;
    let statement =
        query(sql::conversations::MAKE_ROOM).bind(blob(id.0)).bind(drafts.count()).bind(at.as_millisecond());
    let last: Vec<Seq> = transaction.write_returning(statement, |columns| columns.value())?;
    let last = *last.first().ok_or(StoreError::NotFound)?;
    drafts.append(transaction, Place { conversation: id, turn: None, at }, last)?;
    if let Some(delivery) = news.outbox.filter(|_| told) {
        outbox::queue(transaction, id, &delivery, at)?;
    }
    Ok(if told { Informed::Told } else { Informed::Noted })
}

/// Opens or closes. Closing settles the customer messages that were open: nobody answers them later.
pub(super) fn set_state(
    transaction: &mut Transaction,
    id: ConversationId,
    new: ConversationState,
    at: Timestamp,
) -> Result<Conversation, StoreError> {
    let (state, _) = standing(transaction, id)?;
    let bodies = if state == new { Vec::new() } else { vec![EventBody::StateChanged { state: new }] };
    let drafts = Drafts::of(bodies)?;
    let statement = query(sql::conversations::SET_STATE)
        .bind(blob(id.0))
        .bind(new.as_str())
        .bind(drafts.count())
        .bind(at.as_millisecond());
    let place = Place { conversation: id, turn: None, at };
    settle(transaction, statement, drafts, place)?.ok_or(StoreError::NotFound)
}

fn standing(
    transaction: &mut Transaction,
    id: ConversationId,
) -> Result<(ConversationState, Owner), StoreError> {
    let statement = query(sql::conversations::STANDING).bind(blob(id.0));
    let standing = transaction.read(statement, |columns| {
        Ok((state(columns.text()?)?, owner(columns.text()?, columns.value()?)?))
    })?;
    standing.ok_or(StoreError::NotFound)
}

/// Changes the conversation, if there is one to change, and appends what happened.
fn settle(
    transaction: &mut Transaction,
    change: Statement,
    drafts: Drafts,
    place: Place,
) -> Result<Option<Conversation>, StoreError> {
    let changed =
        transaction.write_returning(change, |columns| Ok((columns.value()?, conversation(columns)?)))?;
    let Some((is_due, conversation)) = changed.into_iter().next() else { return Ok(None) };
    if is_due {
        transaction.has_work(place.conversation, place.at);
    }
    drafts.append(transaction, place, conversation.last_seq)?;
    Ok(Some(conversation))
}
