//! Asaas: static Pix codes that become charges when somebody pays, payment links, a list of charges.

use super::server::{Answer, Asked, Vendor};
use serde_json::{Value, json};

#[derive(Default)]
pub struct Asaas {
    pub codes: Vec<Value>,
    pub pages: Vec<Value>,
    pub payments: Vec<Value>,
}

const CODE: [&str; 8] = [
    "addressKey",
    "description",
    "value",
    "format",
    "expirationDate",
    "expirationSeconds",
    "allowsMultiplePayments",
    "externalReference",
];
const PAGE: [&str; 11] = [
    "name",
    "description",
    "endDate",
    "value",
    "billingType",
    "chargeType",
    "dueDateLimitDays",
    "externalReference",
    "notificationEnabled",
    "isAddressRequired",
    "maxInstallmentCount",
];

impl Asaas {
    /// Somebody pays a code; whether the charge bears the reference of the code is not documented.
    pub fn pay(&mut self, code: usize, bears_reference: bool) {
        let code = &self.codes[code];
        let payment = json!({
            "object": "payment", "id": format!("pay_{}", 100 + self.payments.len()), "customer": "cus_1",
            "billingType": "PIX", "value": code["value"], "netValue": 1.0, "status": "RECEIVED", "deleted": false,
            "dateCreated": "2026-11-23", "dueDate": "2026-11-23", "pixQrCodeId": code["id"],
            "externalReference": if bears_reference { code["externalReference"].clone() } else { Value::Null },
            "invoiceUrl": "https://www.asaas.com/i/100",
        });
        self.payments.insert(0, payment);
    }
}

fn fault(status: u16, code: &str, description: &str) -> Answer {
    Answer::json(status, json!({"errors": [{"code": code, "description": description}]}))
}

fn list(found: Vec<Value>) -> Answer {
    Answer::json(
        200,
        json!({"object": "list", "hasMore": false, "totalCount": found.len(), "limit": 100, "offset": 0, "data": found}),
    )
}

fn unknown<'b>(body: &'b Value, fields: &[&str]) -> Option<&'b String> {
    body.as_object()?.keys().find(|name| !fields.contains(&name.as_str()))
}

impl Vendor for Asaas {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.header("access_token") != Some("$aact_1") {
            return fault(401, "invalid_access_token", "A chave de API fornecida é inválida");
        }
        if asked.header("user-agent").is_none_or(str::is_empty) {
            return fault(400, "user_agent_not_provided", "User-Agent");
        }
        match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/v3/pix/qrCodes/static") => {
                let body = asked.json();
                assert_eq!(unknown(&body, &CODE), None);
                if body["addressKey"] != "b6295ee1-f054-47d1-9e90-ee57b74f60d9" {
                    return fault(400, "invalid_action", "A chave informada não foi encontrada");
                }
                if !body["value"].as_f64().is_some_and(|value| value > 0.0)
                    || !body["expirationSeconds"].is_u64()
                {
                    return fault(400, "invalid_value", "O campo value deve ser informado");
                }
                let number = self.codes.len() + 1;
                let mut code = body;
                code["id"] = json!(format!("LOJA{number:020}ASA"));
                code["payload"] = json!(format!("00020126-{number}"));
                code["encodedImage"] = Value::Null;
                code["expirationDate"] = json!("2026-11-24 10:10:00");
                self.codes.push(code.clone());
                Answer::json(200, code)
            }
            ("POST", "/v3/paymentLinks") => {
                let mut body = asked.json();
                assert_eq!(unknown(&body, &PAGE), None);
                // What a bank slip may be is part of UNDEFINED.
                if body["billingType"] == "UNDEFINED" && !body["dueDateLimitDays"].is_u64() {
                    return fault(400, "invalid_dueDateLimitDays", "dueDateLimitDays deve ser informado");
                }
                if body["chargeType"] != "DETACHED" || body["name"].as_str().is_none_or(str::is_empty) {
                    return fault(400, "invalid_chargeType", "chargeType deve ser informado");
                }
                body["id"] = json!((900 + self.pages.len()).to_string());
                body["url"] = json!(format!("https://www.asaas.com/c/{}", 900 + self.pages.len()));
                body["active"] = json!(true);
                self.pages.push(body.clone());
                Answer::json(200, body)
            }
            ("GET", "/v3/paymentLinks") => list(self.pages.clone()),
            ("GET", path) if path.starts_with("/v3/payments/") => {
                let id = path.trim_start_matches("/v3/payments/");
                match self.payments.iter().find(|payment| payment["id"] == id) {
                    Some(payment) => Answer::json(200, payment.clone()),
                    None => fault(404, "not_found", ""),
                }
            }
            ("GET", "/v3/payments") => {
                let wanted = ["externalReference", "pixQrCodeId"]
                    .into_iter()
                    .filter_map(|name| Some((name, asked.parameter(name)?)))
                    .collect::<Vec<_>>();
                assert!(!wanted.is_empty());
                let fits = |payment: &&Value| {
                    wanted.iter().all(|(name, value)| payment[*name].as_str() == Some(*value))
                };
                list(self.payments.iter().filter(fits).cloned().collect())
            }
            _ => fault(404, "not_found", ""),
        }
    }
}
