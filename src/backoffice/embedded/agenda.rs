//! The agenda on the program's own store. Offers and takes times by the rules of `slots`; the store alone decides
//! a race for the same time.

use super::Foundation;
use super::choose::choose;
use super::slots::{Diary, Refusal, Rules};
use crate::backoffice::BackofficeError;
use crate::backoffice::agenda::{Agenda, Book, Booked, Reschedule, Slot, SlotQuery};
use crate::backoffice::calendar::{Busy, OutsideCalendar};
use crate::backoffice::limits;
use crate::config::backoffice::AgendaRules;
use crate::config::business::Business;
use crate::domain::agenda::{Appointment, AppointmentStatus, Professional, Service};
use crate::domain::calendar::Calendar;
use crate::domain::ids::{ContactId, RecordId};
use crate::store::backoffice::EffectKey;
use crate::store::error::StoreError;
use async_trait::async_trait;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Most times one list holds.
const MOST_SLOTS: u32 = 200;
/// How many alternatives a refused booking offers.
const ALTERNATIVES: usize = 3;
/// How many days around the wished one alternatives are looked for.
const NEARBY_DAYS: i64 = 14;

/// The embedded agenda.
pub struct EmbeddedAgenda {
    on: Foundation,
    rules: AgendaRules,
    calendar: Calendar,
    zone: TimeZone,
    /// Held from check to write, so that two bookings cannot both fit beside each other without the pause between
    /// them. The store refuses a real overlap even across processes.
    writing: Mutex<()>,
    /// Calendars that professionals keep elsewhere.
    outside: Option<Arc<dyn OutsideCalendar>>,
}

/// Everything one request is answered from.
struct View {
    service: Service,
    professionals: Vec<Professional>,
    appointments: Vec<Appointment>,
    /// When they are busy elsewhere, by professional.
    elsewhere: HashMap<String, Vec<Busy>>,
}

impl EmbeddedAgenda {
    /// An agenda on these tables.
    pub fn new(foundation: Foundation, rules: AgendaRules, business: &Business) -> Self {
        Self {
            on: foundation,
            rules,
            calendar: business.calendar(),
            zone: business.timezone.clone(),
            writing: Mutex::new(()),
            outside: None,
        }
    }

    /// The same agenda, which keeps to these calendars too.
    #[must_use]
    pub fn beside(self, outside: Arc<dyn OutsideCalendar>) -> Self {
        Self { outside: Some(outside), ..self }
    }

    fn rules(&self) -> Rules<'_> {
        let now = self.on.clock.now().to_zoned(self.zone.clone());
        Rules { agenda: &self.rules, calendar: &self.calendar, zone: &self.zone, now }
    }

    /// The service, who may do it, and every standing appointment that may be in the way.
    async fn view(&self, service: &str, professional: Option<&str>) -> Result<View, BackofficeError> {
        let services = self.on.records.services().await?;
        let service = choose("service", service, &services, |service| (&service.id, &service.name))?.clone();
        let everybody = self.on.records.professionals().await?;
        let offers =
            |person: &Professional| person.services.is_empty() || person.services.contains(&service.id);
        let professionals: Vec<_> = match professional {
            None => everybody.into_iter().filter(offers).collect(),
            Some(wanted) => {
                let person = choose("professional", wanted, &everybody, |person| (&person.id, &person.name))?;
                if !offers(person) {
                    return Err(BackofficeError::conflict(format!(
                        "{} does not do {}",
                        person.name, service.name
                    )));
                }
                vec![person.clone()]
            }
        };
        if professionals.is_empty() {
            return Err(BackofficeError::conflict(format!("nobody can be booked for {}", service.name)));
        }
        let elsewhere = self.elsewhere(&professionals).await?;
        Ok(View { service, professionals, appointments: self.standing().await?, elsewhere })
    }

    /// When these professionals are busy by their own calendars. If one cannot be asked, nothing is offered: a time
    /// that only looks free would be taken from somebody.
    async fn elsewhere(
        &self,
        professionals: &[Professional],
    ) -> Result<HashMap<String, Vec<Busy>>, BackofficeError> {
        let Some(outside) = &self.outside else { return Ok(HashMap::new()) };
        let (from, until) = self.bookable()?;
        let asked = professionals.iter().map(|person| async move {
            Ok((person.id.clone(), outside.busy(&person.id, from, until).await?))
        });
        futures_util::future::try_join_all(asked).await.map(|busy| busy.into_iter().collect())
    }

    /// Every standing appointment of the time that can be booked.
    async fn standing(&self) -> Result<Vec<Appointment>, BackofficeError> {
        let (from, until) = self.bookable()?;
        Ok(self.on.records.appointments_between(from, until).await?)
    }

    /// The time that can be booked.
    fn bookable(&self) -> Result<(Timestamp, Timestamp), BackofficeError> {
        let rules = self.rules();
        // The day behind the horizon still counts: its appointments need a pause before them. And what has just
        // ended needs one behind it.
        let until = self.start_of(rules.horizon().saturating_add(2.days()))?;
        let from = self.start_of(rules.now.date())?;
        Ok((from, until))
    }

    fn start_of(&self, day: Date) -> Result<Timestamp, BackofficeError> {
        let midnight = day.to_zoned(self.zone.clone());
        midnight
            .map(|midnight| midnight.timestamp())
            .map_err(|error| BackofficeError::Fault(error.to_string()))
    }

    /// Free times of `day` by start, one for each start: the first professional who has it.
    fn slots_on(&self, view: &View, diaries: &[Diary], rules: &Rules<'_>, day: Date) -> Vec<Slot> {
        let mut slots: Vec<Slot> = Vec::new();
        for (professional, diary) in view.professionals.iter().zip(diaries) {
            slots.extend(rules.free_on(&view.service, diary, day).into_iter().map(|(start, end)| Slot {
                start,
                end,
                professional: professional.id.clone(),
                professional_name: professional.name.clone(),
                service: view.service.id.clone(),
                service_name: view.service.name.clone(),
            }));
        }
        // Stable: of equal starts the first professional's comes first, and stays.
        slots.sort_by(|a, b| a.start.cmp(&b.start));
        slots.dedup_by(|later, first| later.start == first.start);
        slots
    }

    /// The free times nearest to a wished one, by start. Reads the agenda again: whoever lost a race must not be
    /// offered what they have just lost.
    async fn nearest(
        &self,
        mut view: View,
        except: Option<RecordId>,
        wished: DateTime,
    ) -> Result<Vec<Slot>, BackofficeError> {
        view.appointments = self.standing().await?;
        let (rules, diaries) = (self.rules(), diaries(&view, except)?);
        let today = rules.now.date();
        let centre = wished.date().clamp(today, rules.horizon());
        let mut near: Vec<Slot> = (-NEARBY_DAYS..=NEARBY_DAYS)
            .filter_map(|offset| centre.checked_add(offset.days()).ok())
            .filter(|day| (today..=rules.horizon()).contains(day))
            .flat_map(|day| self.slots_on(&view, &diaries, &rules, day))
            .collect();
        near.sort_by_key(|slot| slot.start.datetime().duration_since(wished).abs());
        near.truncate(ALTERNATIVES);
        near.sort_by(|a, b| a.start.cmp(&b.start));
        Ok(near)
    }

    /// Tries the professionals of the view in order; the store has the last word on each.
    async fn place<F>(
        &self,
        view: View,
        except: Option<RecordId>,
        start: DateTime,
        write: impl Fn(String, Timestamp, Timestamp) -> F,
    ) -> Result<Appointment, BackofficeError>
    where
        F: Future<Output = Result<Appointment, StoreError>>,
    {
        let rules = self.rules();
        let mut nearest = Refusal::Past;
        for (professional, diary) in view.professionals.iter().zip(diaries(&view, except)?) {
            match rules.check(&view.service, &diary, start) {
                Ok((begin, end)) => {
                    match write(professional.id.clone(), begin.timestamp(), end.timestamp()).await {
                        Ok(appointment) => return Ok(appointment),
                        Err(StoreError::Conflict(_)) => nearest = Refusal::Taken,
                        Err(error) => return Err(error.into()),
                    }
                }
                Err(refusal) => nearest = nearest.max(refusal),
            }
        }
        let alternatives = self.nearest(view, except, start).await?;
        Err(BackofficeError::Conflict { reason: nearest.to_string(), alternatives })
    }

    async fn own(&self, reference: &str, contact: ContactId) -> Result<Appointment, BackofficeError> {
        let wanted = reference.trim().trim_start_matches('#');
        let id = wanted.parse::<RecordId>().ok();
        self.on
            .records
            .appointments_of(contact, Timestamp::MIN)
            .await?
            .into_iter()
            .find(|booked| booked.code.eq_ignore_ascii_case(wanted) || Some(booked.id) == id)
            .ok_or_else(|| BackofficeError::not_found("appointment"))
    }

    async fn describe(&self, appointments: Vec<Appointment>) -> Result<Vec<Booked>, BackofficeError> {
        let services = self.on.records.services().await?;
        let professionals = self.on.records.professionals().await?;
        appointments
            .into_iter()
            .map(|appointment| {
                let service = services.iter().find(|service| service.id == appointment.service);
                let professional = professionals.iter().find(|person| person.id == appointment.professional);
                let (Some(service), Some(professional)) = (service, professional) else {
                    return Err(BackofficeError::Fault(format!(
                        "appointment {} names a service or professional that does not exist",
                        appointment.code
                    )));
                };
                Ok(Booked {
                    start: appointment.start.to_zoned(self.zone.clone()),
                    end: appointment.end.to_zoned(self.zone.clone()),
                    service: service.clone(),
                    professional: professional.clone(),
                    appointment,
                })
            })
            .collect()
    }

    async fn describe_one(&self, appointment: Appointment) -> Result<Booked, BackofficeError> {
        let mut described = self.describe(vec![appointment]).await?;
        described.pop().ok_or_else(|| BackofficeError::Fault("no appointment to describe".to_owned()))
    }
}

#[async_trait]
impl Agenda for EmbeddedAgenda {
    async fn services(&self) -> Result<Vec<Service>, BackofficeError> {
        Ok(self.on.records.services().await?)
    }

    async fn professionals(&self) -> Result<Vec<Professional>, BackofficeError> {
        Ok(self.on.records.professionals().await?)
    }

    async fn list_slots(&self, query: SlotQuery) -> Result<Vec<Slot>, BackofficeError> {
        let view = self.view(&query.service, query.professional.as_deref()).await?;
        let diaries = diaries(&view, None)?;
        let rules = self.rules();
        let from = query.from.unwrap_or(DateTime::MIN).max(rules.now.datetime());
        let until = query.until.unwrap_or(DateTime::MAX);
        if until <= query.from.unwrap_or(DateTime::MIN) {
            return Err(BackofficeError::invalid("until", "must be later than `from`"));
        }
        let limit = usize::try_from(query.limit.clamp(1, MOST_SLOTS)).unwrap_or(1);
        let mut slots = Vec::new();
        let mut day = from.date();
        while slots.len() < limit && day <= rules.horizon().min(until.date()) {
            let free = self.slots_on(&view, &diaries, &rules, day);
            slots.extend(free.into_iter().filter(|slot| (from..until).contains(&slot.start.datetime())));
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        slots.truncate(limit);
        Ok(slots)
    }

    async fn book(&self, key: &str, request: Book) -> Result<Booked, BackofficeError> {
        let notes = limits::remark("notes", &request.notes)?;
        let key = EffectKey(key.to_owned());
        let _writing = self.writing.lock().await;
        let view = self.view(&request.service, request.professional.as_deref()).await?;
        let service = view.service.id.clone();
        let draft = |professional: String, start: Timestamp, end: Timestamp| Appointment {
            id: RecordId(self.on.clock.new_id()),
            code: format!("A{:06}", self.on.clock.random() % 1_000_000),
            professional,
            service: service.clone(),
            contact: request.contact,
            start,
            end,
            status: AppointmentStatus::Booked,
            notes: notes.clone(),
        };
        // The contact may have this very time already: because this call is a repetition (then the store knows
        // the key and answers with the first result), or because they ask twice (then it refuses the overlap).
        let same =
            self.on.records.appointments_of(request.contact, self.on.clock.now()).await?.into_iter().find(
                |own| {
                    own.status == AppointmentStatus::Booked
                        && own.service == view.service.id
                        && own.start.to_zoned(self.zone.clone()).datetime() == request.start
                        && view.professionals.iter().any(|person| person.id == own.professional)
                },
            );
        let appointment = match same {
            Some(own) => {
                let again = draft(own.professional.clone(), own.start, own.end);
                match self.on.records.book(&key, &again).await {
                    Err(StoreError::Conflict(_)) => {
                        let reason =
                            format!("this contact already has that appointment, with code {}", own.code);
                        return Err(BackofficeError::conflict(reason));
                    }
                    result => result?,
                }
            }
            None => {
                let write = |professional, start, end| {
                    let (appointment, key) = (draft(professional, start, end), &key);
                    async move { self.on.records.book(key, &appointment).await }
                };
                self.place(view, None, request.start, write).await?
            }
        };
        self.describe_one(appointment).await
    }

    async fn appointments(&self, contact: ContactId) -> Result<Vec<Booked>, BackofficeError> {
        let mut appointments = self.on.records.appointments_of(contact, self.on.clock.now()).await?;
        appointments.retain(|appointment| appointment.status == AppointmentStatus::Booked);
        self.describe(appointments).await
    }

    async fn reschedule(&self, key: &str, request: Reschedule) -> Result<Booked, BackofficeError> {
        let key = EffectKey(key.to_owned());
        let _writing = self.writing.lock().await;
        let own = self.own(&request.reference, request.contact).await?;
        if own.status == AppointmentStatus::Cancelled {
            return Err(BackofficeError::conflict("this appointment was called off; book a new one"));
        }
        if own.start <= self.on.clock.now() {
            return Err(BackofficeError::conflict("this appointment has already begun or is over"));
        }
        let professional = request.professional.as_deref().unwrap_or(&own.professional);
        let view = self.view(&own.service, Some(professional)).await?;
        let stays = own.start.to_zoned(self.zone.clone()).datetime() == request.start
            && view.professionals.iter().all(|person| person.id == own.professional);
        if stays {
            return self.describe_one(own).await;
        }
        let write = |professional: String, start, end| {
            let key = &key;
            async move { self.on.records.move_appointment(key, own.id, &professional, start, end).await }
        };
        let moved = self.place(view, Some(own.id), request.start, write).await?;
        self.describe_one(moved).await
    }

    async fn cancel(
        &self,
        key: &str,
        reference: &str,
        contact: ContactId,
    ) -> Result<Booked, BackofficeError> {
        let own = self.own(reference, contact).await?;
        if own.status == AppointmentStatus::Cancelled {
            return self.describe_one(own).await;
        }
        if own.start <= self.on.clock.now() {
            return Err(BackofficeError::conflict("this appointment has already begun or is over"));
        }
        let cancelled = self.on.records.cancel_appointment(&EffectKey(key.to_owned()), own.id).await?;
        self.describe_one(cancelled).await
    }
}

fn diaries(view: &View, except: Option<RecordId>) -> Result<Vec<Diary>, BackofficeError> {
    view.professionals
        .iter()
        .map(|person| {
            let elsewhere = view.elsewhere.get(&person.id).map_or(&[][..], Vec::as_slice);
            Diary::of(person, &view.appointments, elsewhere, except)
                .map_err(|error| BackofficeError::Fault(format!("professional {}: {error}", person.id)))
        })
        .collect()
}
