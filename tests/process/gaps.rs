//! `balcao gaps` at the terminal, beside a running server and without one: what could not be answered, and how it becomes
//! knowledge.

use super::documents::PRICE;
use super::support::{Place, stderr, stdout};
use serde_json::Value;

const QUESTION: &str = "Vocês consertam telhado de vidro?";

/// The gaps as JSON.
async fn gaps(place: &Place) -> Vec<Value> {
    let output = place.run(&["gaps", "--json"], "").await;
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn done(place: &Place, arguments: &[&str]) -> String {
    let output = place.run(arguments, "").await;
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

/// The id of what a line of `balcao gaps propose` or `approve` is about.
fn id(told: &str) -> String {
    told.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn gaps_are_listed_and_filled_with_a_server_and_without() {
    let place = Place::empty().file("knowledge/bicicletas.md", PRICE);
    assert_eq!(done(&place, &["gaps"]).await, "nothing was left unanswered\n");
    let server = place.serve().await;
    assert_eq!(done(&place, &["gaps"]).await, "nothing was left unanswered\n");
    for _ in 0..2 {
        server.talk().await.say(QUESTION).await;
    }
    let (beside, shown) = (gaps(&place).await, done(&place, &["gaps"]).await);
    assert_eq!(beside.len(), 1, "{beside:?}");
    assert_eq!(beside[0]["count"], 2);
    assert!(shown.starts_with("2 × (abstained 2)") && shown.contains(QUESTION), "{shown}");
    // Proposed through the server, in the words of who proposes.
    let gap = beside[0]["id"].as_str().unwrap();
    let answer = "Não consertamos telhados; a Vidraçaria Aurora, ao lado, conserta.";
    let proposed = done(&place, &["gaps", "propose", gap, "--question", QUESTION, "--answer", answer]).await;
    assert!(proposed.starts_with("proposed by server-"), "{proposed}");
    assert!(server.terminate().await.0.success());

    assert_eq!(gaps(&place).await, beside, "it is the same without a server");
    assert_eq!(done(&place, &["gaps"]).await, shown);
    let listed = done(&place, &["gaps", "proposals"]).await;
    assert_eq!(listed, proposed, "what was proposed is kept");
    let search = ["search", "consertam telhado", "--json"];
    assert!(!done(&place, &search).await.contains("Aurora"), "what nobody approved is no knowledge");
    let worded = "Não consertamos telhados; a Vidraçaria Aurora conserta.";
    let approved = done(&place, &["gaps", "approve", &id(&proposed), "--answer", worded]).await;
    assert!(approved.starts_with("approved by terminal") && approved.contains(worded), "{approved}");
    let found = done(&place, &search).await;
    assert!(found.contains("Vidraçaria Aurora conserta") && !found.contains("ao lado"), "{found}");
    let again = place.run(&["gaps", "reject", &id(&proposed)], "").await;
    assert!(!again.status.success() && stderr(&again).contains("decided before"), "{}", stderr(&again));
    let unknown = place.run(&["gaps", "propose", "00000000-0000-7000-8000-000000000000"], "").await;
    assert!(!unknown.status.success() && stderr(&unknown).contains("no gap has this id"));

    // The next customer is answered from it; and a server says no in its own words.
    let server = place.serve().await;
    let answer = server.talk().await.say(QUESTION).await;
    assert!(answer.text.contains("Vidraçaria Aurora"), "{answer:#?}");
    let again = place.run(&["gaps", "approve", &id(&proposed)], "").await;
    assert!(!again.status.success() && stderr(&again).contains("decided before"), "{}", stderr(&again));
    let other = done(&place, &["gaps", "propose", gap, "--answer", "Sim."]).await;
    let rejected = done(&place, &["gaps", "reject", &id(&other)]).await;
    assert!(rejected.starts_with("rejected by server-"), "{rejected}");
    assert!(server.terminate().await.0.success());
}
