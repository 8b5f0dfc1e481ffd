//! Puts together what is done for customers who ask after their data.

use super::build::{Options, Outside};
use crate::backoffice::Backoffice;
use crate::backoffice::connector::Connector;
use crate::conversation::customers::CustomerDesk;
use crate::conversation::files::FileShelf;
use crate::store::Stores;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// The desk over these systems.
pub fn desk(
    options: &Options,
    stores: &Stores,
    backoffice: &Backoffice,
    connectors: &BTreeMap<String, Arc<Connector>>,
    outside: &Outside,
) -> CustomerDesk {
    CustomerDesk {
        stores: stores.clone(),
        agenda: backoffice.agenda.clone(),
        crm: backoffice.crm.clone(),
        connectors: connectors.clone(),
        files: FileShelf::below(&options.data),
        clock: options.clock.clone(),
        alerts: outside.alerts.clone(),
        kept: options.settings.privacy.conversations_kept(),
        wake: Notify::new(),
    }
}
