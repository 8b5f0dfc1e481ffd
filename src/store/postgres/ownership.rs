//! Who speaks, and whether the conversation goes on. Both take a running turn's claim away.

use super::database::Transaction;
use super::events::{Drafts, Place};
use super::outbox;
use super::rows::{Columns, conversation};
use super::scripts;
use super::text::stored;
use crate::domain::conversation::{Conversation, ConversationState, Owner};
use crate::domain::event::EventBody;
use crate::domain::ids::{ConversationId, MessageId, Seq};
use crate::domain::message::{Message, Role};
use crate::store::conversations::{Accepted, Informed, NewEcho, NewNews, OwnerChange};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{blob, owner, state};
use jiff::Timestamp;
use sqlx::postgres::PgRow;

/// Changes the owner. Appends `OwnerChanged` if it is another one, then the message. What the new owner says answers
/// every customer message before it; what is still open when the bot gets the conversation back is due.
pub(super) async fn change_owner(
    transaction: &mut Transaction,
    id: ConversationId,
    change: OwnerChange,
) -> Result<Conversation, StoreError> {
    change_owner_after(transaction, id, change, Vec::new()).await
}

/// The same, with these events before the message.
pub(super) async fn change_owner_after(
    transaction: &mut Transaction,
    id: ConversationId,
    change: OwnerChange,
    before: Vec<EventBody>,
) -> Result<Conversation, StoreError> {
    let (_, owner) = standing(transaction, id).await?;
    if let (Some(once), Some(message)) = (&change.once, &change.message) {
        let statement = sqlx::query(sql::conversations::INSERT_INBOUND)
            .bind(blob(id.0))
            .bind(OwnerChange::COUNTED_AS)
            .bind(stored(once))
            .bind(blob(message.id.0));
        if transaction.write(statement).await? == 0 {
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
    let statement = sqlx::query(sql::conversations::CHANGE_OWNER)
        .bind(blob(id.0))
        .bind(change.owner.as_str())
        .bind(change.owner.name().map(stored))
        .bind(drafts.count())
        .bind(i64::from(answers))
        .bind(change.at.as_millisecond())
        .bind(change.lease.until.map(Timestamp::as_millisecond))
        .bind(change.lease.remind_at.map(Timestamp::as_millisecond))
        .bind(change.only_at);
    let row = transaction.row(statement).await?;
    if row.is_none() {
        return Err(StoreError::Stale);
    }
    let changed =
        settle(transaction, row, &drafts, Place { conversation: id, turn: None, at: change.at }).await?;
    if let Some(delivery) = &change.outbox {
        outbox::queue(transaction, id, delivery, change.at).await?;
    }
    Ok(changed)
}

/// Takes in what a person said elsewhere, unless it was taken in before.
pub(super) async fn echo(transaction: &mut Transaction, echo: NewEcho) -> Result<Accepted, StoreError> {
    let id = echo.conversation;
    let statement = sqlx::query(sql::conversations::INSERT_INBOUND)
        .bind(blob(id.0))
        .bind(stored(&echo.channel))
        .bind(stored(&echo.external_id))
        .bind(blob(echo.message.id.0));
    if transaction.write(statement).await? == 0 {
        let statement = sqlx::query(sql::conversations::ACCEPTED)
            .bind(blob(id.0))
            .bind(stored(&echo.channel))
            .bind(stored(&echo.external_id));
        let row = transaction.row(statement).await?.ok_or(StoreError::NotFound)?;
        return Ok(Accepted { message: MessageId(Columns::of(&row).id()?), duplicate: true });
    }
    if let (ConversationState::Closed, _) = standing(transaction, id).await? {
        set_state(transaction, id, ConversationState::Open, echo.at).await?;
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
    change_owner(transaction, id, change).await?;
    Ok(Accepted { message, duplicate: false })
}

/// Tells news, unless they are known.
pub(super) async fn inform(transaction: &mut Transaction, news: NewNews) -> Result<Informed, StoreError> {
    let (id, at) = (news.conversation, news.message.created_at);
    let (_, owner) = standing(transaction, id).await?;
    let statement = sqlx::query(sql::conversations::INSERT_INBOUND)
        .bind(blob(id.0))
        .bind(sql::conversations::NEWS)
        .bind(stored(&news.key))
        .bind(blob(news.message.id.0));
    if transaction.write(statement).await? == 0 {
        return Ok(Informed::Before);
    }
    let told = owner.is_bot();
    let mut bodies = vec![EventBody::News { record: news.record, state: news.state, told }];
    bodies.extend(told.then_some(EventBody::Message(news.message)));
    let drafts = Drafts::of(bodies)?;
    let statement = sqlx::query(sql::conversations::MAKE_ROOM)
        .bind(blob(id.0))
        .bind(drafts.count())
        .bind(at.as_millisecond());
    let row = transaction.row(statement).await?.ok_or(StoreError::NotFound)?;
    let last: Seq = Columns::of(&row).value()?;
    drafts.append(transaction, Place { conversation: id, turn: None, at }, last).await?;
    if let Some(delivery) = news.outbox.filter(|_| told) {
        outbox::queue(transaction, id, &delivery, at).await?;
    }
    Ok(if told { Informed::Told } else { Informed::Noted })
}

/// Opens or closes. Closing settles the customer messages that were open: nobody answers them later.
pub(super) async fn set_state(
    transaction: &mut Transaction,
    id: ConversationId,
    new: ConversationState,
    at: Timestamp,
) -> Result<Conversation, StoreError> {
    let (state, _) = standing(transaction, id).await?;
    let bodies = if state == new { Vec::new() } else { vec![EventBody::StateChanged { state: new }] };
    let drafts = Drafts::of(bodies)?;
    let statement = sqlx::query(sql::conversations::SET_STATE)
        .bind(blob(id.0))
        .bind(new.as_str())
        .bind(drafts.count())
        .bind(at.as_millisecond());
    let row = transaction.row(statement).await?;
    settle(transaction, row, &drafts, Place { conversation: id, turn: None, at }).await
}

async fn standing(
    transaction: &mut Transaction,
    id: ConversationId,
) -> Result<(ConversationState, Owner), StoreError> {
    let statement = sqlx::query(scripts::STANDING).bind(blob(id.0));
    let row = transaction.row(statement).await?.ok_or(StoreError::NotFound)?;
    let mut columns = Columns::of(&row);
    Ok((state(columns.name()?)?, owner(columns.name()?, columns.optional_text()?)?))
}

async fn settle(
    transaction: &mut Transaction,
    row: Option<PgRow>,
    drafts: &Drafts,
    place: Place,
) -> Result<Conversation, StoreError> {
    let row = row.ok_or(StoreError::NotFound)?;
    let mut columns = Columns::of(&row);
    if columns.value()? {
        transaction.has_work(place.conversation, place.at);
    }
    let conversation = conversation(&mut columns)?;
    drafts.append(transaction, place, conversation.last_seq).await?;
    Ok(conversation)
}
