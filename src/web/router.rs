//! Every route of the HTTP surface on one page, grouped by who calls it.

use super::api::{
    attachments, connectors, conversations, customers, documents, drills, events, files, gaps, inspect,
    interviews, knowledge, messages, openapi, outbox, people, setup, tools, uploads, widget,
};
use super::layers::{headers, log, origin, panic};
use super::problem::Problem;
use super::state::SharedState;
use super::webhooks::{self, relay, whatsapp};
use super::{pages, probes};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use http::{Method, StatusCode};

/// The whole surface. Serve it with connection info, or every caller is a stranger.
pub fn router(state: SharedState) -> Router {
    let visitors = Router::new()
        .route("/api/v1/widget-config", get(widget::widget_config))
        .route(
            "/api/v1/conversations/{id}/messages",
            get(messages::list_messages).post(messages::post_message),
        )
        .route("/api/v1/conversations/{id}/events", get(events::stream_events));
    // Visitors open conversations, operators list them.
    let both = Router::new().route(
        "/api/v1/conversations",
        get(inspect::list_conversations).post(conversations::open_conversation),
    );
    let operators = Router::new()
        .route("/api/v1/conversations/{id}", get(inspect::get_conversation))
        .route("/api/v1/conversations/{id}/reply", post(people::reply))
        .route("/api/v1/conversations/{id}/send", post(attachments::send_attachment))
        .route("/api/v1/conversations/{id}/take", post(people::take))
        .route("/api/v1/conversations/{id}/return", post(people::give_back))
        .route("/api/v1/conversations/{id}/close", post(people::close))
        .route("/api/v1/conversations/{id}/interview", post(interviews::begin_interview))
        .route("/api/v1/conversations/{id}/files", delete(files::forget_files).post(uploads::place_file))
        .route("/api/v1/conversations/{id}/files/{digest}", get(files::get_file))
        .route("/api/v1/knowledge/search", get(knowledge::search_knowledge))
        .route("/api/v1/knowledge/rank", post(knowledge::rank_knowledge))
        .route("/api/v1/knowledge/ingest", post(knowledge::ingest_knowledge))
        .route("/api/v1/knowledge/documents", get(documents::list_documents).post(documents::upload_document))
        .route("/api/v1/knowledge/documents/{id}", delete(documents::remove_document))
        .route("/api/v1/knowledge/conflicts", get(documents::list_conflicts))
        .route("/api/v1/gaps", get(gaps::list_gaps))
        .route("/api/v1/gaps/{id}/proposals", post(gaps::propose_entry))
        .route("/api/v1/proposals", get(gaps::list_proposals))
        .route("/api/v1/proposals/{id}/approve", post(gaps::approve_proposal))
        .route("/api/v1/proposals/{id}/reject", post(gaps::reject_proposal))
        .route("/api/v1/interviews", get(interviews::list_interviews))
        .route("/api/v1/interviews/report", get(interviews::report_interviews))
        .route("/api/v1/interviews/{id}", get(interviews::get_interview).patch(interviews::correct_interview))
        .route("/api/v1/interviews/{id}/acknowledge", post(interviews::acknowledge_lead))
        .route("/api/v1/customers/search", post(customers::search_customers))
        .route("/api/v1/customers/{id}", get(customers::get_customer).delete(customers::forget_customer))
        .route("/api/v1/erasures", get(customers::list_erasures))
        .route("/api/v1/tools", get(tools::list_tools))
        .route("/api/v1/connectors", get(connectors::list_connectors))
        .route("/api/v1/setup", get(setup::get_setup))
        .route("/api/v1/setup/connectors/{name}", put(setup::put_connector))
        .route("/api/v1/setup/connectors/{name}/try", post(setup::try_connector))
        .route("/api/v1/setup/connectors/{name}/consent", post(setup::ask_consent))
        .route("/api/v1/setup/consent", post(setup::bring_consent))
        .route("/api/v1/setup/keepers/{capability}", put(setup::put_keeper))
        .route("/api/v1/setup/restart", post(setup::start_again))
        .route("/api/v1/drills/model-down", post(drills::begin_model_drill).delete(drills::end_model_drill))
        .route("/api/v1/outbox/dead", get(outbox::list_dead_deliveries))
        .route("/api/v1/outbox/{id}/replay", post(outbox::replay_delivery));
    let services = Router::new()
        .route("/webhooks/connectors/{name}", post(webhooks::connectors::receive_connector))
        .route("/webhooks/relay", post(relay::receive_relay))
        .route("/webhooks/whatsapp", get(whatsapp::verify_whatsapp).post(whatsapp::receive_whatsapp));
    let watchers = Router::new()
        .route("/healthz", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .route("/metrics", get(probes::metrics));
    let browsers = Router::new()
        .route("/", get(pages::chat_page))
        .route("/widget.js", get(pages::widget_script))
        .route("/console", get(pages::console_page))
        .route("/console/{file}", get(pages::console_file))
        .route("/favicon.svg", get(pages::favicon))
        .route("/api/v1/openapi.json", get(openapi::openapi_document));

    Router::new()
        .merge(visitors)
        .merge(both)
        .merge(operators)
        .merge(services)
        .merge(watchers)
        .merge(browsers)
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(panic::catch))
        .layer(from_fn_with_state(state.clone(), origin::guard))
        .layer(from_fn(headers::secure))
        .layer(from_fn(log::request))
        .with_state(state)
}

async fn no_such_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "Not found", "There is nothing at this address.")
}

/// `OPTIONS` asks what is allowed, which the `Allow` header of either answer says.
async fn wrong_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let detail = format!("{method} does not work here; see the `Allow` header.");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
        .into_response()
}
