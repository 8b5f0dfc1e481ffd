//! What a killed process was in the middle of goes on at once, at another one or at the next: the model's and the
//! vendor's ledgers against the log. Seen from outside, a turn is at work while it has a request open.

use super::{Rule, Violation};
use crate::evidence::{Death, Evidence, Log, Moment, What};
use std::collections::{BTreeSet, HashMap};

/// Fewer waits have no middle that says anything.
pub const FEWEST: usize = 4;

/// A turn that was interrupted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interrupted {
    /// Whose.
    pub customer: usize,
    /// From the moment that somebody could go on to the moment that somebody did, in milliseconds; none if nobody did.
    pub after: Option<Moment>,
}

/// Every turn that was interrupted by a kill.
pub fn interrupted(evidence: &Evidence) -> Vec<Interrupted> {
    let logs: HashMap<usize, &Log> = evidence.logs.iter().map(|log| (log.customer, log)).collect();
    let mut interrupted = Vec::new();
    for death in &evidence.deaths {
        for customer in at_work(evidence, death) {
            let after = went_on(evidence, logs.get(&customer).copied(), death, customer);
            let after = after.map(|moment| (moment - death.relieved).max(0));
            interrupted.push(Interrupted { customer, after });
        }
    }
    interrupted
}

fn at_work(evidence: &Evidence, death: &Death) -> BTreeSet<usize> {
    let was_open = |at: Moment, ended: Option<Moment>| {
        at <= death.signalled && ended.is_none_or(|ended| ended >= death.signalled)
    };
    let asked =
        evidence.asked.iter().filter(|asked| asked.by == death.who && was_open(asked.at, asked.ended));
    let called =
        evidence.called.iter().filter(|called| called.by == death.who && was_open(called.at, called.ended));
    let called = called.filter_map(|called| Some(evidence.sent.get(&called.word)?.customer));
    asked.map(|asked| asked.customer).chain(called).collect()
}

/// When the model or the vendor was asked again by somebody else, or the turn ended.
fn went_on(evidence: &Evidence, log: Option<&Log>, death: &Death, customer: usize) -> Option<Moment> {
    let is_next = |by: &str, at: Moment| by != death.who && at >= death.signalled;
    let asked =
        evidence.asked.iter().filter(|asked| asked.customer == customer && is_next(&asked.by, asked.at));
    let called = evidence.called.iter().filter(|called| {
        let whose = evidence.sent.get(&called.word).map(|sent| sent.customer);
        whose == Some(customer) && is_next(&called.by, called.at)
    });
    let ended = log.into_iter().flat_map(|log| &log.entries).filter(|entry| {
        let ends =
            matches!(entry.what, What::Finished { .. } | What::Owner { bot: false } | What::State { .. });
        ends && entry.at >= death.signalled
    });
    let moments = asked.map(|asked| asked.at).chain(called.map(|called| called.at));
    moments.chain(ended.map(|entry| entry.at)).min()
}

/// The middle one and the longest of all waits.
pub fn middle_and_longest(interrupted: &[Interrupted]) -> Option<(Moment, Moment)> {
    let mut waits: Vec<Moment> = interrupted.iter().filter_map(|turn| turn.after).collect();
    waits.sort_unstable();
    Some((*waits.get(waits.len().checked_sub(1)? / 2)?, *waits.last()?))
}

/// Looks at every kill. The middle of all waits must not be longer than `longest`.
pub fn check(evidence: &Evidence, longest: Moment, found: &mut Vec<Violation>) {
    let interrupted = interrupted(evidence);
    for turn in interrupted.iter().filter(|turn| turn.after.is_none()) {
        found.push(Violation::of(
            Rule::Recovered,
            turn.customer,
            "a turn that a kill interrupted was never taken up",
        ));
    }
    if interrupted.len() < FEWEST {
        return;
    }
    if let Some((middle, _)) = middle_and_longest(&interrupted).filter(|(middle, _)| *middle > longest) {
        let detail = format!("the middle one of {} waits was {middle} ms", interrupted.len());
        found.push(Violation { rule: Rule::Recovered, customer: None, detail });
    }
}
