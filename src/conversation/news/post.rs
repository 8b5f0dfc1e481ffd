//! News as they are kept until they are worked through.

use crate::backoffice::connector::webhook::Delivery;
use serde::{Deserialize, Serialize};

/// What posts of connectors are kept under.
pub const CHANNEL: &str = "connectors";

/// A post of a vendor's that was let in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptNews {
    /// Name of the connector.
    pub connector: String,
    /// What it names.
    pub delivery: Delivery,
    /// The body as it came, for people to look into; nobody acts on it.
    pub body: String,
}
