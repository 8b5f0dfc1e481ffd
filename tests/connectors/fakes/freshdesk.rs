//! Freshdesk: tickets with numbers for status and priority, conversations, HTML in and plain text out. Checks the key,
//! the fields that there are, and how long a tag is.

use super::server::{Answer, Asked, Vendor};
use base64::Engine as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TICKET: [&str; 10] = [
    "email",
    "name",
    "phone",
    "requester_id",
    "subject",
    "description",
    "status",
    "priority",
    "source",
    "tags",
];

#[derive(Default)]
pub struct Freshdesk {
    pub tickets: Vec<Value>,
    pub conversations: BTreeMap<i64, Vec<Value>>,
}

impl Freshdesk {
    /// Somebody of the team does something to a ticket.
    pub fn team(&mut self, number: i64, status: u8, note: Option<(&str, bool)>) {
        let ticket = self.tickets.iter_mut().find(|ticket| ticket["id"] == number).unwrap();
        ticket["status"] = json!(status);
        if let Some((text, public)) = note {
            self.conversations.get_mut(&number).unwrap().push(json!({
                "id": 9000, "user_id": 1, "body": format!("<div>{text}</div>"), "body_text": text,
                "incoming": false, "private": !public, "created_at": "2026-11-23T14:00:00Z"
            }));
        }
    }

    fn open(&mut self, body: &Value) -> Answer {
        let fields = body.as_object().cloned().unwrap_or_default();
        if let Some(unknown) = fields.keys().find(|name| !TICKET.contains(&name.as_str())) {
            return invalid(unknown, "Unexpected/invalid field in request", "invalid_field");
        }
        if body["email"].as_str().is_none_or(str::is_empty) {
            return invalid("requester_id", "One of the requester's fields is mandatory", "missing_field");
        }
        for (field, most) in [("status", 5), ("priority", 4), ("source", 9)] {
            if !body[field].as_u64().is_some_and(|number| (1..=most).contains(&number)) {
                return invalid(field, "It should be one of these values: 1,2,3,4", "datatype_mismatch");
            }
        }
        if ["subject", "description"].iter().any(|field| body[*field].as_str().is_none_or(str::is_empty)) {
            return invalid("subject", "It should not be blank", "missing_field");
        }
        let tags = body["tags"].as_array().cloned().unwrap_or_default();
        if tags.iter().any(|tag| tag.as_str().is_none_or(|tag| tag.is_empty() || tag.chars().count() > 32)) {
            return invalid("tags", "Has more than 32 characters", "invalid_value");
        }
        let number = 301 + self.tickets.len() as i64;
        let html = body["description"].as_str().unwrap();
        let ticket = json!({
            "id": number, "subject": body["subject"], "description": html, "description_text": plain(html),
            "status": body["status"], "priority": body["priority"], "tags": tags,
            "requester": {"id": 7, "name": body["name"], "email": body["email"]},
            "created_at": "2026-11-23T13:10:00Z", "updated_at": "2026-11-23T13:10:00Z",
        });
        self.tickets.push(ticket.clone());
        self.conversations.insert(number, Vec::new());
        Answer::json(201, ticket)
    }
}

/// HTML as the vendor reads it back.
pub fn plain(html: &str) -> String {
    let text = html.replace("<br>", "\n").replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"").replace("&amp;", "&")
}

fn invalid(field: &str, message: &str, code: &str) -> Answer {
    Answer::json(
        400,
        json!({"description": "Validation failed", "errors": [{"field": field, "message": message, "code": code}]}),
    )
}

impl Vendor for Freshdesk {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let expected = base64::engine::general_purpose::STANDARD.encode("fr3sh:X");
        if asked.header("authorization") != Some(&format!("Basic {expected}")) {
            return Answer::json(401, json!({"code": "invalid_credentials", "message": "no"}));
        }
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["api", "v2", "tickets"]) => self.open(&asked.json()),
            ("GET", ["api", "v2", "tickets"]) => {
                assert_eq!(asked.parameter("order_type"), Some("desc"));
                let size: usize = asked.parameter("per_page").unwrap().parse().unwrap();
                assert!(size <= 100);
                let newest: Vec<Value> = self.tickets.iter().rev().take(size).cloned().map(listed).collect();
                Answer::json(200, json!(newest))
            }
            (method, ["api", "v2", "tickets", number, rest @ ..]) => {
                let number: i64 = number.parse().unwrap();
                let Some(ticket) = self.tickets.iter_mut().find(|ticket| ticket["id"] == number) else {
                    return Answer::empty(404);
                };
                let conversations = self.conversations.get_mut(&number).unwrap();
                let body = asked.json();
                match (method, rest) {
                    ("GET", []) if asked.parameter("include") == Some("requester") => {
                        Answer::json(200, ticket.clone())
                    }
                    ("PUT", []) => {
                        if !body["status"].is_u64() {
                            return invalid(
                                "status",
                                "It should be a/an Positive Integer",
                                "datatype_mismatch",
                            );
                        }
                        ticket["status"] = body["status"].clone();
                        Answer::json(200, ticket.clone())
                    }
                    ("GET", ["conversations"]) => Answer::json(200, json!(conversations)),
                    ("POST", ["notes"]) => {
                        let Some(html) = body["body"].as_str() else {
                            return invalid("body", "It should be a/an String", "missing_field");
                        };
                        let note = json!({
                            "id": 8001 + conversations.len(), "user_id": 1, "body": html, "body_text": plain(html),
                            "incoming": body["incoming"] == true, "private": body["private"] != false,
                            "created_at": "2026-11-23T13:20:00Z",
                        });
                        conversations.push(note.clone());
                        Answer::json(201, note)
                    }
                    _ => Answer::empty(405),
                }
            }
            _ => Answer::empty(404),
        }
    }
}

/// A list leaves out what a ticket says of its requester.
fn listed(mut ticket: Value) -> Value {
    ticket.as_object_mut().unwrap().remove("requester");
    ticket
}
