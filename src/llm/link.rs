//! One model of a chain and the gate before it: its quota, its breaker, and what is counted of it.

use super::draft::Draft;
use super::model::{ChatAnswer, ChatModel, ChatRequest, ModelError, ModelErrorKind};
use super::outage::Outage;
use super::size::tokens;
use crate::limits::breaker::{Breaker, Permit};
use crate::limits::quota::OutboundQuota;
use std::sync::Arc;
use std::time::Duration;

/// How long a model is left alone that has no quota left or does not accept the key.
const LOCKED_OUT: Duration = Duration::from_secs(60);

/// What stands between the chain and a model that someone else runs.
pub struct Gate {
    /// Keeps away from it while it is broken.
    pub breaker: Breaker,
    /// What may be sent to it.
    pub quota: OutboundQuota,
    /// Longest wait for its quota.
    pub quota_wait: Duration,
}

/// One model of the chain.
pub struct Link {
    /// The model.
    pub model: Arc<dyn ChatModel>,
    /// Its gate; the built-in model needs none.
    pub gate: Option<Gate>,
}

impl Link {
    pub(super) async fn answer(
        &self,
        request: &ChatRequest,
        draft: &Draft<'_>,
        outage: Option<&Outage>,
    ) -> Result<ChatAnswer, ModelError> {
        let permit = match &self.gate {
            Some(gate) => Some(self.pass(gate, request).await?),
            None => None,
        };
        let result = match outage.filter(|outage| permit.is_some() && outage.is_on()) {
            None => draft.answer(self.model.as_ref(), request).await,
            Some(_) => Err(ModelError {
                model: self.model.name().to_owned(),
                kind: ModelErrorKind::Transient { retry_after: None },
                detail: "an outage is being rehearsed".into(),
            }),
        };
        match &result {
            Ok(answer) => {
                self.count("answered");
                metrics::counter!("balcao_llm_tokens_total", "kind" => "input")
                    .increment(answer.usage.input_tokens);
                metrics::counter!("balcao_llm_tokens_total", "kind" => "output")
                    .increment(answer.usage.output_tokens);
            }
            Err(error) => self.count(label(&error.kind)),
        }
        if let Some(permit) = permit {
            report(permit, result.as_ref().err().map(|error| &error.kind));
        }
        result
    }

    /// Waits at the gate.
    async fn pass<'a>(&self, gate: &'a Gate, request: &ChatRequest) -> Result<Permit<'a>, ModelError> {
        // The quota comes first: a wait must not hold the breaker's only probe.
        if let Err(over) = gate.quota.until_ready_within(gate.quota_wait, tokens(request).whole()).await {
            let kind = ModelErrorKind::OverQuota { retry_after: over.retry_after };
            return Err(self.turned_away("over_quota", kind, over.to_string()));
        }
        gate.breaker.permit().map_err(|open| {
            let kind = ModelErrorKind::Transient { retry_after: Some(open.retry_after) };
            self.turned_away("breaker_open", kind, open.to_string())
        })
    }

    fn turned_away(&self, outcome: &'static str, kind: ModelErrorKind, detail: String) -> ModelError {
        self.count(outcome);
        ModelError { model: self.model.name().to_owned(), kind, detail }
    }

    fn count(&self, outcome: &'static str) {
        count(self.model.name(), outcome);
    }
}

pub(super) fn count(provider: &str, outcome: &'static str) {
    let provider = provider.to_owned();
    metrics::counter!("balcao_llm_requests_total", "provider" => provider, "outcome" => outcome).increment(1);
}

fn report(permit: Permit<'_>, failure: Option<&ModelErrorKind>) {
    match failure {
        // It names a time: until then every turn would only lose a moment on it.
        Some(
            ModelErrorKind::Transient { retry_after: Some(pause) }
            | ModelErrorKind::OverQuota { retry_after: pause },
        ) => permit.locked_out(*pause),
        Some(ModelErrorKind::Transient { retry_after: None }) => permit.failed(),
        Some(ModelErrorKind::Exhausted) => permit.locked_out(LOCKED_OUT),
        // It was not asked: nothing is known of it.
        Some(ModelErrorKind::OverBudget) => drop(permit),
        // The endpoint works; it is the request that does not.
        Some(ModelErrorKind::TooLong | ModelErrorKind::Refused | ModelErrorKind::Permanent) | None => {
            permit.succeeded();
        }
    }
}

fn label(kind: &ModelErrorKind) -> &'static str {
    match kind {
        ModelErrorKind::Transient { .. } => "transient",
        ModelErrorKind::OverQuota { .. } => "over_quota",
        ModelErrorKind::Exhausted => "exhausted",
        ModelErrorKind::OverBudget => "over_budget",
        ModelErrorKind::TooLong => "too_long",
        ModelErrorKind::Refused => "refused",
        ModelErrorKind::Permanent => "permanent",
    }
}
