//! `balcao connectors authorize`: a person lets the program in at a vendor's page, as they would in a browser.

use super::support::{Place, stderr, stdout};
use crate::connectors::fakes::bling::Bling;
use crate::connectors::fakes::server::Fake;
use reqwest::{Client, StatusCode};
use std::io::{BufRead, BufReader, Write};
use std::process::Output;
use tokio::task::spawn_blocking;

/// A browser that does not go where it is sent by itself.
fn browser() -> Client {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

fn place(vendor: &Fake<Bling>) -> Place {
    let settings = format!(
        "[backoffice]\ncatalog = \"bling\"\n[connectors.bling]\nbase_url = \"{}\"\nclient_id = \"loja\"\n\
         client_secret = \"bl1ng\"\n",
        vendor.url
    );
    Place::empty().file("balcao.toml", &settings)
}

/// Where a person is sent to, read from what the program says; and how it ends, given where they end up.
async fn asked(
    place: &Place,
    arguments: &[&str],
    person: impl AsyncFnOnce(&str) -> Option<String>,
) -> Output {
    let mut child =
        place.command(&[&["connectors", "authorize", "bling"], arguments].concat()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let (address, lines) = spawn_blocking(move || {
        let mut line = String::new();
        while !line.starts_with("http") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the program says no address");
        }
        (line.trim().to_owned(), lines)
    })
    .await
    .unwrap();
    let pasted = person(&address).await;
    let mut stdin = child.stdin.take().unwrap();
    spawn_blocking(move || {
        if let Some(pasted) = pasted {
            stdin.write_all(pasted.as_bytes()).unwrap();
        }
        drop(stdin);
        let mut told = Vec::new();
        std::io::Read::read_to_end(&mut { lines }, &mut told).unwrap();
        Output { stdout: told, ..child.wait_with_output().unwrap() }
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_person_lets_the_program_in_once_and_tokens_follow_each_other_from_then_on() {
    let vendor = Fake::start(Bling::new(4)).await;
    let place = place(&vendor);
    let unready = place.run(&["check"], "").await;
    assert!(stdout(&unready).contains("balcao connectors authorize bling"), "{unready:?}");
    let output = asked(&place, &["--port", "0"], async |address| {
        let page = browser().get(address).send().await.unwrap();
        let back = page.headers()["location"].to_str().unwrap().to_owned();
        // Somebody else's page knows the port and not the state.
        let forged = format!("{}?code=stolen&state=x", back.split('?').next().unwrap());
        let refused = browser().get(forged).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        let good = browser().get(back).send().await.unwrap();
        assert_eq!(good.status(), StatusCode::OK);
        None
    })
    .await;
    assert!(output.status.success(), "{output:?}");
    assert!(!stdout(&output).contains("refresh-1") && !stderr(&output).contains("refresh-1"), "{output:?}");
    let kept = std::fs::read_to_string(place.path("data/secrets.json")).unwrap();
    assert!(!kept.contains("refresh-1"), "sealed: {kept}");
    // Each renewal kills the token before; a check uses one up and must not lose the next.
    for generation in [2, 2, 2] {
        let checked = place.run(&["check", "--online"], "").await;
        assert!(stdout(&checked).contains("Bling answers for catalog"), "{checked:?}");
        assert_eq!(vendor.vendor.lock().unwrap().generation, generation, "a token that holds is used again");
    }
}

#[tokio::test]
async fn processes_that_renew_at_the_same_time_never_use_a_dead_token() {
    let vendor = Fake::start(Bling::new(4)).await;
    let place = place(&vendor);
    asked(&place, &["--redirect-uri", "https://loja.example/bling"], async |address| {
        let page = browser().get(address).send().await.unwrap();
        Some(format!("{}\n", page.headers()["location"].to_str().unwrap()))
    })
    .await;
    // A token that ends at once: every process has to renew, and each renewal kills the one before.
    vendor.vendor.lock().unwrap().lifetime = 1;
    let check = || place.run(&["check", "--online"], "");
    let (one, two, three) = tokio::join!(check(), check(), check());
    for checked in [one, two, three] {
        assert!(stdout(&checked).contains("Bling answers for catalog"), "{checked:?}");
    }
    let vendor = vendor.vendor.lock().unwrap();
    assert_eq!((vendor.generation, vendor.refused), (4, 0), "consent and a renewal by each");
}

#[tokio::test]
async fn where_there_is_no_browser_the_address_is_pasted() {
    let vendor = Fake::start(Bling::new(4)).await;
    let place = place(&vendor);
    let output = asked(&place, &["--redirect-uri", "https://loja.example/bling"], async |address| {
        let page = browser().get(address).send().await.unwrap();
        let back = page.headers()["location"].to_str().unwrap().to_owned();
        assert!(back.starts_with("https://loja.example/bling?code="), "{back}");
        Some(format!("what?\n{back}\n"))
    })
    .await;
    assert!(output.status.success(), "{output:?}");
    assert!(stdout(&output).contains("there is no code in it"), "{output:?}");
    // A code that the vendor does not take is told, and nothing is kept in its place.
    let output = asked(&place, &["--paste"], async |address| {
        let state = reqwest::Url::parse(address).unwrap();
        let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        Some(format!("http://127.0.0.1:8766/callback?code=old&state={state}\n"))
    })
    .await;
    assert!(!output.status.success() && stderr(&output).contains("Bling gave no token"), "{output:?}");
    // Nothing was pasted at all.
    let output = asked(&place, &["--paste"], async |_| None).await;
    assert!(stderr(&output).contains("nothing was pasted"), "{output:?}");
    let other = place.run(&["connectors", "authorize", "redmine"], "").await;
    assert!(!other.status.success(), "{other:?}");
}
