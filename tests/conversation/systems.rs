//! Vendors' systems that are slow, fail or say far too much, behind an operator's own tools.

use crate::support::app::{AppOptions, TestApp, calls, says};
use crate::support::vendor::{Act, Vendor, tools};
use balcao::llm::scripted::Reply;
use serde_json::json;

async fn counter(replies: Vec<Reply>, acts: Vec<Act>) -> (TestApp, Vendor) {
    let vendor = Vendor::start(acts).await;
    let app =
        AppOptions::scripted(replies).file("tools/custom/vendor.toml", &tools(&vendor.url)).start().await;
    (app, vendor)
}

fn weather() -> Reply {
    calls([("weather", json!({}))])
}

#[tokio::test]
async fn a_slow_system_is_told_as_slow() {
    let script = vec![weather(), says("O sistema não respondeu agora. Quer tentar mais tarde?")];
    let (app, vendor) = counter(script, vec![Act::DoAndHold, Act::DoAndHold, Act::DoAndHold]).await;
    let answer = app.talk().await.say("Vai chover?").await;
    assert_eq!(answer.stop_reason, "answered");
    assert!(["timed_out", "unavailable"].contains(&answer.tool("weather").outcome.as_str()), "{answer:#?}");
    vendor.let_go();
    app.end().await;
}

#[tokio::test]
async fn a_failing_system_is_told_as_failing() {
    let script = vec![weather(), says("O sistema está fora do ar. Quer tentar mais tarde?")];
    let (app, vendor) = counter(script, vec![Act::Fail(500), Act::Fail(502), Act::Fail(503)]).await;
    let answer = app.talk().await.say("Vai chover?").await;
    assert_eq!(answer.tool("weather").outcome, "unavailable");
    assert_eq!(vendor.asked().len(), 3);
    app.end().await;
}

#[tokio::test]
async fn five_megabytes_do_not_reach_the_model() {
    let (app, vendor) = counter(vec![weather(), says("Feito!")], vec![Act::Big(5_000_000)]).await;
    let answer = app.talk().await.say("Vai chover?").await;
    assert_eq!(answer.tool("weather").outcome, "done");
    let shown = format!("{:?}", app.model().requests()[1].messages);
    assert!(shown.len() < 40_000, "{} characters", shown.len());
    drop(vendor);
    app.end().await;
}

#[tokio::test]
async fn a_slow_write_shows_progress_and_is_done_once() {
    let script = vec![calls([("record_visit", json!({"day": "sexta"}))]), says("Registrei a sua visita.")];
    let (app, vendor) = counter(script, vec![Act::DoAndHold]).await;
    let mut talk = app.talk().await;
    talk.send("Vou passar aí na sexta").await;
    vendor.asked_times(1).await;
    vendor.let_go();
    let answer = talk.answer().await;
    assert!(answer.progress.iter().any(|said| said == "Vou registrar a sua visita."), "{answer:#?}");
    assert_eq!(vendor.effects().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_turn_that_is_parked_is_counted_when_it_is_over() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);
    let slow = Reply { delay_ms: 60_000, ..says("tarde demais") };
    let mut app = AppOptions::scripted(vec![slow, says("Oi! O que você procura?")]).start().await;
    let mut talk = app.talk().await;
    talk.send("Oi, tudo bem?").await;
    while app.model().requests().is_empty() {
        tokio::task::yield_now().await;
    }
    app.restart().await;
    talk.again(&app.door).await;
    assert_eq!(talk.answer().await.stop_reason, "answered");
    app.end().await;
    let turns: Vec<String> = handle
        .render()
        .lines()
        .filter(|line| line.starts_with("balcao_turns_total"))
        .map(str::to_owned)
        .collect();
    assert_eq!(turns, [r#"balcao_turns_total{stop_reason="answered"} 1"#]);
}
