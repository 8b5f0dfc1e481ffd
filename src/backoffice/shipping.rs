//! What carriers ask for sending goods, where a vendor says it instead of the shop's own table. `connector/` implements
//! it; nothing here knows of HTTP.

use super::BackofficeError;
use crate::domain::money::Money;
use async_trait::async_trait;

/// One of the goods to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Goods {
    /// SKU.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// Weight of one in grams; 0 if nobody knows.
    pub weight_grams: u32,
    /// Price of one.
    pub price: Money,
}

/// What one way of sending costs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CarrierQuote {
    /// Carrier and service, e.g. `Correios PAC`.
    pub method: String,
    /// What it costs.
    pub price: Money,
    /// Fewest business days.
    pub days_min: u32,
    /// Most business days.
    pub days_max: u32,
}

/// Carriers. Implementors owe: prices as they are now, and no way of sending that does not serve the place.
#[async_trait]
pub trait Carriers: Send + Sync {
    /// Ways to send these goods to a postal code of 8 digits; none if nobody goes there.
    ///
    /// # Errors
    /// `Unavailable` if the carriers cannot be asked.
    async fn quotes(&self, postal_code: &str, goods: &[Goods]) -> Result<Vec<CarrierQuote>, BackofficeError>;
}
