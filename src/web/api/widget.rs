//! What the widget needs to know before its first words. Public: it holds nothing that is not shown to everybody.

use crate::domain::language::Language;
use crate::web::state::SharedState;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use utoipa::ToSchema;

/// Words and colours of the chat.
#[derive(Serialize, ToSchema)]
pub struct WidgetConfig {
    title: String,
    greeting: String,
    #[schema(value_type = String)]
    locale: Language,
    color: String,
    accent: String,
    suggestions: Vec<String>,
    privacy_url: Option<String>,
    /// Version of the server.
    version: &'static str,
}

/// Words and colours of the chat, as set by the operator.
#[utoipa::path(
    get, path = "/api/v1/widget-config", tag = "visitor",
    responses((status = 200, body = WidgetConfig))
)]
pub async fn widget_config(State(state): State<SharedState>) -> impl IntoResponse {
    let settings = &state.parts.settings;
    let config = WidgetConfig {
        title: settings.title.clone(),
        greeting: settings.greeting.clone(),
        locale: settings.locale,
        color: settings.color.clone(),
        accent: settings.accent.clone(),
        suggestions: settings.suggestions.clone(),
        privacy_url: Some(settings.privacy_url.clone()).filter(|url| !url.is_empty()),
        version: env!("CARGO_PKG_VERSION"),
    };
    ([(CACHE_CONTROL, "no-cache")], axum::Json(config))
}
