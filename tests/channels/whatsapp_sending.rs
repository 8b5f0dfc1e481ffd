//! A customer on WhatsApp, with Meta in between: what they write comes in, what they are answered goes out, once and in
//! order, as Meta wants it, whatever Meta does.

use crate::support::app::{AppOptions, Brain, TUESDAY, TestApp, says};
use crate::support::clock::LeapingClock;
use crate::support::meta::{Act, Customer, FakeMeta, Posting, Reports, Taken};
use crate::support::vendor::{self, Vendor};
use balcao::config::whatsapp::TemplateSettings;
use balcao::llm::scripted::Reply;
use balcao::store::outbox::DeliveryStanding;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

/// The program behind Meta.
async fn behind(meta: &FakeMeta, options: AppOptions) -> TestApp {
    let app = options.with(|settings| meta.set(&mut settings.channels.whatsapp)).start().await;
    meta.knows(&app);
    app
}

async fn scripted(meta: &FakeMeta, replies: Vec<Reply>) -> TestApp {
    behind(meta, AppOptions::scripted(replies)).await
}

async fn operator(app: &TestApp, method: Method, path: &str, body: Value) -> Value {
    let answer = app.door.operator(method, &format!("/api/v1{path}")).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap_or_default()
}

async fn only_conversation(app: &TestApp) -> String {
    let listed = operator(app, Method::GET, "/conversations", json!({})).await;
    let conversations = listed["conversations"].as_array().unwrap();
    assert_eq!(conversations.len(), 1, "{listed:#}");
    conversations[0]["id"].as_str().unwrap().to_owned()
}

/// Waits until a delivery is as `reached` wants it.
async fn delivery(app: &TestApp, id: &str, reached: impl Fn(&DeliveryStanding) -> bool) -> DeliveryStanding {
    let stores = app.stores().await;
    let look = async {
        loop {
            let standing = stores.outbox.standing(id.parse().unwrap()).await.unwrap().unwrap();
            if reached(&standing) {
                return standing;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), look).await.expect("the delivery comes so far")
}

/// Waits until a delivery was given up, and gives the reason.
async fn dead(app: &TestApp, count: usize) -> Vec<String> {
    let look = async {
        loop {
            let dead = operator(app, Method::GET, "/outbox/dead", json!({})).await;
            let deliveries = dead["deliveries"].as_array().unwrap();
            if deliveries.len() >= count {
                return deliveries.iter().map(|one| one["error"].as_str().unwrap().to_owned()).collect();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), look).await.expect("it is given up")
}

fn delivery_of(taken: &Taken) -> &str {
    taken.mark().split('.').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_in_and_its_answer_goes_out() {
    let meta = FakeMeta::start([]).await.reporting(Reports::Wild);
    let app = scripted(&meta, vec![says("Olá, **Ana**! Como posso ajudar?")]).await;
    let ana = Customer::ana();
    meta.posts(&[ana.writes("wamid.1", "oi, tudo bem?")], Posting::Tripled).await;
    let taken = meta.taken(1).await.remove(0);
    assert_eq!(
        (taken.to(), taken.kind(), taken.text()),
        ("+5511987650001", "text", "Olá, *Ana*! Como posso ajudar?")
    );
    let shown = &meta.receipts(1).await[0];
    assert_eq!(
        (&shown["message_id"], &shown["typing_indicator"]["type"]),
        (&json!("wamid.1"), &json!("text"))
    );
    let seen = delivery(&app, delivery_of(&taken), |standing| standing.read_at.is_some()).await;
    assert_eq!(
        (seen.state.as_str(), seen.external_id.as_deref(), seen.delivered_at.is_some()),
        ("sent", Some(taken.wamid.as_str()), true)
    );
    let costs = app.stores().await.sends.costs(jiff::Timestamp::MIN).await.unwrap();
    assert_eq!(
        costs
            .iter()
            .map(|cost| (cost.category.as_str(), cost.messages, cost.cost_micros))
            .collect::<Vec<_>>(),
        [("service", 1, 6_800)],
        "billed once, however often it is reported"
    );
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hides_their_number_is_reached_by_their_id() {
    let meta = FakeMeta::start([]).await;
    let app = scripted(&meta, vec![says("Olá! Como posso ajudar?")]).await;
    meta.tells(Customer::bia_hidden().writes("wamid.1", "oi, tudo bem?")).await;
    let taken = meta.taken(1).await.remove(0);
    assert_eq!((taken.body.get("to"), taken.to()), (None, "BR.55509876543210"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_tapped_and_done_once() {
    let meta = FakeMeta::start([]).await;
    let vendor = Vendor::start([]).await;
    let refund = crate::support::app::calls([("refund", json!({"order": "10421", "amount": 202.35}))]);
    let script = vec![refund, says("Pronto, a devolução foi pedida. O protocolo é P-7731.")];
    let options = AppOptions::scripted(script).file("tools/custom/vendor.toml", &vendor::tools(&vendor.url));
    let app = behind(&meta, options).await;
    let ana = Customer::ana();
    meta.tells(ana.writes("wamid.1", "Quero meu dinheiro de volta, pedido 10421: 202,35")).await;
    let asked = meta.taken(1).await.remove(0);
    assert_eq!(asked.kind(), "button");
    let titles: Vec<String> = asked.choices().into_iter().map(|(_, title)| title).collect();
    assert_eq!(titles, ["Sim, confirmo", "Não"]);
    meta.posts(&[ana.taps("wamid.2", &asked, "Sim, confirmo")], Posting::Tripled).await;
    assert!(meta.texts(2).await[1].contains("P-7731"));
    assert_eq!(vendor.effects(), [json!({"order": "10421", "amount": 202.35})]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_is_answered_by_tapping_and_ends_in_a_booking() {
    let meta = FakeMeta::start([]).await;
    let app = behind(&meta, AppOptions::new(Brain::BuiltIn)).await;
    let ana = Customer::ana();
    let mut count = 0;
    let mut last = String::new();
    let lines = [
        "quero um orçamento de jardim vertical",
        "uns 6 mil",
        "05422-010",
        "Ana Lima, ana.lima@example.com",
        "sim",
        "a primeira",
    ];
    for (number, line) in lines.iter().enumerate() {
        let id = format!("wamid.{number}");
        let taken = meta.taken(count).await;
        let offered = taken.last().map(Taken::choices).unwrap_or_default();
        // What can be tapped is tapped, as a customer would.
        match (*line, offered.as_slice()) {
            ("sim", [(_, title), ..]) | ("a primeira", [(_, title), ..]) => {
                meta.tells(ana.taps(&id, &taken[count - 1], &title.clone())).await;
            }
            (words, _) => meta.tells(ana.writes(&id, words)).await,
        }
        count += 1;
        last = meta.texts(count).await.pop().unwrap();
    }
    assert!(last.contains("está marcado"), "{last}");
    let found = operator(&app, Method::GET, "/interviews", json!({})).await;
    assert_eq!(found["interviews"][0]["standing"], "completed", "{found:#}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_found_again_by_its_mark_and_nothing_is_sent_twice() {
    for act in [Act::TakeAndCut, Act::TakeAndFail] {
        let meta = FakeMeta::start([act.clone()]).await;
        let app = scripted(&meta, vec![says("Olá!"), says("Até logo!")]).await;
        let ana = Customer::ana();
        meta.tells(ana.writes("wamid.1", "oi, tudo bem?")).await;
        let taken = meta.taken(1).await.remove(0);
        let sent = delivery(&app, delivery_of(&taken), |standing| standing.state == "sent").await;
        assert_eq!(sent.external_id.as_deref(), Some(taken.wamid.as_str()), "{act:?}");
        meta.tells(ana.writes("wamid.2", "era só isso, tchau!")).await;
        assert_eq!(meta.texts(2).await, ["Olá!", "Até logo!"], "{act:?}");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_never_had_is_sent_again_once_its_reports_show_it() {
    for act in [Act::Cut, Act::Fail, Act::Refuse(131_000)] {
        let meta = FakeMeta::start([act.clone()]).await;
        let options = AppOptions::scripted(vec![says("Olá!"), says("Oi, Bia!")])
            .with(|settings| settings.channels.whatsapp.unknown_fate_wait_s = 1);
        let app = behind(&meta, options).await;
        meta.tells(Customer::ana().writes("wamid.1", "oi, tudo bem?")).await;
        meta.asked(1).await;
        // Somebody else writes and is answered: so reports do come in, and none speaks of the first message.
        meta.tells(Customer::bia_hidden().writes("wamid.2", "oi, tudo bem?")).await;
        let mut texts = meta.texts(2).await;
        texts.sort();
        assert_eq!(texts, ["Oi, Bia!", "Olá!"], "{act:?}");
        let taken = meta.taken(2).await;
        let again = taken.iter().find(|taken| taken.text() == "Olá!").unwrap();
        assert!(again.mark().ends_with(".2"), "another mark: {}", again.mark());
        meta.refusals();
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_unknown_fate_survives_a_restart() {
    let meta = FakeMeta::start([Act::TakeAndCut]).await.reporting(Reports::None);
    let options = AppOptions::scripted(vec![says("Olá!")])
        .with(|settings| settings.channels.whatsapp.unknown_fate_wait_s = 600);
    let mut app = behind(&meta, options).await;
    meta.tells(Customer::ana().writes("wamid.1", "oi, tudo bem?")).await;
    let taken = meta.taken(1).await.remove(0);
    app.restart().await;
    meta.knows(&app);
    meta.reports(&taken, "delivered").await;
    let sent = delivery(&app, delivery_of(&taken), |standing| standing.delivered_at.is_some()).await;
    assert_eq!(sent.state, "sent");
    assert_eq!(meta.taken(1).await.len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_starts_anew_all_the_time_still_finds_out_what_meta_never_had() {
    let meta = FakeMeta::start([Act::Cut]).await;
    let clock = LeapingClock::at(TUESDAY);
    let options = AppOptions::scripted(vec![says("Olá!"), says("Oi, Bia!")])
        .at(clock.clone())
        .with(|settings| settings.channels.whatsapp.unknown_fate_wait_s = 120);
    let mut app = behind(&meta, options).await;
    meta.tells(Customer::ana().writes("wamid.1", "oi, tudo bem?")).await;
    meta.asked(1).await;
    meta.tells(Customer::bia_hidden().writes("wamid.2", "oi, tudo bem?")).await;
    assert_eq!(meta.texts(1).await, ["Oi, Bia!"]);
    // Never up for two minutes.
    for _ in 0..6 {
        clock.wait_minutes(1);
        app.restart().await;
        meta.knows(&app);
    }
    let mut texts = meta.texts(2).await;
    texts.sort();
    assert_eq!(texts, ["Oi, Bia!", "Olá!"]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_that_pass_are_tried_again_and_others_are_told() {
    // Sent again after a while.
    for code in [131_056, 130_429, 4, 80_007] {
        let meta = FakeMeta::start([Act::Refuse(code)]).await;
        let app = scripted(&meta, vec![says("Olá!")]).await;
        meta.tells(Customer::ana().writes("wamid.1", "oi, tudo bem?")).await;
        assert_eq!(meta.texts(1).await, ["Olá!"], "{code}");
        assert_eq!(meta.refusals(), [code]);
        app.end().await;
    }
    // Given up at once, with a reason for the operator.
    for code in [131_026, 131_030, 130_403, 131_049, 131_050, 100, 132_001] {
        let meta = FakeMeta::start([Act::Refuse(code)]).await;
        let app = scripted(&meta, vec![says("Olá!")]).await;
        meta.tells(Customer::ana().writes("wamid.1", "oi, tudo bem?")).await;
        let told = dead(&app, 1).await;
        assert!(told[0].contains(&code.to_string()), "{told:?}");
        assert_eq!(meta.refusals(), [code]);
        if code == 131_050 {
            let stores = app.stores().await;
            let id = only_conversation(&app).await.parse().unwrap();
            let contact = stores.conversations.get(id).await.unwrap().unwrap().contact;
            let consents = stores.contacts.consents(contact).await.unwrap();
            assert_eq!(consents.iter().map(|one| one.agreed).collect::<Vec<_>>(), [false]);
        }
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_stops_the_number_and_loses_nothing() {
    let meta = FakeMeta::start([Act::Refuse(190)]).await;
    let mut app = scripted(&meta, vec![says("Olá!"), says("Oi de novo!")]).await;
    let ana = Customer::ana();
    meta.tells(ana.writes("wamid.1", "oi, tudo bem?")).await;
    meta.asked(1).await;
    let bia = Customer::bia_hidden();
    meta.tells(bia.writes("wamid.2", "oi, tudo bem?")).await;
    meta.receipts(2).await;
    let waiting = async {
        while app.stores().await.outbox.depth().await.unwrap() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.unwrap();
    assert_eq!(meta.refusals(), [190], "nothing else leaves by the number");
    // The operator sets a new token and starts again.
    app.restart().await;
    meta.knows(&app);
    let standing = operator(&app, Method::GET, "/outbox/dead", json!({})).await;
    assert_eq!(standing["deliveries"], json!([]), "both wait for their time");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_is_reported_later_is_told_or_sent_again() {
    let meta = FakeMeta::start([Act::TakeAndFailLater(131_026)]).await;
    let app = scripted(&meta, vec![says("Olá!")]).await;
    meta.tells(Customer::ana().writes("wamid.1", "oi, tudo bem?")).await;
    assert!(dead(&app, 1).await[0].contains("131026"));
    app.end().await;
}

/// `[channels.whatsapp.template_fallback.answer]`.
fn with_template(options: AppOptions) -> AppOptions {
    let components = json!([{"type": "body", "parameters": [
        {"type": "text", "text": "{customer}"}, {"type": "text", "text": "{message}"}]}]);
    let template = TemplateSettings {
        name: "retomar_atendimento".to_owned(),
        language: "pt_BR".to_owned(),
        components: components.as_array().unwrap().clone(),
    };
    options.with(|settings| {
        settings.channels.whatsapp.template_fallback.insert("answer".to_owned(), template);
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_closed_window_a_template_stands_in() {
    let meta = FakeMeta::start([]).await;
    let app = behind(&meta, with_template(AppOptions::scripted(vec![]))).await;
    let ana = Customer::ana();
    let old = SignedDuration::from_hours(25);
    meta.tells(ana.wrote("wamid.1", "vocês têm vasos?", old)).await;
    meta.window_was_opened(&ana, old);
    let conversation = settled_conversation(&app).await;
    let reply = json!({"text": "Temos sim!\nPassa aqui."});
    operator(&app, Method::POST, &format!("/conversations/{conversation}/reply"), reply).await;
    let taken = meta.taken(1).await.remove(0);
    let template = &taken.body["template"];
    assert_eq!((taken.kind(), &template["name"]), ("template", &json!("retomar_atendimento")));
    let values = &template["components"][0]["parameters"];
    assert_eq!(
        (&values[0]["text"], &values[1]["text"]),
        (&json!("Ana Rocha"), &json!("Temos sim! Passa aqui."))
    );
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn meta_has_the_last_word_about_its_window() {
    for act in [Act::Refuse(131_047), Act::TakeAndFailLater(131_047)] {
        let meta = FakeMeta::start([act.clone()]).await;
        let app = behind(&meta, with_template(AppOptions::scripted(vec![says("Olá!")]))).await;
        meta.tells(Customer::ana().writes("wamid.1", "oi, tudo bem?")).await;
        let count = if act == Act::Refuse(131_047) { 1 } else { 2 };
        let taken = meta.taken(count).await.pop().unwrap();
        assert_eq!(taken.kind(), "template", "{act:?}");
        meta.refusals();
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_template_the_operator_is_told_and_meta_is_not_asked() {
    let meta = FakeMeta::start([]).await;
    let app = scripted(&meta, vec![]).await;
    let ana = Customer::ana();
    meta.tells(ana.wrote("wamid.1", "vocês têm vasos?", SignedDuration::from_hours(25))).await;
    let conversation = settled_conversation(&app).await;
    let path = format!("/conversations/{conversation}/reply");
    operator(&app, Method::POST, &path, json!({"text": "Temos sim!"})).await;
    assert!(dead(&app, 1).await[0].contains("24 hours"));
    assert_eq!(meta.taken(0).await, []);
    app.end().await;
}

/// Waits for the conversation that a message opens.
async fn settled_conversation(app: &TestApp) -> String {
    let look = async {
        loop {
            let listed = operator(app, Method::GET, "/conversations", json!({})).await;
            if let Some(conversation) = listed["conversations"].as_array().unwrap().first() {
                let id = conversation["id"].as_str().unwrap().to_owned();
                let history =
                    operator(app, Method::GET, &format!("/conversations/{id}/messages"), json!({})).await;
                if history["messages"].as_array().is_some_and(|messages| !messages.is_empty()) {
                    return id;
                }
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), look).await.expect("a conversation")
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_that_are_refused_become_numbered_lines_and_are_answered_by_number() {
    let meta = FakeMeta::start([Act::Refuse(131_051)]).await;
    let vendor = Vendor::start([]).await;
    let refund = crate::support::app::calls([("refund", json!({"order": "10421", "amount": 202.35}))]);
    let script = vec![refund, says("Pronto, a devolução foi pedida. O protocolo é P-7731.")];
    let options = AppOptions::scripted(script).file("tools/custom/vendor.toml", &vendor::tools(&vendor.url));
    let app = behind(&meta, options).await;
    let ana = Customer::ana();
    meta.tells(ana.writes("wamid.1", "Quero meu dinheiro de volta, pedido 10421: 202,35")).await;
    let asked = meta.taken(1).await.remove(0);
    assert_eq!((asked.kind(), meta.refusals()), ("text", vec![131_051]));
    assert!(asked.text().contains("1. Sim, confirmo\n2. Não"), "{}", asked.text());
    meta.tells(ana.writes("wamid.2", "sim, confirmo")).await;
    assert!(meta.texts(2).await[1].contains("P-7731"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_leaves_in_pieces_and_in_order() {
    let meta = FakeMeta::start([]).await;
    let options =
        AppOptions::scripted(vec![]).with(|settings| settings.channels.whatsapp.max_message_characters = 100);
    let app = behind(&meta, options).await;
    let ana = Customer::ana();
    meta.tells(ana.wrote("wamid.1", "me conte", SignedDuration::from_hours(2))).await;
    let conversation = settled_conversation(&app).await;
    let path = format!("/conversations/{conversation}/reply");
    let paragraph = |number: usize| {
        format!("Parágrafo {number}, que tem palavras o bastante para encher uma mensagem quase toda.")
    };
    let text = [paragraph(1), paragraph(2), paragraph(3)].join("\n\n");
    operator(&app, Method::POST, &path, json!({"text": text})).await;
    assert_eq!(meta.texts(3).await, [paragraph(1), paragraph(2), paragraph(3)]);
    let taken = meta.taken(3).await;
    let last = delivery(&app, delivery_of(&taken[0]), |standing| standing.read_at.is_some()).await;
    assert_eq!(last.external_id.as_deref(), Some(taken[2].wamid.as_str()));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_takes_over_and_nobody_pretends_to_type() {
    let meta = FakeMeta::start([]).await;
    let app = scripted(&meta, vec![says("Olá! Como posso ajudar?")]).await;
    let ana = Customer::ana();
    meta.tells(ana.writes("wamid.1", "oi, tudo bem?")).await;
    meta.taken(1).await;
    meta.receipts(1).await;
    let conversation = only_conversation(&app).await;
    let path = format!("/conversations/{conversation}/reply");
    operator(&app, Method::POST, &path, json!({"text": "Oi, aqui é a *Bia*."})).await;
    assert_eq!(meta.texts(2).await[1], "Oi, aqui é a *Bia*.", "a person's words stand as they are");
    meta.tells(ana.writes("wamid.2", "oi Bia!")).await;
    operator(&app, Method::POST, &path, json!({"text": "Diga!"})).await;
    assert_eq!(meta.texts(3).await[2], "Diga!");
    assert_eq!(meta.receipts_so_far(), 1);
    app.end().await;
}
