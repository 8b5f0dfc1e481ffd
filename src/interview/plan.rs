//! What to do next in an interview: the question whose answer can still change the most, within the budget, or the
//! end. State in, move out; nothing is remembered here.

use super::condition::{Condition, Truth, all_hold};
use super::definition::Definition;
use super::field::Field;
use super::score::{Bounds, bounds, concerns, verdict};
use crate::domain::interview::{
    Answer, AnswerOrigin, EndReason, InterviewState, Manner, Question, Temperature,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A field is asked for at most so often.
const TRIES: usize = 2;
/// What the program is less sure of than this is confirmed before it counts.
const SURE: u8 = 60;
/// Worth of a question that can disqualify: nobody's time is wasted on a lead that cannot be served.
const GATE: i32 = 1_000;
/// Worth of a question that decides who calls.
const ROUTE: i32 = 50;

/// What comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Move {
    /// Put this question.
    Ask(Question),
    /// It is over.
    End(EndReason),
}

/// What comes next for `state` on `today`.
pub fn next(definition: &Definition, state: &InterviewState, today: Date) -> Move {
    let plan = Plan { definition, state, today };
    if let Some(consent) = &state.consent
        && !consent.agreed
    {
        return Move::End(EndReason::Declined);
    }
    if plan.is_refused() {
        return Move::End(EndReason::Disqualified);
    }
    if definition.consent.is_some() && state.consent.is_none() {
        return Move::Ask(plain(Manner::Consent));
    }
    if let Some(question) = plan.question() {
        return Move::Ask(question);
    }
    let shown = state.asked.iter().any(|question| question.manner == Manner::Summary);
    let said = |answer: &Answer| matches!(answer.origin, AnswerOrigin::Said(_));
    if definition.summary && !shown && state.answers.values().any(said) {
        return Move::Ask(plain(Manner::Summary));
    }
    Move::End(EndReason::Completed)
}

/// About how many questions are still to come, for "3 of about 5".
pub fn remaining(definition: &Definition, state: &InterviewState, today: Date) -> usize {
    let plan = Plan { definition, state, today };
    let worth = definition.fields.iter().filter(|field| plan.is_open(field) && plan.worth(field) > 0);
    worth.count().min(plan.left())
}

/// A question for no field.
fn plain(manner: Manner) -> Question {
    Question { fields: Vec::new(), manner, offered: None }
}

struct Plan<'a> {
    definition: &'a Definition,
    state: &'a InterviewState,
    today: Date,
}

impl Plan<'_> {
    fn is_refused(&self) -> bool {
        self.definition.gates.iter().any(|gate| all_hold(&gate.when, self.state, self.today) == Truth::Yes)
    }

    /// Questions left in the budget.
    fn left(&self) -> usize {
        self.definition.budget.saturating_sub(self.state.spent())
    }

    fn question(&self) -> Option<Question> {
        let left = self.left();
        if left == 0 {
            return None;
        }
        let open: Vec<&Field> = self.definition.fields.iter().filter(|field| self.is_open(field)).collect();
        let required = open.iter().filter(|field| field.required).count();
        // What has to be known keeps its share of the budget.
        let only_required = left <= required;
        if let Some(again) = self.again(&open, only_required) {
            return Some(again);
        }
        let mut best: Option<(i32, &Field)> = None;
        for field in open {
            if (only_required && !field.required) || !self.may_come_now(field) {
                continue;
            }
            let worth = self.worth(field);
            // The first of equals: the operator's order is the natural one.
            if worth > 0 && best.is_none_or(|(most, _)| worth > most) {
                best = Some((worth, field));
            }
        }
        best.map(|(_, field)| self.put(field))
    }

    /// The field of the last question, if it was not understood and is worth a second try.
    fn again(&self, open: &[&Field], only_required: bool) -> Option<Question> {
        let last = self.state.asked.last()?;
        if !matches!(last.manner, Manner::Ask | Manner::Again | Manner::Confirm) {
            return None;
        }
        let id = last.fields.iter().find(|id| !self.state.is_answered(id))?;
        let field = open.iter().find(|field| field.id == *id)?;
        if only_required && !field.required {
            return None;
        }
        Some(Question { fields: vec![field.id.clone()], manner: Manner::Again, offered: None })
    }

    /// Whether the field could be asked for at some time: it concerns the lead, is not known well enough, was not
    /// asked too often, and the law allows the question.
    fn is_open(&self, field: &Field) -> bool {
        let state = self.state;
        let allowed = !field.sensitive || state.consent.as_ref().is_some_and(|consent| consent.agreed);
        allowed
            && !state.locked.contains(&field.id)
            && !self.is_known(field)
            && state.asked_for(&field.id) < TRIES
            && concerns(field, state, self.today)
    }

    /// Whether the field was answered, refused or passed over, and that still holds.
    fn is_known(&self, field: &Field) -> bool {
        self.state.is_answered(&field.id)
            && self.state.answers.get(&field.id).is_some_and(|answer| !self.needs_word(field, answer))
    }

    /// Whether the lead's word on an answer is needed: it is old, or the program is not sure of it, and it was not
    /// asked for yet.
    fn needs_word(&self, field: &Field, answer: &Answer) -> bool {
        if answer.given.value().is_none() || self.state.asked_for(&field.id) > 0 {
            return false;
        }
        let given = answer.at.to_zoned(TimeZone::UTC).date();
        let days = self.today.since(given).map_or(0, |span| span.get_days());
        match answer.origin {
            AnswerOrigin::Person(_) => false,
            AnswerOrigin::Said(_) | AnswerOrigin::Channel => answer.confidence < SURE,
            AnswerOrigin::Crm | AnswerOrigin::Earlier(_) | AnswerOrigin::Lookup(_) => {
                answer.confidence < SURE || i64::from(days) > i64::from(self.definition.stale_days)
            }
        }
    }

    /// Whether everything that has to come before the field was settled.
    fn may_come_now(&self, field: &Field) -> bool {
        let settled = |id: &String| {
            self.definition
                .fields
                .iter()
                .find(|before| before.id == *id)
                .is_none_or(|before| !self.is_open(before))
        };
        let decided = !matches!(all_hold(&field.when, self.state, self.today), Truth::Unknown);
        decided && field.after.iter().all(settled)
    }

    /// How much the answer of an open field can still change.
    fn worth(&self, field: &Field) -> i32 {
        let mut worth = i32::from(field.required);
        let about = |conditions: &[Condition]| {
            conditions.iter().any(|condition| condition.field == field.id)
                && all_hold(conditions, self.state, self.today) == Truth::Unknown
        };
        if self.definition.gates.iter().any(|gate| about(&gate.when)) {
            worth += GATE;
        }
        if self.definition.segments.iter().any(|segment| about(&segment.when))
            || self.definition.routes.iter().any(|route| about(&route.when))
        {
            worth += ROUTE;
        }
        if !self.bounds().settle_temperature(self.definition) {
            worth += field.most_points() - field.least_points();
            let bonuses = self.definition.bonuses.iter().filter(|bonus| about(&bonus.when));
            worth += bonuses.map(|bonus| bonus.points.abs()).sum::<i32>();
        }
        // What other questions hang on is worth what they are worth, a little less.
        let depends = |other: &&Field| {
            other.id != field.id
                && !self.state.is_answered(&other.id)
                && other.when.iter().any(|condition| condition.field == field.id)
                && all_hold(&other.when, self.state, self.today) == Truth::Unknown
        };
        worth
            + self.definition.fields.iter().filter(depends).map(|other| other.most_points() / 2).sum::<i32>()
    }

    fn bounds(&self) -> Bounds {
        bounds(self.definition, self.state, self.today, &|field| {
            !self.state.is_answered(&field.id) && self.is_open(field)
        })
    }

    /// The question for `field`: for its word on what is known, or for it, perhaps together with its companion.
    fn put(&self, field: &Field) -> Question {
        if let Some(value) = self.state.value(&field.id) {
            let fields = vec![field.id.clone()];
            return Question { fields, manner: Manner::Confirm, offered: Some(value.clone()) };
        }
        let companion = field.with.as_ref().filter(|_| field.ask_with.is_some()).and_then(|id| {
            self.definition.fields.iter().find(|other| other.id == *id).filter(|other| {
                self.is_open(other) && self.state.value(&other.id).is_none() && self.may_come_now(other)
            })
        });
        let fields = std::iter::once(field).chain(companion).map(|field| field.id.clone()).collect();
        Question { fields, manner: Manner::Ask, offered: None }
    }
}

/// Whether the lead as it stands is one that is offered a call.
pub fn is_worth_a_call(definition: &Definition, state: &InterviewState, today: Date) -> bool {
    let verdict = verdict(definition, state, today, state.language);
    verdict.temperature > Temperature::Disqualified && definition.end.of(verdict.temperature).book
}
