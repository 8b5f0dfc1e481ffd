//! Shipping prices of a vendor's.

use super::engine::Connector;
use super::remote::{amount, shaped};
use crate::backoffice::BackofficeError;
use crate::backoffice::shipping::{CarrierQuote, Carriers, Goods};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most ways to send that are told.
const MOST: usize = 8;

/// The vendor's carriers.
pub struct ConnectorCarriers {
    vendor: Arc<Connector>,
}

/// What `shipping_quotes` gives: a list of these.
#[derive(Deserialize)]
struct Remote {
    method: String,
    price: Value,
    days_min: u32,
    days_max: u32,
}

impl ConnectorCarriers {
    /// The carriers of this vendor.
    pub fn new(vendor: Arc<Connector>) -> Self {
        Self { vendor }
    }
}

#[async_trait]
impl Carriers for ConnectorCarriers {
    async fn quotes(&self, postal_code: &str, goods: &[Goods]) -> Result<Vec<CarrierQuote>, BackofficeError> {
        let items: Vec<Value> = goods
            .iter()
            .map(|goods| {
                json!({
                    "sku": goods.sku,
                    "quantity": goods.quantity,
                    "weight_kg": f64::from(goods.weight_grams) / 1_000.0,
                    "price_number": goods.price.0 as f64 / 100.0,
                })
            })
            .collect();
        let arguments = json!({"postal_code": postal_code, "items": items});
        let result = self.vendor.read("shipping_quotes", &arguments).await?;
        let quotes: Option<Vec<Remote>> = shaped(result, self.vendor.name(), "shipping_quotes")?;
        let mut quotes: Vec<CarrierQuote> = quotes
            .into_iter()
            .flatten()
            .filter_map(|quote| {
                Some(CarrierQuote {
                    method: quote.method,
                    price: amount(&quote.price, self.vendor.pack().money)?,
                    days_min: quote.days_min.min(quote.days_max),
                    days_max: quote.days_max.max(quote.days_min),
                })
            })
            .collect();
        quotes.sort_by_key(|quote| (quote.price, quote.days_max));
        quotes.truncate(MOST);
        Ok(quotes)
    }
}
