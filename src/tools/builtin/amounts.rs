//! Reads the money arguments of tools as customers write them.

use crate::domain::money::Money;
use crate::tools::tool::ToolError;

/// Reads `text`; `parameter` names it in a refusal.
pub fn read(parameter: &str, text: &str) -> Result<Money, ToolError> {
    Money::parse(text)
        .filter(|amount| *amount >= Money::ZERO)
        .ok_or_else(|| ToolError::bad_argument(parameter, "not an amount of money, e.g. 89,90"))
}
