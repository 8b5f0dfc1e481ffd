//! Which passages a search may find, in the engine's words. What has to be asked at all, the profile of a generation says.

use super::{fault, guarded};
use crate::knowledge::index::{Filter, IndexError};
use crate::knowledge::profile::{Condition, LANGUAGE, Limit, Profile, SOURCE};
use jiff::civil::Date;
use qdrant_edge::{
    CreateIndex, EdgeShard, FieldIndexOperations, PayloadFieldSchema, PayloadSchemaType, UpdateOperation,
};
use serde_json::json;

/// Indexes the fields that searches of such passages will ask for, and the one that updates do.
pub(super) fn make_indexes(profile: &Profile, shard: &EdgeShard) -> Result<(), IndexError> {
    let limits = profile.limits.iter().map(|limit| match limit {
        Limit::Audience => (limit.field(), PayloadSchemaType::Keyword),
        Limit::ValidFrom | Limit::ValidUntil => (limit.field(), PayloadSchemaType::Datetime),
    });
    let languages = (profile.languages.len() > 1).then_some((LANGUAGE, PayloadSchemaType::Keyword));
    let sources = [(SOURCE, PayloadSchemaType::Keyword)];
    for (field, kind) in limits.chain(languages).chain(sources) {
        let index = CreateIndex {
            field_name: serde_json::from_value(json!(field)).map_err(fault)?,
            field_schema: Some(PayloadFieldSchema::FieldType(kind)),
        };
        let operation = UpdateOperation::FieldIndexOperation(FieldIndexOperations::CreateIndex(index));
        guarded(|| shard.update(operation).map_err(fault))?;
    }
    Ok(())
}

/// The conditions that may keep a passage of such a generation out.
pub(super) fn conditions(
    profile: &Profile,
    filter: &Filter,
) -> Result<Vec<qdrant_edge::Condition>, IndexError> {
    let unlimited_or = |limit: Limit, met: Option<serde_json::Value>| {
        let unlimited = json!({ "is_empty": { "key": limit.field() } });
        let either: Vec<_> = [Some(unlimited), met].into_iter().flatten().collect();
        json!({ "should": either })
    };
    let range = |limit: Limit, bound: &str, day: Date| {
        unlimited_or(limit, Some(json!({ "key": limit.field(), "range": { bound: start(day) } })))
    };
    let conditions = profile.conditions(filter).into_iter().map(|condition| {
        let condition = match condition {
            Condition::Language(languages) => json!({ "key": LANGUAGE, "match": { "any": languages } }),
            Condition::Audience(audiences) => {
                let met = json!({ "key": Limit::Audience.field(), "match": { "any": audiences } });
                unlimited_or(Limit::Audience, (!audiences.is_empty()).then_some(met))
            }
            Condition::ValidFrom(day) => range(Limit::ValidFrom, "lte", day),
            Condition::ValidUntil(day) => range(Limit::ValidUntil, "gte", day),
        };
        serde_json::from_value(condition).map_err(fault)
    });
    conditions.collect()
}

/// The passages of one of these documents.
pub(super) fn of_sources(sources: &[&String]) -> Result<qdrant_edge::Filter, IndexError> {
    let any = json!({ "must": [{ "key": SOURCE, "match": { "any": sources } }] });
    serde_json::from_value(any).map_err(fault)
}

/// A day as the engine compares it with the days of passages.
fn start(day: Date) -> String {
    format!("{day}T00:00:00Z")
}
