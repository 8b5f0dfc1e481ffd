//! Tables of the embedded back office on SQLite. This file is the list of what there is; each area's writes stand
//! in a file of their own.

mod agenda;
mod crm;
mod effects;
mod import;
mod tickets;

use super::Database;
use super::statement::{Statement, query};
use super::writer::Atomicity;
use crate::domain::agenda::{Appointment, Professional, Service};
use crate::domain::catalog::{Coupon, Order, Product, ShippingRate};
use crate::domain::crm::{Note, Opportunity};
use crate::domain::ids::{ContactId, RecordId};
use crate::domain::ticket::{Ticket, TicketComment};
use crate::store::backoffice::{BackofficeStore, EffectKey, ImportRows};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::effects::Kind;
use crate::store::sql::import::Prepared;
use crate::store::sql::values::blob;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

/// [`BackofficeStore`] on SQLite.
pub(super) struct Backoffice {
    database: Database,
}

impl Backoffice {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// The few records a statement finds.
    fn records<T: DeserializeOwned>(&self, statement: Statement) -> Result<Vec<T>, StoreError> {
        self.database.reader.few(statement, |columns| columns.json())
    }

    /// The records a statement finds, of which there may be many.
    async fn many_records<T>(&self, statement: Statement) -> Result<Vec<T>, StoreError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.database.reader.many(statement, |columns| columns.json()).await
    }

    /// The record a statement finds, if any.
    fn record<T: DeserializeOwned>(&self, statement: Statement) -> Result<Option<T>, StoreError> {
        self.database.reader.one(statement, |columns| columns.json())
    }
}

#[async_trait]
impl BackofficeStore for Backoffice {
    async fn save_opportunity(
        &self,
        key: &EffectKey,
        opportunity: &Opportunity,
    ) -> Result<Opportunity, StoreError> {
        let opportunity = opportunity.clone();
        self.once(key, Kind::SaveOpportunity, |tx| crm::save_opportunity(tx, opportunity)).await
    }

    async fn opportunities(&self, contact: ContactId) -> Result<Vec<Opportunity>, StoreError> {
        self.records(query(sql::backoffice::OPPORTUNITIES).bind(blob(contact.0)))
    }

    async fn add_note(&self, key: &EffectKey, note: &Note) -> Result<Note, StoreError> {
        let note = note.clone();
        self.once(key, Kind::AddNote, |tx| crm::add_note(tx, note)).await
    }

    async fn notes(&self, contact: ContactId, limit: u32) -> Result<Vec<Note>, StoreError> {
        self.records(query(sql::backoffice::NOTES).bind(blob(contact.0)).bind(limit))
    }

    async fn professionals(&self) -> Result<Vec<Professional>, StoreError> {
        self.records(query(sql::backoffice::PROFESSIONALS))
    }

    async fn services(&self) -> Result<Vec<Service>, StoreError> {
        self.records(query(sql::backoffice::SERVICES))
    }

    async fn appointments_between(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Appointment>, StoreError> {
        let statement = query(sql::backoffice::APPOINTMENTS_BETWEEN);
        self.records(statement.bind(from.as_millisecond()).bind(until.as_millisecond()))
    }

    async fn appointments_of(
        &self,
        contact: ContactId,
        after: Timestamp,
    ) -> Result<Vec<Appointment>, StoreError> {
        let statement = query(sql::backoffice::APPOINTMENTS_OF);
        self.records(statement.bind(blob(contact.0)).bind(after.as_millisecond()))
    }

    async fn book(&self, key: &EffectKey, appointment: &Appointment) -> Result<Appointment, StoreError> {
        let appointment = appointment.clone();
        self.once(key, Kind::Book, |tx| agenda::book(tx, appointment)).await
    }

    async fn move_appointment(
        &self,
        key: &EffectKey,
        id: RecordId,
        professional: &str,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Appointment, StoreError> {
        let slot = agenda::Slot { professional: professional.to_owned(), start, end };
        self.once(key, Kind::MoveAppointment, move |tx| agenda::move_to(tx, id, slot)).await
    }

    async fn cancel_appointment(&self, key: &EffectKey, id: RecordId) -> Result<Appointment, StoreError> {
        self.once(key, Kind::CancelAppointment, move |tx| agenda::cancel(tx, id)).await
    }

    async fn create_ticket(&self, key: &EffectKey, ticket: &Ticket) -> Result<Ticket, StoreError> {
        let ticket = ticket.clone();
        self.once(key, Kind::CreateTicket, |tx| tickets::create(tx, ticket)).await
    }

    async fn ticket(&self, number: i64) -> Result<Option<Ticket>, StoreError> {
        self.record(query(sql::backoffice::TICKET).bind(number))
    }

    async fn tickets(&self, contact: ContactId) -> Result<Vec<Ticket>, StoreError> {
        self.records(query(sql::backoffice::TICKETS).bind(blob(contact.0)))
    }

    async fn comment_ticket(
        &self,
        key: &EffectKey,
        number: i64,
        comment: &TicketComment,
    ) -> Result<Ticket, StoreError> {
        let comment = comment.clone();
        self.once(key, Kind::CommentTicket, move |tx| tickets::comment(tx, number, comment)).await
    }

    async fn products(&self) -> Result<Vec<Product>, StoreError> {
        self.many_records(query(sql::backoffice::PRODUCTS)).await
    }

    async fn order(&self, number: &str) -> Result<Option<Order>, StoreError> {
        self.record(query(sql::backoffice::ORDER).bind(number))
    }

    async fn orders(&self, contact: ContactId) -> Result<Vec<Order>, StoreError> {
        self.records(query(sql::backoffice::ORDERS).bind(blob(contact.0)))
    }

    async fn all_orders(&self, after: Option<&str>, limit: u32) -> Result<Vec<Order>, StoreError> {
        let statement = query(sql::backoffice::ALL_ORDERS);
        self.many_records(statement.bind(after.unwrap_or_default()).bind(limit)).await
    }

    async fn coupons(&self) -> Result<Vec<Coupon>, StoreError> {
        self.records(query(sql::backoffice::COUPONS))
    }

    async fn shipping_rates(&self) -> Result<Vec<ShippingRate>, StoreError> {
        self.records(query(sql::backoffice::SHIPPING_RATES))
    }

    async fn import(&self, rows: ImportRows) -> Result<(), StoreError> {
        let prepared = Prepared::of(rows)?;
        self.database.writer.run(Atomicity::Savepoint, |tx| import::write(prepared, tx)).await
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        let anything =
            self.database.reader.one(query(sql::backoffice::ANYTHING), |columns| columns.value())?;
        Ok(!anything.unwrap_or(false))
    }
}
