//! The program's own agenda, with calendars outside that it keeps to and writes into. The own agenda says what can be
//! booked and when; a booking stands only if it is in the calendar too.

use super::BackofficeError;
use super::agenda::{Agenda, Book, Booked, Reschedule, Slot, SlotQuery};
use super::calendar::{Entry, Guest, OutsideCalendar, Standing};
use crate::domain::agenda::{Appointment, Professional, Service};
use crate::domain::ids::ContactId;
use crate::store::backoffice::{BackofficeStore, EffectKey};
use crate::store::contacts::ContactStore;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// The own agenda and the calendars.
pub struct MirroredAgenda {
    /// The own agenda, which asks the calendars when somebody is busy.
    pub own: Arc<dyn Agenda>,
    /// The calendars.
    pub outside: Arc<dyn OutsideCalendar>,
    /// People, for who comes.
    pub contacts: Arc<dyn ContactStore>,
    /// The own agenda's tables, for what was moved outside.
    pub records: Arc<dyn BackofficeStore>,
    /// The business's time zone.
    pub zone: TimeZone,
}

impl MirroredAgenda {
    async fn entry(&self, booked: &Booked) -> Result<Entry, BackofficeError> {
        let contact = self.contacts.get(booked.appointment.contact).await?;
        let guest = contact
            .map(|contact| Guest { name: contact.name, email: contact.email, phone: contact.phone })
            .unwrap_or_default();
        let who = guest.name.clone().unwrap_or_else(|| booked.appointment.code.clone());
        let lines = [
            Some(booked.appointment.code.clone()),
            guest.phone.clone(),
            guest.email.clone(),
            Some(booked.appointment.notes.clone()).filter(|notes| !notes.is_empty()),
        ];
        Ok(Entry {
            id: booked.appointment.id,
            professional: booked.professional.id.clone(),
            title: format!("{}: {who}", booked.service.name),
            description: lines.into_iter().flatten().collect::<Vec<_>>().join("\n"),
            location: booked.service.location.clone(),
            start: booked.appointment.start,
            end: booked.appointment.end,
            guest,
        })
    }

    /// What became of an appointment outside: `None` if it was taken out there.
    async fn followed(&self, mut booked: Booked) -> Result<Option<Booked>, BackofficeError> {
        let id = booked.appointment.id;
        match self.outside.standing(id, &booked.professional.id).await? {
            Standing::At(start, end) => {
                if (start, end) != (booked.appointment.start, booked.appointment.end) {
                    self.moved_outside(&booked.appointment, start, end).await?;
                    booked.appointment.start = start;
                    booked.appointment.end = end;
                    booked.start = start.to_zoned(self.zone.clone());
                    booked.end = end.to_zoned(self.zone.clone());
                }
                Ok(Some(booked))
            }
            Standing::Unwritten => Ok(Some(booked)),
            Standing::Gone => {
                let key = EffectKey(format!("gone {id}"));
                self.records.cancel_appointment(&key, id).await?;
                Ok(None)
            }
        }
    }

    /// Somebody moved it in the calendar: the own agenda follows, if nothing of its own is in the way.
    async fn moved_outside(
        &self,
        appointment: &Appointment,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<(), BackofficeError> {
        let key = EffectKey(format!("moved {} {}", appointment.id, start.as_millisecond()));
        let followed =
            self.records.move_appointment(&key, appointment.id, &appointment.professional, start, end).await;
        if let Err(error) = followed {
            tracing::warn!(appointment = %appointment.code, %error, "an appointment was moved onto another one in the calendar");
        }
        Ok(())
    }
}

#[async_trait]
impl Agenda for MirroredAgenda {
    async fn services(&self) -> Result<Vec<Service>, BackofficeError> {
        self.own.services().await
    }

    async fn professionals(&self) -> Result<Vec<Professional>, BackofficeError> {
        self.own.professionals().await
    }

    async fn list_slots(&self, query: SlotQuery) -> Result<Vec<Slot>, BackofficeError> {
        self.own.list_slots(query).await
    }

    async fn book(&self, key: &str, request: Book) -> Result<Booked, BackofficeError> {
        let contact = request.contact;
        let booked = self.own.book(key, request).await?;
        let entry = self.entry(&booked).await?;
        match self.outside.write(key, &entry).await {
            Ok(()) => Ok(booked),
            // It may be there: the own booking stays, and the same call finds out.
            Err(error @ BackofficeError::Unknown(_)) => Err(error),
            Err(error) => {
                let undo = format!("{key} undo");
                self.own.cancel(&undo, &booked.appointment.id.to_string(), contact).await?;
                Err(error)
            }
        }
    }

    async fn appointments(&self, contact: ContactId) -> Result<Vec<Booked>, BackofficeError> {
        let mut standing = Vec::new();
        for booked in self.own.appointments(contact).await? {
            match self.followed(booked.clone()).await {
                Ok(followed) => standing.extend(followed),
                Err(error) if error.may_pass() => {
                    tracing::warn!(%error, "appointments are told without the calendar");
                    standing.push(booked);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(standing)
    }

    async fn outside(&self, appointment: &Appointment) -> Result<Option<Standing>, BackofficeError> {
        self.outside.standing(appointment.id, &appointment.professional).await.map(Some)
    }

    async fn reschedule(&self, key: &str, request: Reschedule) -> Result<Booked, BackofficeError> {
        let before = self
            .own
            .appointments(request.contact)
            .await?
            .into_iter()
            .find(|own| is_named(own, &request.reference));
        let contact = request.contact;
        let moved = self.own.reschedule(key, request).await?;
        let entry = self.entry(&moved).await?;
        let calendar = before.as_ref().map_or(&moved.professional.id, |before| &before.professional.id);
        match self.outside.shift(key, &entry, calendar).await {
            Ok(()) => Ok(moved),
            Err(error @ BackofficeError::Unknown(_)) => Err(error),
            Err(error) => {
                if let Some(before) = before {
                    let back = Reschedule {
                        reference: moved.appointment.id.to_string(),
                        contact,
                        start: before.start.datetime(),
                        professional: Some(before.professional.id.clone()),
                    };
                    self.own.reschedule(&format!("{key} undo"), back).await?;
                }
                Err(error)
            }
        }
    }

    async fn cancel(
        &self,
        key: &str,
        reference: &str,
        contact: ContactId,
    ) -> Result<Booked, BackofficeError> {
        // The calendar first: a time that is free here and taken there would be lost to everybody.
        let own = self.own.appointments(contact).await?.into_iter().find(|own| is_named(own, reference));
        if let Some(own) = own {
            self.outside.remove(key, own.appointment.id, &own.professional.id).await?;
        }
        self.own.cancel(key, reference, contact).await
    }
}

fn is_named(booked: &Booked, reference: &str) -> bool {
    let wanted = reference.trim().trim_start_matches('#');
    booked.appointment.code.eq_ignore_ascii_case(wanted) || booked.appointment.id.to_string() == wanted
}
