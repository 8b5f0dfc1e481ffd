//! Who speaks, and whether the conversation goes on. Both take a running turn's claim away.

use super::events::{Drafts, Place};
use super::outbox;
use super::rows::{Columns, conversation};
use super::transaction::Transaction;
use crate::domain::conversation::{Conversation, ConversationState, Owner};
use crate::domain::event::EventBody;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::{Message, Role};
use crate::store::conversations::{Accepted, NewEcho, OwnerChange};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{blob, owner, state};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;

/// Changes the owner. Appends `OwnerChanged` if it is another one, then the message. What the new owner says answers
/// every customer message before it; what is still open when the bot gets the conversation back is due.
pub(super) async fn change_owner(
    transaction: &mut Transaction,
    id: ConversationId,
    change: OwnerChange,
) -> Result<Conversation, StoreError> {
    let (_, owner) = standing(transaction, id).await?;
    let answers = matches!(&change.message, Some(Message { role: Role::Human | Role::Assistant, .. }));
    let mut bodies = Vec::with_capacity(2);
    if owner != change.owner {
        bodies.push(EventBody::OwnerChanged { owner: change.owner.clone(), reason: change.reason });
    }
    bodies.extend(change.message.map(EventBody::Message));
    let drafts = Drafts::of(bodies)?;
    let statement = sqlx::query(sql::conversations::CHANGE_OWNER)
        .bind(blob(id.0))
        .bind(change.owner.as_str())
        .bind(change.owner.name())
        .bind(drafts.count())
        .bind(i64::from(answers))
        .bind(change.at.as_millisecond())
        .bind(change.lease.until.map(Timestamp::as_millisecond))
        .bind(change.lease.remind_at.map(Timestamp::as_millisecond))
        .bind(change.only_at);
    let rows = transaction.write_returning(statement).await?;
    if rows.is_empty() {
        return Err(StoreError::Stale);
    }
    let changed =
        settle(transaction, rows, drafts, Place { conversation: id, turn: None, at: change.at }).await?;
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
        .bind(echo.channel.as_str())
        .bind(echo.external_id.as_str())
        .bind(blob(echo.message.id.0));
    if transaction.write(statement).await? == 0 {
        let statement = sqlx::query(sql::conversations::ACCEPTED)
            .bind(blob(id.0))
            .bind(echo.channel.as_str())
            .bind(echo.external_id.as_str());
        let row = transaction.read(statement).await?.ok_or(StoreError::NotFound)?;
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
        at: echo.at,
    };
    change_owner(transaction, id, change).await?;
    Ok(Accepted { message, duplicate: false })
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
    let rows = transaction.write_returning(statement).await?;
    settle(transaction, rows, drafts, Place { conversation: id, turn: None, at }).await
}

async fn standing(
    transaction: &mut Transaction,
    id: ConversationId,
) -> Result<(ConversationState, Owner), StoreError> {
    let statement = sqlx::query(sql::conversations::STANDING).bind(blob(id.0));
    let row = transaction.read(statement).await?.ok_or(StoreError::NotFound)?;
    let mut columns = Columns::of(&row);
    Ok((state(columns.value()?)?, owner(columns.value()?, columns.value()?)?))
}

async fn settle(
    transaction: &mut Transaction,
    rows: Vec<SqliteRow>,
    drafts: Drafts,
    place: Place,
) -> Result<Conversation, StoreError> {
    let row = rows.first().ok_or(StoreError::NotFound)?;
    let mut columns = Columns::of(row);
    if columns.value()? {
        transaction.has_work(place.conversation, place.at);
    }
    let conversation = conversation(&mut columns)?;
    drafts.append(transaction, place, conversation.last_seq).await?;
    Ok(conversation)
}
