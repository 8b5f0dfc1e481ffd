//! The draft a customer may be reading while models are tried one after another. It has no voice of its own.
//!
//! Words that were sent cannot be unsent here, and a second model would not go on where the first one broke off.
//! So once an attempt has spoken and failed, later attempts write silently: the committed message replaces the
//! draft. That keeps a turn alive through a broken stream without showing the customer two beginnings; the
//! answer says `draft_differs` among its repairs.

use super::model::{ChatAnswer, ChatModel, ChatRequest, DeltaSink, ModelError};
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) struct Draft<'a> {
    sink: DeltaSink<'a>,
    spoken: AtomicBool,
}

impl<'a> Draft<'a> {
    pub(super) fn to(sink: DeltaSink<'a>) -> Self {
        Self { sink, spoken: AtomicBool::new(false) }
    }

    /// Lets `model` answer, aloud if nobody has spoken before.
    pub(super) async fn answer(
        &self,
        model: &dyn ChatModel,
        request: &ChatRequest,
    ) -> Result<ChatAnswer, ModelError> {
        let silent = self.spoken.load(Ordering::Relaxed);
        let sink = |words: &str| {
            if !silent {
                self.spoken.store(true, Ordering::Relaxed);
                (self.sink)(words);
            }
        };
        let mut answer = model.answer(request, &sink).await?;
        if silent && !answer.repairs.contains(&"draft_differs") {
            answer.repairs.push("draft_differs");
        }
        Ok(answer)
    }
}
