//! Who is written to, and when: not who wants it no more, not who is not reached, not at night.

use crate::support::app::{AppOptions, TestApp, says};
use crate::support::meta::{Act, Customer, FakeMeta};
use crate::support::whatsapp::{conversations, operator, until};
use balcao::config::whatsapp::{RateSettings, TemplateSettings};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;
use std::sync::{Arc, Mutex};

use balcao::domain::clock::Clock;

/// A clock that a test sets.
struct Hands(Mutex<Timestamp>);

impl Hands {
    fn at(time: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(time.parse().unwrap())))
    }

    fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn new_id(&self) -> uuid::Uuid {
        uuid::Uuid::now_v7()
    }

    fn random(&self) -> u64 {
        4
    }
}

async fn behind(meta: &FakeMeta, options: AppOptions) -> TestApp {
    let template = TemplateSettings {
        name: "retomar_atendimento".to_owned(),
        language: "pt_BR".to_owned(),
        components: vec![json!({"type": "body", "parameters": [{"type": "text", "text": "{message}"}]})],
    };
    let options = options.with(|settings| {
        meta.set(&mut settings.channels.whatsapp);
        settings.channels.whatsapp.template_fallback.insert("answer".to_owned(), template);
    });
    let app = options.start().await;
    meta.knows(&app);
    app
}

async fn conversation(app: &TestApp) -> String {
    until("a conversation", || async {
        let conversations = conversations(app).await;
        conversations.first().map(|one| one["id"].as_str().unwrap().to_owned())
    })
    .await
}

async fn reply(app: &TestApp, conversation: &str, text: &str) {
    operator(app, Method::POST, &format!("/conversations/{conversation}/reply"), json!({"text": text})).await;
}

/// Why deliveries were given up, when there are so many.
async fn dead(app: &TestApp, count: usize) -> Vec<String> {
    until("given up", || async {
        let dead = operator(app, Method::GET, "/outbox/dead", json!({})).await;
        let dead = dead["deliveries"].as_array().unwrap().clone();
        (dead.len() >= count)
            .then(|| dead.iter().map(|one| one["error"].as_str().unwrap().to_owned()).collect())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_messages_gets_no_template_until_they_ask() {
    let clock = Hands::at("2026-11-24T10:00:00-03:00");
    let meta = FakeMeta::start_at([], clock.clone()).await;
    let app =
        behind(&meta, AppOptions::scripted(vec![says("Temos vasos de barro.")]).at(clock.clone())).await;
    let ana = Customer::ana();
    meta.tells(ana.writes("wamid.1", "parar")).await;
    meta.taken(1).await;
    let id = conversation(&app).await;
    clock.advance(SignedDuration::from_hours(25));
    reply(&app, &id, "Temos uma promoção!").await;
    let told = dead(&app, 1).await;
    assert!(told[0].contains("did not ask for"), "{told:?}");
    assert_eq!(meta.taken(1).await.len(), 1, "nothing left");
    // Who asks is answered, and may be answered later too.
    operator(&app, Method::POST, &format!("/conversations/{id}/return"), json!({})).await;
    meta.tells(ana.writes("wamid.2", "vocês têm vasos?")).await;
    meta.taken(2).await;
    clock.advance(SignedDuration::from_hours(25));
    reply(&app, &id, "Chegaram mais vasos.").await;
    assert_eq!(meta.taken(3).await.pop().unwrap().kind(), "template");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_go_to_no_more_people_a_day_than_meta_takes() {
    one_a_day(|rates| rates.people_per_day = 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_writes_to_few_people_at_first() {
    one_a_day(|rates| {
        rates.people_per_day = 0;
        rates.new_since = Some("2026-11-25".parse().unwrap());
        rates.people_at_first = 1;
    })
    .await;
}

/// Two people are not written to on one day, but on the next.
async fn one_a_day(rates: fn(&mut RateSettings)) {
    let clock = Hands::at("2026-11-24T10:00:00-03:00");
    let meta = FakeMeta::start_at([], clock.clone()).await;
    let script = ["Temos vasos.", "Temos também."].map(says).to_vec();
    let options = AppOptions::scripted(script).at(clock.clone());
    let app = behind(&meta, options.with(|settings| rates(&mut settings.channels.whatsapp.rates))).await;
    let mut talks = Vec::new();
    for (number, customer) in [Customer::ana(), Customer::bia_hidden()].into_iter().enumerate() {
        meta.tells(customer.writes(&format!("wamid.{number}"), "vocês têm vasos?")).await;
        meta.taken(number + 1).await;
        let known = conversations(&app).await;
        let ids = known.iter().map(|one| one["id"].as_str().unwrap().to_owned());
        let new: Vec<String> = ids.filter(|id| !talks.contains(id)).collect();
        talks.extend(new);
    }
    clock.advance(SignedDuration::from_hours(25));
    reply(&app, &talks[0], "Chegaram mais vasos.").await;
    assert_eq!(meta.taken(3).await.pop().unwrap().kind(), "template");
    reply(&app, &talks[1], "Chegaram mais vasos.").await;
    let told = dead(&app, 1).await;
    assert!(told[0].contains("1 people were written to within a day"), "{told:?}");
    clock.advance(SignedDuration::from_hours(25));
    reply(&app, &talks[1], "Chegaram mais vasos.").await;
    assert_eq!(meta.taken(4).await.pop().unwrap().kind(), "template", "the day is over");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_reached_is_not_written_to_until_they_write() {
    let meta = FakeMeta::start([Act::Refuse(131_026)]).await;
    let app = behind(&meta, AppOptions::scripted(vec![says("Olá!"), says("Oi de novo!")])).await;
    let ana = Customer::ana();
    meta.tells(ana.writes("wamid.1", "oi, tudo bem?")).await;
    dead(&app, 1).await;
    let id = conversation(&app).await;
    reply(&app, &id, "Você está aí?").await;
    let told = dead(&app, 2).await;
    assert!(told.iter().any(|reason| reason.contains("has not written since")), "{told:?}");
    assert_eq!(meta.refusals(), [131_026], "Meta is not asked again");
    let mark = async || {
        let detail = operator(&app, Method::GET, &format!("/conversations/{id}"), json!({})).await;
        detail["out_of_reach"].clone()
    };
    assert_eq!(mark().await, true);
    operator(&app, Method::POST, &format!("/conversations/{id}/return"), json!({})).await;
    meta.tells(ana.writes("wamid.2", "oi, cheguei")).await;
    assert_eq!(meta.texts(1).await, ["Oi de novo!"]);
    assert_eq!(mark().await, false);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_does_not_understand_is_tried_three_times_and_no_more() {
    let clock = Hands::at("2026-11-24T10:00:00-03:00");
    let script = [Act::Refuse(1), Act::Refuse(1), Act::Refuse(1)];
    let meta = FakeMeta::start_at(script, clock.clone()).await;
    let app = behind(&meta, AppOptions::scripted(vec![says("Olá!")]).at(clock.clone())).await;
    let writes = Customer::ana().wrote("wamid.1", "oi, tudo bem?", SignedDuration::ZERO);
    meta.tells(writes).await;
    let told = until("given up", || async {
        clock.advance(SignedDuration::from_secs(1));
        let dead = operator(&app, Method::GET, "/outbox/dead", json!({})).await;
        dead["deliveries"][0]["error"].as_str().map(str::to_owned)
    })
    .await;
    assert!(told.contains("Meta's error 1"), "{told}");
    assert_eq!(meta.refusals(), [1, 1, 1]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_night_nobody_is_written_to_who_does_not_wait_for_it() {
    let clock = Hands::at("2026-11-23T19:00:00-03:00");
    let meta = FakeMeta::start_at([], clock.clone()).await;
    let app =
        behind(&meta, AppOptions::scripted(vec![says("Olá!"), says("Boa noite!")]).at(clock.clone())).await;
    let (ana, bia) = (Customer::ana(), Customer::bia_hidden());
    meta.tells(ana.writes("wamid.1", "oi, tudo bem?")).await;
    meta.taken(1).await;
    let id = conversation(&app).await;
    // A day and more later, at a quarter past nine in the evening.
    clock.advance(SignedDuration::from_mins(26 * 60 + 15));
    reply(&app, &id, "Chegou o seu vaso.").await;
    let waits = until("it waits for the morning", || async {
        let stores = app.stores().await;
        let due = stores.outbox.next_due().await.unwrap()?;
        (due > clock.now()).then_some(due)
    })
    .await;
    assert!(waits <= clock.now() + SignedDuration::from_secs(60), "it looks again now and then");
    // Who writes at night is answered at night.
    meta.tells(bia.writes("wamid.2", "estão abertos?")).await;
    assert_eq!(meta.taken_for(&bia, 1).await[0].text(), "Boa noite!");
    assert_eq!(meta.taken_for(&ana, 1).await.len(), 1);
    clock.advance(SignedDuration::from_mins(10 * 60 + 46));
    assert_eq!(meta.taken_for(&ana, 2).await[1].kind(), "template", "at one past eight");
    app.end().await;
}
