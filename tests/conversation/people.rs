//! A person of the business in the conversation: the bot cannot speak over them, and goes on when it gets it back.

use crate::support::app::{AppOptions, calls, says};
use crate::support::vendor::{Act, Vendor, tools};
use balcao::llm::scripted::Reply;
use serde_json::json;

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
async fn a_closed_conversation_opens_again_for_the_bot() {
    let app = AppOptions::scripted(vec![says("Oi de novo! Como posso ajudar?")]).start().await;
    let mut talk = app.talk().await;
    talk.operator("take", json!({"name": "Bia"})).await;
    talk.operator("close", json!({"name": "Bia"})).await;
    assert_eq!(talk.say("Oi, voltei").await.text, "Oi de novo! Como posso ajudar?");
    app.end().await;
}
