//! Several programs on one PostgreSQL database: each message is answered once, wherever it came in, and whoever
//! listens anywhere reads it.

use crate::support::app::{AppOptions, Brain, TestApp, says, shop_database};
use crate::support::postgres::Database;
use balcao::llm::scripted::ScriptedModel;
use serde_json::json;
use std::sync::Arc;

/// A program on `database` whose model has the same answers as that of its siblings.
async fn program(database: &Arc<Database>, model: &Arc<ScriptedModel>) -> TestApp {
    AppOptions::new(Brain::Scripted(Arc::clone(model))).on(database).start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_posted_here_is_answered_once_and_read_there() {
    let database = shop_database().await;
    let model = Arc::new(ScriptedModel::new("scripted", Vec::new()));
    let (here, there) = (program(&database, &model).await, program(&database, &model).await);
    let mut posting = here.talk().await;
    let mut reading = posting.clone_at(&there.door).await;
    for number in 1..=5 {
        let text = format!("Olá, resposta número {number}.");
        model.push(says(&text));
        let id = posting.send("oi").await;
        let read = reading.answer().await;
        assert_eq!((read.text.as_str(), read.reply_to.as_slice()), (text.as_str(), &[id][..]));
        assert_eq!(posting.answer().await.text, text);
    }
    assert_eq!(reading.said_by("assistant").await.len(), 5);
    assert_eq!(model.remaining(), 0);
    here.end().await;
    there.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_takes_over_there_silences_the_bot_here() {
    let database = shop_database().await;
    let model = Arc::new(ScriptedModel::new("scripted", vec![says("Olá!")]));
    let (here, there) = (program(&database, &model).await, program(&database, &model).await);
    let mut customer = here.talk().await;
    customer.say("oi").await;
    let operator = customer.clone_at(&there.door).await;
    operator.operator("reply", json!({"text": "Aqui é a Bia.", "name": "Bia"})).await;
    let frame = customer.next_of("ownership").await;
    assert_eq!(frame.data["owner"], "human");
    customer.send("obrigado").await;
    assert_eq!(customer.said_by("assistant").await, ["Olá!"]);
    here.end().await;
    there.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_start_together_lay_one_demo_shop_and_keep_their_keys() {
    let database = Arc::new(Database::bare().await);
    let model = Arc::new(ScriptedModel::new("scripted", vec![says("Olá!")]));
    let (here, there) = tokio::join!(program(&database, &model), program(&database, &model));
    // Each one's own key opens both.
    let mut talk = here.talk().await;
    talk.say("oi").await;
    assert_eq!(talk.clone_at(&there.door).await.detail().await["owner"], "bot");
    assert_eq!(talk.detail().await["owner"], "bot");
    let stores = here.stores().await;
    let products = stores.backoffice.products().await.unwrap().len();
    assert_eq!(products, shop_products().await);
    here.end().await;
    there.end().await;
}

/// How many products the demo shop has when one program lays it.
async fn shop_products() -> usize {
    let (stores, handle) =
        crate::support::stores::open_as(&shop_database().await.settings(), std::path::Path::new("")).await;
    let products = stores.backoffice.products().await.unwrap().len();
    handle.close().await;
    products
}
