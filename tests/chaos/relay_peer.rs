//! The gateway behind the relay channel: it takes each delivery once, knows what it took, and is at times slow, busy,
//! or gone behind having taken a message. It reports back what became of it.

use crate::evidence::{Delivered, Evidence, now};
use crate::plan::Plan;
use crate::relay_signature::{SECRET, sign, verified};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How long the program waits for the gateway, in milliseconds.
const PATIENCE_MS: u64 = 1_500;
/// The part it plays, for its dice.
const PART: u64 = 4;
/// What addresses of customers begin with; their number follows.
const ADDRESS: &str = "cliente-";

/// The address of a customer.
pub fn address(customer: usize) -> String {
    format!("{ADDRESS}{customer}")
}

/// The running gateway.
pub struct Peer {
    url: String,
    doors: Arc<OnceLock<Vec<String>>>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Gateway {
    plan: Arc<Plan>,
    evidence: Arc<Mutex<Evidence>>,
    seen: Arc<Mutex<HashSet<String>>>,
    doors: Arc<OnceLock<Vec<String>>>,
    client: reqwest::Client,
}

impl Peer {
    /// A gateway that has taken nothing yet.
    pub async fn start(plan: Arc<Plan>, evidence: Arc<Mutex<Evidence>>) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(8)).build().unwrap();
        let doors = Arc::<OnceLock<Vec<String>>>::default();
        let gateway = Gateway { plan, evidence, seen: Arc::default(), doors: Arc::clone(&doors), client };
        let router = Router::new().route("/hook", post(take).get(look)).with_state(gateway);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, doors, serving }
    }

    /// Where it reports to.
    pub fn reports_to(&self, doors: Vec<String>) {
        self.doors.set(doors).unwrap();
    }

    /// Settings of the program.
    pub fn variables(&self) -> Vec<(String, String)> {
        [
            ("ENABLED", "true"),
            ("URL", &self.url),
            ("SECRETS", SECRET),
            ("TIMEOUT_MS", &PATIENCE_MS.to_string()),
            ("QUIET_MS", "80"),
            ("QUIET_UNFINISHED_MS", "300"),
            ("QUIET_LONGEST_MS", "600"),
        ]
        .map(|(name, value)| (format!("BALCAO__CHANNELS__RELAY__{name}"), value.to_owned()))
        .to_vec()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What it does with a delivery that it sees for the first time.
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
            10..13 => Self::Cut,
            13..16 => Self::Busy,
            _ => Self::Take,
        }
    }
}

async fn take(State(gateway): State<Gateway>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(delivery) = verified(|name| header(&headers, name), &body).map(str::to_owned) else {
        gateway.odd(format!("a delivery was not signed: {headers:?}"));
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let customer = text("to").strip_prefix(ADDRESS).and_then(|number| number.parse().ok());
    let (Some(customer), true) = (customer, text("delivery_id") == delivery) else {
        gateway.odd(format!("a delivery makes no sense: {message}"));
        return StatusCode::BAD_REQUEST.into_response();
    };
    let external = format!("ext-{delivery}");
    let mut dice = gateway.dice(&delivery);
    let act = match gateway.seen.lock().unwrap().insert(delivery.clone()) {
        true => Act::of(&mut dice),
        false => Act::Take,
    };
    match act {
        Act::Cut => return cut(),
        Act::Busy => return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "1")]).into_response(),
        Act::Take | Act::TakeSlowly(_) | Act::TakeAndCut => {}
    }
    {
        let mut evidence = gateway.evidence.lock().unwrap();
        if let Some(known) = evidence.delivered.iter_mut().find(|known| known.delivery == delivery) {
            known.posts += 1;
            return (StatusCode::CONFLICT, axum::Json(json!({"id": external}))).into_response();
        }
        let (message, role, text) = (text("message_id"), text("role"), text("text"));
        evidence.delivered.push(Delivered { customer, delivery, message, role, text, at: now(), posts: 1 });
    }
    if dice.random_ratio(1, 2) {
        let (gateway, external) = (gateway.clone(), external.clone());
        tokio::spawn(async move { gateway.report(&external, &mut dice).await });
    }
    match act {
        Act::TakeSlowly(wait) => tokio::time::sleep(Duration::from_millis(wait)).await,
        Act::TakeAndCut => return cut(),
        Act::Take | Act::Cut | Act::Busy => {}
    }
    axum::Json(json!({"id": external})).into_response()
}

async fn look(
    State(gateway): State<Gateway>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let delivery = query.get("delivery").map(String::as_str).unwrap_or_default();
    if verified(|name| header(&headers, name), b"") != Some(delivery) {
        gateway.odd(format!("a question for {delivery} was not signed"));
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let evidence = gateway.evidence.lock().unwrap();
    match evidence.delivered.iter().any(|known| known.delivery == delivery) {
        true => axum::Json(json!({"id": format!("ext-{delivery}")})).into_response(),
        false => StatusCode::NOT_FOUND.into_response(),
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The connection ends behind the head of an answer.
fn cut() -> Response {
    let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
    Body::from_stream(broken).into_response()
}

impl Gateway {
    fn odd(&self, what: String) {
        self.evidence.lock().unwrap().oddities.push(what);
    }

    fn dice(&self, delivery: &str) -> StdRng {
        let mut hasher = DefaultHasher::new();
        delivery.hash(&mut hasher);
        self.plan.dice(PART, usize::try_from(hasher.finish() >> 16).unwrap())
    }

    /// Says how far a message has come, once; nothing rests on it.
    async fn report(&self, external: &str, dice: &mut StdRng) {
        for status in ["sent", "delivered", "read"] {
            tokio::time::sleep(Duration::from_millis(dice.random_range(0..400))).await;
            let Some(door) = self.doors.get().and_then(|doors| doors.choose(dice)) else { return };
            let body = json!({"type": "status", "id": external, "status": status}).to_string();
            let request = self.client.post(format!("{door}/webhooks/relay"));
            if let Ok(answer) = sign(request, &format!("{external}-{status}"), body).send().await
                && !matches!(answer.status().as_u16(), 200 | 503)
            {
                self.odd(format!("a status was answered {}", answer.status()));
            }
        }
    }
}
