//! The OpenAPI 3.1 document, made from the handlers themselves.

use super::{
    attachments, connectors, conversations, customers, documents, drills, events, files, gaps, inspect,
    interviews, knowledge, messages, outbox, people, setup, tools, uploads, widget,
};
use crate::web::webhooks::{self, relay, whatsapp};
use crate::web::{pages, probes};
use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use std::sync::LazyLock;
use utoipa::openapi::RefOr;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

/// The document.
#[derive(OpenApi)]
#[openapi(
    // Clients that are made of it are named after the title, and packages bear ASCII names.
    info(title = "Balcao", description = "Balcão: conversations of a small business, over HTTP."),
    paths(
        conversations::open_conversation,
        messages::post_message,
        messages::list_messages,
        events::stream_events,
        widget::widget_config,
        people::reply,
        people::take,
        people::give_back,
        people::close,
        inspect::list_conversations,
        inspect::get_conversation,
        knowledge::search_knowledge,
        knowledge::rank_knowledge,
        knowledge::ingest_knowledge,
        documents::list_documents,
        documents::upload_document,
        documents::remove_document,
        documents::list_conflicts,
        gaps::list_gaps,
        gaps::propose_entry,
        gaps::list_proposals,
        gaps::approve_proposal,
        gaps::reject_proposal,
        interviews::begin_interview,
        interviews::list_interviews,
        interviews::report_interviews,
        interviews::get_interview,
        interviews::correct_interview,
        interviews::acknowledge_lead,
        customers::search_customers,
        customers::get_customer,
        customers::forget_customer,
        customers::list_erasures,
        tools::list_tools,
        connectors::list_connectors,
        setup::get_setup,
        setup::put_connector,
        setup::try_connector,
        setup::ask_consent,
        setup::bring_consent,
        setup::put_keeper,
        setup::start_again,
        attachments::send_attachment,
        files::get_file,
        files::forget_files,
        uploads::place_file,
        outbox::list_dead_deliveries,
        outbox::replay_delivery,
        drills::begin_model_drill,
        drills::end_model_drill,
        webhooks::connectors::receive_connector,
        relay::receive_relay,
        whatsapp::verify_whatsapp,
        whatsapp::receive_whatsapp,
        pages::chat_page,
        pages::widget_script,
        pages::console_page,
        pages::console_file,
        pages::favicon,
        probes::alive,
        probes::ready,
        probes::metrics,
        openapi_document,
    ),
    modifiers(&Credentials, &Answers)
)]
pub struct Document;

/// A message as the history and the stream show it.
#[derive(ToSchema)]
#[schema(as = Message)]
#[expect(dead_code, reason = "describes `domain::message::Message`, which knows nothing of OpenAPI")]
pub struct MessageSchema {
    #[schema(format = "uuid")]
    id: String,
    /// `customer`, `assistant`, `human` or `system`.
    role: String,
    text: String,
    /// The `client_id` it was posted with, when the role is `customer`.
    client_id: Option<String>,
    /// The person's name, when the role is `human`.
    author: Option<String>,
    /// The customer messages it answers.
    reply_to: Option<Vec<String>>,
    /// What it rests on: `{id, title, heading?, url?, claims?: [{text, start, end}]}`; the places are in characters of `text`.
    #[schema(value_type = Option<Vec<Object>>)]
    sources: Option<Vec<()>>,
    #[schema(value_type = Option<Vec<Object>>)]
    buttons: Option<Vec<()>>,
    /// The call that waits for the customer's word: `{tool, arguments}`.
    #[schema(value_type = Option<Object>)]
    confirmation: Option<()>,
    /// Files that came with it: `{kind: image|video|document|audio|voice|sticker, id, mime_type, sha256?, file_name?, file?}`;
    /// `file` is `{digest, mime_type, bytes}` where it is kept.
    #[schema(value_type = Option<Vec<Object>>)]
    media: Option<Vec<()>>,
    /// What a message of the business carries beside its words: `{type, …}`, as it was sent.
    #[schema(value_type = Option<Object>)]
    attachment: Option<()>,
    /// The earlier message that it replies to: `{id, role, text}`.
    #[schema(value_type = Option<Object>)]
    quoted: Option<()>,
    /// Why no turn answers it: `late`, `sign`, `preference`, `unseen`, `observed`, `loop` or `private`.
    kept: Option<String>,
    #[schema(format = "date-time")]
    created_at: String,
    /// Its place in the log; in the history only.
    seq: Option<i64>,
}

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = |description: &str| {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description));
            SecurityScheme::Http(scheme.build())
        };
        components.add_security_scheme("conversation_token", bearer("The token of one conversation."));
        components.add_security_scheme("api_key", bearer("An API key with the scope `operator` or `admin`."));
        components.add_security_scheme(
            "token_in_query",
            SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::new("token"))),
        );
    }
}

/// Says in words what an answer is of which nothing else is said: programs that make clients from the document want it.
struct Answers;

impl Modify for Answers {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for path in document.paths.paths.values_mut() {
            let operations =
                [&mut path.get, &mut path.post, &mut path.put, &mut path.patch, &mut path.delete];
            for operation in operations.into_iter().flatten() {
                for (status, answer) in &mut operation.responses.responses {
                    if let RefOr::T(answer) = answer
                        && answer.description.is_empty()
                    {
                        meaning(status).clone_into(&mut answer.description);
                    }
                }
            }
        }
    }
}

/// What a status means here.
fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "As asked for.",
        "201" => "It is made.",
        "202" => "It is taken and durable.",
        "204" => "It is done; there is nothing to say.",
        "304" => "It is as it was.",
        "400" | "422" => "The request makes no sense; `detail` says where.",
        "401" => "The token or key is missing or not known.",
        "403" => "The key lacks the scope.",
        "404" => "There is no such thing.",
        "409" => "The present state does not allow it; `detail` says why.",
        "413" => "It is too large.",
        "429" => "Too many requests; `Retry-After` says when to come again.",
        "503" => "It cannot be done for now; try again.",
        _ => "See `code` and `detail`.",
    }
}

/// This document.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "public",
    responses((status = 200, content_type = "application/json", body = String))
)]
pub async fn openapi_document() -> impl IntoResponse {
    static JSON: LazyLock<String> = LazyLock::new(|| Document::openapi().to_json().unwrap_or_default());
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], JSON.as_str())
}
