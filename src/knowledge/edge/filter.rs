//! Which passages a search may find, in the engine's words. What no passage of a generation is limited by costs its
//! searches nothing: a generation knows what its passages are limited by.

use super::{fault, guarded};
use crate::domain::language::Language;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::index::{Embedding, Filter, IndexError, Manifest};
use qdrant_edge::{
    CreateIndex, EdgeShard, FieldIndexOperations, PayloadFieldSchema, PayloadSchemaType, UpdateOperation,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// What a generation holds, taken together.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Profile {
    /// What its vectors were made with.
    pub(super) embedding: Option<Embedding>,
    /// The languages of its passages.
    pub(super) languages: BTreeSet<Language>,
    /// The fields that limit some of its passages.
    limits: BTreeSet<Limit>,
    /// Whether it has been brought into the shape that is searched fastest.
    #[serde(default)]
    pub(super) optimised: bool,
}

/// A field that limits for whom or when a passage is true.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Limit {
    Audience,
    ValidFrom,
    ValidUntil,
}

impl Limit {
    /// Its field of a passage.
    fn field(self) -> &'static str {
        match self {
            Self::Audience => "audience",
            Self::ValidFrom => "valid_from",
            Self::ValidUntil => "valid_until",
        }
    }
}

const LANGUAGE: &str = "language";

impl Profile {
    /// Of nothing yet, for vectors of this model.
    pub(super) fn of_model(embedding: Option<Embedding>) -> Self {
        Self { embedding, ..Self::default() }
    }

    /// Of passages without limits and vectors.
    pub(super) fn of_languages(manifest: &Manifest) -> Self {
        let languages = manifest.values().map(|indexed| indexed.language).collect();
        Self { languages, ..Self::default() }
    }

    /// Takes a passage in.
    pub(super) fn observe(&mut self, chunk: &Chunk) {
        self.languages.insert(chunk.language);
        let limits = [
            (chunk.audience.is_some(), Limit::Audience),
            (chunk.valid_from.is_some(), Limit::ValidFrom),
            (chunk.valid_until.is_some(), Limit::ValidUntil),
        ];
        self.limits.extend(limits.into_iter().filter(|(limited, _)| *limited).map(|(_, limit)| limit));
    }

    /// Indexes the fields that searches will ask for.
    pub(super) fn make_indexes(&self, shard: &EdgeShard) -> Result<(), IndexError> {
        let limits = self.limits.iter().map(|limit| match limit {
            Limit::Audience => (limit.field(), PayloadSchemaType::Keyword),
            Limit::ValidFrom | Limit::ValidUntil => (limit.field(), PayloadSchemaType::Datetime),
        });
        let languages = (self.languages.len() > 1).then_some((LANGUAGE, PayloadSchemaType::Keyword));
        for (field, kind) in limits.chain(languages) {
            let index = CreateIndex {
                field_name: serde_json::from_value(json!(field)).map_err(fault)?,
                field_schema: Some(PayloadFieldSchema::FieldType(kind)),
            };
            let operation = UpdateOperation::FieldIndexOperation(FieldIndexOperations::CreateIndex(index));
            guarded(|| shard.update(operation).map_err(fault))?;
        }
        Ok(())
    }

    /// The conditions that may keep a passage of this generation out.
    pub(super) fn conditions(&self, filter: &Filter) -> Result<Option<qdrant_edge::Filter>, IndexError> {
        let mut conditions = Vec::new();
        let languages = &filter.languages;
        if !languages.is_empty() && self.languages.iter().any(|language| !languages.contains(language)) {
            conditions.push(json!({ "key": LANGUAGE, "match": { "any": languages } }));
        }
        for limit in &self.limits {
            let key = limit.field();
            let met = match (limit, &filter.audiences, filter.day) {
                (Limit::Audience, Some(audiences), _) if audiences.is_empty() => None,
                (Limit::Audience, Some(audiences), _) => {
                    Some(json!({ "key": key, "match": { "any": audiences } }))
                }
                (Limit::ValidFrom, _, Some(day)) => {
                    Some(json!({ "key": key, "range": { "lte": start(day) } }))
                }
                (Limit::ValidUntil, _, Some(day)) => {
                    Some(json!({ "key": key, "range": { "gte": start(day) } }))
                }
                (Limit::Audience, None, _) | (Limit::ValidFrom | Limit::ValidUntil, _, None) => continue,
            };
            let unlimited = json!({ "is_empty": { "key": key } });
            let either: Vec<_> = [Some(unlimited), met].into_iter().flatten().collect();
            conditions.push(json!({ "should": either }));
        }
        if conditions.is_empty() {
            return Ok(None);
        }
        serde_json::from_value(json!({ "must": conditions })).map(Some).map_err(fault)
    }
}

/// A day as the engine compares it with the days of passages.
fn start(day: jiff::civil::Date) -> String {
    format!("{day}T00:00:00Z")
}
