//! Chatwoot 4.12, by its document: contacts whose e-mail is theirs alone, conversations in an API inbox, messages; and, by
//! its source, remarks on contacts and what deleting a contact takes along.
//! Checks the token in its own header, what the document requires, and that e-mails and phones are taken once.

use super::super::crm::{CrmVendor, Person};
use super::server::{Answer, Asked, Vendor, is_id};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const INBOX: u64 = 3;
const CONTACT: [&str; 9] = [
    "inbox_id",
    "name",
    "email",
    "blocked",
    "phone_number",
    "avatar_url",
    "identifier",
    "additional_attributes",
    "custom_attributes",
];
const CONVERSATION: [&str; 9] = [
    "source_id",
    "inbox_id",
    "contact_id",
    "additional_attributes",
    "custom_attributes",
    "status",
    "assignee_id",
    "team_id",
    "message",
];
const MESSAGE: [&str; 5] = ["content", "message_type", "private", "content_type", "content_attributes"];

#[derive(Default)]
pub struct Chatwoot {
    pub contacts: Vec<Value>,
    pub conversations: Vec<Value>,
    pub messages: BTreeMap<i64, Vec<Value>>,
    pub notes: Vec<Value>,
    next: i64,
}

fn refusal(status: u16, error: &str) -> Answer {
    Answer::json(status, json!({"error": error}))
}

fn unknown_field(body: &Value, fields: &[&str]) -> bool {
    !body.as_object().is_some_and(|object| object.keys().all(|name| fields.contains(&name.as_str())))
}

impl Chatwoot {
    /// Somebody of the team does something to a conversation.
    pub fn team(&mut self, number: i64, status: &str, note: Option<(&str, bool)>) {
        self.of(number).unwrap()["status"] = json!(status);
        if let Some((text, public)) = note {
            let body = json!({"content": text, "message_type": "outgoing", "private": !public});
            self.say(number, &body).unwrap();
        }
        let activity = json!({"id": 1, "content": "Conversa resolvida por Equipe", "message_type": 2,
            "private": false, "created_at": 1_795_439_500, "content_attributes": {}});
        self.messages.entry(number).or_default().push(activity);
    }

    fn of(&mut self, number: i64) -> Option<&mut Value> {
        self.conversations.iter_mut().find(|conversation| conversation["id"] == number)
    }

    fn say(&mut self, number: i64, body: &Value) -> Result<Value, Answer> {
        if unknown_field(body, &MESSAGE) || body["content"].as_str().is_none_or(str::is_empty) {
            return Err(refusal(422, "Content is not valid"));
        }
        let kind = match body["message_type"].as_str().unwrap_or("outgoing") {
            "incoming" => 0,
            "outgoing" => 1,
            _ => return Err(refusal(422, "'message_type' is not valid")),
        };
        let messages = self.messages.entry(number).or_default();
        let message = json!({"id": number * 1000 + messages.len() as i64, "content": body["content"],
            "message_type": kind, "private": body["private"] == true, "conversation_id": number,
            "content_attributes": {}, "created_at": 1_795_439_400 + messages.len()});
        messages.push(message.clone());
        if kind == 0 {
            self.of(number).unwrap()["status"] = json!("open");
        }
        Ok(message)
    }

    fn contact(&mut self, body: &Value) -> Answer {
        if unknown_field(body, &CONTACT) || body["inbox_id"] != INBOX {
            return refusal(422, "inbox_id is required");
        }
        for (field, name) in
            [("email", "Email"), ("phone_number", "Phone number"), ("identifier", "Identifier")]
        {
            let is_taken =
                self.contacts.iter().any(|known| !body[field].is_null() && known[field] == body[field]);
            if is_taken {
                let message = format!("{name} has already been taken");
                return Answer::json(422, json!({"message": message, "attributes": [field]}));
            }
        }
        let id = 61 + self.contacts.len();
        let contact = json!({"id": id, "name": body["name"], "email": body["email"],
            "phone_number": body["phone_number"], "identifier": body["identifier"], "custom_attributes": {}});
        self.contacts.push(contact.clone());
        Answer::json(
            200,
            json!({"payload": {"contact": contact, "contact_inbox": {"source_id": "s", "inbox": {"id": INBOX}}}}),
        )
    }

    fn open(&mut self, body: &Value) -> Answer {
        let Some(contact) = self.contacts.iter().find(|contact| contact["id"] == body["contact_id"]) else {
            return refusal(404, "Resource could not be found");
        };
        if unknown_field(body, &CONVERSATION) || body["inbox_id"] != INBOX || !body["source_id"].is_string() {
            return refusal(422, "source_id and inbox_id are required");
        }
        let number = 501 + self.conversations.len() as i64;
        let conversation = json!({"id": number, "account_id": 1, "inbox_id": INBOX, "status": body["status"],
            "priority": null, "custom_attributes": body["custom_attributes"], "created_at": 1_795_439_400,
            "last_activity_at": 1_795_439_400, "contact": contact["id"], "meta": {"sender": contact}});
        self.conversations.push(conversation.clone());
        if body["message"].is_object()
            && let Err(refused) = self.say(number, &body["message"])
        {
            self.conversations.pop();
            return refused;
        }
        Answer::json(200, conversation)
    }
}

impl Vendor for Chatwoot {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.header("api_access_token") != Some("chat-t0ken") {
            return refusal(401, "You need to sign in or sign up before continuing.");
        }
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let ["api", "v1", "accounts", "1", rest @ ..] = parts.as_slice() else {
            return refusal(404, "Resource could not be found");
        };
        match (asked.method.as_str(), rest) {
            ("GET", ["contacts", "search"]) => {
                let wanted = asked.parameter("q").unwrap().to_lowercase();
                let fits = |contact: &&Value| {
                    ["name", "email", "phone_number", "identifier"].iter().any(|field| {
                        contact[*field].as_str().is_some_and(|text| text.to_lowercase().contains(&wanted))
                    })
                };
                let found: Vec<&Value> = self.contacts.iter().filter(fits).collect();
                Answer::json(
                    200,
                    json!({"meta": {"count": found.len(), "current_page": 1}, "payload": found}),
                )
            }
            ("POST", ["contacts"]) => self.contact(&asked.json()),
            ("PUT", ["contacts", id]) => {
                let body = asked.json();
                let is_taken = |field: &str, contacts: &[Value]| {
                    let other = |known: &&Value| !is_id(&known["id"], id) && known[field] == body[field];
                    !body[field].is_null() && contacts.iter().any(|known| other(&known))
                };
                if unknown_field(&body, &CONTACT)
                    || is_taken("email", &self.contacts)
                    || is_taken("phone_number", &self.contacts)
                {
                    return refusal(422, "Email or phone number has already been taken");
                }
                let Some(contact) = self.contacts.iter_mut().find(|contact| is_id(&contact["id"], id)) else {
                    return refusal(404, "Resource could not be found");
                };
                for (field, value) in body.as_object().unwrap() {
                    contact[field] = value.clone();
                }
                Answer::json(200, json!({"payload": contact}))
            }
            ("DELETE", ["contacts", id]) => {
                let before = self.contacts.len();
                self.contacts.retain(|contact| !is_id(&contact["id"], id));
                self.notes.retain(|note| !is_id(&note["contact_id"], id));
                self.conversations.retain(|conversation| !is_id(&conversation["contact"], id));
                if self.contacts.len() < before {
                    Answer::empty(200)
                } else {
                    refusal(404, "Resource could not be found")
                }
            }
            ("GET", ["contacts", id, "notes"]) => {
                let theirs: Vec<&Value> =
                    self.notes.iter().rev().filter(|note| is_id(&note["contact_id"], id)).collect();
                Answer::json(200, json!(theirs))
            }
            ("POST", ["contacts", id, "notes"]) => {
                let body = asked.json();
                if unknown_field(&body, &["content"]) || body["content"].as_str().is_none_or(str::is_empty) {
                    return refusal(422, "Content can't be blank");
                }
                let contact: i64 = id.parse().unwrap();
                self.next += 1;
                let note = json!({"id": self.next, "content": body["content"], "contact_id": contact,
                    "account_id": 1, "created_at": 1_795_439_400 + self.next});
                self.notes.push(note.clone());
                Answer::json(200, note)
            }
            ("DELETE", ["contacts", id, "notes", note]) => {
                let before = self.notes.len();
                self.notes.retain(|known| !(is_id(&known["contact_id"], id) && is_id(&known["id"], note)));
                if self.notes.len() < before {
                    Answer::empty(200)
                } else {
                    refusal(404, "Resource could not be found")
                }
            }
            ("GET", ["contacts", id, "conversations"]) => {
                let theirs = |conversation: &&Value| is_id(&conversation["contact"], id);
                let found: Vec<&Value> = self.conversations.iter().filter(theirs).collect();
                Answer::json(200, json!({"payload": found}))
            }
            ("POST", ["conversations"]) => self.open(&asked.json()),
            (method, ["conversations", number, rest @ ..]) => {
                let number: i64 = number.parse().unwrap();
                let Some(conversation) = self.of(number).cloned() else {
                    return refusal(404, "Resource could not be found");
                };
                match (method, rest) {
                    ("GET", []) => Answer::json(200, conversation),
                    ("DELETE", []) => {
                        self.conversations.retain(|conversation| conversation["id"] != number);
                        Answer::empty(200)
                    }
                    ("POST", ["custom_attributes"]) => {
                        let body = asked.json();
                        if unknown_field(&body, &["custom_attributes"])
                            || !body["custom_attributes"].is_object()
                        {
                            return refusal(422, "custom_attributes is required");
                        }
                        self.of(number).unwrap()["custom_attributes"] = body["custom_attributes"].clone();
                        Answer::json(200, body)
                    }
                    ("GET", ["messages"]) => {
                        Answer::json(200, json!({"meta": {}, "payload": self.messages[&number]}))
                    }
                    ("POST", ["messages"]) => match self.say(number, &asked.json()) {
                        Ok(message) => Answer::json(200, message),
                        Err(refused) => refused,
                    },
                    _ => refusal(404, "Resource could not be found"),
                }
            }
            _ => refusal(404, "Resource could not be found"),
        }
    }
}

impl CrmVendor for Chatwoot {
    fn know(&mut self, person: &Person) {
        let id = 61 + self.contacts.len();
        self.contacts.push(json!({"id": id, "name": person.name, "email": person.email,
            "phone_number": person.phone, "identifier": null, "custom_attributes": {}}));
    }

    fn sell(&mut self, title: &str, value: f64) {
        panic!("nobody enters {title} of {value} at Chatwoot: there are no deals there");
    }

    fn people(&self) -> Vec<Person> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let person = |contact: &Value| Person {
            name: text(&contact["name"]).unwrap(),
            email: text(&contact["email"]),
            phone: text(&contact["phone_number"]),
        };
        self.contacts.iter().map(person).collect()
    }

    fn deals(&self) -> Vec<(String, f64, String)> {
        let deal = |conversation: &Value| {
            let own = &conversation["custom_attributes"];
            let [message] = &self.messages[&conversation["id"].as_i64().unwrap()][..] else {
                panic!("one remark: {conversation}")
            };
            assert!(message["private"] == true && message["message_type"] == 1, "{message}");
            assert!(own["balcao_key"].is_string(), "what it is found by stays: {own}");
            let value = own["value"].as_str().unwrap().parse().unwrap();
            Some((own["deal"].as_str()?.to_owned(), value, own["stage"].as_str().unwrap().to_owned()))
        };
        self.conversations.iter().filter_map(deal).collect()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.iter().map(|note| note["content"].as_str().unwrap().to_owned()).collect()
    }
}
