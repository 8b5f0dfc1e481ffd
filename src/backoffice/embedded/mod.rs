//! The systems behind the counter on the program's own store. Rules live here (who may see what, hours, lead
//! time, tariffs); the store only keeps records.

mod agenda;
mod catalog;
mod choose;
pub(in crate::backoffice) mod coupons;
mod crm;
mod merge;
mod product_index;
mod shipping;
mod slots;
mod tickets;

pub use agenda::EmbeddedAgenda;
pub use catalog::EmbeddedCatalog;
pub use crm::EmbeddedCrm;
pub use tickets::EmbeddedTickets;

use super::{Backoffice, BackofficeError};
use crate::config::backoffice::BackofficeSettings;
use crate::config::business::Business;
use crate::domain::clock::Clock;
use crate::store::backoffice::BackofficeStore;
use crate::store::contacts::ContactStore;
use crate::store::error::StoreError;
use std::sync::Arc;

/// What the embedded systems stand on.
#[derive(Clone)]
pub struct Foundation {
    /// Tables of the back office.
    pub records: Arc<dyn BackofficeStore>,
    /// People.
    pub contacts: Arc<dyn ContactStore>,
    /// Time, ids, randomness.
    pub clock: Arc<dyn Clock>,
}

/// All systems on one store; payments, and mail by other ways than a mail server, take a vendor.
pub fn embedded(foundation: &Foundation, settings: &BackofficeSettings, business: &Business) -> Backoffice {
    Backoffice {
        crm: Arc::new(EmbeddedCrm::new(foundation.clone(), settings.crm_rules.clone())),
        agenda: Arc::new(EmbeddedAgenda::new(foundation.clone(), settings.agenda_rules.clone(), business)),
        tickets: Arc::new(EmbeddedTickets::new(foundation.clone())),
        catalog: Arc::new(EmbeddedCatalog::new(foundation.clone(), settings.catalog_rules.clone(), business)),
        payments: None,
        nurture: None,
        mail: None,
    }
}

impl From<StoreError> for BackofficeError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found("record"),
            StoreError::Conflict(reason) => Self::conflict(reason),
            StoreError::Unavailable(reason) => Self::Unavailable(reason),
            StoreError::Stale | StoreError::Fault(_) => Self::Fault(error.to_string()),
        }
    }
}
