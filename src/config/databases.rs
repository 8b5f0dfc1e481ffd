//! `[databases.NAME]`: databases of other systems that the operator's own tools may ask. Nothing is opened here.

use super::secret::Secret;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[databases]`: the databases by name.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct DatabaseSettings {
    /// By the name that `[tool.sql]` uses.
    pub by_name: BTreeMap<String, DatabasePlace>,
}

/// `[databases.NAME]`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabasePlace {
    /// `sqlite:FILE`, `postgres://USER:PASSWORD@HOST/DATABASE` or `mysql://…`; a secret, as it may hold a password.
    pub url: Secret,
}
