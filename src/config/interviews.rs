//! `[interviews]`: which interviews are led. It only describes values.

use serde::Deserialize;

/// See `default/interviews.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterviewSettings {
    /// Names of the interviews that are led.
    pub active: Vec<String>,
}
