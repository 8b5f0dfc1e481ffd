//! Nothing is left out and nothing overtakes: places in the log, one customer's messages, answers, the history that is
//! shown, and event streams.

use super::{Rule, Violation};
use crate::evidence::{Evidence, Heard, Log, Moment, Pushed};
use std::collections::HashMap;

/// Looks at every log and every stream.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    for log in &evidence.logs {
        gapless(log, found);
        answers_in_order(log, found);
        shown(log, found);
        // Meta posts in no order, and several processes take in side by side what it posted.
        if log.pushed != Pushed::ByWords {
            in_the_order_sent(log, evidence, found);
        }
        if let Some(heard) = evidence.heard.get(&log.customer) {
            heard_in_order(log, heard, found);
        }
    }
}

fn gapless(log: &Log, found: &mut Vec<Violation>) {
    for (place, entry) in (1..).zip(&log.entries) {
        if entry.seq != place {
            let detail = format!("the log goes on at {} where {place} should be", entry.seq);
            found.push(Violation::of(Rule::Ordered, log.customer, detail));
            return;
        }
    }
}

fn answers_in_order(log: &Log, found: &mut Vec<Violation>) {
    let places: HashMap<&str, i64> =
        log.messages().map(|(entry, said)| (said.id.as_str(), entry.seq)).collect();
    let mut newest = 0;
    for (entry, said) in log.messages() {
        for place in said.reply_to.iter().filter_map(|id| places.get(id.as_str())) {
            if *place <= newest {
                let detail = format!(
                    "the answer at {} is to the message at {place}, and {newest} was answered before",
                    entry.seq
                );
                found.push(Violation::of(Rule::Ordered, log.customer, detail));
            }
            newest = newest.max(*place);
        }
    }
}

fn messages_of(log: &Log) -> Vec<Heard> {
    log.messages().map(|(entry, said)| Heard { seq: entry.seq, id: said.id.clone() }).collect()
}

fn shown(log: &Log, found: &mut Vec<Violation>) {
    if log.shown != messages_of(log) {
        let detail = format!("its customer is shown {:?}", log.shown);
        found.push(Violation::of(Rule::Ordered, log.customer, detail));
    }
}

/// Who was acknowledged before another was sent stands before it.
fn in_the_order_sent(log: &Log, evidence: &Evidence, found: &mut Vec<Violation>) {
    // The latest sending among those that stand before, which none behind may have been acknowledged before.
    let mut latest: Option<(Moment, &str)> = None;
    for (_, said) in log.messages().filter(|(_, said)| said.role == "customer") {
        let word = said.client_id.as_deref().unwrap_or_default();
        let Some(sent) = evidence.sent.get(word) else { continue };
        if let (Some((first, other)), Some(acknowledged)) = (latest, sent.acknowledged)
            && acknowledged < first
        {
            let detail = format!("{word} was acknowledged before {other} was sent, and stands behind it");
            found.push(Violation::of(Rule::Ordered, log.customer, detail));
        }
        if latest.is_none_or(|(first, _)| sent.first > first) {
            latest = Some((sent.first, word));
        }
    }
}

fn heard_in_order(log: &Log, heard: &[Heard], found: &mut Vec<Violation>) {
    let told = messages_of(log);
    let place = heard.iter().zip(&told).position(|(heard, told)| heard != told);
    let place = place.or((heard.len() != told.len()).then_some(heard.len().min(told.len())));
    if let Some(place) = place {
        let detail = format!(
            "as message {} its stream told {:?} instead of {:?}; {} of {} were told",
            place + 1,
            heard.get(place),
            told.get(place),
            heard.len(),
            told.len()
        );
        found.push(Violation::of(Rule::Heard, log.customer, detail));
    }
}
