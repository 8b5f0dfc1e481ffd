//! Asks a model again after a fault that may pass. The only place that retries a model; it never retries what
//! another attempt cannot change.

use super::draft::Draft;
use super::model::{ChatAnswer, ChatModel, ChatRequest, DeltaSink, ModelError, ModelErrorKind};
use crate::domain::clock::Clock;
use crate::limits::backoff::Backoff;
use crate::limits::pause::Pause;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// How often and how long a model is asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RetryPolicy {
    /// Most attempts, the first included.
    pub attempts: u32,
    /// No attempt begins later than this after the first.
    pub within: Duration,
    /// The waits in between, where the endpoint asks for none.
    pub backoff: Backoff,
}

/// A model that is asked again. An endpoint that asks for more patience than there is left is given up at once.
pub struct Retrying {
    model: Arc<dyn ChatModel>,
    policy: RetryPolicy,
    clock: Arc<dyn Clock>,
    pause: Arc<dyn Pause>,
}

impl Retrying {
    /// `model`, asked again by `policy`.
    pub fn new(
        model: Arc<dyn ChatModel>,
        policy: RetryPolicy,
        clock: Arc<dyn Clock>,
        pause: Arc<dyn Pause>,
    ) -> Self {
        Self { model, policy, clock, pause }
    }
}

#[async_trait]
impl ChatModel for Retrying {
    fn name(&self) -> &str {
        self.model.name()
    }

    async fn answer(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, ModelError> {
        let draft = Draft::to(deltas);
        let begun = self.clock.now();
        let mut attempt = 1;
        loop {
            let error = match draft.answer(self.model.as_ref(), request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let retry_after = match error.kind {
                ModelErrorKind::Transient { retry_after } => retry_after,
                ModelErrorKind::OverQuota { retry_after } => Some(retry_after),
                ModelErrorKind::Exhausted
                | ModelErrorKind::OverBudget
                | ModelErrorKind::TooLong
                | ModelErrorKind::Refused
                | ModelErrorKind::Permanent => return Err(error),
            };
            attempt += 1;
            let wait =
                self.policy.backoff.wait(attempt, self.clock.random()).max(retry_after.unwrap_or_default());
            let elapsed = self.clock.now().duration_since(begun).unsigned_abs();
            if attempt > self.policy.attempts || elapsed.saturating_add(wait) > self.policy.within {
                return Err(error);
            }
            tracing::debug!(model = %error.model, attempt, wait_ms = wait.as_millis(), "asking the model again: {}", error.detail);
            self.pause.pause(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;
    use crate::limits::pause::testing::ClockPause;
    use crate::llm::scripted::testing::{fails, request, says};
    use crate::llm::scripted::{Reply, ScriptedModel};
    use std::sync::Mutex;

    fn transient(retry_after: Option<u64>) -> ModelErrorKind {
        ModelErrorKind::Transient { retry_after: retry_after.map(Duration::from_secs) }
    }

    async fn run(replies: Vec<Reply>) -> (Result<ChatAnswer, ModelError>, Vec<Duration>, String, usize) {
        let clock = Arc::new(ManualClock::at("2026-08-01T12:00:00Z".parse().unwrap()));
        let pause = ClockPause::new(clock.clone());
        let policy = RetryPolicy {
            attempts: 3,
            within: Duration::from_secs(8),
            backoff: Backoff { first: Duration::from_millis(300), longest: Duration::from_secs(4) },
        };
        let model = Arc::new(ScriptedModel::new("m", replies));
        let retrying = Retrying::new(model.clone(), policy, clock, pause.clone());
        let heard = Mutex::new(String::new());
        let answer = retrying.answer(&request(), &|words| heard.lock().unwrap().push_str(words)).await;
        let waits = pause.waits.lock().unwrap().clone();
        (answer, waits, heard.into_inner().unwrap(), model.requests().len())
    }

    #[tokio::test]
    async fn tries_again_until_the_attempts_are_used_up() {
        let (answer, waits, heard, asked) =
            run(vec![fails(transient(None)), fails(transient(None)), says("oi")]).await;
        assert_eq!((answer.unwrap().text.as_str(), waits.len(), heard.as_str(), asked), ("oi", 2, "oi", 3));
        let (answer, _, _, asked) = run((0..5).map(|_| fails(transient(None))).collect()).await;
        assert_eq!((answer.unwrap_err().kind, asked), (transient(None), 3));
    }

    #[tokio::test]
    async fn waits_as_long_as_asked_but_not_for_hours() {
        let (answer, waits, ..) = run(vec![fails(transient(Some(5))), says("oi")]).await;
        assert!(answer.is_ok());
        assert_eq!(waits, [Duration::from_secs(5)]);
        let (answer, waits, ..) =
            run(vec![fails(transient(Some(5))), fails(transient(Some(5))), says("oi")]).await;
        assert!(answer.is_err(), "the second wait does not fit");
        assert_eq!(waits.len(), 1);
        let busy = ModelErrorKind::OverQuota { retry_after: Duration::from_secs(4) };
        let (answer, waits, ..) = run(vec![fails(busy), says("oi")]).await;
        assert!(answer.is_ok());
        assert_eq!(waits, [Duration::from_secs(4)]);
        let (answer, waits, _, asked) = run(vec![fails(transient(Some(3 * 86_400))), says("oi")]).await;
        assert!(answer.is_err() && waits.is_empty() && asked == 1);
    }

    #[tokio::test]
    async fn does_not_repeat_what_will_not_change() {
        for kind in [
            ModelErrorKind::Exhausted,
            ModelErrorKind::TooLong,
            ModelErrorKind::Refused,
            ModelErrorKind::Permanent,
        ] {
            let (answer, _, _, asked) = run(vec![fails(kind.clone()), says("oi")]).await;
            assert_eq!((answer.unwrap_err().kind, asked), (kind, 1));
        }
    }

    #[tokio::test]
    async fn after_words_were_sent_the_next_attempt_is_silent() {
        let broken = Reply { text: "Bom d".into(), ..fails(transient(None)) };
        let (answer, _, heard, _) = run(vec![broken, says("Olá!")]).await;
        let answer = answer.unwrap();
        assert_eq!((answer.text.as_str(), heard.as_str()), ("Olá!", "Bom d"));
        assert_eq!(answer.repairs, ["draft_differs"]);
    }
}
