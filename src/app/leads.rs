//! Puts together what looks after leads, and what is known of their interviews.

use super::build::{Options, Outside};
use crate::backoffice::Backoffice;
use crate::conversation::interview_desk::InterviewDesk;
use crate::conversation::leads::{Definitions, LeadDesk};
use crate::conversation::turn::TurnRunner;
use crate::domain::language::Language;
use crate::domain::problem::Problem;
use crate::interview::library::Interviews;
use crate::limits::mail::{Mailer, Post};
use crate::llm::factory::allowance;
use crate::tools::builtin::interviews::Offer;
use crate::tools::registry::Registry;
use std::sync::Arc;

/// The interviews that are led.
///
/// # Errors
/// Every mistake in any of their files.
pub fn interviews(options: &Options) -> Result<Interviews, Vec<Problem>> {
    Interviews::load(Some(&options.operator.join("prompts")), &options.settings.interviews.active)
}

/// What a model may begin.
pub fn offers(interviews: &Interviews) -> Vec<Offer> {
    let language = Language::default();
    let of = |name: &str| {
        let definition = interviews.iter().find(|definition| definition.name == name)?;
        let title = definition.title.get(language).to_owned();
        Some(Offer { name: name.to_owned(), title, example: definition.start.intents.first().cloned() })
    };
    interviews.by_tool().filter_map(of).collect()
}

/// Results of tools that an interview wants to know and nobody tells: no such tool, or no trusted place in its result.
pub fn lost_lookups(interviews: &Interviews, registry: &Registry) -> Vec<Problem> {
    let mut problems = Vec::new();
    for definition in interviews.iter() {
        for field in definition.fields.iter().filter(|field| !field.lookup.is_empty()) {
            for (tool, path) in field.lookups() {
                let entry = registry.get(tool);
                let trusted = entry.as_ref().map(|entry| &entry.spec().result_trusted);
                let fault = match trusted {
                    None => format!("there is no tool `{tool}`"),
                    Some(trusted) if trusted.iter().any(|known| known == path) => continue,
                    Some(_) => format!("`{tool}` declares no trusted result field `{path}`"),
                };
                let place = format!("interview `{}`, field `{}`, lookup", definition.name, field.id);
                problems.push(Problem::in_file("prompts/interviews", format!("{place}: {fault}")));
            }
        }
    }
    problems
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
    runner: &TurnRunner,
    backoffice: &Backoffice,
    outside: &Outside,
    definitions: &Definitions,
) -> anyhow::Result<Box<LeadDesk>> {
    let stores = runner.stores.clone();
    let mailer = match &backoffice.mail {
        Some(post) => Some(post.clone()),
        None => Mailer::new(&options.settings.email, &allowance(&options.settings.limits))?
            .map(|mailer| Arc::new(mailer) as Arc<dyn Post>),
    };
    Ok(Box::new(LeadDesk {
        crm: backoffice.crm.clone(),
        stores,
        definitions: definitions.clone(),
        prompts: runner.agent.prompts.clone(),
        mailer,
        lists: backoffice.nurture.clone(),
        alerts: outside.alerts.clone(),
        clock: options.clock.clone(),
        timezone: options.settings.business.timezone.clone(),
        language: options.settings.business.language,
    }))
}

/// What people of the business do to interviews.
pub fn interview_desk(options: &Options, runner: &TurnRunner, registry: &Arc<Registry>) -> InterviewDesk {
    InterviewDesk {
        stores: runner.stores.clone(),
        interviews: runner.agent.interviews.clone(),
        registry: registry.clone(),
        prompts: runner.agent.prompts.clone(),
        clock: options.clock.clone(),
        timezone: options.settings.business.timezone.clone(),
        language: options.settings.business.language,
        pushed: runner.pushed_channels.clone(),
    }
}
