//! One endpoint, one attempt: what a server may answer, and what becomes of it.

use super::{endpoint, model, request};
use crate::support::fake_openai::{Act, FakeOpenAi, Reply, call, error, finish, says, usage, words};
use balcao::config::secret::Secret;
use balcao::domain::ids::CallId;
use balcao::domain::tool_call::ToolCall;
use balcao::domain::turn::Usage;
use balcao::limits::net::Allowance;
use balcao::llm::model::{
    ChatAnswer, ChatMessage, ChatModel, ChatRequest, ModelError, ModelErrorKind, ToolChoice,
};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;

/// The outcome, and what the customer was shown meanwhile.
type Outcome = (Result<ChatAnswer, ModelError>, String);

async fn ask(fake: &FakeOpenAi, request: &ChatRequest) -> Outcome {
    ask_within(fake, request, Duration::from_secs(20), Duration::from_secs(30)).await
}

async fn ask_within(fake: &FakeOpenAi, request: &ChatRequest, first: Duration, total: Duration) -> Outcome {
    let mut endpoint = endpoint(fake.base_url());
    (endpoint.timeout_first_token, endpoint.timeout_total) = (first, total);
    let shown = Mutex::new(String::new());
    let answer = model(endpoint).answer(request, &|words| shown.lock().unwrap().push_str(words)).await;
    (answer, shown.into_inner().unwrap())
}

async fn answer_to(reply: impl Into<Reply>) -> Outcome {
    let fake = FakeOpenAi::start([reply.into()]).await;
    ask(&fake, &request()).await
}

async fn kind_of(reply: impl Into<Reply>) -> ModelErrorKind {
    answer_to(reply).await.0.unwrap_err().kind
}

const TRANSIENT: ModelErrorKind = ModelErrorKind::Transient { retry_after: None };

#[tokio::test]
async fn streams_words_and_counts_tokens() {
    let fake = FakeOpenAi::start([says("Seu pedido saiu hoje.")]).await;
    let (answer, shown) = ask(&fake, &request()).await;
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), shown.as_str()), ("Seu pedido saiu hoje.", "Seu pedido saiu hoje."));
    assert_eq!(answer.usage, Usage { input_tokens: 10, output_tokens: 5, cost_micros: 20 });
    assert_eq!(
        (answer.model.as_str(), answer.repairs.as_slice(), answer.truncated),
        ("openai:test", &[][..], false)
    );
    let asked = &fake.asked()[0];
    assert_eq!(asked.authorization.as_deref(), Some("Bearer key-1"));
    assert_eq!(asked.body["stream_options"], json!({"include_usage": true}));
    assert_eq!(asked.body["max_tokens"], 200);
    assert_eq!(asked.body["tools"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn puts_calls_together_and_names_them() {
    let (answer, shown) = answer_to(Act::Stream(vec![
        words("Vou verificar."),
        call(0, "a", "order_status", ""),
        call(0, "", "", "{\"order_number\":"),
        call(1, "b", "handoff", "{}"),
        call(0, "", "", " 1042}"),
        finish("tool_calls"),
    ]))
    .await;
    let answer = answer.unwrap();
    let expected =
        [("call_2_0", "order_status", json!({"order_number": "1042"})), ("call_2_1", "handoff", json!({}))]
            .map(|(id, name, arguments)| ToolCall { id: CallId(id.into()), name: name.into(), arguments });
    assert_eq!((answer.calls.as_slice(), shown.as_str()), (&expected[..], "Vou verificar."));
    assert_eq!(answer.repairs, ["arguments", "usage_estimated"]);
    assert!(answer.usage.input_tokens > 50 && answer.usage.output_tokens > 5, "{:?}", answer.usage);
}

#[tokio::test]
async fn calls_written_as_text_are_made_and_not_shown() {
    let text = "Claro, um momento.\n\n```json\n{\"name\": \"order_status\", \"arguments\": {\"order_number\": \"1042\"}}\n```";
    let (answer, shown) = answer_to(says(text)).await;
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), shown.as_str()), ("Claro, um momento.", "Claro, um momento."));
    assert_eq!((answer.calls.len(), answer.repairs.as_slice()), (1, &["code_fence"][..]));
}

#[tokio::test]
async fn without_a_choice_of_tools_only_words_count() {
    let fake = FakeOpenAi::start([says("{\"name\": \"handoff\", \"arguments\": {}}"), says("Certo.")]).await;
    let asked = ChatRequest { tool_choice: ToolChoice::None, ..request() };
    assert_eq!(ask(&fake, &asked).await.0.unwrap_err().kind, TRANSIENT);
    assert_eq!(ask(&fake, &asked).await.0.unwrap().text, "Certo.");
    assert_eq!(fake.asked()[0].body["tool_choice"], "none");
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let (answer, shown) = answer_to(Act::Whole(json!({
        "choices": [{"message": {"role": "assistant", "content": "Olá!"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    })))
    .await;
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), shown.as_str(), answer.usage.input_tokens), ("Olá!", "Olá!", 7));
}

#[tokio::test]
async fn a_server_that_adds_and_omits_fields_is_understood() {
    let raw = ": comment\n\nevent: ping\ndata: not json\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"Oi\",\"reasoning_content\":\"hm\"}}],\"x\":[]}\n\n\
               data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n";
    let (answer, _) = answer_to(Act::Raw(raw.into())).await;
    assert_eq!(answer.unwrap().text, "Oi");
}

#[tokio::test]
async fn a_cut_by_the_token_limit_is_said_and_a_cut_call_is_not_made() {
    let (answer, _) = answer_to(Act::Stream(vec![words("Era uma vez"), finish("length")])).await;
    assert!(answer.unwrap().truncated);
    let half = call(0, "a", "order_status", "{\"order_number\": \"10");
    assert_eq!(kind_of(Act::Stream(vec![half, finish("length")])).await, TRANSIENT);
    let half = words("<tool_call>{\"name\": \"order_status\", \"arguments\": {\"order_number\": 10");
    assert_eq!(kind_of(Act::Stream(vec![half, finish("length")])).await, TRANSIENT);
}

#[tokio::test]
async fn broken_streams_and_empty_answers_may_pass() {
    for act in [
        Act::Cut(vec![words("Bom "), words("dia")]),
        Act::Cut(vec![]),
        Act::End(vec![words("Bom dia")]),
        Act::Stream(vec![finish("stop"), usage(3, 0)]),
        Act::Stream(vec![words(" \n"), finish("stop")]),
        Act::Stream(vec![words("<think>hm, the customer"), finish("stop")]),
        Act::Raw("data: garbage\n\n".repeat(50)),
        Act::Raw("<html>hello</html>".into()),
        Act::Stream(vec![words("Bom "), json!({"error": {"message": "overloaded", "code": 503}})]),
    ] {
        assert_eq!(kind_of(act.clone()).await, TRANSIENT, "{act:?}");
    }
}

#[tokio::test]
async fn rejections_are_sorted_by_what_can_be_done() {
    use ModelErrorKind::{Exhausted, Permanent, Refused, TooLong};
    for (reply, expected) in [
        (error(500, "server_error", "oops"), TRANSIENT),
        (error(503, "overloaded", "try later"), TRANSIENT),
        (error(408, "timeout", "timeout"), TRANSIENT),
        (error(401, "invalid_api_key", "Incorrect API key"), Exhausted),
        (error(403, "forbidden", "no"), Exhausted),
        (error(429, "insufficient_quota", "You exceeded your current quota"), Exhausted),
        (error(400, "context_length_exceeded", "too long"), TooLong),
        (error(400, "content_filter", "filtered"), Refused),
        (error(404, "model_not_found", "no such model"), Permanent),
        (error(400, "invalid_request_error", "bad"), Permanent),
    ] {
        assert_eq!(kind_of(reply.clone()).await, expected, "{reply:?}");
    }
    assert_eq!(kind_of(Act::Stream(vec![words("x"), finish("content_filter")])).await, Refused);
    let refusal = json!({"choices": [{"delta": {"refusal": "I cannot help with that."}}]});
    assert_eq!(kind_of(Act::Stream(vec![refusal, finish("stop")])).await, Refused);
}

#[tokio::test]
async fn the_wait_a_server_asks_for_is_kept() {
    let limited = |name, value: &str| Act::Status(429, vec![(name, value.to_owned())], "slow down".into());
    let wait = |milliseconds| ModelErrorKind::OverQuota { retry_after: Duration::from_millis(milliseconds) };
    assert_eq!(kind_of(limited("retry-after", "7")).await, wait(7_000));
    assert_eq!(kind_of(limited("retry-after-ms", "250")).await, wait(250));
    assert_eq!(kind_of(limited("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")).await, wait(0));
    let down = Act::Status(503, vec![("retry-after", "7".to_owned())], "down".into());
    assert_eq!(kind_of(down).await, ModelErrorKind::Transient { retry_after: Some(Duration::from_secs(7)) });
}

#[tokio::test]
async fn waiting_has_an_end() {
    let (short, long) = (Duration::from_millis(50), Duration::from_secs(20));
    let fake = FakeOpenAi::start([Act::Hang.into()]).await;
    let error = ask_within(&fake, &request(), short, long).await.0.unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (TRANSIENT, "timed out waiting for the first token"));
    // Words keep the first-token clock from ringing; the whole answer has its own.
    fake.push(Act::Stall(vec![words("Bom ")]));
    let (error, shown) = ask_within(&fake, &request(), long, Duration::from_millis(300)).await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.detail.as_str(), shown.as_str()),
        ("timed out waiting for the end of the answer", "Bom")
    );
    // Slow, but within its time.
    fake.push(Reply { latency: short, interval: Duration::from_millis(5), ..says("devagar e sempre") });
    assert!(ask_within(&fake, &request(), long, long).await.0.is_ok());
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_may_come_back() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error =
        model(endpoint(&format!("http://{address}/v1"))).answer(&request(), &|_| {}).await.unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (TRANSIENT, "cannot connect"));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Act::Status(302, vec![("location", "http://127.0.0.1:1/".into())], String::new());
    assert_eq!(kind_of(elsewhere).await, ModelErrorKind::Permanent);
}

#[tokio::test]
async fn private_addresses_need_leave() {
    let fake = FakeOpenAi::start([]).await;
    let mut private = endpoint(fake.base_url());
    private.allowance = Allowance::PublicOnly;
    assert!(
        balcao::llm::openai::OpenAiModel::new(
            private,
            std::sync::Arc::new(balcao::domain::clock::SystemClock)
        )
        .is_err()
    );
    // A name is only known to be private when it is resolved.
    let port = fake.base_url().rsplit(':').next().unwrap().to_owned();
    let mut named = endpoint(&format!("http://localhost:{port}"));
    named.allowance = Allowance::Hosts(vec!["localhost".into()]);
    fake.push(says("oi"));
    assert_eq!(model(named).answer(&request(), &|_| {}).await.unwrap().text, "oi");
}

#[tokio::test]
async fn without_a_key_no_authorization_is_sent() {
    let fake = FakeOpenAi::start([says("oi")]).await;
    let keyless = balcao::llm::openai::Endpoint { api_key: Secret::default(), ..endpoint(fake.base_url()) };
    model(keyless).answer(&request(), &|_| {}).await.unwrap();
    assert_eq!(fake.asked()[0].authorization, None);
}

#[tokio::test]
async fn what_an_endpoint_does_not_understand_is_left_out_from_then_on() {
    let fake = FakeOpenAi::start([
        error(
            400,
            "unsupported",
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
        ),
        error(400, "unsupported", "'temperature' does not support 0.2 with this model"),
        says("um"),
        says("dois"),
    ])
    .await;
    let model = model(endpoint(fake.base_url()));
    assert_eq!(model.answer(&request(), &|_| {}).await.unwrap().text, "um");
    assert_eq!(model.answer(&request(), &|_| {}).await.unwrap().text, "dois");
    let last = &fake.asked()[3].body;
    assert_eq!(
        (&last["max_completion_tokens"], last.get("max_tokens"), last.get("temperature")),
        (&json!(200), None, None)
    );
}

#[tokio::test]
async fn an_endpoint_without_tools_still_calls_them() {
    let fake = FakeOpenAi::start([
        error(400, "invalid", "gemma:2b does not support tools"),
        says("{\"name\": \"order_status\", \"arguments\": {\"order_number\": \"1042\"}}"),
        says("Saiu hoje."),
    ])
    .await;
    let model = model(endpoint(fake.base_url()));
    let mut asked = request();
    let answer = model.answer(&asked, &|_| {}).await.unwrap();
    assert_eq!(answer.calls[0].name, "order_status");
    let result =
        ChatMessage::ToolResult { call: answer.calls[0].clone(), content: "{\"state\":\"sent\"}".into() };
    asked.messages.extend([ChatMessage::Assistant { text: answer.text, calls: answer.calls }, result]);
    assert_eq!(model.answer(&asked, &|_| {}).await.unwrap().text, "Saiu hoje.");
    let last: &Value = &fake.asked()[2].body;
    assert!(last.get("tools").is_none() && last["messages"].to_string().contains("Result of order_status"));
}
