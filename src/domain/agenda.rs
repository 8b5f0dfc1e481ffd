//! What an agenda keeps. Times are local to the business; an appointment is stored as instants.

use super::ids::{ContactId, RecordId};
use super::money::Money;
use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};

/// Working hours of one weekday.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayHours {
    /// The weekday.
    pub weekday: Weekday,
    /// Opening time.
    pub from: Time,
    /// Closing time.
    pub until: Time,
}

/// Somebody who can be booked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Professional {
    /// Short id, e.g. `marina`.
    pub id: String,
    /// Name shown to customers.
    pub name: String,
    /// What they do.
    pub role: String,
    /// Ids of the services they offer.
    pub services: Vec<String>,
    /// Working hours as written: `mon-fri 09:00-18:00; sat 09:00-13:00`.
    pub hours: String,
}

/// Something that can be booked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Service {
    /// Short id, e.g. `consultoria`.
    pub id: String,
    /// Name shown to customers.
    pub name: String,
    /// How long one takes.
    pub duration_minutes: u32,
    /// Price, if fixed.
    pub price: Option<Money>,
    /// What it is; untrusted text.
    pub description: String,
    /// Where it happens.
    pub location: String,
}

/// Whether an appointment still stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentStatus {
    /// It stands.
    Booked,
    /// It was called off.
    Cancelled,
}

impl AppointmentStatus {
    /// The name used in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A booked time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Appointment {
    /// Stable id.
    pub id: RecordId,
    /// Short code a customer can say, e.g. `A1042`.
    pub code: String,
    /// With whom (id).
    pub professional: String,
    /// What (id).
    pub service: String,
    /// For whom.
    pub contact: ContactId,
    /// Start.
    pub start: Timestamp,
    /// End.
    pub end: Timestamp,
    /// Whether it stands.
    pub status: AppointmentStatus,
    /// Remarks; untrusted text.
    pub notes: String,
}
