//! Writes of the embedded help desk.

use crate::domain::ticket::{Ticket, TicketComment, TicketStatus};
use crate::store::error::StoreError;
use crate::store::postgres::database::Transaction;
use crate::store::postgres::rows::Columns;
use crate::store::postgres::scripts;
use crate::store::postgres::text::json;
use crate::store::sql;
use crate::store::sql::values::blob;

pub(super) async fn create(transaction: &mut Transaction, mut ticket: Ticket) -> Result<Ticket, StoreError> {
    transaction.row(sqlx::query(scripts::LOCK_TICKETS)).await?;
    let row = transaction.row(sqlx::query(sql::backoffice::NEXT_TICKET)).await?;
    ticket.number = Columns::of(&row.ok_or(StoreError::NotFound)?).value()?;
    let statement = sqlx::query(sql::backoffice::CREATE_TICKET)
        .bind(ticket.number)
        .bind(blob(ticket.contact.0))
        .bind(ticket.created_at.as_millisecond())
        .bind(json(&ticket)?);
    transaction.write(statement).await?;
    Ok(ticket)
}

pub(super) async fn comment(
    transaction: &mut Transaction,
    number: i64,
    comment: TicketComment,
) -> Result<Ticket, StoreError> {
    let row = transaction.row(sqlx::query(scripts::TICKET).bind(number)).await?;
    let mut ticket: Ticket = Columns::of(&row.ok_or(StoreError::NotFound)?).json()?;
    ticket.status = match ticket.status {
        TicketStatus::Solved => TicketStatus::Open,
        unchanged @ (TicketStatus::Open | TicketStatus::Pending | TicketStatus::Closed) => unchanged,
    };
    ticket.updated_at = comment.at;
    ticket.comments.push(comment);
    let statement = sqlx::query(sql::backoffice::CHANGE_TICKET).bind(number).bind(json(&ticket)?);
    transaction.write(statement).await?;
    Ok(ticket)
}
