//! GLPI: sessions that end, tickets and followups whose HTML comes back escaped once more or as it was, times without a
//! zone, errors as a code and a text.

use super::server::{Answer, Asked, Vendor};
use serde_json::{Value, json};

pub struct Glpi {
    pub tickets: Vec<Value>,
    pub followups: Vec<Value>,
    /// Requesters by ticket.
    pub people: Vec<Value>,
    /// How many sessions were opened; the newest one holds.
    pub sessions: u32,
    /// Whether content is kept escaped, as version 10 does.
    escapes: bool,
}

impl Glpi {
    pub fn new(escapes: bool) -> Self {
        Self { tickets: Vec::new(), followups: Vec::new(), people: Vec::new(), sessions: 0, escapes }
    }

    /// The session is over.
    pub fn end_session(&mut self) {
        self.sessions += 1000;
    }

    /// Somebody of the team does something to a ticket.
    pub fn team(&mut self, number: i64, status: u8, note: Option<(&str, bool)>) {
        let ticket = self.tickets.iter_mut().find(|ticket| ticket["id"] == number).unwrap();
        ticket["status"] = json!(status);
        if let Some((text, public)) = note {
            self.follow(number, &format!("<p>{text}</p>"), !public);
        }
    }

    fn follow(&mut self, number: i64, html: &str, private: bool) -> i64 {
        let id = 500 + self.followups.len() as i64;
        self.followups.push(json!({
            "id": id, "itemtype": "Ticket", "items_id": number, "content": self.kept(html),
            "is_private": u8::from(private), "date": "2026-11-23 11:00:00", "users_id": 7,
        }));
        id
    }

    fn kept(&self, html: &str) -> String {
        if !self.escapes {
            return html.to_owned();
        }
        html.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;")
    }
}

fn fault(status: u16, code: &str) -> Answer {
    Answer::json(status, json!([code, "uma explicação; veja a documentação"]))
}

impl Vendor for Glpi {
    fn answer(&mut self, asked: &Asked) -> Answer {
        match asked.header("app-token") {
            Some("app-1") => {}
            Some(_) => return fault(400, "ERROR_WRONG_APP_TOKEN_PARAMETER"),
            None => return fault(400, "ERROR_APP_TOKEN_PARAMETERS_MISSING"),
        }
        assert!(asked.method != "GET" || asked.body.is_empty(), "a GET has no body");
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let Some((&"apirest.php", parts)) = parts.split_first() else { return Answer::empty(404) };
        if parts == ["initSession"] {
            if asked.header("authorization") != Some("user_token us3r") {
                return fault(401, "ERROR_GLPI_LOGIN_USER_TOKEN");
            }
            self.sessions += 1;
            return Answer::json(200, json!({"session_token": format!("s{}", self.sessions)}));
        }
        match asked.header("session-token") {
            None => return fault(400, "ERROR_SESSION_TOKEN_MISSING"),
            Some(token) if token != format!("s{}", self.sessions) => {
                return fault(401, "ERROR_SESSION_TOKEN_INVALID");
            }
            Some(_) => {}
        }
        assert_eq!(asked.header("authorization"), None, "the user's token opens sessions only");
        let body = asked.json();
        let input = &body["input"];
        let of_ticket = |number: &str, records: &[Value], field: &str| -> Vec<Value> {
            let number: i64 = number.parse().unwrap();
            records.iter().filter(|record| record[field] == number).cloned().collect()
        };
        match (asked.method.as_str(), parts) {
            ("POST", ["Ticket"]) => {
                if input["name"].as_str().is_none_or(str::is_empty) {
                    return fault(400, "ERROR_GLPI_ADD");
                }
                let number = 41 + self.tickets.len() as i64;
                let content = self.kept(input["content"].as_str().unwrap());
                let email = &input["_users_id_requester_notif"]["alternative_email"][0];
                if email.is_string() {
                    assert_eq!(input["_users_id_requester"], json!([0]));
                    self.people.push(json!({"id": 1, "tickets_id": number, "users_id": 0, "type": 1,
                        "use_notification": 1, "alternative_email": email}));
                }
                self.people.push(json!({"id": 2, "tickets_id": number, "users_id": 9, "type": 2,
                    "use_notification": 1, "alternative_email": "tecnico@shop.example"}));
                self.tickets.push(json!({
                    "id": number, "name": input["name"], "content": content, "status": 1,
                    "urgency": input["urgency"], "is_deleted": 0, "entities_id": 0,
                    "date": "2026-11-23 10:10:00", "date_creation": "2026-11-23 10:10:00",
                    "date_mod": "2026-11-23 10:10:00",
                }));
                Answer::json(201, json!({"id": number, "message": ""}))
            }
            ("GET", ["Ticket"]) => {
                let wanted = asked.parameter("searchText[content]").unwrap();
                let found: Vec<&Value> = self
                    .tickets
                    .iter()
                    .filter(|ticket| ticket["content"].as_str().unwrap().contains(wanted))
                    .collect();
                Answer::json(206, json!(found))
            }
            ("GET", ["Ticket", number, rest @ ..]) => {
                let Some(ticket) = of_ticket(number, &self.tickets, "id").pop() else {
                    return fault(404, "ERROR_ITEM_NOT_FOUND");
                };
                match rest {
                    [] => Answer::json(200, ticket),
                    ["Ticket_User"] => {
                        Answer::json(200, json!(of_ticket(number, &self.people, "tickets_id")))
                    }
                    ["ITILFollowup"] => {
                        // In no order that may be relied on.
                        let mut notes = of_ticket(number, &self.followups, "items_id");
                        notes.reverse();
                        Answer::json(200, json!(notes))
                    }
                    _ => fault(400, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM"),
                }
            }
            ("POST", ["ITILFollowup"]) => {
                assert_eq!(input["itemtype"], "Ticket");
                let number = input["items_id"].as_i64().unwrap();
                let html = input["content"].as_str().unwrap().to_owned();
                let reopens = input["add_reopen"] == 1;
                let Some(ticket) = self.tickets.iter_mut().find(|ticket| ticket["id"] == number) else {
                    return fault(400, "ERROR_GLPI_ADD");
                };
                if reopens {
                    ticket["status"] = json!(2);
                }
                let id = self.follow(number, &html, input["is_private"] == 1);
                Answer::json(201, json!({"id": id, "message": ""}))
            }
            _ => fault(400, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM"),
        }
    }
}
