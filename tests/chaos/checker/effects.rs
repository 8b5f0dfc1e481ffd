//! Every effect exactly once: the vendor's ledger against the messages that asked for it and who answered them.

use super::{Rule, Violation};
use crate::evidence::Evidence;
use crate::plan::Wish;
use std::collections::HashMap;

/// Looks at every visit.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    let mut done: HashMap<&str, Vec<&str>> = HashMap::new();
    for (key, word) in &evidence.effects {
        done.entry(word).or_default().push(key);
    }
    for (word, keys) in &done {
        match evidence.sent.get(*word) {
            None => found.push(Violation {
                rule: Rule::DoneOnce,
                customer: None,
                detail: format!("something was done for {word}, which nobody said"),
            }),
            Some(sent) => {
                if sent.wish != Wish::Visit {
                    let detail = format!("something was done for {word}, which only asked");
                    found.push(Violation::of(Rule::DoneOnce, sent.customer, detail));
                }
                if keys.len() > 1 {
                    let detail = format!("{word} was done {} times, on the keys {keys:?}", keys.len());
                    found.push(Violation::of(Rule::DoneOnce, sent.customer, detail));
                }
            }
        }
    }
    for log in &evidence.logs {
        let words: HashMap<&str, &str> = log
            .messages()
            .filter_map(|(_, said)| Some((said.id.as_str(), said.client_id.as_deref()?)))
            .collect();
        for (_, said) in log.messages().filter(|(_, said)| said.role == "assistant") {
            for word in said.reply_to.iter().filter_map(|id| words.get(id.as_str())) {
                let wanted = evidence.sent.get(*word).is_some_and(|sent| sent.wish == Wish::Visit);
                if wanted && !done.contains_key(word) {
                    let detail = format!("{word} was answered by the bot and never done");
                    found.push(Violation::of(Rule::DoneOnce, log.customer, detail));
                }
            }
        }
    }
}
