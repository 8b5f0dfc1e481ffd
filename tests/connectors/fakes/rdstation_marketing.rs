//! RD Station Marketing: takes conversions of people known by their e-mail, by an account's key, and tells nothing else.

use super::server::{Answer, Asked, Vendor};
use serde_json::{Value, json};

#[derive(Default)]
pub struct RdStationMarketing {
    /// What came with each conversion.
    pub conversions: Vec<Value>,
}

fn refused(kind: &str, message: &str) -> Answer {
    Answer::json(400, json!({"errors": [{"error_type": kind, "error_message": message}]}))
}

impl Vendor for RdStationMarketing {
    fn answer(&mut self, asked: &Asked) -> Answer {
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/platform/conversions"));
        if asked.parameter("api_key") != Some("rd-k3y") {
            let errors = json!([{"error_type": "UNAUTHORIZED", "error_message": "Invalid token."}]);
            return Answer::json(401, json!({"errors": errors}));
        }
        let body = asked.json();
        if body["event_type"] != "CONVERSION" || body["event_family"] != "CDP" {
            return refused("INVALID_OPTION", "Must be one of the valid options.");
        }
        let payload = &body["payload"];
        let known = [
            "conversion_identifier",
            "email",
            "name",
            "mobile_phone",
            "tags",
            "available_for_mailing",
            "legal_bases",
        ];
        let fields = payload.as_object().cloned().unwrap_or_default();
        for (field, value) in &fields {
            if !known.contains(&field.as_str()) {
                return refused("UNRECOGNIZED_FIELD", &format!("{field} is not known."));
            }
            if value.is_null() {
                return refused("INVALID_DATA_TYPE", &format!("{field} must not be null."));
            }
        }
        let text = |field: &str| payload[field].as_str().unwrap_or_default();
        if text("conversion_identifier").is_empty() {
            return refused("CANNOT_BE_BLANK", "conversion_identifier: cannot be blank.");
        }
        if !text("email").contains('@') {
            return refused("INVALID_FORMAT", "email: invalid format.");
        }
        if fields.get("available_for_mailing").is_some_and(|value| !value.is_boolean()) {
            return refused("INVALID_DATA_TYPE", "available_for_mailing: must be a boolean.");
        }
        for basis in payload["legal_bases"].as_array().into_iter().flatten() {
            let given = (basis["category"].as_str(), basis["type"].as_str(), basis["status"].as_str());
            if given != (Some("communications"), Some("consent"), Some("granted")) {
                return refused("INVALID_OPTION", "legal_bases: invalid option.");
            }
        }
        self.conversions.push(payload.clone());
        Answer::json(200, json!({"event_uuid": format!("e-{}", self.conversions.len())}))
    }
}
