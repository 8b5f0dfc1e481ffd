//! What a search came to, in numbers, for whoever runs the counter: that nothing is known of a question, and that the
//! threshold keeps back what is known, look different. Never a word of what was asked.

use crate::domain::passage::{Measured, Passage, Reading};

/// Measures what a search found.
pub(super) fn measured(passages: &[Passage], threshold: f32) -> Measured {
    let top = passages.iter().map(|passage| passage.evidence).fold(0.0, f32::max);
    Measured { hits: passages.len(), top, threshold }
}

/// Counts and logs it.
pub(super) fn tell(measured: Measured, by_meaning: bool) {
    let Measured { hits, top, threshold } = measured;
    let outcome = match measured.reading() {
        Reading::Nothing => "nothing",
        Reading::FarBelow => "below_threshold",
        Reading::JustBelow => "just_below_threshold",
        Reading::Evident => "evident",
    };
    tracing::info!(hits, top, threshold, outcome, by_meaning, "the knowledge was searched");
    metrics::counter!("balcao_knowledge_searches_total", "outcome" => outcome).increment(1);
    metrics::histogram!("balcao_knowledge_hits").record(u32::try_from(hits).unwrap_or(u32::MAX));
    metrics::histogram!("balcao_knowledge_top_evidence").record(f64::from(top));
    metrics::gauge!("balcao_knowledge_evidence_threshold").set(f64::from(threshold));
}
