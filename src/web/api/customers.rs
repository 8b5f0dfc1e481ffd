//! Operators find what is kept of a customer and hand it over; an administrator has somebody forgotten.

use crate::conversation::customer_file::customer_file;
use crate::conversation::customers::{Customer, ForgetError};
use crate::domain::contact::Contact;
use crate::domain::erasure::{AtVendors, Erasure, Holdings};
use crate::domain::ids::ContactId;
use crate::web::auth::operator::Operator;
use crate::web::extract::json::Json;
use crate::web::extract::query::Query;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// How many erasures are shown.
const SHOWN: u32 = 200;
/// When it is worth trying again while an answer is being written.
const SOON: Duration = Duration::from_secs(5);

/// The same while a calendar is away.
const LATER: Duration = Duration::from_secs(60);

/// Whom somebody asks about. In a body and not in the address, which is written down along the way.
#[derive(Deserialize, ToSchema)]
pub struct CustomerSearch {
    /// An e-mail, a phone number, or the id of a customer or of a conversation.
    whom: String,
}

/// Whoever was found.
#[derive(Serialize, ToSchema)]
pub struct CustomersFound {
    /// First whose it is, then those in whose conversations it was written.
    customers: Vec<CustomerView>,
}

/// Somebody that the program knows.
#[derive(Serialize, ToSchema)]
struct CustomerView {
    /// `{id, name, email, phone, language, stage, tags, origin, marketing_consent, preferences, created_at, updated_at}`.
    #[schema(value_type = Object)]
    contact: Contact,
    /// How much is kept of them: `{conversations, messages, interviews, consents, opportunities, notes, appointments, tickets,
    /// orders}`.
    #[schema(value_type = Object)]
    holdings: Holdings,
    /// Whether the handle is theirs, or only stands in a conversation of theirs: then it may be the same person, or not.
    is_proven: bool,
}

/// How far forgetting reaches.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ForgetQuery {
    /// `delete` (the default): what a vendor's CRM has is deleted there too, where the connector can; `leave`: it stays, and
    /// is listed.
    #[param(value_type = Option<String>)]
    at_vendors: Option<AtVendors>,
}

/// Customers that were forgotten.
#[derive(Serialize, ToSchema)]
pub struct Erasures {
    /// Newest first: `{id, contact, asked_by, at, removed, removals: [{connector, kind, remote, state, attempts}]}`; `state` is
    /// `waiting`, `done` or `by_hand`.
    #[schema(value_type = Vec<Object>)]
    erasures: Vec<Erasure>,
}

/// Finds a customer by a handle or an id.
#[utoipa::path(
    post, path = "/api/v1/customers/search", tag = "operator",
    request_body = CustomerSearch,
    security(("api_key" = [])),
    responses((status = 200, body = CustomersFound), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub async fn search_customers(
    State(state): State<SharedState>,
    _operator: Operator,
    Json(search): Json<CustomerSearch>,
) -> Result<axum::Json<CustomersFound>, Problem> {
    let found = state.parts.customers.find(&search.whom).await?;
    let view = |Customer { contact, holdings, is_proven }| CustomerView { contact, holdings, is_proven };
    Ok(axum::Json(CustomersFound { customers: found.into_iter().map(view).collect() }))
}

/// Everything that is kept of a customer, to hand over to them.
#[utoipa::path(
    get, path = "/api/v1/customers/{id}", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "`{contact, identities, consents, conversations: [{id, channel, began_at, came_from, messages}], interviews, opportunities, notes, appointments, tickets, orders}`", body = Object),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    )
)]
pub async fn get_customer(
    State(state): State<SharedState>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>, Problem> {
    let id: ContactId = id.parse().map_err(|_| not_found())?;
    let file = customer_file(&state.parts.stores, id).await?.ok_or_else(not_found)?;
    tracing::info!(contact.id = %id, by = operator.name, "what is kept of a customer was handed out");
    Ok(axum::Json(file))
}

/// Forgets a customer for good: what they have booked is called off, what is kept of them is deleted, and what vendors'
/// CRMs have of them is from then on (`GET /api/v1/erasures` says how far it is). Their orders stay, without anything that
/// says whose they were. Needs the scope `admin`.
#[utoipa::path(
    delete, path = "/api/v1/customers/{id}", tag = "operator",
    params(("id" = String, Path, format = "uuid"), ForgetQuery),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "What was deleted, and how it stands at vendors: one of `erasures` of `GET /api/v1/erasures`.", body = Object),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, description = "An answer to them is being written (`Retry-After`), or an appointment cannot be called off. Nothing was deleted.", body = Problem),
        (status = 503, description = "The agenda does not answer, so that an appointment stands. Nothing was deleted.", body = Problem),
    )
)]
pub async fn forget_customer(
    State(state): State<SharedState>,
    operator: Operator,
    Path(id): Path<String>,
    Query(query): Query<ForgetQuery>,
) -> Result<axum::Json<Erasure>, Problem> {
    if !operator.is_admin {
        return Err(Problem::forbidden("admin"));
    }
    let id: ContactId = id.parse().map_err(|_| not_found())?;
    let reach = query.at_vendors.unwrap_or_default();
    let forgotten = state.parts.customers.forget(id, reach, &operator.name).await;
    forgotten.map(axum::Json).map_err(|error| {
        let detail = error.to_string();
        let conflict = |code: &'static str, title: &'static str| {
            Problem::new(StatusCode::CONFLICT, code, title, detail.clone())
        };
        match error {
            ForgetError::Unknown => not_found(),
            ForgetError::Busy => conflict("customer_busy", "An answer is being written").retry_after(SOON),
            ForgetError::Appointment(cause) if cause.may_pass() => {
                let (status, title) = (StatusCode::SERVICE_UNAVAILABLE, "The agenda does not answer");
                Problem::new(status, "agenda_unavailable", title, detail).retry_after(LATER)
            }
            ForgetError::Appointment(_) => conflict("appointment_stands", "An appointment stands"),
            ForgetError::Store(error) => error.into(),
        }
    })
}

/// Lists the customers that were forgotten, the newest 200. `contact` is there for a day.
#[utoipa::path(
    get, path = "/api/v1/erasures", tag = "operator",
    security(("api_key" = [])),
    responses((status = 200, body = Erasures), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub async fn list_erasures(
    State(state): State<SharedState>,
    _operator: Operator,
) -> Result<axum::Json<Erasures>, Problem> {
    let erasures = state.parts.stores.erasures.list(SHOWN).await?;
    Ok(axum::Json(Erasures { erasures }))
}

fn not_found() -> Problem {
    let detail = "No customer has this id.";
    Problem::new(StatusCode::NOT_FOUND, "customer_not_found", "No such customer", detail)
}
