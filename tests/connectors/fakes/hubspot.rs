//! HubSpot: contacts with an e-mail that is theirs alone, deals and notes with associations, searches over what the
//! index has seen. Checks what the vendor checks: the token, the version in the path, properties that exist.

use super::server::{Answer, Asked, Vendor};
use crate::connectors::crm::{CrmVendor, Person};
use crate::connectors::removal::Closing;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const PROPERTIES: [&str; 14] = [
    "email",
    "firstname",
    "lastname",
    "phone",
    "mobilephone",
    "dealname",
    "amount",
    "pipeline",
    "dealstage",
    "closedate",
    "createdate",
    "hs_timestamp",
    "hs_note_body",
    "hs_lastmodifieddate",
];

#[derive(Default)]
pub struct HubSpot {
    pub token: String,
    pub contacts: Vec<Value>,
    pub deals: Vec<Value>,
    pub notes: Vec<Value>,
    /// Whether the search has not heard yet of what is there.
    pub search_lags: bool,
    next: u64,
}

impl HubSpot {
    pub fn new(token: &str) -> Self {
        Self { token: token.to_owned(), next: 100, ..Self::default() }
    }

    /// The team puts a deal into another stage.
    pub fn move_deal(&mut self, title: &str, stage: &str) {
        let deal = self.deals.iter_mut().find(|deal| deal["properties"]["dealname"] == title).unwrap();
        deal["properties"]["dealstage"] = json!(stage);
    }

    fn shelf(&mut self, kind: &str) -> Option<&mut Vec<Value>> {
        match kind {
            "contacts" => Some(&mut self.contacts),
            "deals" => Some(&mut self.deals),
            "notes" => Some(&mut self.notes),
            _ => None,
        }
    }

    fn add(&mut self, kind: &str, properties: &Value, associations: &Value) -> Answer {
        let mut properties = properties.as_object().cloned().unwrap_or_default();
        if let Some(unknown) = properties.keys().find(|name| !PROPERTIES.contains(&name.as_str())) {
            return fault(400, "VALIDATION_ERROR", &format!("Property {unknown} does not exist"));
        }
        if properties.values().any(|value| !value.is_string()) {
            return fault(400, "VALIDATION_ERROR", "property values are strings");
        }
        if kind == "notes" && !properties.contains_key("hs_timestamp") {
            return fault(400, "VALIDATION_ERROR", "hs_timestamp is required");
        }
        if kind == "contacts" && self.by_email(&properties).is_some() {
            return fault(409, "CONFLICT", "Contact already exists");
        }
        for association in associations.as_array().into_iter().flatten() {
            let expected = if kind == "notes" { 202 } else { 3 };
            let right = association["types"][0]["associationTypeId"] == expected
                && association["types"][0]["associationCategory"] == "HUBSPOT_DEFINED";
            let there = self.contacts.iter().any(|contact| contact["id"] == association["to"]["id"]);
            if !right || !there {
                return fault(400, "VALIDATION_ERROR", "bad association");
            }
        }
        self.next += 1;
        properties.entry("createdate").or_insert(json!("2026-11-23T13:10:00.000Z"));
        let record =
            json!({"id": self.next.to_string(), "properties": properties, "associations": associations});
        self.shelf(kind).unwrap().push(record.clone());
        Answer::json(201, record)
    }

    fn by_email(&self, properties: &Map<String, Value>) -> Option<usize> {
        let email = properties.get("email")?.as_str()?.to_lowercase();
        self.contacts.iter().position(|contact| {
            contact["properties"]["email"].as_str().is_some_and(|own| own.to_lowercase() == email)
        })
    }

    fn upsert(&mut self, inputs: &Value) -> Answer {
        let mut results = Vec::new();
        for input in inputs.as_array().into_iter().flatten() {
            if input["idProperty"] != "email" || input["id"] != input["properties"]["email"] {
                return fault(400, "VALIDATION_ERROR", "idProperty and id do not fit");
            }
            let properties = input["properties"].as_object().cloned().unwrap_or_default();
            match self.by_email(&properties) {
                Some(at) => {
                    let own = self.contacts[at]["properties"].as_object_mut().unwrap();
                    own.extend(properties);
                    results.push(self.contacts[at].clone());
                }
                None => {
                    let added = self.add("contacts", &input["properties"], &Value::Null);
                    results.push(serde_json::from_str(&added.body).unwrap());
                }
            }
        }
        Answer::json(200, json!({"status": "COMPLETE", "results": results}))
    }

    fn search(&mut self, kind: &str, body: &Value) -> Answer {
        let groups = body["filterGroups"].as_array().cloned().unwrap_or_default();
        if groups.len() > 5 {
            return fault(400, "VALIDATION_ERROR", "too many filter groups");
        }
        let fits = |record: &Value| {
            groups.iter().any(|group| {
                group["filters"].as_array().into_iter().flatten().all(|filter| {
                    let name = filter["propertyName"].as_str().unwrap();
                    if name == "associations.contact" {
                        let to = record["associations"].as_array().into_iter().flatten();
                        return to.into_iter().any(|association| association["to"]["id"] == filter["value"]);
                    }
                    if filter["operator"] == "GTE" {
                        let least: i64 = filter["value"].as_str().unwrap().parse().unwrap();
                        let at = record["properties"][name].as_str().and_then(|at| at.parse().ok());
                        return at.is_some_and(|at: Timestamp| at.as_millisecond() >= least);
                    }
                    assert_eq!(filter["operator"], "EQ");
                    record["properties"][name] == filter["value"]
                })
            })
        };
        let lags = self.search_lags;
        let limit = body["limit"].as_u64().unwrap_or(10) as usize;
        let Some(shelf) = self.shelf(kind) else { return fault(404, "OBJECT_NOT_FOUND", "no such type") };
        if lags {
            return Answer::json(200, json!({"total": 0, "results": []}));
        }
        let found: Vec<Value> = shelf.iter().filter(|record| fits(record)).take(limit).cloned().collect();
        Answer::json(200, json!({"total": found.len(), "results": found}))
    }
}

fn fault(status: u16, category: &str, message: &str) -> Answer {
    Answer::json(
        status,
        json!({"status": "error", "category": category, "message": message, "correlationId": "c-1"}),
    )
}

impl Vendor for HubSpot {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.header("authorization") != Some(&format!("Bearer {}", self.token)) {
            return fault(401, "INVALID_AUTHENTICATION", "the token is not valid");
        }
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let ["crm", "objects", "2026-09", kind, rest @ ..] = parts.as_slice() else {
            return fault(404, "OBJECT_NOT_FOUND", "no such path");
        };
        let body = asked.json();
        match (asked.method.as_str(), rest) {
            ("POST", ["search"]) => self.search(kind, &body),
            ("POST", ["batch", "upsert"]) if *kind == "contacts" => self.upsert(&body["inputs"]),
            ("POST", []) => self.add(kind, &body["properties"], &body["associations"]),
            ("GET", [id]) => {
                let by_email = asked.parameter("idProperty") == Some("email");
                let shelf = self.shelf(kind).unwrap();
                let found = shelf.iter().find(|record| {
                    if by_email {
                        record["properties"]["email"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(id))
                    } else {
                        record["id"].as_str() == Some(*id)
                    }
                });
                match found {
                    Some(record) => Answer::json(200, record.clone()),
                    None => fault(404, "OBJECT_NOT_FOUND", "resource not found"),
                }
            }
            ("PATCH", [id]) => {
                let Some(record) = self.shelf(kind).unwrap().iter_mut().find(|record| record["id"] == **id)
                else {
                    return fault(404, "OBJECT_NOT_FOUND", "resource not found");
                };
                let own = record["properties"].as_object_mut().unwrap();
                own.extend(body["properties"].as_object().cloned().unwrap_or_default());
                Answer::json(200, record.clone())
            }
            // What is not there is deleted, too.
            ("DELETE", [id]) => {
                self.shelf(kind).unwrap().retain(|record| record["id"] != **id);
                Answer::empty(204)
            }
            _ => fault(405, "METHOD_NOT_ALLOWED", "no such call"),
        }
    }
}

impl Closing for HubSpot {
    fn win(&mut self, title: &str) {
        self.move_deal(title, "closedwon");
    }
}

impl CrmVendor for HubSpot {
    fn know(&mut self, person: &Person) {
        self.next += 1;
        let (first, last) = person.name.split_once(' ').unwrap_or((&person.name, ""));
        self.contacts.push(json!({"id": self.next.to_string(), "properties": {"email": person.email,
            "firstname": first, "lastname": last, "phone": person.phone}}));
    }

    fn sell(&mut self, title: &str, value: f64) {
        let contact = self.contacts.last().unwrap()["id"].clone();
        let id = (90 - self.deals.len()).to_string();
        self.deals.push(json!({"id": id, "properties": {"dealname": title, "amount": value.to_string(),
            "dealstage": "closedlost", "createdate": "2026-01-02T10:00:00Z"},
            "associations": [{"to": {"id": contact}}]}));
    }

    fn people(&self) -> Vec<Person> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let person = |record: &Value| {
            let own = &record["properties"];
            let names = [&own["firstname"], &own["lastname"]].map(|name| name.as_str().unwrap_or_default());
            let name = names.join(" ").trim().to_owned();
            Person { name, email: text(&own["email"]), phone: text(&own["phone"]) }
        };
        self.contacts.iter().map(person).collect()
    }

    fn deals(&self) -> Vec<(String, f64, String)> {
        let deal = |record: &Value| {
            let own = &record["properties"];
            let stage = match own["dealstage"].as_str().unwrap() {
                "qualifiedtobuy" => "qualified",
                "closedwon" => "won",
                other => other,
            };
            let title = own["dealname"].as_str().unwrap().to_owned();
            (title, own["amount"].as_str().unwrap().parse().unwrap(), stage.to_owned())
        };
        self.deals.iter().map(deal).collect()
    }

    fn notes(&self) -> Vec<String> {
        let body = |note: &Value| note["properties"]["hs_note_body"].as_str().unwrap().to_owned();
        self.notes.iter().map(body).collect()
    }
}
