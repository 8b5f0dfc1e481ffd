//! A shop of a vendor's: its products and orders. A buyer is entered into the own book under the e-mail of the order,
//! so that whoever proves to own it is that person.

use super::engine::Connector;
use super::fault::Fault;
use super::pack::MoneyUnit;
use super::remote::{amount, shaped};
use crate::backoffice::BackofficeError;
use crate::backoffice::catalog::ShopRecords;
use crate::declared::instants::instant;
use crate::domain::catalog::{Order, OrderItem, OrderStatus, Product, UNCOUNTED};
use crate::domain::clock::Clock;
use crate::domain::contact::{Contact, Identity, IdentityKind};
use crate::domain::handle::{canonical_email, canonical_phone, canonical_postal_code};
use crate::domain::ids::ContactId;
use crate::domain::money::Money;
use crate::store::contacts::ContactStore;
use async_trait::async_trait;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The vendor's shop.
pub struct ConnectorShop {
    vendor: Arc<Connector>,
    contacts: Arc<dyn ContactStore>,
    clock: Arc<dyn Clock>,
}

/// What `products` gives: a list of these. One without a SKU or a price cannot be sold by name and is left out.
#[derive(Deserialize)]
struct RemoteProduct {
    sku: Option<String>,
    name: Option<String>,
    category: Option<String>,
    description: Option<String>,
    price: Option<Value>,
    weight_grams: Option<f64>,
    stock: Option<i64>,
    /// Whether it can be had, if `stock` says nothing.
    in_stock: Option<bool>,
    variation_of: Option<String>,
    variation: Option<String>,
}

/// What `order` gives, or null; and `orders`, a list of these.
#[derive(Deserialize)]
struct RemoteOrder {
    number: Value,
    email: Option<String>,
    name: Option<String>,
    phone: Option<String>,
    placed_at: Value,
    status: String,
    payment_status: Option<String>,
    payment_method: Option<String>,
    #[serde(default)]
    items: Vec<RemoteItem>,
    shipping_method: Option<String>,
    shipping_price: Option<Value>,
    discount: Option<Value>,
    total: Value,
    carrier: Option<String>,
    tracking_code: Option<String>,
    delivery_estimate: Option<String>,
    postal_code: Option<String>,
}

#[derive(Deserialize)]
struct RemoteItem {
    sku: Option<String>,
    name: Option<String>,
    quantity: u32,
}

impl ConnectorShop {
    /// The shop of this vendor, for these people.
    pub fn new(vendor: Arc<Connector>, contacts: Arc<dyn ContactStore>, clock: Arc<dyn Clock>) -> Self {
        Self { vendor, contacts, clock }
    }

    fn unit(&self) -> MoneyUnit {
        self.vendor.pack().money
    }

    /// The buyer in the own book, entered if there is none.
    async fn buyer(&self, order: &RemoteOrder, email: &str) -> Result<ContactId, BackofficeError> {
        let identity = Identity { kind: IdentityKind::Email, value: email.to_owned() };
        if let Some(contact) = self.contacts.find(&identity).await? {
            return Ok(contact.id);
        }
        let now = self.clock.now();
        // A phone that is somebody else's stays theirs.
        let mut phone = order.phone.as_deref().and_then(canonical_phone);
        if let Some(number) = &phone {
            let theirs = Identity { kind: IdentityKind::Phone, value: number.clone() };
            if self.contacts.find(&theirs).await?.is_some() {
                phone = None;
            }
        }
        let contact = Contact {
            name: order.name.clone().filter(|name| !name.trim().is_empty()),
            email: Some(email.to_owned()),
            phone,
            origin: Some(self.vendor.name().to_owned()),
            ..Contact::new(ContactId(self.clock.new_id()), now)
        };
        self.contacts.save(&contact).await?;
        Ok(contact.id)
    }

    /// An order as the counter knows it; one without an e-mail proves nobody and is not shown.
    async fn order_of(&self, remote: RemoteOrder) -> Result<Option<Order>, BackofficeError> {
        let Some(email) = remote.email.as_deref().and_then(canonical_email) else { return Ok(None) };
        let unreadable = || BackofficeError::Fault("the shop's answer could not be understood".to_owned());
        let status = OrderStatus::ALL.into_iter().find(|status| status.as_str() == remote.status);
        let contact = self.buyer(&remote, &email).await?;
        let money = |value: &Option<Value>| {
            value.as_ref().and_then(|value| amount(value, self.unit())).unwrap_or(Money::ZERO)
        };
        let number = match &remote.number {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Ok(Some(Order {
            number,
            contact,
            email,
            placed_at: instant(&remote.placed_at).ok_or_else(unreadable)?,
            status: status.ok_or_else(unreadable)?,
            payment_status: remote.payment_status.clone().unwrap_or_else(|| "unknown".to_owned()),
            payment_method: remote.payment_method.clone().unwrap_or_default(),
            items: remote
                .items
                .iter()
                .filter_map(|item| {
                    let sku = item.sku.clone().filter(|sku| !sku.is_empty()).or_else(|| item.name.clone())?;
                    Some(OrderItem { sku, quantity: item.quantity })
                })
                .collect(),
            shipping_method: remote.shipping_method.clone().unwrap_or_default(),
            shipping_price: money(&remote.shipping_price),
            discount: money(&remote.discount),
            total: amount(&remote.total, self.unit()).ok_or_else(unreadable)?,
            carrier: remote.carrier.clone().filter(|text| !text.is_empty()),
            tracking_code: remote.tracking_code.clone().filter(|text| !text.is_empty()),
            delivery_estimate: remote.delivery_estimate.as_deref().and_then(|day| day.parse::<Date>().ok()),
            postal_code: remote.postal_code.as_deref().and_then(canonical_postal_code),
        }))
    }
}

/// A text of a shop's page without its markup: what customers read is plain text.
fn without_markup(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        // A tag ends a word as little as it makes one, but for those that break lines.
        if ["p", "/p", "br", "li", "/li", "div", "/div"].iter().any(|name| tag.starts_with(name)) {
            text.push(' ');
        }
        rest = tag.split_once('>').map_or("", |(_, behind)| behind);
    }
    text.push_str(rest);
    let plain = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    let plain = plain.replace("&#8217;", "’").replace("&amp;", "&");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[async_trait]
impl ShopRecords for ConnectorShop {
    async fn products(&self) -> Result<Vec<Product>, BackofficeError> {
        let result = self.vendor.read("products", &json!({})).await?;
        let remote: Vec<RemoteProduct> = shaped(result, self.vendor.name(), "products")?;
        let unit = self.unit();
        Ok(remote
            .into_iter()
            .filter_map(|remote| {
                Some(Product {
                    sku: remote.sku.filter(|sku| !sku.trim().is_empty())?,
                    name: without_markup(&remote.name?),
                    category: remote.category.unwrap_or_default(),
                    description: without_markup(&remote.description.unwrap_or_default()),
                    price: amount(&remote.price?, unit)?,
                    weight_grams: remote.weight_grams.filter(|grams| *grams > 0.0).unwrap_or(0.0) as u32,
                    stock: match (remote.stock, remote.in_stock) {
                        (Some(stock), _) => Some(u32::try_from(stock).unwrap_or(0)),
                        (None, Some(true)) => Some(UNCOUNTED),
                        (None, Some(false)) => Some(0),
                        (None, None) => None,
                    },
                    variation_of: remote.variation_of,
                    variation: remote.variation,
                    complements: Vec::new(),
                })
            })
            .collect())
    }

    async fn order(&self, number: &str) -> Result<Option<Order>, BackofficeError> {
        match self.vendor.read("order", &json!({"number": number})).await {
            Ok(Value::Null) | Err(Fault::Missing | Fault::Rejected) => Ok(None),
            Ok(order) => self.order_of(shaped(order, self.vendor.name(), "order")?).await,
            Err(fault) => Err(fault.into()),
        }
    }

    async fn orders(&self, contact: ContactId) -> Result<Vec<Order>, BackofficeError> {
        let email = self.contacts.get(contact).await?.and_then(|contact| contact.email);
        let Some(email) = email.filter(|_| self.vendor.can("orders")) else { return Ok(Vec::new()) };
        let result = match self.vendor.read("orders", &json!({"email": email})).await {
            Err(Fault::Missing) => return Ok(Vec::new()),
            result => result?,
        };
        let remote: Vec<RemoteOrder> = shaped(result, self.vendor.name(), "orders")?;
        let mut orders = Vec::new();
        for order in remote {
            // A vendor's search looks into more than the e-mail.
            orders.extend(self.order_of(order).await?.filter(|order| order.contact == contact));
        }
        orders.sort_by_key(|order| std::cmp::Reverse(order.placed_at));
        Ok(orders)
    }
}

#[cfg(test)]
mod tests {
    use super::without_markup;

    #[test]
    fn markup_goes_and_words_stay() {
        for (html, text) in [
            ("<p>Barro&nbsp;cru.</p><p>Feito à m<b>ã</b>o</p>", "Barro cru. Feito à mão"),
            ("a < b", "a"),
            ("5 &lt; 7 &amp;amp; mais", "5 < 7 &amp; mais"),
            ("<script>x", "x"),
        ] {
            assert_eq!(without_markup(html), text, "{html}");
        }
    }
}
