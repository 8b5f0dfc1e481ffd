//! Operators look at interviews, correct answers, say that they have seen a lead, and see what it all comes to.

use super::interview_answers::answers_of;
use crate::conversation::interview_desk::NotBegun;
use crate::conversation::lead_report::{VersionReport, report};
use crate::domain::ids::{ContactId, InterviewId};
use crate::domain::interview::{InterviewState, Temperature};
use crate::store::error::StoreError;
use crate::store::interviews::{Amendment, Assignment, InterviewFilter, InterviewRecord, Nurture};
use crate::web::auth::operator::Operator;
use crate::web::extract::conversation::ConversationPath;
use crate::web::extract::json::{Json, OptionalJson};
use crate::web::extract::query::Query;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::{Path, State};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// Rows of a page, unless asked otherwise, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;

/// An interview with what became of the lead.
#[derive(Serialize, ToSchema)]
pub struct InterviewView {
    /// The interview: `{id, name, version, rule, standing, conversation, language, consent, answers: {field: {given, origin,
    /// confidence, words, at}}, confirmed?: {field: tool}, locked, asked, verdict: {temperature, score, confidence,
    /// qualified, segment, route, reasons}, corrections, passed_on, booked, started_at, updated_at}`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    state: InterviewState,
    #[schema(value_type = String, format = "uuid")]
    contact: ContactId,
    /// Who has the lead: `{route, person, assigned_at, notified_at, acknowledge_by, acknowledged_at, acknowledged_by,
    /// escalated_at}`.
    #[schema(value_type = Option<Object>)]
    assignment: Option<Assignment>,
    /// The list the lead is kept warm on: `{list, since}`.
    #[schema(value_type = Option<Object>)]
    nurture: Option<Nurture>,
}

impl From<InterviewRecord> for InterviewView {
    fn from(record: InterviewRecord) -> Self {
        let InterviewRecord { state, contact, assignment, nurture, seq: _, follow_up_at: _ } = record;
        Self { state, contact, assignment, nurture }
    }
}

/// Which interviews.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InterviewsQuery {
    /// Name of the definition.
    name: Option<String>,
    /// `running`, `paused`, `completed`, `disqualified`, `declined`, `handed_off` or `abandoned`.
    standing: Option<String>,
    /// `hot`, `warm`, `cold` or `disqualified`.
    temperature: Option<String>,
    /// Begun at or after, e.g. `2026-11-01T00:00:00Z`.
    since: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many, up to 200.
    limit: Option<u32>,
}

/// A page of interviews, the newest first.
#[derive(Serialize, ToSchema)]
pub struct InterviewPage {
    interviews: Vec<InterviewView>,
    /// Where to go on; `null` at the end.
    next_cursor: Option<String>,
}

/// Lists interviews, the newest first.
#[utoipa::path(
    get, path = "/api/v1/interviews", tag = "operator",
    params(InterviewsQuery),
    security(("api_key" = [])),
    responses(
        (status = 200, body = InterviewPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem),
    )
)]
pub async fn list_interviews(
    State(state): State<SharedState>,
    _operator: Operator,
    Query(query): Query<InterviewsQuery>,
) -> Result<axum::Json<InterviewPage>, Problem> {
    let page = state.parts.stores.interviews.list(&filter(query)?).await.map_err(|error| match error {
        StoreError::Conflict(_) => {
            bad_choice("cursor", "`cursor` is the `next_cursor` of a page of this list.")
        }
        StoreError::NotFound | StoreError::Stale | StoreError::Unavailable(_) | StoreError::Fault(_) => {
            error.into()
        }
    })?;
    let interviews = page.items.into_iter().map(InterviewView::from).collect();
    Ok(axum::Json(InterviewPage { interviews, next_cursor: page.next }))
}

fn filter(query: InterviewsQuery) -> Result<InterviewFilter, Problem> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let standing = given(query.standing);
    let standings = ["running", "paused", "completed", "disqualified", "declined", "handed_off", "abandoned"];
    if standing.as_deref().is_some_and(|standing| !standings.contains(&standing)) {
        let detail = format!("`standing` is one of: {}.", standings.join(", "));
        return Err(bad_choice("standing", &detail));
    }
    let temperature = given(query.temperature);
    let known = [Temperature::Hot, Temperature::Warm, Temperature::Cold, Temperature::Disqualified];
    if temperature.as_deref().is_some_and(|named| !known.iter().any(|known| known.as_str() == named)) {
        return Err(bad_choice("temperature", "`temperature` is hot, warm, cold or disqualified."));
    }
    Ok(InterviewFilter {
        name: given(query.name),
        standing,
        temperature,
        since: since(given(query.since))?,
        cursor: given(query.cursor),
        limit: query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE),
    })
}

fn since(text: Option<String>) -> Result<Option<Timestamp>, Problem> {
    let read = text.map(|text| text.parse()).transpose();
    read.map_err(|_| bad_choice("since", "`since` is a time like 2026-11-01T00:00:00Z."))
}

fn bad_choice(field: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_query", "Invalid query", detail).field(field)
}

/// One interview: answers with their origin and words, verdict with its reasons, questions, who has the lead.
#[utoipa::path(
    get, path = "/api/v1/interviews/{id}", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    security(("api_key" = [])),
    responses(
        (status = 200, body = InterviewView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem),
    )
)]
pub async fn get_interview(
    State(state): State<SharedState>,
    _operator: Operator,
    Path(id): Path<String>,
) -> Result<axum::Json<InterviewView>, Problem> {
    Ok(axum::Json(found(&state, &id).await?.into()))
}

/// Answers that a person knows better.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrections {
    /// By field: a text, a number (reais for an amount), true or false, a day, ids of choices; or `{kind, value}` as the
    /// interview shows it.
    #[schema(value_type = Object)]
    answers: Map<String, Value>,
}

/// Which interview begins.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// Name of the interview.
    interview: String,
    /// Who begins it; else the name of the API key.
    name: Option<String>,
}

/// Begins an interview in a conversation that the bot has, or the person who begins it: the bot puts its first question
/// at once, or behind the answer to what the customer has just said.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/interview", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = Beginning,
    security(("api_key" = [])),
    responses(
        (status = 201, body = InterviewView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`interview_running`: the customer is being interviewed, here or \
            in another conversation. `conversation_taken`: somebody else has the conversation. `conversation_closed`. \
            `conversation_busy`: the bot is answering; try again."),
        (status = 422, body = Problem, description = "No interview that a person may begin is called so."),
    )
)]
pub async fn begin_interview(
    State(state): State<SharedState>,
    operator: Operator,
    ConversationPath(id): ConversationPath,
    Json(beginning): Json<Beginning>,
) -> Result<(StatusCode, axum::Json<InterviewView>), Problem> {
    let person = super::people::name_of(beginning.name, operator)?;
    let begun = state.parts.interview_desk.begin(id, &beginning.interview, &person).await;
    let record = begun.map_err(not_begun)?;
    Ok((StatusCode::CREATED, axum::Json(record.into())))
}

fn not_begun(error: NotBegun) -> Problem {
    let conflict = |code, title, detail: String| Problem::new(StatusCode::CONFLICT, code, title, detail);
    match error {
        NotBegun::NoConversation => Problem::conversation_not_found(),
        NotBegun::NoInterview(names) => {
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let detail = format!("No interview that a person may begin is called so; there are: {known}.");
            Problem::invalid("interview", detail)
        }
        NotBegun::Running(id) => {
            let detail = format!("The customer is being interviewed already: interview {id}.");
            conflict("interview_running", "Interview running", detail)
        }
        NotBegun::Closed => {
            let detail = "The conversation is closed; the customer's next message opens it.".to_owned();
            conflict("conversation_closed", "Conversation closed", detail)
        }
        NotBegun::Taken(owner) => {
            let who = match owner.name() {
                Some(name) => format!("{name} has the conversation"),
                None => "The conversation waits for the team".to_owned(),
            };
            let detail =
                format!("{who}; whoever has it may begin the interview, or give it back to the bot.");
            conflict("conversation_taken", "Conversation taken", detail)
        }
        NotBegun::Busy => {
            let detail = "The bot is answering the customer; try again in a moment.".to_owned();
            conflict("conversation_busy", "Conversation busy", detail)
        }
        NotBegun::Store(error) => error.into(),
    }
}

/// Writes answers. The bot leaves these fields alone from now on. What an interview that is over comes to is worked out
/// anew: the CRM learns of it, and the lead goes to somebody else if it belongs to another route and nobody has seen it.
#[utoipa::path(
    patch, path = "/api/v1/interviews/{id}", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = Corrections,
    security(("api_key" = [])),
    responses(
        (status = 200, body = InterviewView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem),
    )
)]
pub async fn correct_interview(
    State(state): State<SharedState>,
    operator: Operator,
    Path(id): Path<String>,
    Json(corrections): Json<Corrections>,
) -> Result<axum::Json<InterviewView>, Problem> {
    let interview = found(&state, &id).await?.state;
    let definition = (state.parts.definitions)(&interview.name, &interview.version).ok_or_else(|| {
        Problem::invalid("answers", "There is no such interview any more: nobody knows its fields.")
    })?;
    let now = state.parts.clock.now();
    let answers = answers_of(&definition, corrections.answers, &operator.name, now)?;
    Ok(axum::Json(state.parts.interview_desk.correct(interview.id, answers).await?.into()))
}

/// Who has seen the lead.
#[derive(Deserialize, Default, ToSchema)]
pub struct Acknowledger {
    /// The person; else the name of the API key.
    name: Option<String>,
}

/// Somebody has seen the lead: nobody else is told. The first one counts.
#[utoipa::path(
    post, path = "/api/v1/interviews/{id}/acknowledge", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = Option<Acknowledger>,
    security(("api_key" = [])),
    responses(
        (status = 200, body = InterviewView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "The lead is in nobody's hands."),
        (status = 422, body = Problem),
    )
)]
pub async fn acknowledge_lead(
    State(state): State<SharedState>,
    operator: Operator,
    Path(id): Path<String>,
    OptionalJson(acknowledger): OptionalJson<Acknowledger>,
) -> Result<axum::Json<InterviewView>, Problem> {
    let person = super::people::name_of(acknowledger.name, operator)?;
    let id = read_id(&id)?;
    let seen = Amendment::Acknowledged { person };
    let amended = state.parts.stores.interviews.amend(id, seen, state.parts.clock.now()).await;
    let record = amended.map_err(|error| match error {
        StoreError::NotFound => no_such_interview(),
        other => other.into(),
    })?;
    Ok(axum::Json(record.into()))
}

/// From when on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// Only interviews begun at or after, e.g. `2026-11-01T00:00:00Z`.
    since: Option<String>,
}

/// What the interviews come to.
#[derive(Serialize, ToSchema)]
pub struct Report {
    /// By name and version: `{name, version, started, completed, open, declined, handed_off, abandoned: {question: count},
    /// questions_per_lead, minutes, data_quality, qualified_rate, booked_rate}`.
    #[schema(value_type = Vec<Object>)]
    versions: Vec<VersionReport>,
}

/// What the interviews come to, by name and version.
#[utoipa::path(
    get, path = "/api/v1/interviews/report", tag = "operator",
    params(ReportQuery),
    security(("api_key" = [])),
    responses(
        (status = 200, body = Report), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem),
    )
)]
pub async fn report_interviews(
    State(state): State<SharedState>,
    _operator: Operator,
    Query(query): Query<ReportQuery>,
) -> Result<axum::Json<Report>, Problem> {
    let since = since(query.since.filter(|text| !text.is_empty()))?;
    let parts = &state.parts;
    let now = parts.clock.now();
    let versions = report(parts.stores.interviews.as_ref(), &parts.definitions, since, now).await?;
    Ok(axum::Json(Report { versions }))
}

async fn found(state: &SharedState, id: &str) -> Result<InterviewRecord, Problem> {
    state.parts.stores.interviews.get(read_id(id)?).await?.ok_or_else(no_such_interview)
}

fn read_id(id: &str) -> Result<InterviewId, Problem> {
    id.parse().map_err(|_| no_such_interview())
}

fn no_such_interview() -> Problem {
    let detail = "There is no interview of this id.";
    Problem::new(StatusCode::NOT_FOUND, "interview_not_found", "No such interview", detail)
}
