//! The engine itself: what counts as done, what is repeated, how long is waited, how tokens are renewed, what never
//! leaves the program.

use super::fakes::server::{Answer, Asked, Fake, Fault, Vendor};
use super::support::{World, setting};
use balcao::backoffice::connector::Connector;
use balcao::backoffice::connector::Fault as Outcome;
use balcao::backoffice::connector::engine::Lookup;
use balcao::backoffice::connector::read::read;
use balcao::config::load::Places;
use balcao::domain::clock::Clock;
use balcao::limits::net::{Allowance, client_builder};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A vendor that makes notes, and counts.
#[derive(Default)]
struct Notes {
    notes: Vec<Value>,
    /// The only token that holds, and what gets the next one.
    generation: u32,
    renewals: u32,
}

impl Vendor for Notes {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.path == "/oauth/token" {
            let form = asked.form();
            if form["refresh_token"] != format!("refresh-{}", self.generation) || form["client_id"] != "desk"
            {
                return Answer::json(400, json!({"error": "invalid_grant"}));
            }
            self.generation += 1;
            self.renewals += 1;
            return Answer::json(
                200,
                json!({
                    "access_token": format!("access-{}", self.generation),
                    "refresh_token": format!("refresh-{}", self.generation), "expires_in": 7200,
                }),
            );
        }
        if self.generation > 0
            && asked.header("authorization") != Some(&format!("Bearer access-{}", self.generation))
        {
            return Answer::empty(401);
        }
        match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/v2/notes") => {
                self.notes.push(asked.json());
                Answer::json(201, json!({"id": self.notes.len()}))
            }
            ("GET", "/v2/deals") => {
                let page: usize = asked.parameter("page").map_or(1, |page| page.parse().unwrap());
                let deals: Vec<Value> = (0..7).map(|n| json!({"id": n, "title": format!("d{n}")})).collect();
                let shown: Vec<&Value> = deals.iter().skip((page - 1) * 3).take(3).collect();
                let next = if page * 3 < 7 { json!(page + 1) } else { Value::Null };
                Answer::json(200, json!({"data": shown, "next": next}))
            }
            ("GET", path) if path.starts_with("/v2/people/") => {
                Answer::json(200, json!({"id": 1, "email": asked.parts()[2]}))
            }
            _ => Answer::empty(404),
        }
    }
}

const FILE: &str = r#"
title = "Notes"
documentation = "https://notes.example/docs"
base_url = "https://api.notes.example/v2"
[settings.token]
about = "the token"
secret = true
default = "none"
[auth]
kind = "query"
name = "token"
value = "{{ setting.token }}"
[[faults]]
status = 200
when = "errors"
means = "rejected"
[operations.create_note]
method = "POST"
path = "/notes"
body = { contact = "{{ args.contact }}", text = "{{ args.text }}" }
result = "{id: id}"
[operations.opportunities]
method = "GET"
path = "/deals"
query = { page = "{{ page }}" }
pages = { next = "next" }
result = "data[].{id: id, title: title}"
[operations.contact_by_email]
method = "GET"
path = "/people/{{ args.email }}"
"#;

fn nowhere() -> Lookup<'static> {
    Lookup { operation: "find_note", arguments: Value::Null }
}

async fn note(connector: &Connector, key: &str) -> Result<Value, Outcome> {
    connector.effect("create_note", key, &json!({"contact": "1", "text": "oi"}), &nowhere()).await
}

/// What happens, the outcome, how many requests and how many notes there are then.
type Case = (Vec<Fault>, Result<(), Outcome>, usize, usize);

#[tokio::test]
async fn every_kind_of_answer_has_its_outcome_and_no_effect_is_doubled() {
    let world = World::new().await;
    let fake = Fake::start(Notes::default()).await;
    let connector = world.declared(FILE, &fake.url, &[]);
    let refuse = |status: u16| Fault::Refuse(Answer::empty(status));
    let date = "Mon, 23 Nov 2026 13:10:02 GMT";
    let cases: Vec<Case> = vec![
        (vec![], Ok(()), 1, 1),
        (vec![refuse(400)], Err(Outcome::Rejected), 1, 0),
        (vec![refuse(401)], Err(Outcome::Unauthorized), 1, 0),
        (vec![refuse(404)], Err(Outcome::Missing), 1, 0),
        (vec![refuse(409)], Err(Outcome::Conflict), 1, 0),
        (vec![refuse(302)], Err(Outcome::Rejected), 1, 0),
        (vec![Fault::Refuse(Answer::json(200, json!({"errors": ["no"]})))], Err(Outcome::Rejected), 1, 0),
        // Too many calls were not carried out: that is repeated, in seconds and by date.
        (vec![Fault::Refuse(Answer::empty(429).with("retry-after", "2"))], Ok(()), 2, 1),
        (vec![Fault::Refuse(Answer::empty(429).with("retry-after", date))], Ok(()), 2, 1),
        (vec![refuse(429)], Ok(()), 2, 1),
        // A fault of the vendor's own, a lost answer, a broken connection: it may have been done.
        (vec![refuse(500)], Err(Outcome::Unknown), 1, 0),
        (vec![refuse(503)], Err(Outcome::Unknown), 1, 0),
        (vec![Fault::Lose], Err(Outcome::Unknown), 1, 1),
        (vec![Fault::Drop], Err(Outcome::Unknown), 1, 0),
        (vec![refuse(429), Fault::Lose], Err(Outcome::Unknown), 2, 1),
    ];
    for (index, (faults, expected, requests, notes)) in cases.into_iter().enumerate() {
        fake.vendor.lock().unwrap().notes.clear();
        let before = fake.asked().len();
        for fault in faults {
            fake.fail("POST", "/notes", fault);
        }
        let key = format!("turn/{index}");
        let outcome = note(&connector, &key).await.map(drop);
        assert_eq!(outcome, expected, "case {index}");
        assert_eq!(fake.asked().len() - before, requests, "case {index}");
        assert_eq!(fake.vendor.lock().unwrap().notes.len(), notes, "case {index}");
        // The same call again is done if it certainly was not, and left alone otherwise.
        let before = fake.asked().len();
        let again = note(&connector, &key).await.map(drop);
        match expected {
            Ok(()) => assert_eq!((again, fake.asked().len()), (Ok(()), before), "case {index}"),
            Err(Outcome::Unknown) => {
                assert_eq!((again, fake.asked().len()), (Err(Outcome::Unknown), before), "case {index}");
            }
            Err(_) => assert_eq!((again, fake.asked().len()), (Ok(()), before + 1), "case {index}"),
        }
        assert!(fake.is_done_failing());
    }
}

#[tokio::test]
async fn an_endpoint_has_a_quota_of_its_own() {
    let world = World::new().await;
    let fake = Fake::start(Notes::default()).await;
    let bounded = "path = \"/people/{{ args.email }}\"\nrequests_per_minute = 2";
    let file = FILE.replacen("path = \"/people/{{ args.email }}\"", bounded, 1);
    let connector = world.declared(&file, &fake.url, &[]);
    let find = async || connector.read("contact_by_email", &json!({"email": "a@b.example"})).await.map(drop);
    for _ in 0..2 {
        find().await.unwrap();
    }
    // Half a minute is longer than anybody waits; other endpoints are open.
    assert_eq!(find().await, Err(Outcome::Limited));
    note(&connector, "turn/1").await.unwrap();
    assert_eq!(fake.asked_of("GET", "/people/").len(), 2);
    world.counter.clock.advance(Duration::from_secs(30));
    find().await.unwrap();
}

#[tokio::test]
async fn a_vendor_that_says_that_no_calls_are_left_is_left_alone() {
    let world = World::new().await;
    let fake = Fake::start(Notes::default()).await;
    let quota = "quota = { requests_per_minute = 100, remaining = \"X-Left\", reset = \"X-Reset\" }\n[settings.token]";
    let connector = world.declared(&FILE.replacen("[settings.token]", quota, 1), &fake.url, &[]);
    let read = async || connector.read("contact_by_email", &json!({"email": "a@b.example"})).await.map(drop);
    let says = |left: &str, reset: &str| {
        let answer = Answer::json(200, json!({"id": 1})).with("x-left", left).with("x-reset", reset);
        fake.fail("GET", "/people/a%40b.example", Fault::Refuse(answer));
    };
    assert_eq!(connector.quota_left(), Some(100));
    says("7", "30");
    read().await.unwrap();
    assert_eq!(connector.quota_left(), Some(7), "the vendor knows of other callers");
    // For a moment that is waited out; for longer nobody waits, and the vendor is not asked.
    says("0", "3");
    read().await.unwrap();
    let before = world.counter.clock.now();
    read().await.unwrap();
    assert_eq!(world.counter.clock.now().duration_since(before).as_secs(), 3);
    says("0", "40");
    read().await.unwrap();
    let asked = fake.asked().len();
    assert_eq!((read().await, fake.asked().len()), (Err(Outcome::Limited), asked));
    assert_eq!(connector.quota_left(), Some(0));
    world.counter.clock.advance(Duration::from_secs(40));
    read().await.unwrap();
    assert_eq!(fake.asked().len(), asked + 1);
}

#[tokio::test]
async fn what_only_reads_is_tried_again_and_page_follows_page() {
    let world = World::new().await;
    let fake = Fake::start(Notes::default()).await;
    let connector = world.declared(FILE, &fake.url, &[]);
    fake.fail("GET", "/deals", Fault::Refuse(Answer::empty(502)));
    fake.fail("GET", "/deals", Fault::Drop);
    let deals = connector.read("opportunities", &json!({"contact": "1"})).await.unwrap();
    assert_eq!(deals.as_array().unwrap().len(), 7, "{deals}");
    for _ in 0..3 {
        fake.fail("GET", "/deals", Fault::Drop);
    }
    assert_eq!(connector.read("opportunities", &json!({})).await, Err(Outcome::Away));
}

#[tokio::test]
async fn a_value_stays_a_value() {
    let world = World::new().await;
    let fake = Fake::start(Notes::default()).await;
    let connector = world.declared(FILE, &fake.url, &[("token", "s&cr=t")]);
    for email in ["a/../../oauth/token@x.example", "a?b=c@x.example", "ção #@x.example"] {
        let found = connector.read("contact_by_email", &json!({"email": email})).await.unwrap();
        assert_eq!(found["email"], email);
    }
    assert!(fake.asked().iter().all(|asked| asked.path.starts_with("/v2/people/")));
    assert_eq!(fake.asked()[0].parameter("token"), Some("s&cr=t"));
    let text = "\"}, \"admin\": true, {{ setting.token }} \u{0}\n";
    let arguments = json!({"contact": "1", "text": text});
    connector.effect("create_note", "k", &arguments, &nowhere()).await.unwrap();
    assert_eq!(fake.vendor.lock().unwrap().notes[0], json!({"contact": "1", "text": text}));
}

#[tokio::test]
async fn a_private_address_is_not_called_unless_it_is_allowed() {
    let mut world = World::new().await;
    let fake = Fake::start(Notes::default()).await;
    world.ground.allowance = Allowance::PublicOnly;
    world.ground.client = client_builder(&Allowance::PublicOnly).build().unwrap();
    let connector = world.declared(FILE, &fake.url, &[]);
    assert!(matches!(note(&connector, "k").await, Err(Outcome::Broken(_))));
    assert!(fake.asked().is_empty());
}

/// The same file with tokens that rotate.
fn rotating() -> String {
    let auth = r#"
[settings.client_id]
about = "client id"
[settings.client_secret]
about = "client secret"
secret = true
[settings.refresh_token]
about = "the first refresh token"
secret = true
[auth]
kind = "refresh_token"
token_url = "https://login.notes.example/oauth/token"
client_id = "{{ setting.client_id }}"
client_secret = "{{ setting.client_secret }}"
refresh_token = "{{ setting.refresh_token }}"
"#;
    let (before, rest) = FILE.split_once("[auth]").unwrap();
    let (_, behind) = rest.split_once("[[faults]]").unwrap();
    format!("{before}{auth}[[faults]]{behind}")
}

const CLIENT: [(&str, &str); 3] =
    [("client_id", "desk"), ("client_secret", "x"), ("refresh_token", "refresh-0")];

#[tokio::test]
async fn two_processes_renew_a_rotating_token_once_and_it_survives_a_restart() {
    let world = World::new().await;
    let fake = Fake::start(Notes::default()).await;
    let file = rotating();
    let (one, other) = (world.declared(&file, &fake.url, &CLIENT), world.declared(&file, &fake.url, &CLIENT));
    let calls = (0..8).map(|n| {
        let connector = if n % 2 == 0 { one.clone() } else { other.clone() };
        async move { connector.read("opportunities", &json!({})).await.map(drop) }
    });
    let outcomes = futures_util::future::join_all(calls).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(fake.vendor.lock().unwrap().renewals, 1);
    // What is kept is sealed.
    let kept = world.counter.stores.connectors.token("test").await.unwrap().unwrap();
    assert_eq!((kept.access.as_str(), kept.refresh.as_str()), ("1-ssecca", "1-hserfer"));
    // It ends; whoever comes first renews it, with the token that is kept.
    world.counter.clock.advance(Duration::from_secs(7200));
    one.read("opportunities", &json!({})).await.unwrap();
    other.read("opportunities", &json!({})).await.unwrap();
    let restarted = world.declared(&file, &fake.url, &CLIENT);
    restarted.read("opportunities", &json!({})).await.unwrap();
    assert_eq!(fake.vendor.lock().unwrap().renewals, 2);
    // The vendor takes it back before its time: renewed once more, and the call is made all the same.
    {
        let mut vendor = fake.vendor.lock().unwrap();
        vendor.generation = 2;
    }
    fake.fail("GET", "/deals", Fault::Refuse(Answer::empty(401)));
    one.read("opportunities", &json!({})).await.unwrap();
    assert_eq!(fake.vendor.lock().unwrap().renewals, 3);
    other.read("opportunities", &json!({})).await.unwrap();
    assert_eq!(fake.vendor.lock().unwrap().renewals, 3, "the other process takes the new one");
    // All tokens are dead: said so, and nothing was done.
    fake.vendor.lock().unwrap().generation = 9;
    assert_eq!(note(&restarted, "k").await, Err(Outcome::Unauthorized));
    // The operator authorises anew: a new first token begins anew.
    let fresh = [("client_id", "desk"), ("client_secret", "x"), ("refresh_token", "refresh-9")];
    let renewed = world.declared(&file, &fake.url, &fresh);
    note(&renewed, "k").await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_at_once_with_its_lines() {
    let broken = FILE
        .replace("text = \"{{ args.text }}\"", "text = \"{{ args.txt }}\"")
        .replace("[operations.opportunities]", "[operations.oportunities]")
        .replace("kind = \"query\"", "kind = \"quarry\"")
        .replace("means = \"rejected\"", "means = \"reject\"");
    let problems = read("test", "test.toml", &broken).unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told.iter().any(|told| told.contains("did you mean `opportunities`?")), "{told:#?}");
    assert!(told.iter().all(|told| told.starts_with("test.toml:")), "{told:#?}");
    let strange = FILE.replace("kind = \"query\"", "kind = \"session\"");
    let told = read("test", "test.toml", &strange).unwrap_err();
    assert!(told[0].to_string().contains("`value` does not belong to `session`"), "{told:?}");

    let world = World::new().await;
    let broken = FILE.replace("{{ args.text }}", "{{ args.txt }}").replace("data[].{id", "data[.{id");
    let pack = Arc::new(read("test", "test.toml", &broken).unwrap());
    let values = [("tokn", "x")];
    let told = Connector::new(
        pack.clone(),
        &setting("http://127.0.0.1:1", &values),
        &Places::default(),
        &world.ground,
    )
    .err()
    .unwrap();
    assert!(
        told[0].to_string().contains("`connectors.test.tokn`") && told[0].to_string().contains("`token`"),
        "{told:?}"
    );
    let told = Connector::new(pack, &setting("http://127.0.0.1:1", &[]), &Places::default(), &world.ground)
        .err()
        .unwrap();
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told.iter().any(|told| told.contains("args.txt")), "{told:#?}");
    let file = read("test", "test.toml", FILE).unwrap();
    let told = Connector::new(Arc::new(file), &setting("ftp://x", &[]), &Places::default(), &world.ground)
        .err()
        .unwrap();
    assert!(told[0].to_string().contains("`connectors.test.base_url`"), "{told:?}");
}

#[tokio::test]
async fn a_vendor_that_is_away_is_left_alone_for_a_while() {
    let world = World::new().await;
    let fake = Fake::start(Notes::default()).await;
    let connector = world.declared(FILE, &fake.url, &[]);
    let read = async || connector.read("contact_by_email", &json!({"email": "a@b.example"})).await;
    for _ in 0..60 {
        fake.fail("GET", "/people", Fault::Refuse(Answer::empty(503)));
    }
    let mut reads = 0;
    while connector.is_let_through() {
        assert_eq!(read().await, Err(Outcome::Away));
        reads += 1;
        assert!(reads < 20, "it is called on and on");
    }
    let asked = fake.asked().len();
    assert_eq!(read().await, Err(Outcome::Away));
    assert_eq!(fake.asked().len(), asked, "nobody calls it");
    assert!(world.ground.alerts.known_down().contains(&"connector test".to_owned()));
    // It is back: one call finds that out, and the next ones are made as ever.
    while !fake.is_done_failing() {
        world.counter.clock.advance(Duration::from_secs(600));
        let _still = read().await;
    }
    world.counter.clock.advance(Duration::from_secs(600));
    for _ in 0..3 {
        assert!(read().await.is_ok());
    }
    assert!(connector.is_let_through());
    assert!(world.ground.alerts.known_down().is_empty(), "{:?}", world.ground.alerts.known_down());
}

#[tokio::test]
async fn calls_far_from_their_history_are_an_alert_until_they_are_as_usual() {
    let world = World::new().await;
    let fake = Fake::start(Notes::default()).await;
    let connector = world.declared(FILE, &fake.url, &[]);
    let pattern = "the pattern of calls of connector test".to_owned();
    let read = async || connector.read("contact_by_email", &json!({"email": "a@b.example"})).await.unwrap();
    for _ in 0..13 {
        read().await;
        world.counter.clock.advance(Duration::from_secs(600));
    }
    for _ in 0..30 {
        read().await;
    }
    assert_eq!(world.ground.alerts.known_down(), [pattern]);
    world.counter.clock.advance(Duration::from_secs(600));
    read().await;
    assert!(world.ground.alerts.known_down().is_empty());
}
