//! Redmine: issues of a project, notes in journals, statuses by name.

use super::server::{Answer, Asked, Vendor};
use serde_json::{Value, json};

#[derive(Default)]
pub struct Redmine {
    pub issues: Vec<Value>,
}

impl Redmine {
    pub fn new() -> Self {
        Self::default()
    }

    /// Somebody of the team does something to an issue.
    pub fn team(&mut self, number: i64, status: &str, note: Option<(&str, bool)>) {
        let issue = self.issues.iter_mut().find(|issue| issue["id"] == number).unwrap();
        issue["status"] = json!({"id": 5, "name": status, "is_closed": status == "Closed"});
        if let Some((text, public)) = note {
            let journal = json!({
                "id": 80, "user": {"id": 1, "name": "Equipe"}, "notes": text,
                "created_on": "2026-11-23T14:00:00Z", "private_notes": !public, "details": []
            });
            issue["journals"].as_array_mut().unwrap().push(journal);
        }
    }
}

/// Text as it is kept: lines end with CR LF.
fn lines(text: &Value) -> Value {
    json!(text.as_str().map(|text| text.replace('\n', "\r\n")))
}

impl Vendor for Redmine {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.header("x-redmine-api-key") != Some("k3y") {
            return Answer::empty(401);
        }
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["issues.json"]) => {
                let issue = &asked.json()["issue"];
                if issue["subject"].as_str().is_none_or(str::is_empty) {
                    return Answer::json(422, json!({"errors": ["Subject cannot be blank"]}));
                }
                if issue["project_id"] != "loja" {
                    return Answer::empty(404);
                }
                let number = 71 + self.issues.len() as i64;
                let record = json!({
                    "id": number, "subject": issue["subject"], "description": lines(&issue["description"]),
                    "project": {"id": 1, "name": "Loja"}, "priority": {"id": 2, "name": "Normal"},
                    "status": {"id": 1, "name": "New", "is_closed": false}, "journals": [],
                    "created_on": "2026-11-23T13:10:00Z", "updated_on": "2026-11-23T13:10:00Z",
                });
                self.issues.push(record.clone());
                Answer::json(201, json!({"issue": record}))
            }
            ("GET", ["issues.json"]) => {
                let newest: Vec<&Value> = self.issues.iter().rev().take(50).collect();
                Answer::json(
                    200,
                    json!({"issues": newest, "total_count": self.issues.len(), "offset": 0, "limit": 50}),
                )
            }
            (method, ["issues", file]) => {
                let number: i64 = file.trim_end_matches(".json").parse().unwrap();
                let Some(issue) = self.issues.iter_mut().find(|issue| issue["id"] == number) else {
                    return Answer::empty(404);
                };
                match method {
                    "GET" => {
                        let mut shown = issue.clone();
                        if asked.parameter("include") != Some("journals") {
                            shown.as_object_mut().unwrap().remove("journals");
                        }
                        Answer::json(200, json!({"issue": shown}))
                    }
                    "PUT" => {
                        let notes = lines(&asked.json()["issue"]["notes"]);
                        let journals = issue["journals"].as_array_mut().unwrap();
                        let id = 60 + journals.len();
                        journals.push(json!({
                            "id": id, "user": {"id": 9, "name": "Balcao"}, "notes": notes,
                            "created_on": "2026-11-23T13:20:00Z", "private_notes": false, "details": []
                        }));
                        Answer::empty(204)
                    }
                    _ => Answer::empty(405),
                }
            }
            _ => Answer::empty(404),
        }
    }
}
