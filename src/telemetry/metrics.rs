//! The process's metrics, rendered as Prometheus text.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

/// Upper bounds of durations, in seconds: from a turn on the built-in model to one that waits for people.
const SECONDS: [f64; 14] =
    [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// Upper bounds of passages that a search finds.
const HITS: [f64; 7] = [0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0];

/// Upper bounds of shares.
const SHARES: [f64; 10] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins to count, once per process.
pub fn begin() -> Option<&'static PrometheusHandle> {
    HANDLE
        .get_or_init(|| {
            let builder = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
                .ok()?
                .set_buckets_for_metric(Matcher::Suffix("_evidence".to_owned()), &SHARES)
                .ok()?
                .set_buckets_for_metric(Matcher::Suffix("_hits".to_owned()), &HITS)
                .ok()?;
            builder.install_recorder().ok()
        })
        .as_ref()
}

/// Everything counted so far, as Prometheus text.
pub fn render() -> String {
    begin().map(PrometheusHandle::render).unwrap_or_default()
}

/// Frees what old histogram samples hold; to be called now and then.
pub fn upkeep() {
    if let Some(handle) = begin() {
        handle.run_upkeep();
    }
}
