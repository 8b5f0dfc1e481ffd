//! A customer and an operator at the real HTTP surface: what is said, and everything that comes of it. Every answer
//! is checked for what no answer may ever be.

use super::events::{EventReader, Frame};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// The way into a running program.
#[derive(Clone)]
pub struct Door {
    pub base: String,
    key: String,
    client: Client,
}

impl Door {
    pub fn new(base: &str, key: &str) -> Self {
        // Between two pieces of an answer: a stream may last as long as a slow model needs.
        let client = Client::builder().no_proxy().read_timeout(Duration::from_secs(120)).build().unwrap();
        Self { base: base.to_owned(), key: key.to_owned(), client }
    }

    /// A call with the operator's key.
    pub fn operator(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }
}

/// A call of a tool as the operator sees it.
#[derive(Clone, Debug)]
pub struct Tool {
    pub name: String,
    pub arguments: Value,
    /// `done`, or why not.
    pub outcome: String,
    pub result: Value,
}

/// Everything that came of a message.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub text: String,
    pub reply_to: Vec<String>,
    pub buttons: Vec<String>,
    pub confirmation: Option<Value>,
    /// Titles.
    pub sources: Vec<String>,
    pub tools: Vec<Tool>,
    pub stop_reason: String,
    /// Model calls.
    pub model_calls: Vec<Value>,
    /// Words shown before the message.
    pub drafts: String,
    pub progress: Vec<String>,
    /// Turns that gave way before this one.
    pub superseded: usize,
    /// Who may answer now, if that changed.
    pub owner: Option<String>,
}

impl Answer {
    pub fn tool(&self, name: &str) -> &Tool {
        self.tools
            .iter()
            .find(|tool| tool.name == name)
            .unwrap_or_else(|| panic!("{name} was not called: {self:#?}"))
    }

    pub fn tool_names(&self) -> Vec<&str> {
        self.tools.iter().map(|tool| tool.name.as_str()).collect()
    }
}

/// One conversation.
pub struct Talk {
    pub id: String,
    token: String,
    door: Door,
    events: EventReader,
}

impl Talk {
    pub async fn open(door: &Door) -> Self {
        let opened =
            door.client.post(format!("{}/api/v1/conversations", door.base)).json(&json!({})).send().await;
        let opened = opened.unwrap();
        assert_eq!(opened.status(), 201);
        let opened: Value = opened.json().await.unwrap();
        let part = |name: &str| opened[name].as_str().unwrap().to_owned();
        let (id, token) = (part("id"), part("token"));
        let events = listen(door, &id, &token, 0).await;
        Self { id, token, door: door.clone(), events }
    }

    /// Goes on at another door, missing nothing.
    pub async fn again(&mut self, door: &Door) {
        let after = self.events.last_id.unwrap_or(0);
        self.door = door.clone();
        self.events = listen(door, &self.id, &self.token, after).await;
    }

    /// Another reader of the same conversation, at another door, from the beginning.
    pub async fn clone_at(&self, door: &Door) -> Self {
        let events = listen(door, &self.id, &self.token, 0).await;
        Self { id: self.id.clone(), token: self.token.clone(), door: door.clone(), events }
    }

    pub fn visitor(&self, method: Method, tail: &str) -> RequestBuilder {
        let url = format!("{}/api/v1/conversations/{}{tail}", self.door.base, self.id);
        self.door.client.request(method, url).bearer_auth(&self.token)
    }

    /// An operator's call: `reply`, `take`, `return`, `close`.
    pub async fn operator(&self, what: &str, body: Value) -> Value {
        let path = format!("/api/v1/conversations/{}/{what}", self.id);
        let answer = self.door.operator(Method::POST, &path).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{what}");
        answer.json().await.unwrap()
    }

    /// Posts a message as it is.
    pub async fn post(&self, text: &str) -> Response {
        let body = json!({"client_id": Uuid::now_v7().to_string(), "text": text});
        self.visitor(Method::POST, "/messages").json(&body).send().await.unwrap()
    }

    /// Posts a message that has to be accepted; returns its id.
    pub async fn send(&self, text: &str) -> String {
        let answer = self.post(text).await;
        assert_eq!(answer.status(), 202, "{text:.200}");
        answer.json::<Value>().await.unwrap()["message_id"].as_str().unwrap().to_owned()
    }

    /// Says something and waits for what comes of it.
    pub async fn say(&mut self, text: &str) -> Answer {
        let id = self.send(text).await;
        let answer = self.answer().await;
        assert!(answer.reply_to.contains(&id), "{answer:#?} answers something else than {text:.200}");
        answer
    }

    /// The next frame of the stream of a kind.
    pub async fn next_of(&mut self, kind: &str) -> Frame {
        self.events.next_of(kind).await
    }

    /// What the next turn comes to. Turns that gave way are passed over.
    pub async fn answer(&mut self) -> Answer {
        let mut answer = Answer::default();
        let mut said = Vec::new();
        let (mut begun, mut ended) = (BTreeSet::new(), BTreeSet::new());
        loop {
            let Frame { event, data, .. } = self.events.next().await.expect("the stream ended");
            match (event.as_str(), data["state"].as_str()) {
                ("message", _) if data["role"] == "assistant" => said.push(data),
                ("message", _) => {}
                ("delta", _) => answer.drafts.push_str(data["text"].as_str().unwrap()),
                ("progress", _) => answer.progress.push(data["text"].as_str().unwrap().to_owned()),
                ("ownership", _) => answer.owner = data["owner"].as_str().map(str::to_owned),
                ("tool", state) => {
                    let part = |name: &str| data[name].as_str().unwrap().to_owned();
                    let call = (part("turn_id"), part("call_id"));
                    match state {
                        // A call that is taken up again after a crash begins again.
                        Some("started") => _ = begun.insert(call),
                        _ => {
                            assert!(begun.contains(&call), "a call ends and did not begin: {data}");
                            assert!(ended.insert(call), "a call ends twice: {data}");
                        }
                    }
                }
                ("turn", Some("finished")) if data["stop_reason"] == "superseded" => {
                    assert!(said.is_empty(), "a turn that gave way spoke");
                    answer.superseded += 1;
                    answer.drafts.clear();
                }
                ("turn", Some("finished")) => {
                    assert_eq!(said.len(), 1, "one turn, one message: {said:#?}");
                    answer.stop_reason = data["stop_reason"].as_str().unwrap().to_owned();
                    self.complete(&mut answer, &said[0], &data["turn_id"]).await;
                    check(&answer);
                    // A turn that a person has taken over, or that failed, leaves its calls where they are.
                    let mut left = begun.difference(&ended).filter(|(turn, _)| data["turn_id"] == **turn);
                    assert!(left.next().is_none() || answer.stop_reason == "internal_error", "{answer:#?}");
                    return answer;
                }
                _ => {}
            }
        }
    }

    async fn complete(&self, answer: &mut Answer, message: &Value, turn: &Value) {
        let texts = |list: &Value, field: &str| -> Vec<String> {
            let items = list.as_array().into_iter().flatten();
            items
                .map(|item| if field.is_empty() { item } else { &item[field] }.as_str().unwrap().to_owned())
                .collect()
        };
        answer.text = message["text"].as_str().unwrap().to_owned();
        answer.reply_to = texts(&message["reply_to"], "");
        answer.buttons = texts(&message["buttons"], "label");
        answer.sources = texts(&message["sources"], "title");
        answer.confirmation = message.get("confirmation").cloned();
        let detail = self.detail().await;
        let turns = detail["turns"].as_array().unwrap();
        let turn = turns.iter().find(|known| known["id"] == *turn).unwrap();
        answer.model_calls = turn["model_calls"].as_array().unwrap().clone();
        answer.tools = turn["tool_calls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| Tool {
                name: call["name"].as_str().unwrap().to_owned(),
                arguments: call["arguments"].clone(),
                outcome: call["outcome"].as_str().unwrap_or("none").to_owned(),
                result: call["result"].clone(),
            })
            .collect();
    }

    /// The conversation as an operator sees it.
    pub async fn detail(&self) -> Value {
        let path = format!("/api/v1/conversations/{}", self.id);
        self.door.operator(Method::GET, &path).send().await.unwrap().json().await.unwrap()
    }

    /// Every message so far: role and text.
    pub async fn history(&self) -> Vec<(String, String)> {
        let history: Value =
            self.visitor(Method::GET, "/messages").send().await.unwrap().json().await.unwrap();
        let part = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
        let messages = history["messages"].as_array().unwrap();
        messages.iter().map(|message| (part(message, "role"), part(message, "text"))).collect()
    }

    /// The words of every message of `role`.
    pub async fn said_by(&self, role: &str) -> Vec<String> {
        self.history().await.into_iter().filter(|(who, _)| who == role).map(|(_, text)| text).collect()
    }
}

async fn listen(door: &Door, id: &str, token: &str, after: i64) -> EventReader {
    let url = format!("{}/api/v1/conversations/{id}/events?after={after}", door.base);
    EventReader::new(door.client.get(url).bearer_auth(token).send().await.unwrap())
}

/// What holds for every answer to anybody.
fn check(answer: &Answer) {
    let text = &answer.text;
    assert!(!text.trim().is_empty(), "{answer:#?}");
    for tool in &answer.tools {
        let is_internal = tool.name.contains('_');
        assert!(!is_internal || !text.contains(&tool.name), "the name of a tool leaks: {answer:#?}");
    }
    let looks_like_an_id = |word: &str| word.len() == 36 && word.parse::<Uuid>().is_ok();
    assert!(!text.split_whitespace().any(looks_like_an_id), "an id leaks: {answer:#?}");
    let asks = answer.stop_reason == "awaiting_confirmation";
    assert_eq!(answer.confirmation.is_some(), asks, "{answer:#?}");
    assert_eq!(
        answer.buttons.iter().any(|label| label.to_lowercase().contains("confirm")),
        asks,
        "{answer:#?}"
    );
    if asks {
        assert!(text.contains('?') && answer.buttons.len() == 2, "{answer:#?}");
    }
}
