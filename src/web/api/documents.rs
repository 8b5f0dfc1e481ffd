//! Operators see what became of every document, upload and remove documents, and see which ones contradict each other.

use crate::domain::language::Language;
use crate::knowledge::conflicts::{Conflict, Place};
use crate::knowledge::day::day;
use crate::knowledge::document::{Failure, Terms, Validity};
use crate::knowledge::ledger::{Record, Status};
use crate::knowledge::source::{Defaults, LARGEST_FOREIGN};
use crate::knowledge::uploads::{InvalidName, Uploads};
use crate::web::api::knowledge::unavailable;
use crate::web::auth::operator::Operator;
use crate::web::extract::file::SentFile;
use crate::web::extract::query::Query;
use crate::web::ports::{Removal, Upload};
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const SHOWN: usize = 100;
const MOST_SHOWN: usize = 1_000;

/// How many faults of an upload its answer names, and how many notes.
const FAULTS: usize = 20;

/// Which documents to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only those that stand like this: `indexed`, `kept`, `failed`, `expired` or `upcoming`.
    status: Option<String>,
    /// Only those behind the first so many.
    offset: Option<usize>,
    /// At most so many, up to 1000.
    limit: Option<usize>,
}

/// What became of documents.
#[derive(Serialize, ToSchema)]
pub struct DocumentList {
    /// In the order of their names, those that could not be read last.
    documents: Vec<DocumentView>,
    /// How many there are in all.
    total: usize,
}

/// One document.
#[derive(Serialize, ToSchema)]
pub struct DocumentView {
    /// For `DELETE`.
    id: String,
    /// Its name in the index, or its file's, if it could not be read.
    source: String,
    /// Its file or address.
    origin: String,
    /// The line or row it begins on, where a file holds many.
    line: Option<usize>,
    title: Option<String>,
    #[schema(value_type = Option<String>)]
    language: Option<Language>,
    passages: usize,
    /// `indexed`; `kept`: as it was before, as it cannot be read now; `failed`: not found at all; `expired` or `upcoming`: it
    /// does not hold today.
    status: &'static str,
    /// Why it could not be read.
    error: Option<String>,
    /// When its present content was indexed.
    #[schema(value_type = Option<String>, format = "date-time")]
    updated: Option<jiff::Timestamp>,
    /// The first day it holds.
    #[schema(value_type = Option<String>, format = "date")]
    valid_from: Option<Date>,
    /// The last day it holds.
    #[schema(value_type = Option<String>, format = "date")]
    valid_until: Option<Date>,
    audience: Option<String>,
    owner: Option<String>,
}

impl DocumentView {
    fn of(record: &Record, today: Date) -> Self {
        let Terms { valid_from, valid_until, audience, owner } = record.terms.clone();
        let status = match (record.status, record.terms.on(today)) {
            (Status::Failed, _) => "failed",
            (_, Validity::Expired) => "expired",
            (_, Validity::Upcoming) => "upcoming",
            (Status::Indexed, Validity::Current) => "indexed",
            (Status::Kept, Validity::Current) => "kept",
        };
        Self {
            id: record.id(),
            source: record.source.clone(),
            origin: record.origin.clone(),
            line: record.line,
            title: record.title.clone(),
            language: record.language,
            passages: record.passages,
            status,
            error: record.error.clone(),
            updated: record.updated,
            valid_from,
            valid_until,
            audience,
            owner,
        }
    }
}

/// Lists documents with what became of them.
#[utoipa::path(
    get, path = "/api/v1/knowledge/documents", tag = "operator",
    params(ListQuery),
    security(("api_key" = [])),
    responses((status = 200, body = DocumentList), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub async fn list_documents(
    State(state): State<SharedState>,
    _operator: Operator,
    Query(query): Query<ListQuery>,
) -> axum::Json<DocumentList> {
    let (ledger, today) = (state.parts.documents.ledger(), state.parts.documents.today());
    let wanted = |view: &DocumentView| query.status.as_deref().is_none_or(|status| status == view.status);
    let all: Vec<DocumentView> =
        ledger.records.iter().map(|record| DocumentView::of(record, today)).filter(wanted).collect();
    let total = all.len();
    let limit = query.limit.unwrap_or(SHOWN).clamp(1, MOST_SHOWN);
    let documents = all.into_iter().skip(query.offset.unwrap_or(0)).take(limit).collect();
    axum::Json(DocumentList { documents, total })
}

/// What is said of a document that is uploaded.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// Its file name; the ending says what it is. A document of that name is replaced. A form names its file itself.
    name: Option<String>,
    /// Its language: `pt-BR`, `en` or `es`.
    language: Option<String>,
    /// The first day it holds, like 2026-11-30.
    valid_from: Option<String>,
    /// The last day it holds.
    valid_until: Option<String>,
    /// Whom it is for.
    audience: Option<String>,
    /// Who answers for it.
    owner: Option<String>,
}

impl UploadQuery {
    /// Takes what the form says that the file came in.
    fn take(&mut self, said: Vec<(String, String)>) -> Result<(), Problem> {
        for (field, text) in said {
            let place = match field.as_str() {
                "name" => &mut self.name,
                "language" => &mut self.language,
                "valid_from" => &mut self.valid_from,
                "valid_until" => &mut self.valid_until,
                "audience" => &mut self.audience,
                "owner" => &mut self.owner,
                _ => return Err(Problem::invalid(field, "There is no such field.")),
            };
            // A browser sends fields that nobody filled in.
            if !text.is_empty() {
                *place = Some(text);
            }
        }
        Ok(())
    }

    fn defaults(&self) -> Result<Defaults, Problem> {
        let date = |field: &'static str, text: &Option<String>| {
            text.as_deref().map(day).transpose().map_err(|reason| Problem::invalid(field, reason))
        };
        let language = self.language.as_deref().map(str::parse::<Language>).transpose();
        let terms = Terms {
            valid_from: date("valid_from", &self.valid_from)?,
            valid_until: date("valid_until", &self.valid_until)?,
            audience: self.audience.clone(),
            owner: self.owner.clone(),
        };
        if let Some(fault) = terms.fault() {
            return Err(Problem::invalid("valid_until", fault));
        }
        Ok(Defaults {
            language: language.map_err(|error| Problem::invalid("language", error.to_string()))?,
            terms,
        })
    }
}

/// A document as a browser's form sends it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "says in the API's description what `SentFile` reads")]
pub struct UploadForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// In place of the file's own name.
    name: Option<String>,
    language: Option<String>,
    valid_from: Option<String>,
    valid_until: Option<String>,
    audience: Option<String>,
    owner: Option<String>,
}

/// What an upload came to.
#[derive(Serialize, ToSchema)]
pub struct Uploaded {
    /// Its documents, and what of it could not be read.
    documents: Vec<DocumentView>,
    /// What is worth knowing of it: it no longer holds, or another document contradicts it.
    notes: Vec<String>,
}

/// Keeps and indexes a document: the body is the file as it is, or a form (`multipart/form-data`) with the file as its
/// field `file` and, if wanted, `name` and what is said of it as further fields.
#[utoipa::path(
    post, path = "/api/v1/knowledge/documents", tag = "operator",
    params(UploadQuery),
    request_body(content(
        (String = "application/octet-stream"),
        (UploadForm = "multipart/form-data"),
    )),
    security(("api_key" = [])),
    responses(
        (status = 201, body = Uploaded, description = "Indexed."),
        (status = 200, body = Uploaded, description = "Indexed, in place of the one of that name before it."),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem),
        (status = 413, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem),
    )
)]
pub async fn upload_document(
    State(state): State<SharedState>,
    _operator: Operator,
    Query(mut query): Query<UploadQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let largest = usize::try_from(LARGEST_FOREIGN).unwrap_or(usize::MAX);
    let SentFile { name, bytes, said } = SentFile::read(request, largest).await?;
    query.take(said)?;
    let name = query.name.clone().or(name).unwrap_or_default();
    Uploads::check_name(&name).map_err(|error| match error {
        InvalidName::Characters | InvalidName::Ending => Problem::invalid("name", error.to_string()),
    })?;
    let defaults = query.defaults()?;
    let documents = &state.parts.documents;
    match documents.upload(&name, bytes.to_vec(), defaults).await.map_err(unavailable)? {
        Upload::Stored { records, is_new, mut notes } => {
            let today = documents.today();
            let documents =
                records.iter().take(MOST_SHOWN).map(|record| DocumentView::of(record, today)).collect();
            notes.truncate(FAULTS);
            let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
            Ok((status, axum::Json(Uploaded { documents, notes })).into_response())
        }
        Upload::Unreadable(failed) => {
            let reasons: Vec<String> = failed.iter().take(FAULTS).map(fault).collect();
            let title = "Unreadable document";
            let detail = reasons.join("\n");
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unreadable_document", title, detail))
        }
        Upload::Elsewhere => {
            let detail = "The index holds only the paths that `balcao ingest PATH` was given; run `balcao ingest` \
                          without paths first.";
            Err(Problem::new(StatusCode::CONFLICT, "named_paths_only", "Index of named paths", detail))
        }
    }
}

fn fault(failure: &Failure) -> String {
    match failure.line {
        Some(line) => format!("line {line}: {}", failure.reason),
        None => failure.reason.clone(),
    }
}

/// Removes an uploaded document, with all entries of its file.
#[utoipa::path(
    delete, path = "/api/v1/knowledge/documents/{id}", tag = "operator",
    params(("id" = String, Path)),
    security(("api_key" = [])),
    responses(
        (status = 204, description = "Removed, and no longer found."),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 503, body = Problem),
    )
)]
pub async fn remove_document(
    State(state): State<SharedState>,
    _operator: Operator,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    match state.parts.documents.remove(&id).await.map_err(unavailable)? {
        Removal::Removed => Ok(StatusCode::NO_CONTENT),
        Removal::Unknown => {
            let detail = "There is no document of this id.";
            Err(Problem::new(StatusCode::NOT_FOUND, "document_not_found", "No such document", detail))
        }
        Removal::NotUploaded(origin) => {
            let detail = format!("`{origin}` was not uploaded; remove it where it comes from.");
            Err(Problem::new(StatusCode::CONFLICT, "not_uploaded", "Not an upload", detail))
        }
    }
}

/// Pairs of places.
#[derive(Serialize, ToSchema)]
pub struct ConflictList {
    /// In the order of the documents' names.
    conflicts: Vec<ConflictView>,
}

/// Two places that contradict each other.
#[derive(Serialize, ToSchema)]
struct ConflictView {
    /// `price`, `percentage`, `period`, `hours` or `instalments`.
    about: String,
    one: PlaceView,
    other: PlaceView,
}

/// A place in a document.
#[derive(Serialize, ToSchema)]
struct PlaceView {
    source: String,
    origin: String,
    /// From 1, where it is known.
    line: Option<usize>,
    heading: Option<String>,
    text: String,
}

/// Lists documents that state different figures of the same thing.
#[utoipa::path(
    get, path = "/api/v1/knowledge/conflicts", tag = "operator",
    security(("api_key" = [])),
    responses((status = 200, body = ConflictList), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub async fn list_conflicts(
    State(state): State<SharedState>,
    _operator: Operator,
) -> axum::Json<ConflictList> {
    let view = |place: &Place| PlaceView {
        source: place.source.clone(),
        origin: place.origin.clone(),
        line: place.line,
        heading: place.heading.clone(),
        text: place.text.clone(),
    };
    let conflicts = state
        .parts
        .documents
        .ledger()
        .conflicts
        .iter()
        .map(|conflict| {
            let Conflict { about, one, other } = conflict;
            ConflictView { about: about.clone(), one: view(one), other: view(other) }
        })
        .collect();
    axum::Json(ConflictList { conflicts })
}
