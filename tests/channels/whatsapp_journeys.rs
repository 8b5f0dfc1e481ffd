//! Whole journeys of a customer on WhatsApp with the built-in model, from the first word to the end: an appointment, and a
//! person who takes over and gives back. The interview is in `whatsapp_sending.rs`.

use crate::support::app::{AppOptions, Brain, TestApp};
use crate::support::meta::{Customer, FakeMeta, Reports};
use crate::support::whatsapp::{conversations, history, operator, until};
use reqwest::Method;
use serde_json::{Value, json};

async fn behind(meta: &FakeMeta) -> TestApp {
    let options = AppOptions::new(Brain::BuiltIn).with(|settings| meta.set(&mut settings.channels.whatsapp));
    let app = options.start().await;
    meta.knows(&app);
    app
}

/// The words of the newest message, once Meta has taken so many.
async fn told(meta: &FakeMeta, count: usize) -> String {
    meta.texts(count).await.pop().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_is_made_and_cancelled_by_tapping_yes() {
    let meta = FakeMeta::start([]).await.reporting(Reports::Wild);
    let app = behind(&meta).await;
    let ana = Customer::ana();
    meta.tells(ana.writes("wamid.1", "Oi! Queria marcar um replantio na sexta à tarde")).await;
    let offered = told(&meta, 1).await;
    assert!(offered.contains("27/11"), "{offered}");
    meta.tells(ana.writes("wamid.2", "Quero às 14h com o Caio, por favor")).await;
    let booked = told(&meta, 2).await;
    assert!(booked.contains("27/11") && booked.contains("14:00"), "{booked}");
    assert_eq!(appointments(&app).await, 1);
    meta.tells(ana.writes("wamid.3", "Pensando bem, quero cancelar esse horário")).await;
    let asked = meta.taken(3).await.pop().unwrap();
    assert_eq!(asked.kind(), "button", "{asked:?}");
    meta.tells(ana.taps("wamid.4", &asked, "Sim, confirmo")).await;
    let cancelled = told(&meta, 4).await;
    assert!(cancelled.to_lowercase().contains("cancelad"), "{cancelled}");
    assert_eq!(appointments(&app).await, 0);
    app.end().await;
}

/// Appointments that Ana has.
async fn appointments(app: &TestApp) -> usize {
    let stores = app.stores().await;
    let conversation = conversations(app).await.remove(0);
    let contact = conversation["contact_id"].as_str().unwrap().parse().unwrap();
    let held = stores.backoffice.appointments_of(contact, jiff::Timestamp::MIN).await.unwrap();
    held.iter().filter(|one| one.status.as_str() != "cancelled").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_person_gets_one_and_the_bot_goes_on_afterwards() {
    let meta = FakeMeta::start([]).await;
    let app = behind(&meta).await;
    let ana = Customer::ana();
    meta.tells(ana.writes("wamid.1", "Quero falar com uma pessoa, por favor")).await;
    let told_so = told(&meta, 1).await;
    assert!(told_so.contains("pessoa da equipe"), "{told_so}");
    let conversation = conversations(&app).await.remove(0);
    assert_eq!(conversation["owner"], "team");
    let id = conversation["id"].as_str().unwrap().to_owned();
    // Nobody answers for the person.
    meta.tells(ana.writes("wamid.2", "Oi? Tem alguém aí?")).await;
    until("her words are in the log", || async {
        let said = history(&app, &conversation["id"]).await;
        said.iter().any(|message| message["client_id"] == "wamid.2").then_some(())
    })
    .await;
    let reply = json!({"text": "Oi, Ana! Aqui é a Bia.", "name": "Bia"});
    operator(&app, Method::POST, &format!("/conversations/{id}/reply"), reply).await;
    assert_eq!(told(&meta, 2).await, "Oi, Ana! Aqui é a Bia.");
    operator(&app, Method::POST, &format!("/conversations/{id}/return"), json!({"name": "Bia"})).await;
    assert!(told(&meta, 3).await.contains("assistente virtual"), "she is told who answers now");
    meta.tells(ana.writes("wamid.3", "Vocês abrem no sábado?")).await;
    let answer = told(&meta, 4).await;
    assert!(answer.contains("9h") || answer.contains("09:00") || answer.contains("sábado"), "{answer}");
    let roles: Vec<Value> =
        history(&app, &conversation["id"]).await.iter().map(|message| message["role"].clone()).collect();
    assert_eq!(roles, ["customer", "assistant", "customer", "human", "system", "customer", "assistant"]);
    app.end().await;
}
