//! The model's say in the order of passages, through the whole program and an endpoint that speaks the real protocol:
//! it orders what may be taken for an answer, and decides nothing else.

use crate::support::app::{AppOptions, TestApp};
use crate::support::fake_openai::{Act, Reply, error, says};
use reqwest::Method;
use serde_json::Value;

const FAQ: &str = r#"
{"id":"entrega-sp","question":"Qual o prazo de entrega em São Paulo?","answer":"Dois dias úteis."}
{"id":"entrega-rio","question":"Qual o prazo de entrega no Rio?","answer":"Quatro dias úteis."}
{"id":"entrega-sul","question":"Qual o prazo de entrega no Sul?","answer":"Seis dias úteis."}
{"id":"gatos","question":"Vocês vendem ração?","answer":"Ração para gatos, sim."}
"#;

async fn shop(replies: Vec<Reply>) -> TestApp {
    let options = AppOptions::endpoint(replies).await.file("knowledge/faq.jsonl", FAQ.trim());
    let options = options.with(|settings| {
        settings.knowledge.rerank = true;
        settings.knowledge.rerank_timeout_ms = 400;
        settings.embeddings.model = "off".to_owned();
        settings.knowledge.folder = "knowledge".into();
    });
    options.start().await
}

/// The documents that a search of an operator finds, with their scores.
async fn search(app: &TestApp, query: &str, limit: usize) -> Vec<(String, f64)> {
    let call = app.door.operator(Method::GET, "/api/v1/knowledge/search");
    let answer = call.query(&[("q", query), ("limit", &limit.to_string())]).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    let results = body["results"].as_array().unwrap();
    let found = |it: &Value| (it["source"].as_str().unwrap().to_owned(), it["score"].as_f64().unwrap());
    results.iter().map(found).collect()
}

fn names(found: &[(String, f64)]) -> Vec<&str> {
    found.iter().map(|(name, _)| name.as_str()).collect()
}

const ASKED: &str = "prazo de entrega";

#[tokio::test]
async fn the_model_orders_what_was_found_for_searches_and_turns_alike() {
    let app = shop(vec![says("[3, 1, 2]"), says("[3, 1, 2]"), says("São seis dias úteis.")]).await;
    let found = search(&app, ASKED, 10).await;
    let asked = app.endpoint().asked();
    let told = &asked[0].body["messages"];
    let (task, question) = (told[0]["content"].as_str().unwrap(), told[1]["content"].as_str().unwrap());
    assert_eq!((told[0]["role"].as_str(), question), (Some("system"), ASKED));
    // The third that it was shown is now the first; scores still fall.
    let shown = |number: usize| task.split(&format!("[{number}] ")).nth(1).unwrap().to_owned();
    let third = shown(3);
    let id =
        ["São Paulo", "Rio", "Sul"].iter().position(|place| third.lines().next().unwrap().contains(place));
    let expected = ["entrega-sp", "entrega-rio", "entrega-sul"][id.unwrap()];
    assert_eq!(names(&found)[0], expected);
    assert!(found.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{found:?}");
    assert!(!task.contains("gatos"), "what is no answer is not shown: {task}");

    let mut talk = app.talk().await;
    talk.say(ASKED).await;
    let path = format!("/api/v1/conversations/{}", talk.id);
    let detail: Value = app.door.operator(Method::GET, &path).send().await.unwrap().json().await.unwrap();
    let evidence = &detail["turns"][0]["evidence"][0];
    assert_eq!(
        (evidence["query"].as_str(), evidence["passages"][0]["source"].as_str()),
        (Some(ASKED), Some(expected))
    );
    app.end().await;
}

#[tokio::test]
async fn without_an_order_in_time_what_was_found_stays_as_it_was() {
    let busy = error(400, "invalid_request_error", "no");
    let app =
        shop(vec![Act::Hang.into(), says("as três são boas"), says("[9]"), busy, says("[2, 1, 3]")]).await;
    let mut found = Vec::new();
    for _ in 0..5 {
        found.push(search(&app, ASKED, 10).await);
    }
    assert!(found[..4].iter().all(|it| *it == found[0]), "{found:#?}");
    assert_ne!(names(&found[4]), names(&found[0]), "the order of the last answer is another one");
    app.end().await;
}

#[tokio::test]
async fn what_is_not_known_stays_unknown_and_costs_no_call() {
    let app = shop(vec![]).await;
    // One passage that may answer, or none: there is nothing to order.
    assert_eq!(names(&search(&app, "vocês vendem ração?", 1).await), ["gatos"]);
    search(&app, "aluguel de bicicletas", 5).await;
    assert!(app.endpoint().asked().is_empty());
    app.end().await;
}
