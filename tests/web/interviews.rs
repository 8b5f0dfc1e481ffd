//! Operators look at interviews, correct answers, and say that they have seen a lead.

use crate::support::stores::claim;
use crate::support::web::{WebApp, problem, spawn_web};
use balcao::domain::event::EventBody;
use balcao::domain::ids::{ConversationId, InterviewId};
use balcao::domain::interview::{InterviewStep, StartRule};
use balcao::domain::turn::{StopReason, Usage};
use balcao::store::interviews::Amendment;
use balcao::store::turns::TurnCommit;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

/// An interview in a conversation that somebody has begun.
async fn led(app: &WebApp) -> (ConversationId, InterviewId) {
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
    (visit.id, id)
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
