//! Customers who ask after their data: found, handed everything, and forgotten by whoever may.

use crate::support::stores::{answer, claim};
use crate::support::web::spawn_web;
use balcao::domain::contact::Contact;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_customer_is_found_handed_everything_and_forgotten() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    app.say(&visit, "meu número é segredo").await;
    let turn = claim(&app.stores, visit.id).await;
    answer(&app.stores, &turn, "Anotado!").await;
    let contact = app.stores.conversations.get(visit.id).await.unwrap().unwrap().contact;
    let known = app.stores.contacts.get(contact).await.unwrap().unwrap();
    let email = Some("rita@casa.example".to_owned());
    app.stores.contacts.save(&Contact { email, ..known }).await.unwrap();
    let other = app.visit().await;
    let message = app.say(&other, "oi").await;

    let search = async |whom: &str| -> Value {
        let request = app.operator(Method::POST, "/api/v1/customers/search");
        let found: Value = request.json(&json!({"whom": whom})).send().await.unwrap().json().await.unwrap();
        found["customers"].clone()
    };
    for whom in ["Rita@Casa.example", &contact.to_string(), &visit.id.to_string()] {
        let found = search(whom).await;
        assert_eq!(found[0]["contact"]["id"], json!(contact), "{whom}: {found}");
        assert_eq!((&found[0]["holdings"]["messages"], found.as_array().unwrap().len()), (&json!(2), 1));
    }
    assert_eq!(search("ninguem@casa.example").await, json!([]));
    assert_eq!(search("11 95555-0123").await, json!([]));

    let path = format!("/api/v1/customers/{contact}");
    let file: Value = app.operator(Method::GET, &path).send().await.unwrap().json().await.unwrap();
    let said: Vec<&Value> =
        file["conversations"][0]["messages"].as_array().unwrap().iter().map(|one| &one["text"]).collect();
    assert_eq!(said, [&json!("meu número é segredo"), &json!("Anotado!")]);
    assert_eq!(file["contact"]["email"], "rita@casa.example");

    let refused = app.operator(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(refused.status(), 403);
    assert!(refused.text().await.unwrap().contains("`admin`"), "it says what is missing");
    let stranger = app.client.delete(format!("{}{path}", app.base)).bearer_auth(&visit.token).send().await;
    assert_eq!(stranger.unwrap().status(), 401);
    let admin = app.add_key("Bia", &["admin"]).await;
    let forget = async |path: &str| {
        app.client.delete(format!("{}{path}", app.base)).bearer_auth(&admin).send().await.unwrap()
    };
    app.say(&visit, "mais uma coisa").await;
    let busy = claim(&app.stores, visit.id).await;
    let refused = forget(&path).await;
    assert_eq!(
        (refused.status(), refused.headers().contains_key("retry-after")),
        (409.try_into().unwrap(), true)
    );
    answer(&app.stores, &busy, "Pois não?").await;

    let forgotten = forget(&path).await;
    assert_eq!(forgotten.status(), 200);
    let erasure: Value = forgotten.json().await.unwrap();
    assert_eq!((&erasure["asked_by"], &erasure["removed"]["messages"]), (&json!("Bia"), &json!(4)));
    for path in [path.as_str(), "/api/v1/customers/nobody"] {
        assert_eq!(forget(path).await.status(), 404);
        assert_eq!(app.operator(Method::GET, path).send().await.unwrap().status(), 404);
    }
    let listed: Value =
        app.operator(Method::GET, "/api/v1/erasures").send().await.unwrap().json().await.unwrap();
    assert_eq!(listed["erasures"], json!([erasure]));
    // The page of somebody who was forgotten is told that its conversation is gone; everybody else goes on.
    let gone = app.post(&visit, "again", "oi?").await;
    assert!([401, 404].contains(&gone.status().as_u16()), "{}", gone.status());
    let history = app.visitor(Method::GET, &other, "/messages").send().await.unwrap();
    assert_eq!(history.json::<Value>().await.unwrap()["messages"][0]["id"], json!(message));
}
