//! Asking the company's knowledge in the middle of a turn, beside what was retrieved before it.

use super::capability::{Builtin, Capability, Declaration};
use super::words::short;
use crate::domain::language::Language;
use crate::domain::message::SourceRef;
use crate::domain::passage::Passage;
use crate::domain::tool::Risk;
use crate::domain::tool_call::RefusalClass;
use crate::tools::tool::{Tool, ToolContext, ToolError, ToolOutput};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Passages given for one search.
const PASSAGES: usize = 5;

/// Evidence below which a passage does not speak to the question.
const ENOUGH_EVIDENCE: f32 = 0.2;

/// What this tool needs of the knowledge: the very search a turn uses.
#[async_trait]
pub trait KnowledgeSearch: Send + Sync {
    /// Passages for `query`, best first, at most `limit`.
    async fn passages(&self, query: &str, limit: usize, language: Language) -> anyhow::Result<Vec<Passage>>;
}

/// The tools over the knowledge.
pub fn tools(knowledge: &Arc<dyn KnowledgeSearch>) -> Vec<Arc<dyn Tool>> {
    vec![Builtin::tool(Search(knowledge.clone()))]
}

struct Search(Arc<dyn KnowledgeSearch>);

#[derive(Deserialize, JsonSchema)]
struct SearchArguments {
    /// What to look for, as a short question or a few words.
    #[schemars(length(min = 2, max = 400), extend("x-balcao-kind" = "text"))]
    query: String,
}

impl Capability for Search {
    type Arguments = SearchArguments;

    const DECLARATION: Declaration = Declaration {
        name: "knowledge_search",
        description: "Searches the company's own documents: policies, opening hours, care instructions, services. Use it \
                      when the passages you were given do not answer the question.",
        risk: Risk::Read,
        sources: &[],
        trusted: &[],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let found = self.0.passages(&arguments.query, PASSAGES, context.language).await.map_err(|error| {
            tracing::warn!(error = format!("{error:#}"), "knowledge search failed");
            ToolError::Tell {
                reason: "the knowledge does not answer at the moment".into(),
                class: RefusalClass::Unavailable,
            }
        })?;
        let fitting: Vec<&Passage> =
            found.iter().filter(|passage| passage.evidence >= ENOUGH_EVIDENCE).collect();
        let passages: Vec<_> = fitting
            .iter()
            .map(|passage| {
                json!({
                    "source": passage.source,
                    "title": passage.title,
                    "heading": passage.heading,
                    "text": short(&passage.text, 1_500),
                })
            })
            .collect();
        let sources = fitting.iter().map(|passage| SourceRef {
            id: passage.id.clone(),
            title: passage.title.clone(),
            heading: passage.heading.clone(),
            url: None,
            claims: Vec::new(),
        });
        let data = json!({"found": passages.len(), "passages": passages});
        Ok(ToolOutput { sources: sources.collect(), ..ToolOutput::data(data) })
    }
}
