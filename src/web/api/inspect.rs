//! Operators look at conversations: the list, and one with everything that happened in it.

use super::journal::{self, Journal};
use crate::domain::contact::{Contact, Identity};
use crate::domain::conversation::{Conversation, ConversationState};
use crate::domain::event::Event;
use crate::domain::ids::{ContactId, ConversationId, Seq};
use crate::domain::language::Language;
use crate::domain::message::{Message, Role};
use crate::outbox::reach::is_out_of_reach;
use crate::store::conversations::ConversationFilter;
use crate::store::error::StoreError;
use crate::web::auth::operator::Operator;
use crate::web::extract::conversation::ConversationPath;
use crate::web::extract::query::Query;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::State;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// Rows of a page, unless asked otherwise, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;
/// How much of a long conversation its detail shows: the newest events.
const EVENTS: u32 = 5000;
/// How much of a message is shown in the list.
const PREVIEW_CHARACTERS: usize = 120;
/// How many rows of the list are looked up at once.
const AT_ONCE: usize = 8;
/// How many attempts to send are looked at for whether the customer is reached.
const LOOKED_AT: u32 = 20;

/// A conversation without its events.
#[derive(Serialize, ToSchema)]
pub struct ConversationView {
    #[schema(value_type = String, format = "uuid")]
    id: ConversationId,
    channel: String,
    /// `open` or `closed`.
    #[schema(value_type = String)]
    state: ConversationState,
    /// `bot`, `team` (handed over, nobody has taken it yet), `person` or `flow`.
    owner: &'static str,
    /// The name of the person or the flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_name: Option<String>,
    /// When the bot gets it back unless its owner does something before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date-time")]
    owner_until: Option<Timestamp>,
    /// Rises with every change of owner and every turn: what a flow says names the one it knows.
    epoch: i64,
    #[schema(value_type = String)]
    language: Language,
    #[schema(value_type = String, format = "uuid")]
    contact_id: ContactId,
    /// Sequence of the newest event.
    last_seq: Seq,
    /// What the embedding page said; untrusted.
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    #[schema(value_type = String, format = "date-time")]
    updated_at: Timestamp,
}

impl From<Conversation> for ConversationView {
    fn from(conversation: Conversation) -> Self {
        Self {
            id: conversation.id,
            channel: conversation.channel,
            state: conversation.state,
            owner: conversation.owner.as_str(),
            owner_name: conversation.owner.name().map(str::to_owned),
            owner_until: conversation.owner_until,
            epoch: conversation.epoch,
            language: conversation.language,
            contact_id: conversation.contact,
            last_seq: conversation.last_seq,
            metadata: conversation.metadata,
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
        }
    }
}

/// Which conversations.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `bot`, `team`, `person`, `flow`, or `human` for all but the first.
    owner: Option<String>,
    /// `open` or `closed`.
    state: Option<String>,
    /// Only where a message or the contact's name contains this.
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many, up to 200.
    limit: Option<u32>,
}

/// A conversation in the list.
#[derive(Serialize, ToSchema)]
pub struct ConversationRow {
    #[serde(flatten)]
    conversation: ConversationView,
    /// The customer's name, if it is known.
    contact_name: Option<String>,
    /// How the newest message begins.
    preview: Option<Preview>,
}

/// How a message begins.
#[derive(Serialize, ToSchema)]
struct Preview {
    /// `customer`, `bot` or `person`.
    from: &'static str,
    text: String,
}

impl Preview {
    fn of(message: &Message) -> Self {
        let from = match message.role {
            Role::Customer => "customer",
            Role::Human => "person",
            Role::Assistant | Role::System => "bot",
        };
        let words: Vec<&str> = message.text.split_whitespace().collect();
        Self { from, text: words.join(" ").chars().take(PREVIEW_CHARACTERS).collect() }
    }
}

/// A page of conversations, newest activity first.
#[derive(Serialize, ToSchema)]
pub struct ConversationPage {
    conversations: Vec<ConversationRow>,
    /// Where to go on; `null` at the end.
    next_cursor: Option<String>,
}

/// Lists conversations, newest activity first.
#[utoipa::path(
    get, path = "/api/v1/conversations", tag = "operator",
    params(ListQuery),
    security(("api_key" = [])),
    responses(
        (status = 200, body = ConversationPage),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    )
)]
pub async fn list_conversations(
    State(state): State<SharedState>,
    _operator: Operator,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<ConversationPage>, Problem> {
    let page = state.parts.stores.conversations.list(&filter(query)?).await.map_err(|error| match error {
        StoreError::Conflict(_) => {
            bad_choice("cursor", "`cursor` is the `next_cursor` of a page of this list.")
        }
        StoreError::NotFound | StoreError::Stale | StoreError::Unavailable(_) | StoreError::Fault(_) => {
            error.into()
        }
    })?;
    let rows = page.items.into_iter().map(|conversation| row(&state, conversation));
    let conversations = stream::iter(rows).buffered(AT_ONCE).try_collect().await?;
    Ok(axum::Json(ConversationPage { conversations, next_cursor: page.next }))
}

async fn row(state: &SharedState, conversation: Conversation) -> Result<ConversationRow, StoreError> {
    let stores = &state.parts.stores;
    let contact = stores.contacts.get(conversation.contact).await?;
    let newest = stores.conversations.newest_message(conversation.id).await?;
    Ok(ConversationRow {
        conversation: conversation.into(),
        contact_name: contact.and_then(|contact| contact.name),
        preview: newest.as_ref().map(Preview::of),
    })
}

fn filter(query: ListQuery) -> Result<ConversationFilter, Problem> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let owner = given(query.owner);
    if owner.as_deref().is_some_and(|owner| !matches!(owner, "bot" | "team" | "person" | "flow" | "human")) {
        return Err(bad_choice("owner", "`owner` is bot, team, person, flow or human."));
    }
    let state = match given(query.state).as_deref() {
        None => None,
        Some("open") => Some(ConversationState::Open),
        Some("closed") => Some(ConversationState::Closed),
        Some(_) => return Err(bad_choice("state", "`state` is open or closed.")),
    };
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    Ok(ConversationFilter { owner, state, query: given(query.q), cursor: given(query.cursor), limit })
}

fn bad_choice(field: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_query", "Invalid query", detail).field(field)
}

/// A conversation with its journal.
#[derive(Serialize, ToSchema)]
pub struct ConversationDetail {
    #[serde(flatten)]
    conversation: ConversationView,
    /// The person, as the business knows them.
    #[schema(value_type = Option<Object>)]
    contact: Option<Contact>,
    /// How the person is reached.
    #[schema(value_type = Vec<Object>)]
    identities: Vec<Identity>,
    #[serde(flatten)]
    journal: Journal,
    /// The log itself, oldest first.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Event>,
    /// Whether the log is longer than what is shown and counted here.
    truncated: bool,
    /// Whether the channel could not deliver the last message, and the customer has not written since: they are not written
    /// to until they do.
    out_of_reach: bool,
}

/// One conversation with its journal: model calls, tool calls with arguments and results, evidence, cost.
#[utoipa::path(
    get, path = "/api/v1/conversations/{id}", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    security(("api_key" = [])),
    responses(
        (status = 200, body = ConversationDetail),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    )
)]
pub async fn get_conversation(
    State(state): State<SharedState>,
    _operator: Operator,
    ConversationPath(id): ConversationPath,
) -> Result<axum::Json<ConversationDetail>, Problem> {
    let stores = &state.parts.stores;
    let conversation = stores.conversations.get(id).await?.ok_or_else(Problem::conversation_not_found)?;
    let contact = stores.contacts.get(conversation.contact).await?;
    let identities = stores.contacts.identities(conversation.contact).await?;
    let events = stores.conversations.recent_events(id, EVENTS).await?;
    let truncated = events.first().is_some_and(|event| event.seq > 1);
    let journal = journal::of(&events);
    let sent = stores.sends.newest(id, LOOKED_AT).await?;
    let out_of_reach = !sent.is_empty() && is_out_of_reach(&sent, &stores.sends.last_said(id, 1).await?);
    let conversation = conversation.into();
    let detail =
        ConversationDetail { conversation, contact, identities, journal, events, truncated, out_of_reach };
    Ok(axum::Json(detail))
}
