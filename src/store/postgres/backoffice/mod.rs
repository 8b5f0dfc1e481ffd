//! Tables of the embedded back office on PostgreSQL. This file is the list of what there is; each area's writes stand
//! in a file of their own.

mod agenda;
mod crm;
mod effects;
mod import;
mod tickets;

use super::database::{Atomicity, Database};
use super::rows::{Columns, Statement};
use super::text::stored;
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
use std::sync::Arc;

/// [`BackofficeStore`] on PostgreSQL.
pub(super) struct Backoffice {
    database: Database,
}

impl Backoffice {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// The records a statement finds.
    async fn records<T: DeserializeOwned>(&self, statement: Statement<'_>) -> Result<Vec<T>, StoreError> {
        self.database.all(statement).await?.iter().map(|row| Columns::of(row).json()).collect()
    }

    /// The record a statement finds, if any.
    async fn record<T: DeserializeOwned>(&self, statement: Statement<'_>) -> Result<Option<T>, StoreError> {
        let row = self.database.one(statement).await?;
        row.map(|row| Columns::of(&row).json()).transpose()
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
        self.once(key, Kind::SaveOpportunity, move |tx| {
            Box::pin(crm::save_opportunity(tx, opportunity.clone()))
        })
        .await
    }

    async fn opportunities(&self, contact: ContactId) -> Result<Vec<Opportunity>, StoreError> {
        self.records(sqlx::query(sql::backoffice::OPPORTUNITIES).bind(blob(contact.0))).await
    }

    async fn add_note(&self, key: &EffectKey, note: &Note) -> Result<Note, StoreError> {
        let note = note.clone();
        self.once(key, Kind::AddNote, move |tx| Box::pin(crm::add_note(tx, note.clone()))).await
    }

    async fn notes(&self, contact: ContactId, limit: u32) -> Result<Vec<Note>, StoreError> {
        self.records(sqlx::query(sql::backoffice::NOTES).bind(blob(contact.0)).bind(i64::from(limit))).await
    }

    async fn professionals(&self) -> Result<Vec<Professional>, StoreError> {
        self.records(sqlx::query(sql::backoffice::PROFESSIONALS)).await
    }

    async fn services(&self) -> Result<Vec<Service>, StoreError> {
        self.records(sqlx::query(sql::backoffice::SERVICES)).await
    }

    async fn appointments_between(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Appointment>, StoreError> {
        let statement = sqlx::query(sql::backoffice::APPOINTMENTS_BETWEEN);
        self.records(statement.bind(from.as_millisecond()).bind(until.as_millisecond())).await
    }

    async fn appointments_of(
        &self,
        contact: ContactId,
        after: Timestamp,
    ) -> Result<Vec<Appointment>, StoreError> {
        let statement = sqlx::query(sql::backoffice::APPOINTMENTS_OF);
        self.records(statement.bind(blob(contact.0)).bind(after.as_millisecond())).await
    }

    async fn book(&self, key: &EffectKey, appointment: &Appointment) -> Result<Appointment, StoreError> {
        let appointment = appointment.clone();
        self.once(key, Kind::Book, move |tx| Box::pin(agenda::book(tx, appointment.clone()))).await
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
        self.once(key, Kind::MoveAppointment, move |tx| Box::pin(agenda::move_to(tx, id, slot.clone()))).await
    }

    async fn cancel_appointment(&self, key: &EffectKey, id: RecordId) -> Result<Appointment, StoreError> {
        self.once(key, Kind::CancelAppointment, move |tx| Box::pin(agenda::cancel(tx, id))).await
    }

    async fn create_ticket(&self, key: &EffectKey, ticket: &Ticket) -> Result<Ticket, StoreError> {
        let ticket = ticket.clone();
        self.once(key, Kind::CreateTicket, move |tx| Box::pin(tickets::create(tx, ticket.clone()))).await
    }

    async fn ticket(&self, number: i64) -> Result<Option<Ticket>, StoreError> {
        self.record(sqlx::query(sql::backoffice::TICKET).bind(number)).await
    }

    async fn tickets(&self, contact: ContactId) -> Result<Vec<Ticket>, StoreError> {
        self.records(sqlx::query(sql::backoffice::TICKETS).bind(blob(contact.0))).await
    }

    async fn comment_ticket(
        &self,
        key: &EffectKey,
        number: i64,
        comment: &TicketComment,
    ) -> Result<Ticket, StoreError> {
        let comment = comment.clone();
        self.once(key, Kind::CommentTicket, move |tx| Box::pin(tickets::comment(tx, number, comment.clone())))
            .await
    }

    async fn products(&self) -> Result<Vec<Product>, StoreError> {
        self.records(sqlx::query(sql::backoffice::PRODUCTS)).await
    }

    async fn order(&self, number: &str) -> Result<Option<Order>, StoreError> {
        self.record(sqlx::query(sql::backoffice::ORDER).bind(stored(number))).await
    }

    async fn orders(&self, contact: ContactId) -> Result<Vec<Order>, StoreError> {
        self.records(sqlx::query(sql::backoffice::ORDERS).bind(blob(contact.0))).await
    }

    async fn all_orders(&self, after: Option<&str>, limit: u32) -> Result<Vec<Order>, StoreError> {
        let statement = sqlx::query(sql::backoffice::ALL_ORDERS);
        self.records(statement.bind(stored(after.unwrap_or_default())).bind(i64::from(limit))).await
    }

    async fn coupons(&self) -> Result<Vec<Coupon>, StoreError> {
        self.records(sqlx::query(sql::backoffice::COUPONS)).await
    }

    async fn shipping_rates(&self) -> Result<Vec<ShippingRate>, StoreError> {
        self.records(sqlx::query(sql::backoffice::SHIPPING_RATES)).await
    }

    async fn import(&self, rows: ImportRows) -> Result<(), StoreError> {
        let prepared = Arc::new(Prepared::of(rows)?);
        self.database
            .write(Atomicity::Transaction, move |tx| {
                let prepared = Arc::clone(&prepared);
                Box::pin(async move { import::write(&prepared, tx).await })
            })
            .await
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        let row = self.database.one(sqlx::query(sql::backoffice::ANYTHING)).await?;
        let anything: bool = row.map_or(Ok(false), |row| Columns::of(&row).flag())?;
        Ok(!anything)
    }
}
