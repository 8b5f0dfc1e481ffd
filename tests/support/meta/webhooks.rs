//! What Meta posts: messages of customers as they write them, and what became of ours. Signed, and as often and in
//! whatever order a test wants.

use super::{ACCOUNT, APP_SECRET, FakeMeta, Ledger, NUMBER, Reports, Shared, Taken};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;

/// A person with a phone.
#[derive(Clone, Debug)]
pub struct Customer {
    pub user: String,
    /// Digits; none for who hides their number.
    pub phone: Option<String>,
    pub name: String,
}

impl Customer {
    pub fn ana() -> Self {
        Self {
            user: "BR.55501234567890".to_owned(),
            phone: Some("5511987650001".to_owned()),
            name: "Ana Rocha".to_owned(),
        }
    }

    pub fn bia_hidden() -> Self {
        Self { user: "BR.55509876543210".to_owned(), phone: None, name: "Bia".to_owned() }
    }

    /// What a message may be addressed to.
    pub fn names(&self) -> Vec<String> {
        let phone = self.phone.iter().map(|phone| format!("+{phone}"));
        phone.chain([self.user.clone()]).collect()
    }

    /// A message of this kind, with its fields.
    pub fn says(&self, id: &str, kind: &Value) -> Value {
        let mut message = json!({"from_user_id": self.user, "id": id, "timestamp": "0"});
        let mut contact = json!({"profile": {"name": self.name}, "user_id": self.user});
        if let Some(phone) = &self.phone {
            message["from"] = json!(phone);
            contact["wa_id"] = json!(phone);
        }
        message.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
        value(&json!({"contacts": [contact], "messages": [message]}))
    }

    pub fn writes(&self, id: &str, text: &str) -> Value {
        self.says(id, &json!({"type": "text", "text": {"body": text}}))
    }

    /// A message that took so long to come.
    pub fn wrote(&self, id: &str, text: &str, ago: SignedDuration) -> Value {
        let mut value = self.writes(id, text);
        value["messages"][0]["timestamp"] = json!((-ago.as_secs()).to_string());
        value
    }

    /// Taps a choice of a message.
    pub fn taps(&self, id: &str, shown: &Taken, title: &str) -> Value {
        let choices = shown.choices();
        let (choice, title) =
            choices.iter().find(|(_, known)| known == title).unwrap_or_else(|| panic!("{choices:?}"));
        let kind = if shown.kind() == "list" { "list_reply" } else { "button_reply" };
        self.says(
            id,
            &json!({"type": "interactive", "context": {"from": "551140028922", "id": shown.wamid},
                "interactive": {"type": kind, kind: {"id": choice, "title": title}}}),
        )
    }
}

/// Times are made in seconds from now; this makes them Meta's.
fn dated(change: &Value, now: Timestamp) -> Value {
    let mut change = change.clone();
    for list in ["messages", "statuses"] {
        for one in change[list].as_array_mut().into_iter().flatten() {
            let from_now: i64 = one["timestamp"].as_str().unwrap().parse().unwrap();
            one["timestamp"] = json!((now.as_second() + from_now).to_string());
        }
    }
    change
}

/// The value of a change, with what every one has.
fn value(more: &Value) -> Value {
    let mut value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551140028922", "phone_number_id": NUMBER}});
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    value
}

fn status(taken: &Taken, state: &str) -> Value {
    let to = taken.to();
    let recipient = if to.starts_with('+') { "recipient_id" } else { "recipient_user_id" };
    let mut status = json!({"id": taken.wamid, "status": state,
        "timestamp": "0",
        "biz_opaque_callback_data": taken.mark(),
        "pricing": {"billable": true, "pricing_model": "PMP", "type": "regular", "category": "service"}});
    status[recipient] = json!(to.trim_start_matches('+'));
    status
}

/// A change that reports this of a message.
pub fn report(taken: &Taken, state: &str) -> Value {
    value(&json!({"statuses": [status(taken, state)]}))
}

/// A change that reports that a message failed.
pub fn failed(taken: &Taken, code: i64) -> Value {
    let mut status = status(taken, "failed");
    status.as_object_mut().unwrap().remove("pricing");
    status["errors"] = json!([{"code": code, "title": "failed", "error_data": {"details": "texto livre"}}]);
    value(&json!({"statuses": [status]}))
}

/// What is posted for a message that was taken.
pub fn reports(taken: &Taken, reports: Reports) -> Vec<Value> {
    let states: &[&str] = match reports {
        Reports::None => &[],
        Reports::InOrder => &["sent", "delivered", "read"],
        Reports::Wild => &["read", "sent", "sent", "delivered"],
    };
    states.iter().map(|state| report(taken, state)).collect()
}

/// A body with these changes.
pub fn body(changes: &[Value]) -> String {
    let changes: Vec<Value> =
        changes.iter().map(|value| json!({"field": "messages", "value": value})).collect();
    json!({"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT, "changes": changes}]}).to_string()
}

fn signature(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digest}")
}

async fn post(client: &reqwest::Client, base: &str, body: String) -> reqwest::Result<reqwest::StatusCode> {
    let signature = signature(&body);
    let url = format!("{base}/webhooks/whatsapp");
    let post = client.post(url).header("x-hub-signature-256", signature).body(body);
    Ok(post.send().await?.status())
}

/// Posts what Meta has to report, as it comes, for as long as the test runs. What is not taken is posted again.
pub(super) async fn post_reports(shared: Shared, client: reqwest::Client) {
    let mut requests = shared.requests.subscribe();
    let mut program = shared.program.subscribe();
    loop {
        let waiting = std::mem::take(&mut shared.ledger.lock().unwrap().outgoing);
        for report in waiting {
            let Ok(base) = program.wait_for(Option::is_some).await.map(|base| base.clone().unwrap()) else {
                return;
            };
            let change = dated(&report, shared.clock.now());
            note_words(&mut shared.ledger.lock().unwrap(), &change);
            if post(&client, &base, body(std::slice::from_ref(&change))).await.ok()
                != Some(reqwest::StatusCode::OK)
            {
                // The program is being started again: what it missed comes to the next one.
                shared.ledger.lock().unwrap().outgoing.push(report);
                tokio::task::yield_now().await;
            }
        }
        if shared.ledger.lock().unwrap().outgoing.is_empty() && requests.changed().await.is_err() {
            return;
        }
    }
}

/// How a webhook is posted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Posting {
    /// Once.
    Once,
    /// Three times at the same moment.
    Tripled,
}

impl FakeMeta {
    /// Posts changes to the program, which has to take them.
    pub async fn posts(&self, changes: &[Value], posting: Posting) {
        let now = self.shared.clock.now();
        let changes: Vec<Value> = changes.iter().map(|change| dated(change, now)).collect();
        for change in &changes {
            note_words(&mut self.ledger(), change);
        }
        let base = self.shared.program.borrow().clone().expect("the program is known");
        let times = match posting {
            Posting::Once => 1,
            Posting::Tripled => 3,
        };
        let posts = (0..times).map(|_| post(&self.client, &base, body(&changes)));
        for status in futures_util::future::join_all(posts).await {
            assert_eq!(status.unwrap(), 200);
        }
    }

    /// Reports that a message has come so far.
    pub async fn reports(&self, taken: &Taken, state: &str) {
        self.tells(report(taken, state)).await;
    }

    /// Posts a change so often, again and again until the program takes it, whatever becomes of the program.
    pub fn insists(&self, change: &Value, times: usize) {
        let mut ledger = self.ledger();
        ledger.outgoing.extend(std::iter::repeat_n(change.clone(), times));
        drop(ledger);
        self.shared.requests.send_modify(|count| *count += 1);
    }

    /// Posts one change once.
    pub async fn tells(&self, change: Value) {
        self.posts(&[change], Posting::Once).await;
    }
}

/// Whoever writes opens their window.
fn note_words(ledger: &mut Ledger, change: &Value) {
    for message in change["messages"].as_array().into_iter().flatten() {
        let phone = message["from"].as_str().map(|phone| format!("+{phone}"));
        let user = message["from_user_id"].as_str().map(str::to_owned);
        for name in phone.into_iter().chain(user) {
            let seconds = message["timestamp"].as_str().unwrap().parse().unwrap();
            ledger.windows.insert((NUMBER.to_owned(), name), Timestamp::from_second(seconds).unwrap());
        }
    }
}
