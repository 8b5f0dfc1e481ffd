//! Endpoints that fail in every way endpoints fail, behind the real chain: the customer always gets one answer that
//! makes sense, and gets it soon.

use crate::support::app::{AppOptions, Brain, TestApp};
use crate::support::fake_openai::{Act, Reply, call, error, finish, says, words};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn counter(replies: Vec<Reply>) -> TestApp {
    AppOptions::endpoint(replies).await.start().await
}

/// Calls in one answer.
fn calling(calls: impl IntoIterator<Item = (&'static str, Value)>) -> Reply {
    let calls = calls.into_iter().enumerate();
    let mut chunks: Vec<Value> = calls
        .map(|(index, (name, arguments))| call(index, &format!("id{index}"), name, &arguments.to_string()))
        .collect();
    chunks.push(finish("tool_calls"));
    Act::Stream(chunks).into()
}

fn search(query: &str) -> (&'static str, Value) {
    ("product_search", json!({"query": query}))
}

#[tokio::test]
async fn garbage_and_silence_end_in_a_sentence_and_a_way_out() {
    let garbage = || Reply::from(Act::Raw("data: {\"choices\": [{\"delta\"\n\ndata: ☠\n\n".to_owned()));
    let nothing = || Reply::from(Act::Stream(vec![finish("stop")]));
    let half = || Reply::from(Act::Cut(vec![words("O seu pedido")]));
    for broken in [garbage, nothing, half] {
        let app = counter((0..3).map(|_| broken()).collect()).await;
        let mut talk = app.talk().await;
        let answer = talk.say("Oi, tudo bem?").await;
        assert_eq!(answer.stop_reason, "model_unavailable");
        assert_eq!(answer.buttons, ["Falar com uma pessoa"]);
        assert!(answer.text.contains("dificuldade técnica"), "{}", answer.text);
        app.end().await;
    }
}

#[tokio::test]
async fn a_stream_that_breaks_is_asked_for_again_and_said_once() {
    let half = Act::Cut(vec![words("Olá! "), words("Como "), words("posso ")]).into();
    let app = counter(vec![half, says("Olá! Em que posso ajudar?")]).await;
    let mut talk = app.talk().await;
    assert_eq!(talk.say("Oi, tudo bem?").await.text, "Olá! Em que posso ajudar?");
    app.end().await;
}

#[tokio::test]
async fn an_endpoint_that_hangs_is_given_up() {
    let hanging = (0..3).map(|_| Act::Hang.into()).collect();
    let options =
        AppOptions::endpoint(hanging).await.with(|settings| settings.llm.timeout_first_token_ms = 100);
    let app = options.start().await;
    let answer = app.talk().await.say("Oi, tudo bem?").await;
    assert_eq!(answer.stop_reason, "model_unavailable");
    app.end().await;
}

/// An endpoint that asks for a minute.
fn busy() -> Reply {
    let mut busy = error(429, "rate_limit_exceeded", "Rate limit reached");
    if let Act::Status(_, headers, _) = &mut busy.act {
        headers.push(("retry-after", "60".to_owned()));
    }
    busy
}

#[tokio::test]
async fn too_many_questions_at_once_are_called_that() {
    let app = counter(vec![busy()]).await;
    let answer = app.talk().await.say("Oi, tudo bem?").await;
    assert_eq!(answer.stop_reason, "over_quota");
    assert!(answer.text.contains("daqui a um minuto"), "{}", answer.text);
    assert_eq!(answer.buttons, ["Falar com uma pessoa"]);
    app.end().await;
}

#[tokio::test]
async fn an_endpoint_that_asks_for_a_minute_is_passed_over() {
    let options = AppOptions::endpoint(vec![busy()]).await;
    let app = options
        .with(|settings| settings.llm.chain = vec!["openai".to_owned(), "offline".to_owned()])
        .start()
        .await;
    let mut talk = app.talk().await;
    let began = Instant::now();
    let answer = talk.say("Qual o horário de funcionamento da loja?").await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(answer.stop_reason, "answered");
    assert!(answer.text.contains("9h"), "{}", answer.text);
    assert_eq!(answer.model_calls[0]["model"], "offline");
    app.end().await;
}

#[tokio::test]
async fn the_built_in_model_speaks_the_operators_words() {
    let phrases = include_str!("../../prompts/offline.toml")
        .replace("Olá! Que bom ter você aqui.", "Salve!")
        .replace("greeting = [\"oi\",", "greeting = [\"oi\", \"salve\",")
        .replace("greeting_needs = [\"oi\",", "greeting_needs = [\"oi\", \"salve\",");
    let options = AppOptions::new(Brain::BuiltIn).file("prompts/offline.toml", &phrases);
    let app = options.start().await;
    let answer = app.talk().await.say("salve").await;
    assert!(answer.text.starts_with("Salve!"), "{}", answer.text);
    app.end().await;
}

#[tokio::test]
async fn the_same_call_for_ever_ends_soon() {
    let app = counter((0..4).map(|_| calling([search("jiboia")])).collect()).await;
    let answer = app.talk().await.say("Quanto custa a jiboia?").await;
    assert_eq!(answer.stop_reason, "repeat_limit");
    assert_eq!(answer.tools.iter().filter(|tool| tool.outcome == "done").count(), 2);
    assert_eq!(answer.buttons, ["Falar com uma pessoa"]);
    app.end().await;
}

#[tokio::test]
async fn ever_new_calls_end_with_the_last_step() {
    // The last one is asked for three times: calls are no words.
    const QUERIES: [&str; 10] =
        ["jiboia", "vaso", "vela", "adubo", "manta", "regador", "cacto", "lírio", "lírio", "lírio"];
    let app = counter(QUERIES.iter().map(|query| calling([search(query)])).collect()).await;
    let answer = app.talk().await.say("Quanto custa a jiboia?").await;
    assert_eq!(answer.stop_reason, "step_limit");
    assert_eq!(answer.model_calls.len(), 7);
    let last = app.endpoint().asked().pop().unwrap().body;
    assert!(
        last.get("tools").is_none() || last["tool_choice"] == "none",
        "the last time it has to use words"
    );
    app.end().await;
}

#[tokio::test]
async fn forty_calls_at_once_are_cut_to_a_few_and_each_is_answered() {
    let forty = calling((0..40).map(|n| ("product_search", json!({"query": format!("vaso {n}")}))));
    let app = counter(vec![forty, says("Encontrei vários vasos. Qual tamanho você procura?")]).await;
    let answer = app.talk().await.say("Quero ver todos os vasos").await;
    assert_eq!(answer.stop_reason, "answered");
    assert_eq!(answer.tools.len(), 40);
    assert_eq!(answer.tools.iter().filter(|tool| tool.outcome == "done").count(), 8);
    let told = app.endpoint().asked()[1].body["messages"].as_array().unwrap().clone();
    assert_eq!(told.iter().filter(|message| message["role"] == "tool").count(), 40);
    app.end().await;
}

#[tokio::test]
async fn calls_that_cannot_be_are_told_to_the_model() {
    let wrong = calling([
        ("pix_transfer", json!({"to": "x"})),
        ("product_search", json!({"query": {"$ne": 1}})),
        ("shipping_options", json!({"postal_code": "01310-100"})),
        ("order_status", json!("10421")),
    ]);
    let app = counter(vec![wrong, says("Pode me dizer o que você procura?")]).await;
    let answer = app.talk().await.say("Oi, meu CEP é 01310-100").await;
    let outcomes: Vec<&str> = answer.tools.iter().map(|tool| tool.outcome.as_str()).collect();
    assert_eq!(outcomes, ["unknown_tool", "bad_arguments", "bad_arguments", "bad_arguments"]);
    assert_eq!(answer.text, "Pode me dizer o que você procura?");
    app.end().await;
}

#[tokio::test]
async fn a_model_that_never_fits_the_arguments_has_to_use_words() {
    let wrong = |n: usize| calling([("product_search", json!({"q": n}))]);
    let app = counter(vec![wrong(1), wrong(2), wrong(3), says("O que você procura?")]).await;
    let answer = app.talk().await.say("Quero uma planta").await;
    assert_eq!((answer.stop_reason.as_str(), answer.text.as_str()), ("answered", "O que você procura?"));
    app.end().await;
}

#[tokio::test]
async fn a_declined_topic_has_its_own_sentence() {
    let app = counter(vec![error(400, "content_filter", "content_filter: declined")]).await;
    let answer = app.talk().await.say("Fala mal do vizinho").await;
    assert_eq!(answer.stop_reason, "model_refused");
    assert!(answer.text.contains("não posso ajudar"), "{}", answer.text);
    app.end().await;
}

#[tokio::test]
async fn a_transcript_that_is_too_long_is_cut_and_asked_again() {
    let too_long = || error(400, "context_length_exceeded", "maximum context length is 2048 tokens");
    let replies = vec![says("Sim!"), too_long(), says("Temos, sim."), too_long(), too_long()];
    let options = AppOptions::endpoint(replies).await;
    let app = options.with(|settings| settings.turn.history_characters = 8_000).start().await;
    let mut talk = app.talk().await;
    let padded = |question: &str| format!("{question} {}", "e mais isto ".repeat(300));
    talk.say(&padded("Vocês têm vasos?")).await;
    assert_eq!(talk.say(&padded("E velas?")).await.text, "Temos, sim.");
    let sizes: Vec<usize> =
        app.endpoint().asked()[1..].iter().map(|asked| asked.body["messages"].to_string().len()).collect();
    assert!(sizes[1] < sizes[0], "{sizes:?}");
    let answer = talk.say("E adubo?").await;
    assert_eq!(answer.stop_reason, "token_limit");
    app.end().await;
}

/// The most usual question of all is about opening hours, and not about appointments.
#[tokio::test]
async fn the_built_in_model_tells_when_the_shop_is_open() {
    let app = AppOptions::new(Brain::BuiltIn).start().await;
    for question in [
        "qual o horário de vocês?",
        "qual horário vocês funcionam?",
        "qual o horário da loja?",
        "que horas vocês abrem?",
    ] {
        let answer = app.talk().await.say(question).await;
        let tells = ["9h às 18h", "09:00 às 18:00"].iter().any(|hours| answer.text.contains(hours));
        assert!(tells && !answer.text.contains("equipe"), "{question}: {}", answer.text);
    }
    let offered = app.talk().await.say("quais horários livres vocês têm na sexta?").await;
    assert!(offered.text.contains("agendar"), "{}", offered.text);
    app.end().await;
}
