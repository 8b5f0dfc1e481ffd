//! The built-in model: same input and output as any other, deterministic, stateless, and driven only by the tools'
//! schemas and words, the passages, and `prompts/offline.toml`. It knows nothing of any shop.

mod arguments;
mod choice;
mod dialogue;
mod intent;
mod passages;
mod phrases;
mod rank;
mod say;

use super::model::{ChatAnswer, ChatModel, ChatRequest, DeltaSink, ModelError};
use crate::domain::language::Language;
use crate::domain::tool::ToolSpec;
use async_trait::async_trait;
use rank::Ranker;
use std::sync::{Arc, Mutex, PoisonError};

/// The tools a ranker was made for, and for which language.
type Prepared = (Arc<Vec<ToolSpec>>, Language, Arc<Ranker>);

/// The model that is always there.
#[derive(Default)]
pub struct OfflineModel {
    prepared: Mutex<Vec<Prepared>>,
}

impl OfflineModel {
    /// The model.
    pub fn new() -> Self {
        Self::default()
    }

    /// The ranker for these tools; the same list is read once.
    fn ranker(&self, tools: &Arc<Vec<ToolSpec>>, language: Language) -> Arc<Ranker> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, ranker)) =
            prepared.iter().find(|(known, spoken, _)| Arc::ptr_eq(known, tools) && *spoken == language)
        {
            return ranker.clone();
        }
        let ranker = Arc::new(Ranker::new(tools, language));
        // One list of tools per program; more only in tests.
        if prepared.len() >= 8 {
            prepared.remove(0);
        }
        prepared.push((tools.clone(), language, ranker.clone()));
        ranker
    }
}

#[async_trait]
impl ChatModel for OfflineModel {
    fn name(&self) -> &str {
        "offline"
    }

    async fn answer(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, ModelError> {
        let ranker = self.ranker(&request.tools, request.language);
        let mut answer = intent::answer(request, &ranker);
        answer.model = "offline".to_owned();
        for piece in answer.text.split_inclusive(' ') {
            deltas(piece);
        }
        Ok(answer)
    }
}
