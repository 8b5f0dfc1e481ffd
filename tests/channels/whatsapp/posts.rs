//! Bodies on their way to messages: once each, in order, whatever comes twice, at once, broken or before a crash.

use crate::support::app::{AppOptions, Brain, ShopClock, TestApp, says, shop_database};
use crate::support::failing::FailingStore;
use crate::support::whatsapp::{
    JOANA, ago, body, client, conversations, history, messages, metadata, now, post, post_bytes, said, set,
    settled, talked, until, words,
};
use balcao::channels::whatsapp::price::Prices;
use balcao::config::settings::Settings;
use balcao::conversation::lease::LeaseRules;
use balcao::conversation::ownership::Ownership;
use balcao::conversation::reception::ears::Deaf;
use balcao::conversation::reception::files::NoFiles;
use balcao::conversation::reception::worker::PostWorker;
use balcao::conversation::reception::{Desk, DeskParts};
use balcao::domain::clock::{Clock, ManualClock};
use balcao::domain::ids::PostId;
use balcao::domain::language::Language;
use balcao::limits::alerts::Alerts;
use balcao::llm::scripted::{Reply, ScriptedModel};
use balcao::outbox::receipts::{Receipts, StandIn};
use balcao::store::posts::{NewPost, PostCounts};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

async fn behind(replies: Vec<Reply>) -> TestApp {
    AppOptions::scripted(replies).with(|settings| set(&mut settings.channels.whatsapp)).start().await
}

/// What the program has counted of this channel.
async fn counted(app: &TestApp, outcome: &str) -> u64 {
    let metrics = reqwest::get(format!("{}/metrics", app.door.base)).await.unwrap().text().await.unwrap();
    let name = format!("balcao_inbound_total{{channel=\"whatsapp\",outcome=\"{outcome}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |count| count.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_in_and_is_answered_once_however_often_it_comes() {
    balcao::telemetry::metrics::begin();
    let app = behind(vec![says("Abrimos às 9h.")]).await;
    let body = said("wamid.1", "A que horas vocês abrem?");
    join_all((0..8).map(|_| post(&app.door.base, &body))).await;
    let expected = [
        ("customer".to_owned(), "A que horas vocês abrem?".to_owned()),
        ("assistant".to_owned(), "Abrimos às 9h.".to_owned()),
    ];
    assert_eq!(talked(&app, 2).await, expected);
    post(&app.door.base, &body).await;
    settled(&app).await;
    assert_eq!(talked(&app, 2).await, expected);
    let conversation = &conversations(&app).await[0];
    assert_eq!(conversation["channel"], "whatsapp");
    assert_eq!(conversation["metadata"]["phone"], format!("+{JOANA}"));
    assert!(counted(&app, "accepted").await >= 1 && counted(&app, "duplicate").await >= 8);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_in_a_body_is_taken_in_and_in_the_order_of_its_times() {
    let options = AppOptions::scripted(vec![says("Olá!")]);
    let options = options.with(|settings| {
        set(&mut settings.channels.whatsapp);
        let whatsapp = &mut settings.channels.whatsapp;
        (whatsapp.quiet_ms, whatsapp.quiet_unfinished_ms, whatsapp.quiet_longest_ms) = (1_500, 1_500, 1_500);
    });
    let app = options.start().await;
    let slow = |id: &str, text: &str, seconds: i64| {
        let mut message = words(id, text);
        message["timestamp"] = ago(seconds).into();
        message
    };
    let change = |messages: Value| json!({"field": "messages", "value": {"metadata": metadata(), "messages": messages}});
    let body = json!({"object": "whatsapp_business_account", "entry": [
        {"id": "1", "changes": [
            change(json!([slow("w.8", "oito?", 1), slow("w.3", "três", 20)])),
            change(json!([slow("w.1", "um", 30), slow("w.2", "dois", 25)]))]},
        {"id": "2", "changes": [
            change(json!([slow("w.7", "sete", 2), slow("w.4", "quatro", 15)])),
            change(json!([slow("w.5", "cinco", 10), slow("w.6", "seis", 5)]))]}]});
    post(&app.door.base, &body).await;
    settled(&app).await;
    let talk = until("the answer", || async {
        let all = history(&app, &conversations(&app).await[0]["id"]).await;
        all.iter().any(|message| message["role"] == "assistant").then_some(all)
    })
    .await;
    let texts: Vec<&str> = talk
        .iter()
        .filter(|message| message["role"] == "customer")
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito?"]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_kept_and_holds_nobody_up() {
    balcao::telemetry::metrics::begin();
    let app = behind(vec![says("Olá!")]).await;
    let unparsed = counted(&app, "unparsed").await;
    let ignored = counted(&app, "ignored").await;
    for bad in [&b"no json"[..], b"[]", b"{\"object\":\"page\"}"] {
        assert_eq!(post_bytes(&client(), &app.door.base, bad.to_vec()).await.status(), 200);
    }
    let mut foreign = said("wamid.f", "para outra loja");
    foreign["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "999".into();
    let strange = messages(&[json!({"id": "wamid.n"}), json!(7), words("wamid.1", "oi?")]);
    for body in [foreign, body("hologram", json!({"x": [1]})), body("messages", json!({})), strange] {
        post(&app.door.base, &body).await;
    }
    let expected = [("customer".to_owned(), "oi?".to_owned()), ("assistant".to_owned(), "Olá!".to_owned())];
    assert_eq!(talked(&app, 2).await, expected);
    settled(&app).await;
    let counts = app.stores().await.posts.counts("whatsapp").await.unwrap();
    assert_eq!(counts, PostCounts { waiting: 0, done: 4, unreadable: 3 });
    assert!(counted(&app, "unparsed").await >= unparsed + 5);
    assert!(counted(&app, "ignored").await > ignored);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_before_a_crash_is_answered_after_it() {
    let mut app = behind(vec![says("Olá!")]).await;
    // As a process leaves it that dies right behind the acknowledgement, or in the middle of the work.
    let stores = app.stores().await;
    let raw = serde_json::to_vec(&said("wamid.1", "oi?")).unwrap();
    let claimed_for_ever = ShopClock.now() + jiff::SignedDuration::from_secs(600);
    app.stop_for(async {
        let post = NewPost {
            id: PostId(ShopClock.new_id()),
            channel: "whatsapp".to_owned(),
            body: raw,
            received_at: ShopClock.now(),
        };
        stores.posts.keep(post).await.unwrap();
        let claimed = stores.posts.claim("whatsapp", ShopClock.now(), claimed_for_ever, 9).await.unwrap();
        assert_eq!(claimed.len(), 1);
    })
    .await;
    let expected = [("customer".to_owned(), "oi?".to_owned()), ("assistant".to_owned(), "Olá!".to_owned())];
    assert_eq!(talked(&app, 2).await, expected);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_share_the_work_and_meet_in_one_conversation() {
    let database = shop_database().await;
    let model = Arc::new(ScriptedModel::new("scripted", Vec::new()));
    let program = || async {
        let options = AppOptions::new(Brain::Scripted(model.clone())).on(&database);
        options.with(|settings| set(&mut settings.channels.whatsapp)).start().await
    };
    let (here, there) = (program().await, program().await);
    let bases = [&here.door.base, &there.door.base];
    // Somebody of the team is silent for all: only the way in is looked at.
    let echo = |customer: usize, id: &str| {
        body(
            "smb_message_echoes",
            json!({"metadata": metadata(), "message_echoes": [{"from": "551140028922",
            "to": format!("551198765{customer:04}"), "to_user_id": format!("BR.{customer}"), "id": id, "timestamp": now(), "type": "text", "text": {"body": "deixa comigo"}}]}),
        )
    };
    for customer in 0..4 {
        let echoes = (0..4).map(|number| {
            let (base, body) = (bases[number % 2], echo(customer, &format!("e{}", number / 2)));
            async move { post(base, &body).await }
        });
        join_all(echoes).await;
    }
    settled(&here).await;
    let words = (0..32).map(|number| {
        let (customer, id) = (number % 4, format!("w{}", number / 8));
        let message = json!({"from_user_id": format!("BR.{customer}"), "id": id, "timestamp": now(), "type": "text", "text": {"body": "oi"}});
        let base = bases[number / 4 % 2];
        async move { post(base, &messages(&[message])).await }
    });
    join_all(words).await;
    settled(&here).await;
    let talks = conversations(&here).await;
    assert_eq!(talks.len(), 4, "{talks:#?}");
    for talk in &talks {
        let said = history(&there, &talk["id"]).await;
        let ids: BTreeSet<String> =
            said.iter().filter_map(|message| message["client_id"].as_str().map(str::to_owned)).collect();
        assert_eq!((said.len(), ids.len()), (6, 4), "two echoes and four messages: {said:#?}");
        assert_eq!(talk["owner"], "person");
    }
    here.end().await;
    there.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_is_tried_again_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (mut stores, database) = crate::support::stores::open(folder.path()).await;
    let failing = FailingStore::over(stores.conversations.clone());
    stores.conversations = failing.clone();
    let clock = Arc::new(ManualClock::at(ShopClock.now()));
    let mut settings = Settings::load(None, &Vec::new()).unwrap();
    set(&mut settings.channels.whatsapp);
    let rules = LeaseRules::new(&settings.handoff, &settings.business);
    let ownership = Ownership::new(stores.conversations.clone(), clock.clone(), rules, Vec::new());
    let alerts = Arc::new(Alerts::logged(clock.clone()));
    let parts = DeskParts {
        stores: stores.clone(),
        ownership: Arc::new(ownership),
        statuses: Arc::new(Receipts::new(
            stores.clone(),
            clock.clone(),
            alerts.clone(),
            Prices::default(),
            StandIn::None,
        )),
        alerts: alerts.clone(),
        ears: Arc::new(Deaf),
        files: Arc::new(NoFiles),
        clock: clock.clone(),
        language: Language::Portuguese,
    };
    let desk = Desk::new(parts, &settings.channels.whatsapp);
    let worker = PostWorker::new(desk, stores.posts.clone(), stores.live.clone(), clock.clone(), alerts);
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone()));

    failing.set_gone(true);
    let two = messages(&[words("wamid.1", "um"), words("wamid.2", "dois")]);
    let keep = |body: &Value| NewPost {
        id: PostId(clock.new_id()),
        channel: "whatsapp".to_owned(),
        body: serde_json::to_vec(body).unwrap(),
        received_at: clock.now(),
    };
    stores.posts.keep(keep(&two)).await.unwrap();
    stores.live.signal_post();
    until("it was tried", || async { (failing.refusals() > 0).then_some(()) }).await;
    assert_eq!(stores.posts.counts("whatsapp").await.unwrap().waiting, 1);
    failing.set_gone(false);
    clock.advance(Duration::from_secs(300));
    stores.live.signal_post();
    until("it is done", || async {
        (stores.posts.counts("whatsapp").await.unwrap().done == 1).then_some(())
    })
    .await;
    let page = stores
        .conversations
        .list(&balcao::store::conversations::ConversationFilter { limit: 9, ..Default::default() })
        .await
        .unwrap();
    let said = stores.conversations.messages(page.items[0].id, 0, 9).await.unwrap();
    let texts: Vec<&str> = said.iter().map(|(_, message)| message.text.as_str()).collect();
    assert_eq!((page.items.len(), texts.as_slice()), (1, &["um", "dois"][..]));
    stop.cancel();
    running.await.unwrap();
    database.close().await;
}
