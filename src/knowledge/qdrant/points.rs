//! Entries of the index as a Qdrant server's points and back, and conditions in the server's words. Asks nobody.

use super::failure::Failure;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::index::{EntryId, Filter, SparseVector};
use crate::knowledge::profile::{self, LANGUAGE, Limit, Profile, SOURCE};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use qdrant_client::Payload;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::{
    self, Condition, DatetimeRange, DenseVector, FieldType, NamedVectors, PointId, PointStruct,
    RepeatedStrings, RetrievedPoint, Timestamp, Value, Vector, Vectors, vector, vector_output,
    vectors_output,
};
use std::collections::HashMap;
use uuid::Uuid;

/// The sparse vector of a point.
pub(super) const TERMS: &str = "text";
/// The dense vector of a point.
pub(super) const MEANING: &str = "dense";

/// The fields that searches and updates ask for, all of them: a server may refuse to filter by one that has no index.
pub(super) const FIELDS: [(&str, FieldType); 5] = [
    (SOURCE, FieldType::Keyword),
    (LANGUAGE, FieldType::Keyword),
    ("audience", FieldType::Keyword),
    ("valid_from", FieldType::Datetime),
    ("valid_until", FieldType::Datetime),
];

/// An entry as it is kept.
pub(super) struct Stored {
    pub(super) id: EntryId,
    pub(super) chunk: Chunk,
    pub(super) terms: SparseVector,
    pub(super) meaning: Option<Vec<f32>>,
    payload: HashMap<String, Value>,
}

impl Stored {
    /// The entry of a point; none if the point is no entry.
    pub(super) fn read(point: RetrievedPoint) -> Result<Option<Self>, Failure> {
        let Some(id) = point.id.and_then(entry_id) else { return Ok(None) };
        let payload = point.payload;
        let chunk = chunk(payload.clone())?;
        let mut stored = Self { id, chunk, terms: SparseVector::default(), meaning: None, payload };
        let Some(vectors_output::VectorsOptions::Vectors(named)) =
            point.vectors.and_then(|vectors| vectors.vectors_options)
        else {
            return Ok(Some(stored));
        };
        for (name, vector) in named.vectors {
            match (name.as_str(), vector.into_vector()) {
                (MEANING, vector_output::Vector::Dense(meaning)) => stored.meaning = Some(meaning.data),
                (TERMS, vector_output::Vector::Sparse(terms)) => {
                    // The server promises no order.
                    stored.terms = terms.indices.into_iter().zip(terms.values).collect();
                }
                (_, _) => {}
            }
        }
        Ok(Some(stored))
    }

    /// The point of it again.
    pub(super) fn point(self) -> PointStruct {
        point(self.id, self.payload, self.terms, self.meaning)
    }
}

/// The point of an entry.
pub(super) fn point(
    id: EntryId,
    payload: HashMap<String, Value>,
    terms: SparseVector,
    meaning: Option<Vec<f32>>,
) -> PointStruct {
    let mut vectors = HashMap::new();
    // The server takes no empty vectors.
    if !terms.indices.is_empty() {
        vectors.insert(TERMS.to_owned(), vector::Vector::Sparse(sparse(terms)));
    }
    if let Some(data) = meaning {
        vectors.insert(MEANING.to_owned(), vector::Vector::Dense(DenseVector { data }));
    }
    bare_point(point_id(id), payload, vectors)
}

/// A point of any kind.
pub(super) fn bare_point(
    id: PointId,
    payload: HashMap<String, Value>,
    vectors: HashMap<String, vector::Vector>,
) -> PointStruct {
    let named = vectors
        .into_iter()
        .map(|(name, vector)| (name, Vector { vector: Some(vector), ..Vector::default() }))
        .collect();
    let vectors_options = Some(VectorsOptions::Vectors(NamedVectors { vectors: named }));
    PointStruct { id: Some(id), payload, vectors: Some(Vectors { vectors_options }) }
}

/// Terms in the server's form.
pub(super) fn sparse(terms: SparseVector) -> qdrant::SparseVector {
    qdrant::SparseVector { indices: terms.indices, values: terms.values }
}

/// The fields of a passage.
pub(super) fn payload(chunk: &Chunk) -> Result<HashMap<String, Value>, Failure> {
    let fields = serde_json::to_value(chunk).map_err(|error| Failure::Refused(error.to_string()))?;
    let payload = Payload::try_from(fields).map_err(|error| Failure::Refused(error.to_string()))?;
    Ok(payload.into())
}

/// The passage of these fields.
pub(super) fn chunk(payload: HashMap<String, Value>) -> Result<Chunk, Failure> {
    let read = Payload::from(payload).deserialize();
    read.map_err(|error| Failure::Refused(format!("a point is no passage: {error}")))
}

/// A point's id.
pub(super) fn point_id(EntryId(id): EntryId) -> PointId {
    PointIdOptions::Uuid(id.to_string()).into()
}

/// The entry that a point is; points that are no entries are numbered.
pub(super) fn entry_id(id: PointId) -> Option<EntryId> {
    match id.point_id_options? {
        PointIdOptions::Uuid(id) => Uuid::parse_str(&id).ok().map(EntryId),
        PointIdOptions::Num(_) => None,
    }
}

/// The text of a field.
pub(super) fn text(payload: &HashMap<String, Value>, field: &str) -> Option<String> {
    match payload.get(field)?.kind.as_ref()? {
        Kind::StringValue(text) => Some(text.clone()),
        Kind::NullValue(_)
        | Kind::DoubleValue(_)
        | Kind::IntegerValue(_)
        | Kind::BoolValue(_)
        | Kind::StructValue(_)
        | Kind::ListValue(_) => None,
    }
}

/// The passages of one of these documents.
pub(super) fn of_sources(sources: &[&String]) -> qdrant::Filter {
    let strings = RepeatedStrings { strings: sources.iter().map(|source| (*source).clone()).collect() };
    qdrant::Filter::must([Condition::matches(SOURCE, MatchValue::Keywords(strings))])
}

/// The conditions that may keep a passage of such a version out.
pub(super) fn conditions(profile: &Profile, filter: &Filter) -> Vec<Condition> {
    let any = |field: &str, values: Vec<String>| {
        Condition::matches(field, MatchValue::Keywords(RepeatedStrings { strings: values }))
    };
    let unlimited_or = |limit: Limit, met: Option<Condition>| {
        let unlimited = Condition::is_empty(limit.field());
        Condition::from(qdrant::Filter::should([Some(unlimited), met].into_iter().flatten()))
    };
    let conditions = profile.conditions(filter).into_iter().map(|condition| match condition {
        profile::Condition::Language(languages) => {
            any(LANGUAGE, languages.iter().map(|it| it.tag().to_owned()).collect())
        }
        profile::Condition::Audience(audiences) => {
            let met = (!audiences.is_empty()).then(|| any(Limit::Audience.field(), audiences.to_vec()));
            unlimited_or(Limit::Audience, met)
        }
        profile::Condition::ValidFrom(day) => {
            let range = DatetimeRange { lte: start(day), ..DatetimeRange::default() };
            unlimited_or(Limit::ValidFrom, Some(Condition::datetime_range(Limit::ValidFrom.field(), range)))
        }
        profile::Condition::ValidUntil(day) => {
            let range = DatetimeRange { gte: start(day), ..DatetimeRange::default() };
            let met = Condition::datetime_range(Limit::ValidUntil.field(), range);
            unlimited_or(Limit::ValidUntil, Some(met))
        }
    });
    conditions.collect()
}

/// A day as the server compares it with the days of passages; days that it cannot count are no condition.
fn start(day: Date) -> Option<Timestamp> {
    let start = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp { seconds: start.as_second(), nanos: 0 })
}
