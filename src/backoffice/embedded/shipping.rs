//! What sending costs: a base price of the region plus a price per kilogram, by weight to the gram. Pure.

use crate::backoffice::catalog::ShippingOption;
use crate::backoffice::shipping::CarrierQuote;
use crate::domain::calendar::Calendar;
use crate::domain::catalog::ShippingRate;
use crate::domain::hours::WeekHours;
use crate::domain::money::Money;
use jiff::Zoned;
use jiff::civil::Date;

/// What is sent, and when it is paid.
#[derive(Clone, Debug)]
pub struct Parcel<'a> {
    /// Weight of everything.
    pub weight_grams: u64,
    /// Price of the goods before discounts.
    pub goods: Money,
    /// The present, in the business's time zone.
    pub now: &'a Zoned,
}

/// The rows that serve a postal code, the narrowest region first.
pub fn rates_for<'a>(rates: &'a [ShippingRate], postal_code: &str) -> Vec<&'a ShippingRate> {
    let width = |rate: &ShippingRate| {
        let number = |code: &str| code.parse::<u64>().unwrap_or(0);
        number(&rate.postal_code_until).saturating_sub(number(&rate.postal_code_from))
    };
    let mut serving: Vec<_> = rates
        .iter()
        .filter(|rate| {
            rate.postal_code_from.as_str() <= postal_code && postal_code <= rate.postal_code_until.as_str()
        })
        .collect();
    serving.sort_by_key(|rate| width(rate));
    let mut methods: Vec<&str> = Vec::new();
    // A narrower region's row of the same method replaces the wider one's.
    serving.retain(|rate| {
        let is_new = !methods.contains(&rate.method.as_str());
        methods.push(&rate.method);
        is_new
    });
    serving
}

/// What one way of sending costs and how long it takes. `None` if no day can be found for it.
pub fn option(
    rate: &ShippingRate,
    parcel: &Parcel<'_>,
    calendar: &Calendar,
    same_day: &WeekHours,
) -> Option<ShippingOption> {
    let full_price = price(rate, parcel.weight_grams);
    let is_free = rate.free_above.is_some_and(|amount| parcel.goods >= amount);
    Some(ShippingOption {
        method: rate.method.clone(),
        price: if is_free { Money::ZERO } else { full_price },
        full_price,
        free_above: rate.free_above,
        days_min: rate.days_min,
        days_max: rate.days_max,
        arrives_from: arrival(rate.days_min, parcel.now, calendar, same_day)?,
        arrives_until: arrival(rate.days_max.max(rate.days_min), parcel.now, calendar, same_day)?,
    })
}

/// What a carrier asks, with the days it arrives. `None` if no day can be found for it.
pub fn quoted(
    quote: CarrierQuote,
    now: &Zoned,
    calendar: &Calendar,
    same_day: &WeekHours,
) -> Option<ShippingOption> {
    Some(ShippingOption {
        arrives_from: arrival(quote.days_min, now, calendar, same_day)?,
        arrives_until: arrival(quote.days_max, now, calendar, same_day)?,
        method: quote.method,
        price: quote.price,
        full_price: quote.price,
        free_above: None,
        days_min: quote.days_min,
        days_max: quote.days_max,
    })
}

/// Base price plus the price per kilogram of the exact weight, rounded half up to the centavo.
fn price(rate: &ShippingRate, weight_grams: u64) -> Money {
    let by_weight = (i128::from(rate.price_per_kilogram.0) * i128::from(weight_grams) + 500) / 1_000;
    rate.base_price + Money(i64::try_from(by_weight).unwrap_or(i64::MAX))
}

/// The day something arrives that takes so many business days.
fn arrival(days: u32, now: &Zoned, calendar: &Calendar, same_day: &WeekHours) -> Option<Date> {
    let today = now.date();
    if days > 0 {
        return calendar.add_business_days(today, i32::try_from(days).ok()?);
    }
    let still_leaves = same_day.contains(today.weekday(), now.time()) && !calendar.is_holiday(today);
    if still_leaves { Some(today) } else { calendar.add_business_days(today, 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn rate(
        from: &str,
        until: &str,
        method: &str,
        base: i64,
        per_kilogram: i64,
        free_above: Option<i64>,
    ) -> ShippingRate {
        ShippingRate {
            postal_code_from: from.to_owned(),
            postal_code_until: until.to_owned(),
            region: format!("{from}-{until}"),
            method: method.to_owned(),
            base_price: Money(base),
            price_per_kilogram: Money(per_kilogram),
            days_min: 0,
            days_max: 2,
            free_above: free_above.map(Money),
        }
    }

    #[test]
    fn weight_counts_to_the_gram_and_rounds_half_up() {
        // Orders of the demo shop: 850 g in São Paulo, 750 g in Minas Gerais.
        assert_eq!(price(&rate("0", "9", "E", 1290, 80, None), 850), Money(1358));
        assert_eq!(price(&rate("0", "9", "E", 2390, 190, None), 750), Money(2533));
        assert_eq!(price(&rate("0", "9", "E", 1290, 80, None), 0), Money(1290));
        assert_eq!(price(&rate("0", "9", "E", 0, i64::MAX, None), u64::MAX), Money(i64::MAX));
    }

    #[test]
    fn the_narrowest_region_wins_for_each_method() {
        let rates = [
            rate("01000000", "99999999", "Retirada", 0, 0, None),
            rate("01000000", "99999999", "Econômico", 9900, 0, None),
            rate("01000000", "05999999", "Econômico", 1290, 80, None),
        ];
        let found = rates_for(&rates, "01310100");
        assert_eq!(found.iter().map(|rate| rate.base_price.0).collect::<Vec<_>>(), [1290, 0]);
        assert_eq!(rates_for(&rates, "60165080").len(), 2);
        assert_eq!(rates_for(&rates, "00000000").len(), 0);
    }

    #[test]
    fn free_from_the_amount_on_and_days_count_from_now() {
        let calendar = Calendar::new("mon-fri 09:00-18:00".parse().unwrap(), vec!["11-20".parse().unwrap()]);
        let same_day: WeekHours = "mon-fri 00:00-13:00; sat 00:00-10:00".parse().unwrap();
        let rate = rate("0", "9", "E", 1290, 80, Some(19_900));
        let quote = |now: &str, goods| {
            let now: Zoned = now.parse().unwrap();
            let parcel = Parcel { weight_grams: 1_000, goods: Money(goods), now: &now };
            option(&rate, &parcel, &calendar, &same_day).unwrap()
        };
        let quoted = quote("2026-11-23T12:59[America/Sao_Paulo]", 19_899);
        assert_eq!((quoted.price, quoted.full_price), (Money(1370), Money(1370)));
        assert_eq!((quoted.arrives_from, quoted.arrives_until), (date(2026, 11, 23), date(2026, 11, 25)));
        let quoted = quote("2026-11-23T13:00[America/Sao_Paulo]", 19_900);
        assert_eq!((quoted.price, quoted.full_price), (Money::ZERO, Money(1370)));
        assert_eq!(quoted.arrives_from, date(2026, 11, 24), "too late for today");
        // Thursday afternoon; Friday is a holiday.
        assert_eq!(quote("2026-11-19T15:00[America/Sao_Paulo]", 0).arrives_from, date(2026, 11, 23));
    }
}
