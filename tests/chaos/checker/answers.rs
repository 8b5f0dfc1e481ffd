//! No message is lost, and none is answered twice: acknowledgements against logs.

use super::{Rule, Violation};
use crate::evidence::{Evidence, Log, Said, Sent, What};
use std::collections::HashMap;

/// Looks at every message and every answer.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    let logs: HashMap<usize, &Log> = evidence.logs.iter().map(|log| (log.customer, log)).collect();
    for (word, sent) in &evidence.sent {
        kept(word, sent, logs.get(&sent.customer).copied(), found);
    }
    for log in &evidence.logs {
        answered(log, evidence, found);
        passed_over(log, found);
        at_the_end(log, found);
    }
}

fn kept(word: &str, sent: &Sent, log: Option<&Log>, found: &mut Vec<Violation>) {
    let mut missed = |detail: String| found.push(Violation::of(Rule::Kept, sent.customer, detail));
    let copies: Vec<&Said> = log
        .into_iter()
        .flat_map(Log::messages)
        .map(|(_, said)| said)
        .filter(|said| said.role == "customer" && said.client_id.as_deref() == Some(word))
        .collect();
    if sent.acknowledged.is_some() && copies.is_empty() {
        missed(format!("{word} was acknowledged and is not in the log"));
    }
    if copies.len() > 1 {
        missed(format!("{word} is in the log {} times", copies.len()));
    }
    if sent.ids.len() > 1 {
        missed(format!("{word} was acknowledged under several ids: {:?}", sent.ids));
    }
    if sent.fresh > 1 {
        missed(format!("{word} was acknowledged as new {} times", sent.fresh));
    }
    for copy in copies {
        if !copy.text.contains(word) {
            missed(format!("{word} is in the log with other words: {:?}", copy.text));
        }
        if sent.ids.first().is_some_and(|id| *id != copy.id) {
            missed(format!("{word} was acknowledged as {:?} and is in the log as {}", sent.ids, copy.id));
        }
    }
}

/// Every answer answers what came before it, as nobody has, and ends as answers end.
fn answered(log: &Log, evidence: &Evidence, found: &mut Vec<Violation>) {
    let mut wrong = |detail: String| found.push(Violation::of(Rule::AnsweredOnce, log.customer, detail));
    let mut asked: HashMap<&str, &Said> = HashMap::new();
    let mut answers: HashMap<&str, u32> = HashMap::new();
    for (entry, said) in log.messages() {
        match said.role.as_str() {
            "customer" => {
                asked.insert(&said.id, said);
                let word = said.client_id.as_deref().unwrap_or_default();
                if evidence.sent.get(word).is_none_or(|sent| sent.customer != log.customer) {
                    wrong(format!("{} is a message that this customer never sent: {:?}", said.id, said.text));
                }
            }
            "assistant" => {
                if said.reply_to.is_empty() {
                    wrong(format!("{} at {} answers nothing", said.id, entry.seq));
                }
                for id in &said.reply_to {
                    *answers.entry(id).or_default() += 1;
                    match asked.get(id.as_str()) {
                        None => wrong(format!(
                            "the answer at {} is to {id}, which nobody sent before it",
                            entry.seq
                        )),
                        Some(question) => {
                            let word = question.client_id.as_deref().unwrap_or_default();
                            if !said.text.contains(word) {
                                wrong(format!(
                                    "the answer at {} to {word} does not speak of it: {:?}",
                                    entry.seq, said.text
                                ));
                            }
                        }
                    }
                }
                let reason = log.entries.iter().find_map(|other| match &other.what {
                    What::Finished { reason } if other.turn.is_some() && other.turn == entry.turn => {
                        Some(reason.as_str())
                    }
                    _ => None,
                });
                if reason != Some("answered") {
                    wrong(format!("the answer at {} is an excuse: its turn ended {reason:?}", entry.seq));
                }
            }
            _ => {}
        }
    }
    for (id, times) in answers {
        if times > 1 {
            let word = asked.get(id).and_then(|said| said.client_id.as_deref()).unwrap_or(id);
            wrong(format!("{word} was answered {times} times"));
        }
    }
}

/// Who answers a message has answered all that stood before it, or a person had.
fn passed_over(log: &Log, found: &mut Vec<Violation>) {
    let mut open: Vec<&Said> = Vec::new();
    for entry in &log.entries {
        match &entry.what {
            What::State { closed: true } => open.clear(),
            What::Message(said) => match said.role.as_str() {
                "customer" => open.push(said),
                "human" => open.clear(),
                _ => {
                    let newest = open.iter().rposition(|asked| said.reply_to.contains(&asked.id));
                    let reached: Vec<&Said> = open.drain(..newest.map_or(0, |place| place + 1)).collect();
                    for asked in reached.iter().filter(|asked| !said.reply_to.contains(&asked.id)) {
                        let word = asked.client_id.as_deref().unwrap_or(&asked.id);
                        let detail = format!("{word} was passed over by the answer at {}", entry.seq);
                        found.push(Violation::of(Rule::AnsweredOnce, log.customer, detail));
                    }
                }
            },
            _ => {}
        }
    }
}

/// Nothing is open, unless a person has it before them.
fn at_the_end(log: &Log, found: &mut Vec<Violation>) {
    if !log.is_bots {
        return;
    }
    for id in log.open() {
        let said = log.messages().map(|(_, said)| said).find(|said| said.id == id);
        let word = said.and_then(|said| said.client_id.as_deref()).unwrap_or(id);
        found.push(Violation::of(Rule::AnsweredOnce, log.customer, format!("{word} was never answered")));
    }
    if log.is_at_work() {
        found.push(Violation::of(Rule::AnsweredOnce, log.customer, "a turn began and never ended"));
    }
}
