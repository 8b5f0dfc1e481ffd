//! Operators see what could not be answered, propose an answer as a new entry of the knowledge, and decide on proposals.

use crate::conversation::gaps::propose::{Unfit, proposal, reworded};
use crate::conversation::gaps::{Cause, Gap};
use crate::domain::ids::MessageId;
use crate::domain::language::Language;
use crate::knowledge::proposals::{Decision, Proposal, ProposalError, Wording};
use crate::web::auth::operator::Operator;
use crate::web::extract::json::{Json, OptionalJson};
use crate::web::extract::query::Query;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const SHOWN: usize = 50;
const MOST_SHOWN: usize = 500;

/// Which gaps to show.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GapsQuery {
    /// At most so many, up to 500.
    limit: Option<usize>,
    /// Only with this cause: `abstained`, `low_evidence`, `withheld`, `corrected` or `answered_by_person`.
    #[param(value_type = Option<String>)]
    cause: Option<Cause>,
}

/// What could not be answered.
#[derive(Serialize, ToSchema)]
pub struct Gaps {
    /// The most frequent first: `{id, count, causes, examples: [{question, conversation_id, at}], answers, first_at, last_at}`.
    #[schema(value_type = Vec<Object>)]
    gaps: Vec<Gap>,
}

/// Lists the questions that could not be answered, grouped by meaning, without personal data.
#[utoipa::path(
    get, path = "/api/v1/gaps", tag = "operator",
    params(GapsQuery),
    security(("api_key" = [])),
    responses(
        (status = 200, body = Gaps), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem),
    )
)]
pub async fn list_gaps(
    State(state): State<SharedState>,
    _operator: Operator,
    Query(query): Query<GapsQuery>,
) -> Result<axum::Json<Gaps>, Problem> {
    let mut found = state.parts.gaps.find().await?;
    found.retain(|gap| query.cause.is_none_or(|cause| gap.causes.contains_key(&cause)));
    found.truncate(query.limit.unwrap_or(SHOWN).min(MOST_SHOWN));
    Ok(axum::Json(Gaps { gaps: found }))
}

/// An entry to propose. What is left out is taken from the gap: its newest question, the newest answer of a person.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProposal {
    question: Option<String>,
    answer: Option<String>,
    #[schema(value_type = Option<String>)]
    language: Option<Language>,
}

/// Proposes an entry for a gap. It is no knowledge before somebody approves it.
#[utoipa::path(
    post, path = "/api/v1/gaps/{id}/proposals", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = NewProposal,
    security(("api_key" = [])),
    responses(
        (status = 201, body = Object), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem),
    )
)]
pub async fn propose_entry(
    State(state): State<SharedState>,
    operator: Operator,
    Path(id): Path<String>,
    Json(new): Json<NewProposal>,
) -> Result<(StatusCode, axum::Json<Proposal>), Problem> {
    let id: MessageId = id.parse().map_err(|_| no_such_gap())?;
    let gap = state.parts.gaps.of(id).await?.ok_or_else(no_such_gap)?;
    let wording = Wording { question: new.question, answer: new.answer };
    let proposal = proposal(&gap, wording, new.language, operator.name, state.parts.clock.as_ref())
        .map_err(|unfit| problem_of_words(&unfit))?;
    let kept = proposal.clone();
    with_proposals(&state, move |parts| parts.add(&kept)).await?;
    Ok((StatusCode::CREATED, axum::Json(proposal)))
}

/// Entries that were proposed.
#[derive(Serialize, ToSchema)]
pub struct ProposedEntries {
    /// Newest first.
    #[schema(value_type = Vec<Object>)]
    proposals: Vec<Proposal>,
}

/// Lists proposed entries, decided ones included.
#[utoipa::path(
    get, path = "/api/v1/proposals", tag = "operator",
    security(("api_key" = [])),
    responses((status = 200, body = ProposedEntries), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub async fn list_proposals(
    State(state): State<SharedState>,
    _operator: Operator,
) -> Result<axum::Json<ProposedEntries>, Problem> {
    let proposals = with_proposals(&state, |parts| parts.list()).await?;
    Ok(axum::Json(ProposedEntries { proposals }))
}

/// The words to approve an entry with. What is left out is approved as it was proposed.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovedWords {
    question: Option<String>,
    answer: Option<String>,
}

/// Makes a proposal knowledge, in other words if some are given: it is a document and indexed when this answers.
#[utoipa::path(
    post, path = "/api/v1/proposals/{id}/approve", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = Option<ApprovedWords>,
    security(("api_key" = [])),
    responses(
        (status = 200, body = Object), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem),
    )
)]
pub async fn approve_proposal(
    State(state): State<SharedState>,
    operator: Operator,
    Path(id): Path<String>,
    OptionalJson(words): OptionalJson<ApprovedWords>,
) -> Result<axum::Json<Proposal>, Problem> {
    let wording = Wording { question: words.question, answer: words.answer };
    let wording = reworded(wording).map_err(|unfit| problem_of_words(&unfit))?;
    let proposal = decide(&state, &id, Decision::Approve(wording), operator.name).await?;
    state.parts.ingest.ingest(Vec::new()).await.map_err(|cause| {
        tracing::warn!(cause = format!("{cause:#}"), "an approved entry could not be indexed");
        let detail = "The entry is among the documents and was not indexed: read the knowledge again.";
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "knowledge_unavailable",
            "Knowledge unavailable",
            detail,
        )
    })?;
    Ok(axum::Json(proposal))
}

/// Turns a proposal down.
#[utoipa::path(
    post, path = "/api/v1/proposals/{id}/reject", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    security(("api_key" = [])),
    responses(
        (status = 200, body = Object), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem),
    )
)]
pub async fn reject_proposal(
    State(state): State<SharedState>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<axum::Json<Proposal>, Problem> {
    Ok(axum::Json(decide(&state, &id, Decision::Reject, operator.name).await?))
}

async fn decide(state: &SharedState, id: &str, decision: Decision, by: String) -> Result<Proposal, Problem> {
    let id: Uuid = id.parse().map_err(|_| problem_of(&ProposalError::NotFound))?;
    let now = state.parts.clock.now();
    with_proposals(state, move |proposals| proposals.decide(id, decision, &by, now)).await
}

/// Does `work` where waiting for the disk holds nobody up.
async fn with_proposals<T: Send + 'static>(
    state: &SharedState,
    work: impl FnOnce(&crate::knowledge::proposals::Proposals) -> Result<T, ProposalError> + Send + 'static,
) -> Result<T, Problem> {
    let proposals = state.parts.proposals.clone();
    match tokio::task::spawn_blocking(move || work(&proposals)).await {
        Ok(done) => done.map_err(|error| problem_of(&error)),
        Err(error) => Err(Problem::internal(&error)),
    }
}

fn problem_of(error: &ProposalError) -> Problem {
    let detail = error.to_string();
    match error {
        ProposalError::NotFound => {
            Problem::new(StatusCode::NOT_FOUND, "proposal_not_found", "No such proposal", detail)
        }
        ProposalError::Decided => {
            Problem::new(StatusCode::CONFLICT, "proposal_decided", "Decided before", detail)
        }
        ProposalError::TooMany => {
            Problem::new(StatusCode::CONFLICT, "too_many_proposals", "Too many proposals", detail)
        }
        ProposalError::Fault { .. } => Problem::internal(error),
    }
}

fn no_such_gap() -> Problem {
    let detail = "No gap of this id is among those that are listed.";
    Problem::new(StatusCode::NOT_FOUND, "gap_not_found", "No such gap", detail)
}

fn problem_of_words(unfit: &Unfit) -> Problem {
    let detail = format!("{unfit}.");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", "Invalid field", detail)
        .field(unfit.field)
}
