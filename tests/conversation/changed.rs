//! A document that changes or expires while a conversation runs: what it said before proves nothing from then on, and
//! the model is told so.

use crate::support::app::{AppOptions, TestApp, calls, says};
use reqwest::Method;
use serde_json::{Value, json};

/// Puts the price of a visit into the shop's documents.
async fn upload(app: &TestApp, price: &str, terms: &str) {
    let path = format!("/api/v1/knowledge/documents?name=visita.md{terms}");
    let text =
        format!("# Visita técnica\n\n## Quanto custa a visita técnica?\n\nA visita técnica custa {price}.\n");
    let answer = app.door.operator(Method::POST, &path).body(text).send().await.unwrap();
    let (status, body) = (answer.status(), answer.json::<Value>().await.unwrap());
    assert!(status.is_success(), "{body}");
}

fn quoted(price: &str) -> String {
    format!("A visita técnica custa {price}.")
}

/// Everything the model was shown last.
fn shown(app: &TestApp) -> String {
    format!("{:?}", app.model().requests().last().unwrap())
}

const CHANGED: &str = "have changed since";

#[tokio::test]
async fn the_price_of_yesterdays_document_is_withheld_in_the_same_conversation() {
    let search = || calls([("knowledge_search", json!({"query": "visita técnica"}))]);
    let (old, new) = (quoted("R$ 187,00"), quoted("R$ 193,00"));
    let app = AppOptions::scripted(vec![
        search(),
        says(&old),
        // The document says something else now: once more, and once again after the guard's no.
        says(&old),
        says(&old),
        says(&new),
        // The document holds no more.
        says(&new),
        says(&new),
    ])
    .start()
    .await;
    upload(&app, "R$ 187,00", "").await;
    let mut talk = app.talk().await;
    assert_eq!(talk.say("Quanto custa a visita técnica?").await.text, old);
    assert!(!shown(&app).contains(CHANGED));

    upload(&app, "R$ 193,00", "").await;
    let repeated = talk.say("Então quanto sai mesmo a visita técnica?").await;
    assert_eq!(repeated.stop_reason, "guard_withheld", "{repeated:#?}");
    assert!(!repeated.text.contains("187"), "{repeated:#?}");
    assert!(shown(&app).contains(CHANGED), "{}", shown(&app));
    assert_eq!(talk.say("Quanto custa a visita técnica?").await.text, new);

    upload(&app, "R$ 193,00", "&valid_until=2026-01-31").await;
    let expired = talk.say("E a visita técnica, continua o mesmo preço?").await;
    assert_eq!(expired.stop_reason, "guard_withheld", "{expired:#?}");
    assert!(!expired.text.contains("193"), "{expired:#?}");
    app.end().await;
}

#[tokio::test]
async fn what_still_holds_is_proof_in_later_turns() {
    let price = quoted("R$ 187,00");
    let search = calls([("knowledge_search", json!({"query": "visita técnica"}))]);
    let app = AppOptions::scripted(vec![search, says(&price), says(&price)]).start().await;
    upload(&app, "R$ 187,00", "").await;
    let mut talk = app.talk().await;
    assert_eq!(talk.say("Quanto custa a visita técnica?").await.text, price);
    // Nothing is found for these words; what was found before is enough.
    assert_eq!(talk.say("pode repetir o valor, por favor?").await.text, price);
    assert!(!shown(&app).contains(CHANGED));
    app.end().await;
}
