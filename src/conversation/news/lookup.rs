//! Records that a report of a vendor's names, looked up at the vendor: nothing of a report but a key is believed.

use super::desk::NewsError;
use crate::backoffice::connector::{Connector, Fault};
use serde_json::{Value, json};

/// What the vendor says of the record with this key; nothing if it has none.
pub(super) async fn looked_up(
    connector: &Connector,
    operation: &str,
    key: &str,
) -> Result<Option<Value>, NewsError> {
    match connector.read(operation, &json!({"id": key})).await {
        Ok(found) => Ok(Some(found)),
        Err(Fault::Missing | Fault::Rejected) => Ok(None),
        Err(fault) => Err(NewsError::Lookup(fault.to_string())),
    }
}

/// A member of it that is a text or a number.
pub(super) fn field(found: &Value, name: &str) -> Option<String> {
    match found.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}
