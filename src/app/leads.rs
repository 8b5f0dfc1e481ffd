//! Puts together what looks after leads, and what is known of their interviews.

use super::build::{Options, Outside, backoffice};
use crate::conversation::leads::{Definitions, LeadDesk};
use crate::domain::problem::Problem;
use crate::interview::library::Interviews;
use crate::limits::mail::Mailer;
use crate::llm::factory::allowance;
use crate::store::Stores;
use std::sync::Arc;

/// The interviews that are led.
///
/// # Errors
/// Every mistake in any of their files.
pub fn interviews(options: &Options) -> Result<Interviews, Vec<Problem>> {
    Interviews::load(Some(&options.operator.join("prompts")), &options.settings.interviews.active)
}

/// How a definition is found by name and version.
pub fn definitions(interviews: &Interviews) -> Definitions {
    let interviews = interviews.clone();
    Arc::new(move |name, version| interviews.get(name, version).cloned())
}

/// What looks after leads.
///
/// # Errors
/// Settings of `[email]` that name no server or no sender.
pub fn desk(
    options: &Options,
    stores: &Stores,
    outside: &Outside,
    definitions: &Definitions,
) -> anyhow::Result<Box<LeadDesk>> {
    Ok(Box::new(LeadDesk {
        stores: stores.clone(),
        crm: backoffice(options, stores).crm,
        definitions: definitions.clone(),
        mailer: Mailer::new(&options.settings.email, &allowance(&options.settings.limits))?,
        alerts: outside.alerts.clone(),
        clock: options.clock.clone(),
        timezone: options.settings.business.timezone.clone(),
    }))
}
