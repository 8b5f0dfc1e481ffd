//! Money in minor units. Never a float: a price that was rounded is a price nobody agreed to.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

/// An amount of Brazilian reais in centavos.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// Nothing to pay.
    pub const ZERO: Self = Self(0);

    /// Reads `1234.5`, `1.234,50`, `R$ 1.234,50` or `1234`. `None` if it is not an amount.
    pub fn parse(text: &str) -> Option<Self> {
        let trimmed = text.trim();
        let (negative, unsigned) = match trimmed.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        let digits = unsigned.trim_start_matches("R$").trim();
        let (whole, cents) = match digits.rfind([',', '.']) {
            // One or two digits behind the last mark are centavos; three are thousands (1.234).
            Some(mark) if (1..=2).contains(&(digits.len() - mark - 1)) => {
                (&digits[..mark], &digits[mark + 1..])
            }
            _ => (digits, ""),
        };
        let whole: String = whole.chars().filter(|c| !matches!(c, '.' | ',' | ' ')).collect();
        if whole.is_empty()
            || !whole.bytes().all(|b| b.is_ascii_digit())
            || !cents.bytes().all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let cents_value = match cents.len() {
            0 => 0,
            1 => cents.parse::<i64>().ok()? * 10,
            _ => cents.parse::<i64>().ok()?,
        };
        let value = whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents_value)?;
        Some(Self(if negative { -value } else { value }))
    }

    /// This amount times a whole quantity.
    pub fn times(self, quantity: u32) -> Self {
        Self(self.0.saturating_mul(i64::from(quantity)))
    }

    /// `percent` hundredths of this amount, rounded half away from zero to the centavo.
    pub fn percent(self, percent: i64) -> Self {
        let raw = i128::from(self.0) * i128::from(percent);
        let rounded = (raw + if raw < 0 { -50 } else { 50 }) / 100;
        Self(i64::try_from(rounded).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Money {
    /// As written in Brazil: `R$ 1.234,50`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let absolute = self.0.unsigned_abs();
        let whole = (absolute / 100).to_string();
        let mut grouped = String::with_capacity(whole.len() + whole.len() / 3);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push('.');
            }
            grouped.push(digit);
        }
        write!(formatter, "{sign}R$ {grouped},{:02}", absolute % 100)
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_amounts_as_people_write_them() {
        for (text, cents) in [
            ("1234", 123_400),
            ("1234.5", 123_450),
            ("1.234,50", 123_450),
            ("R$ 1.234,50", 123_450),
            ("1,234.50", 123_450),
            ("1.234", 123_400),
            ("0,99", 99),
            ("-10,00", -1_000),
        ] {
            assert_eq!(Money::parse(text), Some(Money(cents)), "{text}");
        }
        for text in ["", "abc", "R$", "12a", "1,2,3x"] {
            assert_eq!(Money::parse(text), None, "{text}");
        }
    }

    #[test]
    fn writes_amounts_as_in_brazil() {
        assert_eq!(Money(12_345_007).to_string(), "R$ 123.450,07");
        assert_eq!(Money(-5).to_string(), "-R$ 0,05");
    }
}
