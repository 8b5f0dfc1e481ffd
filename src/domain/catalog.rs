//! What a shop keeps: products, orders, coupons, shipping prices.

use super::ids::ContactId;
use super::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Stock of what can be had, and nobody counts how many there are.
pub const UNCOUNTED: u32 = u32::MAX;

/// Something that is sold, or one variation of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Product {
    /// Stock keeping unit: the key.
    pub sku: String,
    /// Name shown to customers.
    pub name: String,
    /// Category.
    pub category: String,
    /// What it is; untrusted text.
    pub description: String,
    /// Price; the lowest one for a product that has variations.
    pub price: Money,
    /// Weight for shipping.
    pub weight_grams: u32,
    /// Pieces in stock; [`UNCOUNTED`] if there are some. `None` for a product that is only sold in variations.
    pub stock: Option<u32>,
    /// The product this is a variation of (SKU).
    pub variation_of: Option<String>,
    /// Which variation: `Cor: Areia; Tamanho: M`.
    pub variation: Option<String>,
    /// Products that go with it (SKUs).
    pub complements: Vec<String>,
}

/// How far an order is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Waiting for the payment.
    AwaitingPayment,
    /// Paid, not yet packed.
    Paid,
    /// Being packed.
    Picking,
    /// Given to the carrier.
    Shipped,
    /// With the driver today.
    OutForDelivery,
    /// Delivered.
    Delivered,
    /// Called off.
    Cancelled,
    /// Sent back.
    Returned,
}

impl OrderStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::AwaitingPayment,
        Self::Paid,
        Self::Picking,
        Self::Shipped,
        Self::OutForDelivery,
        Self::Delivered,
        Self::Cancelled,
        Self::Returned,
    ];

    /// The name used in storage and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "awaiting_payment",
            Self::Paid => "paid",
            Self::Picking => "picking",
            Self::Shipped => "shipped",
            Self::OutForDelivery => "out_for_delivery",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
        }
    }
}

/// One line of an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrderItem {
    /// What.
    pub sku: String,
    /// How many.
    pub quantity: u32,
}

/// A sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Number a customer can say.
    pub number: String,
    /// Whose.
    pub contact: ContactId,
    /// E-mail on file: what proves the customer is the buyer.
    pub email: String,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// How far it is.
    pub status: OrderStatus,
    /// `pending`, `approved`, `refunded` or `failed`; `unknown` if the shop does not say.
    pub payment_status: String,
    /// `pix`, `cartao`, `boleto` …
    pub payment_method: String,
    /// What was bought.
    pub items: Vec<OrderItem>,
    /// How it travels.
    pub shipping_method: String,
    /// Price of the shipping.
    pub shipping_price: Money,
    /// Discount on the whole order.
    pub discount: Money,
    /// What is paid in the end.
    pub total: Money,
    /// Who carries it.
    pub carrier: Option<String>,
    /// The carrier's number.
    pub tracking_code: Option<String>,
    /// When it should arrive.
    pub delivery_estimate: Option<Date>,
    /// Postal code it goes to, 8 digits.
    pub postal_code: Option<String>,
}

/// A discount that is given by rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Coupon {
    /// What the customer types.
    pub code: String,
    /// What it gives, in plain words.
    pub description: String,
    /// `percent`, `amount` or `free_shipping`.
    pub kind: String,
    /// Percent, or centavos for `amount`.
    pub value: i64,
    /// Smallest purchase it holds for.
    pub minimum: Money,
    /// Who gets it: `any`, `first_purchase`, `orders>=3`, `inactive_days>=90`, `bought:Plantas`.
    pub rule: String,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_until: Date,
}

/// One row of the shipping table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShippingRate {
    /// First postal code, 8 digits.
    pub postal_code_from: String,
    /// Last postal code, 8 digits.
    pub postal_code_until: String,
    /// Plain name of the region.
    pub region: String,
    /// How it travels.
    pub method: String,
    /// Price of a parcel without its weight.
    pub base_price: Money,
    /// Price of every kilogram, counted to the gram.
    pub price_per_kilogram: Money,
    /// Fewest business days.
    pub days_min: u32,
    /// Most business days.
    pub days_max: u32,
    /// Purchases from this amount travel free.
    pub free_above: Option<Money>,
}
