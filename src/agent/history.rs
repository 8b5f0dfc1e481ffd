//! The conversation so far as a model reads it, and what it proves. Bounded; whole exchanges are left out from the
//! oldest; every call keeps its result right behind it.

use super::outdated::{self, rests_on};
use super::stretch::Stretch;
use super::task::Task;
use crate::domain::contact::Identity;
use crate::domain::conversation::Owner;
use crate::domain::effect::Effect;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{CallId, TurnId};
use crate::domain::language::Language;
use crate::domain::message::{Message, Role};
use crate::domain::tool::Risk;
use crate::domain::tool_call::{ToolCall, ToolOutcome};
use crate::domain::turn::StopReason;
use crate::llm::model::ChatMessage;
use crate::tools::gate::evidence::Evidence;
use crate::tools::registry::Registry;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};

/// Calls of unknown fate are remembered for so long.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// Most characters of an earlier tool result that is shown again.
const OLD_RESULT_CHARACTERS: usize = 2_000;

/// Earlier messages that a question may lean on.
const LEANED_ON: usize = 2;
/// Characters of each.
const LONGEST_LEANED_ON: usize = 300;

/// The transcript of everything before the current turn. What was said on the word of `changed` passages is marked.
pub fn transcript(
    events: &[Event],
    current: TurnId,
    answers: &[Message],
    changed: &HashSet<String>,
    budget: usize,
) -> Vec<ChatMessage> {
    let superseded = superseded(events);
    let answered_now: HashSet<_> = answers.iter().map(|message| message.id).collect();
    let stretches: HashMap<usize, Stretch<'_>> = events
        .iter()
        .enumerate()
        .filter(|(_, event)| matches!(&event.body, EventBody::OwnerChanged { owner: Owner::Bot, .. }))
        .map(|(end, _)| (end, Stretch::ending_at(events, end)))
        .collect();
    let digested: HashSet<_> =
        stretches.values().flat_map(|stretch| stretch.digested()).map(|message| message.id).collect();
    let mut messages = Vec::new();
    let mut open: HashMap<String, usize> = HashMap::new();
    for (place, event) in events.iter().enumerate() {
        if event.turn == Some(current) || event.turn.is_some_and(|turn| superseded.contains(&turn)) {
            continue;
        }
        match &event.body {
            EventBody::Message(message)
                if answered_now.contains(&message.id) || digested.contains(&message.id) => {}
            EventBody::Message(message) => {
                messages.extend(in_reply_to(message));
                messages.extend(said(message));
                if rests_on(message, changed) {
                    messages.push(ChatMessage::System(outdated::SAID.to_owned()));
                }
            }
            EventBody::ModelAnswered { calls, .. } if !calls.is_empty() => {
                let calls: Vec<ToolCall> = calls.iter().map(|call| renamed(call, event.turn)).collect();
                open.extend(calls.iter().map(|call| (call.id.0.clone(), messages.len())));
                messages.push(ChatMessage::Assistant { text: String::new(), calls });
            }
            EventBody::ToolFinished { call, outcome, .. } => {
                let call = renamed(call, event.turn);
                if open.remove(&call.id.0).is_none() {
                    // A confirmed call: the customer's yes, not a model answer, led to it.
                    messages.push(ChatMessage::Assistant { text: String::new(), calls: vec![call.clone()] });
                }
                let content = shortened(outcome.for_model());
                messages.push(ChatMessage::ToolResult { call, content });
            }
            EventBody::OwnerChanged { owner: Owner::Bot, .. } => {
                messages.extend(stretches.get(&place).map(|stretch| ChatMessage::System(stretch.digest())));
            }
            EventBody::ModelAnswered { .. }
            | EventBody::OwnerChanged { .. }
            | EventBody::TurnStarted { .. }
            | EventBody::Retrieved { .. }
            | EventBody::LookedAgain { .. }
            | EventBody::StoodIn
            | EventBody::Postponed { .. }
            | EventBody::ToolStarted { .. }
            | EventBody::ConfirmationAsked { .. }
            | EventBody::ConfirmationSettled { .. }
            | EventBody::Verified { .. }
            | EventBody::Withheld { .. }
            | EventBody::Interview { .. }
            | EventBody::Bound { .. }
            | EventBody::TurnFinished { .. }
            | EventBody::News { .. }
            | EventBody::StateChanged { .. } => {}
        }
    }
    without_hand_offs_and_loose_ends(&mut messages, &settled_hand_offs(events));
    within(messages, budget)
}

/// The earlier words that a customer's message replies to. They stand apart: nobody has said them anew, so that they
/// prove nothing.
pub fn in_reply_to(message: &Message) -> Option<ChatMessage> {
    let quoted = message.quoted.as_ref()?;
    let whose = match quoted.role {
        Role::Customer => "the customer's own earlier message",
        Role::Assistant | Role::Human | Role::System => "this earlier message of the business",
    };
    Some(ChatMessage::System(format!("The next message replies to {whose}: {:?}", quoted.text)))
}

/// What one side said, as the model reads it.
fn said(message: &Message) -> Option<ChatMessage> {
    match message.role {
        Role::Customer => Some(ChatMessage::Customer(message.text.clone())),
        Role::Assistant => Some(ChatMessage::Assistant { text: message.text.clone(), calls: Vec::new() }),
        Role::Human => {
            let name = message.author.as_deref().unwrap_or("team");
            Some(ChatMessage::Assistant { text: format!("[{name}] {}", message.text), calls: Vec::new() })
        }
        Role::System => None,
    }
}

/// Turns whose work does not count.
fn superseded(events: &[Event]) -> HashSet<TurnId> {
    events
        .iter()
        .filter(|event| {
            matches!(event.body, EventBody::TurnFinished { stop_reason: StopReason::Superseded, .. })
        })
        .filter_map(|event| event.turn)
        .collect()
}

/// Ids of hand-off calls: a model that sees an old one hands off again at once.
fn settled_hand_offs(events: &[Event]) -> HashSet<String> {
    events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::ToolFinished { call, outcome: ToolOutcome::Done { effects, .. }, .. }
                if effects.iter().any(|effect| matches!(effect, Effect::HandOff { .. })) =>
            {
                Some(renamed(call, event.turn).id.0)
            }
            _ => None,
        })
        .collect()
}

/// Call ids repeat from turn to turn; in one transcript they must not.
fn renamed(call: &ToolCall, turn: Option<TurnId>) -> ToolCall {
    let tail = turn.map(|turn| turn.0.simple().to_string()[24..].to_owned()).unwrap_or_default();
    ToolCall { id: CallId(format!("{}_{tail}", call.id)), ..call.clone() }
}

fn without_hand_offs_and_loose_ends(messages: &mut Vec<ChatMessage>, hand_offs: &HashSet<String>) {
    let answered: HashSet<String> = messages
        .iter()
        .filter_map(|message| match message {
            ChatMessage::ToolResult { call, .. } => Some(call.id.0.clone()),
            _ => None,
        })
        .filter(|id| !hand_offs.contains(id))
        .collect();
    messages.retain_mut(|message| match message {
        ChatMessage::Assistant { text, calls } => {
            calls.retain(|call| answered.contains(&call.id.0));
            !calls.is_empty() || !text.is_empty()
        }
        ChatMessage::ToolResult { call, .. } => answered.contains(&call.id.0),
        ChatMessage::System(_) | ChatMessage::Customer(_) => true,
    });
}

/// Calls of earlier turns of which nobody knows whether they were done, with the turns that made them first: what the same
/// call came to since, under the same key, settles it. Whoever asks for the same after a day means something new.
pub fn of_unknown_fate(task: &Task, registry: &Registry, now: Timestamp) -> Vec<(TurnId, ToolCall)> {
    let mut unknown: Vec<(TurnId, ToolCall)> = Vec::new();
    for event in task.events.iter().filter(|event| now.duration_since(event.at) < A_DAY) {
        let Some(turn) = event.turn else { continue };
        let (call, outcome) = match &event.body {
            EventBody::ToolStarted { call } => (call, None),
            EventBody::ToolFinished { call, outcome, .. } => (call, Some(outcome)),
            _ => continue,
        };
        let Some(entry) = registry.get(&call.name).filter(|entry| entry.spec().risk != Risk::Read) else {
            continue;
        };
        let mut call = call.clone();
        entry.tidy(&mut call.arguments);
        let known = unknown
            .iter()
            .position(|(_, other)| other.name == call.name && other.arguments == call.arguments);
        match (outcome, known) {
            // Begun: perhaps a person came in between, and nobody waited for its end.
            (None | Some(ToolOutcome::Unknown { .. }), None) if turn != task.turn => {
                unknown.push((turn, call))
            }
            (Some(ToolOutcome::Done { .. }), Some(place)) => drop(unknown.remove(place)),
            // The system's no to the attempt that was in doubt; to a later one it says nothing of that.
            (Some(ToolOutcome::Refused { .. }), Some(place)) if unknown[place] == (turn, call) => {
                drop(unknown.remove(place));
            }
            _ => {}
        }
    }
    unknown
}

/// Whether the built-in model stands in for one that is away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StandIn {
    /// It does in this turn, of which the customer has still to be told.
    Now,
    /// The customer was told in an earlier turn.
    Told,
}

/// Whether the built-in model has stood in for another one.
pub fn stand_in(events: &[Event], current: TurnId) -> Option<StandIn> {
    events.iter().rev().find_map(|event| match event.body {
        EventBody::StoodIn if event.turn == Some(current) => Some(StandIn::Now),
        EventBody::StoodIn => Some(StandIn::Told),
        _ => None,
    })
}

/// A message of the turn itself, its result no longer than those of earlier turns.
pub fn shortened_result(message: ChatMessage) -> ChatMessage {
    match message {
        ChatMessage::ToolResult { call, content } => {
            ChatMessage::ToolResult { call, content: shortened(content) }
        }
        other => other,
    }
}

fn shortened(mut content: String) -> String {
    if content.len() > OLD_RESULT_CHARACTERS {
        let end = (0..=OLD_RESULT_CHARACTERS).rev().find(|end| content.is_char_boundary(*end)).unwrap_or(0);
        content.truncate(end);
        content.push('…');
    }
    content
}

/// The newest messages within `budget` characters, beginning at a customer's message.
fn within(messages: Vec<ChatMessage>, budget: usize) -> Vec<ChatMessage> {
    let mut left = budget;
    let mut first = messages.len();
    for (index, message) in messages.iter().enumerate().rev() {
        let size = match message {
            ChatMessage::System(text) | ChatMessage::Customer(text) => text.len(),
            ChatMessage::Assistant { text, calls } => {
                text.len() + calls.iter().map(|call| call.name.len() + 64).sum::<usize>()
            }
            ChatMessage::ToolResult { content, .. } => content.len(),
        };
        match left.checked_sub(size) {
            Some(rest) => left = rest,
            None => break,
        }
        if matches!(message, ChatMessage::Customer(_)) || index == 0 {
            first = index;
        }
    }
    messages.into_iter().skip(first).collect()
}

/// What the conversation proves, up to now.
pub fn evidence(events: &[Event], registry: &Registry, language: Language, zone: &TimeZone) -> Evidence {
    let mut evidence = Evidence::default();
    for event in events {
        match &event.body {
            EventBody::Message(message) => match message.role {
                // What a person of the business wrote counts like the customer's word: it may be acted on.
                Role::Customer | Role::Human => {
                    evidence.add_customer(
                        &message.text,
                        &message.created_at.to_zoned(zone.clone()),
                        language,
                    );
                }
                Role::Assistant | Role::System => {}
            },
            EventBody::ToolFinished { call, outcome: ToolOutcome::Done { data, .. }, .. } => {
                let entry = registry.get(&call.name);
                let trusted = entry.as_ref().map(|entry| entry.spec().result_trusted.as_slice());
                evidence.add_result(data, trusted.unwrap_or_default());
            }
            EventBody::Retrieved { passages, .. } => {
                passages.iter().for_each(|passage| evidence.add_untrusted(&passage.text));
            }
            _ => {}
        }
    }
    evidence
}

/// Handles the customer has proven to own, of the whole conversation.
pub fn verified(events: &[Event]) -> Vec<Identity> {
    let mut found = Vec::new();
    for event in events {
        if let EventBody::ToolFinished { outcome: ToolOutcome::Done { effects, .. }, .. } = &event.body {
            for effect in effects {
                if let Effect::Verified { identities } = effect {
                    found.extend(identities.iter().cloned());
                }
            }
        }
    }
    found
}

/// The last things the customer wrote before the messages to answer, the newest first: what a question leans on.
pub fn said_before(events: &[Event], answers: &[Message]) -> Vec<String> {
    let messages = events.iter().rev().filter_map(|event| match &event.body {
        EventBody::Message(message) if message.role == Role::Customer => Some(message),
        _ => None,
    });
    let before = messages.filter(|message| answers.iter().all(|answered| answered.id != message.id));
    before.take(LEANED_ON).map(|message| message.text.chars().take(LONGEST_LEANED_ON).collect()).collect()
}

/// The call that waits for the customer's word, if one does. What a turn that gave way settled is not settled.
pub fn waiting_call(events: &[Event], current: TurnId) -> Option<&ToolCall> {
    let superseded = superseded(events);
    events
        .iter()
        .filter(|event| event.turn.is_none_or(|turn| turn != current && !superseded.contains(&turn)))
        .fold(None, |waiting, event| match &event.body {
            EventBody::ConfirmationAsked { call } => Some(call),
            EventBody::ConfirmationSettled { .. } | EventBody::OwnerChanged { .. } => None,
            _ => waiting,
        })
}
