//! Deletes what vendors have of people who were forgotten. Deleting is an effect that comes to the same however often it
//! is asked for, so that nothing of it is journalled; what is not there any more is done.

use super::crm::{CONTACT, NOTE, OPPORTUNITY};
use super::engine::{Connector, Lookup};
use super::fault::Fault;
use crate::domain::erasure::{Removal, RemovalState};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Deletes one record, if its connector is used and has a way to.
///
/// # Errors
/// [`Fault`]: it may still be there.
pub async fn remove(
    connectors: &BTreeMap<String, Arc<Connector>>,
    removal: &Removal,
) -> Result<RemovalState, Fault> {
    let operation = match removal.kind.as_str() {
        CONTACT => "delete_contact",
        OPPORTUNITY => "delete_opportunity",
        NOTE => "delete_note",
        _ => return Ok(RemovalState::ByHand),
    };
    let Some(connector) = connectors.get(&removal.connector).filter(|own| own.can(operation)) else {
        return Ok(RemovalState::ByHand);
    };
    let key = format!("{} {operation} {}", removal.erasure, removal.remote);
    let nowhere = Lookup { operation: "", arguments: Value::Null };
    match connector.effect(operation, &key, &json!({"id": removal.remote}), &nowhere).await {
        Ok(_) | Err(Fault::Missing) => Ok(RemovalState::Done),
        Err(fault) => Err(fault),
    }
}
