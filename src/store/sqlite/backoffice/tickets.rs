//! Writes of the embedded help desk.

use crate::domain::ticket::{Ticket, TicketComment, TicketStatus};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{blob, json};
use crate::store::sqlite::statement::query;
use crate::store::sqlite::transaction::Transaction;

pub(super) fn create(transaction: &mut Transaction, mut ticket: Ticket) -> Result<Ticket, StoreError> {
    let number = transaction.read(query(sql::backoffice::NEXT_TICKET), |columns| columns.value())?;
    ticket.number = number.ok_or(StoreError::NotFound)?;
    let statement = query(sql::backoffice::CREATE_TICKET)
        .bind(ticket.number)
        .bind(blob(ticket.contact.0))
        .bind(ticket.created_at.as_millisecond())
        .bind(json(&ticket)?);
    transaction.write(statement)?;
    Ok(ticket)
}

pub(super) fn comment(
    transaction: &mut Transaction,
    number: i64,
    comment: TicketComment,
) -> Result<Ticket, StoreError> {
    let known = transaction.read(query(sql::backoffice::TICKET).bind(number), |columns| columns.json())?;
    let mut ticket: Ticket = known.ok_or(StoreError::NotFound)?;
    ticket.status = match ticket.status {
        TicketStatus::Solved => TicketStatus::Open,
        unchanged @ (TicketStatus::Open | TicketStatus::Pending | TicketStatus::Closed) => unchanged,
    };
    ticket.updated_at = comment.at;
    ticket.comments.push(comment);
    let statement = query(sql::backoffice::CHANGE_TICKET).bind(number).bind(json(&ticket)?);
    transaction.write(statement)?;
    Ok(ticket)
}
