//! Meta behind WhatsApp, over real HTTP: takes messages as the Graph API does, holds every one against its rules, keeps
//! the windows, the pairs and what became of each message, and posts signed webhooks to the program. It misbehaves as it
//! is told. What it may never be sent is a fault that fails the test; what it refuses is a refusal that the test has to
//! have expected.

mod account;
mod rules;
mod webhooks;

pub use webhooks::{Customer, Posting};

use super::app::{ShopClock, TestApp};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use balcao::config::secret::Secret;
use balcao::config::whatsapp::WhatsAppSettings;
use balcao::domain::clock::Clock;
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The business's number.
pub const NUMBER: &str = "900100200300";
/// A second one.
pub const OTHER_NUMBER: &str = "900100200301";
/// Their account.
pub const ACCOUNT: &str = "700100200300";
pub const TOKEN: &str = "EAAG-token-de-teste";
pub const APP_SECRET: &str = "segredo-de-teste";
pub const VERIFY_TOKEN: &str = "verificar";

/// What Meta does with the next message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// Takes it.
    Take,
    /// Takes it, and the answer is lost.
    TakeAndCut,
    /// Takes it, says 500, and reports it all the same.
    TakeAndFail,
    /// Takes it and never says so.
    TakeAndHang,
    /// Says nothing and takes nothing.
    Hang,
    /// The connection is cut before it took it.
    Cut,
    /// Answers 500 and takes nothing.
    Fail,
    /// Refuses it with this code.
    Refuse(i64),
    /// Takes it and reports later that it failed, with this code.
    TakeAndFailLater(i64),
}

/// A message that was taken.
#[derive(Clone, PartialEq, Debug)]
pub struct Taken {
    pub number: String,
    pub wamid: String,
    pub body: Value,
}

impl Taken {
    /// To whom: the number as dialled, or the id.
    pub fn to(&self) -> &str {
        self.body["to"].as_str().or(self.body["recipient"].as_str()).unwrap()
    }

    /// The words, of whatever kind.
    pub fn text(&self) -> &str {
        self.body["text"]["body"]
            .as_str()
            .or(self.body["interactive"]["body"]["text"].as_str())
            .unwrap_or_else(|| panic!("no words: {self:?}"))
    }

    pub fn kind(&self) -> &str {
        match self.body["type"].as_str().unwrap() {
            "interactive" => self.body["interactive"]["type"].as_str().unwrap(),
            other => other,
        }
    }

    pub fn mark(&self) -> &str {
        self.body["biz_opaque_callback_data"].as_str().unwrap()
    }

    /// Ids and titles of its choices.
    pub fn choices(&self) -> Vec<(String, String)> {
        let action = &self.body["interactive"]["action"];
        let part = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
        let buttons = action["buttons"].as_array().into_iter().flatten().map(|button| &button["reply"]);
        let sections = action["sections"].as_array().into_iter().flatten();
        let rows = sections.flat_map(|section| section["rows"].as_array().unwrap());
        buttons.chain(rows).map(|choice| (part(choice, "id"), part(choice, "title"))).collect()
    }
}

/// Which statuses Meta posts by itself for what it takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reports {
    /// None: the test posts them.
    None,
    /// Sent, delivered, read.
    InOrder,
    /// Read, sent twice, delivered: late, twice and out of order.
    Wild,
}

#[derive(Default)]
struct Ledger {
    script: VecDeque<Act>,
    taken: Vec<Taken>,
    /// Read receipts and typing signs, by the message they are about.
    receipts: Vec<Value>,
    marks: HashSet<String>,
    /// When each person last wrote to each number.
    windows: HashMap<(String, String), Timestamp>,
    /// When each person was last written to.
    pairs: HashMap<(String, String), Vec<Timestamp>>,
    /// Codes that messages were refused with.
    refusals: Vec<i64>,
    asked: usize,
    faults: Vec<String>,
    /// What is posted to the program, in order.
    outgoing: Vec<Value>,
    /// What customers sent, by id.
    files: HashMap<String, File>,
    /// What was put there to be sent: type and bytes, by id.
    placed: Vec<(String, Vec<u8>)>,
}

/// A file that a customer sent.
struct File {
    bytes: Vec<u8>,
    /// How often its address was asked for, and how many of those have run out.
    resolved: u32,
    expired: u32,
    /// How often it was handed out.
    fetched: usize,
}

#[derive(Clone)]
struct Shared {
    /// Where it listens.
    url: String,
    ledger: Arc<Mutex<Ledger>>,
    reports: Arc<Mutex<Reports>>,
    /// Rises with every request.
    requests: watch::Sender<usize>,
    /// Where the program listens.
    program: watch::Sender<Option<String>>,
    clock: Arc<dyn Clock>,
}

/// Meta.
pub struct FakeMeta {
    pub url: String,
    shared: Shared,
    client: reqwest::Client,
    server: JoinHandle<()>,
    poster: JoinHandle<()>,
}

impl FakeMeta {
    /// A Meta that does `script`, then takes everything, and reports in order. Its time is the tests' own.
    pub async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        Self::start_at(script, Arc::new(ShopClock)).await
    }

    /// The same with another clock.
    pub async fn start_at(script: impl IntoIterator<Item = Act>, clock: Arc<dyn Clock>) -> Self {
        let ledger = Ledger { script: script.into_iter().collect(), ..Ledger::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Shared {
            url: url.clone(),
            ledger: Arc::new(Mutex::new(ledger)),
            reports: Arc::new(Mutex::new(Reports::InOrder)),
            requests: watch::Sender::new(0),
            program: watch::Sender::new(None),
            clock,
        };
        let router = Router::new()
            .route("/{version}/{id}/messages", post(take))
            .route("/{version}/{id}", get(account::thing))
            .route("/{version}/{id}/media", post(account::place))
            .route("/{version}/{id}/{edge}", get(account::edge))
            .route("/files/{id}/{turn}", get(account::file))
            .with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let poster = tokio::spawn(webhooks::post_reports(shared.clone(), client.clone()));
        Self { url, shared, client, server, poster }
    }

    #[must_use]
    pub fn reporting(self, reports: Reports) -> Self {
        *self.shared.reports.lock().unwrap() = reports;
        self
    }

    /// Settings of a program that works with this Meta and waits for no more words.
    pub fn set(&self, settings: &mut WhatsAppSettings) {
        settings.enabled = true;
        settings.graph_base_url.clone_from(&self.url);
        settings.access_token = Secret::new(TOKEN);
        settings.verify_token = Secret::new(VERIFY_TOKEN);
        settings.app_secrets = vec![Secret::new("um-segredo-antigo"), Secret::new(APP_SECRET)];
        settings.phone_number_id = NUMBER.to_owned();
        settings.waba_id = ACCOUNT.to_owned();
        settings.display_phone = "551140028922".to_owned();
        settings.quiet_ms = 0;
        settings.quiet_unfinished_ms = 0;
        settings.quiet_longest_ms = 0;
        settings.introduction = String::new();
    }

    /// The program that webhooks are posted to from now on.
    pub fn knows(&self, app: &TestApp) {
        self.knows_at(&app.door.base);
    }

    /// The same, of a program at an address.
    pub fn knows_at(&self, base: &str) {
        self.shared.program.send_replace(Some(base.to_owned()));
    }

    /// A file that a customer has sent; so many of its addresses have run out when they are asked for.
    pub fn keeps(&self, id: &str, bytes: &[u8], expired: u32) {
        self.ledger()
            .files
            .insert(id.to_owned(), File { bytes: bytes.to_vec(), resolved: 0, expired, fetched: 0 });
    }

    /// How often files were handed out.
    pub fn files_fetched(&self) -> usize {
        self.ledger().files.values().map(|file| file.fetched).sum()
    }

    /// What was put there to be sent: types and bytes, in order.
    pub fn placed(&self) -> Vec<(String, Vec<u8>)> {
        self.ledger().placed.clone()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.shared.ledger.lock().unwrap()
    }

    /// A person's last word was so long ago.
    pub fn window_was_opened(&self, customer: &Customer, ago: SignedDuration) {
        let at = self.shared.clock.now() - ago;
        let mut ledger = self.ledger();
        for name in customer.names() {
            ledger.windows.insert((NUMBER.to_owned(), name), at);
        }
    }

    /// Codes that messages were refused with so far; the test has expected them.
    pub fn refusals(&self) -> Vec<i64> {
        std::mem::take(&mut self.ledger().refusals)
    }

    /// Signs that messages were read or are being answered.
    pub async fn receipts(&self, count: usize) -> Vec<Value> {
        self.until(|ledger| ledger.receipts.len() >= count).await;
        self.ledger().receipts.clone()
    }

    pub fn receipts_so_far(&self) -> usize {
        self.ledger().receipts.len()
    }

    /// Waits until it has taken `count` messages, and gives them in order.
    pub async fn taken(&self, count: usize) -> Vec<Taken> {
        self.until(|ledger| ledger.taken.len() >= count).await;
        let taken = self.ledger().taken.clone();
        assert_eq!(taken.len(), count, "{taken:#?}");
        taken
    }

    /// The words of the first `count` messages, in order.
    pub async fn texts(&self, count: usize) -> Vec<String> {
        self.taken(count).await.iter().map(|taken| taken.text().to_owned()).collect()
    }

    /// Waits until it has taken `count` messages to a customer, and gives them in order.
    pub async fn taken_for(&self, customer: &Customer, count: usize) -> Vec<Taken> {
        let names = customer.names();
        let theirs = |ledger: &Ledger| -> Vec<Taken> {
            ledger.taken.iter().filter(|taken| names.iter().any(|name| name == taken.to())).cloned().collect()
        };
        self.until(|ledger| theirs(ledger).len() >= count).await;
        let taken = theirs(&self.ledger());
        assert_eq!(taken.len(), count, "{taken:#?}");
        taken
    }

    /// Waits until it was asked to send `count` times, whatever it did.
    pub async fn asked(&self, count: usize) {
        self.until(|ledger| ledger.asked >= count).await;
    }

    async fn until(&self, reached: impl Fn(&Ledger) -> bool) {
        let mut requests = self.shared.requests.subscribe();
        let waiting = requests.wait_for(|_| reached(&self.ledger()));
        tokio::time::timeout(Duration::from_secs(30), waiting)
            .await
            .unwrap_or_else(|_| {
                let ledger = self.ledger();
                panic!(
                    "nothing comes any more: {:#?} {:?} {:?}",
                    ledger.taken, ledger.refusals, ledger.faults
                )
            })
            .unwrap();
    }
}

impl Drop for FakeMeta {
    fn drop(&mut self) {
        self.server.abort();
        self.poster.abort();
        if !std::thread::panicking() {
            let faults = std::mem::take(&mut self.ledger().faults);
            assert!(faults.is_empty(), "Meta was wronged: {faults:#?}");
            let refusals = self.refusals();
            assert!(refusals.is_empty(), "nobody expected these refusals: {refusals:?}");
        }
    }
}

async fn take(
    State(shared): State<Shared>,
    Path((version, number)): Path<(String, String)>,
    headers: HeaderMap,
    raw: Bytes,
) -> Response {
    let answer = answer(&shared, &version, &number, &headers, &raw);
    shared.requests.send_modify(|count| *count += 1);
    match answer {
        Answer::Say(status, body) => (status, axum::Json(body)).into_response(),
        // The task of the connection ends, and the connection with it.
        Answer::Cut => std::panic::resume_unwind(Box::new("cut")),
        Answer::Nothing => std::future::pending().await,
    }
}

enum Answer {
    Say(StatusCode, Value),
    Cut,
    Nothing,
}

fn refusal(ledger: &mut Ledger, code: i64) -> Answer {
    ledger.refusals.push(code);
    let status = match code {
        190 => StatusCode::UNAUTHORIZED,
        4 | 80007 | 130_429 | 131_056 => StatusCode::TOO_MANY_REQUESTS,
        2 | 131_000 | 131_016 => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({"error": {"message": format!("(#{code}) refused"), "type": "OAuthException", "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": "texto livre"}, "fbtrace_id": "AbC"}});
    Answer::Say(status, body)
}

fn answer(shared: &Shared, version: &str, number: &str, headers: &HeaderMap, raw: &Bytes) -> Answer {
    let mut ledger = shared.ledger.lock().unwrap();
    let ledger = &mut *ledger;
    let body: Value = match serde_json::from_slice(raw) {
        Ok(body) => body,
        Err(error) => {
            ledger.faults.push(error.to_string());
            return refusal(ledger, 100);
        }
    };
    if let Err(fault) = rules::envelope(version, number, headers, &body) {
        ledger.faults.push(fault);
        return refusal(ledger, 100);
    }
    if body["status"] == "read" {
        if let Err(fault) = rules::receipt(&body) {
            ledger.faults.push(fault);
        }
        ledger.receipts.push(body);
        return Answer::Say(StatusCode::OK, json!({"success": true}));
    }
    ledger.asked += 1;
    if let Err(fault) = rules::message(&body) {
        ledger.faults.push(fault);
        return refusal(ledger, 100);
    }
    if let Some(fault) = account::misplaced(&ledger.placed, &body) {
        ledger.faults.push(fault);
        return refusal(ledger, 100);
    }
    let mark = body["biz_opaque_callback_data"].as_str().unwrap().to_owned();
    if !ledger.marks.insert(mark) {
        ledger.faults.push(format!("a mark was used twice: {body}"));
    }
    let act = ledger.script.pop_front().unwrap_or(Act::Take);
    if let Act::Refuse(code) = act {
        return refusal(ledger, code);
    }
    let whom = body["to"].as_str().or(body["recipient"].as_str()).unwrap().to_owned();
    let pair = (number.to_owned(), whom.clone());
    let now = shared.clock.now();
    let is_open =
        ledger.windows.get(&pair).is_some_and(|at| now.duration_since(*at) < SignedDuration::from_hours(24));
    if !is_open && body["type"] != "template" {
        return refusal(ledger, 131_047);
    }
    let times = ledger.pairs.entry(pair).or_default();
    times.retain(|at| now.duration_since(*at) < SignedDuration::from_secs(6));
    if times.len() >= 45 {
        return refusal(ledger, 131_056);
    }
    match act {
        Act::Cut => return Answer::Cut,
        Act::Hang => return Answer::Nothing,
        Act::Fail => return Answer::Say(StatusCode::INTERNAL_SERVER_ERROR, json!({"oops": true})),
        Act::Take
        | Act::TakeAndCut
        | Act::TakeAndFail
        | Act::TakeAndHang
        | Act::TakeAndFailLater(_)
        | Act::Refuse(_) => {}
    }
    times.push(now);
    let wamid = format!("wamid.NOSSA{:03}=", ledger.taken.len());
    let taken = Taken { number: number.to_owned(), wamid: wamid.clone(), body };
    let reports = *shared.reports.lock().unwrap();
    ledger.outgoing.extend(match act {
        Act::TakeAndFailLater(code) => vec![webhooks::failed(&taken, code)],
        _ => webhooks::reports(&taken, reports),
    });
    ledger.taken.push(taken);
    let contact = match whom.starts_with('+') {
        true => json!({"input": whom, "wa_id": whom.trim_start_matches('+')}),
        false => json!({"input": whom, "user_id": whom}),
    };
    let named = json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": wamid}]});
    match act {
        Act::TakeAndCut => Answer::Cut,
        Act::TakeAndHang => Answer::Nothing,
        Act::TakeAndFail => Answer::Say(StatusCode::INTERNAL_SERVER_ERROR, json!({"oops": true})),
        _ => Answer::Say(StatusCode::OK, named),
    }
}
