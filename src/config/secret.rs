//! A setting that must not be seen: it has no `Display`, and its `Debug` hides it.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// A key, token or password. Empty means there is none.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret of these characters.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The characters, for the one place that sends them.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.is_empty() { "Secret(none)" } else { "Secret(…)" })
    }
}

/// Where secrets are found by name, wherever they are kept.
pub trait SecretSource: Send + Sync {
    /// The secret of that name, in any case; none if it was not given.
    fn secret(&self, name: &str) -> Option<Secret>;
}

impl SecretSource for BTreeMap<String, Secret> {
    fn secret(&self, name: &str) -> Option<Secret> {
        let known = self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, secret)| secret.clone()).filter(|secret| !secret.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_in_any_case_and_only_if_it_was_given() {
        let secrets = BTreeMap::from([("erp_token", "t"), ("empty", "")]);
        let secrets: BTreeMap<String, Secret> =
            secrets.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect();
        assert_eq!(secrets.secret("ERP_TOKEN").map(|secret| secret.expose().to_owned()), Some("t".into()));
        assert_eq!((secrets.secret("EMPTY"), secrets.secret("other")), (None, None));
    }

    #[test]
    fn does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret::new("sk-1")), "Secret(…)");
        assert_eq!(format!("{:?}", Secret::default()), "Secret(none)");
    }
}
