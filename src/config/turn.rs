//! `[turn]`: bounds of the bot's work on a message.

use serde::Deserialize;

/// The longest claim and the longest quiet period, in seconds: what lies further off in the database was written before
/// the clock was set back, and is due at once.
const LONGEST_SECONDS: i64 = 600;

/// Bounds of a turn. See `default/turn.toml` for what each means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnSettings {
    /// Model calls.
    pub max_steps: u32,
    /// Tool calls of one answer.
    pub max_calls_per_step: usize,
    /// Equal calls.
    pub max_repeats: u32,
    /// Calls with arguments that do not fit.
    pub max_bad_arguments: u32,
    /// Wall clock.
    pub max_seconds: u64,
    /// Tokens of the whole turn.
    pub max_tokens: u64,
    /// Tokens of one answer.
    pub max_output_tokens: u32,
    /// Events looked at.
    pub history_events: u32,
    /// Characters of history.
    pub history_characters: usize,
    /// Characters of one result.
    pub result_characters: usize,
    /// Characters of one document of the customer's.
    pub document_characters: usize,
    /// Passages looked at.
    pub passages: usize,
    /// Turns at once in one process.
    pub max_live: usize,
    /// Length of a claim.
    pub lease_seconds: i64,
    /// The first wait before what no model could serve is tried again; it doubles.
    pub late_first_wait_ms: u64,
    /// How long it is tried; 0 for not at all.
    pub late_minutes: u32,
    /// When a generic progress sentence is shown.
    pub progress_after_ms: u64,
    /// Whether a model looks once more at what another call of it has drafted.
    pub second_look: bool,
}

impl TurnSettings {
    /// Values that make no sense, each by its key.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if !(3..=LONGEST_SECONDS).contains(&self.lease_seconds) {
            problems
                .push(("lease_seconds", format!("write a number of seconds from 3 to {LONGEST_SECONDS}")));
        }
        problems
    }
}
