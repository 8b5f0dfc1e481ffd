//! What became of an order. Nothing of it is told before the number and the e-mail on file both fit.

use super::capability::{Builtin, Capability, Declaration, failure};
use super::identity::{not_verified, proof, same_email};
use super::words::{day, order_status};
use crate::backoffice::BackofficeError;
use crate::backoffice::catalog::Catalog;
use crate::domain::catalog::{Order, OrderItem};
use crate::domain::tool::{ParamSource, Risk};
use crate::tools::tool::{Tool, ToolContext, ToolError, ToolOutput};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Items told of one order.
const ITEMS: usize = 20;

/// The tools over orders.
pub fn tools(catalog: &Arc<dyn Catalog>) -> Vec<Arc<dyn Tool>> {
    vec![Builtin::tool(OrderStatus(catalog.clone()))]
}

struct OrderStatus(Arc<dyn Catalog>);

#[derive(Deserialize, JsonSchema)]
struct OrderStatusArguments {
    /// Number of the order.
    #[schemars(length(min = 1, max = 40), extend("x-balcao-kind" = "order_number"))]
    number: String,
    /// E-mail the order was placed with.
    #[schemars(length(min = 3, max = 254), extend("x-balcao-kind" = "email"))]
    email: String,
}

impl Capability for OrderStatus {
    type Arguments = OrderStatusArguments;

    const DECLARATION: Declaration = Declaration {
        name: "order_status",
        description: "Tells how far an order is: state, delivery estimate, carrier, tracking code, items. Needs the order \
                      number and the e-mail it was placed with; ask for whichever is missing.",
        risk: Risk::Read,
        sources: &[("number", ParamSource::Said), ("email", ParamSource::Said)],
        trusted: &["number", "tracking_code", "items[].sku"],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let found = match self.0.order(&plain_number(&arguments.number)).await {
            Ok(order) => Some(order),
            Err(BackofficeError::NotFound { .. } | BackofficeError::Invalid { .. }) => None,
            Err(error) => return Err(failure(error)),
        };
        // An order that is not there is compared too, so that the answer takes the same way.
        let on_file = found.as_ref().map_or("nobody@invalid", |order| order.email.as_str());
        let fits = same_email(&arguments.email, on_file);
        let Some(order) = found.filter(|_| fits) else { return Err(not_verified("order")) };
        let items = self.items(&order).await;
        let effects = proof(&arguments.email, order.contact, context);
        Ok(ToolOutput { effects, ..ToolOutput::data(told(&order, items, context)) })
    }
}

impl OrderStatus {
    /// The items with their names; an item that left the catalog keeps its SKU.
    async fn items(&self, order: &Order) -> Vec<Value> {
        let mut items = Vec::with_capacity(order.items.len().min(ITEMS));
        for OrderItem { sku, quantity } in order.items.iter().take(ITEMS) {
            let name = match self.0.product(sku).await {
                Ok(found) => {
                    let variation = found.variations.iter().find(|variation| variation.sku == *sku);
                    match variation.and_then(|variation| variation.variation.as_deref()) {
                        Some(which) => format!("{} ({which})", found.product.name),
                        None => found.product.name,
                    }
                }
                Err(_) => sku.clone(),
            };
            items.push(json!({"sku": sku, "name": name, "quantity": quantity}));
        }
        items
    }
}

/// `#10234`, `pedido 10234`, `nº 10234` are all 10234.
pub fn plain_number(number: &str) -> String {
    let tail = number.trim().rsplit(|c: char| c.is_whitespace() || matches!(c, '#' | 'º' | '°' | ':')).next();
    tail.unwrap_or_default().trim_end_matches(['.', ',', '!', '?']).to_owned()
}

fn told(order: &Order, items: Vec<Value>, context: &ToolContext) -> Value {
    let placed = order.placed_at.to_zoned(context.now.time_zone().clone()).date();
    let mut told = json!({
        "number": order.number,
        "state": order.status.as_str(),
        "state_text": order_status(order.status, context.language),
        "placed": placed.to_string(),
        "placed_when": day(placed, context.language),
        "items": items,
        "delivery_estimate": order.delivery_estimate.map(|date| date.to_string()),
        "delivery_when": order.delivery_estimate.map(|date| day(date, context.language)),
        "shipping_method": order.shipping_method,
        "carrier": order.carrier,
        "tracking_code": order.tracking_code,
        "payment_method": order.payment_method,
        "payment_status": order.payment_status,
        "shipping_price": order.shipping_price.to_string(),
        "shipping_price_cents": order.shipping_price.0,
        "discount": order.discount.to_string(),
        "discount_cents": order.discount.0,
        "total": order.total.to_string(),
        "total_cents": order.total.0,
    });
    if let Some(object) = told.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::plain_number;

    #[test]
    fn reads_numbers_as_people_write_them() {
        for text in ["10234", " #10234", "pedido 10234", "nº10234", "Pedido: 10234."] {
            assert_eq!(plain_number(text), "10234", "{text}");
        }
        assert_eq!(plain_number(""), "");
    }
}
