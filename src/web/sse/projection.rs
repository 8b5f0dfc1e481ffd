//! What a visitor sees of the log: one event becomes no, one or several frames of the stream. Pure. Arguments and
//! results of tools, passages, models and costs never pass.
//!
//! Only the last frame of an event carries its `id:`, so that a reader who was cut off inside an event gets all
//! of it again and a reader who has the id has all of it.

use crate::domain::conversation::Owner;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{CallId, TurnId};
use crate::domain::message::Message;
use crate::domain::tool_call::ToolOutcome;
use crate::domain::turn::StopReason;
use crate::store::live::Live;
use serde::Serialize;
use std::fmt::Write;

/// One frame: its type is the variant's, its data is JSON.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Frame<'a> {
    /// `message`.
    Message(&'a Message),
    /// `ownership`.
    Ownership {
        /// `bot`, or `human` for the team and for a named person.
        owner: &'static str,
        /// The person's name.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        /// Set while nobody of the team has taken the conversation yet.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        waiting: bool,
    },
    /// `turn`.
    Turn {
        /// The turn.
        turn_id: TurnId,
        /// `started` or `finished`.
        state: &'static str,
        /// Why it finished.
        #[serde(skip_serializing_if = "Option::is_none")]
        stop_reason: Option<StopReason>,
    },
    /// `tool`.
    Tool {
        /// The turn.
        turn_id: TurnId,
        /// The call.
        call_id: &'a CallId,
        /// The tool.
        name: &'a str,
        /// `started`, `finished` or `failed`.
        state: &'static str,
    },
    /// `delta`: provisional words of the answer.
    Delta {
        /// The turn.
        turn_id: TurnId,
        /// The words to append.
        text: &'a str,
    },
    /// `progress`: what to read while waiting.
    Progress {
        /// The turn.
        turn_id: TurnId,
        /// The sentence.
        text: &'a str,
    },
}

impl Frame<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Ownership { .. } => "ownership",
            Self::Turn { .. } => "turn",
            Self::Tool { .. } => "tool",
            Self::Delta { .. } => "delta",
            Self::Progress { .. } => "progress",
        }
    }

    /// Writes the frame without its `id:` line and without the blank line that ends it.
    fn write(&self, out: &mut String) {
        out.push_str("event: ");
        out.push_str(self.kind());
        out.push_str("\ndata: ");
        // JSON has no raw line breaks, so it is one data line; plain data always serialises.
        out.push_str(&serde_json::to_string(self).unwrap_or_default());
        out.push('\n');
    }
}

/// Appends the frames of a committed event to `out`.
pub fn write_event(event: &Event, out: &mut String) {
    let frames = frames(event);
    let Some(last) = frames.len().checked_sub(1) else { return };
    for (index, frame) in frames.iter().enumerate() {
        frame.write(out);
        if index == last {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "id: {}", event.seq);
        }
        out.push('\n');
    }
}

/// Appends the frame of something provisional to `out`; what is committed goes by [`write_event`].
pub fn write_provisional(live: &Live, out: &mut String) {
    let frame = match live {
        Live::Committed(_) => return,
        Live::Delta { turn, text } => Frame::Delta { turn_id: *turn, text },
        Live::Progress { turn, text } => Frame::Progress { turn_id: *turn, text },
    };
    frame.write(out);
    out.push('\n');
}

/// The frames of a committed event, in order.
pub fn frames(event: &Event) -> Vec<Frame<'_>> {
    match (&event.body, event.turn) {
        (EventBody::Message(message), _) => vec![Frame::Message(message)],
        (EventBody::OwnerChanged { owner, .. }, _) => vec![ownership(owner)],
        (EventBody::TurnStarted { .. }, Some(turn_id)) => {
            vec![Frame::Turn { turn_id, state: "started", stop_reason: None }]
        }
        (EventBody::TurnFinished { stop_reason, .. }, Some(turn_id)) => {
            vec![Frame::Turn { turn_id, state: "finished", stop_reason: Some(*stop_reason) }]
        }
        (EventBody::ModelAnswered { calls, .. }, Some(turn_id)) => calls
            .iter()
            .map(|call| Frame::Tool { turn_id, call_id: &call.id, name: &call.name, state: "started" })
            .collect(),
        // A call of a model was announced with the model's answer.
        (EventBody::ToolStarted { call }, Some(turn_id)) if call.id.is_confirmed() => {
            vec![Frame::Tool { turn_id, call_id: &call.id, name: &call.name, state: "started" }]
        }
        // What the program does of its own accord is no news for the customer.
        (EventBody::ToolFinished { call, .. }, Some(_)) if call.id.is_own() => Vec::new(),
        (EventBody::ToolFinished { call, outcome, .. }, Some(turn_id)) => {
            vec![Frame::Tool { turn_id, call_id: &call.id, name: &call.name, state: tool_state(outcome) }]
        }
        (
            EventBody::TurnStarted { .. }
            | EventBody::TurnFinished { .. }
            | EventBody::ModelAnswered { .. }
            | EventBody::ToolFinished { .. },
            None,
        )
        | (
            EventBody::Retrieved { .. }
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
            | EventBody::News { .. }
            | EventBody::StateChanged { .. },
            _,
        ) => Vec::new(),
    }
}

fn ownership(owner: &Owner) -> Frame<'_> {
    match owner {
        Owner::Bot => Frame::Ownership { owner: "bot", name: None, waiting: false },
        Owner::Team => Frame::Ownership { owner: "human", name: None, waiting: true },
        Owner::Person { name } => Frame::Ownership { owner: "human", name: Some(name), waiting: false },
        // For the customer a program of the business is the assistant.
        Owner::Flow { .. } => Frame::Ownership { owner: "bot", name: None, waiting: false },
    }
}

fn tool_state(outcome: &ToolOutcome) -> &'static str {
    match outcome {
        // A question to the customer is what the call came to; the message that follows asks it.
        ToolOutcome::Done { .. } | ToolOutcome::NeedsConfirmation { .. } => "finished",
        ToolOutcome::Refused { .. } | ToolOutcome::Unknown { .. } => "failed",
    }
}
