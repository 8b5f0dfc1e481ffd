//! Medians and other quantiles of what was measured. Nothing is left out of them.

use std::time::Duration;

/// Durations, measured.
#[derive(Default)]
pub struct Figures(Vec<Duration>);

impl Figures {
    /// One more.
    pub fn add(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The value that a share of all do not exceed, in milliseconds.
    pub fn quantile(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        let Some(last) = self.0.len().checked_sub(1) else { return f64::NAN };
        let index = (last as f64 * share).round() as usize;
        self.0.get(index).map_or(f64::NAN, |duration| duration.as_secs_f64() * 1e3)
    }

    /// The middle, in milliseconds.
    pub fn median(&mut self) -> f64 {
        self.quantile(0.5)
    }
}
