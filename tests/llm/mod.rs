//! Models over real HTTP, and the repair of what they write.

mod e5;
mod embeddings;
mod endpoint;
mod first_messages;
mod offline;
mod repair;
mod wrappers;

use balcao::config::secret::Secret;
use balcao::domain::clock::SystemClock;
use balcao::domain::language::Language;
use balcao::domain::tool::{Localized, Risk, ToolSpec, ToolWords};
use balcao::limits::net::Allowance;
use balcao::llm::model::{ChatMessage, ChatRequest, ToolChoice};
use balcao::llm::openai::{Endpoint, OpenAiModel};
use balcao::llm::price::Price;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn tool(name: &str, parameters: Value) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: format!("Does {name}."),
        title: Localized::default(),
        parameters,
        risk: Risk::Read,
        sources: Default::default(),
        hidden: Vec::new(),
        result_trusted: Vec::new(),
        timeout: Duration::from_secs(5),
        progress: Localized::default(),
        words: ToolWords::default(),
    }
}

fn tools() -> Vec<ToolSpec> {
    vec![
        tool(
            "order_status",
            json!({
                "type": "object",
                "properties": {
                    "order_number": {"type": "string", "x-balcao-kind": "order_number"},
                    "email": {"type": "string", "x-balcao-kind": "email"},
                },
                "required": ["order_number"],
            }),
        ),
        tool(
            "agenda_list_slots",
            json!({
                "type": "object",
                "properties": {
                    "day": {"type": "string"},
                    "limit": {"type": "integer"},
                    "period": {"type": "string", "enum": ["manha", "tarde"]},
                },
            }),
        ),
        tool("handoff", json!({"type": "object", "properties": {"reason": {"type": "string"}}})),
    ]
}

fn request() -> ChatRequest {
    ChatRequest {
        messages: vec![
            ChatMessage::System("Be kind.".into()),
            ChatMessage::Customer("Cadê o pedido 1042?".into()),
        ],
        tools: Arc::new(tools()),
        tool_choice: ToolChoice::Auto,
        passages: Vec::new(),
        pictures: Vec::new(),
        documents: Vec::new(),
        language: Language::default(),
        now: jiff::Zoned::default(),
        max_output_tokens: 200,
        step: 2,
        resort: balcao::llm::model::Resort::First,
        payer: balcao::limits::budget::Payer::default(),
    }
}

fn endpoint(base_url: &str) -> Endpoint {
    Endpoint {
        name: "openai:test".into(),
        base_url: base_url.to_owned(),
        api_key: Secret::new("key-1"),
        model: "test".into(),
        timeout_first_token: Duration::from_secs(20),
        timeout_total: Duration::from_secs(30),
        temperature: 0.2,
        price: Some(Price { input: 1.0, output: 2.0 }),
        allowance: Allowance::Everything,
        images: balcao::llm::openai::Images::Named,
        files: balcao::llm::openai::Files::Told,
    }
}

fn model(endpoint: Endpoint) -> OpenAiModel {
    OpenAiModel::new(endpoint, Arc::new(SystemClock)).unwrap()
}
