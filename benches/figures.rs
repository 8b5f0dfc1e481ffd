//! Medians and other quantiles of what was measured, and the line through it. Nothing is left out of them.

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

/// The straight line nearest to points, by least squares.
pub struct Line {
    /// Rise for each unit to the right.
    pub slope: f64,
    /// Height at the first point.
    pub from: f64,
    /// Height at the last point.
    pub to: f64,
    /// How far points are above or below it: the root of the mean square.
    pub spread: f64,
}

impl Line {
    /// Through points that lie from left to right; `None` if they are too few.
    pub fn through(points: &[(f64, f64)]) -> Option<Self> {
        let (first, last) = (points.first()?, points.last()?);
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let across: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
        if across == 0.0 {
            return None;
        }
        let slope = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / across;
        let height = |at: f64| y + slope * (at - x);
        let square = points.iter().map(|point| (point.1 - height(point.0)).powi(2)).sum::<f64>() / count;
        Some(Self { slope, from: height(first.0), to: height(last.0), spread: square.sqrt() })
    }
}
