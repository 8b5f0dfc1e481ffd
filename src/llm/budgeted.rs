//! A model that is paid for: it is asked only while there is money for it. What a call may cost at most is taken before
//! and settled behind it; it decides nothing of how much there is.

use super::model::{ChatAnswer, ChatModel, ChatRequest, DeltaSink, ModelError, ModelErrorKind};
use super::price::Price;
use super::size::tokens;
use crate::limits::budget::Budget;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A model within a budget.
pub struct Budgeted {
    model: Arc<dyn ChatModel>,
    price: Price,
    budget: Arc<Budget>,
}

impl Budgeted {
    /// `model`, which costs `price`.
    pub fn new(model: Arc<dyn ChatModel>, price: Price, budget: Arc<Budget>) -> Self {
        Self { model, price, budget }
    }
}

#[async_trait]
impl ChatModel for Budgeted {
    fn name(&self) -> &str {
        self.model.name()
    }

    /// A call that is cut off (a newer message, a process that ends) keeps what was taken for it: nobody knows what the
    /// endpoint bills of it.
    async fn answer(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, ModelError> {
        let size = tokens(request);
        let most = self.price.of(size.read.into(), size.written.into());
        let reserved = self.budget.reserve(&request.payer, most).await.map_err(|error| ModelError {
            model: self.name().to_owned(),
            kind: ModelErrorKind::OverBudget,
            detail: error.to_string(),
        })?;
        let has_begun = AtomicBool::new(false);
        let heard = |words: &str| {
            has_begun.store(true, Ordering::Relaxed);
            deltas(words);
        };
        let answer = self.model.answer(request, &heard).await;
        let spent = match &answer {
            Ok(answer) => answer.usage.cost_micros,
            Err(error) => match error.kind {
                ModelErrorKind::Refused => most,
                ModelErrorKind::Transient { .. } if has_begun.load(Ordering::Relaxed) => most,
                // Nobody bills an answer of which nothing came.
                ModelErrorKind::Transient { .. }
                | ModelErrorKind::OverQuota { .. }
                | ModelErrorKind::Exhausted
                | ModelErrorKind::OverBudget
                | ModelErrorKind::TooLong
                | ModelErrorKind::Permanent => 0,
            },
        };
        self.budget.settle(reserved, spent).await;
        answer
    }
}
