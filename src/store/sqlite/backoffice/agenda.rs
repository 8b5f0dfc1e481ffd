//! Writes of the embedded agenda. That no two standing appointments of a professional overlap is checked inside
//! the statement that writes.

use crate::domain::agenda::{Appointment, AppointmentStatus};
use crate::domain::ids::RecordId;
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{blob, json};
use crate::store::sqlite::rows::Columns;
use crate::store::sqlite::transaction::Transaction;
use jiff::Timestamp;

/// Where an appointment moves to.
pub(super) struct Slot {
    pub(super) professional: String,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

pub(super) async fn book(
    transaction: &mut Transaction,
    appointment: Appointment,
) -> Result<Appointment, StoreError> {
    let statement = sqlx::query(sql::backoffice::BOOK)
        .bind(blob(appointment.id.0))
        .bind(appointment.professional.as_str())
        .bind(blob(appointment.contact.0))
        .bind(appointment.start.as_millisecond())
        .bind(appointment.end.as_millisecond())
        .bind(appointment.status.as_str())
        .bind(json(&appointment)?);
    match transaction.write(statement).await? {
        0 => Err(taken()),
        _ => Ok(appointment),
    }
}

pub(super) async fn move_to(
    transaction: &mut Transaction,
    id: RecordId,
    slot: Slot,
) -> Result<Appointment, StoreError> {
    let standing = find(transaction, id).await?;
    if standing.status == AppointmentStatus::Cancelled {
        return Err(StoreError::Conflict("the appointment was called off".to_owned()));
    }
    let moved = Appointment { professional: slot.professional, start: slot.start, end: slot.end, ..standing };
    let statement = sqlx::query(sql::backoffice::MOVE)
        .bind(blob(id.0))
        .bind(moved.professional.as_str())
        .bind(moved.start.as_millisecond())
        .bind(moved.end.as_millisecond())
        .bind(json(&moved)?);
    match transaction.write(statement).await? {
        0 => Err(taken()),
        _ => Ok(moved),
    }
}

/// Calling off what was called off changes nothing.
pub(super) async fn cancel(transaction: &mut Transaction, id: RecordId) -> Result<Appointment, StoreError> {
    let mut appointment = find(transaction, id).await?;
    appointment.status = AppointmentStatus::Cancelled;
    let statement = sqlx::query(sql::backoffice::CANCEL).bind(blob(id.0)).bind(json(&appointment)?);
    transaction.write(statement).await?;
    Ok(appointment)
}

async fn find(transaction: &mut Transaction, id: RecordId) -> Result<Appointment, StoreError> {
    let row = transaction.read(sqlx::query(sql::backoffice::APPOINTMENT).bind(blob(id.0))).await?;
    Columns::of(&row.ok_or(StoreError::NotFound)?).json()
}

fn taken() -> StoreError {
    StoreError::Conflict("the professional has another appointment in that time".to_owned())
}
