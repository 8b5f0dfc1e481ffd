//! One person is one contact and one conversation per number of ours, whatever handles they are named by; two people
//! never are.

use crate::support::app::{AppOptions, TestApp, says};
use crate::support::whatsapp::{
    JOANA, JOANA_ID, body, conversations, history, messages, metadata, now, operator, post, said, set,
    settled,
};
use balcao::channels::whatsapp::address::WhatsAppAddress;
use balcao::config::whatsapp::NumberSettings;
use balcao::domain::contact::{Contact, Identity, IdentityKind};
use balcao::domain::ids::{ContactId, ConversationId};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The program with somebody of the team who is silent: only who is who is looked at.
async fn start() -> TestApp {
    let options = AppOptions::scripted(Vec::new());
    options
        .with(|settings| {
            set(&mut settings.channels.whatsapp);
            let other = NumberSettings {
                phone_number_id: "900100200301".to_owned(),
                waba_id: String::new(),
                display_phone: "551140028923".to_owned(),
            };
            settings.channels.whatsapp.numbers = vec![other];
        })
        .start()
        .await
}

/// Words of whoever `handles` name, to one of our numbers, while somebody else has the conversation.
fn from(number: &str, id: &str, handles: Value) -> Value {
    let mut message = json!({"id": id, "timestamp": now(), "type": "reaction", "reaction": {"emoji": "👍"}});
    message.as_object_mut().unwrap().extend(handles.as_object().unwrap().clone());
    let metadata = json!({"display_phone_number": "551140028922", "phone_number_id": number});
    body("messages", json!({"metadata": metadata, "messages": [message]}))
}

const OURS: &str = "900100200300";

async fn told(app: &TestApp, body: &Value) {
    post(&app.door.base, body).await;
    settled(app).await;
}

/// How many conversations and contacts there are.
async fn known(app: &TestApp) -> (usize, usize) {
    let talks = conversations(app).await;
    let contacts: BTreeSet<String> = talks.iter().map(|talk| talk["contact_id"].to_string()).collect();
    (talks.len(), contacts.len())
}

async fn address(app: &TestApp, conversation: &Value) -> WhatsAppAddress {
    let id: ConversationId = conversation["id"].as_str().unwrap().parse().unwrap();
    let identity = app.stores().await.conversations.identity(id).await.unwrap().unwrap();
    WhatsAppAddress::of(&identity).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_handles_of_a_person_lead_to_one_conversation() {
    let app = start().await;
    for (id, handles) in [
        // An old payload, in either spelling of a Brazilian number.
        ("1", json!({"from": JOANA})),
        ("2", json!({"from": "551187650001"})),
        ("3", json!({"from": JOANA, "from_user_id": JOANA_ID})),
        // The number is hidden from here on.
        ("4", json!({"from_user_id": JOANA_ID})),
        ("5", json!({"from": JOANA_ID})),
        ("6", json!({"from": "551187650001", "from_user_id": JOANA_ID})),
    ] {
        told(&app, &from(OURS, id, handles.clone())).await;
        assert_eq!(known(&app).await, (1, 1), "{handles}");
    }
    let talks = conversations(&app).await;
    assert_eq!(history(&app, &talks[0]["id"]).await.len(), 6);
    let address = address(&app, &talks[0]).await;
    assert_eq!(
        address.phone.map(|phone| phone.dialled()),
        Some("+551187650001".to_owned()),
        "as last spelled"
    );
    assert_eq!(address.user.map(|user| user.as_str().to_owned()), Some(JOANA_ID.to_owned()));
    let detail = operator(
        &app,
        Method::GET,
        &format!("/conversations/{}", talks[0]["id"].as_str().unwrap()),
        json!({}),
    )
    .await;
    assert_eq!(detail["contact"]["phone"], format!("+{JOANA}"), "{detail}");
    // Another number of ours is another conversation with the same person.
    told(&app, &from("900100200301", "1", json!({"from_user_id": JOANA_ID}))).await;
    assert_eq!(known(&app).await, (2, 1));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_hidden_their_number_first_is_found_by_it_later() {
    let app = start().await;
    told(&app, &from(OURS, "1", json!({"from_user_id": JOANA_ID}))).await;
    told(&app, &from(OURS, "2", json!({"from": JOANA, "from_user_id": JOANA_ID}))).await;
    told(&app, &from(OURS, "3", json!({"from": JOANA}))).await;
    assert_eq!(known(&app).await, (1, 1));
    app.end().await;
}

fn moved(id: &str, from: Value, system: Value) -> Value {
    let mut message = json!({"id": id, "timestamp": now(), "type": "system", "system": system});
    message.as_object_mut().unwrap().extend(from.as_object().unwrap().clone());
    messages(&[message])
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_another_id_stays_who_they_are() {
    let app = start().await;
    told(&app, &from(OURS, "1", json!({"from": JOANA, "from_user_id": "BR.1"}))).await;
    let system = json!({"type": "user_changed_user_id", "wa_id": "5511977770003", "user_id": "BR.2"});
    told(&app, &moved("2", json!({"from": JOANA, "from_user_id": "BR.1"}), system)).await;
    told(&app, &from(OURS, "3", json!({"from_user_id": "BR.2"}))).await;
    told(&app, &from(OURS, "4", json!({"from": "5511977770003"}))).await;
    // And once more, by the field.
    let update = json!({"metadata": metadata(), "user_id_update": [{"wa_id": "5511977770003", "user_id": {"previous": "BR.2", "current": "BR.3"}, "timestamp": now()}]});
    told(&app, &body("user_id_update", update)).await;
    told(&app, &from(OURS, "5", json!({"from_user_id": "BR.3"}))).await;
    assert_eq!(known(&app).await, (1, 1));
    let talks = conversations(&app).await;
    let address = address(&app, &talks[0]).await;
    assert_eq!(address.user.map(|user| user.as_str().to_owned()), Some("BR.3".to_owned()));
    assert_eq!(address.phone.map(|phone| phone.dialled()), Some("+5511977770003".to_owned()));
    let said: Vec<Value> = history(&app, &talks[0]["id"]).await;
    assert_eq!(said.len(), 5, "four signs and the notice: {said:#?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_a_change_in_the_same_body_come_before_words() {
    let app = start().await;
    told(&app, &from(OURS, "1", json!({"from_user_id": "BR.1"}))).await;
    let words = json!({"from_user_id": "BR.2", "id": "2", "timestamp": now(), "type": "reaction", "reaction": {"emoji": "👍"}});
    let change = json!({"from_user_id": "BR.1", "id": "3", "timestamp": now(), "type": "system", "system": {"type": "user_changed_user_id", "user_id": "BR.2"}});
    told(&app, &messages(&[words, change])).await;
    assert_eq!(known(&app).await, (1, 1));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_a_number_that_somebody_gave_up_is_somebody_else() {
    let app = start().await;
    told(&app, &from(OURS, "1", json!({"from": JOANA}))).await;
    let system = json!({"type": "user_changed_number", "wa_id": "5511977770003"});
    told(&app, &moved("2", json!({"from": JOANA}), system)).await;
    told(&app, &from(OURS, "3", json!({"from": "5511977770003"}))).await;
    assert_eq!(known(&app).await, (1, 1));
    // A stranger, by the number alone.
    told(&app, &from(OURS, "4", json!({"from": JOANA}))).await;
    assert_eq!(known(&app).await, (2, 2));
    // And one whom Meta has never told apart by a notice: the id does.
    told(&app, &from(OURS, "5", json!({"from": "5511966660004", "from_user_id": "BR.7"}))).await;
    told(&app, &from(OURS, "6", json!({"from": "5511966660004", "from_user_id": "BR.8"}))).await;
    assert_eq!(known(&app).await, (4, 4));
    told(&app, &from(OURS, "7", json!({"from": "5511966660004"}))).await;
    told(&app, &from(OURS, "8", json!({"from_user_id": "BR.7"}))).await;
    assert_eq!(known(&app).await, (4, 4), "each goes on where they were");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_never_make_one_of_two() {
    let app = start().await;
    for (id, user) in [("1", "BR.1"), ("2", "BR.2")] {
        let card = json!({"profile": {"name": "Joana Prado"}, "user_id": user});
        let message = json!({"from_user_id": user, "id": id, "timestamp": now(), "type": "reaction", "reaction": {"emoji": "👍"}});
        told(
            &app,
            &body("messages", json!({"metadata": metadata(), "contacts": [card], "messages": [message]})),
        )
        .await;
    }
    assert_eq!(known(&app).await, (2, 2));
    app.end().await;
}

/// Somebody on file with Joana's number, known by `identities` too.
async fn on_file(app: &TestApp, identities: &[(IdentityKind, &str)]) -> ContactId {
    let id = ContactId(Uuid::now_v7());
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    let contact =
        Contact { name: Some("Joana".to_owned()), phone: Some(format!("+{JOANA}")), ..Contact::new(id, at) };
    let contacts = app.stores().await.contacts;
    contacts.save(&contact).await.unwrap();
    for (kind, value) in identities {
        contacts.link(id, &Identity { kind: *kind, value: (*value).to_owned() }, at).await.unwrap();
    }
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_the_files_is_recognised_by_the_number_that_writes() {
    let app = start().await;
    let joana = on_file(&app, &[(IdentityKind::Email, "joana@example.com")]).await;
    told(&app, &from(OURS, "1", json!({"from": "551187650001", "from_user_id": JOANA_ID}))).await;
    told(&app, &from(OURS, "2", json!({"from_user_id": JOANA_ID}))).await;
    let talks = conversations(&app).await;
    assert_eq!((talks.len(), &talks[0]["contact_id"]), (1, &json!(joana.to_string())));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_web_visitor_gave_as_theirs_proves_nothing() {
    let app = start().await;
    let visitor = on_file(&app, &[(IdentityKind::WebVisitor, "somebody")]).await;
    told(&app, &from(OURS, "1", json!({"from": JOANA, "from_user_id": JOANA_ID}))).await;
    let talks = conversations(&app).await;
    assert_ne!(talks[0]["contact_id"], json!(visitor.to_string()));
    let contacts = app.stores().await.contacts;
    assert_eq!(
        contacts.get(visitor).await.unwrap().unwrap().phone,
        Some(format!("+{JOANA}")),
        "nothing is taken away"
    );
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_meta_vouches_for_is_written_down() {
    let app = start().await;
    let card = |id: &str, origin: &str, phone: &str| {
        let mut message = json!({"from_user_id": JOANA_ID, "id": id, "timestamp": now(), "type": "contacts", "contacts": [{"phones": [{"phone": phone}], "origin": origin}]});
        message["context"] = json!({"forwarded": true});
        body("standby", json!({"metadata": metadata(), "standby": {"messages": [message]}}))
    };
    told(&app, &card("1", "other", "+55 11 91111-1111")).await;
    told(&app, &card("2", "contact_request", "+55 11 98765-0001")).await;
    told(&app, &from(OURS, "3", json!({"from": JOANA}))).await;
    assert_eq!(known(&app).await, (1, 1));
    let contact: ContactId = conversations(&app).await[0]["contact_id"].as_str().unwrap().parse().unwrap();
    let known = app.stores().await.contacts.get(contact).await.unwrap().unwrap();
    assert_eq!(known.phone, Some(format!("+{JOANA}")));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_numbers_and_groups_are_not_customers() {
    let app = start().await;
    told(&app, &from(OURS, "1", json!({"from": "551140028922"}))).await;
    told(&app, &from(OURS, "2", json!({"from": "551140028923"}))).await;
    told(&app, &from(OURS, "3", json!({"from": JOANA, "group_id": "g1"}))).await;
    assert_eq!(known(&app).await, (0, 0));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_kept_in_one_line_and_a_username_beside_it() {
    let app = AppOptions::scripted(vec![says("Oi!")])
        .with(|settings| set(&mut settings.channels.whatsapp))
        .start()
        .await;
    post(&app.door.base, &said("1", "oi?")).await;
    crate::support::whatsapp::talked(&app, 2).await;
    let talk = &conversations(&app).await[0];
    assert_eq!(talk["metadata"]["username"], "joana.prado");
    let contact: ContactId = talk["contact_id"].as_str().unwrap().parse().unwrap();
    let known = app.stores().await.contacts.get(contact).await.unwrap().unwrap();
    assert_eq!(known.name.as_deref(), Some("Joana Prado"));
    app.end().await;
}
