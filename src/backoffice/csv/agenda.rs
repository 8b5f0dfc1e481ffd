//! `services.csv`, `professionals.csv` and `appointments.csv`: one row to one record and back.

use super::cell;
use super::dates::{Dates, MOMENT, written};
use super::people::Customer;
use super::products::decimal;
use super::table::{AMOUNT, Row, amount};
use crate::backoffice::limits;
use crate::domain::agenda::{Appointment, AppointmentStatus, Professional, Service};
use crate::domain::hours::WeekHours;
use crate::domain::ids::RecordId;
use jiff::Timestamp;
use jiff::tz::TimeZone;

const STATUSES: &[(&str, AppointmentStatus)] = &[
    ("booked", AppointmentStatus::Booked),
    ("cancelled", AppointmentStatus::Cancelled),
    ("confirmed", AppointmentStatus::Booked),
    ("pending", AppointmentStatus::Booked),
    ("completed", AppointmentStatus::Booked),
    ("no_show", AppointmentStatus::Booked),
    ("confirmado", AppointmentStatus::Booked),
    ("pendente", AppointmentStatus::Booked),
    ("concluido", AppointmentStatus::Booked),
    ("faltou", AppointmentStatus::Booked),
    ("cancelado", AppointmentStatus::Cancelled),
];

/// Reads a service.
pub fn read_service(row: &mut Row<'_>) -> Option<Service> {
    let id = row.text("id", |text| limits::line("id", text, limits::WORD));
    let name = row.text("name", |text| limits::line("name", text, limits::LINE));
    let duration = row.read("duration_min", "a number of minutes from 1 to 1440", |text| {
        cell::whole(text).filter(|minutes| (1..=1_440).contains(minutes))
    });
    let price = row.maybe("price", AMOUNT, amount);
    let description = row.text("description", |text| limits::remark("description", text));
    let location = row.text("location", |text| limits::remark("location", text));
    Some(Service {
        id: id?,
        name: name?,
        duration_minutes: duration?,
        price: price?,
        description: description?,
        location: location?,
    })
}

/// Writes a service.
pub fn write_service(service: &Service) -> Vec<String> {
    vec![
        service.id.clone(),
        service.name.clone(),
        service.duration_minutes.to_string(),
        service.price.map(decimal).unwrap_or_default(),
        service.description.clone(),
        service.location.clone(),
    ]
}

/// Reads a professional. Without services they offer all; without hours they work whenever the business is open.
pub fn read_professional(row: &mut Row<'_>) -> Option<Professional> {
    let id = row.text("id", |text| limits::line("id", text, limits::WORD));
    let name = row.text("name", |text| limits::line("name", text, limits::LINE));
    let role = row.text("role", |text| limits::remark("role", text));
    let hours = row.cell("hours").to_owned();
    if let Err(error) = hours.parse::<WeekHours>() {
        row.problem("hours", error.to_string());
    }
    let services = cell::list(row.cell("services"));
    Some(Professional { id: id?, name: name?, role: role?, services, hours })
}

/// Writes a professional.
pub fn write_professional(professional: &Professional) -> Vec<String> {
    vec![
        professional.id.clone(),
        professional.name.clone(),
        professional.role.clone(),
        professional.hours.clone(),
        cell::joined(professional.services.iter().map(String::as_str)),
    ]
}

/// A row of `appointments.csv`: what the file says; the rest follows from the service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppointmentRow {
    /// Professional (id).
    pub professional: String,
    /// Service (id).
    pub service: String,
    /// Start.
    pub start: Timestamp,
    /// End; by the duration of the service if `None`.
    pub end: Option<Timestamp>,
    /// Whose.
    pub customer: Customer,
    /// Whether it stands.
    pub status: AppointmentStatus,
    /// Remarks.
    pub notes: String,
    /// Its code; made from its content if `None`.
    pub code: Option<String>,
    /// Its id; made from its content if `None`.
    pub id: Option<RecordId>,
}

/// Reads an appointment.
pub fn read_appointment(row: &mut Row<'_>, dates: &Dates<'_>) -> Option<AppointmentRow> {
    let professional = row.text("professional_id", |text| limits::line("", text, limits::WORD));
    let service = row.text("service_id", |text| limits::line("", text, limits::WORD));
    let start = row.read("start", MOMENT, |text| dates.moment(text));
    let end = row.maybe("end", MOMENT, |text| dates.moment(text));
    if let (Some(start), Some(Some(end))) = (start, end)
        && end <= start
    {
        row.problem("end", "does not lie behind start");
    }
    let customer = row.read("customer_email", Customer::EXPECTED, Customer::read);
    let status = row.word("status", STATUSES, Some(AppointmentStatus::Booked));
    let notes = row.text("notes", |text| limits::remark("notes", text));
    let code = row.maybe("code", "a code like `A1042`", |text| {
        (text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| text.to_owned())
    });
    let id = row.maybe("id", "an id as it was exported", |text| text.parse().ok());
    Some(AppointmentRow {
        professional: professional?,
        service: service?,
        start: start?,
        end: end?,
        customer: customer?,
        status: status?,
        notes: notes?,
        code: code?,
        id: id?,
    })
}

/// Writes an appointment of `customer`.
pub fn write_appointment(appointment: &Appointment, customer: &Customer, zone: &TimeZone) -> Vec<String> {
    vec![
        appointment.professional.clone(),
        appointment.service.clone(),
        written(appointment.start, zone),
        customer.written(),
        appointment.status.as_str().to_owned(),
        appointment.notes.clone(),
        written(appointment.end, zone),
        appointment.code.clone(),
        appointment.id.to_string(),
    ]
}
