//! Operators try the retrieval a turn uses, and have the knowledge read again.

use crate::knowledge::search::{MOST_PASSAGES, MOST_RANKED};
use crate::web::auth::operator::Operator;
use crate::web::extract::json::{Json, OptionalJson};
use crate::web::extract::query::Query;
use crate::web::ports::IngestReport;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const RESULTS: usize = 10;
const QUERY_CHARS: usize = 1000;
/// Longest body of a question that documents are ranked for: such questions come from files.
const RANK_BYTES: usize = 16 * 1024 * 1024;

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// The question.
    q: String,
    /// At most so many, up to 1000.
    limit: Option<usize>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub struct Found {
    /// Best first.
    results: Vec<FoundPassage>,
}

/// One passage.
#[derive(Serialize, ToSchema)]
struct FoundPassage {
    /// 1, 2, 3 …
    rank: usize,
    id: String,
    source: String,
    title: String,
    heading: Option<String>,
    /// Comparable within this answer only.
    score: f32,
    /// How sure it is that the passage answers the question, 0 to 1.
    evidence: f32,
    text: String,
}

/// Searches the knowledge exactly as a turn does.
#[utoipa::path(
    get, path = "/api/v1/knowledge/search", tag = "operator",
    params(SearchQuery),
    security(("api_key" = [])),
    responses(
        (status = 200, body = Found),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    )
)]
pub async fn search_knowledge(
    State(state): State<SharedState>,
    _operator: Operator,
    Query(query): Query<SearchQuery>,
) -> Result<axum::Json<Found>, Problem> {
    if query.q.trim().is_empty() || query.q.chars().nth(QUERY_CHARS).is_some() {
        let detail = format!("`q` has 1 to {QUERY_CHARS} characters.");
        return Err(
            Problem::new(StatusCode::BAD_REQUEST, "invalid_query", "Invalid query", detail).field("q")
        );
    }
    let limit = query.limit.unwrap_or(RESULTS).clamp(1, MOST_PASSAGES);
    let passages = state.parts.search.search(&query.q, limit).await.map_err(unavailable)?;
    let results = passages
        .into_iter()
        .zip(1..)
        .map(|(passage, rank)| FoundPassage {
            rank,
            id: passage.id,
            source: passage.source,
            title: passage.title,
            heading: passage.heading,
            score: passage.score,
            evidence: passage.evidence,
            text: passage.text,
        })
        .collect();
    Ok(axum::Json(Found { results }))
}

/// What to rank documents for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RankRequest {
    /// The question. An empty one has an empty ranking.
    query: String,
}

/// Documents, best first.
#[derive(Serialize, ToSchema)]
pub struct Ranked {
    /// Up to 100 documents, by their `id` in a JSONL corpus or by their path.
    ranked: Vec<String>,
}

/// Ranks whole documents, each by its best passage: what `balcao search --batch` does.
#[utoipa::path(
    post, path = "/api/v1/knowledge/rank", tag = "operator",
    request_body = RankRequest,
    security(("api_key" = [])),
    responses(
        (status = 200, body = Ranked),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem),
    )
)]
pub async fn rank_knowledge(
    State(state): State<SharedState>,
    _operator: Operator,
    Json(request): Json<RankRequest, RANK_BYTES>,
) -> Result<axum::Json<Ranked>, Problem> {
    let ranked = state.parts.search.rank(&request.query, MOST_RANKED).await.map_err(unavailable)?;
    Ok(axum::Json(Ranked { ranked }))
}

/// Which documents to index.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IngestRequest {
    /// Files or folders of the server's machine: these and only these (scope `admin`). Without any, the knowledge folder.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    paths: Vec<std::path::PathBuf>,
}

/// Reads the knowledge again and indexes what changed.
#[utoipa::path(
    post, path = "/api/v1/knowledge/ingest", tag = "operator",
    request_body = Option<IngestRequest>,
    security(("api_key" = [])),
    responses(
        (status = 200, body = IngestReport),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 503, body = Problem),
    )
)]
pub async fn ingest_knowledge(
    State(state): State<SharedState>,
    operator: Operator,
    OptionalJson(request): OptionalJson<IngestRequest>,
) -> Result<axum::Json<IngestReport>, Problem> {
    let paths = request.paths;
    // Naming files of the machine is more than running the shop.
    if !paths.is_empty() && !operator.is_admin {
        return Err(Problem::forbidden("admin"));
    }
    Ok(axum::Json(state.parts.ingest.ingest(paths).await.map_err(unavailable)?))
}

/// Operators may know the cause.
pub fn unavailable(cause: anyhow::Error) -> Problem {
    tracing::warn!(cause = format!("{cause:#}"), "the knowledge is unavailable");
    let title = "Knowledge unavailable";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "knowledge_unavailable", title, format!("{cause:#}"))
}
