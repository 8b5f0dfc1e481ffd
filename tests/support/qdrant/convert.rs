//! From the protocol to the engine and back, as far as the program goes; what goes further is refused.

use super::collections::Collection;
use ::qdrant_client::Payload;
use ::qdrant_client::qdrant::condition::ConditionOneOf;
use ::qdrant_client::qdrant::r#match::MatchValue;
use ::qdrant_client::qdrant::point_id::PointIdOptions;
use ::qdrant_client::qdrant::vectors::VectorsOptions;
use ::qdrant_client::qdrant::{
    Condition, DenseVector, FieldCondition, Filter, NamedVectorsOutput, PointId, PointStruct, RetrievedPoint,
    SparseVector, Timestamp, Value, VectorOutput, VectorsOutput, vector, vector_output, vectors_output,
};
use qdrant_edge::{
    PointId as EdgeId, PointStructPersisted, Record, VectorInternal, VectorPersisted, VectorStructInternal,
    VectorStructPersisted,
};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use tonic::Status;
use uuid::Uuid;

/// What the engine does not do, in the words of the server around it.
pub fn refused(error: impl Display) -> Status {
    Status::invalid_argument(format!("Wrong input: {error}"))
}

pub fn edge_id(id: Option<PointId>) -> Result<EdgeId, Status> {
    match id.and_then(|id| id.point_id_options) {
        Some(PointIdOptions::Num(number)) => Ok(EdgeId::NumId(number)),
        Some(PointIdOptions::Uuid(id)) => Uuid::parse_str(&id)
            .map(EdgeId::Uuid)
            .map_err(|_| Status::invalid_argument(format!("Unable to parse UUID: {id}"))),
        None => Err(Status::invalid_argument("Empty ID is not allowed")),
    }
}

pub fn point_id(id: EdgeId) -> PointId {
    match id {
        EdgeId::NumId(number) => PointIdOptions::Num(number).into(),
        EdgeId::Uuid(id) => PointIdOptions::Uuid(id.to_string()).into(),
    }
}

/// A point to be kept, if the collection can keep it.
pub fn persisted(point: PointStruct, collection: &Collection) -> Result<PointStructPersisted, Status> {
    let vectors = point.vectors.and_then(|vectors| vectors.vectors_options);
    let named = match vectors {
        Some(VectorsOptions::Vectors(named)) => named.vectors,
        Some(VectorsOptions::Vector(_)) => {
            return Err(Status::unimplemented("this peer has named vectors alone"));
        }
        None => return Err(Status::invalid_argument("Expected some vectors")),
    };
    let mut kept = HashMap::new();
    for (name, vector) in named {
        let vector = match vector.vector {
            Some(vector::Vector::Dense(DenseVector { data })) => {
                check_dense(&name, &data, collection)?;
                VectorPersisted::Dense(data)
            }
            Some(vector::Vector::Sparse(sparse)) => {
                check_sparse(&name, &sparse, collection)?;
                VectorPersisted::Sparse(edge_sparse(sparse))
            }
            Some(_) | None => return Err(Status::unimplemented("this peer has dense and sparse vectors")),
        };
        kept.insert(name, vector);
    }
    Ok(PointStructPersisted {
        id: edge_id(point.id)?,
        vector: VectorStructPersisted::Named(kept),
        payload: Some(edge_payload(point.payload)),
    })
}

pub fn check_dense(name: &str, data: &[f32], collection: &Collection) -> Result<(), Status> {
    match collection.dense.get(name) {
        Some(size) if *size == data.len() as u64 => Ok(()),
        Some(size) => Err(refused(format!(
            "Vector dimension error: expected dim: {size}, got {} for vector '{name}'",
            data.len()
        ))),
        None => Err(refused(format!("Not existing vector name error: {name}"))),
    }
}

pub fn check_sparse(name: &str, sparse: &SparseVector, collection: &Collection) -> Result<(), Status> {
    if !collection.sparse.iter().any(|known| known == name) {
        return Err(refused(format!("Not existing vector name error: {name}")));
    }
    let distinct: HashSet<u32> = sparse.indices.iter().copied().collect();
    if sparse.indices.len() != sparse.values.len() || distinct.len() != sparse.indices.len() {
        return Err(Status::invalid_argument(
            "Validation error in body: [indices: Validation error: must be unique [{}]]",
        ));
    }
    Ok(())
}

pub fn edge_sparse(sparse: SparseVector) -> qdrant_edge::SparseVector {
    qdrant_edge::SparseVector { indices: sparse.indices, values: sparse.values }
}

fn edge_payload(payload: HashMap<String, Value>) -> qdrant_edge::Payload {
    qdrant_edge::Payload(Payload::from(payload).into())
}

pub fn payload(payload: Option<qdrant_edge::Payload>) -> HashMap<String, Value> {
    let fields = serde_json::Value::Object(payload.unwrap_or_default().0);
    Payload::try_from(fields).unwrap().into()
}

pub fn retrieved(record: Record) -> RetrievedPoint {
    let vectors = match record.vector {
        Some(VectorStructInternal::Named(named)) => named,
        Some(_) => panic!("a point without names for its vectors"),
        None => HashMap::new(),
    };
    let output = |vector| {
        let vector = match vector {
            VectorInternal::Dense(data) => vector_output::Vector::Dense(DenseVector { data }),
            VectorInternal::Sparse(sparse) => {
                vector_output::Vector::Sparse(SparseVector { indices: sparse.indices, values: sparse.values })
            }
            VectorInternal::MultiDense(_) => panic!("a vector of a kind that nobody gave"),
        };
        VectorOutput { vector: Some(vector), ..VectorOutput::default() }
    };
    let vectors = vectors.into_iter().map(|(name, vector)| (name.to_string(), output(vector))).collect();
    let vectors_options = Some(vectors_output::VectorsOptions::Vectors(NamedVectorsOutput { vectors }));
    RetrievedPoint {
        id: Some(point_id(record.id)),
        payload: payload(record.payload),
        vectors: Some(VectorsOutput { vectors_options }),
        ..RetrievedPoint::default()
    }
}

pub fn edge_filter(filter: Option<Filter>) -> Result<Option<qdrant_edge::Filter>, Status> {
    let Some(filter) = filter else { return Ok(None) };
    serde_json::from_value(clauses(filter)?).map(Some).map_err(refused)
}

fn clauses(filter: Filter) -> Result<serde_json::Value, Status> {
    let all = |conditions: Vec<Condition>| -> Result<Option<Vec<serde_json::Value>>, Status> {
        let clauses: Vec<_> = conditions.into_iter().map(clause).collect::<Result<_, _>>()?;
        Ok((!clauses.is_empty()).then_some(clauses))
    };
    let mut clauses = serde_json::Map::new();
    for (name, conditions) in
        [("must", filter.must), ("should", filter.should), ("must_not", filter.must_not)]
    {
        if let Some(conditions) = all(conditions)? {
            clauses.insert(name.to_owned(), json!(conditions));
        }
    }
    Ok(clauses.into())
}

fn clause(condition: Condition) -> Result<serde_json::Value, Status> {
    let unknown = || Status::unimplemented("this peer does not know this condition");
    match condition.condition_one_of.ok_or_else(unknown)? {
        ConditionOneOf::Field(field) => field_clause(field),
        ConditionOneOf::IsEmpty(empty) => Ok(json!({ "is_empty": { "key": empty.key } })),
        ConditionOneOf::HasVector(has) => Ok(json!({ "has_vector": has.has_vector })),
        ConditionOneOf::Filter(filter) => clauses(filter),
        ConditionOneOf::HasId(has) => {
            let ids: Result<Vec<EdgeId>, _> = has.has_id.into_iter().map(|id| edge_id(Some(id))).collect();
            Ok(json!({ "has_id": ids? }))
        }
        _ => Err(unknown()),
    }
}

fn field_clause(field: FieldCondition) -> Result<serde_json::Value, Status> {
    let key = field.key;
    if let Some(MatchValue::Keywords(any)) = field.r#match.and_then(|it| it.match_value) {
        return Ok(json!({ "key": key, "match": { "any": any.strings } }));
    }
    let range =
        field.datetime_range.ok_or_else(|| Status::unimplemented("this peer knows days and words"))?;
    let at = |bound: Option<Timestamp>| {
        bound.map(|at| jiff::Timestamp::from_second(at.seconds).unwrap().to_string())
    };
    let bounds = [("lt", range.lt), ("lte", range.lte), ("gt", range.gt), ("gte", range.gte)];
    let bounds: serde_json::Map<_, _> =
        bounds.into_iter().filter_map(|(name, bound)| Some((name.to_owned(), json!(at(bound)?)))).collect();
    Ok(json!({ "key": key, "range": bounds }))
}
