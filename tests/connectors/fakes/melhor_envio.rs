//! Melhor Envio: a quote for each service, some of which are errors inside a 200.

use super::server::{Answer, Asked, Vendor};
use serde_json::{Value, json};

#[derive(Default)]
pub struct MelhorEnvio;

impl Vendor for MelhorEnvio {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.header("authorization") != Some("Bearer m3lhor") {
            return Answer::json(401, json!({"message": "Unauthenticated."}));
        }
        assert_eq!(asked.header("user-agent"), Some("Balcao (dono@shop.example)"), "programs are named");
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/api/v2/me/shipment/calculate"));
        let body = asked.json();
        let is_code =
            |code: &Value| code.as_str().is_some_and(|code| code.len() == 8 && code.parse::<u32>().is_ok());
        let mut errors = serde_json::Map::new();
        for place in ["from", "to"] {
            if !is_code(&body[place]["postal_code"]) {
                errors.insert(format!("{place}.postal_code"), json!(["O campo deve ser um CEP válido."]));
            }
        }
        let products = body["products"].as_array().cloned().unwrap_or_default();
        for (at, product) in products.iter().enumerate() {
            for field in ["width", "height", "length", "weight", "insurance_value", "quantity"] {
                if !product[field].as_f64().is_some_and(|number| number > 0.0) {
                    errors.insert(format!("products.{at}.{field}"), json!(["O campo é obrigatório."]));
                }
            }
        }
        if !errors.is_empty() || products.is_empty() {
            return Answer::json(422, json!({"message": "The given data was invalid.", "errors": errors}));
        }
        let weight: f64 = products
            .iter()
            .map(|product| product["weight"].as_f64().unwrap() * product["quantity"].as_f64().unwrap())
            .sum();
        let company =
            |name: &str| json!({"id": 1, "name": name, "picture": "https://melhorenvio.com.br/x.png"});
        let refused = |id: u32, name: &str, carrier: &str, error: &str| json!({"id": id, "name": name, "error": error, "company": company(carrier)});
        let quote = |id: u32, name: &str, carrier: &str, price: f64, days: (u32, u32)| {
            json!({
                "id": id, "name": name, "price": format!("{:.2}", price + 1.0), "custom_price": format!("{price:.2}"),
                "discount": "1.00", "currency": "R$", "delivery_time": days.1,
                "delivery_range": {"min": days.0, "max": days.1}, "custom_delivery_time": days.1,
                "custom_delivery_range": {"min": days.0, "max": days.1}, "company": company(carrier),
            })
        };
        // Nobody goes to this place.
        if body["to"]["postal_code"] == "69980000" {
            return Answer::json(
                200,
                json!([refused(1, "PAC", "Correios", "Serviço indisponível para o trecho.")]),
            );
        }
        Answer::json(
            200,
            json!([
                quote(2, "SEDEX", "Correios", 31.4, (1, 2)),
                quote(1, "PAC", "Correios", 18.0 + weight, (4, 6)),
                refused(
                    3,
                    ".Package",
                    "Jadlog",
                    "Dimensões do objeto ultrapassam o limite da transportadora."
                ),
            ]),
        )
    }
}
