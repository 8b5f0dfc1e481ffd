//! What an interrupted turn had already done, read from its journal.

use super::interview_listen::LISTENING;
use crate::domain::event::{Event, EventBody, Settled};
use crate::domain::ids::TurnId;
use crate::domain::message::Confirmation;
use crate::domain::passage::Passage;
use crate::domain::tool_call::{ToolCall, ToolOutcome};
use crate::domain::turn::Usage;
use std::collections::{HashMap, VecDeque};

/// What an interrupted turn had already done.
#[derive(Default)]
pub(super) struct Replay {
    pub(super) retrieved: Option<Vec<Passage>>,
    pub(super) settled: Option<(Confirmation, Settled)>,
    pub(super) answers: VecDeque<(String, Vec<ToolCall>, Usage)>,
    pub(super) started: HashMap<String, ToolCall>,
    pub(super) finished: HashMap<String, ToolOutcome>,
}

impl Replay {
    /// The journal of `turn` among `events`.
    pub(super) fn of(events: &[Event], turn: TurnId) -> Self {
        let mut replay = Self::default();
        for event in events.iter().filter(|event| event.turn == Some(turn)) {
            match &event.body {
                EventBody::Retrieved { passages, .. } => replay.retrieved = Some(passages.clone()),
                EventBody::ConfirmationSettled { confirmation, settled } => {
                    replay.settled = Some((confirmation.clone(), *settled));
                }
                // Who only listened to an interview's answer is not asked again for it.
                EventBody::ModelAnswered { step: LISTENING, .. } => {}
                EventBody::ModelAnswered { text, calls, usage, .. } => {
                    replay.answers.push_back((text.clone(), calls.clone(), *usage));
                }
                EventBody::ToolStarted { call } => {
                    replay.started.insert(call.id.0.clone(), call.clone());
                }
                EventBody::ToolFinished { call, outcome, .. } => {
                    replay.finished.insert(call.id.0.clone(), outcome.clone());
                }
                _ => {}
            }
        }
        replay
    }
}
