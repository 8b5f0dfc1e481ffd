//! A real database in a folder that goes away with the test, and turns worked on it by hand.

use balcao::config::store::StoreSettings;
use balcao::domain::event::EventBody;
use balcao::domain::ids::{CallId, ConversationId, MessageId, TurnId};
use balcao::domain::message::{Message, Role};
use balcao::domain::tool_call::{ToolCall, ToolOutcome};
use balcao::domain::turn::{Claim, StopReason, Usage};
use balcao::store::Stores;
use balcao::store::live::LiveHub;
use balcao::store::open::{self, StoreHandle};
use balcao::store::sqlite::{self, SqliteHandle};
use balcao::store::turns::{ClaimRequest, TurnCommit};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// A message of `role`, made now.
pub fn message(role: Role, text: &str) -> Message {
    Message::new(MessageId(Uuid::now_v7()), role, text.to_owned(), Timestamp::now())
}

/// Claims a conversation that has open customer messages, whatever its quiet period.
pub async fn claim(stores: &Stores, conversation: ConversationId) -> Claim {
    let now = Timestamp::now() + SignedDuration::from_secs(60);
    let request = ClaimRequest {
        worker: "test".to_owned(),
        turn: TurnId(Uuid::now_v7()),
        now,
        lease_until: now + SignedDuration::from_secs(600),
    };
    stores.turns.claim(conversation, &request).await.unwrap().expect("the conversation is due")
}

/// One call of `order_status` as a model asks for it and as it ends.
pub fn tool_events() -> Vec<EventBody> {
    let call = ToolCall {
        id: CallId::at(1, 0),
        name: "order_status".to_owned(),
        arguments: serde_json::json!({"order": "10482"}),
    };
    let usage = Usage { input_tokens: 100, output_tokens: 20, cost_micros: 7 };
    vec![
        EventBody::ModelAnswered {
            step: 1,
            model: "openai:test".to_owned(),
            text: String::new(),
            calls: vec![call.clone()],
            usage,
            duration_ms: 12,
        },
        EventBody::ToolFinished {
            call,
            outcome: ToolOutcome::Done {
                data: serde_json::json!({"status": "shipped"}),
                effects: Vec::new(),
                sources: Vec::new(),
                cut: false,
            },
            duration_ms: 34,
        },
    ]
}

/// Ends a claimed turn with an answer.
pub async fn answer(stores: &Stores, claim: &Claim, text: &str) -> MessageId {
    let message = Message { reply_to: claim.answers.clone(), ..message(Role::Assistant, text) };
    let id = message.id;
    let events = vec![
        EventBody::Message(message),
        EventBody::TurnFinished { stop_reason: StopReason::Answered, usage: Usage::default() },
    ];
    let commit = TurnCommit { events, ..TurnCommit::default() };
    stores.turns.commit(claim, commit, Timestamp::now()).await.unwrap();
    id
}

/// Opens whichever database the settings name.
pub async fn open_as(settings: &StoreSettings, folder: &Path) -> (Stores, StoreHandle) {
    open::open(settings, folder, Arc::new(LiveHub::default())).await.unwrap()
}

/// Opens a database in `folder`.
pub async fn open(folder: &Path) -> (Stores, SqliteHandle) {
    let mut table: toml::Table = toml::from_str(include_str!("../../src/config/default/store.toml")).unwrap();
    let settings: StoreSettings = table.remove("store").unwrap().try_into().unwrap();
    sqlite::open(&settings, folder, Arc::new(LiveHub::default())).await.unwrap()
}
