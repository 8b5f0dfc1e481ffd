//! `orders.csv`: one row to one order and back.

use super::cell;
use super::dates::{DAY, Dates, MOMENT, written};
use super::people::{contact_id, nobodys};
use super::products::{decimal, padded_postal_code};
use super::table::Row;
use crate::backoffice::limits;
use crate::domain::catalog::{Order, OrderItem, OrderStatus};
use crate::domain::handle::canonical_email;
use jiff::tz::TimeZone;

const STATUSES: &[(&str, OrderStatus)] = &[
    ("awaiting_payment", OrderStatus::AwaitingPayment),
    ("paid", OrderStatus::Paid),
    ("picking", OrderStatus::Picking),
    ("shipped", OrderStatus::Shipped),
    ("out_for_delivery", OrderStatus::OutForDelivery),
    ("delivered", OrderStatus::Delivered),
    ("cancelled", OrderStatus::Cancelled),
    ("returned", OrderStatus::Returned),
    ("aguardando_pagamento", OrderStatus::AwaitingPayment),
    ("pago", OrderStatus::Paid),
    ("em_separacao", OrderStatus::Picking),
    ("enviado", OrderStatus::Shipped),
    ("saiu_para_entrega", OrderStatus::OutForDelivery),
    ("entregue", OrderStatus::Delivered),
    ("cancelado", OrderStatus::Cancelled),
    ("devolvido", OrderStatus::Returned),
];

const PAYMENTS: &[(&str, &str)] = &[
    ("pending", "pending"),
    ("approved", "approved"),
    ("refunded", "refunded"),
    ("failed", "failed"),
    ("pendente", "pending"),
    ("aprovado", "approved"),
    ("estornado", "refunded"),
    ("recusado", "failed"),
];

/// Reads an order. Its contact is the one that an import makes of the e-mail; without one it was of somebody who was
/// forgotten.
pub fn read_order(row: &mut Row<'_>, dates: &Dates<'_>) -> Option<Order> {
    let word = |text: &str| limits::line("", text, limits::WORD);
    let maybe_line = |text: &str| {
        if text.is_empty() { Ok(String::new()) } else { limits::line("", text, limits::LINE) }
    };
    let number = row.text("number", |text| word(text.trim_start_matches('#')));
    let email = row.read("customer_email", "an e-mail address", |text| match text {
        "" => Some(String::new()),
        given => canonical_email(given),
    });
    let placed_at = row.read("placed_at", MOMENT, |text| dates.moment(text));
    let status = row.word("status", STATUSES, None);
    let payment_status = row.word("payment_status", PAYMENTS, Some("pending"));
    let payment_method = row.text("payment_method", maybe_line);
    let items = row.read("items", "a list like `SKU-1 x2|SKU-2 x1`", read_items);
    let shipping_method = row.text("shipping_method", maybe_line);
    let shipping_price = row.money_or_zero("shipping_price");
    let discount = row.money_or_zero("discount");
    let total = row.money("total");
    let carrier = row.text("carrier", maybe_line);
    let tracking_code = row.text("tracking_code", maybe_line);
    let delivery_estimate = row.maybe("delivery_estimate", DAY, |text| dates.day(text));
    let postal_code = row.maybe("cep", "a CEP of 8 digits", padded_postal_code);
    let said = |text: String| (!text.is_empty()).then_some(text);
    let (number, email) = (number?, email?);
    let contact = if email.is_empty() { nobodys(&number) } else { contact_id(&email) };
    Some(Order {
        number,
        contact,
        email,
        placed_at: placed_at?,
        status: status?,
        payment_status: payment_status?.to_owned(),
        payment_method: payment_method?,
        items: items?,
        shipping_method: shipping_method?,
        shipping_price: shipping_price?,
        discount: discount?,
        total: total?,
        carrier: said(carrier?),
        tracking_code: said(tracking_code?),
        delivery_estimate: delivery_estimate?,
        postal_code: postal_code?,
    })
}

/// Writes an order.
pub fn write_order(order: &Order, zone: &TimeZone) -> Vec<String> {
    let items: Vec<_> = order.items.iter().map(|item| format!("{} x{}", item.sku, item.quantity)).collect();
    vec![
        order.number.clone(),
        order.email.clone(),
        written(order.placed_at, zone),
        order.status.as_str().to_owned(),
        order.payment_status.clone(),
        order.payment_method.clone(),
        cell::joined(items.iter().map(String::as_str)),
        order.shipping_method.clone(),
        decimal(order.shipping_price),
        decimal(order.discount),
        decimal(order.total),
        order.carrier.clone().unwrap_or_default(),
        order.tracking_code.clone().unwrap_or_default(),
        order.delivery_estimate.map(|day| day.to_string()).unwrap_or_default(),
        order.postal_code.clone().unwrap_or_default(),
    ]
}

/// Reads `SKU-1 x2|SKU-2`; a SKU without a count is one piece.
fn read_items(text: &str) -> Option<Vec<OrderItem>> {
    let items: Vec<OrderItem> = cell::list(text).iter().map(|item| read_item(item)).collect::<Option<_>>()?;
    (!items.is_empty()).then_some(items)
}

fn read_item(text: &str) -> Option<OrderItem> {
    let counted = text.rsplit_once(char::is_whitespace).and_then(|(sku, count)| {
        let quantity = cell::whole(count.strip_prefix(['x', 'X', '×'])?)?;
        Some(OrderItem { sku: sku.trim().to_owned(), quantity })
    });
    let item = counted.unwrap_or_else(|| OrderItem { sku: text.to_owned(), quantity: 1 });
    let is_sku = !item.sku.is_empty() && item.sku.len() <= 100 && !item.sku.contains(char::is_control);
    (is_sku && item.quantity > 0).then_some(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_can_be_written_and_read() {
        for status in OrderStatus::ALL {
            assert!(STATUSES.contains(&(status.as_str(), status)));
        }
    }

    #[test]
    fn reads_items() {
        let item = |sku: &str, quantity| OrderItem { sku: sku.to_owned(), quantity };
        assert_eq!(
            read_items("PLA-014 x1| PLA-009-M X12"),
            Some(vec![item("PLA-014", 1), item("PLA-009-M", 12)])
        );
        assert_eq!(read_items("VASO AZUL"), Some(vec![item("VASO AZUL", 1)]));
        for text in ["", "|", "A x0"] {
            assert_eq!(read_items(text), None, "{text}");
        }
    }
}
