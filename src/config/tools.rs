//! `[tools]`: the secrets that operators' own tools may use, beside those that are sealed in the data folder.

use super::secret::Secret;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[tools]`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolsSettings {
    /// By the name that `{{ secret.NAME }}` uses; upper and lower case are the same.
    pub secrets: BTreeMap<String, Secret>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        tools: ToolsSettings,
    }

    #[test]
    fn the_default_has_no_secrets() {
        let file: File = toml::from_str(include_str!("default/tools.toml")).unwrap();
        assert!(file.tools.secrets.is_empty());
    }
}
