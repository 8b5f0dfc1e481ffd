//! A setting that must not be seen: it has no `Display`, and its `Debug` hides it.

use serde::Deserialize;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret::new("sk-1")), "Secret(…)");
        assert_eq!(format!("{:?}", Secret::default()), "Secret(none)");
    }
}
