//! A person of the business in the conversation: the bot cannot speak over them, and goes on when it gets it back.

use crate::support::app::TestApp;
use crate::support::app::{AppOptions, ShopClock, calls, says};
use crate::support::talk::Talk;
use crate::support::vendor::{Act, Vendor, tools};
use balcao::domain::clock::Clock;
use balcao::domain::conversation::Lease;
use balcao::llm::model::ChatMessage;
use balcao::llm::scripted::Reply;
use balcao::store::conversations::OwnerChange;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_person_who_writes_silences_the_turn_that_runs() {
    let slow = Reply { delay_ms: 60_000, ..says("tarde demais") };
    let app = AppOptions::scripted(vec![slow, says("Abrimos às 9h.")]).start().await;
    let mut talk = app.talk().await;
    talk.send("Oi, tem alguém aí?").await;
    while app.model().requests().is_empty() {
        tokio::task::yield_now().await;
    }
    talk.operator("reply", json!({"text": "Oi, aqui é a Bia!", "name": "Bia"})).await;
    talk.send("Oi, Bia!").await;
    talk.operator("reply", json!({"text": "Em que posso ajudar?", "name": "Bia"})).await;
    talk.operator("return", json!({"name": "Bia"})).await;
    let answer = talk.say("A que horas vocês abrem?").await;
    assert_eq!(answer.text, "Abrimos às 9h.");
    assert_eq!(talk.said_by("assistant").await, ["Abrimos às 9h."], "the bot said nothing else");
    assert_eq!(talk.said_by("human").await.len(), 2);
    app.end().await;
}

#[tokio::test]
async fn what_a_person_left_open_is_answered_when_the_bot_gets_it_back() {
    let app = AppOptions::scripted(vec![says("Abrimos às 9h.")]).start().await;
    let mut talk = app.talk().await;
    talk.operator("take", json!({"name": "Bia"})).await;
    let open = talk.send("A que horas vocês abrem?").await;
    talk.operator("return", json!({"name": "Bia"})).await;
    assert_eq!(talk.answer().await.reply_to, [open]);
    app.end().await;
}

#[tokio::test]
async fn an_effect_under_way_is_done_once_although_a_person_takes_over() {
    let vendor = Vendor::start([Act::DoAndHold]).await;
    let script = vec![calls([("record_visit", json!({"day": "sexta"}))]), says("Posso ajudar em algo mais?")];
    let app =
        AppOptions::scripted(script).file("tools/custom/vendor.toml", &tools(&vendor.url)).start().await;
    let mut talk = app.talk().await;
    talk.send("Vou passar aí na sexta").await;
    vendor.asked_times(1).await;
    talk.operator("reply", json!({"text": "Oi, aqui é a Bia! Espero você.", "name": "Bia"})).await;
    vendor.let_go();
    talk.operator("return", json!({"name": "Bia"})).await;
    let answer = talk.say("Combinado então?").await;
    assert_eq!(answer.tools.len(), 0);
    assert_eq!((vendor.asked().len(), vendor.effects().len()), (1, 1));
    app.end().await;
}

#[tokio::test]
async fn an_effect_under_way_is_done_once_although_a_person_takes_over_without_a_word() {
    let vendor = Vendor::start([Act::DoAndHold]).await;
    let script = vec![calls([("record_visit", json!({"day": "sexta"}))]), says("Registrei a sua visita!")];
    let app =
        AppOptions::scripted(script).file("tools/custom/vendor.toml", &tools(&vendor.url)).start().await;
    let mut talk = app.talk().await;
    let message = talk.send("Vou passar aí na sexta").await;
    vendor.asked_times(1).await;
    talk.operator("take", json!({"name": "Bia"})).await;
    vendor.let_go();
    talk.operator("return", json!({"name": "Bia"})).await;
    let answer = talk.answer().await;
    assert_eq!(
        (answer.reply_to.as_slice(), answer.tool("record_visit").outcome.as_str()),
        (&[message][..], "done")
    );
    assert_eq!((vendor.asked().len(), vendor.effects().len()), (2, 1), "asked again on the same key");
    app.end().await;
}

#[tokio::test]
async fn an_effect_that_a_person_and_the_end_of_the_talk_interrupted_is_not_had_twice() {
    let vendor = Vendor::start([Act::DoAndHold]).await;
    let visit = || calls([("record_visit", json!({"day": "sexta"}))]);
    let script = vec![visit(), visit(), says("Registrei a sua visita!")];
    let app =
        AppOptions::scripted(script).file("tools/custom/vendor.toml", &tools(&vendor.url)).start().await;
    let mut talk = app.talk().await;
    talk.send("Vou passar aí na sexta").await;
    vendor.asked_times(1).await;
    talk.operator("take", json!({"name": "Bia"})).await;
    talk.operator("close", json!({"name": "Bia"})).await;
    vendor.let_go();
    let answer = talk.say("E a minha visita de sexta?").await;
    assert_eq!(answer.tool("record_visit").outcome, "done", "{answer:#?}");
    assert_eq!((vendor.asked().len(), vendor.effects().len()), (2, 1), "asked again on the same key");
    app.end().await;
}

#[tokio::test]
async fn a_closed_conversation_opens_again_for_the_bot() {
    let app = AppOptions::scripted(vec![says("Oi de novo! Como posso ajudar?")]).start().await;
    let mut talk = app.talk().await;
    talk.operator("take", json!({"name": "Bia"})).await;
    talk.operator("close", json!({"name": "Bia"})).await;
    assert_eq!(talk.say("Oi, voltei").await.text, "Oi de novo! Como posso ajudar?");
    app.end().await;
}

/// Lets the lease of whoever has the conversation end now.
async fn lease_runs_out(app: &TestApp, talk: &Talk) {
    let stores = app.stores().await;
    let conversation = stores.conversations.get(talk.id.parse().unwrap()).await.unwrap().unwrap();
    assert!(conversation.owner_until.is_some(), "nobody has a conversation for ever");
    let now = ShopClock.now();
    let change = OwnerChange {
        owner: conversation.owner,
        lease: Lease { until: Some(now - SignedDuration::from_secs(1)), remind_at: None },
        only_at: None,
        reason: "test".to_owned(),
        message: None,
        outbox: None,
        once: None,
        at: now,
    };
    stores.conversations.change_owner(conversation.id, change).await.unwrap();
}

#[tokio::test]
async fn a_person_who_falls_silent_gives_the_conversation_back() {
    let app = AppOptions::scripted(vec![says("Abrimos às 9h.")]).start().await;
    let mut talk = app.talk().await;
    let taken = talk.operator("take", json!({"name": "Bia"})).await;
    // Ten in the morning, two hours.
    assert!(taken["owner_until"].as_str().unwrap().starts_with("2026-11-24T15:0"), "{taken}");
    talk.operator("reply", json!({"text": "Já vejo o preço para você.", "name": "Bia"})).await;
    let open = talk.send("E a que horas vocês abrem?").await;
    lease_runs_out(&app, &talk).await;
    assert_eq!(talk.answer().await.reply_to, [open]);
    assert_eq!(talk.said_by("system").await, ["Você voltou a falar com o assistente virtual."]);
    let requests = app.model().requests();
    let digest = requests[0].messages.iter().find_map(|message| match message {
        ChatMessage::System(text) if text.contains("Bia of the business had the conversation") => Some(text),
        _ => None,
    });
    assert!(digest.unwrap().contains("still unanswered"), "{digest:?}");
    app.end().await;
}

#[tokio::test]
async fn a_customer_who_does_not_wait_is_not_woken() {
    let app = AppOptions::scripted(Vec::new()).start().await;
    let talk = app.talk().await;
    talk.operator("reply", json!({"text": "Feito!", "name": "Bia"})).await;
    lease_runs_out(&app, &talk).await;
    while talk.detail().await["owner"] != "bot" {
        tokio::task::yield_now().await;
    }
    assert_eq!(talk.history().await, [("human".to_owned(), "Feito!".to_owned())]);
    assert_eq!(talk.detail().await["owner_until"], Value::Null);
    app.end().await;
}

#[tokio::test]
async fn a_customer_whom_nobody_of_the_team_takes_is_not_left_alone() {
    let hand_over =
        calls([("hand_off", json!({"reason": "customer_asked", "summary": "Quer falar com uma pessoa."}))]);
    let app = AppOptions::scripted(vec![hand_over, says("Posso ajudar com o pedido?")]).start().await;
    let mut talk = app.talk().await;
    talk.say("Quero falar com uma pessoa").await;
    let waiting = talk.detail().await;
    assert_eq!((&waiting["owner"], waiting["owner_until"].is_string()), (&json!("team"), true));
    let open = talk.send("Alguém aí?").await;
    lease_runs_out(&app, &talk).await;
    // The old hand-off is settled: the bot answers and does not hand over again.
    let answer = talk.answer().await;
    assert_eq!((answer.reply_to, answer.tools.len()), (vec![open], 0));
    assert!(talk.said_by("system").await[0].contains("Ainda não conseguimos"));
    assert_eq!(talk.detail().await["owner"], "bot");
    app.end().await;
}

#[tokio::test]
async fn a_flow_speaks_only_while_the_conversation_is_its_own() {
    let app = AppOptions::scripted(vec![says("De nada!")]).start().await;
    let talk = app.talk().await;
    let path = |what: &str| format!("/api/v1/conversations/{}/{what}", talk.id);
    let post = |what: &str, body: Value| app.door.operator(Method::POST, &path(what)).json(&body).send();
    let status = async |what: &str, body: Value| post(what, body).await.unwrap().status().as_u16();
    let taken: Value = post("take", json!({"flow": "pesquisa"})).await.unwrap().json().await.unwrap();
    assert_eq!((&taken["owner"], &taken["owner_name"]), (&json!("flow"), &json!("pesquisa")));
    let reply =
        |epoch: &Value| json!({"flow": "pesquisa", "epoch": epoch, "text": "De 0 a 10, que nota você dá?"});
    let said: Value = post("reply", reply(&taken["epoch"])).await.unwrap().json().await.unwrap();
    assert_eq!(status("reply", reply(&taken["epoch"])).await, 409, "an epoch is good for one write");
    assert_eq!(status("reply", json!({"flow": "pesquisa", "text": "oi"})).await, 422);
    assert_eq!(
        status("reply", json!({"flow": "outra", "epoch": said["conversation"]["epoch"], "text": "oi"})).await,
        409
    );
    talk.send("10").await;
    assert_eq!(
        status("reply", reply(&said["conversation"]["epoch"])).await,
        200,
        "the customer's words change no owner"
    );
    // A person takes it from the flow, which cannot take it back.
    talk.operator("take", json!({"name": "Bia"})).await;
    assert_eq!(status("take", json!({"flow": "pesquisa"})).await, 409);
    talk.operator("return", json!({"name": "Bia"})).await;
    talk.send("Obrigado").await;
    while talk.said_by("assistant").await.len() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(talk.said_by("assistant").await[2], "De nada!");
    app.end().await;
}
