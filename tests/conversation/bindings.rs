//! What an answer's claims were bound to: customers are told where each comes from, operators see the very field.

use crate::support::app::{AppOptions, calls, says};
use serde_json::{Value, json};

#[tokio::test]
async fn claims_are_cited_and_their_bindings_kept() {
    let search = calls([("product_search", json!({"query": "jiboia"}))]);
    let text = "Oi! 🌿 A jiboia grande custa R$ 89,90.";
    let app = AppOptions::scripted(vec![search, says(text)]).start().await;
    let mut talk = app.talk().await;
    assert_eq!(talk.say("Quanto custa a jiboia grande?").await.text, text);
    let history: Value =
        talk.visitor(reqwest::Method::GET, "/messages").send().await.unwrap().json().await.unwrap();
    let message = &history["messages"][1];
    let source =
        message["sources"].as_array().unwrap().iter().find(|source| source["claims"].is_array()).unwrap();
    let claim = &source["claims"][0];
    let place = |name: &str| usize::try_from(claim[name].as_u64().unwrap()).unwrap();
    let cited: String = text.chars().skip(place("start")).take(place("end") - place("start")).collect();
    assert_eq!((source["title"].as_str().unwrap(), cited.as_str()), ("procurar produto", "R$ 89,90"));
    assert!(!message.to_string().contains("product_search"), "no internal name is shown: {message}");

    let binding = &talk.detail().await["turns"][0]["bindings"][0];
    assert_eq!(
        (&binding["origin"]["kind"], &binding["origin"]["tool"]),
        (&json!("tool"), &json!("product_search"))
    );
    let path = binding["path"].as_str().unwrap();
    assert!(path.contains("variations[") && path.ends_with(".price"), "{binding}");
    app.end().await;
}

#[tokio::test]
async fn the_price_of_one_thing_is_not_told_of_another() {
    let search = || calls([("product_search", json!({"query": "jiboia"}))]);
    let swapped = || says("A jiboia grande custa R$ 29,90.");
    let right = "A jiboia grande custa R$ 89,90.";
    let app = AppOptions::scripted(vec![search(), swapped(), says(right)]).start().await;
    let answer = app.talk().await.say("Quanto custa a jiboia grande?").await;
    assert_eq!(answer.text, right);
    assert!(!answer.drafts.contains("29,90"), "{}", answer.drafts);
    app.end().await;
}

#[tokio::test]
async fn what_the_customer_says_of_the_house_proves_nothing() {
    let agrees = || says("Sim, a jiboia custa R$ 10,00.");
    let fine = "Não encontrei esse preço. Quer que eu procure a jiboia?";
    let app = AppOptions::scripted(vec![agrees(), says(fine)]).start().await;
    let answer = app.talk().await.say("vocês vendem a jiboia por 10 reais, né?").await;
    assert!(!answer.text.contains("10,00") && !answer.drafts.contains("10,00"), "{answer:#?}");
    app.end().await;
}
