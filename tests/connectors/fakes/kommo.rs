//! Kommo: lists in, `_embedded` out, 204 for nothing. Checks the token, field codes, that ids and prices are whole
//! numbers; its search looks into everything.

use super::server::{Answer, Asked, Vendor, is_id};
use crate::connectors::crm::{CrmVendor, Person};
use serde_json::{Value, json};

const STAGES: [u64; 5] = [7001, 7002, 7003, 142, 143];

#[derive(Default)]
pub struct Kommo {
    pub contacts: Vec<Value>,
    pub leads: Vec<Value>,
    pub notes: Vec<Value>,
}

fn refusal(status: u16, detail: &str) -> Answer {
    Answer::json(status, json!({"title": "Bad Request", "status": status, "detail": detail}))
}

fn embedded(kind: &str, records: &[Value]) -> Answer {
    match records {
        [] => Answer::empty(204),
        records => Answer::json(200, json!({"_page": 1, "_embedded": {kind: records}})),
    }
}

fn field(contact: &Value, code: &str) -> Option<String> {
    let fields = contact["custom_fields_values"].as_array()?;
    let field = fields.iter().find(|field| field["field_code"] == code)?;
    field["values"][0]["value"].as_str().map(str::to_owned)
}

impl Kommo {
    fn is_contact(body: &Value) -> bool {
        let known = ["name", "first_name", "last_name", "custom_fields_values", "responsible_user_id"];
        let fields = body["custom_fields_values"].as_array().into_iter().flatten();
        body.as_object().is_some_and(|object| object.keys().all(|name| known.contains(&name.as_str())))
            && fields.into_iter().all(|field| {
                ["EMAIL", "PHONE"].contains(&field["field_code"].as_str().unwrap_or_default())
                    && field["values"][0]["value"].is_string()
            })
    }

    fn is_lead(body: &Value) -> bool {
        let known = ["name", "price", "status_id", "pipeline_id", "_embedded", "responsible_user_id"];
        body.as_object().is_some_and(|object| object.keys().all(|name| known.contains(&name.as_str())))
            && (body["price"].is_null() || body["price"].is_u64())
            && (body["status_id"].is_null()
                || body["status_id"].as_u64().is_some_and(|id| STAGES.contains(&id)))
    }

    fn leads_of(&self, contact: &Value) -> Vec<Value> {
        let theirs = self.leads.iter().filter(|lead| lead["_embedded"]["contacts"][0]["id"] == *contact);
        theirs.map(|lead| json!({"id": lead["id"]})).collect()
    }
}

impl Vendor for Kommo {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.header("authorization") != Some("Bearer k0mmo") {
            return refusal(401, "Unauthorized");
        }
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let ["api", "v4", rest @ ..] = parts.as_slice() else { return refusal(404, "Not found") };
        let body = asked.json();
        match (asked.method.as_str(), rest) {
            ("GET", ["contacts"]) => {
                let wanted = asked.parameter("query").unwrap().to_lowercase();
                let fits = |contact: &&Value| contact.to_string().to_lowercase().contains(&wanted);
                let found: Vec<Value> = self.contacts.iter().filter(fits).cloned().collect();
                embedded("contacts", &found)
            }
            ("POST", ["contacts"]) => {
                let Some([contact]) = body.as_array().map(Vec::as_slice) else {
                    return refusal(400, "a list is expected");
                };
                if !Self::is_contact(contact) {
                    return refusal(400, "Request validation failed");
                }
                let mut contact = contact.clone();
                contact["id"] = json!(9_001 + self.contacts.len());
                self.contacts.push(contact.clone());
                embedded("contacts", &[json!({"id": contact["id"], "request_id": "0"})])
            }
            ("GET", ["contacts", id]) => {
                let Some(contact) = self.contacts.iter().find(|contact| is_id(&contact["id"], id)) else {
                    return Answer::empty(204);
                };
                let mut shown = contact.clone();
                let leads = if asked.parameter("with") == Some("leads") {
                    self.leads_of(&contact["id"])
                } else {
                    Vec::new()
                };
                shown["_embedded"] = json!({"tags": [], "leads": leads});
                Answer::json(200, shown)
            }
            ("PATCH", ["contacts", id]) => {
                let Some(contact) = self.contacts.iter_mut().find(|contact| is_id(&contact["id"], id)) else {
                    return refusal(404, "Not found");
                };
                if !Self::is_contact(&body) {
                    return refusal(400, "Request validation failed");
                }
                contact.as_object_mut().unwrap().extend(body.as_object().cloned().unwrap_or_default());
                Answer::json(200, json!({"id": contact["id"]}))
            }
            ("GET", ["leads"]) => {
                let wanted: Vec<&str> = asked
                    .query
                    .iter()
                    .filter(|(name, _)| name == "filter[id][]")
                    .map(|(_, id)| id.as_str())
                    .collect();
                assert!(!wanted.is_empty(), "without a filter these are everybody's");
                let fits = |lead: &&Value| wanted.contains(&lead["id"].to_string().as_str());
                let found: Vec<Value> = self.leads.iter().filter(fits).cloned().collect();
                embedded("leads", &found)
            }
            ("POST", ["leads"]) => {
                let Some([lead]) = body.as_array().map(Vec::as_slice) else {
                    return refusal(400, "a list is expected");
                };
                let contact = &lead["_embedded"]["contacts"][0]["id"];
                if !Self::is_lead(lead) || !self.contacts.iter().any(|known| known["id"] == *contact) {
                    return refusal(400, "Request validation failed");
                }
                let mut lead = lead.clone();
                let own = lead.as_object_mut().unwrap();
                own.entry("status_id").or_insert(json!(7001));
                own.insert("id".to_owned(), json!(5_001 + self.leads.len()));
                own.insert("created_at".to_owned(), json!(1_795_439_400));
                self.leads.push(lead.clone());
                embedded("leads", &[json!({"id": lead["id"], "request_id": "0"})])
            }
            ("PATCH", ["leads", id]) => {
                let Some(lead) = self.leads.iter_mut().find(|lead| is_id(&lead["id"], id)) else {
                    return refusal(404, "Not found");
                };
                if !Self::is_lead(&body) {
                    return refusal(400, "Request validation failed");
                }
                lead.as_object_mut().unwrap().extend(body.as_object().cloned().unwrap_or_default());
                Answer::json(200, json!({"id": lead["id"]}))
            }
            ("POST", ["contacts", id, "notes"]) => {
                let Some([note]) = body.as_array().map(Vec::as_slice) else {
                    return refusal(400, "a list is expected");
                };
                if note["note_type"] != "common" || !note["params"]["text"].is_string() {
                    return refusal(400, "Request validation failed");
                }
                let mut note = note.clone();
                note["id"] = json!(3_001 + self.notes.len());
                note["entity"] = json!(id);
                note["created_at"] = json!(1_795_439_400);
                self.notes.push(note.clone());
                embedded("notes", &[json!({"id": note["id"], "request_id": "0"})])
            }
            ("GET", ["contacts", id, "notes"]) => {
                let found: Vec<Value> =
                    self.notes.iter().rev().filter(|note| note["entity"] == **id).cloned().collect();
                embedded("notes", &found)
            }
            _ => refusal(404, "Not found"),
        }
    }
}

impl CrmVendor for Kommo {
    fn know(&mut self, person: &Person) {
        self.contacts.push(
            json!({"id": 9_001 + self.contacts.len(), "name": person.name, "custom_fields_values": [
            {"field_code": "EMAIL", "values": [{"value": person.email, "enum_code": "WORK"}]},
            {"field_code": "PHONE", "values": [{"value": person.phone, "enum_code": "WORK"}]}]}),
        );
    }

    fn sell(&mut self, title: &str, value: f64) {
        let contact = self.contacts.last().unwrap()["id"].clone();
        self.leads.push(json!({"id": 5_001 + self.leads.len(), "name": title, "price": value as u64,
            "status_id": 143, "created_at": 1_767_348_000, "_embedded": {"contacts": [{"id": contact}]}}));
    }

    fn people(&self) -> Vec<Person> {
        let person = |contact: &Value| Person {
            name: contact["name"].as_str().unwrap().to_owned(),
            email: field(contact, "EMAIL"),
            phone: field(contact, "PHONE"),
        };
        self.contacts.iter().map(person).collect()
    }

    fn deals(&self) -> Vec<(String, f64, String)> {
        let deal = |lead: &Value| {
            let stage = match lead["status_id"].as_u64().unwrap() {
                142 => "won",
                143 => "lost",
                7002 => "qualified",
                7003 => "proposal",
                _ => "new",
            };
            (lead["name"].as_str().unwrap().to_owned(), lead["price"].as_f64().unwrap(), stage.to_owned())
        };
        self.leads.iter().map(deal).collect()
    }

    fn kept(value: f64) -> f64 {
        value.floor()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.iter().map(|note| note["params"]["text"].as_str().unwrap().to_owned()).collect()
    }
}
