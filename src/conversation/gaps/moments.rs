//! Where in a log a question was not answered, and what a person answered instead. Pure.

use super::asks::{abstains, asks, says_something};
use super::corrected::says_that_it_is_wrong;
use super::private::{Own, in_brief, without_personal_data};
use super::{Cause, Moment};
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{MessageId, TurnId};
use crate::domain::language::Language;
use crate::domain::message::{Message, Role};
use crate::domain::tool_call::ToolOutcome;
use crate::domain::turn::StopReason;
use crate::knowledge::proposals::LONGEST_ANSWER;
use crate::language::detect::detect;
use crate::language::fold::fold;
use std::collections::{HashMap, HashSet};

/// Longest question that is shown, in characters.
const LONGEST_SHOWN: usize = 300;
/// A shorter answer of a person explains nothing.
const SHORTEST_ANSWER: usize = 20;

/// What is known of a turn.
#[derive(Default)]
struct Turn {
    answers: Vec<MessageId>,
    found: bool,
    searched: bool,
    withheld: bool,
    denies: bool,
    /// An interview took part.
    interviews: bool,
}

/// The questions of a log, oldest event first, that were not answered.
pub(super) fn moments_in(events: &[Event], name: &str, own: &Own, language: Language) -> Vec<Moment> {
    let mut said: HashMap<MessageId, &Message> = HashMap::new();
    let mut turns: HashMap<TurnId, Turn> = HashMap::new();
    let mut moments = Vec::new();
    // Customer messages that nobody but a person may answer, or the bot has just answered.
    let mut last_asked: Vec<MessageId> = Vec::new();
    let mut is_answered = false;
    // Whether the last word was an answer of the bot's, and no question of its own.
    let mut can_be_corrected = false;
    let mut corrections: HashSet<MessageId> = HashSet::new();
    let add = |moments: &mut Vec<Moment>,
               said: &HashMap<MessageId, &Message>,
               ids: &[MessageId],
               cause,
               answer: Option<&str>| {
        let asked: Vec<&&Message> = ids.iter().filter_map(|id| said.get(id)).collect();
        let Some(first) = asked.first() else { return };
        let text: Vec<&str> = asked.iter().map(|message| message.text.as_str()).collect();
        let text = text.join(" ");
        let spoken = detect(&text).unwrap_or(language);
        if !says_something(&text, spoken) || (cause == Cause::LowEvidence && !asks(&text)) {
            return;
        }
        moments.push(Moment {
            conversation: events.first().map_or_else(
                || crate::domain::ids::ConversationId(uuid::Uuid::nil()),
                |event| event.conversation,
            ),
            message: first.id,
            at: first.created_at,
            question: in_brief(&without_personal_data(&text, name, own), LONGEST_SHOWN),
            cause,
            answer: answer.map(|answer| {
                without_personal_data(answer, name, own).chars().take(LONGEST_ANSWER).collect()
            }),
        });
    };
    for event in events {
        match &event.body {
            EventBody::Message(message) => {
                said.insert(message.id, message);
                match message.role {
                    Role::Customer => {
                        if std::mem::take(&mut can_be_corrected) && says_that_it_is_wrong(&message.text) {
                            add(&mut moments, &said, &last_asked, Cause::Corrected, None);
                            // The question is still the same.
                            corrections.insert(message.id);
                            continue;
                        }
                        if std::mem::take(&mut is_answered) {
                            last_asked.clear();
                        }
                        last_asked.push(message.id);
                    }
                    Role::Assistant => {
                        is_answered = true;
                        can_be_corrected = message.confirmation.is_none() && message.input.is_none();
                        if let Some(turn) = event.turn.and_then(|turn| turns.get_mut(&turn)) {
                            turn.denies |= abstains(&fold(&message.text));
                            can_be_corrected &= !turn.interviews;
                        }
                    }
                    Role::Human => {
                        if message.text.chars().count() >= SHORTEST_ANSWER {
                            add(
                                &mut moments,
                                &said,
                                &last_asked,
                                Cause::AnsweredByPerson,
                                Some(&message.text),
                            );
                        }
                        (is_answered, can_be_corrected) = (true, false);
                    }
                    Role::System => {}
                }
            }
            EventBody::TurnStarted { answers } => {
                if let Some(turn) = event.turn {
                    turns.entry(turn).or_default().answers.clone_from(answers);
                }
            }
            body => {
                let Some(turn) = event.turn.map(|turn| turns.entry(turn).or_default()) else { continue };
                match body {
                    EventBody::Retrieved { passages, .. } => {
                        turn.searched = true;
                        turn.found |= !passages.is_empty();
                    }
                    EventBody::ToolFinished { outcome: ToolOutcome::Done { .. }, .. } => turn.found = true,
                    EventBody::Withheld { .. } => turn.withheld = true,
                    EventBody::Interview { .. } => turn.interviews = true,
                    EventBody::TurnFinished { stop_reason, .. } => {
                        let is_asked = turn.answers.iter().any(|message| !corrections.contains(message));
                        if let Some(cause) = cause_of(turn, *stop_reason).filter(|_| is_asked) {
                            add(&mut moments, &said, &turn.answers, cause, None);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    moments
}

fn cause_of(turn: &Turn, reason: StopReason) -> Option<Cause> {
    match reason {
        StopReason::GuardWithheld | StopReason::ModelRefused | StopReason::ModelGarbage => {
            Some(Cause::Abstained)
        }
        StopReason::Answered if turn.denies => Some(Cause::Abstained),
        StopReason::Answered if turn.withheld => Some(Cause::Withheld),
        StopReason::Answered if turn.searched && !turn.found && !turn.interviews => Some(Cause::LowEvidence),
        StopReason::Answered
        | StopReason::AwaitingConfirmation
        | StopReason::HandedOff
        | StopReason::StepLimit
        | StopReason::RepeatLimit
        | StopReason::TokenLimit
        | StopReason::TimeLimit
        | StopReason::OverQuota
        | StopReason::ModelUnavailable
        | StopReason::Postponed
        | StopReason::Superseded
        | StopReason::NotOwner
        | StopReason::InternalError => None,
    }
}
