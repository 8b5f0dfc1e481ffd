//! Writes of the embedded agenda. That no two standing appointments of a professional overlap is checked inside
//! the statement that writes.

use crate::domain::agenda::{Appointment, AppointmentStatus};
use crate::domain::ids::RecordId;
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{blob, json};
use crate::store::sqlite::statement::query;
use crate::store::sqlite::transaction::Transaction;
use jiff::Timestamp;

/// Where an appointment moves to.
pub(super) struct Slot {
    pub(super) professional: String,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

pub(super) fn book(
    transaction: &mut Transaction,
    appointment: Appointment,
) -> Result<Appointment, StoreError> {
    let statement = query(sql::backoffice::BOOK)
        .bind(blob(appointment.id.0))
        .bind(appointment.professional.as_str())
        .bind(blob(appointment.contact.0))
        .bind(appointment.start.as_millisecond())
        .bind(appointment.end.as_millisecond())
        .bind(appointment.status.as_str())
        .bind(json(&appointment)?);
    match transaction.write(statement)? {
        0 => Err(taken()),
        _ => Ok(appointment),
    }
}

pub(super) fn move_to(
    transaction: &mut Transaction,
    id: RecordId,
    slot: Slot,
) -> Result<Appointment, StoreError> {
    let standing = find(transaction, id)?;
    if standing.status == AppointmentStatus::Cancelled {
        return Err(StoreError::Conflict("the appointment was called off".to_owned()));
    }
    let moved = Appointment { professional: slot.professional, start: slot.start, end: slot.end, ..standing };
    let statement = query(sql::backoffice::MOVE)
        .bind(blob(id.0))
        .bind(moved.professional.as_str())
        .bind(moved.start.as_millisecond())
        .bind(moved.end.as_millisecond())
        .bind(json(&moved)?);
    match transaction.write(statement)? {
        0 => Err(taken()),
        _ => Ok(moved),
    }
}

/// Calling off what was called off changes nothing.
pub(super) fn cancel(transaction: &mut Transaction, id: RecordId) -> Result<Appointment, StoreError> {
    let mut appointment = find(transaction, id)?;
    appointment.status = AppointmentStatus::Cancelled;
    let statement = query(sql::backoffice::CANCEL).bind(blob(id.0)).bind(json(&appointment)?);
    transaction.write(statement)?;
    Ok(appointment)
}

fn find(transaction: &mut Transaction, id: RecordId) -> Result<Appointment, StoreError> {
    let statement = query(sql::backoffice::APPOINTMENT).bind(blob(id.0));
    transaction.read(statement, |columns| columns.json())?.ok_or(StoreError::NotFound)
}

fn taken() -> StoreError {
    StoreError::Conflict("the professional has another appointment in that time".to_owned())
}
