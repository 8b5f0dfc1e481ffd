//! The decision core of a turn: state + event -> next step. No input or output, no time, no randomness: a journal
//! replayed through it leads to the same place. Who performs the steps is `run.rs`.

use crate::config::turn::TurnSettings;
use crate::domain::effect::Effect;
use crate::domain::ids::CallId;
use crate::domain::tool_call::{RefusalClass, ToolCall, ToolOutcome};
use crate::domain::turn::{StopReason, Usage};
use crate::llm::model::{ChatMessage, ModelErrorKind, Resort, ToolChoice};
use std::collections::{HashMap, HashSet, VecDeque};

/// Model calls that the built-in model has, when it takes over a turn.
const RESCUE_STEPS: u32 = 3;

/// Something that happened in the turn.
#[derive(Clone, PartialEq, Debug)]
pub enum Happened {
    /// The model answered.
    Answered {
        /// Its words.
        text: String,
        /// Its calls.
        calls: Vec<ToolCall>,
        /// What it cost.
        usage: Usage,
    },
    /// No model could answer.
    ModelFailed(ModelErrorKind),
    /// A call ended.
    CallEnded {
        /// The call.
        call: ToolCall,
        /// What came of it.
        outcome: ToolOutcome,
    },
    /// The guard has judged the draft.
    Judged(Verdict),
    /// The turn's time is up.
    TimeUp,
}

/// What the guard says of a drafted answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// Send this text (the draft, perhaps without some sentences).
    Send(String),
    /// Ask the model once more, telling it what was wrong.
    Repair {
        /// For the model.
        reason: String,
    },
    /// Nothing of it may be sent.
    Withhold,
}

/// What has to be done next.
#[derive(Clone, PartialEq, Debug)]
pub enum Next {
    /// Ask the model.
    AskModel(ToolChoice),
    /// The model found the transcript too long: cut it, then ask again.
    Shorten(ToolChoice),
    /// Make these calls. Those the core refuses by itself come with their outcome already.
    MakeCalls(Vec<PlannedCall>),
    /// Let the guard judge this draft.
    Judge(String),
    /// Wait for the calls that still run.
    Wait,
    /// The turn is over.
    Stop(Ending),
}

/// A call to make, or one that is refused without being made.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedCall {
    /// The call.
    pub call: ToolCall,
    /// Set when it must not be made.
    pub refused: Option<ToolOutcome>,
}

/// How a turn ends.
#[derive(Clone, PartialEq, Debug)]
pub struct Ending {
    /// Why.
    pub reason: StopReason,
    /// The answer, when the model gave one that may be sent.
    pub text: Option<String>,
    /// The call that waits for the customer's word.
    pub confirmation: Option<ToolCall>,
}

/// The state of one turn.
#[derive(Clone, Debug)]
pub struct Turn {
    limits: TurnSettings,
    steps: u32,
    usage: Usage,
    running: VecDeque<ToolCall>,
    calls_seen: HashMap<(String, String), u32>,
    /// Rounds of calls of which one or more did not fit.
    bad_rounds: u32,
    /// Whether a call of this round did not fit.
    bad_round: bool,
    repairs: u32,
    waiting: Option<ToolCall>,
    handed_off: bool,
    wordless: u32,
    force_words: bool,
    shortened: bool,
    /// Why the turn would have ended, had the built-in model not been asked.
    rescued_from: Option<StopReason>,
    /// Calls that came to nothing the customer has to hear of.
    in_vain: HashSet<CallId>,
    transcript: Vec<ChatMessage>,
}

impl Turn {
    /// A turn at its beginning. The first step is always [`Turn::begin`].
    pub fn new(limits: TurnSettings) -> Self {
        Self {
            limits,
            steps: 0,
            usage: Usage::default(),
            running: VecDeque::new(),
            calls_seen: HashMap::new(),
            bad_rounds: 0,
            bad_round: false,
            repairs: 0,
            waiting: None,
            handed_off: false,
            wordless: 0,
            force_words: false,
            shortened: false,
            rescued_from: None,
            in_vain: HashSet::new(),
            transcript: Vec::new(),
        }
    }

    /// The first step.
    pub fn begin(&self) -> Next {
        Next::AskModel(ToolChoice::Auto)
    }

    /// A call that was decided on before the model was asked: one the customer has just confirmed.
    pub fn begin_with_call(&mut self, call: ToolCall) -> Next {
        self.transcript.push(ChatMessage::Assistant { text: String::new(), calls: vec![call.clone()] });
        self.running.push_back(call.clone());
        Next::MakeCalls(vec![PlannedCall { call, refused: None }])
    }

    /// Number of the model call that is under way or comes next, from 1.
    pub fn step(&self) -> u32 {
        self.steps + 1
    }

    /// Whether a call came to something that the customer has to hear of.
    pub fn has_results(&self) -> bool {
        self.transcript.iter().any(|message| {
            matches!(message, ChatMessage::ToolResult { call, .. } if !self.in_vain.contains(&call.id))
        })
    }

    /// Whether a call was made, whatever came of it.
    pub fn has_called(&self) -> bool {
        self.transcript.iter().any(|message| matches!(message, ChatMessage::ToolResult { .. }))
    }

    /// Which models may answer.
    pub fn resort(&self) -> Resort {
        if self.rescued_from.is_some() { Resort::Last } else { Resort::First }
    }

    /// What the model calls have cost.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// What was said and done in this turn, to be put behind the history.
    pub fn transcript(&self) -> &[ChatMessage] {
        &self.transcript
    }

    /// Calls whose outcome is still awaited, oldest first.
    pub fn running(&self) -> impl Iterator<Item = &ToolCall> {
        self.running.iter()
    }

    /// Takes in what happened and says what comes next.
    pub fn on(&mut self, happened: Happened) -> Next {
        match happened {
            Happened::Answered { text, calls, usage } => self.answered(text, calls, usage),
            Happened::ModelFailed(ModelErrorKind::TooLong) if !self.shortened => {
                self.shortened = true;
                Next::Shorten(self.choice())
            }
            Happened::ModelFailed(kind) => stop(self.rescued_from.unwrap_or(match kind {
                // It was told to use words and could not: what stands in the way is the limit, not the model.
                ModelErrorKind::Transient { retry_after: None } if self.is_last_step() => {
                    StopReason::StepLimit
                }
                ModelErrorKind::OverQuota { .. } | ModelErrorKind::OverBudget => StopReason::OverQuota,
                ModelErrorKind::Refused => StopReason::ModelRefused,
                ModelErrorKind::TooLong => StopReason::TokenLimit,
                ModelErrorKind::Transient { .. } | ModelErrorKind::Exhausted | ModelErrorKind::Permanent => {
                    StopReason::ModelUnavailable
                }
            })),
            Happened::CallEnded { call, outcome } => self.call_ended(call, outcome),
            Happened::Judged(verdict) => self.judged(verdict),
            Happened::TimeUp => stop(StopReason::TimeLimit),
        }
    }

    fn answered(&mut self, text: String, calls: Vec<ToolCall>, usage: Usage) -> Next {
        self.steps += 1;
        self.usage = self.usage.plus(usage);
        let words = text.trim().to_owned();
        if !calls.is_empty() && !self.force_words {
            self.transcript.push(ChatMessage::Assistant { text, calls: calls.clone() });
            return self.plan(calls);
        }
        if words.is_empty() {
            // Once may be an accident; twice is garbage.
            self.wordless += 1;
            return if self.steps >= self.limits.max_steps {
                stop(StopReason::StepLimit)
            } else if self.wordless > 1 {
                self.rescue(StopReason::ModelGarbage)
            } else {
                self.ask()
            };
        }
        Next::Judge(words)
    }

    fn plan(&mut self, calls: Vec<ToolCall>) -> Next {
        let mut planned = Vec::with_capacity(calls.len());
        for (index, call) in calls.into_iter().enumerate() {
            let seen = self.calls_seen.entry((call.name.clone(), call.arguments.to_string())).or_insert(0);
            *seen += 1;
            let refused = if index >= self.limits.max_calls_per_step {
                Some(refusal("too many calls at once; make the most important ones first"))
            } else if *seen > self.limits.max_repeats {
                Some(refusal("this very call was already made; use its result or answer the customer"))
            } else {
                None
            };
            self.running.push_back(call.clone());
            planned.push(PlannedCall { call, refused });
        }
        Next::MakeCalls(planned)
    }

    fn call_ended(&mut self, call: ToolCall, outcome: ToolOutcome) -> Next {
        self.running.retain(|running| running.id != call.id);
        match &outcome {
            ToolOutcome::Done { effects, .. } => {
                self.handed_off |= effects.iter().any(|effect| matches!(effect, Effect::HandOff { .. }));
            }
            ToolOutcome::Refused { class, .. } => {
                self.bad_round |= matches!(class, RefusalClass::BadArguments | RefusalClass::UnknownTool);
                if is_the_models_fault(*class) {
                    self.in_vain.insert(call.id.clone());
                }
            }
            ToolOutcome::NeedsConfirmation { .. } if self.waiting.is_none() => {
                self.waiting = Some(call.clone())
            }
            ToolOutcome::Unknown { .. } | ToolOutcome::NeedsConfirmation { .. } => {}
        }
        let content = outcome.for_model();
        self.transcript.push(ChatMessage::ToolResult { call, content });
        if !self.running.is_empty() {
            return Next::Wait;
        }
        self.after_calls()
    }

    /// Every call has its outcome: go on, or stop.
    fn after_calls(&mut self) -> Next {
        if self.handed_off {
            return Next::Stop(Ending { reason: StopReason::HandedOff, text: None, confirmation: None });
        }
        if let Some(call) = self.waiting.take() {
            return Next::Stop(Ending {
                reason: StopReason::AwaitingConfirmation,
                text: None,
                confirmation: Some(call),
            });
        }
        if self.calls_seen.values().any(|count| *count > self.limits.max_repeats + 1) {
            return self.rescue(StopReason::RepeatLimit);
        }
        self.bad_rounds += u32::from(std::mem::take(&mut self.bad_round));
        if self.bad_rounds > self.limits.max_bad_arguments {
            self.force_words = true;
        }
        self.ask()
    }

    fn ask(&mut self) -> Next {
        if self.usage.input_tokens + self.usage.output_tokens >= self.limits.max_tokens {
            return stop(StopReason::TokenLimit);
        }
        if self.steps >= self.limits.max_steps {
            return stop(StopReason::StepLimit);
        }
        // The last answer has to be words, so that the work done so far is not lost.
        if self.is_last_step() {
            self.force_words = true;
        }
        Next::AskModel(self.choice())
    }

    fn choice(&self) -> ToolChoice {
        if self.force_words { ToolChoice::None } else { ToolChoice::Auto }
    }

    fn judged(&mut self, verdict: Verdict) -> Next {
        match verdict {
            Verdict::Send(text) => {
                Next::Stop(Ending { reason: StopReason::Answered, text: Some(text), confirmation: None })
            }
            Verdict::Repair { reason } => {
                self.repairs += 1;
                if self.repairs > 1 || self.steps >= self.limits.max_steps {
                    return self.rescue(StopReason::GuardWithheld);
                }
                self.transcript.push(ChatMessage::System(reason));
                self.ask()
            }
            Verdict::Withhold => self.rescue(StopReason::GuardWithheld),
        }
    }

    /// The end for `reason`, unless the built-in model makes something of the turn. It costs nothing and works from
    /// the same results.
    fn rescue(&mut self, reason: StopReason) -> Next {
        if self.rescued_from.is_some() {
            return stop(reason);
        }
        self.rescued_from = Some(reason);
        self.forget_what_was_in_vain();
        self.limits.max_steps = self.steps + RESCUE_STEPS;
        self.calls_seen.clear();
        self.bad_rounds = 0;
        self.force_words = false;
        Next::AskModel(ToolChoice::Auto)
    }

    /// Leaves only calls with results in the transcript: what went wrong is nothing to go on from.
    fn forget_what_was_in_vain(&mut self) {
        let in_vain = &self.in_vain;
        self.transcript.retain_mut(|message| match message {
            ChatMessage::Assistant { calls, .. } => {
                calls.retain(|call| !in_vain.contains(&call.id));
                !calls.is_empty()
            }
            ChatMessage::ToolResult { call, .. } => !in_vain.contains(&call.id),
            ChatMessage::System(_) | ChatMessage::Customer(_) => false,
        });
    }

    fn is_last_step(&self) -> bool {
        self.steps + 1 == self.limits.max_steps
    }

    /// Whether the guard may still ask for a repair.
    pub fn may_repair(&self) -> bool {
        self.repairs == 0 && self.rescued_from.is_none() && self.steps < self.limits.max_steps
    }
}

/// Whether a refusal says more of the model than of the customer's wish.
fn is_the_models_fault(class: RefusalClass) -> bool {
    match class {
        RefusalClass::UnknownTool
        | RefusalClass::BadArguments
        | RefusalClass::NotSaid
        | RefusalClass::Repeated => true,
        RefusalClass::NotVerified
        | RefusalClass::Declined
        | RefusalClass::System
        | RefusalClass::Unavailable
        | RefusalClass::Unusable
        | RefusalClass::TimedOut
        | RefusalClass::OverQuota
        | RefusalClass::Cancelled => false,
    }
}

fn stop(reason: StopReason) -> Next {
    Next::Stop(Ending { reason, text: None, confirmation: None })
}

fn refusal(reason: &str) -> ToolOutcome {
    ToolOutcome::Refused { reason: reason.to_owned(), class: RefusalClass::Repeated }
}
