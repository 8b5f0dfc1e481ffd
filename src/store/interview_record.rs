//! What a row of an interview becomes: by the log of its conversation, and by changes that are no turn's. Decided here,
//! once for every database.

use super::error::StoreError;
use super::interviews::{Amendment, Assignment, InterviewRecord, Nurture, Rating, Seen, Taken};
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ContactId, InterviewId};
use crate::domain::interview::{EndReason, InterviewState, InterviewStep, Verdict};
use crate::domain::language::Language;
use jiff::{SignedDuration, Timestamp};

/// After so much silence an interview that is led is looked at. How much is too much its definition says.
const QUIET: SignedDuration = SignedDuration::from_hours(1);

impl InterviewRecord {
    /// How far it has come.
    pub fn seen(&self) -> Seen {
        Seen { conversation: self.state.conversation, seq: self.seq }
    }

    /// The record after `events`, the log of one conversation in order: what is in it already is passed over. An
    /// interview that was led elsewhere goes on here with its newest return.
    #[must_use]
    pub fn after(mut self, events: &[Event]) -> Self {
        let own = |event: &&Event| step_of(event, self.state.id).is_some();
        let here = events.iter().find(own).map(|event| event.conversation);
        let returned =
            |event: &Event| matches!(step_of(event, self.state.id), Some(InterviewStep::Resumed { .. }));
        let from = match here {
            None => return self,
            Some(here) if here == self.state.conversation => 0,
            Some(_) => match events.iter().rposition(returned) {
                None => return self,
                Some(from) => {
                    self.seq = 0;
                    from
                }
            },
        };
        let known = self.seq;
        for event in events.iter().skip(from).filter(|event| event.seq > known) {
            let Some(step) = step_of(event, self.state.id) else { continue };
            self.state.on(step, event.at);
            self.seq = event.seq;
            self.follow_up_at = match step {
                InterviewStep::Ended { verdict, .. } => verdict.as_ref().map(|_| event.at),
                _ if self.state.is_open() => event.at.checked_add(QUIET).ok(),
                _ => self.follow_up_at,
            };
        }
        self
    }

    /// The interview `id` from its beginning in `events`, the log of one conversation in order; none if it does not
    /// begin there.
    pub fn begun(id: InterviewId, contact: ContactId, language: Language, events: &[Event]) -> Option<Self> {
        let first =
            events.iter().find(|event| matches!(step_of(event, id), Some(InterviewStep::Started { .. })))?;
        let step = step_of(first, id)?;
        let state = InterviewState::begin(id, first.conversation, language, step, first.at)?;
        let (assignment, nurture, follow_up_at) = (None, None, None);
        Some(Self { state, contact, seq: first.seq, assignment, nurture, follow_up_at }.after(events))
    }

    /// Makes the change; returns what goes into the log. `taken` is who had how many leads of the route.
    pub(in crate::store) fn amend(
        &mut self,
        amendment: Amendment,
        taken: &[Taken],
        at: Timestamp,
    ) -> Result<Vec<InterviewStep>, StoreError> {
        let nobody = || StoreError::Conflict("the lead is in nobody's hands".to_owned());
        match amendment {
            Amendment::Abandoned { seen, .. } | Amendment::Waits { seen, .. }
                if seen != self.seen() || !self.state.is_open() =>
            {
                Ok(Vec::new())
            }
            Amendment::Abandoned { verdict, .. } => {
                Ok(vec![InterviewStep::Ended { reason: EndReason::Abandoned, verdict: Some(verdict) }])
            }
            Amendment::Waits { again_at, .. } => {
                self.follow_up_at = again_at;
                Ok(Vec::new())
            }
            Amendment::Edited { answers, rating } => {
                let mut steps = vec![InterviewStep::Edited { answers }];
                if let Some(Rating { verdict, list, seen }) = rating {
                    if self.seen() != seen {
                        return Err(StoreError::Stale);
                    }
                    self.rerouted(&verdict, list.as_deref());
                    self.follow_up_at = Some(at);
                    steps.push(InterviewStep::Rated { verdict });
                }
                Ok(steps)
            }
            Amendment::Assigned { route, people, acknowledge_by } => {
                if self.assignment.is_some() {
                    return Ok(Vec::new());
                }
                let waited = |person: &&String| {
                    taken
                        .iter()
                        .find(|taken| taken.person == **person)
                        .map(|taken| (taken.last_at, taken.leads))
                };
                // The first of those who waited equally long.
                let person = people.iter().min_by_key(waited).ok_or_else(nobody)?.clone();
                self.assignment = Some(Assignment {
                    route: route.clone(),
                    person: person.clone(),
                    assigned_at: at,
                    notified_at: None,
                    acknowledge_by,
                    acknowledged_at: None,
                    acknowledged_by: None,
                    escalated_at: None,
                });
                Ok(vec![InterviewStep::Assigned { route, person }])
            }
            // Whoever was told does not know it all.
            Amendment::Told { corrections, .. } if corrections != self.state.corrections => {
                self.follow_up_at = Some(at);
                Ok(Vec::new())
            }
            Amendment::Told { again_at, .. } => {
                self.follow_up_at = again_at;
                if let Some(assignment) = &mut self.assignment {
                    assignment.notified_at = assignment.notified_at.or(Some(at));
                    let open = assignment.acknowledged_at.is_none() && assignment.escalated_at.is_none();
                    let acknowledge_by = assignment.acknowledge_by.filter(|_| open);
                    self.follow_up_at = acknowledge_by.into_iter().chain(again_at).min();
                }
                Ok(Vec::new())
            }
            Amendment::PassedOn { corrections } => {
                let is_news = !self.state.passed_on && corrections == self.state.corrections;
                Ok(if is_news { vec![InterviewStep::PassedOn] } else { Vec::new() })
            }
            Amendment::Acknowledged { person } => {
                let assignment = self.assignment.as_mut().ok_or_else(nobody)?;
                if assignment.acknowledged_at.is_some() {
                    return Ok(Vec::new());
                }
                assignment.acknowledged_at = Some(at);
                assignment.acknowledged_by = Some(person.clone());
                Ok(vec![InterviewStep::Acknowledged { person }])
            }
            Amendment::Escalated { person } => {
                let assignment = self.assignment.as_mut().ok_or_else(nobody)?;
                if assignment.escalated_at.is_some() || assignment.acknowledged_at.is_some() {
                    return Ok(Vec::new());
                }
                assignment.escalated_at = Some(at);
                Ok(vec![InterviewStep::Escalated { person }])
            }
            Amendment::Nurtured { list } => {
                if self.nurture.as_ref().is_some_and(|nurture| nurture.list == list) {
                    return Ok(Vec::new());
                }
                self.nurture = Some(Nurture { list: list.clone(), since: at });
                Ok(vec![InterviewStep::Nurtured { list }])
            }
        }
    }
}

impl InterviewRecord {
    /// A lead that belongs to another route now is in nobody's hands, unless somebody has seen it already and has to do
    /// with it; one that belongs on another list is on none.
    fn rerouted(&mut self, verdict: &Verdict, list: Option<&str>) {
        let moved = |assignment: &Assignment| {
            Some(&assignment.route) != verdict.route.as_ref() && assignment.acknowledged_at.is_none()
        };
        if self.assignment.as_ref().is_some_and(moved) {
            self.assignment = None;
        }
        if self.nurture.as_ref().is_some_and(|nurture| Some(nurture.list.as_str()) != list) {
            self.nurture = None;
        }
    }
}

/// The step of interview `id` that an event tells of.
fn step_of(event: &Event, id: InterviewId) -> Option<&InterviewStep> {
    match &event.body {
        EventBody::Interview { interview, step } if *interview == id => Some(step),
        _ => None,
    }
}
