//! `[alerts]`: how the operator is told of what is away.

use serde::Deserialize;

/// See `default/alerts.toml` for what each means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertSettings {
    /// Address that alerts are posted to; empty for none.
    pub webhook_url: String,
}
