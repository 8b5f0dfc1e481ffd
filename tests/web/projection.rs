//! What visitors see of the log, word for word.

use crate::support::stores::{message, tool_events};
use balcao::domain::attachment::Attachment;
use balcao::domain::conversation::{ConversationState, Owner};
use balcao::domain::event::{Event, EventBody};
use balcao::domain::ids::{CallId, ConversationId, MessageId, TurnId};
use balcao::domain::message::{
    Button, Confirmation, Kept, Media, MediaKind, Message, Quoted, Role, SourceRef,
};
use balcao::domain::tool_call::{RefusalClass, ToolCall, ToolOutcome};
use balcao::domain::turn::{StopReason, Usage};
use balcao::store::live::Live;
use balcao::web::api::openapi::Document;
use balcao::web::sse::projection::{write_event, write_provisional};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;
use utoipa::OpenApi;
use uuid::Uuid;

fn told(body: EventBody) -> String {
    let event = Event {
        conversation: ConversationId(Uuid::nil()),
        seq: 7,
        turn: Some(TurnId(Uuid::nil())),
        at: Timestamp::UNIX_EPOCH,
        body,
    };
    let mut out = String::new();
    write_event(&event, &mut out);
    out
}

fn full_message() -> Message {
    Message {
        id: MessageId(Uuid::nil()),
        created_at: Timestamp::UNIX_EPOCH,
        client_id: Some("c1".to_owned()),
        author: Some("Marina".to_owned()),
        reply_to: vec![MessageId(Uuid::max())],
        sources: vec![SourceRef {
            id: "p1".to_owned(),
            title: "Trocas".to_owned(),
            heading: Some("Prazo".to_owned()),
            url: Some("https://example.com/trocas".to_owned()),
            claims: Vec::new(),
        }],
        buttons: vec![Button { label: "Sim".to_owned(), value: "sim, confirmo".to_owned() }],
        confirmation: Some(Confirmation {
            tool: "order_cancel".to_owned(),
            arguments: json!({"order": "10482"}),
        }),
        ..message(Role::Assistant, "Linha um\nlinha \u{2028} dois <b>\"três\"</b> 😀")
    }
}

fn call(index: usize) -> ToolCall {
    let arguments = json!({"secret": "argument"});
    ToolCall { id: CallId::at(1, index), name: "order_status".to_owned(), arguments }
}

#[test]
fn every_kind_of_event_as_visitors_see_it() {
    let two_calls = EventBody::ModelAnswered {
        step: 1,
        model: "m".to_owned(),
        text: "secret draft".to_owned(),
        calls: vec![call(0), call(1)],
        usage: Usage::default(),
        duration_ms: 1,
    };
    let refused = ToolOutcome::Refused { reason: "secret".to_owned(), class: RefusalClass::System };
    let finished = |outcome| EventBody::ToolFinished { call: call(0), outcome, duration_ms: 1 };
    let owner = |owner| EventBody::OwnerChanged { owner, reason: "secret".to_owned() };
    let frames: String = [
        EventBody::Message(full_message()),
        owner(Owner::Bot),
        owner(Owner::Team),
        owner(Owner::Person { name: "Marina \"M\"".to_owned() }),
        EventBody::TurnStarted { answers: vec![] },
        two_calls,
        finished(refused),
        finished(ToolOutcome::Unknown { reason: "secret".to_owned() }),
        finished(ToolOutcome::NeedsConfirmation { because: "secret".to_owned() }),
        EventBody::ToolStarted { call: ToolCall { id: CallId::confirmed(TurnId(Uuid::max())), ..call(0) } },
        EventBody::TurnFinished { stop_reason: StopReason::HandedOff, usage: Usage::default() },
    ]
    .into_iter()
    .map(told)
    .collect();
    assert!(!frames.contains("secret"), "{frames}");
    insta::assert_snapshot!(frames);
}

#[test]
fn the_rest_is_not_for_visitors() {
    for hidden in [
        EventBody::Retrieved { query: "q".to_owned(), passages: vec![], measured: None },
        EventBody::ToolStarted { call: call(0) },
        EventBody::ConfirmationAsked { call: call(0) },
        EventBody::Verified { identities: vec![] },
        EventBody::Withheld { reason: "r".to_owned(), text: "t".to_owned() },
        EventBody::StateChanged { state: ConversationState::Closed },
        EventBody::ModelAnswered {
            step: 1,
            model: "m".to_owned(),
            text: "words alone".to_owned(),
            calls: vec![],
            usage: Usage::default(),
            duration_ms: 1,
        },
    ] {
        assert_eq!(told(hidden), "");
    }
    assert!(told(tool_events().remove(1)).contains("\"finished\""));
}

#[test]
fn provisional_words_have_no_id() {
    let turn = TurnId(Uuid::nil());
    let mut out = String::new();
    write_provisional(&Live::Delta { turn, text: "Olá!\nTudo".to_owned() }, &mut out);
    write_provisional(&Live::Progress { turn, text: "vou verificar".to_owned() }, &mut out);
    insta::assert_snapshot!(out);
}

#[test]
fn the_document_describes_a_message_as_it_is() {
    let document = serde_json::to_value(Document::openapi()).unwrap();
    let described = document["components"]["schemas"]["Message"]["properties"].as_object().unwrap();
    let mut described: BTreeSet<_> = described.keys().cloned().collect();
    assert!(described.remove("seq"), "in the history only");
    let media = Media {
        kind: MediaKind::Voice,
        id: "1".to_owned(),
        mime_type: "audio/ogg".to_owned(),
        sha256: None,
        file_name: None,
        file: None,
    };
    let quoted = Quoted { id: MessageId(Uuid::nil()), role: Role::Customer, text: "oi".to_owned() };
    let from_a_phone = Message {
        media: vec![media],
        quoted: Some(Box::new(quoted)),
        attachment: Some(Box::new(Attachment::LocationRequest)),
        kept: Some(Kept::Late),
        ..full_message()
    };
    let real = serde_json::to_value(from_a_phone).unwrap();
    let real: BTreeSet<_> = real.as_object().unwrap().keys().cloned().collect();
    assert_eq!(described, real);
}
