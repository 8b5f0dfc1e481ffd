//! Operators look at interviews, correct answers, and say that they have seen a lead.

use crate::support::stores::claim;
use crate::support::web::{Visit, WebApp, problem, spawn_web};
use balcao::domain::event::EventBody;
use balcao::domain::ids::{ConversationId, InterviewId};
use balcao::domain::interview::{EndReason, InterviewStep, StartRule, Temperature, Verdict};
use balcao::domain::message::Role;
use balcao::domain::turn::{StopReason, Usage};
use balcao::store::interviews::Amendment;
use balcao::store::turns::TurnCommit;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

/// An interview in a conversation that somebody has begun.
async fn led(app: &WebApp) -> (ConversationId, InterviewId) {
    let (visit, id) = led_with(app).await;
    (visit.id, id)
}

/// The same with the visitor.
async fn led_with(app: &WebApp) -> (Visit, InterviewId) {
    let visit = app.visit().await;
    app.say(&visit, "quero um orçamento").await;
    let turn = claim(&app.stores, visit.id).await;
    let id = InterviewId(uuid::Uuid::now_v7());
    let (name, version) = ("projeto".to_owned(), "1".to_owned());
    let step = Box::new(InterviewStep::Started { name, version, rule: StartRule::Intent, known: Vec::new() });
    let events = vec![
        EventBody::Interview { interview: id, step },
        EventBody::TurnFinished { stop_reason: StopReason::Answered, usage: Usage::default() },
    ];
    let commit = TurnCommit { events, interview: Some(id), ..TurnCommit::default() };
    app.stores.turns.commit(&turn, commit, Timestamp::now()).await.unwrap();
    (visit, id)
}

async fn get(app: &WebApp, path: &str) -> Value {
    let answer = app.operator(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn interviews_are_listed_shown_and_counted() {
    let app = spawn_web().await;
    let (conversation, id) = led(&app).await;
    let list = get(&app, "/api/v1/interviews?name=projeto&standing=running").await;
    assert_eq!(list["interviews"][0]["id"], json!(id));
    assert_eq!(list["next_cursor"], Value::Null);
    assert_eq!(get(&app, "/api/v1/interviews?temperature=hot").await["interviews"], json!([]));
    let shown = get(&app, &format!("/api/v1/interviews/{id}")).await;
    assert_eq!((&shown["conversation"], &shown["standing"]), (&json!(conversation), &json!("running")));
    let report = get(&app, "/api/v1/interviews/report").await;
    assert_eq!((&report["versions"][0]["started"], &report["versions"][0]["open"]), (&json!(1), &json!(1)));
    for wrong in ["?standing=x", "?temperature=boiling", "?since=yesterday", "?cursor=x"] {
        let answer = app.operator(Method::GET, &format!("/api/v1/interviews{wrong}")).send().await.unwrap();
        problem(answer, 400, "invalid_query").await;
    }
    let missing = app.operator(Method::GET, "/api/v1/interviews/x").send().await.unwrap();
    problem(missing, 404, "interview_not_found").await;
    let stranger = app.client.get(format!("{}/api/v1/interviews", app.base)).send().await.unwrap();
    assert_eq!(stranger.status(), 401);
}

#[tokio::test]
async fn what_a_person_writes_is_locked() {
    let app = spawn_web().await;
    let (conversation, id) = led(&app).await;
    let path = format!("/api/v1/interviews/{id}");
    let patch = |answers: Value| app.operator(Method::PATCH, &path).json(&json!({"answers": answers})).send();
    let answers = json!({"need": "office", "budget": 8000.5});
    let written: Value = patch(answers).await.unwrap().json().await.unwrap();
    assert_eq!(written["answers"]["need"]["given"]["value"], json!({"kind": "choices", "value": ["office"]}));
    let money = json!({"kind": "money", "value": {"low": 800_050, "high": 800_050}});
    assert_eq!(written["answers"]["budget"]["given"]["value"], money);
    assert_eq!(written["answers"]["budget"]["origin"], json!({"person": "Marina"}));
    assert_eq!(written["locked"], json!(["need", "budget"]));
    let events = app.stores.conversations.events(conversation, 0, 100).await.unwrap();
    let last = &events.last().unwrap().body;
    let edited = |step: &InterviewStep| matches!(step, InterviewStep::Edited { .. });
    assert!(matches!(last, EventBody::Interview { step, .. } if edited(step)), "{last:?}");
    for (wrong, told) in [
        (json!({}), "at least one"),
        (json!({"colour": "blue"}), "There is no field `colour`"),
        (json!({"need": "castle"}), "the id of a choice"),
        (json!({"budget": "muito"}), "an amount in reais"),
        (json!({"budget": {"kind": "text", "value": "x"}}), "an amount in reais"),
    ] {
        let refused = problem(patch(wrong).await.unwrap(), 422, "invalid_field").await;
        assert!(refused["detail"].as_str().unwrap().contains(told), "{refused}");
    }
}

#[tokio::test]
async fn a_lead_is_acknowledged_by_word_or_by_taking_the_conversation() {
    let app = spawn_web().await;
    let (conversation, id) = led(&app).await;
    let path = format!("/api/v1/interviews/{id}/acknowledge");
    let acknowledge = || app.operator(Method::POST, &path).send();
    problem(acknowledge().await.unwrap(), 409, "conflict").await;
    let people = vec!["Ana".to_owned()];
    let given = |people| Amendment::Assigned { route: "capital".to_owned(), people, acknowledge_by: None };
    app.stores.interviews.amend(id, given(people), Timestamp::now()).await.unwrap();
    let seen: Value = acknowledge().await.unwrap().json().await.unwrap();
    assert_eq!(seen["assignment"]["acknowledged_by"], "Marina");
    let (_, other) = led(&app).await;
    app.stores.interviews.amend(other, given(vec!["Ana".to_owned()]), Timestamp::now()).await.unwrap();
    let led_in = app.stores.interviews.get(other).await.unwrap().unwrap().state.conversation;
    assert_ne!(led_in, conversation);
    let take = format!("/api/v1/conversations/{led_in}/take");
    let taken = app.operator(Method::POST, &take).json(&json!({"name": "Bia"})).send().await.unwrap();
    assert_eq!(taken.status(), 200);
    let assignment = app.stores.interviews.get(other).await.unwrap().unwrap().assignment.unwrap();
    assert_eq!(assignment.acknowledged_by.as_deref(), Some("Bia"));
}

/// Whether the bot has said something with these words in it.
async fn was_said(app: &WebApp, conversation: ConversationId, words: &str) -> bool {
    let messages = app.stores.conversations.messages(conversation, 0, 100).await.unwrap();
    messages.iter().any(|(_, message)| message.role == Role::Assistant && message.text.contains(words))
}

#[tokio::test]
async fn an_operator_begins_an_interview_unless_somebody_else_is_at_it() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    let path = format!("/api/v1/conversations/{}/interview", visit.id);
    let begin = |body: Value| app.operator(Method::POST, &path).json(&body).send();
    let unknown = problem(begin(json!({"interview": "x"})).await.unwrap(), 422, "invalid_field").await;
    assert!(unknown["detail"].as_str().unwrap().contains("there are: projeto"), "{unknown}");
    let stranger = app.client.post(format!("{}{path}", app.base)).json(&json!({"interview": "projeto"}));
    assert_eq!(stranger.send().await.unwrap().status(), 401);

    // Bia has the conversation: she may begin it, and nobody else.
    let take = format!("/api/v1/conversations/{}/take", visit.id);
    app.operator(Method::POST, &take).json(&json!({"name": "Bia"})).send().await.unwrap();
    let taken =
        problem(begin(json!({"interview": "projeto"})).await.unwrap(), 409, "conversation_taken").await;
    assert!(taken["detail"].as_str().unwrap().starts_with("Bia has the conversation"), "{taken}");
    let begun = begin(json!({"interview": "projeto", "name": "Bia"})).await.unwrap();
    assert_eq!(begun.status(), 201);
    let begun: Value = begun.json().await.unwrap();
    assert_eq!(begun["rule"], json!({"rule": "operator", "value": "Bia"}));
    assert_eq!(begun["asked"][0]["fields"], json!(["need"]));
    assert!(was_said(&app, visit.id, "Que tipo de projeto você tem em mente?").await);
    assert!(app.stores.conversations.get(visit.id).await.unwrap().unwrap().owner.is_bot());

    let twice =
        problem(begin(json!({"interview": "projeto"})).await.unwrap(), 409, "interview_running").await;
    assert!(twice["detail"].as_str().unwrap().contains(begun["id"].as_str().unwrap()), "{twice}");

    // The customer's words come first; a turn at work, a closed conversation and a team that is waited for are left.
    let other = app.visit().await;
    let path = format!("/api/v1/conversations/{}/interview", other.id);
    let begin = || app.operator(Method::POST, &path).json(&json!({"interview": "projeto"})).send();
    app.say(&other, "oi").await;
    let turn = claim(&app.stores, other.id).await;
    problem(begin().await.unwrap(), 409, "conversation_busy").await;
    let over = EventBody::TurnFinished { stop_reason: StopReason::Answered, usage: Usage::default() };
    let commit = TurnCommit { events: vec![over], ..TurnCommit::default() };
    app.stores.turns.commit(&turn, commit, Timestamp::now()).await.unwrap();
    let close = format!("/api/v1/conversations/{}/close", other.id);
    app.operator(Method::POST, &close).send().await.unwrap();
    problem(begin().await.unwrap(), 409, "conversation_closed").await;
    app.say(&other, "mais uma coisa").await;
    assert_eq!(begin().await.unwrap().status(), 201);
    assert!(!was_said(&app, other.id, "Que tipo de projeto").await, "the customer is answered first");
    let nowhere = format!("/api/v1/conversations/{}/interview", uuid::Uuid::now_v7());
    let nowhere = app.operator(Method::POST, &nowhere).json(&json!({"interview": "projeto"}));
    problem(nowhere.send().await.unwrap(), 404, "conversation_not_found").await;
}

#[tokio::test]
async fn what_a_person_corrects_after_the_end_is_rated_anew() {
    let app = spawn_web().await;
    let (visit, id) = led_with(&app).await;
    let path = format!("/api/v1/interviews/{id}");
    let patch = |answers: Value| app.operator(Method::PATCH, &path).json(&json!({"answers": answers})).send();
    let open: Value = patch(json!({"need": "office"})).await.unwrap().json().await.unwrap();
    assert_eq!((&open["verdict"], &open["corrections"]), (&Value::Null, &json!(0)), "it is not over");

    app.say(&visit, "sim").await;
    let turn = claim(&app.stores, visit.id).await;
    let verdict = Verdict {
        temperature: Temperature::Cold,
        score: 25,
        confidence: 50,
        qualified: false,
        segment: None,
        route: None,
        reasons: Vec::new(),
    };
    let ended = InterviewStep::Ended { reason: EndReason::Completed, verdict: Some(verdict) };
    let events = vec![
        EventBody::Interview { interview: id, step: Box::new(ended) },
        EventBody::TurnFinished { stop_reason: StopReason::Answered, usage: Usage::default() },
    ];
    let commit = TurnCommit { events, interview: Some(id), ..TurnCommit::default() };
    app.stores.turns.commit(&turn, commit, Timestamp::now()).await.unwrap();
    let rated: Value =
        patch(json!({"budget": 9000, "postal_code": "01310-100"})).await.unwrap().json().await.unwrap();
    assert_eq!(rated["verdict"]["temperature"], "hot", "{rated:#}");
    assert_eq!((&rated["verdict"]["route"], &rated["verdict"]["score"]), (&json!("capital"), &json!(75)));
    assert_eq!(
        (&rated["corrections"], &rated["locked"]),
        (&json!(1), &json!(["need", "budget", "postal_code"]))
    );
    let hot = get(&app, "/api/v1/interviews?temperature=hot").await;
    assert_eq!(hot["interviews"][0]["id"], json!(id));
}
