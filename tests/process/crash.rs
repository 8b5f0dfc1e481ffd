//! The program is killed at the worst moments. After a restart each message has exactly one answer, each effect
//! happened exactly once, and no model call that had come to its end is asked again.

use super::support::{Place, Process};
use crate::support::fake_openai::{Act, FakeOpenAi, Reply, call, finish, says};
use crate::support::postgres::Database;
use crate::support::stores;
use crate::support::talk::Talk;
use crate::support::vendor::{self, Vendor, tools};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// So soon a restarted program has taken up what was left, from its first word on.
const TAKEN_UP: Duration = Duration::from_secs(3);

fn calling(name: &str, arguments: &Value) -> Reply {
    Act::Stream(vec![call(0, "x", name, &arguments.to_string()), finish("tool_calls")]).into()
}

/// Waits until the endpoint was asked `count` times.
async fn asked_times(endpoint: &FakeOpenAi, count: usize) {
    let began = Instant::now();
    while endpoint.asked().len() < count {
        assert!(began.elapsed() < Duration::from_secs(20), "the endpoint is asked");
        tokio::task::yield_now().await;
    }
}

/// Starts the program again and goes on with the conversation.
async fn again(place: &Place, talk: &mut Talk) -> Process {
    let process = place.serve().await;
    talk.again(&process.door).await;
    process
}

/// Whether everything was answered once, and nothing is left.
async fn settled(place: &Place, talk: &Talk, process: Process) {
    let answers = talk.said_by("assistant").await;
    let questions = talk.said_by("customer").await;
    assert_eq!(answers.len(), questions.len(), "{questions:?} {answers:?}");
    let (status, took) = process.terminate().await;
    assert!(status.success() && took < Duration::from_secs(10), "{status} after {took:?}");
    let (stores, handle) = stores::open(&place.path("data")).await;
    assert_eq!(stores.turns.due(Timestamp::MAX, 10).await.unwrap(), []);
    handle.close().await;
}

#[tokio::test]
async fn killed_while_the_model_thinks() {
    let endpoint = FakeOpenAi::start([Act::Hang.into()]).await;
    let place = Place::new().await.with_model(&endpoint);
    let process = place.serve().await;
    let mut talk = process.talk().await;
    let message = talk.send("Oi, tudo bem?").await;
    asked_times(&endpoint, 1).await;
    process.kill();
    endpoint.push(says("Tudo ótimo! Como posso ajudar?"));
    let process = again(&place, &mut talk).await;
    let began = Instant::now();
    let answer = talk.answer().await;
    assert!(began.elapsed() < TAKEN_UP, "{:?}", began.elapsed());
    assert_eq!((answer.reply_to, endpoint.asked().len()), (vec![message], 2));
    settled(&place, &talk, process).await;
}

#[tokio::test]
async fn a_model_call_that_came_to_its_end_is_not_paid_again() {
    let search = calling("product_search", &json!({"query": "jiboia"}));
    let endpoint = FakeOpenAi::start([search, Act::Hang.into()]).await;
    let place = Place::new().await.with_model(&endpoint);
    let process = place.serve().await;
    let mut talk = process.talk().await;
    talk.send("Quanto custa a jiboia P?").await;
    asked_times(&endpoint, 2).await;
    process.kill();
    endpoint.push(says("A Jiboia P custa R$ 29,90."));
    let process = again(&place, &mut talk).await;
    let answer = talk.answer().await;
    assert_eq!(answer.text, "A Jiboia P custa R$ 29,90.");
    assert_eq!(endpoint.asked().len(), 3);
    // The clock in the first message has moved on.
    let transcript =
        |asked: usize| endpoint.asked()[asked].body["messages"].as_array().unwrap()[1..].to_vec();
    assert_eq!(transcript(1), transcript(2), "it goes on where it was");
    assert_eq!(answer.tools.len(), 1);
    settled(&place, &talk, process).await;
}

#[tokio::test]
async fn killed_around_a_booking() {
    // On the wire, the moments around the write: the call is known, the customer is told, the call is over.
    for (kind, state) in [("tool", "started"), ("progress", ""), ("tool", "finished")] {
        let slots = calling("agenda_list_slots", &json!({"service": "replantio", "professional": "caio"}));
        let endpoint = FakeOpenAi::start([slots, says("Tenho vários horários. Qual você prefere?")]).await;
        let place = Place::new().await.with_model(&endpoint);
        let process = place.serve().await;
        let mut talk = process.talk().await;
        let listed = talk.say("Quero um replantio com o Caio").await;
        let start = listed.tool("agenda_list_slots").result["data"]["slots"][2]["start"].clone();
        let booking = json!({"service": "replantio", "start": start, "professional": "caio"});
        endpoint.push(calling("agenda_book", &booking));
        endpoint.push(says("Pronto, agendei para você!"));
        endpoint.push(says("Pronto, agendei para você!"));
        talk.send("Quero o terceiro").await;
        loop {
            let frame = talk.next_of(kind).await;
            let said = frame.data["text"].as_str().unwrap_or_default();
            if frame.data["state"].as_str().is_some_and(|found| found == state) || said.contains("marcar") {
                break;
            }
        }
        process.kill();
        let process = again(&place, &mut talk).await;
        while talk.said_by("assistant").await.len() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(talk.said_by("assistant").await.len(), 2);
        let stores = stores::open(&place.path("data")).await.0;
        let contact = talk.detail().await["contact_id"].as_str().unwrap().parse().unwrap();
        let booked = stores.backoffice.appointments_of(contact, Timestamp::MIN).await.unwrap();
        assert_eq!(booked.len(), 1, "killed at {kind} {state}");
        settled(&place, &talk, process).await;
    }
}

async fn killed_while_the_vendor_works(file: impl Fn(String) -> String, answer: &str) -> (Vendor, Value) {
    let vendor = Vendor::start([vendor::Act::DoAndHold]).await;
    let endpoint = FakeOpenAi::start([calling("record_visit", &json!({"day": "sexta"}))]).await;
    let place =
        Place::new().await.with_model(&endpoint).file("tools/custom/vendor.toml", &file(tools(&vendor.url)));
    let process = place.serve().await;
    let mut talk = process.talk().await;
    talk.send("Vou passar aí na sexta").await;
    vendor.asked_times(1).await;
    process.kill();
    endpoint.push(says(answer));
    let process = again(&place, &mut talk).await;
    let said = talk.answer().await;
    assert_eq!(said.text, answer);
    assert_eq!(endpoint.asked().len(), 2);
    settled(&place, &talk, process).await;
    (vendor, json!(said.tool("record_visit").outcome))
}

#[tokio::test]
async fn killed_while_a_vendor_with_keys_works() {
    let (vendor, outcome) = killed_while_the_vendor_works(|file| file, "Registrei a sua visita!").await;
    assert_eq!((vendor.asked().len(), vendor.effects().len()), (2, 1), "asked again on the same key");
    assert_eq!(outcome, "done");
}

#[tokio::test]
async fn killed_while_a_vendor_without_keys_works() {
    let keyless = |file: String| file.replace("idempotency_header = \"Idempotency-Key\"\n", "");
    let (vendor, outcome) = killed_while_the_vendor_works(keyless, "Não sei se ficou registrado.").await;
    assert_eq!((vendor.asked().len(), vendor.effects().len()), (1, 1), "never blindly again");
    assert_eq!(outcome, "unknown");
}

#[tokio::test]
async fn killed_before_the_customer_read_the_answer() {
    let endpoint = FakeOpenAi::start([says("Tudo ótimo! Como posso ajudar?")]).await;
    let place = Place::new().await.with_model(&endpoint);
    let process = place.serve().await;
    let mut talk = process.talk().await;
    talk.send("Oi, tudo bem?").await;
    while talk.said_by("assistant").await.is_empty() {
        tokio::task::yield_now().await;
    }
    process.kill();
    let process = again(&place, &mut talk).await;
    assert_eq!(talk.answer().await.text, "Tudo ótimo! Como posso ajudar?");
    assert_eq!(endpoint.asked().len(), 1);
    settled(&place, &talk, process).await;
}

#[tokio::test]
async fn killed_before_the_turn_began() {
    let endpoint = FakeOpenAi::start([says("Tudo ótimo! Como posso ajudar?")]).await;
    let mut place = Place::new().await.with_model(&endpoint);
    place.set("BALCAO__CHANNELS__WEB__QUIET_MS", "2000");
    let process = place.serve().await;
    let mut talk = process.talk().await;
    talk.send("Oi, tudo bem por aí?").await;
    process.kill();
    let process = again(&place, &mut talk).await;
    talk.answer().await;
    settled(&place, &talk, process).await;
}

#[tokio::test]
async fn another_process_takes_up_what_a_killed_one_was_at() {
    let database = Database::empty().await;
    let endpoint = FakeOpenAi::start([Act::Hang.into()]).await;
    let mut places = Vec::new();
    for _ in 0..2 {
        let mut place = Place::new().await.with_model(&endpoint);
        place.set("BALCAO__STORE__URL", &database.url());
        places.push(place);
    }
    let (one, other) = (places[0].serve().await, places[1].serve().await);
    let mut talk = one.talk().await;
    let message = talk.send("Oi, tudo bem?").await;
    asked_times(&endpoint, 1).await;
    endpoint.push(says("Tudo ótimo! Como posso ajudar?"));
    talk.again(&other.door).await;
    let began = Instant::now();
    one.kill();
    let answer = talk.answer().await;
    assert_eq!((answer.reply_to, answer.text.as_str()), (vec![message], "Tudo ótimo! Como posso ajudar?"));
    // Far sooner than the lease of twenty seconds.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!((endpoint.asked().len(), talk.said_by("assistant").await.len()), (2, 1));
    assert!(other.terminate().await.0.success());
}

#[tokio::test]
async fn a_call_that_may_have_been_done_before_the_kill_is_never_told_as_undone() {
    let vendor = Vendor::start([vendor::Act::DoAndHold]).await;
    let endpoint = FakeOpenAi::start([calling("record_visit", &json!({"day": "sexta"}))]).await;
    let place =
        Place::new().await.with_model(&endpoint).file("tools/custom/vendor.toml", &tools(&vendor.url));
    let process = place.serve().await;
    let mut talk = process.talk().await;
    talk.send("Vou passar aí na sexta").await;
    vendor.asked_times(1).await;
    process.kill();
    // It was done; when the program is back, nobody can be asked.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let place = place.file("tools/custom/vendor.toml", &tools(&format!("http://{nobody}")));
    endpoint.push(says("O sistema não respondeu agora."));
    let process = again(&place, &mut talk).await;
    let answer = talk.answer().await;
    assert_eq!(answer.tools[0].outcome, "unknown", "{answer:#?}");
    assert_eq!(vendor.effects().len(), 1);
    settled(&place, &talk, process).await;
}

/// A call whose work was done when the program was killed, so that nobody was told; then the vendor is away as long as a call
/// is tried.
async fn killed_when_the_visit_was_recorded() -> (Vendor, FakeOpenAi, Place, Talk) {
    let away = vendor::Act::Fail(503);
    let vendor = Vendor::start([vendor::Act::DoAndHold, away.clone(), away.clone(), away]).await;
    let endpoint = FakeOpenAi::start([calling("record_visit", &friday())]).await;
    let place =
        Place::new().await.with_model(&endpoint).file("tools/custom/vendor.toml", &tools(&vendor.url));
    let process = place.serve().await;
    let talk = process.talk().await;
    talk.send("Vou passar aí na sexta").await;
    vendor.asked_times(1).await;
    process.kill();
    (vendor, endpoint, place, talk)
}

fn friday() -> Value {
    json!({"day": "sexta"})
}

#[tokio::test]
async fn a_call_of_unknown_fate_that_is_made_again_is_the_same_call_to_the_vendor() {
    let (vendor, endpoint, place, mut talk) = killed_when_the_visit_was_recorded().await;
    // The model insists.
    endpoint.push(calling("record_visit", &friday()));
    endpoint.push(says("Registrei a sua visita!"));
    let process = again(&place, &mut talk).await;
    let answer = talk.answer().await;
    let outcomes: Vec<&str> = answer.tools.iter().map(|tool| tool.outcome.as_str()).collect();
    assert_eq!(outcomes, ["unknown", "done"], "{answer:#?}");
    assert_eq!(vendor.effects().len(), 1, "under one key");
    settled(&place, &talk, process).await;
}

#[tokio::test]
async fn a_call_of_unknown_fate_that_the_customer_asks_for_again_has_one_effect() {
    let (vendor, endpoint, place, mut talk) = killed_when_the_visit_was_recorded().await;
    endpoint.push(says("O sistema não respondeu agora."));
    let process = again(&place, &mut talk).await;
    assert_eq!(talk.answer().await.tools[0].outcome, "unknown");
    // In the next turn the model makes the call again, under an id of its own.
    endpoint.push(calling("record_visit", &friday()));
    endpoint.push(says("Registrei a sua visita!"));
    let answer = talk.say("E agora, consegue registrar que vou na sexta?").await;
    assert_eq!(answer.tools[0].outcome, "done", "{answer:#?}");
    assert_eq!(vendor.effects().len(), 1, "under one key");
    settled(&place, &talk, process).await;
}
