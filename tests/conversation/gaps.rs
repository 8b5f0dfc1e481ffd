//! What was not answered becomes a gap, a person's answer becomes a proposal, and an approved proposal is what the next
//! customer is told.

use crate::support::app::{AppOptions, TestApp, calls, says};
use reqwest::Method;
use serde_json::{Value, json};

async fn call(app: &TestApp, method: Method, path: &str, body: Value) -> (u16, Value) {
    let answer = app.door.operator(method, path).json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn an_answer_of_a_person_becomes_knowledge_once_it_is_approved() {
    let unknown = || says("Não sei dizer se alugamos plantas. Quer falar com uma pessoa?");
    let app = AppOptions::scripted(vec![unknown(), unknown(), says("Alugamos, sim, por R$ 427,00 o dia.")])
        .start()
        .await;
    let (mut ana, mut rui) = (app.talk().await, app.talk().await);
    ana.say("Sou a Ana, ana@example.com. Vocês alugam plantas para casamento?").await;
    rui.say("queria alugar plantas pro casamento da minha irmã").await;
    // As long as a person writes, and with the shop's own telephone in it.
    let details = "Levamos, montamos e buscamos; o transporte já está no preço. ".repeat(10);
    let reply = format!(
        "Oi, Rui! Alugamos, sim, por R$ 431,00 o dia.\n\n{details}\nCombine pelo (11) 95555-0100. Até breve, Rui!"
    );
    rui.operator("reply", json!({"text": reply, "name": "Bia"})).await;

    let (status, body) = call(&app, Method::GET, "/api/v1/gaps", json!({})).await;
    assert_eq!(status, 200);
    let gap = &body["gaps"][0];
    assert_eq!(
        (&gap["count"], &gap["causes"]["abstained"], &gap["causes"]["answered_by_person"]),
        (&json!(2), &json!(2), &json!(1))
    );
    let shown = gap.to_string();
    for private in ["ana@example.com", "Ana", "Rui"] {
        assert!(!shown.contains(private), "{private} is in {shown}");
    }
    let path = format!("/api/v1/gaps/{}/proposals", gap["id"].as_str().unwrap());
    let (status, proposal) =
        call(&app, Method::POST, &path, json!({"question": "Vocês alugam plantas para casamento?"})).await;
    assert_eq!((status, &proposal["state"]), (201, &json!("proposed")));
    let proposed = reply.replace("Oi, Rui!", "Oi!").replace(", Rui!", "!").replace(". \n", ".\n");
    assert_eq!(proposal["answer"], json!(proposed), "the whole answer, and nobody's name");
    let search = "/api/v1/knowledge/search?q=alugam%20plantas%20casamento";
    let found = |body: &Value, words: &str| {
        body["results"].as_array().unwrap().iter().any(|it| it["text"].as_str().unwrap().contains(words))
    };
    let (_, before) = call(&app, Method::GET, search, json!({})).await;
    assert!(!found(&before, "431,00"), "what nobody approved is no knowledge");

    let path = format!("/api/v1/proposals/{}", proposal["id"].as_str().unwrap());
    let approve = format!("{path}/approve");
    let (status, problem) = call(&app, Method::POST, &approve, json!({"answer": " "})).await;
    assert_eq!((status, &problem["field"]), (422, &json!("answer")));
    let worded = proposed.replace("431,00", "427,00");
    let (status, approved) = call(&app, Method::POST, &approve, json!({"answer": worded})).await;
    assert_eq!((status, &approved["state"]), (200, &json!("approved")));
    assert_eq!((&approved["answer"], &approved["question"]), (&json!(worded), &proposal["question"]));
    let (status, again) = call(&app, Method::POST, &format!("{path}/reject"), json!({})).await;
    assert_eq!((status, &again["code"]), (409, &json!("proposal_decided")));
    let (_, after) = call(&app, Method::GET, search, json!({})).await;
    assert!(found(&after, "427,00") && !found(&after, "431,00"), "{after}");

    // The guard lets the price pass only if the entry is what another customer's turn was given.
    let answer = app.talk().await.say("Vocês alugam plantas para casamento?").await;
    assert_eq!(answer.text, "Alugamos, sim, por R$ 427,00 o dia.");
    assert_eq!(answer.sources, ["Vocês alugam plantas para casamento?"]);
    app.end().await;
}

#[tokio::test]
async fn what_was_answered_is_no_gap() {
    let search = calls([("product_search", json!({"query": "jiboia"}))]);
    let app =
        AppOptions::scripted(vec![search, says("A jiboia custa a partir de R$ 29,90."), says("Por nada!")])
            .start()
            .await;
    let mut talk = app.talk().await;
    talk.say("Quanto custa a jiboia?").await;
    talk.say("Obrigada!").await;
    let (_, body) = call(&app, Method::GET, "/api/v1/gaps", json!({})).await;
    assert_eq!(body["gaps"], json!([]));
    let unknown = "/api/v1/gaps/00000000-0000-7000-8000-000000000000/proposals";
    assert_eq!(call(&app, Method::POST, unknown, json!({})).await.0, 404);
    app.end().await;
}
