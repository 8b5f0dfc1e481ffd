//! Meta behind WhatsApp: it takes messages as the Graph API does and reports what became of them by signed webhooks, which
//! it posts until they are acknowledged. It is at times slow, too busy, or gone behind having taken a message; it never
//! says what it did not take.

use crate::evidence::{Delivered, Evidence, now};
use crate::plan::Plan;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How long the program waits for Meta, in milliseconds.
const PATIENCE_MS: u64 = 1_500;
/// How long the program waits for news of a message of unknown fate, in seconds: longer than any harm lasts.
const UNKNOWN_FATE_S: u64 = 20;
/// The part it plays, for its dice.
const PART: u64 = 6;
/// The business's number, by Meta's id and as it is dialled, and what Meta signs with.
pub const NUMBER: &str = "900100200300";
const DISPLAY: &str = "551140028922";
const SECRET: &str = "segredo-do-caos";
/// What numbers of customers begin with; eight digits follow.
const PHONE: &str = "55119";
/// How often Meta posts something that is about nobody: so it is seen that its webhooks come through.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// The number of a customer, in digits.
pub fn phone(customer: usize) -> String {
    format!("{PHONE}{:08}", 10_000_000 + customer)
}

fn customer_of(to: &str) -> Option<usize> {
    to.strip_prefix('+')?.strip_prefix(PHONE)?.parse::<usize>().ok()?.checked_sub(10_000_000)
}

/// A body around one change, as Meta posts it.
pub fn body(value: &Value) -> String {
    let mut value = value.clone();
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({"phone_number_id": NUMBER, "display_phone_number": DISPLAY});
    json!({"object": "whatsapp_business_account",
        "entry": [{"id": "700100200300", "changes": [{"field": "messages", "value": value}]}]})
    .to_string()
}

/// Puts a body and its signature into a request.
pub fn sign(request: RequestBuilder, body: String) -> RequestBuilder {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let request = request.header("content-type", "application/json");
    request.header("x-hub-signature-256", format!("sha256={digest}")).body(body)
}

/// The running Meta.
pub struct Meta {
    url: String,
    doors: Arc<OnceLock<Vec<String>>>,
    serving: JoinHandle<()>,
    beating: JoinHandle<()>,
}

#[derive(Clone)]
struct Graph {
    plan: Arc<Plan>,
    evidence: Arc<Mutex<Evidence>>,
    seen: Arc<Mutex<HashSet<String>>>,
    doors: Arc<OnceLock<Vec<String>>>,
    client: reqwest::Client,
}

impl Meta {
    /// A Meta that has taken nothing yet.
    pub async fn start(plan: Arc<Plan>, evidence: Arc<Mutex<Evidence>>) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(8)).build().unwrap();
        let doors = Arc::<OnceLock<Vec<String>>>::default();
        let graph = Graph { plan, evidence, seen: Arc::default(), doors: Arc::clone(&doors), client };
        let router =
            Router::new().route("/{version}/{number}/messages", post(take)).with_state(graph.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let beating = tokio::spawn(async move { graph.beat().await });
        Self { url, doors, serving, beating }
    }

    /// Where it posts to.
    pub fn posts_to(&self, doors: Vec<String>) {
        self.doors.set(doors).unwrap();
    }

    /// Settings of the program.
    pub fn variables(&self) -> Vec<(String, String)> {
        [
            ("ENABLED", "true"),
            ("VERIFY_TOKEN", "verificar"),
            ("APP_SECRETS", SECRET),
            ("ACCESS_TOKEN", "token"),
            ("GRAPH_BASE_URL", &self.url),
            ("PHONE_NUMBER_ID", NUMBER),
            ("DISPLAY_PHONE", DISPLAY),
            ("INTRODUCTION", " "),
            ("TIMEOUT_MS", &PATIENCE_MS.to_string()),
            ("UNKNOWN_FATE_WAIT_S", &UNKNOWN_FATE_S.to_string()),
            ("QUIET_MS", "80"),
            ("QUIET_UNFINISHED_MS", "300"),
            ("QUIET_LONGEST_MS", "600"),
            ("RATES__PAIR_PER_MINUTE", "6000"),
            ("RATES__PAIR_BURST", "1000"),
            ("RATES__NUMBER_PER_SECOND", "1000"),
            ("UNASKED_HOURS__FROM", "0"),
            ("UNASKED_HOURS__UNTIL", "24"),
            ("MEDIA__DOWNLOAD", "false"),
        ]
        .map(|(name, value)| (format!("BALCAO__CHANNELS__WHATSAPP__{name}"), value.to_owned()))
        .to_vec()
    }
}

impl Drop for Meta {
    fn drop(&mut self) {
        self.serving.abort();
        self.beating.abort();
    }
}

/// What it does with a message that it sees for the first time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    Take,
    /// Takes it, and says so after so many milliseconds: too late at times.
    TakeSlowly(u64),
    TakeAndCut,
    Cut,
    Busy,
}

impl Act {
    fn of(dice: &mut StdRng) -> Self {
        match dice.random_range(0..100) {
            0..6 => Self::TakeSlowly(dice.random_range(300..PATIENCE_MS * 5 / 4)),
            6..10 => Self::TakeAndCut,
            10..12 => Self::Cut,
            12..15 => Self::Busy,
            _ => Self::Take,
        }
    }
}

async fn take(State(graph): State<Graph>, raw: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&raw).unwrap_or_default();
    if asked["status"] == "read" {
        return axum::Json(json!({"success": true})).into_response();
    }
    let text = asked["text"]["body"].as_str().or(asked["interactive"]["body"]["text"].as_str());
    let mark = asked["biz_opaque_callback_data"].as_str();
    let customer = asked["to"].as_str().and_then(customer_of);
    let (Some(customer), Some(text), Some(mark)) = (customer, text, mark) else {
        graph.odd(format!("a message makes no sense: {asked}"));
        return StatusCode::BAD_REQUEST.into_response();
    };
    let delivery = mark.split('.').next().unwrap_or_default().to_owned();
    let mut dice = graph.dice(&delivery);
    let act = match graph.seen.lock().unwrap().insert(delivery.clone()) {
        true => Act::of(&mut dice),
        false => Act::Take,
    };
    match act {
        Act::Cut => return cut(),
        Act::Busy => {
            let error = json!({"error": {"message": "too many", "code": 130_429}});
            return (StatusCode::TOO_MANY_REQUESTS, axum::Json(error)).into_response();
        }
        Act::Take | Act::TakeSlowly(_) | Act::TakeAndCut => {}
    }
    let wamid = format!("wamid.{mark}");
    {
        let mut evidence = graph.evidence.lock().unwrap();
        match evidence.delivered.iter_mut().find(|known| known.delivery == delivery) {
            // The customer has it twice.
            Some(known) => known.posts += 1,
            None => {
                let (message, role, text) = (String::new(), String::new(), text.to_owned());
                evidence.delivered.push(Delivered {
                    customer,
                    delivery,
                    message,
                    role,
                    text,
                    at: now(),
                    posts: 1,
                });
            }
        }
    }
    let (reporting, named, to) = (graph.clone(), (wamid.clone(), mark.to_owned()), phone(customer));
    let mut others = crate::customers::fork(&mut dice);
    tokio::spawn(async move { reporting.report(&named.0, &named.1, &to, &mut others).await });
    match act {
        Act::TakeSlowly(wait) => tokio::time::sleep(Duration::from_millis(wait)).await,
        Act::TakeAndCut => return cut(),
        Act::Take | Act::Cut | Act::Busy => {}
    }
    axum::Json(json!({"messaging_product": "whatsapp", "messages": [{"id": wamid}]})).into_response()
}

/// The connection ends behind the head of an answer.
fn cut() -> Response {
    let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
    Body::from_stream(broken).into_response()
}

impl Graph {
    fn odd(&self, what: String) {
        self.evidence.lock().unwrap().oddities.push(what);
    }

    fn dice(&self, delivery: &str) -> StdRng {
        let mut hasher = DefaultHasher::new();
        delivery.hash(&mut hasher);
        self.plan.dice(PART, usize::try_from(hasher.finish() >> 16).unwrap())
    }

    /// Says how far a message has come, in any order, some of it twice.
    async fn report(&self, wamid: &str, mark: &str, to: &str, dice: &mut StdRng) {
        let mut states = vec!["sent", "delivered", "read"];
        if dice.random_ratio(1, 4) {
            states.shuffle(dice);
        }
        if dice.random_ratio(1, 10) {
            states.push("sent");
        }
        for state in states {
            tokio::time::sleep(Duration::from_millis(dice.random_range(0..200))).await;
            let status = json!({"id": wamid, "status": state, "timestamp": (now() / 1_000).to_string(),
                "recipient_id": to, "biz_opaque_callback_data": mark});
            self.post(&json!({"statuses": [status]}), dice).await;
        }
    }

    /// Posts until it is acknowledged.
    async fn post(&self, value: &Value, dice: &mut StdRng) {
        loop {
            let Some(door) = self.doors.get().and_then(|doors| doors.choose(dice)) else { return };
            let request = self.client.post(format!("{door}/webhooks/whatsapp"));
            if let Ok(answer) = sign(request, body(value)).send().await {
                match answer.status().as_u16() {
                    200 => return,
                    503 => {}
                    other => return self.odd(format!("a webhook of Meta's was answered {other}")),
                }
            }
            tokio::time::sleep(Duration::from_millis(dice.random_range(20..200))).await;
        }
    }

    async fn beat(&self) {
        let mut dice = self.plan.dice(PART, 0);
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            self.post(&json!({"errors": []}), &mut dice).await;
        }
    }
}
