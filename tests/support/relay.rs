//! A gateway behind the relay channel, over real HTTP: it checks every signature, keeps a ledger by delivery, answers
//! what became of one, and misbehaves as it is told. What it may never be sent is a fault that fails the test.

use super::app::ShopClock;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use balcao::channels::relay::signature::SigningKeys;
use balcao::config::channels::RelaySettings;
use balcao::config::secret::Secret;
use balcao::domain::clock::Clock;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Shared by the gateway and the program.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What the gateway does with the next message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// Takes it and names it.
    Take,
    /// Takes it and says so without a word.
    TakeWithoutName,
    /// Takes it, and the connection is cut before it can say so.
    TakeAndCut,
    /// Takes it, and the connection is cut while it says so.
    TakeAndCutLate,
    /// Takes it and never says so.
    TakeAndHang,
    /// The connection is cut before it took it.
    Cut,
    /// Has no time, for so many seconds.
    Busy(u16, u64),
    /// Answers with this status and takes nothing.
    Answer(u16),
}

/// A message that was taken.
#[derive(Clone, PartialEq, Debug)]
pub struct Taken {
    pub delivery: String,
    pub body: Value,
}

impl Taken {
    pub fn to(&self) -> &str {
        self.body["to"].as_str().unwrap()
    }

    pub fn text(&self) -> &str {
        self.body["text"].as_str().unwrap()
    }

    pub fn role(&self) -> &str {
        self.body["role"].as_str().unwrap()
    }

    /// What the gateway calls it.
    pub fn id(&self) -> String {
        format!("ext-{}", self.delivery)
    }
}

#[derive(Default)]
struct Ledger {
    script: VecDeque<Act>,
    taken: Vec<Taken>,
    /// What was posted, by delivery: the same delivery is the same message for ever.
    bodies: HashMap<String, Bytes>,
    /// The newest message of each conversation.
    newest: BTreeMap<String, String>,
    asked: usize,
    faults: Vec<String>,
}

#[derive(Clone)]
struct Shared {
    keys: SigningKeys,
    ledger: Arc<Mutex<Ledger>>,
    /// Rises with every request.
    requests: watch::Sender<usize>,
}

/// The gateway.
pub struct FakeRelay {
    pub url: String,
    shared: Shared,
    client: reqwest::Client,
    server: JoinHandle<()>,
}

impl FakeRelay {
    /// A gateway that does `script`, then takes everything.
    pub async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let ledger = Ledger { script: script.into_iter().collect(), ..Ledger::default() };
        let shared = Shared {
            keys: SigningKeys::read(&[Secret::new(SECRET)]).unwrap(),
            ledger: Arc::new(Mutex::new(ledger)),
            requests: watch::Sender::new(0),
        };
        let router = Router::new().route("/hook", post(take).get(look)).with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        Self { url, shared, client, server }
    }

    /// Settings of a program that works with this gateway and waits for no more words.
    pub fn set(&self, settings: &mut RelaySettings) {
        settings.enabled = true;
        settings.url.clone_from(&self.url);
        settings.secrets = vec![Secret::new(SECRET)];
        settings.quiet_ms = 0;
        settings.quiet_unfinished_ms = 0;
        settings.quiet_longest_ms = 0;
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.shared.ledger.lock().unwrap()
    }

    /// Reports an event to the program at `base`.
    pub async fn report(&self, base: &str, event: &Value) -> reqwest::Response {
        let body = event.to_string();
        let signed = self.shared.keys.sign("evt", body.as_bytes(), ShopClock.now());
        let url = format!("{base}/webhooks/relay");
        self.client.post(url).headers(signed).body(body).send().await.unwrap()
    }

    /// Reports an event that has to be taken.
    pub async fn tell(&self, base: &str, event: &Value) -> Value {
        let answer = self.report(base, event).await;
        assert_eq!(answer.status(), 200, "{event}");
        answer.json().await.unwrap()
    }

    /// Waits until it has taken `count` messages, and gives them in order.
    pub async fn taken(&self, count: usize) -> Vec<Taken> {
        self.until(|ledger| ledger.taken.len() >= count).await;
        let taken = self.ledger().taken.clone();
        assert_eq!(taken.len(), count, "{taken:#?}");
        taken
    }

    /// The texts of the first `count` messages, in order.
    pub async fn texts(&self, count: usize) -> Vec<String> {
        self.taken(count).await.iter().map(|taken| taken.text().to_owned()).collect()
    }

    /// Waits until it has been sent the first `count` deliveries, whatever it did with them.
    pub async fn tried(&self, count: usize) {
        self.until(|ledger| ledger.bodies.len() >= count).await;
    }

    /// How often it was asked what became of a delivery.
    pub fn asked(&self) -> usize {
        self.ledger().asked
    }

    async fn until(&self, reached: impl Fn(&Ledger) -> bool) {
        let mut requests = self.shared.requests.subscribe();
        let waiting = requests.wait_for(|_| reached(&self.ledger()));
        tokio::time::timeout(Duration::from_secs(20), waiting)
            .await
            .unwrap_or_else(|_| panic!("nothing comes any more: {:#?}", self.ledger().taken))
            .unwrap();
    }
}

impl Drop for FakeRelay {
    fn drop(&mut self) {
        self.server.abort();
        if !std::thread::panicking() {
            let faults = std::mem::take(&mut self.ledger().faults);
            assert!(faults.is_empty(), "the relay was wronged: {faults:#?}");
        }
    }
}

async fn take(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let act = {
        let mut ledger = shared.ledger.lock().unwrap();
        let delivery = match check(&mut ledger, &shared.keys, &headers, &body) {
            Ok(delivery) => delivery,
            Err(fault) => {
                ledger.faults.push(fault);
                return StatusCode::BAD_REQUEST.into_response();
            }
        };
        let body: Value = serde_json::from_slice(&body).unwrap();
        let taken = Taken { delivery, body };
        if ledger.taken.contains(&taken) {
            drop(ledger);
            shared.requests.send_modify(|count| *count += 1);
            return (StatusCode::CONFLICT, axum::Json(json!({"id": taken.id()}))).into_response();
        }
        let act = ledger.script.pop_front().unwrap_or(Act::Take);
        let id = taken.id();
        match act {
            Act::Take | Act::TakeWithoutName | Act::TakeAndCut | Act::TakeAndCutLate | Act::TakeAndHang => {
                ledger.taken.push(taken)
            }
            Act::Cut | Act::Busy(..) | Act::Answer(_) => {}
        }
        (act, id)
    };
    shared.requests.send_modify(|count| *count += 1);
    match act {
        (Act::Take, id) => axum::Json(json!({"id": id})).into_response(),
        (Act::TakeWithoutName, _) => StatusCode::NO_CONTENT.into_response(),
        // The task of the connection ends, and the connection with it.
        (Act::TakeAndCut | Act::Cut, _) => std::panic::resume_unwind(Box::new("cut")),
        (Act::TakeAndCutLate, _) => {
            let pieces = [Ok::<_, std::io::Error>("{\"id\":"), Err(std::io::Error::other("cut"))];
            Body::from_stream(futures_util::stream::iter(pieces)).into_response()
        }
        (Act::TakeAndHang, _) => std::future::pending().await,
        (Act::Busy(status, seconds), _) => {
            (StatusCode::from_u16(status).unwrap(), [("retry-after", seconds.to_string())]).into_response()
        }
        (Act::Answer(status), _) => StatusCode::from_u16(status).unwrap().into_response(),
    }
}

/// The delivery that a message is, if it is one that may be sent.
fn check(
    ledger: &mut Ledger,
    keys: &SigningKeys,
    headers: &HeaderMap,
    raw: &Bytes,
) -> Result<String, String> {
    let id = keys.verify(headers, raw, ShopClock.now()).map_err(|error| error.to_string())?.to_owned();
    let body: Value = serde_json::from_slice(raw).map_err(|error| error.to_string())?;
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let fault = |what: &str| Err(format!("{what}: {body}"));
    if headers.get("content-type").is_none_or(|kind| kind != "application/json") {
        return fault("not JSON by its header");
    }
    if (text("type").as_str(), text("delivery_id")) != ("message", id.clone()) {
        return fault("the id of the delivery is not that of the webhook");
    }
    if !["assistant", "human", "system"].contains(&text("role").as_str()) || text("text").is_empty() {
        return fault("no words, or nobody's");
    }
    let known = ["type", "delivery_id", "conversation_id", "message_id", "to", "role", "text", "buttons"];
    if let Some(name) =
        body.as_object().into_iter().flat_map(|body| body.keys()).find(|name| !known.contains(&name.as_str()))
    {
        return fault(&format!("nobody spoke of `{name}`"));
    }
    match ledger.bodies.get(&id) {
        Some(before) if before == raw => {}
        Some(before) => return fault(&format!("the same delivery was {before:?}")),
        None => {
            // Ids of messages rise with time.
            let (conversation, message) = (text("conversation_id"), text("message_id"));
            let before = ledger.newest.insert(conversation, message.clone());
            if before.is_some_and(|before| before >= message) {
                return fault("out of order");
            }
            ledger.bodies.insert(id.clone(), raw.clone());
        }
    }
    Ok(id)
}

async fn look(
    State(shared): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut ledger = shared.ledger.lock().unwrap();
    let asked = query.get("delivery").cloned().unwrap_or_default();
    match shared.keys.verify(&headers, b"", ShopClock.now()) {
        Ok(id) if id == asked => ledger.asked += 1,
        Ok(id) => ledger.faults.push(format!("{id} asks for {asked}")),
        Err(error) => ledger.faults.push(error.to_string()),
    }
    match ledger.taken.iter().find(|taken| taken.delivery == asked) {
        Some(taken) => axum::Json(json!({"id": taken.id()})).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Headers for a body, signed at `at` with one of `secrets`.
pub fn signed(secret: &str, body: &str, at: Timestamp) -> HeaderMap {
    SigningKeys::read(&[Secret::new(secret)]).unwrap().sign("evt", body.as_bytes(), at)
}
