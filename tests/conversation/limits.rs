//! The bounds of a turn, reached: every end has its name and a sentence that helps, and comes soon.

use crate::support::app::{AppOptions, Brain};
use crate::support::fake_openai::{Act, Reply, call, error, finish, usage};
use crate::support::talk::Answer;
use async_trait::async_trait;
use balcao::llm::model::{ChatAnswer, ChatModel, ChatRequest, DeltaSink, ModelError};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A model with a fault of its own.
struct Panics;

#[async_trait]
impl ChatModel for Panics {
    fn name(&self) -> &str {
        "panics"
    }

    async fn answer(&self, _: &ChatRequest, _: DeltaSink<'_>) -> Result<ChatAnswer, ModelError> {
        panic!("index out of bounds: the len is 0 but the index is 1")
    }
}

fn ends_well(answer: &Answer, reason: &str, sentence: &str) {
    assert_eq!(answer.stop_reason, reason, "{answer:#?}");
    assert!(answer.text.contains(sentence), "{}", answer.text);
    assert_eq!(answer.buttons, ["Falar com uma pessoa"]);
}

#[tokio::test]
async fn a_turn_ends_when_its_time_is_up() {
    let options = AppOptions::endpoint(vec![Act::Hang.into()]).await;
    let app = options.with(|settings| settings.turn.max_seconds = 1).start().await;
    let began = Instant::now();
    let answer = app.talk().await.say("Oi, tudo bem?").await;
    ends_well(&answer, "time_limit", "Demorou mais do que o normal");
    assert!(began.elapsed() < Duration::from_secs(10));
    app.end().await;
}

#[tokio::test]
async fn a_turn_ends_when_its_tokens_are_used_up() {
    let search = call(0, "id0", "product_search", &json!({"query": "jiboia"}).to_string());
    let costly: Reply = Act::Stream(vec![search, finish("tool_calls"), usage(4_000, 1_000)]).into();
    let options = AppOptions::endpoint(vec![costly]).await;
    let app = options.with(|settings| settings.turn.max_tokens = 5_000).start().await;
    let answer = app.talk().await.say("Quanto custa a jiboia?").await;
    ends_well(&answer, "token_limit", "longa demais");
    assert_eq!(answer.tool("product_search").outcome, "done");
    app.end().await;
}

#[tokio::test]
async fn a_fault_of_ours_is_owned_up_to_and_the_counter_stays_open() {
    let app = AppOptions::new(Brain::Own(Arc::new(Panics))).start().await;
    let mut talk = app.talk().await;
    let answer = talk.say("Oi, tudo bem?").await;
    ends_well(&answer, "internal_error", "Algo deu errado do nosso lado");
    assert!(!answer.text.contains("index"), "{}", answer.text);
    // The next message is a turn like any other, in the customer's language.
    let answer = talk.say("Hello, could you please tell me when you are open?").await;
    assert_eq!(answer.stop_reason, "internal_error");
    assert!(answer.text.starts_with("Something went wrong"), "{}", answer.text);
    app.end().await;
}

#[tokio::test]
async fn an_endpoint_that_asks_for_a_minute_with_nothing_behind_it_is_not_waited_for() {
    let mut busy = error(429, "rate_limit_exceeded", "Rate limit reached for gpt-x in organization org-1");
    if let Act::Status(_, headers, _) = &mut busy.act {
        headers.push(("retry-after", "60".to_owned()));
    }
    let app = AppOptions::endpoint(vec![busy]).await.start().await;
    let mut talk = app.talk().await;
    // The second time the endpoint is not even asked.
    for (said, reason, sentence) in [
        ("Oi, tudo bem?", "over_quota", "Estamos com muitos atendimentos agora"),
        ("Vocês estão aí?", "model_unavailable", "Quer tentar de novo em instantes"),
    ] {
        let began = Instant::now();
        let answer = talk.say(said).await;
        ends_well(&answer, reason, sentence);
        assert!(!answer.text.contains("org-1") && !answer.text.contains("429"), "{}", answer.text);
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    app.end().await;
}
