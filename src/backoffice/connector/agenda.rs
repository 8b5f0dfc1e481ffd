//! Calendars of a vendor's, by professional. An entry bears an id made from the appointment's, so that writing it
//! again finds it; where the vendor makes ids of its own, the newest one of each appointment is kept.

use super::engine::{Connector, Lookup};
use super::fault::Fault;
use super::remote::{RemoteId, shaped};
use crate::backoffice::BackofficeError;
use crate::backoffice::calendar::{Busy, Entry, OutsideCalendar, Standing};
use crate::declared::instants::instant_in;
use crate::domain::clock::Clock;
use crate::domain::ids::RecordId;
use crate::store::connectors::Link;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The kind of link between an appointment and an id that the vendor made.
const EVENT: &str = "event";
/// The kind of link between an appointment and the calendar that it was written into.
const WRITTEN: &str = "written event";

/// The vendor's calendars.
pub struct ConnectorCalendar {
    vendor: Arc<Connector>,
    calendars: Calendars,
    zone: TimeZone,
    clock: Arc<dyn Clock>,
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
    /// The vendor's own id, if it makes one; it may change when an event moves.
    remote: Option<RemoteId>,
    start: Value,
    end: Value,
    /// The zone of times that bear none; the business's if left out.
    zone: Option<String>,
    #[serde(default)]
    cancelled: bool,
    etag: Option<String>,
}

/// What became of an entry that was to be moved.
enum Moved {
    /// It stood at these times before.
    From(Busy),
    /// It stands where it should, or where it stood before cannot be read.
    Nowhere,
    /// It is not in the calendar.
    Missing,
}

/// What `overlapping` gives: a list of these.
#[derive(Deserialize)]
struct RemoteEntry {
    id: RemoteId,
    /// Whether this program wrote it.
    #[serde(default)]
    own: bool,
}

impl ConnectorCalendar {
    /// These calendars of this vendor, in this time zone.
    pub fn new(vendor: Arc<Connector>, calendars: Calendars, zone: TimeZone, clock: Arc<dyn Clock>) -> Self {
        Self { vendor, calendars, zone, clock }
    }

    /// The vendor's own id of an appointment in a calendar, the newest one.
    async fn remote(&self, id: RecordId, calendar: &str) -> Result<Option<String>, Fault> {
        let local = format!("{} {calendar}", remote_id(id));
        let ids = self.vendor.store().remotes(self.vendor.name(), EVENT, &local).await?;
        Ok(ids.into_iter().next())
    }

    /// Keeps the id that a result names, if it is another one than is known.
    async fn learn(&self, id: RecordId, calendar: &str, result: Option<&RemoteId>) -> Result<(), Fault> {
        let Some(RemoteId(remote)) = result else { return Ok(()) };
        if self.remote(id, calendar).await?.as_ref() == Some(remote) {
            return Ok(());
        }
        let link = Link {
            connector: self.vendor.name().to_owned(),
            kind: EVENT.to_owned(),
            local: format!("{} {calendar}", remote_id(id)),
            remote: remote.clone(),
        };
        Ok(self.vendor.store().link(&link, self.clock.now()).await?)
    }

    /// Whether it stands at the time it is to have, after a write that may have arrived.
    ///
    /// # Errors
    /// `Unknown`: that nobody can look does not mean that nothing was written.
    async fn stands(&self, entry: &Entry, calendar: &str) -> Result<bool, Fault> {
        let event = self.event(entry.id, calendar).await.map_err(|_| Fault::Unknown)?;
        Ok(event.is_some_and(|event| self.times(&event) == Some((entry.start, entry.end))))
    }

    /// Whether somebody else's entry stands at the same time: calendars take two, and somebody may have written between the
    /// look and the booking. A calendar that cannot be asked leaves it as it is.
    async fn is_overlapped(&self, entry: &Entry, calendar: &str) -> bool {
        if !self.vendor.can("overlapping") {
            return false;
        }
        let arguments = self.span(calendar, entry.start, entry.end);
        let found = self.vendor.read("overlapping", &arguments).await;
        let entries = found.and_then(|found| shaped(found, self.vendor.name(), "overlapping"));
        match entries {
            Ok(entries) => {
                let entries: Option<Vec<RemoteEntry>> = entries;
                entries.into_iter().flatten().any(|one| !one.own && one.id.0 != remote_id(entry.id))
            }
            Err(fault) => {
                tracing::warn!(appointment = %entry.id, %fault, "nobody could look whether a time was booked twice");
                false
            }
        }
    }

    /// Gives an entry of `calendar` the times of `entry`.
    async fn move_to(&self, key: &str, entry: &Entry, calendar: &str) -> Result<Moved, Fault> {
        let nowhere = Lookup { operation: "", arguments: Value::Null };
        // Changed by somebody between reading and writing: read once more, and write onto what is there now.
        for attempt in ["", " again"] {
            let Some(event) = self.event(entry.id, calendar).await? else { return Ok(Moved::Missing) };
            let before = self.times(&event);
            if before == Some((entry.start, entry.end)) {
                return Ok(Moved::Nowhere);
            }
            let moved = before.map_or(Moved::Nowhere, Moved::From);
            let arguments = self.arguments(entry, calendar, event.etag.as_deref()).await?;
            let key = format!("{key}{attempt}");
            match self.vendor.effect("move_event", &key, &arguments, &nowhere).await {
                Ok(made) => {
                    self.learn(entry.id, calendar, made_id(&made).as_ref()).await?;
                    return Ok(moved);
                }
                Err(Fault::Conflict) => {}
                // Whether it was moved can be seen.
                Err(Fault::Unknown) if self.stands(entry, calendar).await? => return Ok(moved),
                Err(fault) => return Err(fault),
            }
        }
        Err(Fault::Conflict)
    }

    /// A span of a calendar, as operations take it.
    fn span(&self, calendar: &str, from: Timestamp, until: Timestamp) -> Value {
        let local =
            |at: Timestamp| at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        json!({
            "calendar": calendar,
            "from": local(from),
            "until": local(until),
            "from_utc": from.to_string(),
            "until_utc": until.to_string(),
        })
    }

    async fn event(&self, id: RecordId, calendar: &str) -> Result<Option<RemoteEvent>, Fault> {
        let remote = self.remote(id, calendar).await?;
        let arguments = json!({"id": remote_id(id), "remote": remote, "calendar": calendar});
        match self.vendor.read("event", &arguments).await {
            Ok(Value::Null) | Err(Fault::Missing) => Ok(None),
            Ok(event) => {
                let event: RemoteEvent = shaped(event, self.vendor.name(), "event")?;
                self.learn(id, calendar, event.remote.as_ref()).await?;
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

    async fn arguments(&self, entry: &Entry, calendar: &str, etag: Option<&str>) -> Result<Value, Fault> {
        let remote = self.remote(entry.id, calendar).await?;
        let local =
            |at: Timestamp| at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        Ok(json!({
            "id": remote_id(entry.id),
            "remote": remote,
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
            "minutes": entry.end.duration_since(entry.start).as_mins(),
            "name": entry.guest.name,
            "email": entry.guest.email,
            "phone": entry.guest.phone,
        }))
    }
}

fn unreadable() -> BackofficeError {
    BackofficeError::Fault("the calendar's answer could not be understood".to_owned())
}

/// The id in what `create_event` and `move_event` give, where the vendor makes ids.
fn made_id(made: &Value) -> Option<RemoteId> {
    serde_json::from_value(made.get("remote")?.clone()).ok()
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
        let arguments = self.span(self.calendars.of(professional), from, until);
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
        let arguments = self.arguments(entry, calendar, None).await?;
        let lookup = Lookup {
            operation: "event",
            arguments: json!({"id": arguments["id"], "calendar": arguments["calendar"]}),
        };
        match self.vendor.effect("create_event", key, &arguments, &lookup).await {
            Ok(made) => self.learn(entry.id, calendar, made_id(&made).as_ref()).await?,
            // The id or the time is taken: by this very entry, if an earlier attempt arrived.
            Err(Fault::Conflict) if self.stands(entry, calendar).await? => {}
            Err(fault) => return Err(fault.into()),
        }
        let written = Link {
            connector: self.vendor.name().to_owned(),
            kind: WRITTEN.to_owned(),
            local: entry.id.to_string(),
            remote: calendar.to_owned(),
        };
        self.vendor.store().link(&written, self.clock.now()).await?;
        if self.is_overlapped(entry, calendar).await {
            // Theirs stays.
            self.remove(&format!("{key} overlapped"), entry.id, &entry.professional).await?;
            return Err(Fault::Conflict.into());
        }
        Ok(())
    }

    async fn shift(&self, key: &str, entry: &Entry, before: &str) -> Result<(), BackofficeError> {
        let (from, to) = (self.calendars.of(before), self.calendars.of(&entry.professional));
        if from != to {
            self.write(key, entry).await?;
            return self.remove(key, entry.id, before).await;
        }
        match self.move_to(key, entry, to).await? {
            Moved::Missing => self.write(&format!("{key} anew"), entry).await,
            Moved::From((start, end)) if self.is_overlapped(entry, to).await => {
                // Theirs stays, and the entry goes back to where it was.
                let back = Entry { start, end, ..entry.clone() };
                self.move_to(&format!("{key} back"), &back, to).await?;
                Err(Fault::Conflict.into())
            }
            Moved::From(_) | Moved::Nowhere => Ok(()),
        }
    }

    async fn remove(&self, key: &str, id: RecordId, professional: &str) -> Result<(), BackofficeError> {
        let calendar = self.calendars.of(professional);
        let nowhere = Lookup { operation: "", arguments: Value::Null };
        let known = self.remote(id, calendar).await?;
        let arguments = json!({"id": remote_id(id), "remote": known, "calendar": calendar, "etag": null});
        let fault = match self.vendor.effect("cancel_event", key, &arguments, &nowhere).await {
            Ok(_) | Err(Fault::Missing) => return Ok(()),
            Err(fault @ (Fault::Unknown | Fault::Rejected | Fault::Conflict)) => fault,
            Err(fault) => return Err(fault.into()),
        };
        // Gone all the same, or over there under an id that was not known: what stands now says so.
        match self.event(id, calendar).await {
            Ok(None) => return Ok(()),
            Ok(Some(_)) => {}
            Err(_) => return Err(fault.into()),
        }
        let remote = self.remote(id, calendar).await?;
        if remote == known {
            return Err(fault.into());
        }
        let arguments = json!({"id": remote_id(id), "remote": remote, "calendar": calendar, "etag": null});
        let key = format!("{key} anew");
        Ok(self.vendor.effect("cancel_event", &key, &arguments, &nowhere).await.map(drop)?)
    }

    async fn standing(&self, id: RecordId, professional: &str) -> Result<Standing, BackofficeError> {
        let calendar = self.calendars.of(professional);
        Ok(match self.event(id, calendar).await? {
            None => {
                let (store, id) = (self.vendor.store(), id.to_string());
                let written = store.remotes(self.vendor.name(), WRITTEN, &id).await?;
                if written.iter().any(|into| into == calendar) { Standing::Gone } else { Standing::Unwritten }
            }
            Some(event) => match self.times(&event) {
                Some((start, end)) => Standing::At(start, end),
                None => return Err(unreadable()),
            },
        })
    }
}
