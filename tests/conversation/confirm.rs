//! A call that needs the customer's word: asked plainly, understood without the model, done exactly once, kept over a
//! restart, dropped aloud.

use crate::support::app::{AppOptions, TestApp, calls, says};
use crate::support::vendor::{Act, Vendor, tools};
use balcao::llm::scripted::Reply;
use serde_json::{Value, json};

fn refund() -> Reply {
    let arguments =
        json!({"order": "10421", "amount": 202.35, "gift": true, "reasons": ["quebrado", "atrasado"]});
    calls([("refund", arguments)])
}

async fn counter(replies: Vec<Reply>, acts: Vec<Act>) -> (TestApp, Vendor) {
    let vendor = Vendor::start(acts).await;
    let app =
        AppOptions::scripted(replies).file("tools/custom/vendor.toml", &tools(&vendor.url)).start().await;
    (app, vendor)
}

const ASK: &str = "Quero meu dinheiro de volta, pedido 10421: 202,35";

#[tokio::test]
async fn every_argument_is_listed_and_asked_about() {
    let (app, vendor) = counter(vec![refund()], vec![]).await;
    let mut talk = app.talk().await;
    let asked = talk.say(ASK).await;
    assert_eq!(asked.stop_reason, "awaiting_confirmation");
    for part in [
        "devolver o dinheiro",
        "order",
        "10421",
        "amount",
        "202,35",
        "gift",
        "sim",
        "reasons",
        "quebrado, atrasado",
        "?",
    ] {
        assert!(asked.text.contains(part), "{part} is missing in {}", asked.text);
    }
    assert_eq!(asked.buttons, ["Sim, confirmo", "Não"]);
    let arguments =
        json!({"order": "10421", "amount": 202.35, "gift": true, "reasons": ["quebrado", "atrasado"]});
    assert_eq!(asked.confirmation, Some(json!({"tool": "refund", "arguments": arguments})));
    assert_eq!(vendor.asked(), Vec::<Value>::new(), "nothing was done yet");
    app.end().await;
}

#[tokio::test]
async fn a_yes_does_it_once_and_a_second_yes_nothing() {
    let script =
        vec![refund(), says("Pronto, a devolução foi pedida. O protocolo é P-7731."), says("De nada!")];
    let (app, vendor) = counter(script, vec![]).await;
    let mut talk = app.talk().await;
    talk.say(ASK).await;
    let done = talk.say("sim, confirmo").await;
    assert_eq!((done.stop_reason.as_str(), done.tool_names()), ("answered", vec!["refund"]));
    assert!(done.text.contains("P-7731"));
    assert_eq!(done.model_calls.len(), 1, "the yes itself needs no model");
    let again = talk.say("sim").await;
    assert!(again.tools.is_empty());
    assert_eq!(vendor.effects(), [json!({"order": "10421", "amount": 202.35})]);
    assert_eq!(vendor.asked().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_second_call_that_needs_a_yes_is_told_to_wait() {
    let other = json!({"order": "10422", "amount": 10});
    let both = calls([("refund", json!({"order": "10421", "amount": 202.35})), ("refund", other)]);
    let (app, vendor) =
        counter(vec![both, says("Pronto, devolvi o pedido 10421. E o 10422, devolvo?")], vec![]).await;
    let mut talk = app.talk().await;
    let asked = talk.say("Quero o dinheiro dos pedidos 10421, 202,35, e 10422, 10 reais").await;
    assert_eq!(asked.confirmation.unwrap()["arguments"]["order"], "10421");
    let outcomes: Vec<&str> = asked.tools.iter().map(|tool| tool.outcome.as_str()).collect();
    assert_eq!(outcomes, ["needs_confirmation", "cancelled"]);
    talk.say("sim").await;
    assert_eq!(vendor.effects(), [json!({"order": "10421", "amount": 202.35})]);
    let told = format!("{:?}", app.model().requests().pop().unwrap().messages);
    assert!(told.contains("call again after the customer's answer"), "{told}");
    app.end().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_not_asked_about() {
    let long = calls([("refund", json!({"order": "10421", "amount": 202.35, "reasons": ["x".repeat(700)]}))]);
    let (app, vendor) = counter(vec![long, refund()], vec![]).await;
    let asked = app.talk().await.say(ASK).await;
    let outcomes: Vec<&str> = asked.tools.iter().map(|tool| tool.outcome.as_str()).collect();
    assert_eq!(outcomes, ["bad_arguments", "needs_confirmation"]);
    assert_eq!(vendor.asked().len(), 0);
    app.end().await;
}

#[tokio::test]
async fn two_yeses_in_a_row_are_one_yes() {
    let script = vec![refund(), says("Pronto, está feito."), says("Já está feito.")];
    let (app, vendor) = counter(script, vec![]).await;
    let mut talk = app.talk().await;
    talk.say(ASK).await;
    say_yes_twice(&talk).await;
    let done = talk.answer().await;
    assert_eq!(done.tool_names(), ["refund"]);
    // The second yes was answered with the first one, or is a message of its own.
    let after = if done.reply_to.len() == 1 { talk.answer().await } else { talk.say("sim").await };
    assert!(after.tools.is_empty());
    assert_eq!(vendor.effects().len(), 1);
    app.end().await;
}

/// Says yes twice at once.
async fn say_yes_twice(talk: &crate::support::talk::Talk) {
    let (one, other) = tokio::join!(talk.post("sim"), talk.post("sim"));
    assert_eq!((one.status(), other.status()), (202.try_into().unwrap(), 202.try_into().unwrap()));
}

#[tokio::test]
async fn a_yes_after_a_restart_is_still_a_yes() {
    let (mut app, vendor) = counter(vec![refund(), says("Pronto, está feito.")], vec![]).await;
    let mut talk = app.talk().await;
    talk.say(ASK).await;
    app.restart().await;
    talk.again(&app.door).await;
    assert_eq!(talk.say("pode fazer").await.tool_names(), ["refund"]);
    assert_eq!(vendor.effects().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_no_drops_it_without_a_model() {
    let (app, vendor) = counter(vec![refund(), says("Como posso ajudar?")], vec![]).await;
    let mut talk = app.talk().await;
    talk.say(ASK).await;
    let declined = talk.say("não, obrigado").await;
    assert!(declined.text.contains("não fiz nada"), "{}", declined.text);
    assert_eq!((declined.model_calls.len(), declined.tools.len()), (0, 0));
    assert!(talk.say("sim").await.tools.is_empty(), "what was declined stays declined");
    assert_eq!(vendor.asked().len(), 0);
    app.end().await;
}

#[tokio::test]
async fn another_topic_drops_it_and_says_so() {
    let script = vec![refund(), says("Abrimos às 9h."), says("De nada!")];
    let (app, vendor) = counter(script, vec![]).await;
    let mut talk = app.talk().await;
    talk.say(ASK).await;
    let other = talk.say("A que horas vocês abrem amanhã?").await;
    assert!(other.text.starts_with("Deixei de lado devolver o dinheiro: nada foi feito."), "{}", other.text);
    assert!(other.text.contains("9h"));
    talk.say("sim").await;
    assert_eq!(vendor.asked().len(), 0);
    app.end().await;
}

#[tokio::test]
async fn a_drop_that_gives_way_is_said_by_the_turn_that_follows() {
    let search = calls([("product_search", json!({"query": "jiboia"}))]);
    let slow = Reply { delay_ms: 60_000, ..says("tarde demais") };
    let script =
        vec![refund(), search.clone(), slow, search, says("A Jiboia P custa R$ 29,90 e a M custa R$ 49,90.")];
    let (app, vendor) = counter(script, vec![]).await;
    let mut talk = app.talk().await;
    talk.say(ASK).await;
    talk.send("Quanto custa a jiboia P?").await;
    // The first call of the turn is over: what was settled is in its journal.
    while app.model().requests().len() < 3 {
        tokio::task::yield_now().await;
    }
    talk.send("E a M?").await;
    let answer = talk.answer().await;
    assert_eq!((answer.superseded, answer.reply_to.len()), (1, 2));
    assert!(answer.text.starts_with("Deixei de lado"), "{}", answer.text);
    assert_eq!(vendor.asked().len(), 0);
    app.end().await;
}

#[tokio::test]
async fn a_changed_mind_about_a_value_is_another_question() {
    let less = calls([("refund", json!({"order": "10421", "amount": 100}))]);
    let (app, vendor) = counter(vec![refund(), less, says("Pronto, está feito.")], vec![]).await;
    let mut talk = app.talk().await;
    talk.say(ASK).await;
    let asked = talk.say("sim, mas só 100 reais").await;
    assert_eq!(asked.confirmation.unwrap()["arguments"]["amount"], 100);
    talk.say("isso, confirmo").await;
    assert_eq!(vendor.effects(), [json!({"order": "10421", "amount": 100})]);
    app.end().await;
}

#[tokio::test]
async fn a_failed_vendor_is_not_told_as_done() {
    let script = vec![
        refund(),
        says("Prontinho, já foi devolvido!"),
        says("Não consegui confirmar a devolução. Quer falar com uma pessoa?"),
    ];
    let (app, vendor) = counter(script, vec![Act::Fail(422)]).await;
    let mut talk = app.talk().await;
    talk.say(ASK).await;
    let done = talk.say("sim").await;
    assert_eq!(done.tool("refund").outcome, "refused");
    assert!(done.text.contains("Não consegui"), "{}", done.text);
    assert_eq!((vendor.asked().len(), vendor.effects().len()), (1, 0));
    app.end().await;
}
