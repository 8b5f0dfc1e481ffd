//! What everybody in a run shares: the plan, the doors of the processes, what was seen so far, and the way to post.

use crate::evidence::{Evidence, Moment, now};
use crate::plan::Plan;
use rand::Rng;
use rand::rngs::StdRng;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A conversation that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its id.
    pub id: String,
    /// Its customer's bearer.
    pub token: String,
}

/// How far a customer is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The conversation, once it is opened.
    pub opened: Option<Opened>,
    /// Bursts written.
    pub bursts: usize,
    /// Whether nothing more is written.
    pub over: bool,
}

/// The shared world.
pub struct World {
    /// What is to happen.
    pub plan: Arc<Plan>,
    /// URLs of the processes; they keep their ports.
    pub doors: Vec<String>,
    /// An operator's key.
    pub key: String,
    /// Nobody begins anything new.
    pub over: CancellationToken,
    /// Nobody goes on with anything.
    pub end: CancellationToken,
    progress: Vec<watch::Sender<Progress>>,
    evidence: Arc<Mutex<Evidence>>,
    client: Client,
    streams: Client,
}

/// Why an answer did not come, so that the same is asked again.
pub struct Unanswered;

impl World {
    /// A world at its beginning.
    pub fn new(plan: Arc<Plan>, doors: Vec<String>, key: String, evidence: Arc<Mutex<Evidence>>) -> Self {
        let client = |builder: reqwest::ClientBuilder| {
            builder.no_proxy().connect_timeout(Duration::from_secs(2)).build().unwrap()
        };
        Self {
            progress: plan.customers.iter().map(|_| watch::Sender::default()).collect(),
            plan,
            doors,
            key,
            over: CancellationToken::new(),
            end: CancellationToken::new(),
            evidence,
            client: client(Client::builder().timeout(Duration::from_secs(8))),
            streams: client(Client::builder()),
        }
    }

    /// How far a customer is.
    pub fn progress(&self, customer: usize) -> &watch::Sender<Progress> {
        &self.progress[customer]
    }

    /// What was seen so far.
    pub fn evidence(&self) -> MutexGuard<'_, Evidence> {
        self.evidence.lock().unwrap()
    }

    /// A request to one of the processes.
    pub fn ask(&self, method: Method, door: usize, path: &str, bearer: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.doors[door]));
        if bearer.is_empty() { request } else { request.bearer_auth(bearer) }
    }

    /// An event stream of one of the processes.
    pub fn listen(&self, door: usize, path: &str, bearer: &str) -> RequestBuilder {
        self.streams.get(format!("{}{path}", self.doors[door])).bearer_auth(bearer)
    }

    /// One of the doors.
    pub fn any_door(&self, dice: &mut StdRng) -> usize {
        dice.random_range(0..self.doors.len())
    }

    /// The JSON of an answer of this status; what cannot be had now is asked again, anything else is odd.
    pub async fn read(
        &self,
        what: &str,
        status: u16,
        answer: reqwest::Result<Response>,
    ) -> Result<Value, Unanswered> {
        let Ok(answer) = answer else { return Err(Unanswered) };
        let got = answer.status().as_u16();
        let Ok(text) = answer.text().await else { return Err(Unanswered) };
        if got == status {
            return serde_json::from_str(&text).map_err(|_| Unanswered);
        }
        if !matches!(got, 429 | 503) {
            self.evidence().oddities.push(format!("{what} was answered {got}: {text:.300}"));
        }
        Err(Unanswered)
    }

    /// Posts a message, again and again until it is acknowledged or the run ends. Says whether it was.
    pub async fn post_until_acknowledged(
        &self,
        opened: &Opened,
        message: Post<'_>,
        first_door: usize,
        dice: &mut StdRng,
    ) -> bool {
        let mut door = first_door;
        let path = format!("/api/v1/conversations/{}/messages", opened.id);
        let body = json!({"client_id": message.word, "text": message.text});
        loop {
            self.note_sent(&message);
            let answer = self.ask(Method::POST, door, &path, &opened.token).json(&body).send().await;
            if let Ok(accepted) = self.read("a message", 202, answer).await {
                self.note_acknowledged(message.word, &accepted);
                return true;
            }
            let wait = Duration::from_millis(dice.random_range(20..200));
            tokio::select! {
                () = self.end.cancelled() => return false,
                () = tokio::time::sleep(wait) => {}
            }
            door = self.any_door(dice);
        }
    }

    /// A message is on its way.
    pub fn note_sent(&self, message: &Post<'_>) {
        let at: Moment = now();
        self.evidence().sent.entry(message.word.to_owned()).or_insert_with(|| crate::evidence::Sent {
            customer: message.customer,
            wish: message.wish,
            first: at,
            acknowledged: None,
            ids: Default::default(),
            fresh: 0,
            repeated: 0,
        });
    }

    /// A message was acknowledged without a word about it.
    pub fn note_kept(&self, word: &str) {
        let at = now();
        let mut evidence = self.evidence();
        let sent = evidence.sent.get_mut(word).unwrap();
        match sent.acknowledged {
            None => sent.acknowledged = Some(at),
            Some(_) => sent.repeated += 1,
        }
    }

    /// A message was acknowledged.
    pub fn note_acknowledged(&self, word: &str, accepted: &Value) {
        let at = now();
        let mut evidence = self.evidence();
        let sent = evidence.sent.get_mut(word).unwrap();
        sent.acknowledged.get_or_insert(at);
        sent.ids.insert(accepted["message_id"].as_str().unwrap_or_default().to_owned());
        match accepted["duplicate"].as_bool() {
            Some(false) => sent.fresh += 1,
            _ => sent.repeated += 1,
        }
    }
}

/// A message on its way.
pub struct Post<'m> {
    /// Whose.
    pub customer: usize,
    /// Its word and id.
    pub word: &'m str,
    /// Its text.
    pub text: &'m str,
    /// What is wanted.
    pub wish: crate::plan::Wish,
}
