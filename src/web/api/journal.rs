//! The log of a conversation, arranged for people who want to know what the bot did and why: turn by turn, each
//! with its evidence, model calls, tool calls and cost. Pure.

use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{MessageId, TurnId};
use crate::domain::passage::Passage;
use crate::domain::provenance::Binding;
use crate::domain::tool_call::{ToolCall, ToolOutcome};
use crate::domain::turn::{StopReason, Usage};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What the bot did in a conversation.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Journal {
    /// Oldest first.
    turns: Vec<TurnView>,
    /// What systems behind the counter reported of its records, oldest first.
    news: Vec<NewsView>,
    /// What all model calls cost together.
    usage: UsageView,
}

/// One turn.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct TurnView {
    #[schema(value_type = String, format = "uuid")]
    id: TurnId,
    #[schema(value_type = String, format = "date-time")]
    started_at: Timestamp,
    #[schema(value_type = Option<String>, format = "date-time")]
    finished_at: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    stop_reason: Option<StopReason>,
    /// The customer messages it answers.
    #[schema(value_type = Vec<String>)]
    answers: Vec<MessageId>,
    /// The knowledge it was given.
    evidence: Vec<EvidenceView>,
    model_calls: Vec<ModelCallView>,
    tool_calls: Vec<ToolCallView>,
    /// What a model said of drafts that it had not written, oldest first.
    second_looks: Vec<SecondLookView>,
    /// Sentences that were not sent.
    withheld: Vec<WithheldView>,
    /// What the claims of the answer were bound to.
    #[schema(value_type = Vec<Object>)]
    bindings: Vec<Binding>,
    usage: UsageView,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct EvidenceView {
    query: String,
    #[schema(value_type = Vec<Object>)]
    passages: Vec<Passage>,
    /// How many passages came up, answers or not. This and the next two are left out where nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    hits: Option<usize>,
    /// The evidence of the surest of them, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    top: Option<f32>,
    /// The evidence from which on a passage counted as an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f32>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct ModelCallView {
    step: u32,
    model: String,
    text: String,
    /// The calls it asked for.
    #[schema(value_type = Vec<Object>)]
    calls: Vec<ToolCall>,
    usage: UsageView,
    duration_ms: u64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct SecondLookView {
    /// Of which answer's words.
    step: u32,
    /// Empty if no model answered.
    model: String,
    text: String,
    usage: UsageView,
    duration_ms: u64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct ToolCallView {
    id: String,
    name: String,
    #[schema(value_type = Object)]
    arguments: Value,
    /// `done`, or why not; `null` while it runs.
    outcome: Option<&'static str>,
    /// The outcome in full.
    #[schema(value_type = Option<Object>)]
    result: Option<ToolOutcome>,
    duration_ms: Option<u64>,
}

/// What a system behind the counter reported.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct NewsView {
    #[schema(value_type = String, format = "date-time")]
    at: Timestamp,
    /// `order 727`.
    record: String,
    /// `shipped`.
    state: String,
    /// Whether the customer was told; not while a person has the conversation.
    told: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct WithheldView {
    reason: String,
    text: String,
}

/// What model calls cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
struct UsageView {
    model_calls: u64,
    input_tokens: u64,
    output_tokens: u64,
    /// In millionths of the configured currency.
    cost_micros: u64,
}

impl UsageView {
    fn add(&mut self, call: Usage) {
        self.model_calls += 1;
        self.input_tokens = self.input_tokens.saturating_add(call.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(call.output_tokens);
        self.cost_micros = self.cost_micros.saturating_add(call.cost_micros);
    }
}

/// Arranges a log, oldest event first.
pub fn of(events: &[Event]) -> Journal {
    let mut journal = Journal::default();
    for event in events {
        match (&event.body, event.turn) {
            (EventBody::News { record, state, told }, _) => {
                let (record, state) = (record.clone(), state.clone());
                journal.news.push(NewsView { at: event.at, record, state, told: *told });
            }
            (_, Some(id)) => journal.note(id, event),
            (_, None) => {}
        }
    }
    journal
}

impl Journal {
    fn note(&mut self, id: TurnId, event: &Event) {
        if let EventBody::ModelAnswered { usage, .. } = &event.body {
            self.usage.add(*usage);
        }
        if let EventBody::LookedAgain { model, usage, .. } = &event.body
            && !model.is_empty()
        {
            self.usage.add(*usage);
        }
        // Turns of a conversation follow each other, so an open one is among the last.
        let index = self.turns.iter().rposition(|turn| turn.id == id).unwrap_or_else(|| {
            self.turns.push(TurnView::begin(id, event.at));
            self.turns.len() - 1
        });
        self.turns[index].note(event);
    }
}

impl TurnView {
    fn begin(id: TurnId, at: Timestamp) -> Self {
        Self {
            id,
            started_at: at,
            finished_at: None,
            stop_reason: None,
            answers: Vec::new(),
            evidence: Vec::new(),
            model_calls: Vec::new(),
            tool_calls: Vec::new(),
            second_looks: Vec::new(),
            withheld: Vec::new(),
            bindings: Vec::new(),
            usage: UsageView::default(),
        }
    }

    fn note(&mut self, event: &Event) {
        match &event.body {
            EventBody::TurnStarted { answers } => self.answers.clone_from(answers),
            EventBody::Retrieved { query, passages, measured } => self.evidence.push(EvidenceView {
                query: query.clone(),
                passages: passages.clone(),
                hits: measured.map(|it| it.hits),
                top: measured.map(|it| it.top),
                threshold: measured.map(|it| it.threshold),
            }),
            EventBody::ModelAnswered { step, model, text, calls, usage, duration_ms } => {
                let mut own = UsageView::default();
                own.add(*usage);
                self.usage.add(*usage);
                self.model_calls.push(ModelCallView {
                    step: *step,
                    model: model.clone(),
                    text: text.clone(),
                    calls: calls.clone(),
                    usage: own,
                    duration_ms: *duration_ms,
                });
            }
            EventBody::LookedAgain { step, model, text, usage, duration_ms } => {
                let mut own = UsageView::default();
                if !model.is_empty() {
                    own.add(*usage);
                    self.usage.add(*usage);
                }
                self.second_looks.push(SecondLookView {
                    step: *step,
                    model: model.clone(),
                    text: text.clone(),
                    usage: own,
                    duration_ms: *duration_ms,
                });
            }
            EventBody::ToolStarted { call } | EventBody::ConfirmationAsked { call } => {
                self.call(call);
            }
            EventBody::ToolFinished { call, outcome, duration_ms } => {
                let view = self.call(call);
                view.outcome = Some(outcome.label());
                view.result = Some(outcome.clone());
                view.duration_ms = Some(*duration_ms);
            }
            EventBody::Withheld { reason, text } => {
                self.withheld.push(WithheldView { reason: reason.clone(), text: text.clone() });
            }
            EventBody::Bound { bindings } => self.bindings.clone_from(bindings),
            EventBody::TurnFinished { stop_reason, .. } => {
                self.finished_at = Some(event.at);
                self.stop_reason = Some(*stop_reason);
            }
            EventBody::Message(_)
            | EventBody::StoodIn
            | EventBody::Postponed { .. }
            | EventBody::OwnerChanged { .. }
            | EventBody::ConfirmationSettled { .. }
            | EventBody::Verified { .. }
            | EventBody::Interview { .. }
            | EventBody::News { .. }
            | EventBody::StateChanged { .. } => {}
        }
    }

    /// The view of a call, new or known.
    fn call(&mut self, call: &ToolCall) -> &mut ToolCallView {
        let index = self.tool_calls.iter().position(|view| view.id == call.id.0).unwrap_or_else(|| {
            self.tool_calls.push(ToolCallView {
                id: call.id.0.clone(),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
                outcome: None,
                result: None,
                duration_ms: None,
            });
            self.tool_calls.len() - 1
        });
        &mut self.tool_calls[index]
    }
}
