//! Several messages at once, and messages while the bot works: one answer for what belongs together, nothing lost,
//! nothing answered twice.

use crate::support::app::{AppOptions, calls, says};
use crate::support::vendor::{Act, Vendor, tools};
use balcao::llm::scripted::Reply;
use serde_json::json;

#[tokio::test]
async fn three_quick_messages_are_one_turn() {
    let options = AppOptions::scripted(vec![says("Oi! A Jiboia é linda. O que quer saber?")]);
    let app = options.with(|settings| {
        settings.channels.web.quiet_ms = 300;
        settings.channels.web.quiet_unfinished_ms = 600;
        settings.channels.web.quiet_longest_ms = 600;
    });
    let app = app.start().await;
    let mut talk = app.talk().await;
    let mut sent = Vec::new();
    for text in ["oi", "tudo bem?", "queria saber da jiboia"] {
        sent.push(talk.send(text).await);
    }
    let answer = talk.answer().await;
    assert_eq!((answer.reply_to, answer.superseded), (sent, 0));
    assert_eq!(app.model().requests().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_newer_message_takes_the_place_of_a_turn_that_only_thinks() {
    let slow = Reply { delay_ms: 60_000, ..says("tarde demais") };
    let app = AppOptions::scripted(vec![slow, says("Sobre as duas coisas: posso ajudar!")]).start().await;
    let mut talk = app.talk().await;
    let first = talk.send("Quanto custa a jiboia?").await;
    while app.model().requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let second = talk.send("E a samambaia?").await;
    let answer = talk.answer().await;
    assert_eq!((answer.superseded, answer.reply_to), (1, vec![first, second]));
    assert_eq!(talk.said_by("assistant").await.len(), 1);
    app.end().await;
}

#[tokio::test]
async fn after_an_effect_the_turn_ends_and_the_next_message_is_the_next_turn() {
    let vendor = Vendor::start([Act::DoAndHold]).await;
    let script = vec![
        calls([("record_visit", json!({"day": "sexta"}))]),
        says("Registrei a sua visita."),
        says("Abrimos às 9h, como sempre!"),
    ];
    let app =
        AppOptions::scripted(script).file("tools/custom/vendor.toml", &tools(&vendor.url)).start().await;
    let mut talk = app.talk().await;
    let first = talk.send("Vou passar aí na sexta").await;
    vendor.asked_times(1).await;
    let second = talk.send("A que horas vocês abrem?").await;
    vendor.let_go();
    let (one, other) = (talk.answer().await, talk.answer().await);
    assert_eq!(
        (one.reply_to, one.superseded, one.text.as_str()),
        (vec![first], 0, "Registrei a sua visita.")
    );
    assert_eq!((other.reply_to, other.superseded), (vec![second], 0));
    assert_eq!(vendor.effects().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn fifty_conversations_at_once_each_get_their_own_answer() {
    let replies = (0..50)
        .map(|n| Reply { when: format!("cliente {n}."), ..says(&format!("Olá, cliente {n}!")) })
        .collect();
    let app = AppOptions::scripted(replies).start().await;
    let talks = futures_util::future::join_all((0..50).map(|_| app.talk())).await;
    futures_util::future::join_all(talks.into_iter().enumerate().map(|(n, mut talk)| async move {
        let answer = talk.say(&format!("Oi, sou o cliente {n}.")).await;
        assert_eq!(answer.text, format!("Olá, cliente {n}!"));
    }))
    .await;
    app.end().await;
}
