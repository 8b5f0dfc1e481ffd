//! Calendars of a vendor's, by professional. An entry bears an id made from the appointment's, so that writing it
//! again finds it.

use super::engine::{Connector, Lookup};
use super::fault::Fault;
use super::remote::{instant_in, shaped};
use crate::backoffice::BackofficeError;
use crate::backoffice::calendar::{Busy, Entry, OutsideCalendar, Standing};
use crate::domain::ids::RecordId;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The vendor's calendars.
pub struct ConnectorCalendar {
    vendor: Arc<Connector>,
    calendars: Calendars,
    zone: TimeZone,
}

/// Which calendar is whose.
#[derive(Clone, Debug, Default)]
pub struct Calendars {
    /// By id of the professional.
    pub by_professional: BTreeMap<String, String>,
    /// Of everybody else.
    pub of_others: String,
}

impl Calendars {
    /// Reads `marina=marina@example.com, joao=joao@example.com` beside the calendar of all others.
    ///
    /// # Errors
    /// A part without `=`.
    pub fn read(by_professional: &str, of_others: &str) -> Result<Self, String> {
        let mut calendars = BTreeMap::new();
        for part in by_professional.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some((person, calendar)) if !person.trim().is_empty() && !calendar.trim().is_empty() => {
                    calendars.insert(person.trim().to_owned(), calendar.trim().to_owned());
                }
                _ => return Err(format!("`{part}` is not like professional=calendar")),
            }
        }
        Ok(Self { by_professional: calendars, of_others: of_others.trim().to_owned() })
    }

    /// Whose calendar it is.
    pub fn of(&self, professional: &str) -> &str {
        self.by_professional.get(professional).unwrap_or(&self.of_others)
    }
}

/// What `busy` gives: a list of these.
#[derive(Deserialize)]
struct RemoteBusy {
    start: Value,
    end: Value,
}

/// What `event` gives, or null.
#[derive(Deserialize)]
struct RemoteEvent {
    start: Value,
    end: Value,
    /// The zone of times that bear none; the business's if left out.
    zone: Option<String>,
    #[serde(default)]
    cancelled: bool,
    etag: Option<String>,
}

impl ConnectorCalendar {
    /// These calendars of this vendor, in this time zone.
    pub fn new(vendor: Arc<Connector>, calendars: Calendars, zone: TimeZone) -> Self {
        Self { vendor, calendars, zone }
    }

    async fn event(&self, id: RecordId, calendar: &str) -> Result<Option<RemoteEvent>, Fault> {
        match self.vendor.read("event", &json!({"id": remote_id(id), "calendar": calendar})).await {
            Ok(Value::Null) | Err(Fault::Missing) => Ok(None),
            Ok(event) => {
                let event: RemoteEvent = shaped(event, self.vendor.name(), "event")?;
                Ok(Some(event).filter(|event| !event.cancelled))
            }
            Err(fault) => Err(fault),
        }
    }

    /// When an event begins and ends.
    fn times(&self, event: &RemoteEvent) -> Option<Busy> {
        let own = event.zone.as_deref().and_then(|name| TimeZone::get(name).ok());
        let zone = own.as_ref().unwrap_or(&self.zone);
        Some((instant_in(&event.start, zone)?, instant_in(&event.end, zone)?))
    }

    fn arguments(&self, entry: &Entry, calendar: &str, etag: Option<&str>) -> Value {
        let local =
            |at: Timestamp| at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        json!({
            "id": remote_id(entry.id),
            "etag": etag,
            "calendar": calendar,
            "title": entry.title,
            "description": entry.description,
            "location": entry.location,
            "start": local(entry.start),
            "end": local(entry.end),
            "start_utc": entry.start.to_string(),
            "end_utc": entry.end.to_string(),
            "time_zone": self.zone.iana_name(),
            "name": entry.guest.name,
            "email": entry.guest.email,
            "phone": entry.guest.phone,
        })
    }
}

fn unreadable() -> BackofficeError {
    BackofficeError::Fault("the calendar's answer could not be understood".to_owned())
}

/// An appointment's id as every calendar takes one: letters and digits of base32hex.
fn remote_id(id: RecordId) -> String {
    id.0.simple().to_string()
}

#[async_trait]
impl OutsideCalendar for ConnectorCalendar {
    async fn busy(
        &self,
        professional: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Busy>, BackofficeError> {
        let local =
            |at: Timestamp| at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let arguments = json!({
            "calendar": self.calendars.of(professional),
            "from": local(from),
            "until": local(until),
            "from_utc": from.to_string(),
            "until_utc": until.to_string(),
        });
        let result = self.vendor.read("busy", &arguments).await?;
        let spans: Option<Vec<RemoteBusy>> = shaped(result, self.vendor.name(), "busy")?;
        spans
            .into_iter()
            .flatten()
            .map(|span| match (instant_in(&span.start, &self.zone), instant_in(&span.end, &self.zone)) {
                (Some(start), Some(end)) => Ok((start, end)),
                // A span that cannot be read must not look free.
                _ => Err(unreadable()),
            })
            .collect()
    }

    async fn write(&self, key: &str, entry: &Entry) -> Result<(), BackofficeError> {
        let calendar = self.calendars.of(&entry.professional);
        let arguments = self.arguments(entry, calendar, None);
        let lookup = Lookup {
            operation: "event",
            arguments: json!({"id": arguments["id"], "calendar": arguments["calendar"]}),
        };
        match self.vendor.effect("create_event", key, &arguments, &lookup).await {
            Ok(_) => Ok(()),
            // The id is taken: by this very entry, if an earlier attempt arrived.
            Err(Fault::Conflict) => match self.event(entry.id, calendar).await? {
                Some(event) if self.times(&event) == Some((entry.start, entry.end)) => Ok(()),
                Some(_) | None => Err(Fault::Conflict.into()),
            },
            Err(fault) => Err(fault.into()),
        }
    }

    async fn shift(&self, key: &str, entry: &Entry, before: &str) -> Result<(), BackofficeError> {
        let (from, to) = (self.calendars.of(before), self.calendars.of(&entry.professional));
        if from != to {
            self.write(key, entry).await?;
            return self.remove(key, entry.id, before).await;
        }
        let nowhere = Lookup { operation: "", arguments: Value::Null };
        // Changed by somebody between reading and writing: read once more, and write onto what is there now.
        for attempt in ["", " again"] {
            let Some(event) = self.event(entry.id, to).await? else {
                return self.write(&format!("{key} anew"), entry).await;
            };
            if self.times(&event) == Some((entry.start, entry.end)) {
                return Ok(());
            }
            let arguments = self.arguments(entry, to, event.etag.as_deref());
            let key = format!("{key}{attempt}");
            match self.vendor.effect("move_event", &key, &arguments, &nowhere).await {
                Ok(_) => return Ok(()),
                Err(Fault::Conflict) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        Err(Fault::Conflict.into())
    }

    async fn remove(&self, key: &str, id: RecordId, professional: &str) -> Result<(), BackofficeError> {
        let calendar = self.calendars.of(professional);
        let arguments = json!({"id": remote_id(id), "calendar": calendar, "etag": null});
        let nowhere = Lookup { operation: "", arguments: Value::Null };
        match self.vendor.effect("cancel_event", key, &arguments, &nowhere).await {
            Ok(_) | Err(Fault::Missing) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }

    async fn standing(&self, id: RecordId, professional: &str) -> Result<Standing, BackofficeError> {
        let calendar = self.calendars.of(professional);
        Ok(match self.event(id, calendar).await? {
            None => Standing::Gone,
            Some(event) => match self.times(&event) {
                Some((start, end)) => Standing::At(start, end),
                None => return Err(unreadable()),
            },
        })
    }
}
