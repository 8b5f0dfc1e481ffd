//! Calendars of professionals that others write into as well: what they hold takes times away, and what is booked
//! here is written there. `connector/` implements it for vendors; nothing here knows of HTTP.

use super::BackofficeError;
use crate::domain::ids::RecordId;
use async_trait::async_trait;
use jiff::Timestamp;

/// A span in which somebody is busy: from the first instant until before the second.
pub type Busy = (Timestamp, Timestamp);

/// An appointment as a calendar shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The appointment: its id names the entry for good.
    pub id: RecordId,
    /// Whose calendar (id of the professional).
    pub professional: String,
    /// What the calendar shows.
    pub title: String,
    /// What else is to be known; untrusted text.
    pub description: String,
    /// Where.
    pub location: String,
    /// Start.
    pub start: Timestamp,
    /// End.
    pub end: Timestamp,
    /// Who comes.
    pub guest: Guest,
}

/// Who comes to an appointment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Guest {
    /// Name.
    pub name: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Phone.
    pub phone: Option<String>,
}

/// How an entry stands over there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is there, at this time.
    At(Timestamp, Timestamp),
    /// Somebody took it out.
    Gone,
    /// It was never written there: it was booked before the calendar was used, and stands.
    Unwritten,
}

/// The calendars of professionals. Implementors owe: the same entry is written once however often it is asked for.
#[async_trait]
pub trait OutsideCalendar: Send + Sync {
    /// When a professional is busy between two instants; spans may overlap.
    async fn busy(
        &self,
        professional: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Busy>, BackofficeError>;

    /// Writes a new entry.
    async fn write(&self, key: &str, entry: &Entry) -> Result<(), BackofficeError>;

    /// Moves an entry to the time it has now; `before` is whose calendar it was in.
    async fn shift(&self, key: &str, entry: &Entry, before: &str) -> Result<(), BackofficeError>;

    /// Takes an entry out. One that is not there any more is no fault.
    async fn remove(&self, key: &str, id: RecordId, professional: &str) -> Result<(), BackofficeError>;

    /// How an entry stands.
    async fn standing(&self, id: RecordId, professional: &str) -> Result<Standing, BackofficeError>;
}
