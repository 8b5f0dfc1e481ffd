//! Who gets which coupon: the rules of a purchase history. Pure. A coupon is offered, never applied, here.

use crate::backoffice::catalog::{CouponOffer, CouponReason};
use crate::backoffice::words::fold;
use crate::domain::catalog::{Coupon, Order, OrderStatus};
use jiff::Zoned;
use jiff::civil::Date;
use std::str::FromStr;

/// Who gets a coupon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CouponRule {
    /// Everybody.
    Any,
    /// Who has not bought yet.
    FirstPurchase,
    /// Who has bought at least so often.
    Orders(u32),
    /// Who has bought, but not for at least so many days.
    InactiveDays(u32),
    /// Who has bought from this category.
    Bought(String),
}

/// A rule that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{0}` is no rule; write `any`, `first_purchase`, `orders>=3`, `inactive_days>=90` or `bought:Category`"
)]
pub struct UnknownRule(pub String);

impl FromStr for CouponRule {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownRule(text.chars().take(60).collect());
        let trimmed = text.trim();
        if let Some(category) = trimmed.strip_prefix("bought:") {
            let category = category.trim();
            return if category.is_empty() { Err(unknown()) } else { Ok(Self::Bought(category.to_owned())) };
        }
        if let Some((name, number)) = trimmed.split_once(">=") {
            let number = number.trim().parse().map_err(|_| unknown())?;
            return match name.trim() {
                "orders" => Ok(Self::Orders(number)),
                "inactive_days" => Ok(Self::InactiveDays(number)),
                _ => Err(unknown()),
            };
        }
        match trimmed {
            "any" => Ok(Self::Any),
            "first_purchase" => Ok(Self::FirstPurchase),
            _ => Err(unknown()),
        }
    }
}

/// What somebody has bought so far. An order that was called off or is not paid yet is no purchase; one that was
/// sent back is, or a first-purchase coupon could be had again and again.
#[derive(Clone, Debug, Default)]
pub struct Purchases {
    count: u32,
    last: Option<Date>,
    categories: Vec<String>,
}

impl Purchases {
    /// Reads a history; `category_of` tells the category of a SKU.
    pub fn of<'a>(orders: &[Order], category_of: impl Fn(&str) -> Option<&'a str>, now: &Zoned) -> Self {
        let mut purchases = Self::default();
        for order in orders.iter().filter(|order| is_purchase(order.status)) {
            purchases.count = purchases.count.saturating_add(1);
            let day = order.placed_at.to_zoned(now.time_zone().clone()).date();
            purchases.last = purchases.last.max(Some(day));
            for item in &order.items {
                if let Some(category) = category_of(&item.sku).map(fold)
                    && !purchases.categories.contains(&category)
                {
                    purchases.categories.push(category);
                }
            }
        }
        purchases
    }

    /// Why a rule holds, if it does.
    fn reason(&self, rule: &CouponRule, today: Date) -> Option<CouponReason> {
        match rule {
            CouponRule::Any => Some(CouponReason::Everybody),
            CouponRule::FirstPurchase => (self.count == 0).then_some(CouponReason::FirstPurchase),
            CouponRule::Orders(at_least) => (self.count >= *at_least)
                .then_some(CouponReason::Orders { at_least: *at_least, made: self.count }),
            CouponRule::InactiveDays(at_least) => {
                let since = u32::try_from(today.since(self.last?).ok()?.get_days()).ok()?;
                (since >= *at_least).then_some(CouponReason::InactiveDays { at_least: *at_least, since })
            }
            CouponRule::Bought(category) => self
                .categories
                .contains(&fold(category))
                .then(|| CouponReason::Bought { category: category.clone() }),
        }
    }
}

/// The coupons that hold today and are given to somebody with these purchases, by code.
pub fn offers(coupons: Vec<Coupon>, purchases: &Purchases, today: Date) -> Vec<CouponOffer> {
    let mut offers: Vec<_> = coupons
        .into_iter()
        .filter(|coupon| (coupon.valid_from..=coupon.valid_until).contains(&today))
        .filter_map(|coupon| {
            let reason = purchases.reason(&coupon.rule.parse().ok()?, today)?;
            Some(CouponOffer { coupon, reason })
        })
        .collect();
    offers.sort_by(|a, b| a.coupon.code.cmp(&b.coupon.code));
    offers
}

fn is_purchase(status: OrderStatus) -> bool {
    match status {
        OrderStatus::AwaitingPayment | OrderStatus::Cancelled => false,
        OrderStatus::Paid
        | OrderStatus::Picking
        | OrderStatus::Shipped
        | OrderStatus::OutForDelivery
        | OrderStatus::Delivered
        | OrderStatus::Returned => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Money;
    use jiff::civil::date;

    fn coupon(code: &str, rule: &str) -> Coupon {
        Coupon {
            code: code.to_owned(),
            description: String::new(),
            kind: "percent".to_owned(),
            value: 10,
            minimum: Money::ZERO,
            rule: rule.to_owned(),
            valid_from: date(2026, 11, 1),
            valid_until: date(2026, 11, 30),
        }
    }

    fn codes(purchases: &Purchases, today: Date) -> Vec<String> {
        let coupons = vec![
            coupon("VOLTE", "inactive_days>=90"),
            coupon("TODOS", "any"),
            coupon("NOVO", "first_purchase"),
            coupon("TRES", "orders>=3"),
            coupon("VERDE", "bought:Plantas"),
            coupon("QUEBRADO", "orders>=many"),
        ];
        offers(coupons, purchases, today).into_iter().map(|offer| offer.coupon.code).collect()
    }

    #[test]
    fn each_history_gets_its_coupons() {
        let today = date(2026, 11, 23);
        assert_eq!(codes(&Purchases::default(), today), ["NOVO", "TODOS"]);
        let recent = Purchases { count: 3, last: Some(today), categories: vec!["plantas".to_owned()] };
        assert_eq!(codes(&recent, today), ["TODOS", "TRES", "VERDE"]);
        let gone = |days: i64| Purchases {
            count: 1,
            last: today.checked_sub(jiff::Span::new().days(days)).ok(),
            categories: Vec::new(),
        };
        assert_eq!(codes(&gone(90), today), ["TODOS", "VOLTE"]);
        assert_eq!(codes(&gone(89), today), ["TODOS"]);
        assert_eq!(codes(&gone(400), today), ["TODOS", "VOLTE"], "days, not months and days");
    }

    #[test]
    fn first_and_last_day_count() {
        for (day, is_valid) in [
            (date(2026, 10, 31), false),
            (date(2026, 11, 1), true),
            (date(2026, 11, 30), true),
            (date(2026, 12, 1), false),
        ] {
            assert_eq!(!codes(&Purchases::default(), day).is_empty(), is_valid, "{day}");
        }
    }

    #[test]
    fn reads_rules() {
        assert_eq!("orders >= 3".parse(), Ok(CouponRule::Orders(3)));
        assert_eq!("bought: Velas e aromas".parse(), Ok(CouponRule::Bought("Velas e aromas".to_owned())));
        for rule in ["", "orders", "orders>=-1", "bought:", "vip", "spent>=3"] {
            assert!(rule.parse::<CouponRule>().is_err(), "{rule}");
        }
    }
}
