//! The agenda as tools see it: what can be booked, when, and what a contact has booked.

use super::BackofficeError;
use super::calendar::Standing;
use crate::domain::agenda::{Appointment, Professional, Service};
use crate::domain::ids::ContactId;
use async_trait::async_trait;
use jiff::Zoned;
use jiff::civil::DateTime;

/// Which free times to list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotQuery {
    /// Service, by id or by name.
    pub service: String,
    /// Professional, by id or by name; anybody who offers the service if `None`.
    pub professional: Option<String>,
    /// Not before this, local to the business. The present if `None`.
    pub from: Option<DateTime>,
    /// Start before this, local to the business. The booking horizon if `None`.
    pub until: Option<DateTime>,
    /// At most so many.
    pub limit: u32,
}

/// A time that can be booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slot {
    /// Start, in the business's time zone.
    pub start: Zoned,
    /// End, in the business's time zone.
    pub end: Zoned,
    /// With whom (id).
    pub professional: String,
    /// Their name.
    pub professional_name: String,
    /// What (id).
    pub service: String,
    /// Its name.
    pub service_name: String,
}

/// A booking to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Book {
    /// Service, by id or by name.
    pub service: String,
    /// Professional, by id or by name; anybody free if `None`.
    pub professional: Option<String>,
    /// Start, local to the business.
    pub start: DateTime,
    /// For whom.
    pub contact: ContactId,
    /// Remarks; untrusted text.
    pub notes: String,
}

/// A booking to move.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reschedule {
    /// The appointment, by code (`A1042`) or id.
    pub reference: String,
    /// Whose it must be.
    pub contact: ContactId,
    /// The new start, local to the business.
    pub start: DateTime,
    /// Another professional, by id or by name; the same one if `None`.
    pub professional: Option<String>,
}

/// An appointment with everything a person wants to read about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Booked {
    /// The record.
    pub appointment: Appointment,
    /// Start, in the business's time zone.
    pub start: Zoned,
    /// End, in the business's time zone.
    pub end: Zoned,
    /// What.
    pub service: Service,
    /// With whom.
    pub professional: Professional,
}

/// The agenda. Implementors owe: a time that is listed is a time that can be booked (one validator for both);
/// the same `key` has its effect once; `NotFound` for an appointment of another contact.
#[async_trait]
pub trait Agenda: Send + Sync {
    /// Everything that can be booked.
    async fn services(&self) -> Result<Vec<Service>, BackofficeError>;

    /// Everybody who can be booked.
    async fn professionals(&self) -> Result<Vec<Professional>, BackofficeError>;

    /// Free times, earliest first.
    ///
    /// # Errors
    /// `NotFound` for an unknown service or professional, `Invalid` for a span that is no span.
    async fn list_slots(&self, query: SlotQuery) -> Result<Vec<Slot>, BackofficeError>;

    /// Books.
    ///
    /// # Errors
    /// `Conflict` with the nearest free times if that time cannot be had, saying why.
    async fn book(&self, key: &str, request: Book) -> Result<Booked, BackofficeError>;

    /// Standing appointments of a contact that are not over yet, by start.
    async fn appointments(&self, contact: ContactId) -> Result<Vec<Booked>, BackofficeError>;

    /// How an appointment stands where others may move it or take it out; none if nobody else can.
    async fn outside(&self, _appointment: &Appointment) -> Result<Option<Standing>, BackofficeError> {
        Ok(None)
    }

    /// Moves an appointment. The old time stays if the new one cannot be had.
    ///
    /// # Errors
    /// As [`Agenda::book`]; `Conflict` also if it is over or called off.
    async fn reschedule(&self, key: &str, request: Reschedule) -> Result<Booked, BackofficeError>;

    /// Calls an appointment off. Calling off what is off already changes nothing and succeeds.
    async fn cancel(&self, key: &str, reference: &str, contact: ContactId)
    -> Result<Booked, BackofficeError>;
}
