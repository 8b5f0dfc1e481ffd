//! `[handoff]`: how long somebody else than the bot has a conversation. It only describes values.

use serde::Deserialize;

/// See `default/handoff.toml` for what each means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoffSettings {
    /// Minutes from a person's last word; 0 for ever.
    pub person_minutes: u32,
    /// Minutes that a handed-over conversation waits for the team; 0 for ever.
    pub team_minutes: u32,
    /// Minutes from a flow's last word; 0 for ever.
    pub flow_minutes: u32,
    /// Minutes after which the operator is reminded that nobody has taken it; 0 for never.
    pub remind_minutes: u32,
    /// Which minutes count for people.
    pub count: Minutes,
}

/// Which minutes count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Minutes {
    /// Those in which the business is open.
    OpenHours,
    /// All.
    Clock,
}
