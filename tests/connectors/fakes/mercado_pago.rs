//! Mercado Pago: payments under idempotency keys, pages to pay on, a search by reference.

use super::server::{Answer, Asked, Vendor};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct MercadoPago {
    pub payments: Vec<Value>,
    pub pages: Vec<Value>,
    keys: BTreeMap<String, Value>,
}

fn fault(status: u16, message: &str) -> Answer {
    Answer::json(status, json!({"status": status, "error": "bad_request", "message": message, "cause": []}))
}

fn is_uuid(text: &str) -> bool {
    uuid::Uuid::parse_str(text).is_ok()
}

impl Vendor for MercadoPago {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.header("authorization") != Some("Bearer APP_USR-1") {
            return fault(401, "invalid_token");
        }
        let body = asked.json();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/v1/payments") => {
                let Some(key) = asked.header("x-idempotency-key").filter(|key| is_uuid(key)) else {
                    return fault(400, "Header X-Idempotency-Key can't be null");
                };
                if let Some(made) = self.keys.get(key) {
                    return Answer::json(201, made.clone());
                }
                if !body["transaction_amount"].is_number() || body["payer"]["email"].as_str().is_none() {
                    return fault(400, "transaction_amount and payer.email are needed");
                }
                assert!(body.get("notification_url").is_none(), "nothing is sent that was not set");
                let number = self.payments.len() + 1;
                let payment = json!({
                    "id": 9000 + number, "status": "pending", "payment_method_id": body["payment_method_id"],
                    "transaction_amount": body["transaction_amount"], "currency_id": "BRL",
                    "external_reference": body["external_reference"], "description": body["description"],
                    "date_of_expiration": "2027-11-27T13:10:00.000-04:00",
                    "point_of_interaction": {"transaction_data": {"qr_code": format!("00020126-{number}"),
                        "ticket_url": format!("https://www.mercadopago.com.br/payments/{number}/ticket")}},
                });
                self.payments.push(payment.clone());
                self.keys.insert(key.to_owned(), payment.clone());
                Answer::json(201, payment)
            }
            ("GET", "/v1/payments/search") => {
                assert!(asked.parameter("sort").is_some() && asked.parameter("criteria").is_some());
                let wanted = asked.parameter("external_reference");
                let found: Vec<&Value> = self
                    .payments
                    .iter()
                    .rev()
                    .filter(|payment| payment["external_reference"].as_str() == wanted)
                    .collect();
                Answer::json(
                    200,
                    json!({"paging": {"total": found.len(), "limit": 30, "offset": 0}, "results": found}),
                )
            }
            ("GET", path) if path.starts_with("/v1/payments/") => {
                let id: Option<u64> = path.rsplit('/').next().and_then(|id| id.parse().ok());
                match self.payments.iter().find(|payment| payment["id"].as_u64() == id) {
                    Some(payment) => Answer::json(200, payment.clone()),
                    None => fault(404, "Payment not found"),
                }
            }
            ("POST", "/checkout/preferences") => {
                if body["items"][0]["unit_price"].as_f64().is_none() {
                    return fault(400, "unit_price invalid");
                }
                self.pages.push(body);
                let link = format!(
                    "https://www.mercadopago.com.br/checkout/v1/redirect?pref_id={}",
                    self.pages.len()
                );
                Answer::json(201, json!({"id": self.pages.len().to_string(), "init_point": link}))
            }
            _ => fault(404, "not found"),
        }
    }
}
