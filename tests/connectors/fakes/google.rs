//! Google: tokens for service accounts, and calendars whose events bear ids that callers choose.

use super::server::{Answer, Asked, Vendor};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Google {
    /// Events by calendar.
    pub calendars: BTreeMap<String, Vec<Value>>,
    pub tokens: u32,
    /// What somebody writes by hand right before the next event arrives or is moved: start and end.
    pub meanwhile: Option<(String, String)>,
    revision: u32,
}

impl Google {
    pub fn new(calendars: &[&str]) -> Self {
        let calendars = calendars.iter().map(|name| ((*name).to_owned(), Vec::new())).collect();
        Self { calendars, ..Self::default() }
    }

    /// Somebody writes into a calendar by hand.
    pub fn occupy(&mut self, calendar: &str, start: &str, end: &str) {
        let event = json!({"id": "byhand", "status": "confirmed", "etag": "\"0\"",
            "start": {"dateTime": start}, "end": {"dateTime": end}});
        self.calendars.get_mut(calendar).unwrap().push(event);
    }

    pub fn standing(&self, calendar: &str) -> Vec<Value> {
        self.calendars[calendar].iter().filter(|event| event["status"] != "cancelled").cloned().collect()
    }

    fn etag(&mut self) -> Value {
        self.revision += 1;
        json!(format!("\"{}\"", self.revision))
    }
}

fn fault(status: u16, reason: &str) -> Answer {
    let body = json!({"error": {"code": status, "message": reason, "errors": [{"domain": "calendar", "reason": reason}]}});
    Answer::json(status, body)
}

fn at(value: &Value) -> Timestamp {
    value["dateTime"].as_str().unwrap().parse().unwrap()
}

impl Vendor for Google {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if let ["token"] = parts.as_slice() {
            let form = asked.form();
            assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
            let mut jwt = form["assertion"].split('.');
            let mut part = || -> Value {
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.next().unwrap()).unwrap()).unwrap()
            };
            let (header, claims) = (part(), part());
            assert_eq!(header["alg"], "RS256");
            assert_eq!(claims["iss"], "desk@shop.iam.gserviceaccount.com");
            assert!(claims["aud"].as_str().unwrap().ends_with("/token"));
            assert!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 3600);
            self.tokens += 1;
            let token = format!("ya29.{}", self.tokens);
            return Answer::json(
                200,
                json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"}),
            );
        }
        let token = format!("Bearer ya29.{}", self.tokens);
        if self.tokens == 0 || asked.header("authorization") != Some(&token) {
            return fault(401, "authError");
        }
        let body = asked.json();
        match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["calendar", "v3", "freeBusy"]) => {
                let (from, until): (Timestamp, Timestamp) = (
                    body["timeMin"].as_str().unwrap().parse().unwrap(),
                    body["timeMax"].as_str().unwrap().parse().unwrap(),
                );
                let name = body["items"][0]["id"].as_str().unwrap().to_owned();
                let mut calendars = BTreeMap::new();
                if self.calendars.contains_key(&name) {
                    let busy: Vec<Value> = self
                        .standing(&name)
                        .iter()
                        .filter(|event| at(&event["start"]) < until && from < at(&event["end"]))
                        .map(|event| json!({"start": at(&event["start"]).to_string(), "end": at(&event["end"]).to_string()}))
                        .collect();
                    calendars.insert(name, json!({"busy": busy}));
                } else {
                    calendars.insert(
                        name,
                        json!({"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}),
                    );
                }
                Answer::json(200, json!({"kind": "calendar#freeBusy", "calendars": calendars}))
            }
            (method, ["calendar", "v3", "calendars", calendar, "events", rest @ ..]) => {
                if !self.calendars.contains_key(*calendar) {
                    return fault(404, "notFound");
                }
                let etag = self.etag();
                if matches!(method, "POST" | "PATCH")
                    && let Some((start, end)) = self.meanwhile.take()
                {
                    self.occupy(calendar, &start, &end);
                }
                let events = self.calendars.get_mut(*calendar).unwrap();
                match (method, rest) {
                    ("POST", []) => {
                        let id = body["id"].as_str().unwrap_or_default();
                        let good = (5..=1024).contains(&id.len())
                            && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'v').contains(&byte));
                        if !good {
                            return fault(400, "invalid");
                        }
                        if events.iter().any(|event| event["id"] == id) {
                            return fault(409, "duplicate");
                        }
                        let mut event = body.clone();
                        event["status"] = json!("confirmed");
                        event["etag"] = etag;
                        events.push(event.clone());
                        Answer::json(200, event)
                    }
                    ("GET", []) => {
                        let bound = |name: &str| asked.parameter(name).unwrap().parse::<Timestamp>().unwrap();
                        let (from, until) = (bound("timeMin"), bound("timeMax"));
                        let found: Vec<&Value> = events
                            .iter()
                            .filter(|event| event["status"] != "cancelled")
                            .filter(|event| at(&event["start"]) < until && from < at(&event["end"]))
                            .collect();
                        Answer::json(200, json!({"kind": "calendar#events", "items": found}))
                    }
                    (method, [id]) => {
                        let Some(event) = events.iter_mut().find(|event| event["id"] == **id) else {
                            return fault(404, "notFound");
                        };
                        match method {
                            "GET" => Answer::json(200, event.clone()),
                            "PATCH" => {
                                if asked.header("if-match").is_some_and(|expected| event["etag"] != expected)
                                {
                                    return fault(412, "conditionNotMet");
                                }
                                for (field, value) in body.as_object().unwrap() {
                                    event[field] = value.clone();
                                }
                                event["etag"] = etag;
                                Answer::json(200, event.clone())
                            }
                            "DELETE" if event["status"] == "cancelled" => fault(410, "deleted"),
                            "DELETE" => {
                                event["status"] = json!("cancelled");
                                Answer::empty(204)
                            }
                            _ => fault(405, "methodNotAllowed"),
                        }
                    }
                    _ => fault(404, "notFound"),
                }
            }
            _ => fault(404, "notFound"),
        }
    }
}
