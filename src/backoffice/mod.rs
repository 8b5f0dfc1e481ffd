//! The systems behind the counter, one trait per file: what tools call and what a vendor's connector or the
//! embedded implementation answers. Nothing here knows of models, conversations or HTTP.

pub mod agenda;
pub mod calendar;
pub mod catalog;
pub mod connector;
pub mod crm;
pub mod csv;
pub mod embedded;
pub mod error;
pub mod leads;
mod limits;
pub mod mirrored;
pub mod nurture;
pub mod payments;
pub mod shipping;
pub mod tickets;
pub mod words;

pub use error::BackofficeError;

use crate::limits::mail::Post;
use std::sync::Arc;

/// The systems, whoever implements each, to hand out by argument.
#[derive(Clone)]
pub struct Backoffice {
    /// People, opportunities, notes.
    pub crm: Arc<dyn crm::Crm>,
    /// Bookable times.
    pub agenda: Arc<dyn agenda::Agenda>,
    /// Requests for help.
    pub tickets: Arc<dyn tickets::Tickets>,
    /// Products, orders, shipping, coupons.
    pub catalog: Arc<dyn catalog::Catalog>,
    /// Ways to pay, if a vendor offers any.
    pub payments: Option<Arc<dyn payments::Payments>>,
    /// Lists on which leads are kept warm, if a marketing tool has any.
    pub nurture: Option<Arc<dyn nurture::Lists>>,
    /// Mail to people of the business, if a vendor sends it.
    pub mail: Option<Arc<dyn Post>>,
}
