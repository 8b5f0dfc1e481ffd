//! A model that looks at what another call of it has drafted: what it objects to is written anew, what it shows is sent, and where
//! it says nothing of use, or was tricked, the guard's word counts.

use crate::support::app::{AppOptions, calls, says};
use crate::support::fake_openai;
use crate::support::talk::Answer;
use balcao::llm::model::ChatRequest;
use balcao::llm::scripted::{Reply, ScriptedError};
use serde_json::{Value, json};
use std::time::Duration;

const CAKES: &str = "# Bolos\n\nCada quilo de bolo serve 10 pessoas. O quilo de brigadeiro custa R$ 75,50. Encomendas são aceitas \
                     com dois dias de antecedência.\n";
const ASKED: &str = "Somos 20 pessoas. Cada quilo do bolo de brigadeiro serve quantas?";

fn bakery(replies: Vec<Reply>) -> AppOptions {
    AppOptions::scripted(replies)
        .file("knowledge/bolos.md", CAKES)
        .with(|settings| settings.turn.second_look = true)
}

/// What comes of `replies`, all of which have to be asked for; what the model was asked; and the turn as operators see it.
async fn asked_for_a_cake(replies: Vec<Reply>) -> (Answer, Vec<ChatRequest>, Value) {
    let app = bakery(replies).start().await;
    let mut talk = app.talk().await;
    let answer = talk.say(ASKED).await;
    let requests = app.model().requests();
    assert_eq!(app.model().remaining(), 0, "{answer:#?}");
    let detail = talk.detail().await;
    app.end().await;
    (answer, requests, detail["turns"][0].clone())
}

#[tokio::test]
async fn what_it_objects_to_is_written_anew() {
    let untrue = "Cada quilo serve 10 pessoas. A cobertura pode ser de frutas da estação, se preferir.";
    let right = "Cada quilo serve 10 pessoas, e o de brigadeiro custa R$ 75,50.";
    let (answer, requests, turn) =
        asked_for_a_cake(vec![says(untrue), says("UNPROVEN: 2"), says(right), says("UNPROVEN: none")]).await;
    assert_eq!((answer.stop_reason.as_str(), answer.text.as_str()), ("answered", right));
    assert_eq!(answer.drafts, "", "nothing is shown before somebody has looked at it");
    let looked = format!("{:?}", requests[1].messages);
    assert!(looked.contains("2 A cobertura pode ser de frutas"), "{looked}");
    assert!(looked.contains("[customer]") && looked.contains("Encomendas são aceitas"), "{looked}");
    assert!(requests[1].tools.is_empty());
    let repair = format!("{:?}", requests[2].messages);
    assert!(repair.contains("A cobertura pode ser de frutas") && repair.contains("second time"), "{repair}");
    assert_eq!(turn["second_looks"].as_array().unwrap().len(), 2, "{turn:#}");
    assert_eq!(
        (turn["second_looks"][0]["text"].as_str(), &turn["usage"]["model_calls"]),
        (Some("UNPROVEN: 2"), &json!(4))
    );
    assert_eq!(turn["withheld"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_it_objects_to_twice_is_not_sent() {
    let untrue = "Cada quilo serve 10 pessoas. A cobertura pode ser de frutas da estação, se preferir.";
    let (answer, ..) =
        asked_for_a_cake(vec![says(untrue), says("UNPROVEN: 2"), says(untrue), says("UNPROVEN: 2")]).await;
    assert_eq!(
        (answer.stop_reason.as_str(), answer.text.as_str()),
        ("answered", "Cada quilo serve 10 pessoas.")
    );
}

#[tokio::test]
async fn what_it_shows_needs_no_second_writing() {
    let right = "Para 20 pessoas o bolo de brigadeiro é de 2 kg.";
    let shown = "UNPROVEN: none\n@@ 2 kg | Cada quilo de bolo serve 10 pessoas | 20 / 10";
    let (answer, requests, _) = asked_for_a_cake(vec![says(right), says(shown)]).await;
    assert_eq!((answer.stop_reason.as_str(), answer.text.as_str()), ("answered", right));
    let looked = format!("{:?}", requests[1].messages);
    assert!(looked.contains("1 ? Para 20 pessoas"), "it is told what is doubted: {looked}");
    assert_eq!(answer.sources[0], "Bolos");
}

/// Documents, results and customers may have told the model what to say.
#[tokio::test]
async fn a_model_that_was_tricked_lets_nothing_through() {
    let right = "O quilo de brigadeiro custa R$ 75,50.";
    for (untrue, shown) in [
        // The customer's own amount; words that stand nowhere; numbers of nobody; another number than the words'.
        ("O quilo de brigadeiro custa R$ 9,90.", "@@ R$ 9,90 | Vi um bolo por R$ 9,90"),
        ("O quilo de brigadeiro custa R$ 9,90.", "@@ R$ 9,90 | O quilo de brigadeiro custa R$ 9,90"),
        (
            "O quilo de brigadeiro custa R$ 9,90.",
            "@@ R$ 9,90 | O quilo de brigadeiro custa R$ 75,50 | 75,50 - 65,60",
        ),
        ("O de frutas custa R$ 226,50.", "@@ R$ 226,50 | O quilo de brigadeiro custa R$ 75,50 | 75,50 × 3"),
        ("O quilo de brigadeiro custa R$ 57,50.", "@@ R$ 57,50 | O quilo de brigadeiro custa R$ 75,50"),
        ("O quilo de brigadeiro custa R$ 57,50.", ""),
        // Counts of the customer's as a share, the sentence's own number, a price of nothing.
        (
            "O quilo de brigadeiro custa R$ 15,10.",
            "@@ R$ 15,10 | O quilo de brigadeiro custa R$ 75,50 | 75,50 × 20 / 100",
        ),
        (
            "O quilo de brigadeiro custa R$ 15,10.",
            "@@ R$ 15,10 | O quilo de brigadeiro custa R$ 75,50 | 75,50 × 20%",
        ),
        ("Entregamos em 3 dias.", "@@ 3 dias | Encomendas são aceitas | 3 × 100 / 100"),
        (
            "A entrega é grátis.",
            "@@ A entrega é grátis | Encomendas são aceitas com dois dias de antecedência",
        ),
    ] {
        let tricked = format!("UNPROVEN: none\n{shown}");
        let greeting = says("Olá! Qual bolo você procura?");
        let app = bakery(vec![greeting, says(untrue), says(&tricked), says(right), says("UNPROVEN: none")])
            .start()
            .await;
        let mut talk = app.talk().await;
        talk.say("Oi! Vi um bolo por R$ 9,90.").await;
        assert_eq!(talk.say(ASKED).await.text, right, "{untrue} by {shown}");
        assert_eq!(app.model().remaining(), 0);
        app.end().await;
    }
    // What is said to have been done is never a matter of opinion: the second draft alone is worth a look.
    for deed in ["cancelei o seu pedido", "o seu pedido foi cancelado"] {
        let done = format!("Pronto, {deed}. O quilo de brigadeiro custa R$ 75,50.");
        let tricked =
            format!("UNPROVEN: none\n@@ {deed} | Encomendas são aceitas com dois dias de antecedência");
        let (answer, ..) = asked_for_a_cake(vec![says(&done), says(&done), says(&tricked)]).await;
        assert_eq!(answer.text, right);
    }
}

#[tokio::test]
async fn without_a_second_look_the_guards_word_counts() {
    let right = "O quilo de brigadeiro custa R$ 75,50.";
    let failing = Reply { error: Some(ScriptedError::Permanent), ..Reply::default() };
    for (look, seen) in
        [(failing, ""), (says("It is all fine."), "It is all fine."), (says("UNPROVEN: 7"), "UNPROVEN: 7")]
    {
        let (answer, _, turn) = asked_for_a_cake(vec![says(right), look]).await;
        assert_eq!((answer.stop_reason.as_str(), answer.text.as_str()), ("answered", right));
        assert_eq!(turn["second_looks"][0]["text"], seen);
        assert_eq!(turn["usage"]["model_calls"], if seen.is_empty() { 1 } else { 2 });
    }
}

#[tokio::test]
async fn what_states_nothing_and_what_the_built_in_model_says_is_not_looked_at() {
    let endpoint = AppOptions::endpoint(vec![
        fake_openai::says("Oi! Como posso ajudar?"),
        fake_openai::error(401, "invalid_api_key", "no"),
    ])
    .await;
    let chain = vec!["openai".to_owned(), "offline".to_owned()];
    let app = endpoint
        .with(|settings| (settings.turn.second_look, settings.llm.chain) = (true, chain))
        .start()
        .await;
    let mut talk = app.talk().await;
    assert_eq!(talk.say("oi").await.text, "Oi! Como posso ajudar?");
    let answer = talk.say("Qual é o prazo para trocar um vaso?").await;
    assert!(answer.text.contains("30 dias"), "{}", answer.text);
    let detail = talk.detail().await;
    let turns = detail["turns"].as_array().unwrap();
    assert!(turns.len() == 2 && turns.iter().all(|turn| turn["second_looks"] == json!([])), "{detail:#}");
    app.end().await;
}

/// The turn is stopped while the model thinks over what a tool gave, and taken up again: who had looked is not asked again.
#[tokio::test]
async fn a_turn_that_is_taken_up_again_knows_what_was_seen() {
    let untrue = "Cada quilo serve 10 pessoas. A cobertura pode ser de frutas da estação, se preferir.";
    let right = "O quilo de brigadeiro custa R$ 75,50.";
    let slow = Reply { delay_ms: 60_000, ..says("nobody waits for this") };
    let search = calls([("knowledge_search", json!({"query": "bolo de brigadeiro"}))]);
    let mut app =
        bakery(vec![says(untrue), says("UNPROVEN: 2"), search, slow, says(right), says("UNPROVEN: none")])
            .start()
            .await;
    let mut talk = app.talk().await;
    talk.send(ASKED).await;
    while app.model().remaining() > 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.restart().await;
    talk.again(&app.door).await;
    let answer = talk.answer().await;
    assert_eq!((answer.stop_reason.as_str(), answer.text.as_str()), ("answered", right));
    assert_eq!(app.model().remaining(), 0);
    let detail = talk.detail().await;
    assert_eq!(detail["turns"][0]["second_looks"].as_array().unwrap().len(), 2, "{detail:#}");
    app.end().await;
}
