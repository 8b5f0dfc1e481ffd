//! Interviews as rows: where each stands, whose lead it became, whether that person knows. The log has what was
//! said; a row is the fold over it, written in the transaction that appends. What a change does to a row is decided
//! here, once for every database.

use super::conversations::Page;
use super::error::StoreError;
use super::outbox::NewDelivery;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ContactId, ConversationId, InterviewId, Seq};
use crate::domain::interview::{Answer, InterviewState, InterviewStep, Verdict};
use crate::domain::language::Language;
use crate::domain::message::Message;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An interview with where its fold has come to.
#[derive(Clone, PartialEq, Debug)]
pub struct InterviewRecord {
    /// The interview.
    pub state: InterviewState,
    /// Whose.
    pub contact: ContactId,
    /// The newest event of `state.conversation` that is in `state`.
    pub seq: Seq,
    /// Who has to call the lead.
    pub assignment: Option<Assignment>,
    /// The list the lead is kept warm on.
    pub nurture: Option<Nurture>,
    /// When somebody should look after the lead: from its end until it was passed to whoever it goes to, and when it
    /// was not acknowledged.
    pub follow_up_at: Option<Timestamp>,
}

/// A lead in somebody's hands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Assignment {
    /// Name of the route.
    pub route: String,
    /// Who.
    pub person: String,
    /// When it became theirs.
    pub assigned_at: Timestamp,
    /// When they were told.
    pub notified_at: Option<Timestamp>,
    /// Until when they have to acknowledge, if at all.
    pub acknowledge_by: Option<Timestamp>,
    /// When somebody did.
    pub acknowledged_at: Option<Timestamp>,
    /// Who did.
    pub acknowledged_by: Option<String>,
    /// When somebody else was told because nobody did.
    pub escalated_at: Option<Timestamp>,
}

/// A lead that is kept warm.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Nurture {
    /// Name of the list.
    pub list: String,
    /// Since when.
    pub since: Timestamp,
}

/// How much of a person's time a route has taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Who.
    pub person: String,
    /// When they last got a lead of the route.
    pub last_at: Timestamp,
    /// How many they got.
    pub leads: i64,
}

/// A change of an interview that is no turn's.
#[derive(Clone, PartialEq, Debug)]
pub enum Amendment {
    /// A person of the business wrote answers; their fields are locked.
    Edited {
        /// The answers.
        answers: Vec<Answer>,
        /// What it comes to with them, if it is over.
        rating: Option<Rating>,
    },
    /// The lead goes to whoever of these waited longest. An interview that has a person keeps them.
    Assigned {
        /// Name of the route.
        route: String,
        /// Who may get it, in the route's order.
        people: Vec<String>,
        /// Until when they have to acknowledge, if at all.
        acknowledge_by: Option<Timestamp>,
    },
    /// Whom it concerns was told: there is nothing to do until the lead has to be acknowledged, or until a time. What
    /// was corrected meanwhile has still to be looked after.
    Told {
        /// When there is something to do all the same.
        again_at: Option<Timestamp>,
        /// The corrections that whoever was told knew of.
        corrections: u32,
    },
    /// The lead was passed on to the business's systems after all, as it was after so many corrections.
    PassedOn {
        /// The corrections.
        corrections: u32,
    },
    /// Somebody has seen that there is a lead. The first one counts.
    Acknowledged {
        /// Who.
        person: String,
    },
    /// Nobody acknowledged in time, and somebody else was told.
    Escalated {
        /// Who.
        person: String,
    },
    /// The lead is kept warm.
    Nurtured {
        /// Name of the list.
        list: String,
    },
}

/// What an interview that is over comes to after a change.
#[derive(Clone, PartialEq, Debug)]
pub struct Rating {
    /// The verdict.
    pub verdict: Verdict,
    /// The list that such a lead is kept warm on.
    pub list: Option<String>,
    /// The place of the record that it was worked out from: it holds for no other.
    pub seen: Seq,
}

/// An interview that a person of the business begins.
#[derive(Clone, Debug)]
pub struct NewInterview {
    /// Its id.
    pub id: InterviewId,
    /// Where it is led.
    pub conversation: ConversationId,
    /// The epoch of the conversation as the person knows it.
    pub only_at: i64,
    /// Why the conversation is the bot's, if it was not before.
    pub reason: String,
    /// How it begins.
    pub started: InterviewStep,
    /// The first question, put only if no word of the customer waits for an answer: that one is given first.
    pub opening: Option<Opening>,
    /// When.
    pub at: Timestamp,
}

/// The first question.
#[derive(Clone, Debug)]
pub struct Opening {
    /// As a step.
    pub asked: InterviewStep,
    /// In words.
    pub message: Message,
    /// Outbox row for them, if the channel has to be pushed to.
    pub outbox: Option<NewDelivery>,
}

/// Which interviews to list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct InterviewFilter {
    /// Only of this definition.
    pub name: Option<String>,
    /// Only that stand so: `running`, `paused`, or an end reason.
    pub standing: Option<String>,
    /// Only this warm: `hot`, `warm`, `cold` or `disqualified`.
    pub temperature: Option<String>,
    /// Only begun at or after.
    pub since: Option<Timestamp>,
    /// Go on behind this position, as given by the last page.
    pub cursor: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// Interviews of a database. What a turn does to one goes through [`super::turns::TurnCommit`].
#[async_trait]
pub trait InterviewStore: Send + Sync {
    /// One interview.
    async fn get(&self, id: InterviewId) -> Result<Option<InterviewRecord>, StoreError>;

    /// The contact's newest interview, whatever became of it.
    async fn newest_of(&self, contact: ContactId) -> Result<Option<InterviewRecord>, StoreError>;

    /// The conversation's newest interview, whatever became of it.
    async fn newest_in(&self, conversation: ConversationId) -> Result<Option<InterviewRecord>, StoreError>;

    /// Names of every interview the contact was ever asked in, whatever became of it.
    async fn names_of(&self, contact: ContactId) -> Result<Vec<String>, StoreError>;

    /// Begins an interview and gives its conversation to the bot, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation, [`StoreError::Stale`] if it is not as it was at
    /// `only_at`, [`StoreError::Conflict`] while a turn works on it.
    async fn begin(&self, new: NewInterview) -> Result<InterviewRecord, StoreError>;

    /// A page of interviews.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the cursor is none of this list.
    async fn list(&self, filter: &InterviewFilter) -> Result<Page<InterviewRecord>, StoreError>;

    /// Changes an interview and appends what happened to its conversation's log, in one transaction. A change that
    /// was made before changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such interview, [`StoreError::Conflict`] if it has to be in somebody's
    /// hands and is not, or if nobody may get it.
    async fn amend(
        &self,
        id: InterviewId,
        amendment: Amendment,
        at: Timestamp,
    ) -> Result<InterviewRecord, StoreError>;

    /// Takes interviews whose time to be looked after has come; nobody else gets them before `until`. The longest
    /// waiting first, at most `limit`.
    async fn take_follow_ups(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<InterviewRecord>, StoreError>;
}

impl InterviewRecord {
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
            if let InterviewStep::Ended { verdict: Some(_), .. } = step {
                self.follow_up_at = Some(event.at);
            }
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
            Amendment::Edited { answers, rating } => {
                let mut steps = vec![InterviewStep::Edited { answers }];
                if let Some(Rating { verdict, list, seen }) = rating {
                    if self.seq != seen {
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
