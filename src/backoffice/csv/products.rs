//! `products.csv`, `coupons.csv` and `shipping.csv`: one row to one record and back.

use super::cell;
use super::dates::{DAY, Dates};
use super::table::{AMOUNT, Row, amount};
use crate::backoffice::embedded::coupons::CouponRule;
use crate::backoffice::limits;
use crate::domain::catalog::{Coupon, Product, ShippingRate};
use crate::domain::handle::canonical_postal_code;
use crate::domain::money::Money;

const WHOLE: &str = "a whole number";
const KINDS: &[(&str, &str)] = &[
    ("percent", "percent"),
    ("amount", "amount"),
    ("free_shipping", "free_shipping"),
    ("percentual", "percent"),
    ("valor", "amount"),
    ("frete_gratis", "free_shipping"),
];

/// Reads a product or variation.
pub fn read_product(row: &mut Row<'_>) -> Option<Product> {
    let sku = row.text("sku", |text| limits::line("sku", text, limits::WORD));
    let name = row.text("name", |text| limits::line("name", text, limits::LINE));
    let category = row.text("category", |text| limits::remark("category", text));
    let description = row.text("description", |text| limits::remark("description", text));
    let price = row.money("price");
    let weight = row.maybe("weight_g", "a whole number of grams", cell::whole);
    let stock = row.maybe("stock", WHOLE, cell::whole);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let variation_of = text(row.cell("variation_of"));
    let variation = text(row.cell("variation"));
    let complements = cell::list(row.cell("complements"));
    Some(Product {
        sku: sku?,
        name: name?,
        category: category?,
        description: description?,
        price: price?,
        weight_grams: weight?.unwrap_or(0),
        stock: stock?,
        variation_of,
        variation,
        complements,
    })
}

/// Writes a product or variation.
pub fn write_product(product: &Product) -> Vec<String> {
    vec![
        product.sku.clone(),
        product.name.clone(),
        product.category.clone(),
        product.description.clone(),
        decimal(product.price),
        product.weight_grams.to_string(),
        product.stock.map(|stock| stock.to_string()).unwrap_or_default(),
        product.variation_of.clone().unwrap_or_default(),
        product.variation.clone().unwrap_or_default(),
        cell::joined(product.complements.iter().map(String::as_str)),
    ]
}

/// Reads a coupon.
pub fn read_coupon(row: &mut Row<'_>, dates: &Dates<'_>) -> Option<Coupon> {
    let code = row.text("code", |text| limits::line("code", text, limits::WORD));
    let description = row.text("description", |text| limits::remark("description", text));
    let kind = row.word("kind", KINDS, None);
    let value = match kind {
        Some("percent") => row.read("value", "a whole percentage from 1 to 100", |text| {
            cell::whole(text.trim_end_matches('%').trim())
                .filter(|percent| (1..=100).contains(percent))
                .map(i64::from)
        }),
        Some("amount") => row
            .read("value", AMOUNT, |text| amount(text).filter(|value| *value > Money::ZERO))
            .map(|value| value.0),
        _ => Some(0),
    };
    let minimum = row.money_or_zero("min_purchase");
    let rule = row.cell("rule").to_owned();
    let rule = if rule.is_empty() { "any".to_owned() } else { rule };
    if let Err(error) = rule.parse::<CouponRule>() {
        row.problem("rule", error.to_string());
    }
    let valid_from = row.read("valid_from", DAY, |text| dates.day(text));
    let valid_until = row.read("valid_until", DAY, |text| dates.day(text));
    if let (Some(from), Some(until)) = (valid_from, valid_until)
        && until < from
    {
        row.problem("valid_until", "lies before valid_from");
    }
    Some(Coupon {
        code: code?,
        description: description?,
        kind: kind?.to_owned(),
        value: value?,
        minimum: minimum?,
        rule,
        valid_from: valid_from?,
        valid_until: valid_until?,
    })
}

/// Writes a coupon.
pub fn write_coupon(coupon: &Coupon) -> Vec<String> {
    let value = if coupon.kind == "amount" { decimal(Money(coupon.value)) } else { coupon.value.to_string() };
    vec![
        coupon.code.clone(),
        coupon.description.clone(),
        coupon.kind.clone(),
        value,
        decimal(coupon.minimum),
        coupon.rule.clone(),
        coupon.valid_from.to_string(),
        coupon.valid_until.to_string(),
    ]
}

/// Reads a row of the shipping table.
pub fn read_shipping(row: &mut Row<'_>) -> Option<ShippingRate> {
    let from = row.read("cep_from", "a CEP of 8 digits", padded_postal_code);
    let until = row.read("cep_to", "a CEP of 8 digits", padded_postal_code);
    if let (Some(from), Some(until)) = (&from, &until)
        && until < from
    {
        row.problem("cep_to", "lies before cep_from");
    }
    let region = row.text("region", |text| limits::remark("region", text));
    let method = row.text("method", |text| limits::line("method", text, limits::LINE));
    let base_price = row.money("base_price");
    let price_per_kilogram = row.money_or_zero("price_per_kg");
    let days_min = row.read("days_min", WHOLE, days);
    let days_max = row.read("days_max", WHOLE, days);
    if let (Some(min), Some(max)) = (days_min, days_max)
        && max < min
    {
        row.problem("days_max", "is less than days_min");
    }
    let free_above = row.maybe("free_above", AMOUNT, amount);
    Some(ShippingRate {
        postal_code_from: from?,
        postal_code_until: until?,
        region: region?,
        method: method?,
        base_price: base_price?,
        price_per_kilogram: price_per_kilogram?,
        days_min: days_min?,
        days_max: days_max?,
        free_above: free_above?,
    })
}

/// Writes a row of the shipping table.
pub fn write_shipping(rate: &ShippingRate) -> Vec<String> {
    vec![
        rate.postal_code_from.clone(),
        rate.postal_code_until.clone(),
        rate.region.clone(),
        rate.method.clone(),
        decimal(rate.base_price),
        decimal(rate.price_per_kilogram),
        rate.days_min.to_string(),
        rate.days_max.to_string(),
        rate.free_above.map(decimal).unwrap_or_default(),
    ]
}

/// A postal code whose leading zero a spreadsheet may have eaten.
pub fn padded_postal_code(text: &str) -> Option<String> {
    let is_short = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit());
    canonical_postal_code(&if is_short { format!("0{text}") } else { text.to_owned() })
}

/// An amount as files have it: `1234.50`.
pub fn decimal(amount: Money) -> String {
    let sign = if amount.0 < 0 { "-" } else { "" };
    let absolute = amount.0.unsigned_abs();
    format!("{sign}{}.{:02}", absolute / 100, absolute % 100)
}

fn days(text: &str) -> Option<u32> {
    cell::whole(text).filter(|days| *days <= 365)
}
