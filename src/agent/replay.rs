//! What an interrupted turn had already done, read from its journal.

use super::interview_listen::LISTENING;
use crate::domain::event::{Event, EventBody, Settled};
use crate::domain::ids::TurnId;
use crate::domain::message::Confirmation;
use crate::domain::passage::Passage;
use crate::domain::tool_call::{ToolCall, ToolOutcome};
use crate::domain::turn::Usage;
use std::collections::{HashMap, VecDeque};

/// What a model had answered.
pub(super) struct Answered {
    pub(super) model: String,
    pub(super) text: String,
    pub(super) calls: Vec<ToolCall>,
    pub(super) usage: Usage,
}

/// What an interrupted turn had already done.
#[derive(Default)]
pub(super) struct Replay {
    pub(super) retrieved: Option<Vec<Passage>>,
    pub(super) settled: Option<(Confirmation, Settled)>,
    pub(super) answers: VecDeque<Answered>,
    /// What models said of its drafts, and what that cost, by the number of the answer.
    pub(super) looks: HashMap<u32, (String, Usage)>,
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
                EventBody::ModelAnswered { text, calls, usage, model, .. } => {
                    replay.answers.push_back(Answered {
                        model: model.clone(),
                        text: text.clone(),
                        calls: calls.clone(),
                        usage: *usage,
                    });
                }
                EventBody::LookedAgain { step, text, usage, .. } => {
                    replay.looks.insert(*step, (text.clone(), *usage));
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
