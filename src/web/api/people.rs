//! People of the business answer, take, give back and end conversations.

use super::inspect::ConversationView;
use crate::domain::ids::MessageId;
use crate::inbox::clean;
use crate::web::auth::operator::Operator;
use crate::web::extract::conversation::ConversationPath;
use crate::web::extract::json::{Json, OptionalJson};
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest name of a person.
const NAME_CHARS: usize = 80;

/// What a person says.
#[derive(Deserialize, ToSchema)]
pub struct Reply {
    /// The words.
    text: String,
    /// Who says it, as the customer sees it; else the name of the API key.
    name: Option<String>,
}

/// Who acts.
#[derive(Deserialize, Default, ToSchema)]
pub struct Person {
    /// As the customer sees it; else the name of the API key.
    name: Option<String>,
}

/// A person's answer, sent.
#[derive(Serialize, ToSchema)]
pub struct Replied {
    #[schema(value_type = String, format = "uuid")]
    message_id: MessageId,
    conversation: ConversationView,
}

/// A person answers, and by that takes the conversation.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/reply", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = Reply,
    security(("api_key" = [])),
    responses(
        (status = 200, body = Replied),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 413, body = Problem), (status = 422, body = Problem),
    )
)]
pub async fn reply(
    State(state): State<SharedState>,
    operator: Operator,
    ConversationPath(id): ConversationPath,
    Json(reply): Json<Reply>,
) -> Result<axum::Json<Replied>, Problem> {
    let text = state.parts.inbox.readable(reply.text)?;
    let person = name_of(reply.name, operator)?;
    let (conversation, message_id) = state.parts.ownership.reply(id, &person, text).await?;
    Ok(axum::Json(Replied { message_id, conversation: conversation.into() }))
}

/// A person takes the conversation: the bot is silent.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/take", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = Option<Person>,
    security(("api_key" = [])),
    responses(
        (status = 200, body = ConversationView),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    )
)]
pub async fn take(
    State(state): State<SharedState>,
    operator: Operator,
    ConversationPath(id): ConversationPath,
    OptionalJson(person): OptionalJson<Person>,
) -> Result<axum::Json<ConversationView>, Problem> {
    let person = name_of(person.name, operator)?;
    Ok(axum::Json(state.parts.ownership.take(id, &person).await?.into()))
}

/// A person gives the conversation back to the bot.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/return", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = Option<Person>,
    security(("api_key" = [])),
    responses(
        (status = 200, body = ConversationView),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    )
)]
pub async fn give_back(
    State(state): State<SharedState>,
    operator: Operator,
    ConversationPath(id): ConversationPath,
    OptionalJson(person): OptionalJson<Person>,
) -> Result<axum::Json<ConversationView>, Problem> {
    let person = name_of(person.name, operator)?;
    Ok(axum::Json(state.parts.ownership.give_back(id, &person).await?.into()))
}

/// A person ends the conversation. The customer's next message opens it again.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/close", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = Option<Person>,
    security(("api_key" = [])),
    responses(
        (status = 200, body = ConversationView),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    )
)]
pub async fn close(
    State(state): State<SharedState>,
    operator: Operator,
    ConversationPath(id): ConversationPath,
    OptionalJson(person): OptionalJson<Person>,
) -> Result<axum::Json<ConversationView>, Problem> {
    let person = name_of(person.name, operator)?;
    Ok(axum::Json(state.parts.ownership.close(id, &person).await?.into()))
}

fn name_of(given: Option<String>, operator: Operator) -> Result<String, Problem> {
    match given {
        None => Ok(operator.name),
        Some(name) => clean::one_line(&name, NAME_CHARS)
            .ok_or_else(|| Problem::invalid("name", "A name needs at least one visible character.")),
    }
}
