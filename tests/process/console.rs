//! The page for operators over HTTP: a link that signs in, systems that are tried, chosen and used after a restart, and what
//! is refused.

use super::support::{Place, Process, stderr, stdout};
use crate::connectors::fakes::bling::Bling;
use crate::connectors::fakes::hubspot::HubSpot;
use crate::connectors::fakes::server::Fake;
use crate::support::talk::{Door, Talk};
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::{Value, json};
use std::time::Duration;

const BROKEN: &str = "[turn]\nmax_steps = \"many\"\n";
const SETTINGS: &str = "# Ours.\n[backoffice]\ncrm = \"embedded\" # for now\n";

/// An operator with a key.
struct Operator {
    client: Client,
    base: String,
    key: String,
}

impl Operator {
    /// Whoever opens the link that this command prints.
    async fn by_link(place: &Place, arguments: &[&str]) -> Self {
        let output = place.run(&[&["console"], arguments].concat(), "").await;
        assert!(output.status.success(), "{}", stderr(&output));
        let link: Url = stdout(&output).lines().next().unwrap().parse().unwrap();
        let pairs = Url::parse(&format!("http://x/?{}", link.fragment().unwrap())).unwrap();
        let key = pairs.query_pairs().find(|(name, _)| name == "key").unwrap().1.into_owned();
        let base = link.as_str().split("/console").next().unwrap().to_owned();
        Self { client: Client::builder().no_proxy().build().unwrap(), base, key }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self.client.request(method, format!("{}/api/v1/setup{path}", self.base));
        let request = request.bearer_auth(&self.key);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(!text.contains("pat-1") && !text.contains("bl1ng"), "a secret comes back: {text}");
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn put(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::PUT, path, body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    async fn refused(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::PUT, path, body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {answer}");
        answer
    }

    /// Has the program start again, and waits until it has.
    async fn starts_again(&self) -> Value {
        let (status, answer) = self.ask(Method::POST, "/restart", Value::Null).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        for _ in 0..600 {
            let request = self.client.get(format!("{}/api/v1/setup", self.base)).bearer_auth(&self.key);
            if let Ok(answer) = request.send().await
                && let Ok(view) = answer.json::<Value>().await
                && view["waits_for_restart"] == false
            {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not come back");
    }
}

fn keeper<'v>(view: &'v Value, capability: &str) -> &'v Value {
    view["keepers"].as_array().unwrap().iter().find(|one| one["capability"] == capability).unwrap()
}

fn connector<'v>(view: &'v Value, name: &str) -> &'v Value {
    view["connectors"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()
}

fn settings(place: &Place) -> String {
    std::fs::read_to_string(place.path("balcao.toml")).unwrap()
}

async fn open(settings: &str) -> (Place, Process, Operator) {
    let place = Place::new().await.file("balcao.toml", settings);
    let server = place.serve().await;
    let operator = Operator::by_link(&place, &["Ana"]).await;
    (place, server, operator)
}

#[tokio::test]
async fn a_system_is_tried_chosen_and_used_after_a_restart() {
    let vendor = Fake::start(HubSpot::new("pat-1")).await;
    let (place, server, ana) = open(SETTINGS).await;
    let (_, view) = ana.ask(Method::GET, "", Value::Null).await;
    assert_eq!((&view["is_admin"], &view["waits_for_restart"]), (&json!(true), &json!(false)));
    let crm = keeper(&view, "crm");
    assert_eq!((&crm["keeper"], &crm["without"]), (&json!("embedded"), &json!("embedded")));
    assert!(crm["choices"].as_array().unwrap().contains(&json!("hubspot")));

    let with = |token: &str| json!({"capability": "crm", "settings": {"access_token": token}, "base_url": vendor.url});
    let attempt = async |body: Value| ana.ask(Method::POST, "/connectors/hubspot/try", body).await.1;
    let missing = attempt(json!({"capability": "crm"})).await;
    assert_eq!(
        (&missing["outcome"], &missing["problems"][0]["setting"]),
        (&json!("problems"), &json!("access_token"))
    );
    let wrong = attempt(with("another")).await;
    assert!(wrong["problems"][0]["message"].as_str().unwrap().contains("credentials"), "{wrong}");
    assert_eq!(attempt(with("pat-1")).await["outcome"], "answers");
    assert_eq!(settings(&place), SETTINGS, "nothing is kept of a trial");
    assert!(vendor.vendor.lock().unwrap().contacts.is_empty());

    ana.put(
        "/connectors/hubspot",
        json!({"settings": {"access_token": "pat-1", "pipeline": "vendas"}, "base_url": vendor.url}),
    )
    .await;
    let view = ana.put("/keepers/crm", json!({"keeper": "hubspot"})).await;
    assert_eq!(view["waits_for_restart"], true);
    let crm = keeper(&view, "crm");
    assert_eq!((&crm["keeper"], &crm["in_force"]), (&json!("hubspot"), &json!("embedded")));
    let written = settings(&place);
    assert!(written.starts_with("# Ours.\n[backoffice]\ncrm = \"hubspot\" # for now\n"), "{written}");
    assert!(written.contains("pipeline = \"vendas\"") && !written.contains("pat-1"), "{written}");
    let kept = std::fs::read_to_string(place.path("data/secrets.json")).unwrap();
    assert!(kept.contains("connectors__hubspot__access_token") && !kept.contains("pat-1"), "{kept}");

    let view = ana.starts_again().await;
    assert_eq!(keeper(&view, "crm")["in_force"], "hubspot");
    let hubspot = connector(&view, "hubspot");
    let shown = |name: &str| {
        let settings = hubspot["settings"].as_array().unwrap();
        let found = settings.iter().find(|one| one["name"] == name).unwrap();
        (found["given"].clone(), found["value"].clone())
    };
    assert_eq!(shown("access_token"), (json!("sealed"), Value::Null));
    assert_eq!(shown("pipeline"), (json!("file"), json!("vendas")));
    assert_eq!(shown("stage_won"), (Value::Null, Value::Null));
    Talk::open(&Door::new(&ana.base, &ana.key)).await.say("oi").await;
    let checked = place.run(&["check", "--online"], "").await;
    assert!(stdout(&checked).contains("HubSpot answers for crm"), "{}", stdout(&checked));

    // What is kept for one address does not go to another one, whoever wants it to.
    let thief = Fake::start(HubSpot::new("pat-1")).await;
    let elsewhere = json!({"capability": "crm", "base_url": thief.url});
    let (status, answer) = ana.ask(Method::POST, "/connectors/hubspot/try", elsewhere).await;
    assert_eq!(
        (status, &answer["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("access_token")),
        "{answer}"
    );
    ana.refused("/connectors/hubspot", json!({"base_url": thief.url})).await;
    ana.refused("/connectors/hubspot", json!({"base_url": "https://ana:senha@crm.example"})).await;
    assert!(thief.asked_of("GET", "").is_empty() && thief.asked_of("POST", "").is_empty());

    // And back again, without the secret.
    ana.put("/keepers/crm", json!({"keeper": "embedded"})).await;
    ana.put("/connectors/hubspot", json!({"settings": {"access_token": null}, "base_url": null})).await;
    let view = ana.starts_again().await;
    assert_eq!(keeper(&view, "crm")["in_force"], "embedded");
    let kept = std::fs::read_to_string(place.path("data/secrets.json")).unwrap();
    assert!(!kept.contains("hubspot"), "{kept}");
    assert!(settings(&place).contains("crm = \"embedded\" # for now"));
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn what_would_not_hold_is_not_kept() {
    let mut place = Place::new().await.file("balcao.toml", SETTINGS);
    place.set("BALCAO__BACKOFFICE__AGENDA", "embedded");
    let server = place.serve().await;
    let ana = Operator::by_link(&place, &[]).await;
    let nameless = ana.refused("/keepers/crm", json!({"keeper": "hubspot"})).await;
    assert_eq!(nameless["field"], "access_token", "{nameless}");
    let unable = ana.refused("/keepers/crm", json!({"keeper": "google_calendar"})).await;
    assert!(unable["detail"].as_str().unwrap().contains("no crm"), "{unable}");
    let unknown = ana.refused("/connectors/hubspot", json!({"settings": {"token": "x"}})).await;
    assert_eq!(unknown["field"], "token");
    let fixed = ana.refused("/keepers/agenda", json!({"keeper": "google_calendar"})).await;
    assert!(fixed["detail"].as_str().unwrap().contains("BALCAO__BACKOFFICE__AGENDA"), "{fixed}");
    for (path, body) in [
        ("/connectors/nobody", json!({})),
        ("/keepers/nothing", json!({"keeper": "hubspot"})),
        ("/keepers/crm", json!({"keeper": "nobody"})),
    ] {
        let (status, answer) = ana.ask(Method::PUT, path, body).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {answer}");
    }
    assert_eq!(settings(&place), SETTINGS);

    // Who may not is told so, and a link ends with the next one.
    let rui = Operator::by_link(&place, &["Rui", "--read-settings"]).await;
    assert_eq!(rui.ask(Method::GET, "", Value::Null).await.1["is_admin"], false);
    for path in ["/keepers/crm", "/connectors/hubspot"] {
        let body = if path.contains("keepers") { json!({"keeper": "embedded"}) } else { json!({}) };
        assert_eq!(rui.ask(Method::PUT, path, body).await.0, StatusCode::FORBIDDEN);
    }
    assert_eq!(rui.ask(Method::POST, "/restart", Value::Null).await.0, StatusCode::FORBIDDEN);
    Operator::by_link(&place, &["Rui", "--read-settings"]).await;
    assert_eq!(rui.ask(Method::GET, "", Value::Null).await.0, StatusCode::UNAUTHORIZED);

    // A file that was broken by hand meanwhile: it is told where, and the shop stays open.
    std::fs::write(place.path("balcao.toml"), BROKEN).unwrap();
    let (status, broken) = ana.ask(Method::POST, "/restart", Value::Null).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(broken["detail"].as_str().unwrap().contains("balcao.toml:2:"), "{broken}");
    ana.refused("/keepers/crm", json!({"keeper": "embedded"})).await;
    assert_eq!(settings(&place), BROKEN);
    let mut talk = server.talk().await;
    talk.say("oi").await;
    assert!(server.terminate().await.0.success());
    std::fs::write(place.path("balcao.toml"), SETTINGS).unwrap();
    let nobody = place.run(&["console"], "").await;
    assert!(stderr(&nobody).contains("no server runs"), "{}", stderr(&nobody));
}

#[tokio::test]
async fn a_person_signs_in_at_a_vendor_from_the_page() {
    let vendor = Fake::start(Bling::new(4)).await;
    let (place, server, ana) = open("").await;
    ana.put(
        "/connectors/bling",
        json!({"settings": {"client_id": "loja", "client_secret": "bl1ng"}, "base_url": vendor.url}),
    )
    .await;
    let unready = ana.refused("/keepers/catalog", json!({"keeper": "bling"})).await;
    assert_eq!(unready["field"], "refresh_token", "{unready}");
    let redirect = format!("{}/console/callback", ana.base);
    let ask = async || {
        let (status, answer) =
            ana.ask(Method::POST, "/connectors/bling/consent", json!({"redirect": redirect})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let browser =
            Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let page = browser.get(answer["address"].as_str().unwrap()).send().await.unwrap();
        page.headers()["location"].to_str().unwrap().to_owned()
    };
    let back = ask().await;
    assert!(back.starts_with(&redirect), "{back}");
    let bring = async |brought: &str| ana.ask(Method::POST, "/consent", json!({"brought": brought})).await;
    let (status, _) = bring("?code=stolen&state=x").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, answer) = bring(&back).await;
    assert_eq!((status, &answer["connector"]), (StatusCode::OK, &json!("bling")), "{answer}");
    assert_eq!(bring(&back).await.0, StatusCode::UNPROCESSABLE_ENTITY, "once");
    ana.put("/keepers/catalog", json!({"keeper": "bling"})).await;
    let written = settings(&place) + &std::fs::read_to_string(place.path("data/secrets.json")).unwrap();
    assert!(!written.contains("bl1ng") && !written.contains("refresh-1"), "{written}");
    ana.starts_again().await;
    let checked = place.run(&["check", "--online"], "").await;
    assert!(stdout(&checked).contains("Bling answers for catalog"), "{}", stdout(&checked));
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn the_page_is_there_and_may_do_nothing_but_talk_to_its_server() {
    let (_place, server, ana) = open("").await;
    for path in ["/console", "/console/callback?code=1&state=2"] {
        let page = ana.client.get(format!("{}{path}", ana.base)).send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("trusted-types 'none'"), "{policy}");
        let text = page.text().await.unwrap();
        let parts: Vec<&str> = text.split('"').filter(|part| part.starts_with("/console/")).collect();
        assert!(parts.len() >= 2, "{text}");
        for part in parts {
            let file = ana.client.get(format!("{}{part}", ana.base)).send().await.unwrap();
            assert_eq!(file.status(), StatusCode::OK, "{part}");
        }
    }
    let missing = ana.client.get(format!("{}/console/other.js", ana.base)).send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert!(server.terminate().await.0.success());
}
