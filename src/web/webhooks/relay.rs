//! Where a gateway of the operator's own reports what customers write, what people of the business write elsewhere, and
//! what became of messages. What is not signed is not read; what cannot be taken now is for the gateway to repeat.

use crate::channels::relay::CHANNEL;
use crate::channels::relay::signature::{SigningKeys, Unverified};
use crate::channels::relay::wire::{
    Address, CustomerMessage, Echo, EventKind, Kind, Standing, Status as StatusEvent,
};
use crate::config::channels::RelaySettings;
use crate::domain::conversation::Conversation;
use crate::domain::ids::{ContactId, ConversationId, MessageId};
use crate::domain::language::Language;
use crate::inbox::accept::{AcceptError, Inbound, Inbox, With};
use crate::inbox::clean;
use crate::inbox::coalesce::Quiet;
use crate::store::conversations::{Accepted, NewConversation};
use crate::store::error::StoreError;
use crate::store::outbox::DeliveryStatus;
use crate::web::extract::{body, json};
use crate::web::problem::Problem;
use crate::web::state::{SharedState, WebState};
use axum::body::Body;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// Longest name of a person.
const NAME_CHARS: usize = 80;
/// Longest reason of a failure that is kept.
const ERROR_CHARS: usize = 200;

/// What the handler needs beside what every handler may use.
pub struct RelayDoor {
    keys: SigningKeys,
    inbox: Inbox,
    quiet: Quiet,
    language: Language,
}

impl RelayDoor {
    /// A door for who holds one of `keys`. Customers are served in `language` until they show another one.
    pub fn new(keys: SigningKeys, inbox: Inbox, settings: &RelaySettings, language: Language) -> Self {
        let quiet = Quiet {
            finished: Duration::from_millis(settings.quiet_ms),
            unfinished: Duration::from_millis(settings.quiet_unfinished_ms),
            longest: Duration::from_millis(settings.quiet_longest_ms),
            total: Duration::from_millis(settings.quiet_total_ms),
            messages: settings.quiet_messages,
        };
        Self { keys, inbox, quiet, language }
    }
}

/// An event of the gateway.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(dead_code, reason = "describes `channels::relay::wire`, which knows nothing of OpenAPI")]
enum RelayEvent {
    /// A customer wrote. The same `id` again is the same message.
    Message {
        id: String,
        /// The customer's address, 1 to 100 characters.
        from: String,
        name: Option<String>,
        /// May be empty if `media` is true.
        text: Option<String>,
        /// Whether a picture, voice note or file belongs to it.
        media: Option<bool>,
    },
    /// A person of the business wrote on another device, and has the conversation now.
    Echo { id: String, to: String, author: Option<String>, text: String },
    /// What became of a message, by the id that it was taken with.
    Status {
        id: String,
        /// `sent`, `delivered`, `read` or `failed`.
        status: String,
        error: Option<String>,
    },
}

/// What became of an event.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum Received {
    /// A message is written down.
    Written {
        /// The one conversation with this address.
        #[schema(value_type = String, format = "uuid")]
        conversation_id: ConversationId,
        /// Of the first delivery, if this one is a repeat.
        #[schema(value_type = String, format = "uuid")]
        message_id: MessageId,
        /// Whether it had been written down before.
        duplicate: bool,
    },
    /// A status was read.
    Noted {
        /// Whether it said something of a message that is known.
        known: bool,
    },
}

/// An event of your own gateway, signed as Standard Webhooks are.
#[utoipa::path(
    post, path = "/webhooks/relay", tag = "webhook",
    params(
        ("webhook-id" = String, Header), ("webhook-timestamp" = i64, Header), ("webhook-signature" = String, Header),
    ),
    request_body = RelayEvent,
    responses(
        (status = 200, body = Received, description = "Durable, or it was before."),
        (status = 401, body = Problem, description = "Not signed by one of the secrets, or not within five minutes."),
        (status = 404, body = Problem, description = "The channel is not set up."),
        (status = 413, body = Problem, description = "Too long; `limit` says how long it may be."),
        (status = 422, body = Problem, description = "None of the events; `field` is at fault."),
        (status = 503, body = Problem, description = "Nothing was taken; repeat it after `Retry-After`."),
    )
)]
pub async fn receive_relay(
    State(state): State<SharedState>,
    headers: HeaderMap,
    body: Body,
) -> Result<axum::Json<Received>, Problem> {
    let Some(door) = &state.parts.relay else { return Err(not_set_up()) };
    let body = body::read(body, json::BODY_BYTES).await.inspect_err(|_| count("refused"))?;
    if let Err(reason) = door.keys.verify(&headers, &body, state.parts.clock.now()) {
        count("refused");
        return Err(unverified(&reason));
    }
    let Kind { kind } = parsed(&body)?;
    let received = match kind {
        EventKind::Message => message(&state, door, parsed(&body)?).await?,
        EventKind::Echo => echo(&state, door, parsed(&body)?).await?,
        EventKind::Status => status(&state, parsed(&body)?).await?,
    };
    Ok(axum::Json(received))
}

async fn message(state: &WebState, door: &RelayDoor, event: CustomerMessage) -> Result<Received, Problem> {
    let media = event.media.unwrap_or(false);
    let text = with_media(event.text.unwrap_or_default(), media, door.language);
    let text = door.inbox.readable(text).map_err(refused)?;
    let conversation = conversation(state, door, &event.from, event.name.as_deref()).await?;
    // A picture has no ending: what it is about usually follows.
    let finished = if media { door.quiet.unfinished } else { door.quiet.finished };
    let inbound = Inbound {
        conversation: conversation.id,
        channel: CHANNEL,
        external_id: event.id.as_str().to_owned(),
        text,
        quiet: Quiet { finished, ..door.quiet },
        with: With::default(),
    };
    let accepted = door.inbox.accept(inbound).await.map_err(not_accepted)?;
    Ok(written(conversation.id, accepted))
}

async fn echo(state: &WebState, door: &RelayDoor, event: Echo) -> Result<Received, Problem> {
    let text = door.inbox.readable(event.text).map_err(refused)?;
    let conversation = conversation(state, door, &event.to, None).await?;
    let author = event.author.and_then(|name| clean::one_line(&name, NAME_CHARS));
    let author = author.unwrap_or_else(|| team(conversation.language).to_owned());
    let id = event.id.as_str();
    let taken = state.parts.ownership.echo(conversation.id, id, &author, text).await.map_err(later)?;
    count(if taken.duplicate { "duplicate" } else { "accepted" });
    Ok(written(conversation.id, taken))
}

async fn status(state: &WebState, event: StatusEvent) -> Result<Received, Problem> {
    let status = match event.status {
        Standing::Sent => DeliveryStatus::Sent,
        Standing::Delivered => DeliveryStatus::Delivered,
        Standing::Read => DeliveryStatus::Read,
        Standing::Failed => {
            let error = event.error.and_then(|error| clean::one_line(&error, ERROR_CHARS));
            DeliveryStatus::Failed {
                error: error.unwrap_or_else(|| "the relay could not deliver it".to_owned()),
            }
        }
    };
    let now = state.parts.clock.now();
    let known = state.parts.stores.outbox.status(CHANNEL, &event.id, status, now).await.map_err(later)?;
    count(if known { "accepted" } else { "ignored" });
    Ok(Received::Noted { known })
}

/// The one conversation with a customer, opened if this is the first word.
async fn conversation(
    state: &WebState,
    door: &RelayDoor,
    address: &Address,
    name: Option<&str>,
) -> Result<Conversation, Problem> {
    let id = address.conversation();
    let conversations = &state.parts.stores.conversations;
    if let Some(known) = conversations.get(id).await.map_err(later)? {
        return Ok(known);
    }
    let clock = &state.parts.clock;
    let new = NewConversation {
        id,
        channel: CHANNEL.to_owned(),
        identity: address.identity(),
        contact: ContactId(clock.new_id()),
        name: name.and_then(|name| clean::one_line(name, NAME_CHARS)),
        language: door.language,
        token_hash: None,
        metadata: [("address".to_owned(), address.as_str().into())].into_iter().collect(),
        at: clock.now(),
    };
    conversations.open(new).await.map_err(later)
}

fn written(conversation_id: ConversationId, accepted: Accepted) -> Received {
    Received::Written { conversation_id, message_id: accepted.message, duplicate: accepted.duplicate }
}

/// What was said, with a word for what cannot be seen here.
fn with_media(text: String, media: bool, language: Language) -> String {
    let mark = match language {
        Language::Portuguese => "[mídia]",
        Language::English => "[media]",
        Language::Spanish => "[multimedia]",
    };
    match (media, clean::is_blank(&text)) {
        (true, true) => mark.to_owned(),
        (true, false) => format!("{text}\n{mark}"),
        (false, _) => text,
    }
}

/// The name of a person who gave none.
fn team(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "Equipe",
        Language::English => "Team",
        Language::Spanish => "Equipo",
    }
}

/// As [`json::parse`]; whoever signs knows what an event is, so that no JSON at all is one of the bodies that are none.
fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    json::parse(body).map_err(|problem| {
        count("unparsed");
        match problem.status() {
            StatusCode::BAD_REQUEST => Problem::invalid(".", "The body must be a JSON object."),
            _ => problem,
        }
    })
}

/// Words that are not taken. The inbox counts only what reaches it.
fn refused(error: AcceptError) -> Problem {
    count("refused");
    not_accepted(error)
}

fn not_accepted(error: AcceptError) -> Problem {
    match error {
        AcceptError::BadExternalId { .. } => Problem::invalid("id", error.to_string()),
        AcceptError::Store(error) => later(error),
        AcceptError::Empty | AcceptError::TooLong { .. } | AcceptError::ConversationFull { .. } => {
            error.into()
        }
    }
}

/// A gateway repeats what is not available, and only that: a conflict between two of its events is over by then.
fn later(error: StoreError) -> Problem {
    match error {
        StoreError::Stale | StoreError::Conflict(_) => StoreError::Unavailable(error.to_string()).into(),
        StoreError::NotFound | StoreError::Unavailable(_) | StoreError::Fault(_) => error.into(),
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("balcao_inbound_total", "channel" => CHANNEL, "outcome" => outcome).increment(1);
}

fn unverified(reason: &Unverified) -> Problem {
    let detail = format!("The request is not signed as it has to be: {reason}.");
    Problem::new(StatusCode::UNAUTHORIZED, "bad_signature", "Bad signature", detail)
}

fn not_set_up() -> Problem {
    let detail = "The relay channel is not set up; see `[channels.relay]`.";
    Problem::new(StatusCode::NOT_FOUND, "channel_not_set_up", "Channel not set up", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_said() {
        let with = |text: &str, media| with_media(text.to_owned(), media, Language::Portuguese);
        assert_eq!(with("", true), "[mídia]");
        assert_eq!(with(" \n", true), "[mídia]");
        assert_eq!(with("quanto custa?", true), "quanto custa?\n[mídia]");
        assert_eq!(with("quanto custa?", false), "quanto custa?");
        assert_eq!(with("", false), "");
    }
}
