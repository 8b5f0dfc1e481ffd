//! What a message costs: Meta bills each by its category, at prices that stand in the settings. Knows prices only, not
//! who pays.

use std::collections::BTreeMap;

/// What Meta says that a message is billed as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pricing {
    /// `service`, `utility`, `marketing` …
    pub category: String,
    /// `regular`, or one of the kinds that are free.
    pub kind: String,
}

/// The price list.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Prices(BTreeMap<String, f64>);

impl Prices {
    /// Prices by category, in the currency that costs are shown in.
    pub fn new(prices: &BTreeMap<String, f64>) -> Self {
        Self(prices.iter().map(|(category, price)| (normal(category), *price)).collect())
    }

    /// The cost of a message in millionths of the currency; `None` if the list has no such category.
    pub fn cost(&self, pricing: &Pricing) -> Option<u64> {
        if pricing.kind.starts_with("free_") {
            return Some(0);
        }
        let category = normal(&pricing.category);
        // Groups and the light kind of marketing are billed as what they are a kind of, unless the list knows better.
        let related = category.strip_prefix("group_").unwrap_or(&category).trim_end_matches("_lite");
        let price = self.0.get(&category).or_else(|| self.0.get(related))?;
        // A conversion from float saturates: below zero and NaN become 0.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let micros = (price * 1_000_000.0).round() as u64;
        Some(micros)
    }
}

/// Meta spells some categories in two ways.
fn normal(category: &str) -> String {
    category.trim().to_ascii_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_has_its_price_and_free_is_free() {
        let list = [("service", 0.0068), ("marketing", 0.0625), ("authentication-international", 0.03)];
        let prices =
            Prices::new(&list.iter().map(|(category, price)| ((*category).to_owned(), *price)).collect());
        for (category, kind, cost) in [
            ("service", "regular", Some(6_800)),
            ("SERVICE", "regular", Some(6_800)),
            ("marketing", "regular", Some(62_500)),
            ("marketing_lite", "regular", Some(62_500)),
            ("group_service", "regular", Some(6_800)),
            ("authentication_international", "regular", Some(30_000)),
            ("service", "free_customer_service", Some(0)),
            ("referral_conversion", "free_entry_point", Some(0)),
            ("utility", "regular", None),
        ] {
            let pricing = Pricing { category: category.to_owned(), kind: kind.to_owned() };
            assert_eq!(prices.cost(&pricing), cost, "{category} {kind}");
        }
    }
}
