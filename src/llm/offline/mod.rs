//! The built-in model: same input and output as any other, deterministic, stateless, and driven only by the tools'
//! schemas and words, the passages, and `prompts/offline.toml`. It knows nothing of any shop.

mod arguments;
mod choice;
mod dialogue;
mod intent;
mod names;
mod passages;
pub mod phrases;
mod rank;
mod say;

use super::model::{ChatAnswer, ChatModel, ChatRequest, DeltaSink, ModelError};
use crate::domain::language::Language;
use crate::domain::tool::{Risk, ToolSpec};
use async_trait::async_trait;
use phrases::Phrases;
use rank::Ranker;
use std::sync::{Arc, Mutex, PoisonError};

/// Where [`Phrases`] lie among the prompts.
pub const PHRASES_FILE: &str = "offline.toml";

/// The tools a ranker was made for, and for which language.
type Prepared = (Arc<Vec<ToolSpec>>, Language, Arc<Ranker>);

/// The model's name in chains, metrics and journals.
const NAME: &str = "offline";

/// A tool that a message is likely to want.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Likely {
    /// The tool.
    pub name: String,
    /// Whether little else can be meant.
    pub clearly: bool,
}

/// What the built-in model would do about the customer's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Opinion {
    /// Call a tool.
    Call {
        /// Its name.
        tool: String,
        /// Whether it changes something.
        changes: bool,
        /// Whether little else can be meant: words that usually want it, a pick from a list, an answer to a question.
        clearly: bool,
    },
    /// Ask for what a tool still needs.
    Ask,
}

/// The model that is always there.
pub struct OfflineModel {
    phrases: Arc<Phrases>,
    prepared: Mutex<Vec<Prepared>>,
}

impl OfflineModel {
    /// The model with the phrases that come with the program.
    pub fn new() -> Self {
        Self::speaking(Phrases::embedded())
    }

    /// The model with other phrases.
    pub fn speaking(phrases: Arc<Phrases>) -> Self {
        Self { phrases, prepared: Mutex::default() }
    }

    /// The tools that `text` is likely to want, best first.
    pub fn likely_tools(&self, tools: &Arc<Vec<ToolSpec>>, language: Language, text: &str) -> Vec<Likely> {
        if self.phrases.small_talk(text).is_some() {
            return Vec::new();
        }
        let ranked = self.ranker(tools, language).rank(&names::wish_in(text));
        let likely = ranked.into_iter().filter(|ranked| ranked.is_wanted());
        likely
            .filter_map(|ranked| {
                let tool = tools.get(ranked.tool)?;
                let clearly = ranked.score >= rank::CLEARLY
                    && (tool.risk == Risk::Read || !intent::is_hypothetical(text));
                Some(Likely { name: tool.name.clone(), clearly })
            })
            .collect()
    }

    /// What the model would do, were it asked. `None` if it would answer in words, whatever they say.
    pub fn opinion(&self, request: &ChatRequest) -> Option<Opinion> {
        let ranker = self.ranker(&request.tools, request.language);
        intent::opinion(request, &ranker, &self.phrases)
    }

    /// The answer, if there is more to say than small talk or that nothing was understood.
    pub fn answer_if_sure(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Option<ChatAnswer> {
        let ranker = self.ranker(&request.tools, request.language);
        let answer = intent::answer_if_sure(request, &ranker, &self.phrases)?;
        Some(spoken(answer, deltas))
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

impl Default for OfflineModel {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl ChatModel for OfflineModel {
    fn name(&self) -> &str {
        NAME
    }

    async fn answer(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, ModelError> {
        let ranker = self.ranker(&request.tools, request.language);
        Ok(spoken(intent::answer(request, &ranker, &self.phrases), deltas))
    }
}

fn spoken(mut answer: ChatAnswer, deltas: DeltaSink<'_>) -> ChatAnswer {
    answer.model = NAME.to_owned();
    for piece in answer.text.split_inclusive(' ') {
        deltas(piece);
    }
    answer
}
