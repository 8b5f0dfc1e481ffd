//! The peer's points: writing them, finding them, reading them.

use super::collections::{Collection, service};
use super::convert::{
    check_dense, check_sparse, edge_filter, edge_id, edge_sparse, payload, persisted, point_id, refused,
    retrieved,
};
use ::qdrant_client::qdrant::points_server::Points;
use ::qdrant_client::qdrant::query::Variant;
use ::qdrant_client::qdrant::with_payload_selector::SelectorOptions as PayloadOptions;
use ::qdrant_client::qdrant::with_vectors_selector::SelectorOptions as VectorOptions;
use ::qdrant_client::qdrant::*;
use qdrant_edge::{
    CreateIndex, FieldIndexOperations, NamedQuery, PayloadFieldSchema, PayloadSchemaType, PointId as EdgeId,
    PointInsertOperations, PointOperations, QueryEnum, ScrollRequest, SearchRequest, UpdateOperation,
    VectorInternal, WithPayloadInterface, WithVector,
};
use serde_json::json;
use tonic::{Request, Response, Status};

/// Points of a page if nobody says.
const PAGE: u32 = 10;

fn with_payload(selector: Option<WithPayloadSelector>) -> Result<bool, Status> {
    match selector.and_then(|it| it.selector_options) {
        Some(PayloadOptions::Enable(all)) => Ok(all),
        None => Ok(false),
        Some(_) => Err(Status::unimplemented("this peer gives all fields or none")),
    }
}

fn with_vectors(selector: Option<WithVectorsSelector>) -> Result<WithVector, Status> {
    match selector.and_then(|it| it.selector_options) {
        Some(VectorOptions::Enable(all)) => Ok(WithVector::Bool(all)),
        None => Ok(WithVector::Bool(false)),
        Some(_) => Err(Status::unimplemented("this peer gives all vectors or none")),
    }
}

fn applied() -> Result<Response<PointsOperationResponse>, Status> {
    let result = UpdateResult { operation_id: Some(0), status: UpdateStatus::Completed as i32 };
    Ok(Response::new(PointsOperationResponse { result: Some(result), ..PointsOperationResponse::default() }))
}

fn update(collection: &Collection, operation: UpdateOperation) -> Result<(), Status> {
    let _writing = collection.writing.lock().unwrap();
    collection.shard.update(operation).map_err(refused)
}

fn nearest(collection: &Collection, query: QueryPoints) -> Result<Vec<ScoredPoint>, Status> {
    let using = query.using.unwrap_or_default();
    let variant = query.query.and_then(|query| query.variant);
    let input = match variant {
        Some(Variant::Nearest(input)) => input.variant,
        Some(_) | None => return Err(Status::unimplemented("this peer finds what is nearest")),
    };
    let vector = match input {
        Some(vector_input::Variant::Dense(dense)) => {
            check_dense(&using, &dense.data, collection)?;
            VectorInternal::Dense(dense.data)
        }
        Some(vector_input::Variant::Sparse(sparse)) => {
            check_sparse(&using, &sparse, collection)?;
            VectorInternal::Sparse(edge_sparse(sparse))
        }
        Some(_) | None => return Err(Status::unimplemented("this peer is asked with vectors")),
    };
    let request = SearchRequest {
        query: QueryEnum::Nearest(NamedQuery { query: vector, using: Some(using.as_str().into()) }),
        filter: edge_filter(query.filter)?,
        params: None,
        limit: usize::try_from(query.limit.unwrap_or(10)).unwrap(),
        offset: 0,
        with_payload: Some(WithPayloadInterface::Bool(with_payload(query.with_payload)?)),
        with_vector: None,
        score_threshold: None,
    };
    let found = collection.shard.search(request).map_err(refused)?;
    let scored = |point: qdrant_edge::ScoredPoint| ScoredPoint {
        id: Some(point_id(point.id)),
        payload: payload(point.payload),
        score: point.score,
        ..ScoredPoint::default()
    };
    Ok(found.into_iter().map(scored).collect())
}

service! {
    Points {
        async fn upsert(
            &self,
            request: Request<UpsertPoints>,
        ) -> Result<Response<PointsOperationResponse>, Status> {
            let request = request.into_inner();
            let collection = self.open(&request.collection_name)?;
            if request.wait != Some(true) {
                return Err(Status::unimplemented("this peer is always waited for"));
            }
            let points: Result<Vec<_>, _> =
                request.points.into_iter().map(|point| persisted(point, &collection)).collect();
            let points = points?;
            // What the index knows of itself is numbered.
            self.count(points.iter().filter(|point| matches!(point.id, EdgeId::Uuid(_))).count());
            let points = PointInsertOperations::PointsList(points);
            update(&collection, UpdateOperation::PointOperation(PointOperations::UpsertPoints(points)))?;
            applied()
        }

        async fn create_field_index(
            &self,
            request: Request<CreateFieldIndexCollection>,
        ) -> Result<Response<PointsOperationResponse>, Status> {
            let request = request.into_inner();
            let collection = self.open(&request.collection_name)?;
            let kind = match request.field_type.map(FieldType::try_from) {
                Some(Ok(FieldType::Keyword)) => PayloadSchemaType::Keyword,
                Some(Ok(FieldType::Datetime)) => PayloadSchemaType::Datetime,
                Some(_) | None => return Err(Status::unimplemented("this peer indexes words and days")),
            };
            let index = CreateIndex {
                field_name: serde_json::from_value(json!(request.field_name)).map_err(refused)?,
                field_schema: Some(PayloadFieldSchema::FieldType(kind)),
            };
            update(&collection, UpdateOperation::FieldIndexOperation(FieldIndexOperations::CreateIndex(index)))?;
            applied()
        }

        async fn get(&self, request: Request<GetPoints>) -> Result<Response<GetResponse>, Status> {
            let request = request.into_inner();
            let collection = self.open(&request.collection_name)?;
            let ids: Result<Vec<_>, _> = request.ids.into_iter().map(|id| edge_id(Some(id))).collect();
            let payload = WithPayloadInterface::Bool(with_payload(request.with_payload)?);
            let vectors = with_vectors(request.with_vectors)?;
            let records = collection.shard.retrieve(&ids?, Some(payload), Some(vectors)).map_err(refused)?;
            let result = records.into_iter().map(retrieved).collect();
            Ok(Response::new(GetResponse { result, ..GetResponse::default() }))
        }

        async fn query_batch(
            &self,
            request: Request<QueryBatchPoints>,
        ) -> Result<Response<QueryBatchResponse>, Status> {
            let request = request.into_inner();
            let collection = self.open(&request.collection_name)?;
            let answer = |query| nearest(&collection, query).map(|result| BatchResult { result });
            let result: Result<Vec<_>, _> = request.query_points.into_iter().map(answer).collect();
            Ok(Response::new(QueryBatchResponse { result: result?, ..QueryBatchResponse::default() }))
        }

        async fn scroll(&self, request: Request<ScrollPoints>) -> Result<Response<ScrollResponse>, Status> {
            let request = request.into_inner();
            let collection = self.open(&request.collection_name)?;
            let page = ScrollRequest {
                offset: request.offset.map(|id| edge_id(Some(id))).transpose()?,
                limit: Some(usize::try_from(request.limit.unwrap_or(PAGE)).unwrap()),
                filter: edge_filter(request.filter)?,
                with_payload: Some(WithPayloadInterface::Bool(with_payload(request.with_payload)?)),
                with_vector: with_vectors(request.with_vectors)?,
                ..ScrollRequest::default()
            };
            let (records, next) = collection.shard.scroll(page).map_err(refused)?;
            let result = records.into_iter().map(retrieved).collect();
            let next_page_offset = next.map(point_id);
            Ok(Response::new(ScrollResponse { result, next_page_offset, ..ScrollResponse::default() }))
        }
    } refusing {
        delete(DeletePoints) -> PointsOperationResponse;
        update_vectors(UpdatePointVectors) -> PointsOperationResponse;
        delete_vectors(DeletePointVectors) -> PointsOperationResponse;
        set_payload(SetPayloadPoints) -> PointsOperationResponse;
        overwrite_payload(SetPayloadPoints) -> PointsOperationResponse;
        delete_payload(DeletePayloadPoints) -> PointsOperationResponse;
        clear_payload(ClearPayloadPoints) -> PointsOperationResponse;
        delete_field_index(DeleteFieldIndexCollection) -> PointsOperationResponse;
        create_vector_name(CreateVectorNameRequest) -> PointsOperationResponse;
        delete_vector_name(DeleteVectorNameRequest) -> PointsOperationResponse;
        search(SearchPoints) -> SearchResponse;
        search_batch(SearchBatchPoints) -> SearchBatchResponse;
        search_groups(SearchPointGroups) -> SearchGroupsResponse;
        recommend(RecommendPoints) -> RecommendResponse;
        recommend_batch(RecommendBatchPoints) -> RecommendBatchResponse;
        recommend_groups(RecommendPointGroups) -> RecommendGroupsResponse;
        discover(DiscoverPoints) -> DiscoverResponse;
        discover_batch(DiscoverBatchPoints) -> DiscoverBatchResponse;
        count(CountPoints) -> CountResponse;
        update_batch(UpdateBatchPoints) -> UpdateBatchResponse;
        query(QueryPoints) -> QueryResponse;
        query_groups(QueryPointGroups) -> QueryGroupsResponse;
        facet(FacetCounts) -> FacetResponse;
        search_matrix_pairs(SearchMatrixPoints) -> SearchMatrixPairsResponse;
        search_matrix_offsets(SearchMatrixPoints) -> SearchMatrixOffsetsResponse;
    }
}
