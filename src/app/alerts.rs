//! Where alerts go.

use super::build::Options;
use crate::limits::alert_task::{AlertTask, Webhook};
use crate::limits::alerts::Alerts;
use crate::limits::shelf::AlertShelf;
use crate::llm::factory::allowance;
use anyhow::Context;
use std::sync::Arc;

/// Where alerts are told, and what sends them, as `[alerts]` says; without an address they are only logged.
///
/// # Errors
/// As [`webhook`].
pub fn alerts(options: &Options, shelf: Arc<dyn AlertShelf>) -> anyhow::Result<(Alerts, Option<AlertTask>)> {
    Ok(match webhook(options)? {
        None => (Alerts::logged(options.clock.clone()), None),
        Some(webhook) => {
            let (alerts, task) = Alerts::with_webhook(options.clock.clone(), webhook, shelf);
            (alerts, Some(task))
        }
    })
}

/// Where alerts go, as `[alerts]` says; none if they are only logged.
///
/// # Errors
/// An address that is none, or that must not be called.
pub fn webhook(options: &Options) -> anyhow::Result<Option<Webhook>> {
    let url = options.settings.alerts.webhook_url.trim();
    let webhook = (!url.is_empty()).then(|| Webhook::at(url, &allowance(&options.settings.limits)));
    // The address is left out: whoever knows it may post there.
    webhook.transpose().context("alerts.webhook_url: alerts cannot be sent to this address")
}
