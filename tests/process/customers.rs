//! `balcao customers`, beside a running server and without one.

use super::support::{Place, stderr, stdout};
use serde_json::Value;

async fn done(place: &Place, arguments: &[&str]) -> String {
    let output = place.run(arguments, "").await;
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

#[tokio::test]
async fn customers_are_shown_and_forgotten_with_a_server_and_without() {
    let place = Place::new().await;
    let server = place.serve().await;
    let mut talk = server.talk().await;
    talk.say("oi").await;
    let detail = talk.detail().await;
    let visitor = detail["contact"]["id"].as_str().or(detail["contact_id"].as_str()).expect("a contact");
    let found = done(&place, &["customers", "find", visitor]).await;
    assert!(found.contains("conversations: 1, messages: 2"), "{found}");
    let file: Value = serde_json::from_str(&done(&place, &["customers", "export", visitor]).await).unwrap();
    assert_eq!(file["conversations"][0]["messages"][0]["text"], "oi");

    let unasked = place.run(&["customers", "forget", visitor], "forget\n").await;
    assert!(!unasked.status.success() && stderr(&unasked).contains("--yes"), "{}", stderr(&unasked));
    assert_eq!(done(&place, &["customers", "find", visitor]).await, found, "a pipe is nobody who means it");
    let forgotten = done(&place, &["customers", "forget", visitor, "--yes"]).await;
    assert!(forgotten.starts_with(&found) && forgotten.contains("was forgotten"), "{forgotten}");
    let unknown = place.run(&["customers", "find", visitor], "").await;
    assert!(
        !unknown.status.success() && stderr(&unknown).contains("nobody is known"),
        "{}",
        stderr(&unknown)
    );
    let listed = done(&place, &["customers", "erasures"]).await;
    assert!(listed.contains(visitor) && listed.contains("by server-"), "{listed}");
    assert!(server.terminate().await.0.success());

    // The same without a server: a customer of the demo shop, who has orders.
    assert_eq!(done(&place, &["customers", "erasures"]).await, listed);
    let found = done(&place, &["customers", "find", "ana.souza@example.com"]).await;
    assert!(found.starts_with("Ana") && found.contains("orders: "), "{found}");
    let forgotten = done(&place, &["customers", "forget", "ana.souza@example.com", "--yes"]).await;
    assert!(forgotten.contains("by terminal") && forgotten.contains("the orders stay"), "{forgotten}");
    let unknown = place.run(&["customers", "find", "ana.souza@example.com"], "").await;
    assert!(!unknown.status.success());
}
