//! The shop as tools see it: products, orders, shipping prices, coupons. Read only: nothing is sold here.

use super::BackofficeError;
use crate::domain::catalog::{Coupon, Order, OrderItem, Product};
use crate::domain::ids::ContactId;
use crate::domain::money::Money;
use async_trait::async_trait;
use jiff::civil::Date;

/// What to look for in the catalog.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductQuery {
    /// Words, or a SKU; every product if empty.
    pub text: String,
    /// Only this category; case and accents do not matter.
    pub category: Option<String>,
    /// Only products that can be had for this or less.
    pub max_price: Option<Money>,
    /// Which products by stock.
    pub availability: Availability,
    /// At most so many.
    pub limit: u32,
}

/// Which products by stock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Availability {
    /// In stock or not.
    #[default]
    Any,
    /// Only what can be had now.
    InStock,
}

/// A product with its variations, as a customer would be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductFound {
    /// The product itself.
    pub product: Product,
    /// Those of its variations that fit the query, the best fitting first; empty if it has none.
    pub variations: Vec<Product>,
    /// Lowest price of what is listed here.
    pub price_from: Money,
    /// Highest price of what is listed here.
    pub price_to: Money,
    /// Pieces in stock of what is listed here.
    pub stock: u32,
    /// Products that go with it.
    pub complements: Vec<Complement>,
}

impl ProductFound {
    /// Whether any of it can be had now.
    pub fn is_available(&self) -> bool {
        self.stock > 0
    }
}

/// A product that goes with another one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complement {
    /// SKU.
    pub sku: String,
    /// Name.
    pub name: String,
    /// Lowest price.
    pub price_from: Money,
    /// Pieces in stock, all variations together.
    pub stock: u32,
}

/// What to send where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShippingQuery {
    /// Postal code (CEP) as written.
    pub postal_code: String,
    /// SKUs that can be bought, and how many of each.
    pub items: Vec<OrderItem>,
}

/// What sending costs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShippingQuote {
    /// Postal code, 8 digits.
    pub postal_code: String,
    /// Plain name of the region.
    pub region: String,
    /// Weight of everything.
    pub weight_grams: u64,
    /// Price of the goods.
    pub goods: Money,
    /// Ways to send, cheapest first.
    pub options: Vec<ShippingOption>,
    /// Items of which fewer are in stock than asked for, and how many there are.
    pub short: Vec<OrderItem>,
}

/// One way to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShippingOption {
    /// How it travels.
    pub method: String,
    /// What it costs now: zero if it travels free.
    pub price: Money,
    /// What it would cost without the free rule.
    pub full_price: Money,
    /// Purchases from this amount travel free this way.
    pub free_above: Option<Money>,
    /// Fewest business days.
    pub days_min: u32,
    /// Most business days.
    pub days_max: u32,
    /// Earliest day, if ordered and paid now.
    pub arrives_from: Date,
    /// Latest day, if ordered and paid now.
    pub arrives_until: Date,
}

/// Why a coupon is offered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CouponReason {
    /// Everybody gets it.
    Everybody,
    /// They have not bought yet.
    FirstPurchase,
    /// They have bought at least so often.
    Orders {
        /// How often the rule asks.
        at_least: u32,
        /// How often they did.
        made: u32,
    },
    /// They have not bought for a while.
    InactiveDays {
        /// How many days the rule asks.
        at_least: u32,
        /// Days since their last purchase.
        since: u32,
    },
    /// They have bought from this category.
    Bought {
        /// The category.
        category: String,
    },
}

/// A coupon somebody may use, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponOffer {
    /// The coupon.
    pub coupon: Coupon,
    /// Why they get it.
    pub reason: CouponReason,
}

/// What a shop has on record: the program's own tables, or a vendor's shop.
#[async_trait]
pub trait ShopRecords: Send + Sync {
    /// Every product with its variations.
    async fn products(&self) -> Result<Vec<Product>, BackofficeError>;

    /// One order by its number.
    async fn order(&self, number: &str) -> Result<Option<Order>, BackofficeError>;

    /// Orders of a contact, newest first.
    async fn orders(&self, contact: ContactId) -> Result<Vec<Order>, BackofficeError>;
}

/// The shop. Implementors owe: prices and stock as they are now; orders only as asked for by number or contact.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Products that fit, best first.
    async fn search_products(&self, query: ProductQuery) -> Result<Vec<ProductFound>, BackofficeError>;

    /// One product by SKU: of the product, or of one of its variations (then only that variation is listed).
    async fn product(&self, sku: &str) -> Result<ProductFound, BackofficeError>;

    /// Categories, as written.
    async fn categories(&self) -> Result<Vec<String>, BackofficeError>;

    /// One order by its number. The caller checks the e-mail on file before anything of it is shown.
    async fn order(&self, number: &str) -> Result<Order, BackofficeError>;

    /// Orders of a contact, newest first. The caller has checked that the person is that contact.
    async fn orders(&self, contact: ContactId) -> Result<Vec<Order>, BackofficeError>;

    /// What sending costs and how long it takes.
    ///
    /// # Errors
    /// `Invalid` for a postal code or item that cannot be; `NotFound` if nothing is sent there.
    async fn shipping_options(&self, query: ShippingQuery) -> Result<ShippingQuote, BackofficeError>;

    /// Coupons the rules give: to this contact, or (`None`) to somebody who has not bought yet.
    async fn coupon_offers(&self, contact: Option<ContactId>) -> Result<Vec<CouponOffer>, BackofficeError>;
}
