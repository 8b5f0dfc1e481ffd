//! Lays the demo shop into a new store.

use super::files::DemoTables;
use crate::backoffice::csv::{Shop, seed_demo};
use crate::config::business::Business;
use crate::store::Stores;
use jiff::Timestamp;

/// Lays the demo shop, if nothing was ever written.
///
/// # Errors
/// If the store fails.
pub async fn lay(stores: &Stores, business: &Business, now: Timestamp) -> anyhow::Result<()> {
    let files = DemoTables::iter()
        .filter_map(|name| DemoTables::get(&name).map(|file| (name.into_owned(), file.data.into_owned())));
    let shop = Shop::new(stores.backoffice.clone(), stores.contacts.clone(), business);
    match seed_demo(files, &shop, now).await {
        Ok(Some(_)) => {
            tracing::info!(
                "a demo shop was laid into the new store; `[backoffice] demo = false` begins empty"
            );
            Ok(())
        }
        Ok(None) => Ok(()),
        // All or nothing is laid: what is there now is another process's, which began at the same time.
        Err(error) => {
            if stores.backoffice.is_empty().await? {
                Err(error)
            } else {
                Ok(())
            }
        }
    }
}
