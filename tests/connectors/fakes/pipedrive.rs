//! Pipedrive: persons and deals of version 2, notes of version 1. Checks the token, the fields that there are, that ids
//! are numbers; a search finds whole values without regard to case.

use super::server::{Answer, Asked, Vendor, is_id};
use crate::connectors::crm::{CrmVendor, Person};
use crate::connectors::removal::Closing;
use serde_json::{Value, json};

const PERSON: [&str; 5] = ["name", "emails", "phones", "owner_id", "custom_fields"];
const DEAL: [&str; 7] = ["title", "person_id", "value", "currency", "status", "stage_id", "custom_fields"];
const NOTE: [&str; 4] = ["content", "person_id", "deal_id", "lead_id"];
const FIRST_STAGE: u64 = 11;
const LAST_STAGE: u64 = 13;

#[derive(Default)]
pub struct Pipedrive {
    pub persons: Vec<Value>,
    pub deals: Vec<Value>,
    pub notes: Vec<Value>,
}

impl Pipedrive {
    fn fault(&self, fields: &[&str], body: &Value) -> Option<Answer> {
        let object = body.as_object().cloned().unwrap_or_default();
        if let Some(unknown) = object.keys().find(|name| !fields.contains(&name.as_str())) {
            return Some(refusal(400, &format!("Validation failed: {unknown}: unrecognized key")));
        }
        let contacts = ["emails", "phones"].into_iter().flat_map(|kind| body[kind].as_array());
        if contacts.flatten().any(|contact| !contact["value"].is_string() || !contact["primary"].is_boolean())
        {
            return Some(refusal(400, "Validation failed: emails: expected objects"));
        }
        let person = &body["person_id"];
        if !person.is_null() && !self.persons.iter().any(|known| known["id"] == *person) {
            return Some(refusal(400, "Validation failed: person_id"));
        }
        let stage = &body["stage_id"];
        if !stage.is_null() && !stage.as_u64().is_some_and(|id| (FIRST_STAGE..=LAST_STAGE).contains(&id)) {
            return Some(refusal(400, "Validation failed: stage_id"));
        }
        let status = body["status"].as_str().unwrap_or("open");
        if !["open", "won", "lost"].contains(&status) || body["value"].is_string() {
            return Some(refusal(400, "Validation failed: status or value"));
        }
        None
    }

    fn search(&self, asked: &Asked) -> Answer {
        let (term, field) = (asked.parameter("term").unwrap(), asked.parameter("fields").unwrap());
        if term.chars().count() < 2 || asked.parameter("exact_match") != Some("true") {
            return refusal(400, "term is too short, or this fake does not know how loosely to search");
        }
        let kind = format!("{field}s");
        let found = self.persons.iter().filter(|person| {
            let values = person[&kind].as_array().into_iter().flatten();
            values.into_iter().any(|value| value["value"].as_str().unwrap().eq_ignore_ascii_case(term))
        });
        let flat = |person: &Value, kind: &str| -> Vec<Value> {
            person[kind].as_array().into_iter().flatten().map(|value| value["value"].clone()).collect()
        };
        let items: Vec<Value> = found
            .map(|person| {
                json!({"result_score": 0.9, "item": {"id": person["id"], "type": "person", "name": person["name"],
                    "emails": flat(person, "emails"), "phones": flat(person, "phones")}})
            })
            .collect();
        done(json!({"items": items}))
    }
}

fn refusal(status: u16, error: &str) -> Answer {
    Answer::json(status, json!({"success": false, "error": error, "code": "ERR_SCHEMA_VALIDATION_FAILED"}))
}

fn done(data: Value) -> Answer {
    Answer::json(200, json!({"success": true, "data": data, "additional_data": {"next_cursor": null}}))
}

impl Vendor for Pipedrive {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.header("x-api-token") != Some("p1pe") {
            return refusal(401, "unauthorized access");
        }
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let mut body = asked.json();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["api", "v2", "persons", "search"]) => self.search(asked),
            ("POST", ["api", "v2", "persons"]) => {
                if body["name"].as_str().is_none_or(str::is_empty) {
                    return refusal(400, "Validation failed: name: Required");
                }
                if let Some(refused) = self.fault(&PERSON, &body) {
                    return refused;
                }
                body["id"] = json!(41 + self.persons.len());
                self.persons.push(body.clone());
                done(body)
            }
            ("PATCH", ["api", "v2", "persons", id]) => {
                if let Some(refused) = self.fault(&PERSON, &body) {
                    return refused;
                }
                patched(&mut self.persons, id, &body)
            }
            ("GET", ["api", "v2", "deals"]) => {
                let person: u64 = asked.parameter("person_id").unwrap().parse().unwrap();
                let deals: Vec<&Value> =
                    self.deals.iter().rev().filter(|deal| deal["person_id"] == person).collect();
                done(json!(deals))
            }
            ("POST", ["api", "v2", "deals"]) => {
                if body["title"].as_str().is_none_or(str::is_empty) {
                    return refusal(400, "Validation failed: title: Required");
                }
                if let Some(refused) = self.fault(&DEAL, &body) {
                    return refused;
                }
                let own = body.as_object_mut().unwrap();
                own.entry("stage_id").or_insert(json!(FIRST_STAGE));
                own.insert("id".to_owned(), json!(501 + self.deals.len()));
                own.insert("add_time".to_owned(), json!("2026-11-23T13:10:00Z"));
                own.insert("update_time".to_owned(), json!("2026-11-23T13:10:00Z"));
                self.deals.push(body.clone());
                done(body)
            }
            ("PATCH", ["api", "v2", "deals", id]) => {
                if let Some(refused) = self.fault(&DEAL, &body) {
                    return refused;
                }
                patched(&mut self.deals, id, &body)
            }
            ("POST", ["v1", "notes"]) => {
                let hangs = ["person_id", "deal_id", "lead_id"].iter().any(|on| body[*on].is_number());
                if body["content"].as_str().is_none_or(str::is_empty) || !hangs {
                    return refusal(400, "content and one of deal_id, person_id, lead_id are required");
                }
                if let Some(refused) = self.fault(&NOTE, &body) {
                    return refused;
                }
                body["id"] = json!(901 + self.notes.len());
                body["add_time"] = json!("2026-11-23 13:10:00");
                self.notes.push(body.clone());
                done(body)
            }
            ("GET", ["v1", "notes"]) => {
                let person: u64 = asked.parameter("person_id").unwrap().parse().unwrap();
                let notes: Vec<&Value> =
                    self.notes.iter().filter(|note| note["person_id"] == person).collect();
                // Version 1 says null where there is nothing.
                done(if notes.is_empty() { Value::Null } else { json!(notes) })
            }
            ("DELETE", ["api", "v2", "persons", id]) => deleted(&mut self.persons, id),
            ("DELETE", ["api", "v2", "deals", id]) => deleted(&mut self.deals, id),
            ("DELETE", ["v1", "notes", id]) => deleted(&mut self.notes, id),
            _ => refusal(404, "Unknown method ."),
        }
    }
}

fn patched(records: &mut [Value], id: &str, body: &Value) -> Answer {
    let Some(record) = records.iter_mut().find(|record| is_id(&record["id"], id)) else {
        return refusal(404, "not found");
    };
    record.as_object_mut().unwrap().extend(body.as_object().cloned().unwrap_or_default());
    done(record.clone())
}

fn deleted(records: &mut Vec<Value>, id: &str) -> Answer {
    let before = records.len();
    records.retain(|record| !is_id(&record["id"], id));
    if records.len() == before { refusal(404, "not found") } else { done(json!({"id": id})) }
}

impl Closing for Pipedrive {
    fn win(&mut self, title: &str) {
        let deal = self.deals.iter_mut().find(|deal| deal["title"] == title).unwrap();
        deal["status"] = json!("won");
    }
}

impl CrmVendor for Pipedrive {
    fn know(&mut self, person: &Person) {
        let contact = |value: &Option<String>| match value {
            Some(value) => json!([{"value": value, "primary": true, "label": "work"}]),
            None => json!([]),
        };
        self.persons.push(json!({"id": 41 + self.persons.len(), "name": person.name,
            "emails": contact(&person.email), "phones": contact(&person.phone)}));
    }

    fn sell(&mut self, title: &str, value: f64) {
        let person = self.persons.last().unwrap()["id"].clone();
        self.deals
            .push(json!({"id": 501 + self.deals.len(), "title": title, "value": value, "status": "lost",
            "person_id": person, "stage_id": 12, "add_time": "2026-01-02T10:00:00Z"}));
    }

    fn people(&self) -> Vec<Person> {
        let first = |value: &Value| value[0]["value"].as_str().map(str::to_owned);
        let person = |record: &Value| Person {
            name: record["name"].as_str().unwrap().to_owned(),
            email: first(&record["emails"]),
            phone: first(&record["phones"]),
        };
        self.persons.iter().map(person).collect()
    }

    fn deals(&self) -> Vec<(String, f64, String)> {
        let deal = |record: &Value| {
            let stage = match (record["status"].as_str().unwrap(), record["stage_id"].as_u64().unwrap()) {
                ("open", 11) => "new",
                ("open", 12) => "qualified",
                ("open", _) => "proposal",
                (status, _) => status,
            };
            (
                record["title"].as_str().unwrap().to_owned(),
                record["value"].as_f64().unwrap(),
                stage.to_owned(),
            )
        };
        self.deals.iter().map(deal).collect()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.iter().map(|note| note["content"].as_str().unwrap().to_owned()).collect()
    }
}
