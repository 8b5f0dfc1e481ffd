//! Deletes what vendors have of people who were forgotten. Deleting is an effect that comes to the same however often it
//! is asked for, so that nothing of it is journalled; what is not there any more is done.

use super::crm::{CONTACT, NOTE, OPPORTUNITY};
use super::engine::{Connector, Lookup};
use super::fault::Fault;
use crate::domain::erasure::{Removal, RemovalState};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The operation that deletes such a record, and the connector that has it; none if its connector is not used, or cannot.
fn deleter<'c>(
    connectors: &'c BTreeMap<String, Arc<Connector>>,
    removal: &Removal,
) -> Option<(&'c Connector, &'static str)> {
    let operation = match removal.kind.as_str() {
        CONTACT => "delete_contact",
        OPPORTUNITY => "delete_opportunity",
        NOTE => "delete_note",
        _ => return None,
    };
    let connector = connectors.get(&removal.connector).filter(|own| own.can(operation))?;
    Some((connector, operation))
}

/// Whether a record can be deleted from here.
pub fn can_remove(connectors: &BTreeMap<String, Arc<Connector>>, removal: &Removal) -> bool {
    deleter(connectors, removal).is_some()
}

/// Deletes one record, if it can be deleted from here and stands for nobody who is known again.
///
/// # Errors
/// [`Fault`]: it may still be there.
pub async fn remove(
    connectors: &BTreeMap<String, Arc<Connector>>,
    removal: &Removal,
) -> Result<RemovalState, Fault> {
    let Some((connector, operation)) = deleter(connectors, removal) else { return Ok(RemovalState::ByHand) };
    let Removal { kind, remote, .. } = removal;
    if connector.store().local(connector.name(), kind, remote).await?.is_some() {
        return Ok(RemovalState::ByHand);
    }
    let key = format!("{} {operation} {}", removal.erasure, removal.remote);
    let nowhere = Lookup { operation: "", arguments: Value::Null };
    match connector.effect(operation, &key, &json!({"id": removal.remote}), &nowhere).await {
        Ok(_) | Err(Fault::Missing) => Ok(RemovalState::Done),
        Err(fault) => Err(fault),
    }
}
