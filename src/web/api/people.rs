//! People of the business answer, take, give back and end conversations.

use super::inspect::ConversationView;
use crate::domain::conversation::Conversation;
use crate::domain::ids::{ConversationId, MessageId};
use crate::inbox::clean;
use crate::store::interviews::Amendment;
use crate::web::auth::operator::Operator;
use crate::web::extract::conversation::ConversationPath;
use crate::web::extract::json::{Json, OptionalJson};
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest name of a caller's for what is said.
const CLIENT_ID_CHARS: usize = 200;
/// Longest name of a person.
const NAME_CHARS: usize = 80;

/// What a person says.
#[derive(Deserialize, ToSchema)]
pub struct Reply {
    /// The words.
    text: String,
    /// Who says it, as the customer sees it; else the name of the API key.
    name: Option<String>,
    /// The flow that says it, if a program does: it has to own the conversation, and to name its `epoch`.
    flow: Option<String>,
    /// The `epoch` of the conversation as the flow knows it.
    epoch: Option<i64>,
    /// A name of the caller's for what a person says, at most 200 characters: the same again in this conversation is sent
    /// once, and answered as the first time.
    client_id: Option<String>,
}

/// Who acts.
#[derive(Deserialize, Default, ToSchema)]
pub struct Person {
    /// As the customer sees it; else the name of the API key.
    name: Option<String>,
}

/// Who takes the conversation.
#[derive(Deserialize, Default, ToSchema)]
pub struct Taker {
    /// The person, as the customer sees them; else the name of the API key.
    name: Option<String>,
    /// The flow, if a program takes it.
    flow: Option<String>,
}

/// An answer, sent.
#[derive(Serialize, ToSchema)]
pub struct Replied {
    #[schema(value_type = String, format = "uuid")]
    message_id: MessageId,
    conversation: ConversationView,
}

impl Replied {
    /// A message that leaves, and the conversation as it is then.
    pub(super) fn new(message_id: MessageId, conversation: Conversation) -> Self {
        Self { message_id, conversation: conversation.into() }
    }
}

/// A person answers, and by that takes the conversation; or the flow that has it says something.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/reply", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = Reply,
    security(("api_key" = [])),
    responses(
        (status = 200, body = Replied),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "Somebody else has the conversation now."),
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
    let ownership = &state.parts.ownership;
    if let Some(flow) = reply.flow {
        let flow = visible("flow", &flow)?;
        let epoch = reply.epoch.ok_or_else(|| {
            Problem::invalid("epoch", "A flow names the epoch of the conversation as it knows it.")
        })?;
        let (conversation, message_id) = ownership.reply_for_flow(id, &flow, epoch, text).await?;
        return Ok(axum::Json(Replied { message_id, conversation: conversation.into() }));
    }
    let person = name_of(reply.name, operator)?;
    let (conversation, message_id) = match reply.client_id {
        None => ownership.reply(id, &person, text).await?,
        Some(own) => {
            if own.trim().is_empty() || own.chars().count() > CLIENT_ID_CHARS {
                return Err(Problem::invalid("client_id", "A `client_id` has 1 to 200 characters."));
            }
            ownership.reply_once(id, &person, text, own).await?
        }
    };
    has_seen(&state, id, person).await;
    Ok(axum::Json(Replied { message_id, conversation: conversation.into() }))
}

/// A person or a flow takes the conversation: the bot is silent until it gets it back. Whoever has it already keeps
/// it for longer.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/take", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = Option<Taker>,
    security(("api_key" = [])),
    responses(
        (status = 200, body = ConversationView),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "A flow takes it from nobody but the bot."),
    )
)]
pub async fn take(
    State(state): State<SharedState>,
    operator: Operator,
    ConversationPath(id): ConversationPath,
    OptionalJson(taker): OptionalJson<Taker>,
) -> Result<axum::Json<ConversationView>, Problem> {
    if let Some(flow) = taker.flow {
        let flow = visible("flow", &flow)?;
        return Ok(axum::Json(state.parts.ownership.take_for_flow(id, &flow).await?.into()));
    }
    let person = name_of(taker.name, operator)?;
    let taken = state.parts.ownership.take(id, &person).await?;
    has_seen(&state, id, person).await;
    Ok(axum::Json(taken.into()))
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

/// Whoever takes the conversation of a lead has seen that there is one. If that cannot be noted now, it is when the time
/// for it is over: the conversation tells who has it.
async fn has_seen(state: &SharedState, id: ConversationId, person: String) {
    let interviews = &state.parts.stores.interviews;
    let noted = match interviews.newest_in(id).await {
        Ok(Some(record)) if record.assignment.is_some() => {
            let seen = Amendment::Acknowledged { person };
            interviews.amend(record.state.id, seen, state.parts.clock.now()).await.map(drop)
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = noted {
        tracing::warn!(conversation.id = %id, %error, "it was not noted that a lead was seen");
    }
}

pub(super) fn name_of(given: Option<String>, operator: Operator) -> Result<String, Problem> {
    match given {
        None => Ok(operator.name),
        Some(name) => visible("name", &name),
    }
}

fn visible(field: &'static str, name: &str) -> Result<String, Problem> {
    clean::one_line(name, NAME_CHARS)
        .ok_or_else(|| Problem::invalid(field, "A name needs at least one visible character."))
}
