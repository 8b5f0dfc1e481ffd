//! Asks the model in the turn's name: what it is sent, how long it may take, what is journalled of its answer.

use super::draft::Draft;
use super::history::{self, StandIn};
use super::interview::OFFLINE;
use super::replay::Answered;
use super::run::{Room, Run, milliseconds};
use super::step::{Happened, Turn};
use crate::domain::event::EventBody;
use crate::limits::budget::Payer;
use crate::llm::model::{ChatAnswer, ChatMessage, ChatRequest, DeltaSink, ModelError, ToolChoice};
use std::time::{Duration, Instant};

impl Run<'_> {
    /// Whose money a model is asked with.
    pub(super) fn payer(&self) -> Payer {
        Payer {
            turn: Some(self.task.turn),
            conversation: Some(self.task.conversation.id),
            contact: Some(self.task.contact.id),
        }
    }

    /// What the model is asked with.
    pub(super) fn request(&self, messages: Vec<ChatMessage>, turn: &Turn, choice: ToolChoice) -> ChatRequest {
        ChatRequest {
            messages,
            tools: self.tools(),
            tool_choice: choice,
            passages: self.passages.clone(),
            pictures: self.pictures.clone(),
            documents: self.documents.iter().map(|document| document.told(self.room)).collect(),
            language: self.language,
            now: self.now.clone(),
            max_output_tokens: self.agent.settings.max_output_tokens,
            step: turn.step(),
            resort: turn.resort(),
            payer: self.payer(),
        }
    }

    pub(super) async fn ask_model(&mut self, turn: &Turn, choice: ToolChoice) -> anyhow::Result<Happened> {
        if let Some(Answered { model, text, calls, usage }) = self.replay.answers.pop_front() {
            self.by_built_in = model == OFFLINE;
            return Ok(Happened::Answered { text, calls, usage });
        }
        let mut messages = self.base.clone();
        messages.extend(turn.transcript().iter().cloned().map(|message| match self.room {
            Room::Plenty => message,
            Room::Little => history::shortened_result(message),
        }));
        let request = self.request(messages, turn, choice);
        let began = Instant::now();
        let answer = self.written_in_time(&request).await;
        let waited = began.elapsed();
        self.outcome.waited += waited;
        match answer {
            None => Ok(Happened::TimeUp),
            Some(Err(error)) => {
                tracing::warn!(turn.id = %self.task.turn, error = %error, "no model could answer");
                Ok(Happened::ModelFailed(error.kind))
            }
            Some(Ok(mut answer)) => {
                if choice == ToolChoice::None {
                    // Nobody would make them.
                    answer.calls.clear();
                }
                self.by_built_in = answer.model == OFFLINE;
                let event = EventBody::ModelAnswered {
                    step: turn.step(),
                    model: answer.model,
                    text: answer.text.clone(),
                    calls: answer.calls.clone(),
                    usage: answer.usage,
                    duration_ms: milliseconds(waited),
                };
                self.buffered.push(event);
                self.at_a_loss = answer.stands_in && answer.at_a_loss;
                if answer.stands_in && self.stands_in.is_none() {
                    self.stands_in = Some(StandIn::Now);
                    self.buffered.push(EventBody::StoodIn);
                }
                // Words are followed by the commit, which carries them; calls are not.
                if !answer.calls.is_empty() {
                    self.flush().await?;
                }
                Ok(Happened::Answered { text: answer.text, calls: answer.calls, usage: answer.usage })
            }
        }
    }

    /// The model's answer, or `None` when the turn's time is up. Its words are shown as they are written, unless somebody has to
    /// look at them first.
    async fn written_in_time(&self, request: &ChatRequest) -> Option<Result<ChatAnswer, ModelError>> {
        if self.agent.settings.second_look {
            return self.answer_in_time(request, &|_| {}, &|| false).await;
        }
        let show = |words: &str| self.audience.delta(words);
        let draft = Draft::new(&self.proof, self.language, &show);
        self.answer_in_time(request, &|words| draft.write(words), &|| draft.was_shown()).await
    }

    /// A model's answer, or `None` when the turn's time is up. Says that it works on it if that takes long and nothing was shown.
    pub(super) async fn answer_in_time(
        &self,
        request: &ChatRequest,
        deltas: DeltaSink<'_>,
        was_shown: &(dyn Fn() -> bool + Send + Sync),
    ) -> Option<Result<ChatAnswer, ModelError>> {
        let audience = self.audience;
        let answering = self.agent.model.answer(request, deltas);
        let patience = tokio::time::sleep(Duration::from_millis(self.agent.settings.progress_after_ms));
        let deadline = tokio::time::sleep_until(self.deadline.into());
        tokio::pin!(answering, patience, deadline);
        let mut waiting = true;
        loop {
            tokio::select! {
                biased;
                answer = &mut answering => return Some(answer),
                () = &mut patience, if waiting => {
                    waiting = false;
                    if !was_shown() {
                        audience.progress(&self.agent.prompts.sentences(self.language).progress.working);
                    }
                }
                () = &mut deadline => return None,
            }
        }
    }
}
