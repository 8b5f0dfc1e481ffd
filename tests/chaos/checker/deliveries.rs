//! What is pushed to the gateway and to Meta is what the log says, in the log's order, each message once; and what a person wrote
//! elsewhere stands in the log once and is not sent out again.

use super::{Rule, Violation};
use crate::evidence::{Delivered, Evidence, Log, Pushed, Said};
use std::collections::HashMap;

/// Looks at every conversation of the gateway's.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    let mut delivered: HashMap<usize, Vec<&Delivered>> = HashMap::new();
    for delivery in &evidence.delivered {
        delivered.entry(delivery.customer).or_default().push(delivery);
    }
    for log in &evidence.logs {
        let got = delivered.remove(&log.customer).unwrap_or_default();
        let mut wrong = |detail: String| found.push(Violation::of(Rule::Delivered, log.customer, detail));
        for delivery in got.iter().filter(|delivery| delivery.posts > 1) {
            wrong(format!("{} was pushed {} times, and had been taken", delivery.delivery, delivery.posts));
        }
        let due: Vec<&Said> = due(log, evidence).collect();
        let by_words = log.pushed == Pushed::ByWords;
        let told: Vec<&str> = got
            .iter()
            .map(|delivery| if by_words { delivery.text.as_str() } else { delivery.message.as_str() })
            .collect();
        let wanted: Vec<&str> =
            due.iter().map(|said| if by_words { said.text.trim() } else { said.id.as_str() }).collect();
        if told != wanted {
            wrong(format!("the service was given {told:?} and should have been given {wanted:?}"));
        }
        for (delivery, said) in got.iter().zip(&due) {
            if delivery.message == said.id && (&delivery.text, &delivery.role) != (&said.text, &said.role) {
                wrong(format!("{} was pushed with other words: {:?}", said.id, delivery.text));
            }
        }
    }
    for (customer, deliveries) in delivered {
        let detail = format!("{} messages were pushed to who has no conversation", deliveries.len());
        found.push(Violation::of(Rule::Delivered, customer, detail));
    }
    echoes(evidence, found);
}

/// The messages of a log that are pushed, in order.
pub fn due<'e>(log: &'e Log, evidence: &'e Evidence) -> impl Iterator<Item = &'e Said> {
    let is_echo = |said: &Said| evidence.echoes.values().any(|echo| echo.text == said.text);
    let messages = log.messages().map(|(_, said)| said).filter(|_| log.pushed != Pushed::No);
    messages.filter(move |said| said.role != "customer" && !is_echo(said))
}

fn echoes(evidence: &Evidence, found: &mut Vec<Violation>) {
    for (id, echo) in &evidence.echoes {
        let mut wrong = |detail: String| found.push(Violation::of(Rule::Kept, echo.customer, detail));
        let logs = evidence.logs.iter().filter(|log| log.customer == echo.customer);
        let copies =
            logs.flat_map(Log::messages).filter(|(_, said)| said.role == "human" && said.text == echo.text);
        let copies = copies.count();
        if copies > 1 || (echo.acknowledged && copies == 0) {
            wrong(format!("the echo {id} is in the log {copies} times"));
        }
        if echo.ids.len() > 1 {
            wrong(format!("the echo {id} was acknowledged under several ids: {:?}", echo.ids));
        }
    }
}
