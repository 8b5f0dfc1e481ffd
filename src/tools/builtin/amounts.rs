//! Reads the money arguments of tools as customers write them.

use crate::domain::language::Language;
use crate::domain::money::Money;
use crate::language::money::find_money;
use crate::tools::tool::ToolError;

/// Reads `text`; `parameter` names it in a refusal.
pub fn read(parameter: &str, text: &str, language: Language) -> Result<Money, ToolError> {
    Money::parse(text)
        .or_else(|| find_money(text, language).into_iter().next().map(|found| found.value))
        .filter(|amount| *amount >= Money::ZERO)
        .ok_or_else(|| ToolError::bad_argument(parameter, "not an amount of money, e.g. 89,90"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_amounts_as_customers_say_them() {
        for (text, cents) in [("89,90", 8_990), ("até 100 reais", 10_000), ("R$ 5.000", 500_000)] {
            assert_eq!(read("value", text, Language::Portuguese).unwrap(), Money(cents), "{text}");
        }
        assert!(read("value", "muito", Language::Portuguese).is_err());
    }
}
