//! Operators look at, try and choose the systems behind the counter. To change anything needs the scope `admin`: it decides
//! where customers' data go. Values of secrets come in and never go out.

use crate::web::auth::operator::Operator;
use crate::web::extract::json::Json;
use crate::web::problem::Problem;
use crate::web::setup::{SetupError, Standing, Trial, Wish};
use crate::web::state::SharedState;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which systems are chosen, and which could be.
#[derive(Serialize, ToSchema)]
pub struct SetupView {
    /// Whether the caller may change it.
    is_admin: bool,
    #[serde(flatten)]
    standing: Standing,
}

/// A system to try.
#[derive(Deserialize, ToSchema)]
pub struct TrialWish {
    /// What it is to stand for.
    capability: String,
    #[serde(flatten)]
    wish: Wish,
}

/// Who is to stand for a capability.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeeperWish {
    /// The name of a connector, or what stands there without one.
    keeper: String,
}

/// Where the vendor's page is to send the browser.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentWish {
    /// An address that is registered with the vendor.
    redirect: String,
}

/// A vendor's page.
#[derive(Serialize, ToSchema)]
pub struct ConsentPage {
    /// Where a person says yes.
    address: String,
}

/// What the browser brought back from a vendor's page.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Brought {
    /// The address it was sent to, or the query of it.
    brought: String,
}

/// A connector whose vendor let the program in.
#[derive(Serialize, ToSchema)]
pub struct LetIn {
    /// Its name.
    connector: String,
}

/// Which systems stand behind the counter, which could, and what each wants to know.
#[utoipa::path(
    get, path = "/api/v1/setup", tag = "operator",
    security(("api_key" = [])),
    responses((status = 200, body = SetupView), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub async fn get_setup(
    State(state): State<SharedState>,
    operator: Operator,
) -> Result<axum::Json<SetupView>, Problem> {
    seen(&state, operator.is_admin).await
}

/// Calls a system once with these settings, read only. Nothing is kept.
#[utoipa::path(
    post, path = "/api/v1/setup/connectors/{name}/try", tag = "operator",
    params(("name" = String, Path)),
    request_body = TrialWish,
    security(("api_key" = [])),
    responses(
        (status = 200, body = Trial), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem),
    )
)]
pub async fn try_connector(
    State(state): State<SharedState>,
    operator: Operator,
    Path(name): Path<String>,
    Json(body): Json<TrialWish>,
) -> Result<axum::Json<Trial>, Problem> {
    let may = admin(&operator)?;
    let trial = state.parts.setup.try_out(&name, &body.capability, &body.wish).await;
    tracing::info!(by = may, connector = name, "a connector was tried");
    trial.map(axum::Json).map_err(problem)
}

/// Keeps settings of a connector: secrets sealed in the data folder, everything else in the settings file. They are used
/// from the next start on.
#[utoipa::path(
    put, path = "/api/v1/setup/connectors/{name}", tag = "operator",
    params(("name" = String, Path)),
    request_body = Wish,
    security(("api_key" = [])),
    responses(
        (status = 200, body = SetupView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
    )
)]
pub async fn put_connector(
    State(state): State<SharedState>,
    operator: Operator,
    Path(name): Path<String>,
    Json(wish): Json<Wish>,
) -> Result<axum::Json<SetupView>, Problem> {
    let may = admin(&operator)?;
    state.parts.setup.keep_connector(&name, &wish).await.map_err(problem)?;
    tracing::info!(by = may, connector = name, "settings of a connector were kept");
    seen(&state, true).await
}

/// Keeps who stands for a capability. It holds from the next start on.
#[utoipa::path(
    put, path = "/api/v1/setup/keepers/{capability}", tag = "operator",
    params(("capability" = String, Path)),
    request_body = KeeperWish,
    security(("api_key" = [])),
    responses(
        (status = 200, body = SetupView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
    )
)]
pub async fn put_keeper(
    State(state): State<SharedState>,
    operator: Operator,
    Path(capability): Path<String>,
    Json(wish): Json<KeeperWish>,
) -> Result<axum::Json<SetupView>, Problem> {
    let may = admin(&operator)?;
    state.parts.setup.keep_keeper(&capability, &wish.keeper).await.map_err(problem)?;
    tracing::info!(by = may, capability, keeper = wish.keeper, "who stands for a capability was kept");
    seen(&state, true).await
}

/// The vendor's page on which a person lets the program in, with the settings that are kept.
#[utoipa::path(
    post, path = "/api/v1/setup/connectors/{name}/consent", tag = "operator",
    params(("name" = String, Path)),
    request_body = ConsentWish,
    security(("api_key" = [])),
    responses(
        (status = 200, body = ConsentPage), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem),
    )
)]
pub async fn ask_consent(
    State(state): State<SharedState>,
    operator: Operator,
    Path(name): Path<String>,
    Json(wish): Json<ConsentWish>,
) -> Result<axum::Json<ConsentPage>, Problem> {
    admin(&operator)?;
    let address = state.parts.setup.ask_consent(&name, &wish.redirect).await.map_err(problem)?;
    Ok(axum::Json(ConsentPage { address }))
}

/// Keeps the token for what the browser brought back from a vendor's page.
#[utoipa::path(
    post, path = "/api/v1/setup/consent", tag = "operator",
    request_body = Brought,
    security(("api_key" = [])),
    responses(
        (status = 200, body = LetIn), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem),
    )
)]
pub async fn bring_consent(
    State(state): State<SharedState>,
    operator: Operator,
    Json(body): Json<Brought>,
) -> Result<axum::Json<LetIn>, Problem> {
    let may = admin(&operator)?;
    let connector = state.parts.setup.bring_consent(&body.brought).await.map_err(problem)?;
    tracing::info!(by = may, connector, "a vendor let the program in");
    Ok(axum::Json(LetIn { connector }))
}

/// Has the program start again with what was kept. Customers' messages wait meanwhile.
#[utoipa::path(
    post, path = "/api/v1/setup/restart", tag = "operator",
    security(("api_key" = [])),
    responses(
        (status = 202, description = "It starts again."), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 422, body = Problem, description = "It would not start; it goes on."),
    )
)]
pub async fn start_again(
    State(state): State<SharedState>,
    operator: Operator,
) -> Result<StatusCode, Problem> {
    let may = admin(&operator)?;
    state.parts.setup.start_again().await.map_err(problem)?;
    tracing::info!(by = may, "the program starts again with what was kept");
    Ok(StatusCode::ACCEPTED)
}

async fn seen(state: &SharedState, is_admin: bool) -> Result<axum::Json<SetupView>, Problem> {
    let standing = state.parts.setup.look().await.map_err(|error| match error {
        // What is wrong may quote what stands there, a key among it.
        SetupError::Refused(_) if !is_admin => {
            problem(SetupError::refused("The settings have mistakes; `balcao check` names them."))
        }
        error => problem(error),
    })?;
    Ok(axum::Json(SetupView { is_admin, standing }))
}

fn admin(operator: &Operator) -> Result<&str, Problem> {
    if operator.is_admin { Ok(&operator.name) } else { Err(Problem::forbidden("admin")) }
}

fn problem(error: SetupError) -> Problem {
    let detail = error.to_string();
    match error {
        SetupError::Unknown(_) => Problem::new(StatusCode::NOT_FOUND, "not_found", "Not found", detail),
        SetupError::Unwritable(_) => {
            Problem::new(StatusCode::CONFLICT, "settings_not_kept", "The settings cannot be kept", detail)
        }
        SetupError::Refused(remarks) => {
            let problem =
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "setup_refused", "It would not hold", detail);
            match remarks.into_iter().find_map(|remark| remark.setting) {
                Some(setting) => problem.field(setting),
                None => problem,
            }
        }
    }
}
