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
    let ledger = Ledger::of(evidence);
    let mut interrupted = Vec::new();
    for death in &evidence.deaths {
        for customer in ledger.at_work(death) {
            let after = ledger.went_on(death, customer).map(|moment| (moment - death.relieved).max(0));
            interrupted.push(Interrupted { customer, after });
        }
    }
    interrupted
}

/// A request to the model or the vendor.
struct Request<'a> {
    by: &'a str,
    at: Moment,
    ended: Option<Moment>,
}

/// The evidence by customer: a long run has thousands of kills and hundreds of thousands of requests.
struct Ledger<'a> {
    requests: HashMap<usize, Vec<Request<'a>>>,
    logs: HashMap<usize, &'a Log>,
}

impl<'a> Ledger<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        let mut requests: HashMap<usize, Vec<Request<'a>>> = HashMap::new();
        for asked in &evidence.asked {
            let request = Request { by: &asked.by, at: asked.at, ended: asked.ended };
            requests.entry(asked.customer).or_default().push(request);
        }
        for called in &evidence.called {
            let Some(sent) = evidence.sent.get(&called.word) else { continue };
            let request = Request { by: &called.by, at: called.at, ended: called.ended };
            requests.entry(sent.customer).or_default().push(request);
        }
        Self { requests, logs: evidence.logs.iter().map(|log| (log.customer, log)).collect() }
    }

    /// Whose turns had a request open. The other side may note the end of a request late: a turn that had ended by the
    /// log had none.
    fn at_work(&self, death: &Death) -> BTreeSet<usize> {
        let was_open = |request: &Request<'_>| {
            request.by == death.who
                && request.at <= death.signalled
                && request.ended.is_none_or(|ended| ended >= death.signalled)
        };
        let had_ended = |customer: usize, request: &Request<'_>| {
            self.ends(customer).any(|at| request.at <= at && at <= death.signalled)
        };
        let working = self.requests.iter().filter(|(customer, requests)| {
            requests.iter().any(|request| was_open(request) && !had_ended(**customer, request))
        });
        working.map(|(customer, _)| *customer).collect()
    }

    /// When turns of a customer ended, or could not go on.
    fn ends(&self, customer: usize) -> impl Iterator<Item = Moment> {
        let entries = self.logs.get(&customer).into_iter().flat_map(|log| &log.entries);
        let ends = |what: &What| {
            matches!(what, What::Finished { .. } | What::Owner { bot: false } | What::State { .. })
        };
        entries.filter(move |entry| ends(&entry.what)).map(|entry| entry.at)
    }

    /// When the model or the vendor was asked again by somebody else, or the turn ended.
    fn went_on(&self, death: &Death, customer: usize) -> Option<Moment> {
        let requests = self.requests.get(&customer).into_iter().flatten();
        let again = requests.filter(|request| request.by != death.who && request.at >= death.signalled);
        let ended = self.ends(customer).filter(|at| *at >= death.signalled);
        again.map(|request| request.at).chain(ended).min()
    }
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
