//! What people of the business may do, and who counts as one.

use crate::support::stores::{answer, claim, tool_events};
use crate::support::web::{problem, spawn_web};
use balcao::domain::conversation::{Lease, Owner};
use balcao::domain::event::EventBody;
use balcao::domain::passage::{Measured, Passage};
use balcao::store::conversations::OwnerChange;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn a_person_takes_answers_gives_back_and_closes() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    app.say(&visit, "quero falar com uma pessoa").await;
    let mut events = app.events(&visit, "?after=1").await;
    let act = |tail: &str, body: Value| {
        app.operator(Method::POST, &format!("/api/v1/conversations/{}/{tail}", visit.id)).json(&body).send()
    };
    let taken = act("take", json!({"name": "Ana\nLima"})).await.unwrap();
    assert_eq!(taken.status(), 200);
    let taken: Value = taken.json().await.unwrap();
    assert_eq!((&taken["owner"], &taken["owner_name"]), (&json!("person"), &json!("Ana Lima")));
    assert_eq!(events.next_of("ownership").await.data, json!({"owner": "human", "name": "Ana Lima"}));

    // Without a name, the key's name counts.
    let replied: Value = act("reply", json!({"text": "Oi! Já vejo."})).await.unwrap().json().await.unwrap();
    assert_eq!(replied["conversation"]["owner_name"], "Marina");
    let said = events.next_of("message").await.data;
    assert_eq!((&said["role"], &said["author"]), (&json!("human"), &json!("Marina")));
    assert_eq!(said["id"], replied["message_id"]);

    let path = format!("/api/v1/conversations/{}/return", visit.id);
    let returned = app.operator(Method::POST, &path).send().await.unwrap();
    assert_eq!(returned.json::<Value>().await.unwrap()["owner"], "bot", "a body is not needed");
    assert_eq!(events.next_of("message").await.data["role"], "system");

    let closed: Value = act("close", json!({})).await.unwrap().json().await.unwrap();
    assert_eq!((&closed["state"], &closed["owner"]), (&json!("closed"), &json!("bot")));
    assert_eq!(events.next_of("message").await.data["role"], "system");
    let again: Value = act("close", json!({})).await.unwrap().json().await.unwrap();
    assert_eq!(again["last_seq"], closed["last_seq"], "closing twice says nothing twice");

    app.say(&visit, "mais uma coisa").await;
    let reopened = app.stores.conversations.get(visit.id).await.unwrap().unwrap();
    assert_eq!(reopened.state.as_str(), "open");
}

#[tokio::test]
async fn an_answer_that_is_sent_again_under_its_own_name_goes_out_once() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    app.say(&visit, "oi").await;
    let path = format!("/api/v1/conversations/{}/reply", visit.id);
    let reply = async |body: Value| {
        let answer = app.operator(Method::POST, &path).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let body = json!({"text": "Oi! Já vejo.", "client_id": "a1"});
    let (status, first) = reply(body.clone()).await;
    let (again, second) = reply(body.clone()).await;
    assert_eq!((status, again), (200, 200));
    assert_eq!(
        (&first["message_id"], &first["conversation"]["last_seq"]),
        (&second["message_id"], &second["conversation"]["last_seq"])
    );
    // A customer's message and another person's may have the same name.
    let (_, other) = reply(json!({"text": "Oi! Já vejo.", "client_id": "a2"})).await;
    assert_ne!(other["message_id"], first["message_id"]);
    // One that was said already opens nothing again.
    let close = format!("/api/v1/conversations/{}/close", visit.id);
    app.operator(Method::POST, &close).send().await.unwrap();
    assert_eq!(reply(body).await.1["conversation"]["state"], "closed");
    for bad in [json!(""), json!("x".repeat(201))] {
        let (status, problem) = reply(json!({"text": "oi", "client_id": bad})).await;
        assert_eq!((status, &problem["field"]), (422, &json!("client_id")));
    }
    let history = app.operator(Method::GET, &format!("/api/v1/conversations/{}/messages", visit.id));
    let history: Value = history.send().await.unwrap().json().await.unwrap();
    let said = history["messages"].as_array().unwrap().iter().filter(|message| message["role"] == "human");
    assert_eq!(said.count(), 2);
}

#[tokio::test]
async fn a_turn_that_runs_cannot_speak_over_a_person() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    app.say(&visit, "oi").await;
    let turn = claim(&app.stores, visit.id).await;
    let path = format!("/api/v1/conversations/{}/reply", visit.id);
    let replied =
        app.operator(Method::POST, &path).json(&json!({"text": "Deixa comigo"})).send().await.unwrap();
    assert_eq!(replied.status(), 200);
    let late = app.stores.turns.append(&turn, tool_events(), Timestamp::now()).await;
    assert!(matches!(late, Err(balcao::store::error::StoreError::Stale)), "{late:?}");
}

#[tokio::test]
async fn what_a_person_says_is_checked_too() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    let reply = |body: Value| {
        app.operator(Method::POST, &format!("/api/v1/conversations/{}/reply", visit.id)).json(&body).send()
    };
    problem(reply(json!({"text": " \u{200B}"})).await.unwrap(), 422, "empty_message").await;
    problem(reply(json!({"text": "x".repeat(4001)})).await.unwrap(), 413, "message_too_long").await;
    assert_eq!(problem(reply(json!({})).await.unwrap(), 422, "invalid_field").await["field"], "text");
    let nameless = reply(json!({"text": "oi", "name": "\u{200B}"})).await.unwrap();
    assert_eq!(problem(nameless, 422, "invalid_field").await["field"], "name");
    let unknown = format!("/api/v1/conversations/{}/take", Uuid::now_v7());
    for path in [unknown.as_str(), "/api/v1/conversations/x/take"] {
        let answer = app.operator(Method::POST, path).send().await.unwrap();
        assert_eq!(answer.status(), 404);
    }
}

#[tokio::test]
async fn operators_need_a_key_with_the_scope() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    let reader = app.add_key("reader", &["metrics"]).await;
    let admin = app.add_key("admin", &["admin"]).await;
    let id = visit.id;
    for (method, path) in [
        (Method::GET, "/api/v1/conversations".to_owned()),
        (Method::GET, format!("/api/v1/conversations/{id}")),
        (Method::POST, format!("/api/v1/conversations/{id}/reply")),
        (Method::POST, format!("/api/v1/conversations/{id}/take")),
        (Method::POST, format!("/api/v1/conversations/{id}/return")),
        (Method::POST, format!("/api/v1/conversations/{id}/close")),
        (Method::GET, "/api/v1/knowledge/search?q=x".to_owned()),
        (Method::POST, "/api/v1/knowledge/rank".to_owned()),
        (Method::POST, "/api/v1/knowledge/ingest".to_owned()),
        (Method::GET, "/api/v1/knowledge/documents".to_owned()),
        (Method::POST, "/api/v1/knowledge/documents?name=x.md".to_owned()),
        (Method::DELETE, format!("/api/v1/knowledge/documents/{id}")),
        (Method::GET, "/api/v1/knowledge/conflicts".to_owned()),
        (Method::GET, "/api/v1/gaps".to_owned()),
        (Method::POST, format!("/api/v1/gaps/{id}/proposals")),
        (Method::GET, "/api/v1/proposals".to_owned()),
        (Method::POST, format!("/api/v1/proposals/{id}/approve")),
        (Method::POST, format!("/api/v1/proposals/{id}/reject")),
        (Method::GET, "/api/v1/tools".to_owned()),
        (Method::GET, "/api/v1/outbox/dead".to_owned()),
        (Method::POST, format!("/api/v1/outbox/{id}/replay")),
    ] {
        let call = |key: Option<&str>| {
            let request = app.request(method.clone(), &path).json(&json!({"text": "oi"}));
            match key {
                Some(key) => request.bearer_auth(key).send(),
                None => request.send(),
            }
        };
        problem(call(None).await.unwrap(), 401, "unauthorized").await;
        problem(call(Some("balcao_wrong")).await.unwrap(), 401, "unauthorized").await;
        problem(call(Some(&visit.token)).await.unwrap(), 401, "unauthorized").await;
        problem(call(Some(&reader)).await.unwrap(), 403, "forbidden").await;
        let allowed = call(Some(&admin)).await.unwrap().status();
        assert!(![401, 403].contains(&allowed.as_u16()), "{path}: {allowed}");
    }
    let keys = app.stores.keys.list().await.unwrap();
    let used = keys.iter().find(|key| key.name == "admin").unwrap();
    assert!(used.last_used_at.is_some());
    app.stores.keys.remove("admin").await.unwrap();
    let removed = app.request(Method::GET, "/api/v1/tools").bearer_auth(&admin).send().await.unwrap();
    problem(removed, 401, "unauthorized").await;
}

#[tokio::test]
async fn the_list_filters_and_pages() {
    let app = spawn_web().await;
    let mut visits = Vec::new();
    for word in ["girassol", "samambaia", "orquídea"] {
        let visit = app.visit().await;
        app.say(&visit, &format!("quero uma {word}")).await;
        visits.push(visit);
    }
    let taken = format!("/api/v1/conversations/{}/take", visits[1].id);
    app.operator(Method::POST, &taken).send().await.unwrap();
    let handed_over = OwnerChange {
        owner: Owner::Team,
        lease: Lease::default(),
        only_at: None,
        reason: "asked".to_owned(),
        message: None,
        outbox: None,
        once: None,
        at: Timestamp::now(),
    };
    app.stores.conversations.change_owner(visits[2].id, handed_over).await.unwrap();
    let list = async |query: &str| {
        let response =
            app.operator(Method::GET, &format!("/api/v1/conversations{query}")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json::<Value>().await.unwrap()
    };
    let ids = |page: &Value| {
        let rows = page["conversations"].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&list("").await).len(), 3);
    assert_eq!(ids(&list("?owner=person").await), [visits[1].id.to_string()]);
    assert_eq!(ids(&list("?owner=team").await), [visits[2].id.to_string()]);
    let mut human = ids(&list("?owner=human").await);
    human.sort();
    assert_eq!(human, [visits[1].id.to_string(), visits[2].id.to_string()], "as the event stream says it");
    assert_eq!(ids(&list("?owner=bot&state=open").await), [visits[0].id.to_string()]);
    assert_eq!(ids(&list("?state=closed").await).len(), 0);
    assert_eq!(ids(&list("?q=girassol").await), [visits[0].id.to_string()]);
    assert_eq!(ids(&list("?q=%25").await).len(), 0, "a percent sign is only a percent sign");
    let first = list("?limit=2").await;
    let next = first["next_cursor"].as_str().unwrap();
    let second = list(&format!("?limit=2&cursor={next}")).await;
    let mut all = ids(&first);
    all.extend(ids(&second));
    all.sort();
    let mut expected: Vec<_> = visits.iter().map(|visit| visit.id.to_string()).collect();
    expected.sort();
    assert_eq!(all, expected);
    assert_eq!(second["next_cursor"], Value::Null);
    for (query, field) in
        [("?owner=me", "owner"), ("?state=x", "state"), ("?cursor=x", "cursor"), ("?cursor=1_x", "cursor")]
    {
        let bad = app.operator(Method::GET, &format!("/api/v1/conversations{query}")).send().await.unwrap();
        assert_eq!(problem(bad, 400, "invalid_query").await["field"], field);
    }
}

#[tokio::test]
async fn the_detail_tells_what_was_done_why_and_at_what_cost() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    let asked = app.say(&visit, "Onde está o pedido 10482?").await;
    let turn = claim(&app.stores, visit.id).await;
    let passage = Passage {
        id: "p1".to_owned(),
        source: "envio.md".to_owned(),
        title: "Envio".to_owned(),
        heading: None,
        text: "Enviamos em 2 dias.".to_owned(),
        score: 1.5,
        evidence: 0.5,
    };
    let measured = Some(Measured { hits: 4, top: 0.5, threshold: 0.25 });
    let mut journal =
        vec![EventBody::Retrieved { query: "pedido 10482".to_owned(), passages: vec![passage], measured }];
    journal.extend(tool_events());
    journal.push(EventBody::Withheld { reason: "no evidence".to_owned(), text: "Chega hoje.".to_owned() });
    app.stores.turns.append(&turn, journal, Timestamp::now()).await.unwrap();
    answer(&app.stores, &turn, "Já foi enviado.").await;

    let path = format!("/api/v1/conversations/{}", visit.id);
    let detail: Value = app.operator(Method::GET, &path).send().await.unwrap().json().await.unwrap();
    assert_eq!(detail["id"], visit.id.to_string());
    assert_eq!(
        detail["usage"],
        json!({"model_calls": 1, "input_tokens": 100, "output_tokens": 20, "cost_micros": 7})
    );
    let told = &detail["turns"][0];
    assert_eq!(told["answers"], json!([asked]));
    assert_eq!(told["stop_reason"], "answered");
    assert_eq!(told["evidence"][0]["passages"][0]["source"], "envio.md");
    let measured = ["hits", "top", "threshold"].map(|name| told["evidence"][0][name].clone());
    assert_eq!(measured, [json!(4), json!(0.5), json!(0.25)]);
    assert_eq!(told["model_calls"][0]["model"], "openai:test");
    let call = &told["tool_calls"][0];
    assert_eq!((&call["name"], &call["arguments"]), (&json!("order_status"), &json!({"order": "10482"})));
    assert_eq!((&call["outcome"], &call["result"]["data"]), (&json!("done"), &json!({"status": "shipped"})));
    assert_eq!(told["withheld"][0]["text"], "Chega hoje.");
    assert_eq!(detail["events"].as_array().unwrap().len(), 8);
    assert_eq!(detail["truncated"], false);
    assert!(detail["contact"]["id"].is_string());
    assert_eq!(detail["identities"][0]["kind"], "web_visitor");
    let unknown = format!("/api/v1/conversations/{}", Uuid::now_v7());
    problem(app.operator(Method::GET, &unknown).send().await.unwrap(), 404, "conversation_not_found").await;
}

#[tokio::test]
async fn knowledge_tools_and_deliveries() {
    let app = spawn_web().await;
    let call = async |method: Method, path: &str| app.operator(method, path).send().await.unwrap();
    let found: Value =
        call(Method::GET, "/api/v1/knowledge/search?q=trocas&limit=2").await.json().await.unwrap();
    let ranks: Vec<_> = found["results"].as_array().unwrap().iter().map(|row| row["rank"].clone()).collect();
    assert_eq!(ranks, [1, 2]);
    assert_eq!(found["results"][0]["source"], "trocas.md");
    for query in ["", "?q=", "?q=%20", &format!("?q={}", "x".repeat(1001)), "?q=a&limit=x"] {
        problem(call(Method::GET, &format!("/api/v1/knowledge/search{query}")).await, 400, "invalid_query")
            .await;
    }
    problem(call(Method::GET, "/api/v1/knowledge/search?q=fail").await, 503, "knowledge_unavailable").await;
    let rank = |body: Value| app.operator(Method::POST, "/api/v1/knowledge/rank").json(&body).send();
    let ranked: Value = rank(json!({"query": "x".repeat(100_000)})).await.unwrap().json().await.unwrap();
    assert_eq!(ranked, json!({"ranked": ["0.md", "1.md", "2.md"]}));
    let nothing: Value = rank(json!({"query": ""})).await.unwrap().json().await.unwrap();
    assert_eq!(nothing, json!({"ranked": []}));
    assert_eq!(problem(rank(json!({})).await.unwrap(), 422, "invalid_field").await["field"], "query");
    problem(rank(json!({"query": "fail"})).await.unwrap(), 503, "knowledge_unavailable").await;
    let report: Value = call(Method::POST, "/api/v1/knowledge/ingest").await.json().await.unwrap();
    assert_eq!(
        report,
        json!({"added": 2, "changed": 0, "unchanged": 0, "removed": 0, "failed": [], "notes": []})
    );
    let tools: Value = call(Method::GET, "/api/v1/tools").await.json().await.unwrap();
    assert_eq!(tools["tools"][0]["name"], "order_status");
    assert_eq!(
        (&tools["tools"][0]["risk"], &tools["tools"][0]["timeout_ms"]),
        (&json!("read"), &json!(5000))
    );
    let dead: Value = call(Method::GET, "/api/v1/outbox/dead").await.json().await.unwrap();
    assert_eq!(dead, json!({"deliveries": []}));
    for id in ["x".to_owned(), Uuid::now_v7().to_string()] {
        let replayed = call(Method::POST, &format!("/api/v1/outbox/{id}/replay")).await;
        problem(replayed, 404, "delivery_not_found").await;
    }
}
