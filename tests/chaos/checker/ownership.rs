//! One owner per conversation: between a person's taking it and its return the bot says nothing.

use super::{Rule, Violation};
use crate::evidence::{Evidence, Log, What};

/// Looks at every log.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    for log in &evidence.logs {
        silent(log, found);
    }
}

fn silent(log: &Log, found: &mut Vec<Violation>) {
    let mut taken: Option<i64> = None;
    for entry in &log.entries {
        match &entry.what {
            What::Owner { bot: true } => taken = None,
            What::Owner { bot: false } => taken = Some(entry.seq),
            What::Message(said) if said.role == "assistant" => {
                if let Some(since) = taken {
                    let detail = format!("the bot spoke at {}, and a person had it since {since}", entry.seq);
                    found.push(Violation::of(Rule::OneOwner, log.customer, detail));
                }
            }
            What::Message(said) if said.role == "human" && taken.is_none() => {
                let detail = format!("a person spoke at {} without having taken it", entry.seq);
                found.push(Violation::of(Rule::OneOwner, log.customer, detail));
            }
            _ => {}
        }
    }
    if taken.is_none() != log.is_bots {
        let detail =
            format!("the log says that the owner is the bot: {}; the list: {}", taken.is_none(), log.is_bots);
        found.push(Violation::of(Rule::OneOwner, log.customer, detail));
    }
}
