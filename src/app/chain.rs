//! The chain of models, as the settings describe it.

use super::build::{Options, Outside};
use crate::limits::pause::TimerPause;
use crate::llm::chain::Chain;
use crate::llm::factory::{ChainParts, allowance, build_chain};
use crate::llm::offline::OfflineModel;
use anyhow::Context;
use std::sync::Arc;

/// The chain of models that the settings describe.
///
/// # Errors
/// Every mistake in `[llm]`.
pub fn chain(options: &Options, built_in: &Arc<OfflineModel>, outside: &Outside) -> anyhow::Result<Chain> {
    let parts = chain_parts(options, built_in, outside);
    build_chain(&options.settings.llm, &parts).context("the language models cannot be set up")
}

/// What the models of a chain share.
pub fn chain_parts(options: &Options, built_in: &Arc<OfflineModel>, outside: &Outside) -> ChainParts {
    ChainParts {
        clock: options.clock.clone(),
        pause: Arc::new(TimerPause),
        allowance: allowance(&options.settings.limits),
        offline: built_in.clone(),
        lead: built_in.clone(),
        cells: outside.cells.clone(),
        book: outside.book.clone(),
        zone: options.settings.business.timezone.clone(),
        alerts: outside.alerts.clone(),
        outage: outside.outage.clone(),
    }
}
