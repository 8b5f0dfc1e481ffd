//! The shop over its records, the program's own or a vendor's. Products are searched in an index that is at most a few
//! seconds old; orders are read as they are; coupons and shipping prices are the program's own tables.

use super::Foundation;
use super::coupons::{self, Purchases};
use super::product_index::ProductIndex;
use super::shipping::{self, Parcel};
use crate::backoffice::BackofficeError;
use crate::backoffice::catalog::{
    Catalog, CouponOffer, ProductFound, ProductQuery, ShippingQuery, ShippingQuote, ShopRecords,
};
use crate::backoffice::limits;
use crate::backoffice::shipping::{Carriers, Goods};
use crate::config::backoffice::CatalogRules;
use crate::config::business::Business;
use crate::domain::calendar::Calendar;
use crate::domain::catalog::{Order, OrderItem, Product};
use crate::domain::handle::canonical_postal_code;
use crate::domain::ids::ContactId;
use crate::domain::money::Money;
use crate::store::backoffice::BackofficeStore;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Most different items of one shipping query.
const MOST_ITEMS: usize = 100;
/// Most pieces of one item.
const MOST_PIECES: u32 = 10_000;

/// The embedded shop.
pub struct EmbeddedCatalog {
    on: Foundation,
    shop: Arc<dyn ShopRecords>,
    carriers: Option<Arc<dyn Carriers>>,
    rules: CatalogRules,
    calendar: Calendar,
    zone: TimeZone,
    index: Mutex<Option<(Timestamp, Arc<ProductIndex>)>>,
}

impl EmbeddedCatalog {
    /// A shop on these tables.
    pub fn new(foundation: Foundation, rules: CatalogRules, business: &Business) -> Self {
        let shop = Arc::new(OwnShop(foundation.records.clone()));
        Self {
            on: foundation,
            shop,
            carriers: None,
            rules,
            calendar: business.calendar(),
            zone: business.timezone.clone(),
            index: Mutex::new(None),
        }
    }

    /// The same shop over other records, which are read every so many seconds.
    #[must_use]
    pub fn over(self, shop: Arc<dyn ShopRecords>, index_seconds: u32) -> Self {
        Self { shop, rules: CatalogRules { index_seconds, ..self.rules }, ..self }
    }

    /// The same shop with carriers that say what sending costs, in place of the own table.
    #[must_use]
    pub fn sent_by(self, carriers: Arc<dyn Carriers>) -> Self {
        Self { carriers: Some(carriers), ..self }
    }

    /// The index, read again if it is too old. Whoever comes meanwhile waits for that one reading.
    async fn index(&self) -> Result<Arc<ProductIndex>, BackofficeError> {
        let now = self.on.clock.now();
        let mut kept = self.index.lock().await;
        if let Some((read_at, index)) = kept.as_ref()
            && now.as_second().abs_diff(read_at.as_second()) < u64::from(self.rules.index_seconds)
        {
            return Ok(Arc::clone(index));
        }
        let index = Arc::new(ProductIndex::new(self.shop.products().await?));
        *kept = Some((now, Arc::clone(&index)));
        Ok(index)
    }
}

#[async_trait]
impl Catalog for EmbeddedCatalog {
    async fn search_products(&self, query: ProductQuery) -> Result<Vec<ProductFound>, BackofficeError> {
        Ok(self.index().await?.search(&query))
    }

    async fn product(&self, sku: &str) -> Result<ProductFound, BackofficeError> {
        self.index().await?.by_sku(sku).ok_or_else(|| BackofficeError::not_found("product"))
    }

    async fn categories(&self) -> Result<Vec<String>, BackofficeError> {
        Ok(self.index().await?.categories())
    }

    async fn order(&self, number: &str) -> Result<Order, BackofficeError> {
        let number = limits::line("number", number.trim().trim_start_matches('#'), limits::WORD)?;
        self.shop.order(number.trim()).await?.ok_or_else(|| BackofficeError::not_found("order"))
    }

    async fn orders(&self, contact: ContactId) -> Result<Vec<Order>, BackofficeError> {
        self.shop.orders(contact).await
    }

    async fn shipping_options(&self, query: ShippingQuery) -> Result<ShippingQuote, BackofficeError> {
        let postal_code = canonical_postal_code(&query.postal_code)
            .ok_or_else(|| BackofficeError::invalid("postal_code", "must be a CEP of 8 digits"))?;
        if query.items.len() > MOST_ITEMS {
            return Err(BackofficeError::invalid("items", format!("at most {MOST_ITEMS} different items")));
        }
        let index = self.index().await?;
        let (mut weight_grams, mut goods, mut short) = (0_u64, Money::ZERO, Vec::new());
        let mut sent = Vec::with_capacity(query.items.len());
        for item in &query.items {
            let product = sold(&index, item)?;
            weight_grams += u64::from(product.weight_grams) * u64::from(item.quantity);
            goods = goods + product.price.times(item.quantity);
            sent.push(Goods {
                sku: product.sku.clone(),
                quantity: item.quantity,
                weight_grams: product.weight_grams,
                price: product.price,
            });
            let stock = product.stock.unwrap_or(0);
            if stock < item.quantity {
                short.push(OrderItem { sku: product.sku.clone(), quantity: stock });
            }
        }
        let rates = self.on.records.shipping_rates().await?;
        let serving = shipping::rates_for(&rates, &postal_code);
        let now = self.on.clock.now().to_zoned(self.zone.clone());
        let parcel = Parcel { weight_grams, goods, now: &now };
        let same_day = &self.rules.same_day_dispatch;
        let mut options: Vec<_> = match &self.carriers {
            None => serving
                .iter()
                .filter_map(|rate| shipping::option(rate, &parcel, &self.calendar, same_day))
                .collect(),
            Some(carriers) => carriers
                .quotes(&postal_code, &sent)
                .await?
                .into_iter()
                .filter_map(|quote| shipping::quoted(quote, &now, &self.calendar, same_day))
                .collect(),
        };
        options.sort_by_key(|option| (option.price, option.days_max));
        let region = serving.first().map(|narrowest| narrowest.region.clone());
        let serves = if self.carriers.is_some() { !options.is_empty() } else { region.is_some() };
        if !serves {
            return Err(BackofficeError::not_found("a way to send to this postal code"));
        }
        Ok(ShippingQuote {
            region: region.unwrap_or_else(|| format!("CEP {postal_code}")),
            postal_code,
            weight_grams,
            goods,
            options,
            short,
        })
    }

    async fn coupon_offers(&self, contact: Option<ContactId>) -> Result<Vec<CouponOffer>, BackofficeError> {
        let now = self.on.clock.now().to_zoned(self.zone.clone());
        let purchases = match contact {
            None => Purchases::default(),
            Some(contact) => {
                let index = self.index().await?;
                Purchases::of(&self.shop.orders(contact).await?, |sku| index.category_of(sku), &now)
            }
        };
        Ok(coupons::offers(self.on.records.coupons().await?, &purchases, now.date()))
    }
}

/// The shop in the program's own tables.
struct OwnShop(Arc<dyn BackofficeStore>);

#[async_trait]
impl ShopRecords for OwnShop {
    async fn products(&self) -> Result<Vec<Product>, BackofficeError> {
        Ok(self.0.products().await?)
    }

    async fn order(&self, number: &str) -> Result<Option<Order>, BackofficeError> {
        Ok(self.0.order(number).await?)
    }

    async fn orders(&self, contact: ContactId) -> Result<Vec<Order>, BackofficeError> {
        Ok(self.0.orders(contact).await?)
    }
}

/// The very thing an item asks for, if it can be bought as it is.
fn sold<'a>(index: &'a ProductIndex, item: &OrderItem) -> Result<&'a Product, BackofficeError> {
    if !(1..=MOST_PIECES).contains(&item.quantity) {
        return Err(BackofficeError::invalid("items", format!("a quantity must be from 1 to {MOST_PIECES}")));
    }
    match index.sold(&item.sku) {
        None => Err(BackofficeError::not_found(format!(
            "product {}",
            item.sku.chars().take(40).collect::<String>()
        ))),
        Some(Ok(product)) => Ok(product),
        Some(Err(variations)) => {
            let choices: Vec<_> = variations
                .iter()
                .take(20)
                .map(|product| format!("{} ({})", product.sku, product.variation.as_deref().unwrap_or("")))
                .collect();
            let reason = format!("{} is sold in variations; say which: {}", item.sku, choices.join(", "));
            Err(BackofficeError::invalid("items", reason))
        }
    }
}
