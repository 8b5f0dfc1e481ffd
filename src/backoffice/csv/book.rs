//! Gives imported appointments what follows from the other files: an end by the service, an id and a code by the
//! content. Refuses what names nobody, and two standing appointments at one time.

use super::Shop;
use super::agenda::AppointmentRow;
use super::import::{Draft, Placed, short};
use super::people::{Customer, record_id};
use super::report::Problems;
use crate::domain::agenda::{Appointment, AppointmentStatus};
use crate::domain::ids::RecordId;
use jiff::{Timestamp, ToSpan};
use std::collections::{HashMap, HashSet};

/// An appointment and whose it is.
pub type Booking = Placed<(Appointment, Customer)>;

impl AppointmentRow {
    /// What makes it this appointment and no other.
    pub fn content(&self) -> String {
        match self.id {
            Some(id) => id.to_string(),
            None => {
                format!(
                    "{}\0{}\0{}\0{}",
                    self.professional,
                    self.service,
                    self.start,
                    self.customer.written()
                )
            }
        }
    }

    fn record_id(&self) -> RecordId {
        self.id.unwrap_or_else(|| record_id("appointment", &self.content()))
    }
}

/// Makes records of the draft's appointments. Their contact is the one an import makes of the handle.
pub async fn place(draft: &mut Draft, shop: &Shop, problems: &mut Problems) -> anyhow::Result<Vec<Booking>> {
    let rows = std::mem::take(&mut draft.appointments);
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let stored_services = shop.records.services().await?;
    let services: HashMap<&str, u32> = stored_services
        .iter()
        .chain(draft.services.iter().map(|placed| &placed.value))
        .map(|service| (service.id.as_str(), service.duration_minutes))
        .collect();
    let stored_professionals = shop.records.professionals().await?;
    let professionals: HashSet<&str> = stored_professionals
        .iter()
        .chain(draft.professionals.iter().map(|placed| &placed.value))
        .map(|professional| professional.id.as_str())
        .collect();
    let mut codes = HashSet::new();
    let mut bookings = Vec::new();
    for placed in rows {
        let row = &placed.value;
        let before = problems.count();
        if !professionals.contains(row.professional.as_str()) {
            let message = format!("there is no professional `{}`", short(&row.professional));
            placed.problem(problems, "professional_id", message);
        }
        let minutes = services.get(row.service.as_str()).copied();
        if minutes.is_none() {
            placed.problem(problems, "service_id", format!("there is no service `{}`", short(&row.service)));
        }
        let end = row.end.or_else(|| row.start.checked_add(i64::from(minutes?).minutes()).ok());
        let Some(end) = end.filter(|_| problems.count() == before) else { continue };
        let id = row.record_id();
        let appointment = Appointment {
            id,
            code: code(row, id, &mut codes),
            professional: row.professional.clone(),
            service: row.service.clone(),
            contact: row.customer.id(),
            start: row.start,
            end,
            status: row.status,
            notes: row.notes.clone(),
        };
        let customer = row.customer.clone();
        bookings.push(Placed { file: placed.file, line: placed.line, value: (appointment, customer) });
    }
    refuse_overlaps(&mut bookings, shop, problems).await?;
    Ok(bookings)
}

/// The code of the file, or one made of the id that no other row has.
fn code(row: &AppointmentRow, id: RecordId, codes: &mut HashSet<String>) -> String {
    if let Some(code) = &row.code {
        codes.insert(code.clone());
        return code.clone();
    }
    let mut number = id.0.as_u128() % 1_000_000;
    loop {
        let code = format!("A{number:06}");
        if codes.len() >= 1_000_000 || codes.insert(code.clone()) {
            return code;
        }
        number = (number + 1) % 1_000_000;
    }
}

/// Drops every standing appointment that begins before another one of its professional ends.
async fn refuse_overlaps(
    bookings: &mut Vec<Booking>,
    shop: &Shop,
    problems: &mut Problems,
) -> anyhow::Result<()> {
    let standing = |booking: &&Booking| booking.value.0.status == AppointmentStatus::Booked;
    let first = bookings.iter().filter(standing).map(|booking| booking.value.0.start).min();
    let last = bookings.iter().filter(standing).map(|booking| booking.value.0.end).max();
    let (Some(first), Some(last)) = (first, last) else { return Ok(()) };
    let replaced: HashSet<RecordId> = bookings.iter().map(|booking| booking.value.0.id).collect();
    let mut stored = shop.records.appointments_between(first, last).await?;
    stored.retain(|appointment| !replaced.contains(&appointment.id));
    // Sorted by professional and start; `None` stands for what the store has already, and comes first of equals.
    let mut spans: Vec<(&str, Timestamp, Option<usize>, Timestamp)> = stored
        .iter()
        .map(|appointment| (appointment.professional.as_str(), appointment.start, None, appointment.end))
        .collect();
    spans.extend(bookings.iter().enumerate().filter(|(_, booking)| standing(booking)).map(
        |(index, booking)| {
            let appointment = &booking.value.0;
            (appointment.professional.as_str(), appointment.start, Some(index), appointment.end)
        },
    ));
    spans.sort_unstable();
    let mut overlapping = HashSet::new();
    let mut latest: Option<(&str, Timestamp, Option<usize>)> = None;
    for (professional, start, index, end) in spans {
        if let Some((person, until, earlier)) = latest
            && person == professional
            && start < until
        {
            overlapping.extend(index.or(earlier));
            if end <= until {
                continue;
            }
        }
        latest = Some((professional, end, index));
    }
    let mut index = 0;
    bookings.retain(|booking| {
        let is_good = !overlapping.contains(&index);
        if !is_good {
            booking.problem(problems, "start", "the professional has another appointment at that time");
        }
        index += 1;
        is_good
    });
    Ok(())
}
