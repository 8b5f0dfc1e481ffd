//! Zendesk: tickets under idempotency keys, requesters by e-mail, comments, statuses that only go as the vendor lets
//! them go.

use super::server::{Answer, Asked, Vendor};
use base64::Engine as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Zendesk {
    pub tickets: Vec<Value>,
    pub comments: BTreeMap<i64, Vec<Value>>,
    pub users: Vec<Value>,
    keys: BTreeMap<String, (String, Value)>,
}

impl Zendesk {
    pub fn new() -> Self {
        let users = vec![json!({"id": 1, "name": "Equipe", "email": "bot@shop.example", "role": "agent"})];
        Self { users, ..Self::default() }
    }

    fn user(&mut self, requester: &Value) -> i64 {
        let Some(email) = requester["email"].as_str() else { return 1 };
        if let Some(user) = self.users.iter().find(|user| user["email"] == email) {
            return user["id"].as_i64().unwrap();
        }
        let id = self.users.len() as i64 + 1;
        self.users.push(json!({"id": id, "name": requester["name"], "email": email, "role": "end-user"}));
        id
    }

    /// Somebody of the team does something to a ticket.
    pub fn team(&mut self, number: i64, status: &str, comment: Option<(&str, bool)>) {
        let ticket = self.tickets.iter_mut().find(|ticket| ticket["id"] == number).unwrap();
        ticket["status"] = json!(status);
        if let Some((text, public)) = comment {
            self.comments.get_mut(&number).unwrap().push(json!({
                "id": 900 + number, "author_id": 1, "body": text, "plain_body": text, "public": public,
                "created_at": "2026-11-23T14:00:00Z"
            }));
        }
    }
}

fn fault(status: u16, error: &str) -> Answer {
    Answer::json(status, json!({"error": error, "description": error}))
}

impl Vendor for Zendesk {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let expected = base64::engine::general_purpose::STANDARD.encode("bot@shop.example/token:t0ken");
        if asked.path == "/oauth/tokens" {
            let wanted =
                "grant_type=client_credentials&scope=read%20write&client_id=balcao&client_secret=z3cret";
            return match asked.body == wanted {
                true => Answer::json(
                    200,
                    json!({"access_token": "bearer-1", "token_type": "bearer", "scope": "read write", "expires_in": 7_200}),
                ),
                false => Answer::json(401, json!({"error": "invalid_client"})),
            };
        }
        let told = asked.header("authorization").unwrap_or_default();
        if told != format!("Basic {expected}") && told != "Bearer bearer-1" {
            return fault(401, "Couldn't authenticate you");
        }
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["api", "v2", "tickets"]) => {
                let ticket = &asked.json()["ticket"];
                let key = asked.header("idempotency-key").map(str::to_owned);
                if let Some((body, answer)) = key.as_ref().and_then(|key| self.keys.get(key)) {
                    if *body != asked.body {
                        return fault(400, "IdempotentRequestError");
                    }
                    return Answer::json(201, answer.clone()).with("x-idempotency-lookup", "hit");
                }
                if ticket["comment"]["body"].as_str().is_none_or(str::is_empty) {
                    return fault(422, "Description: cannot be blank");
                }
                if !["urgent", "high", "normal", "low"]
                    .contains(&ticket["priority"].as_str().unwrap_or("normal"))
                {
                    return fault(422, "Priority: is not valid");
                }
                let tags = ticket["tags"].as_array().cloned().unwrap_or_default();
                assert!(tags.iter().all(|tag| !tag.as_str().unwrap().contains(' ')), "a tag has no spaces");
                let requester = self.user(&ticket["requester"]);
                let number = 35_000 + self.tickets.len() as i64;
                let record = json!({
                    "id": number, "subject": ticket["subject"], "description": ticket["comment"]["body"],
                    "priority": ticket["priority"], "status": "new", "tags": tags, "requester_id": requester,
                    "external_id": ticket["external_id"],
                    "created_at": "2026-11-23T13:10:00Z", "updated_at": "2026-11-23T13:10:00Z",
                });
                self.tickets.push(record.clone());
                let first = json!({
                    "id": 500 + number, "author_id": requester, "body": ticket["comment"]["body"],
                    "plain_body": ticket["comment"]["body"], "public": true, "created_at": "2026-11-23T13:10:00Z"
                });
                self.comments.insert(number, vec![first]);
                let answer = json!({"ticket": record});
                if let Some(key) = key {
                    self.keys.insert(key, (asked.body.clone(), answer.clone()));
                }
                Answer::json(201, answer)
            }
            ("GET", ["api", "v2", "tickets"]) => {
                let wanted = asked.parameter("external_id");
                let found: Vec<&Value> =
                    self.tickets.iter().filter(|ticket| ticket["external_id"].as_str() == wanted).collect();
                Answer::json(200, json!({"tickets": found}))
            }
            (method, ["api", "v2", "tickets", number, rest @ ..]) => {
                let number: i64 = number.parse().unwrap();
                let Some(at) = self.tickets.iter().position(|ticket| ticket["id"] == number) else {
                    return fault(404, "RecordNotFound");
                };
                match (method, rest) {
                    ("GET", []) => {
                        Answer::json(200, json!({"ticket": self.tickets[at], "users": self.users}))
                    }
                    ("GET", ["comments"]) => {
                        Answer::json(200, json!({"comments": self.comments[&number], "users": self.users}))
                    }
                    ("PUT", []) => {
                        if self.tickets[at]["status"] == "closed" {
                            return fault(422, "Status: closed prevents ticket update");
                        }
                        let change = &asked.json()["ticket"];
                        if let Some(status) = change["status"].as_str() {
                            self.tickets[at]["status"] = json!(status);
                        }
                        if let Some(body) = change["comment"]["body"].as_str() {
                            let comments = self.comments.get_mut(&number).unwrap();
                            let id = 700 + comments.len() as i64;
                            comments.push(json!({
                                "id": id, "author_id": 1, "body": body, "plain_body": body,
                                "public": change["comment"]["public"], "created_at": "2026-11-23T13:20:00Z"
                            }));
                        }
                        Answer::json(200, json!({"ticket": self.tickets[at]}))
                    }
                    _ => fault(404, "InvalidEndpoint"),
                }
            }
            _ => fault(404, "InvalidEndpoint"),
        }
    }
}
