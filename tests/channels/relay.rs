//! A customer behind a gateway: what they write comes in, what they are answered goes out, once and in order, whatever
//! the gateway does.

use crate::support::app::{AppOptions, Brain, TestApp, says, shop_database};
use crate::support::relay::{Act, FakeRelay, Taken};
use balcao::llm::scripted::{Reply, ScriptedModel};
use balcao::store::outbox::DeliveryStanding;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

const ANA: &str = "+5511955550123";

/// The program behind a gateway.
async fn behind(relay: &FakeRelay, replies: Vec<Reply>) -> TestApp {
    AppOptions::scripted(replies).with(|settings| relay.set(&mut settings.channels.relay)).start().await
}

fn written(from: &str, id: &str, text: &str) -> Value {
    json!({"type": "message", "id": id, "from": from, "name": "Ana", "text": text})
}

fn echoed(to: &str, id: &str, text: &str) -> Value {
    json!({"type": "echo", "id": id, "to": to, "text": text})
}

async fn operator(app: &TestApp, method: Method, path: &str, body: Value) -> Value {
    let answer = app.door.operator(method, &format!("/api/v1{path}")).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap_or_default()
}

/// Roles and words of a conversation so far.
async fn history(app: &TestApp, conversation: &Value) -> Vec<(String, String)> {
    let path = format!("/conversations/{}/messages", conversation.as_str().unwrap());
    let history = operator(app, Method::GET, &path, json!({})).await;
    let part = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
    let messages = history["messages"].as_array().unwrap();
    messages.iter().map(|message| (part(message, "role"), part(message, "text"))).collect()
}

async fn standing(app: &TestApp, taken: &Taken) -> DeliveryStanding {
    let id = taken.delivery.parse().unwrap();
    app.stores().await.outbox.standing(id).await.unwrap().unwrap()
}

/// Waits until the program has written down that `taken` is with the gateway.
async fn settled(app: &TestApp, taken: &Taken) -> DeliveryStanding {
    let stores = app.stores().await;
    let look = async {
        loop {
            let standing = stores.outbox.standing(taken.delivery.parse().unwrap()).await.unwrap().unwrap();
            if standing.state != "waiting" {
                return standing;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), look).await.expect("it is settled")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_in_and_its_answer_goes_out() {
    balcao::telemetry::metrics::begin();
    let relay = FakeRelay::start([]).await;
    let app = behind(&relay, vec![says("Abrimos às 9h.")]).await;
    let received = relay.tell(&app.door.base, &written(ANA, "m1", "A que horas vocês abrem?")).await;
    assert_eq!(received["duplicate"], false);
    let taken = relay.taken(1).await.remove(0);
    assert_eq!((taken.to(), taken.role(), taken.text()), (ANA, "assistant", "Abrimos às 9h."));
    assert_eq!(taken.body["conversation_id"], received["conversation_id"]);
    let again = relay.tell(&app.door.base, &written(ANA, "m1", "A que horas vocês abrem?")).await;
    assert_eq!((&again["message_id"], &again["duplicate"]), (&received["message_id"], &json!(true)));

    let sent = settled(&app, &taken).await;
    assert_eq!((sent.state.as_str(), sent.external_id), ("sent", Some(taken.id())));
    for (status, known) in [("sent", true), ("read", true), ("delivered", true), ("failed", false)] {
        let event = json!({"type": "status", "id": taken.id(), "status": status});
        assert_eq!(relay.tell(&app.door.base, &event).await["known"], known, "{status}");
    }
    let seen = standing(&app, &taken).await;
    assert_eq!(
        (seen.state.as_str(), seen.delivered_at.is_some(), seen.read_at.is_some()),
        ("sent", true, true)
    );
    let metrics = reqwest::get(format!("{}/metrics", app.door.base)).await.unwrap().text().await.unwrap();
    for outcome in ["accepted", "duplicate"] {
        let line = format!("balcao_inbound_total{{channel=\"relay\",outcome=\"{outcome}\"}}");
        assert!(metrics.contains(&line), "{line}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_behind_a_busy_gateway_leaves_in_order() {
    let relay = FakeRelay::start([Act::Busy(429, 1), Act::Busy(503, 0), Act::Take, Act::Answer(502)]).await;
    let app = behind(&relay, vec![says("um"), says("dois"), says("três")]).await;
    relay.tell(&app.door.base, &written(ANA, "m1", "primeira pergunta?")).await;
    relay.tried(1).await;
    relay.tell(&app.door.base, &written(ANA, "m2", "segunda pergunta?")).await;
    assert_eq!(relay.texts(2).await, ["um", "dois"]);
    relay.tell(&app.door.base, &written(ANA, "m3", "terceira pergunta?")).await;
    assert_eq!(relay.texts(3).await, ["um", "dois", "três"]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_in_doubt_is_asked_for_and_never_repeated() {
    for act in [
        // Taken, and it cannot say so.
        Act::TakeAndCut,
        Act::TakeAndCutLate,
        Act::TakeAndHang,
        // Not taken, which nobody knows but the gateway.
        Act::Cut,
        Act::Answer(500),
        Act::Answer(302),
    ] {
        let relay = FakeRelay::start([act.clone()]).await;
        let mut options = AppOptions::scripted(vec![says("Olá!")]);
        relay.set(&mut options.settings.channels.relay);
        if act == Act::TakeAndHang {
            options.settings.channels.relay.timeout_ms = 400;
        }
        let app = options.start().await;
        relay.tell(&app.door.base, &written(ANA, "m1", "oi?")).await;
        relay.tried(1).await;
        // A second taking of the same message would be a second one in the ledger.
        let taken = relay.taken(1).await.remove(0);
        let sent = settled(&app, &taken).await;
        assert_eq!((sent.state.as_str(), sent.external_id), ("sent", Some(taken.id())), "{act:?}");
        assert_eq!((relay.asked(), sent.attempts), (1, 2), "{act:?}");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_not_there_is_tried_again() {
    let relay = FakeRelay::start([Act::TakeWithoutName]).await;
    // Nobody listens where the program posts to first.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut options = AppOptions::scripted(vec![says("Olá!")]);
    relay.set(&mut options.settings.channels.relay);
    options.settings.channels.relay.url = format!("http://{closed}/hook");
    let app = options.start().await;
    relay.tell(&app.door.base, &written(ANA, "m1", "oi?")).await;
    let dead = loop {
        let dead = operator(&app, Method::GET, "/outbox/dead", json!({})).await;
        if let Some(letter) = dead["deliveries"].as_array().unwrap().first() {
            break letter.clone();
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(dead["error"], "the relay cannot be reached (after 8 attempts)");
    assert_eq!(relay.asked(), 0, "what was never sent is not in doubt");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_listed_and_holds_nobody_up() {
    let relay = FakeRelay::start([Act::Answer(400), Act::TakeWithoutName]).await;
    let app = behind(&relay, vec![says("um"), says("dois")]).await;
    relay.tell(&app.door.base, &written(ANA, "m1", "primeira pergunta?")).await;
    relay.tried(1).await;
    relay.tell(&app.door.base, &written(ANA, "m2", "segunda pergunta?")).await;
    let taken = relay.taken(1).await.remove(0);
    assert_eq!(taken.text(), "dois");
    let named = settled(&app, &taken).await.external_id;
    assert_eq!(named, Some(taken.delivery.clone()), "who gives no name has the delivery's");
    let dead = operator(&app, Method::GET, "/outbox/dead", json!({})).await;
    let letter = &dead["deliveries"][0];
    assert_eq!((&letter["channel"], &letter["error"]), (&json!("relay"), &json!("the relay answered 400")));
    let replay = format!("/outbox/{}/replay", letter["id"].as_str().unwrap());
    operator(&app, Method::POST, &replay, json!({})).await;
    assert_eq!(relay.texts(2).await, ["dois", "um"]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_after_it_was_taken_is_a_dead_letter() {
    let relay = FakeRelay::start([]).await;
    let app = behind(&relay, vec![says("Olá!")]).await;
    relay.tell(&app.door.base, &written(ANA, "m1", "oi?")).await;
    let taken = relay.taken(1).await.remove(0);
    settled(&app, &taken).await;
    let failed = json!({"type": "status", "id": taken.id(), "status": "failed", "error": "no such number"});
    assert_eq!(relay.tell(&app.door.base, &failed).await["known"], true);
    let dead = operator(&app, Method::GET, "/outbox/dead", json!({})).await;
    assert_eq!(dead["deliveries"][0]["error"], "no such number");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_answers_on_the_phone_takes_the_conversation() {
    let relay = FakeRelay::start([]).await;
    let slow = Reply { delay_ms: 60_000, ..says("tarde demais") };
    let app = behind(&relay, vec![slow, says("Abrimos às 9h.")]).await;
    let base = app.door.base.clone();
    let received = relay.tell(&base, &written(ANA, "m1", "Tem alguém aí?")).await;
    while app.model().requests().is_empty() {
        tokio::task::yield_now().await;
    }
    // The customer's messages and the echoes are numbered apart.
    let echo = relay.tell(&base, &echoed(ANA, "m1", "Oi, aqui é a Bia!")).await;
    assert_eq!((&echo["conversation_id"], &echo["duplicate"]), (&received["conversation_id"], &json!(false)));
    let again = relay.tell(&base, &echoed(ANA, "m1", "Oi, aqui é a Bia!")).await;
    assert_eq!((&again["message_id"], &again["duplicate"]), (&echo["message_id"], &json!(true)));
    relay.tell(&base, &written(ANA, "m2", "Oi, Bia!")).await;

    let id = received["conversation_id"].as_str().unwrap().to_owned();
    let path = format!("/conversations/{id}");
    let detail = operator(&app, Method::GET, &path, json!({})).await;
    assert_eq!((&detail["owner"], &detail["owner_name"]), (&json!("person"), &json!("Equipe")), "{detail}");
    let said = |role: &str, text: &str| (role.to_owned(), text.to_owned());
    let expected = [
        said("customer", "Tem alguém aí?"),
        said("human", "Oi, aqui é a Bia!"),
        said("customer", "Oi, Bia!"),
    ];
    assert_eq!(history(&app, &received["conversation_id"]).await, expected);

    // What a person says here and what the program says leave by the gateway; the echo and the late answer did not.
    let reply = json!({"text": "Em que posso ajudar?", "name": "Bia"});
    operator(&app, Method::POST, &format!("{path}/reply"), reply).await;
    operator(&app, Method::POST, &format!("{path}/return"), json!({"name": "Bia"})).await;
    relay.tell(&base, &written(ANA, "m3", "A que horas vocês abrem?")).await;
    let taken = relay.taken(3).await;
    let roles: Vec<&str> = taken.iter().map(Taken::role).collect();
    assert_eq!(roles, ["human", "system", "assistant"]);
    assert_eq!((taken[0].text(), taken[2].text()), ("Em que posso ajudar?", "Abrimos às 9h."));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_echo_may_be_the_first_word_and_opens_what_was_closed() {
    let relay = FakeRelay::start([]).await;
    let app = behind(&relay, Vec::new()).await;
    let base = app.door.base.clone();
    let first =
        json!({"type": "echo", "id": "e1", "to": ANA, "author": "Bia\n", "text": "Seu pedido chegou."});
    let echo = relay.tell(&base, &first).await;
    let id = echo["conversation_id"].as_str().unwrap().to_owned();
    let close = format!("/conversations/{id}/close");
    operator(&app, Method::POST, &close, json!({"name": "Bia"})).await;
    relay.taken(1).await;
    assert_eq!(relay.tell(&base, &first).await["duplicate"], true);
    let detail = operator(&app, Method::GET, &format!("/conversations/{id}"), json!({})).await;
    assert_eq!((&detail["state"], &detail["owner"]), (&json!("closed"), &json!("bot")), "{detail}");
    relay.tell(&base, &echoed(ANA, "e2", "Pode buscar.")).await;
    let detail = operator(&app, Method::GET, &format!("/conversations/{id}"), json!({})).await;
    assert_eq!((&detail["state"], &detail["owner"]), (&json!("open"), &json!("person")), "{detail}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn first_messages_at_two_programs_meet_in_one_conversation() {
    let database = shop_database().await;
    let relay = FakeRelay::start([]).await;
    let model = Arc::new(ScriptedModel::new("scripted", Vec::new()));
    let program = || async {
        let options = AppOptions::new(Brain::Scripted(model.clone())).on(&database);
        options.with(|settings| relay.set(&mut settings.channels.relay)).start().await
    };
    let (here, there) = (program().await, program().await);
    for customer in 0..4 {
        let address = format!("customer-{customer}");
        // Who owns it is silent, so that only the way in is looked at.
        let events: Vec<Value> = (0..6)
            .map(|number| echoed(&address, &format!("e{}", number / 2), &format!("Oi {}", number / 2)))
            .collect();
        let bases = [&here.door.base, &there.door.base];
        let reports = events.iter().enumerate().map(|(at, event)| relay.tell(bases[at % 2], event));
        let received = join_all(reports).await;
        let fresh = received.iter().filter(|received| received["duplicate"] == false).count();
        assert_eq!(fresh, 3, "{received:#?}");
        assert!(received.iter().all(|one| one["conversation_id"] == received[0]["conversation_id"]));
        let words = join_all((0..4).map(|number| {
            let event = written(&address, &format!("m{}", number / 2), "oi");
            let base = bases[number % 2].clone();
            let relay = &relay;
            async move { relay.tell(&base, &event).await }
        }))
        .await;
        assert_eq!(words.iter().filter(|one| one["duplicate"] == false).count(), 2, "{words:#?}");
        assert_eq!(history(&here, &received[0]["conversation_id"]).await.len(), 5);
    }
    here.end().await;
    there.end().await;
}
