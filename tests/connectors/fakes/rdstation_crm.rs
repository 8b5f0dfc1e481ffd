//! RD Station CRM, version 1: the token in the query, wrapped bodies, deals that find their contact by e-mail or make
//! one, activities that want a deal and a user.

use super::server::{Answer, Asked, Vendor};
use crate::connectors::crm::{CrmVendor, Person};
use serde_json::{Value, json};

const USER: &str = "5f0000000000000000000001";

#[derive(Default)]
pub struct RdStation {
    pub contacts: Vec<Value>,
    pub deals: Vec<Value>,
    pub activities: Vec<Value>,
}

fn refusal(status: u16, error: &str) -> Answer {
    Answer::json(status, json!({"error": error}))
}

/// Whether a wrapped object holds nothing but these.
fn holds_only(body: &Value, fields: &[&str]) -> bool {
    body.as_object().is_some_and(|object| object.keys().all(|name| fields.contains(&name.as_str())))
}

impl RdStation {
    fn contact(&mut self, contact: &Value) -> Result<Value, Answer> {
        if !holds_only(contact, &["name", "emails", "phones", "title", "notes"]) {
            return Err(refusal(422, "unknown field"));
        }
        if contact["name"].as_str().is_none_or(str::is_empty) {
            return Err(refusal(422, "name can't be blank"));
        }
        let id = format!("6a{:022}", self.contacts.len());
        let mut record = contact.clone();
        let own = record.as_object_mut().unwrap();
        own.insert("id".to_owned(), json!(id));
        own.insert("_id".to_owned(), json!(id));
        self.contacts.push(record.clone());
        Ok(record)
    }

    /// A contact with the deals it takes part in.
    fn shown(&self, contact: &Value) -> Value {
        let mut shown = contact.clone();
        let theirs = self.deals.iter().filter(|deal| deal["contact"] == contact["id"]);
        let deals: Vec<Value> = theirs
            .map(
                |deal| json!({"id": deal["id"], "_id": deal["id"], "name": deal["name"], "win": deal["win"]}),
            )
            .collect();
        shown["deals"] = json!(deals);
        shown
    }

    fn by(&self, list: &str, field: &str, wanted: &str) -> Vec<Value> {
        let fits = |contact: &&Value| {
            let values = contact[list].as_array().into_iter().flatten();
            values.into_iter().any(|value| value[field].as_str().unwrap().eq_ignore_ascii_case(wanted))
        };
        self.contacts.iter().filter(fits).map(|contact| self.shown(contact)).collect()
    }

    fn deal(&mut self, body: &Value) -> Answer {
        let deal = &body["deal"];
        if !holds_only(body, &["deal", "contacts", "deal_products"])
            || !holds_only(deal, &["name", "user_id", "deal_stage_id", "rating"])
            || deal["name"].as_str().is_none_or(str::is_empty)
        {
            return refusal(422, "deal is not valid");
        }
        let mut contact = Value::Null;
        if let Some(wanted) = body["contacts"].get(0) {
            let email = wanted["emails"][0]["email"].as_str().unwrap_or_default().to_owned();
            contact = match self.by("emails", "email", &email).first() {
                Some(known) => known["id"].clone(),
                None => match self.contact(wanted) {
                    Ok(made) => made["id"].clone(),
                    Err(refused) => return refused,
                },
            };
        }
        let total: f64 = body["deal_products"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|product| product["total"].as_f64())
            .sum();
        // An id begins with the second it was made.
        let id = format!("6b043b28{:016}", self.deals.len());
        let record = json!({"id": id, "_id": id, "name": deal["name"], "amount_total": total, "win": null,
            "deal_stage_id": deal["deal_stage_id"].as_str().unwrap_or("st-new"), "contact": contact});
        self.deals.push(record.clone());
        Answer::json(200, record)
    }
}

impl Vendor for RdStation {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.parameter("token") != Some("rd-s3cret") {
            return refusal(401, "Token inválido");
        }
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let ["api", "v1", parts @ ..] = parts.as_slice() else { return refusal(404, "not found") };
        let body = asked.json();
        match (asked.method.as_str(), parts) {
            ("GET", ["contacts"]) => {
                let found = match (asked.parameter("email"), asked.parameter("phone")) {
                    (Some(email), _) => self.by("emails", "email", email),
                    (None, Some(phone)) => self.by("phones", "phone", phone),
                    (None, None) => self.contacts.clone(),
                };
                Answer::json(200, json!({"total": found.len(), "has_more": false, "contacts": found}))
            }
            ("POST", ["contacts"]) => match self.contact(&body["contact"]) {
                Ok(made) => Answer::json(200, made),
                Err(refused) => refused,
            },
            (method, ["contacts", id]) => {
                let Some(at) = self.contacts.iter().position(|contact| contact["id"] == **id) else {
                    return refusal(404, "not found");
                };
                if method == "PUT" {
                    let changes = body["contact"].as_object().cloned().unwrap_or_default();
                    self.contacts[at].as_object_mut().unwrap().extend(changes);
                }
                Answer::json(200, self.shown(&self.contacts[at]))
            }
            ("POST", ["deals"]) => self.deal(&body),
            ("PUT", ["deals", id]) => {
                let Some(deal) = self.deals.iter_mut().find(|deal| deal["id"] == **id) else {
                    return refusal(404, "not found");
                };
                if !body["deal"]["win"].is_null() && !body["deal"]["win"].is_boolean() {
                    return refusal(422, "win is not valid");
                }
                let own = deal.as_object_mut().unwrap();
                own.extend(body["deal"].as_object().cloned().unwrap_or_default());
                if let Some(stage) = body["deal_stage_id"].as_str() {
                    own.insert("deal_stage_id".to_owned(), json!(stage));
                }
                Answer::json(200, deal.clone())
            }
            ("POST", ["activities"]) => {
                let activity = &body["activity"];
                let is_there = self.deals.iter().any(|deal| deal["id"] == activity["deal_id"]);
                if !is_there || activity["user_id"] != USER || !activity["text"].is_string() {
                    return refusal(422, "deal_id, user_id and text are required");
                }
                let mut record = activity.clone();
                record["id"] = json!(format!("6b043b29{:016}", self.activities.len()));
                self.activities.push(record.clone());
                Answer::json(200, record)
            }
            ("GET", ["activities"]) => {
                let deal = asked.parameter("deal_id").unwrap();
                let found: Vec<&Value> =
                    self.activities.iter().filter(|activity| activity["deal_id"] == deal).collect();
                Answer::json(200, json!({"total": found.len(), "has_more": false, "activities": found}))
            }
            _ => refusal(404, "not found"),
        }
    }
}

impl CrmVendor for RdStation {
    fn know(&mut self, person: &Person) {
        let contact = json!({"name": person.name, "emails": [{"email": person.email}],
            "phones": [{"phone": person.phone, "type": "cellphone"}]});
        assert!(self.contact(&contact).is_ok());
    }

    fn sell(&mut self, title: &str, value: f64) {
        let contact = self.contacts.last().unwrap()["id"].clone();
        self.deals.push(
            json!({"id": format!("69000000{:016}", self.deals.len()), "name": title, "amount_total": value,
            "win": false, "contact": contact}),
        );
    }

    fn people(&self) -> Vec<Person> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let person = |record: &Value| Person {
            name: record["name"].as_str().unwrap().to_owned(),
            email: text(&record["emails"][0]["email"]),
            phone: text(&record["phones"][0]["phone"]),
        };
        self.contacts.iter().map(person).collect()
    }

    fn deals(&self) -> Vec<(String, f64, String)> {
        let deal = |record: &Value| {
            let stage = match (record["win"].as_bool(), record["deal_stage_id"].as_str()) {
                (Some(true), _) => "won",
                (Some(false), _) => "lost",
                (None, Some("st-qualified")) => "qualified",
                (None, _) => "new",
            };
            let title = record["name"].as_str().unwrap().to_owned();
            (title, record["amount_total"].as_f64().unwrap(), stage.to_owned())
        };
        self.deals.iter().map(deal).collect()
    }

    fn notes(&self) -> Vec<String> {
        let of_deals = self.activities.iter().map(|activity| &activity["text"]);
        let of_contacts = self.contacts.iter().map(|contact| &contact["notes"]);
        of_deals.chain(of_contacts).filter_map(|text| text.as_str().map(str::to_owned)).collect()
    }
}
