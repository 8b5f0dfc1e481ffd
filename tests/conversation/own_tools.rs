//! An operator's own tools in whole turns: what their words make the built-in model do, what their quota, their
//! faults and their size make it say, and which of their results may be relied on.

use crate::support::app::{AppOptions, Brain, TestApp, calls, says};
use crate::support::talk::Answer;
use crate::support::vendor::{Act, Vendor};
use balcao::llm::scripted::Reply;
use serde_json::json;

/// A tool with every word that a file may give it.
fn club(vendor: &str) -> String {
    format!(
        r#"
[[tool]]
name = "getClubCard"
description = "Tells how things stand with a card of the club."
title = {{ "pt-BR" = "consultar o cartão do clube" }}
risk = "read"
examples = ["como está o meu cartão do clube?", "quero ver o cartão do clube", "situação do cartão do clube 4410"]
parameters = {{ type = "object", additionalProperties = false, required = ["card_number"], properties = {{ card_number = {{ type = "string" }} }} }}
[tool.ask]
card_number = {{ "pt-BR" = "Qual é o número do cartão do clube?" }}
[tool.say]
"pt-BR" = "O cartão {{{{ args.card_number }}}} está assim: {{{{ result.state }}}}."
[tool.http]
method = "POST"
url = "{vendor}/cards"
body = {{ card = "{{{{ args.card_number }}}}" }}
timeout_ms = 300
"#
    )
}

async fn built_in(acts: Vec<Act>, change: impl FnOnce(String) -> String) -> (TestApp, Vendor) {
    let vendor = Vendor::start(acts).await;
    let file = change(club(&vendor.url));
    let app = AppOptions::new(Brain::BuiltIn).file("tools/custom/club.toml", &file).start().await;
    (app, vendor)
}

const ASKED: &str = "Como está o meu cartão do clube 4410?";

/// What a customer may read when a system does not work.
fn is_decent(answer: &Answer) {
    assert_eq!(answer.stop_reason, "answered", "{answer:#?}");
    assert!(answer.text.contains("pessoa da equipe") && answer.text.ends_with('?'), "{}", answer.text);
    let lower = answer.text.to_lowercase();
    for internal in
        ["getclubcard", "127.0.0.1", "http", "50", "error", "timeout", "quota", "card_number", "system"]
    {
        assert!(!lower.contains(internal), "{internal}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_built_in_model_asks_calls_and_says_by_the_files_words() {
    let (app, vendor) = built_in(vec![], |file| file).await;
    let mut talk = app.talk().await;
    let asked = talk.say("Quero ver o cartão do clube").await;
    assert_eq!((asked.text.as_str(), asked.tools.len()), ("Qual é o número do cartão do clube?", 0));
    let said = talk.say("é o 4410").await;
    assert_eq!(said.tool("getClubCard").arguments, json!({"card_number": "4410"}));
    assert_eq!(said.text, "O cartão 4410 está assim: done.");
    assert_eq!(vendor.asked(), [json!({"card": "4410"})]);
    app.end().await;
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_said_in_plain_words() {
    let (app, vendor) = built_in(vec![], |file| file + "quota = 1\n").await;
    let mut talk = app.talk().await;
    assert_eq!(talk.say(ASKED).await.tool("getClubCard").outcome, "done");
    let refused = talk.say("E como está o cartão do clube 4411?").await;
    assert_eq!(refused.tool("getClubCard").outcome, "over_quota");
    is_decent(&refused);
    assert!(refused.text.contains("um minuto"), "{}", refused.text);
    assert_eq!(vendor.asked().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_system_that_fails_or_is_slow_is_said_in_plain_words() {
    let slow = || vec![Act::DoAndHold, Act::DoAndHold, Act::DoAndHold];
    let failing = || vec![Act::Fail(500), Act::Fail(502), Act::Fail(503)];
    for (acts, outcome) in
        [(slow(), "timed_out"), (failing(), "unavailable"), (vec![Act::Fail(429)], "over_quota")]
    {
        let (app, vendor) = built_in(acts, |file| file).await;
        let answer = app.talk().await.say(ASKED).await;
        assert_eq!(answer.tool("getClubCard").outcome, outcome);
        is_decent(&answer);
        vendor.let_go();
        app.end().await;
    }
}

#[tokio::test]
async fn of_five_megabytes_what_was_asked_for_is_said() {
    let without_words = |file: String| {
        file.lines()
            .filter(|line| !line.contains("está assim") && *line != "[tool.say]")
            .collect::<Vec<_>>()
            .join("\n")
    };
    let big = || vec![Act::Big(5_000_000)];
    let patient = |file: String| file.replace("timeout_ms = 300", "timeout_ms = 20000");
    let (app, _vendor) = built_in(big(), patient).await;
    assert_eq!(app.talk().await.say(ASKED).await.text, "O cartão 4410 está assim: done.");
    app.end().await;
    let (app, _vendor) = built_in(big(), |file| without_words(patient(file))).await;
    let answer = app.talk().await.say(ASKED).await;
    assert!(answer.text.contains("state: done") && answer.text.len() < 1_000, "{}", answer.text);
    assert!(!answer.text.contains("too large"), "{}", answer.text);
    app.end().await;
}

#[tokio::test]
async fn names_without_an_underscore_do_not_leak_either() {
    let vendor = Vendor::start([]).await;
    let script =
        vec![says("Vou chamar getClubCard agora."), says("Posso ver o cartão do clube. Qual é o número?")];
    let app = AppOptions::scripted(script).file("tools/custom/club.toml", &club(&vendor.url)).start().await;
    let answer = app.talk().await.say("Oi, e o clube?").await;
    assert_eq!(answer.text, "Posso ver o cartão do clube. Qual é o número?");
    app.end().await;
}

/// A lookup with one trusted field, and a change that takes what was said.
fn visits(vendor: &str) -> String {
    format!(
        r#"
[[tool]]
name = "find-visit"
description = "Finds a visit."
risk = "read"
result_trusted = ["protocol"]
parameters = {{ type = "object", properties = {{}} }}
[tool.http]
method = "POST"
url = "{vendor}/find"

[[tool]]
name = "close-visit"
description = "Closes a visit."
title = {{ "pt-BR" = "encerrar a visita" }}
risk = "write"
parameters = {{ type = "object", additionalProperties = false, required = ["visit"], properties = {{ visit = {{ type = "string" }} }} }}
[tool.http]
method = "POST"
url = "{vendor}/close"
body = {{ visit = "{{{{ args.visit }}}}" }}
idempotency_header = "Idempotency-Key"
"#
    )
}

async fn closing(visit: &str, then: Vec<Reply>) -> (TestApp, Vendor, Answer) {
    let vendor = Vendor::start([]).await;
    let mut script =
        vec![calls([("find-visit", json!({}))]), calls([("close-visit", json!({"visit": visit}))])];
    script.extend(then);
    let app =
        AppOptions::scripted(script).file("tools/custom/visits.toml", &visits(&vendor.url)).start().await;
    let answer = app.talk().await.say("Pode encerrar a minha visita?").await;
    (app, vendor, answer)
}

#[tokio::test]
async fn a_trusted_field_of_a_result_is_as_good_as_the_customers_word() {
    let (app, vendor, answer) = closing("P-7731", vec![says("Pronto, encerrei a visita P-7731.")]).await;
    assert_eq!(answer.stop_reason, "answered", "{answer:#?}");
    assert_eq!(answer.tool("close-visit").outcome, "done");
    assert_eq!(answer.text, "Pronto, encerrei a visita P-7731.");
    assert_eq!(vendor.asked()[1], json!({"visit": "P-7731"}));
    app.end().await;
}

#[tokio::test]
async fn free_text_of_a_result_makes_the_call_ask() {
    let (app, vendor, answer) = closing("done", vec![]).await;
    assert_eq!(answer.stop_reason, "awaiting_confirmation", "{answer:#?}");
    assert!(answer.text.contains("encerrar a visita") && answer.text.contains("done"), "{}", answer.text);
    assert_eq!(vendor.asked().len(), 1, "nothing was closed");
    app.end().await;
}
