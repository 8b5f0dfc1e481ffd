//! What the machines that watch the program see of it: metrics by their agreed names, and whether it is ready.

use crate::support::app::{AppOptions, TestApp};
use crate::support::fake_openai::{Act, Reply, call, error, finish, says};
use reqwest::Method;
use serde_json::{Value, json};

fn calling(name: &str, arguments: &Value) -> Reply {
    Act::Stream(vec![call(0, "x", name, &arguments.to_string()), finish("tool_calls")]).into()
}

#[tokio::test]
async fn every_metric_has_its_agreed_name_and_labels() {
    // As the program does at its start: before anything is counted.
    balcao::telemetry::metrics::begin();
    let hand_off = json!({"reason": "customer_asked", "summary": "Quer falar com uma pessoa."});
    let replies = vec![
        calling("product_search", &json!({"query": "jiboia"})),
        says("A Jiboia P custa R$ 29,90."),
        calling("hand_off", &hand_off),
    ];
    let app = AppOptions::endpoint(replies).await.start().await;
    let mut talk = app.talk().await;
    talk.say("Quanto custa a jiboia P?").await;
    assert_eq!(talk.say("Quero falar com uma pessoa, por favor").await.stop_reason, "handed_off");
    let repeated = json!({"client_id": "again", "text": "Tem alguém aí?"});
    for _ in 0..2 {
        let answer = talk.visitor(Method::POST, "/messages").json(&repeated).send().await.unwrap();
        assert_eq!(answer.status(), 202);
    }
    assert_eq!(talk.post("").await.status(), 422);
    let unreadable = talk.visitor(Method::POST, "/messages").json(&json!([])).send().await.unwrap();
    assert_eq!(unreadable.status(), 422);

    let text = app.door.operator(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    for sample in [
        "balcao_turns_total{stop_reason=\"answered\"}",
        "balcao_turns_total{stop_reason=\"handed_off\"}",
        "balcao_turn_seconds_bucket{le=\"0.5\"}",
        "balcao_turn_seconds_sum",
        "balcao_turn_added_seconds_bucket{le=\"0.5\"}",
        "balcao_first_progress_seconds_bucket{le=\"0.5\"}",
        "balcao_llm_requests_total{provider=\"openai:gpt-4.1-mini\",outcome=\"answered\"}",
        "balcao_llm_tokens_total{kind=\"input\"}",
        "balcao_llm_tokens_total{kind=\"output\"}",
        "balcao_tool_calls_total{tool=\"product_search\",outcome=\"done\"}",
        "balcao_tool_calls_total{tool=\"hand_off\",outcome=\"done\"}",
        "balcao_tool_seconds_bucket{tool=\"product_search\",le=\"0.5\"}",
        "balcao_breaker_state{target=\"openai:gpt-4.1-mini\"}",
        "balcao_inbound_total{channel=\"web\",outcome=\"accepted\"}",
        "balcao_inbound_total{channel=\"web\",outcome=\"duplicate\"}",
        "balcao_inbound_total{channel=\"web\",outcome=\"refused\"}",
        "balcao_inbound_total{channel=\"web\",outcome=\"unparsed\"}",
        // Nothing waits, and that shows.
        "balcao_outbox_depth 0",
        "balcao_knowledge_search_seconds_bucket{le=\"0.5\"}",
        "balcao_knowledge_searches_total{outcome=\"evident\"}",
        "balcao_knowledge_hits_bucket{le=\"5\"}",
        "balcao_knowledge_top_evidence_bucket{le=\"0.5\"}",
        "balcao_knowledge_evidence_threshold 0.5",
        "balcao_handoffs_total{reason=\"customer_asked\"}",
    ] {
        let is_there = text.lines().any(|line| {
            line.strip_prefix(sample).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        assert!(is_there, "{sample} is not in\n{text}");
    }
    app.end().await;
}

/// Status and what is said of the model chain.
async fn readiness(app: &TestApp) -> (u16, Value) {
    let answer = app.door.operator(Method::GET, "/readyz").send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    let checks = body["checks"].as_array().unwrap();
    (status, checks.iter().find(|check| check["name"] == "model").unwrap().clone())
}

#[tokio::test]
async fn the_program_is_ready_while_some_model_may_be_asked() {
    // A key that is not accepted opens the breaker at once.
    let locked = || error(401, "invalid_api_key", "Incorrect API key provided");
    let app = AppOptions::endpoint(vec![locked()]).await.start().await;
    assert_eq!(readiness(&app).await, (200, json!({"name": "model", "ok": true})));
    assert_eq!(app.talk().await.say("Oi, tudo bem?").await.stop_reason, "model_unavailable");
    let (status, model) = readiness(&app).await;
    assert_eq!((status, &model["ok"]), (503, &json!(false)));
    assert!(model["detail"].as_str().unwrap().contains("openai:gpt-4.1-mini"), "{model}");
    app.end().await;

    let options = AppOptions::endpoint(vec![locked()]).await;
    let app = options
        .with(|settings| settings.llm.chain = vec!["openai".to_owned(), "offline".to_owned()])
        .start()
        .await;
    assert_eq!(app.talk().await.say("Oi, tudo bem?").await.stop_reason, "answered");
    assert_eq!(
        readiness(&app).await,
        (200, json!({"name": "model", "ok": true})),
        "the built-in one answers"
    );
    app.end().await;
}
