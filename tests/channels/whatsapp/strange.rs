//! A short run of what `fuzz/` does for hours, through the real door: bodies as Meta sends them with something wrong
//! inside, signed. Every one is taken with 200, worked through, and nothing falls over.

use crate::support::app::{AppOptions, Brain};
use crate::support::whatsapp::{
    JOANA, JOANA_ID, ago, body, client, metadata, post_bytes, set, settled, until,
};
use futures_util::stream::{self, StreamExt};
use proptest::prelude::any;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// So many bodies of each kind.
const EACH: usize = 12;
/// And so many that are no JSON at all.
const NOISE: usize = 60;

/// A body of every kind, as it should be.
fn sound_bodies() -> Vec<Value> {
    let media =
        json!({"id": "1", "mime_type": "image/jpeg", "sha256": "q1w2e3=", "caption": "oi", "voice": true});
    let kinds = [
        json!({"type": "text", "text": {"body": "oi"}}),
        json!({"type": "image", "image": media}),
        json!({"type": "audio", "audio": media}),
        json!({"type": "document", "document": media}),
        json!({"type": "location", "location": {"latitude": -23.5, "longitude": -46.6, "name": "Loja"}}),
        json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "Rui"}, "phones": [{"phone": "+55 21 98888-0002"}], "origin": "contact_request"}]}),
        json!({"type": "interactive", "context": {"id": "wamid.x"}, "interactive": {"type": "button_reply", "button_reply": {"id": "a", "title": "A"}}}),
        json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{\"a\":[1]}"}}}),
        json!({"type": "button", "button": {"payload": "STOP_PROMO", "text": "Não quero mais"}}),
        json!({"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}}),
        json!({"type": "order", "order": {"catalog_id": "1", "product_items": [{"product_retailer_id": "S", "quantity": 2, "item_price": 4.9, "currency": "BRL"}]}}),
        json!({"type": "system", "system": {"type": "user_changed_user_id", "wa_id": "5511977770003", "user_id": "BR.2"}}),
        json!({"type": "edit", "edit": {"original_message_id": "wamid.x", "message": {"type": "text", "text": {"body": "oi"}}}}),
        json!({"type": "text", "text": {"body": "oi"}, "referral": {"source_type": "ad", "source_id": "1", "ctwa_clid": "x"}}),
    ];
    let card = json!({"profile": {"name": "Joana"}, "wa_id": JOANA, "user_id": JOANA_ID});
    let said = kinds.into_iter().map(|kind| {
        // Old, so that no turn answers it.
        let mut message =
            json!({"from": JOANA, "from_user_id": JOANA_ID, "id": "wamid.x", "timestamp": ago(7_200)});
        message.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
        body("messages", json!({"metadata": metadata(), "contacts": [card], "messages": [message]}))
    });
    let status = json!({"id": "wamid.n", "status": "failed", "timestamp": ago(1), "recipient_id": JOANA,
        "errors": [{"code": 131_047, "title": "x"}], "pricing": {"category": "service", "type": "regular"}});
    let others = [
        body("messages", json!({"metadata": metadata(), "statuses": [status]})),
        body(
            "smb_message_echoes",
            json!({"metadata": metadata(), "message_echoes": [{"from": "1", "to": JOANA, "id": "wamid.e", "timestamp": ago(7_200), "type": "text", "text": {"body": "oi"}}]}),
        ),
        body(
            "user_preferences",
            json!({"metadata": metadata(), "user_preferences": [{"wa_id": JOANA, "category": "marketing_messages", "value": "stop", "timestamp": 1}]}),
        ),
        body(
            "user_id_update",
            json!({"metadata": metadata(), "user_id_update": [{"wa_id": JOANA, "user_id": {"previous": JOANA_ID, "current": "BR.3"}, "timestamp": "1"}]}),
        ),
    ];
    said.chain(others).collect()
}

/// What a value may become.
fn replacement() -> impl Strategy<Value = Option<Value>> {
    proptest::prop_oneof![
        proptest::strategy::Just(None),
        proptest::strategy::Just(Some(Value::Null)),
        any::<bool>().prop_map(|value| Some(value.into())),
        any::<i64>().prop_map(|value| Some(value.into())),
        any::<f64>().prop_map(|value| Some(value.into())),
        ".{0,20}".prop_map(|text: String| Some(text.into())),
        proptest::strategy::Just(Some(json!([]))),
        proptest::strategy::Just(Some(json!({"type": [{}], "id": {"id": null}}))),
        proptest::strategy::Just(Some(json!([[["x"], 1], {}]))),
    ]
}

/// Changes the value that is the `place`-th from the top; `None` takes it away.
fn change(value: &mut Value, place: &mut usize, to: &Option<Value>) {
    let children: Vec<&mut Value> = match value {
        Value::Object(fields) => {
            let mut gone = None;
            for (name, child) in fields.iter_mut() {
                if *place == 0 {
                    match to {
                        Some(to) => *child = to.clone(),
                        None => gone = Some(name.clone()),
                    }
                    *place = usize::MAX;
                    break;
                }
                *place = place.saturating_sub(1);
                change(child, place, to);
                if *place == usize::MAX {
                    break;
                }
            }
            if let Some(name) = gone {
                fields.remove(&name);
            }
            return;
        }
        Value::Array(items) => items.iter_mut().collect(),
        _ => return,
    };
    for child in children {
        if *place == usize::MAX {
            return;
        }
        change(child, place, to);
    }
}

fn strange_bodies() -> Vec<Vec<u8>> {
    let mut runner = TestRunner::deterministic();
    let mut draw = |count: usize| {
        let places = proptest::collection::vec((0..30_usize, replacement()), 1..4);
        (0..count).map(|_| places.new_tree(&mut runner).unwrap().current()).collect::<Vec<_>>()
    };
    let mut bodies = Vec::new();
    for sound in sound_bodies() {
        for changes in draw(EACH) {
            let mut strange = sound.clone();
            for (mut place, to) in changes {
                change(&mut strange, &mut place, &to);
            }
            bodies.push(serde_json::to_vec(&strange).unwrap());
        }
    }
    let noise = proptest::collection::vec(any::<u8>(), 0..300);
    bodies.extend((0..NOISE).map(|_| noise.new_tree(&mut runner).unwrap().current()));
    bodies
}

#[tokio::test(flavor = "multi_thread")]
async fn no_signed_body_is_refused_or_brings_the_program_down() {
    let options = AppOptions::new(Brain::BuiltIn).with(|settings| {
        set(&mut settings.channels.whatsapp);
        settings.channels.whatsapp.media.download = false;
    });
    let app = options.start().await;
    let bodies = strange_bodies();
    assert!(bodies.len() > 250, "{}", bodies.len());
    let client = client();
    let base = app.door.base.clone();
    let (poster, base) = (&client, base.as_str());
    stream::iter(&bodies)
        .for_each_concurrent(8, |body| async move {
            let answer = post_bytes(poster, base, body.clone()).await;
            assert_eq!(answer.status(), 200, "{}", String::from_utf8_lossy(body));
        })
        .await;
    settled(&app).await;
    let stores = app.stores().await;
    until("what was not old is answered", || async {
        stores.turns.due(jiff::Timestamp::MAX, 1).await.unwrap().is_empty().then_some(())
    })
    .await;
    let counts = stores.posts.counts("whatsapp").await.unwrap();
    assert_eq!(counts.done + counts.unreadable, bodies.len() as u64, "{counts:?}");
    assert_eq!(reqwest::get(format!("{base}/readyz")).await.unwrap().status(), 200);
    app.end().await;
}
