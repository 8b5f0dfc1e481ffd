//! `[privacy]`: how long it is kept what customers said. It only describes values.

use jiff::SignedDuration;
use serde::Deserialize;

/// The longest that makes sense, in days: a hundred years.
const MOST_DAYS: u32 = 36_500;

/// See `default/privacy.toml` for what each means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivacySettings {
    /// Days after which a conversation is deleted; 0 keeps it.
    pub conversations_days: u32,
}

impl PrivacySettings {
    /// Values that make no sense, each by its key.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let makes_sense = self.conversations_days <= MOST_DAYS;
        let problem =
            (!makes_sense).then(|| ("conversations_days", format!("write at most {MOST_DAYS} days")));
        problem.into_iter().collect()
    }

    /// How long a conversation is kept after the last thing that happened in it; none: for good.
    pub fn conversations_kept(&self) -> Option<SignedDuration> {
        let days = i64::from(self.conversations_days);
        (days > 0).then(|| SignedDuration::from_hours(days * 24))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_days_are_for_good() {
        let kept = |days| PrivacySettings { conversations_days: days }.conversations_kept();
        assert_eq!(kept(0), None);
        assert_eq!(kept(2), Some(SignedDuration::from_hours(48)));
        assert_eq!(PrivacySettings { conversations_days: 36_501 }.problems().len(), 1);
        assert_eq!(PrivacySettings { conversations_days: 36_500 }.problems(), []);
    }
}
