//! SendGrid: takes mail, and says what a key may do.

use super::server::{Answer, Asked, Vendor};
use serde_json::{Value, json};

#[derive(Default)]
pub struct SendGrid {
    pub mails: Vec<Value>,
}

fn fault(status: u16, message: &str, field: Option<&str>) -> Answer {
    Answer::json(status, json!({"errors": [{"message": message, "field": field, "help": null}]}))
}

impl Vendor for SendGrid {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.header("authorization") != Some("Bearer SG.1") {
            return fault(401, "The provided authorization grant is invalid, expired, or revoked", None);
        }
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/v3/scopes") => {
                Answer::json(200, json!({"scopes": ["mail.send", "sender_verification_eligible"]}))
            }
            ("POST", "/v3/mail/send") => {
                let body = asked.json();
                if body["from"]["email"] != "avisos@shop.example" {
                    return fault(
                        403,
                        "The from address does not match a verified Sender Identity.",
                        Some("from"),
                    );
                }
                let to = &body["personalizations"][0]["to"][0]["email"];
                if to.as_str().is_none_or(|address| !address.contains('@')) {
                    return fault(
                        400,
                        "Does not contain a valid address.",
                        Some("personalizations.0.to.0.email"),
                    );
                }
                if body["subject"].as_str().is_none_or(str::is_empty)
                    || body["content"][0]["value"].as_str().is_none_or(str::is_empty)
                {
                    return fault(400, "The subject is required.", Some("subject"));
                }
                self.mails.push(body);
                Answer::empty(202).with("x-message-id", "14c5d75ce93")
            }
            _ => fault(404, "not found", None),
        }
    }
}
