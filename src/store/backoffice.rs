//! Tables of the embedded back office. Records only: rules (hours, lead time, who may see what) live in
//! `backoffice/embedded/`. Every write carries an [`EffectKey`]: a key seen before changes nothing and returns
//! what the first write returned, in the same transaction. A refused write leaves no key behind. Every record
//! names a contact that exists: else [`StoreError::Conflict`].

use super::error::StoreError;
use crate::domain::agenda::{Appointment, Professional, Service};
use crate::domain::catalog::{Coupon, Order, Product, ShippingRate};
use crate::domain::contact::Contact;
use crate::domain::crm::{Note, Opportunity};
use crate::domain::ids::{ContactId, RecordId};
use crate::domain::ticket::{Ticket, TicketComment};
use async_trait::async_trait;
use jiff::Timestamp;

/// Names one effect in the world: turn id + call id. The same key never has two effects.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EffectKey(pub String);

/// Tables of the embedded back office.
#[async_trait]
pub trait BackofficeStore: Send + Sync {
    /// Writes an opportunity, new or changed.
    async fn save_opportunity(
        &self,
        key: &EffectKey,
        opportunity: &Opportunity,
    ) -> Result<Opportunity, StoreError>;
    /// Opportunities of a contact, newest first.
    async fn opportunities(&self, contact: ContactId) -> Result<Vec<Opportunity>, StoreError>;
    /// Adds a note.
    async fn add_note(&self, key: &EffectKey, note: &Note) -> Result<Note, StoreError>;
    /// Notes on a contact, newest first.
    async fn notes(&self, contact: ContactId, limit: u32) -> Result<Vec<Note>, StoreError>;

    /// Everybody who can be booked.
    async fn professionals(&self) -> Result<Vec<Professional>, StoreError>;
    /// Everything that can be booked.
    async fn services(&self) -> Result<Vec<Service>, StoreError>;
    /// Standing appointments that overlap the span, by start.
    async fn appointments_between(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Appointment>, StoreError>;
    /// Appointments of a contact that end after `after`, by start; cancelled ones too.
    async fn appointments_of(
        &self,
        contact: ContactId,
        after: Timestamp,
    ) -> Result<Vec<Appointment>, StoreError>;
    /// Books.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the professional has another standing appointment in that time.
    async fn book(&self, key: &EffectKey, appointment: &Appointment) -> Result<Appointment, StoreError>;
    /// Moves a standing appointment, under the same rule.
    async fn move_appointment(
        &self,
        key: &EffectKey,
        id: RecordId,
        professional: &str,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Appointment, StoreError>;
    /// Calls an appointment off.
    async fn cancel_appointment(&self, key: &EffectKey, id: RecordId) -> Result<Appointment, StoreError>;

    /// Opens a ticket. Its number is given by the store (the `number` passed is ignored), rising from the highest.
    async fn create_ticket(&self, key: &EffectKey, ticket: &Ticket) -> Result<Ticket, StoreError>;
    /// One ticket with its comments.
    async fn ticket(&self, number: i64) -> Result<Option<Ticket>, StoreError>;
    /// Tickets of a contact, newest first.
    async fn tickets(&self, contact: ContactId) -> Result<Vec<Ticket>, StoreError>;
    /// Adds a comment; a solved ticket is open again.
    async fn comment_ticket(
        &self,
        key: &EffectKey,
        number: i64,
        comment: &TicketComment,
    ) -> Result<Ticket, StoreError>;

    /// Every product with its variations, by SKU.
    async fn products(&self) -> Result<Vec<Product>, StoreError>;
    /// One order by its number.
    async fn order(&self, number: &str) -> Result<Option<Order>, StoreError>;
    /// Orders of a contact, newest first.
    async fn orders(&self, contact: ContactId) -> Result<Vec<Order>, StoreError>;
    /// Every order by number, behind `after`, at most `limit`: for export.
    async fn all_orders(&self, after: Option<&str>, limit: u32) -> Result<Vec<Order>, StoreError>;
    /// Every coupon.
    async fn coupons(&self) -> Result<Vec<Coupon>, StoreError>;
    /// The shipping table.
    async fn shipping_rates(&self) -> Result<Vec<ShippingRate>, StoreError>;

    /// Writes rows of an import, replacing those with the same key, in one transaction.
    async fn import(&self, rows: ImportRows) -> Result<(), StoreError>;
    /// Whether nothing was ever imported or written: then demo data may be laid.
    async fn is_empty(&self) -> Result<bool, StoreError>;
}

/// Rows to import: each kind keyed by its own natural key (SKU, number, id, code).
#[derive(Clone, Debug, Default)]
pub struct ImportRows {
    /// By id, written as [`super::contacts::ContactStore::save`] does; before everything else.
    pub contacts: Vec<Contact>,
    /// By id.
    pub notes: Vec<Note>,
    /// By SKU.
    pub products: Vec<Product>,
    /// By number; contacts must exist or come along.
    pub orders: Vec<Order>,
    /// By id.
    pub professionals: Vec<Professional>,
    /// By id.
    pub services: Vec<Service>,
    /// By id.
    pub appointments: Vec<Appointment>,
    /// By number; kept as given.
    pub tickets: Vec<Ticket>,
    /// By code.
    pub coupons: Vec<Coupon>,
    /// The whole table is replaced if not empty.
    pub shipping_rates: Vec<ShippingRate>,
}
