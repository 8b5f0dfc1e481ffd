//! Templates: what may be sent when the customer's last word is more than a day old. Values are put in and checked before
//! anything is sent; whether Meta has approved the template is Meta's to say.

mod parts;

pub use parts::{ButtonKind, Component, Currency, DateTime, File, Index, Parameter, Place};
use serde::Serialize;
use serde_json::Value;

/// Meta's limits, in characters.
const NAME: usize = 512;
const HEADER: usize = 60;
const BODY: usize = 1024;
const PAYLOAD: usize = 128;
const COUPON: usize = 15;
/// Most buttons of a template.
const BUTTONS: u8 = 10;
/// Stands for what would have been said.
const MESSAGE: &str = "{message}";

/// A template with its values.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// In which language.
    pub language: Code,
    /// Its values, by part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
}

/// Meta's code of a language.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Code {
    /// `pt_BR`.
    pub code: String,
}

/// What `{customer}`, `{business}` and `{message}` stand for in a value.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// The customer's name, or a word for somebody without one.
    pub customer: &'a str,
    /// The business's name.
    pub business: &'a str,
    /// What would have been said.
    pub message: &'a str,
}

impl Template {
    /// A template as settings describe it.
    ///
    /// # Errors
    /// What is wrong with it, for the operator.
    pub fn read(name: &str, language: &str, components: &[Value]) -> Result<Self, String> {
        let read = |(place, component): (usize, &Value)| {
            serde_json::from_value(component.clone())
                .map_err(|error| format!("part {} of the template `{name}`: {error}", place + 1))
        };
        let components: Result<Vec<Component>, String> = components.iter().enumerate().map(read).collect();
        let language = Code { code: language.trim().to_owned() };
        let template = Self { name: name.trim().to_owned(), language, components: components? };
        template.check()?;
        Ok(template)
    }

    /// The same with its values put in.
    ///
    /// # Errors
    /// What Meta would refuse.
    pub fn filled(&self, values: Values<'_>) -> Result<Self, String> {
        let mut filled = self.clone();
        for component in &mut filled.components {
            let (parameters, room) = match component {
                Component::Header { parameters } => (parameters, HEADER),
                Component::Body { parameters } | Component::Button { parameters, .. } => (parameters, BODY),
            };
            let mut texts: Vec<&mut String> = parameters.iter_mut().filter_map(Parameter::words).collect();
            for text in &mut texts {
                **text = named(text, values);
            }
            // The message gets the room that the other values leave.
            let taken: usize = texts.iter().map(|text| text.replace(MESSAGE, "").chars().count()).sum();
            let message = super::split::shortened(values.message, room.saturating_sub(taken).max(1));
            if let Some(text) = texts.iter_mut().find(|text| text.contains(MESSAGE)) {
                **text = text.replacen(MESSAGE, &message, 1);
            }
        }
        filled.check()?;
        Ok(filled)
    }

    /// How many values the words take.
    pub fn body_values(&self) -> usize {
        self.components
            .iter()
            .map(|component| match component {
                Component::Body { parameters } => parameters.len(),
                Component::Header { .. } | Component::Button { .. } => 0,
            })
            .sum()
    }

    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        let is_name = |text: &str| {
            (1..=NAME).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        if !is_name(name) {
            return Err(format!("`{name}`: a template's name has small letters, digits and `_` alone"));
        }
        let code = &self.language.code;
        let is_code = |text: &str| {
            let (language, country) = text.split_once('_').unwrap_or((text, "XX"));
            (2..=3).contains(&language.len())
                && language.bytes().all(|byte| byte.is_ascii_lowercase())
                && (2..=3).contains(&country.len())
                && country.bytes().all(|byte| byte.is_ascii_uppercase())
        };
        if !is_code(code) {
            return Err(format!("`{code}`: a template's language is like `pt_BR`"));
        }
        let mut seen = Vec::new();
        for component in &self.components {
            let part = component.part();
            if seen.contains(&part) {
                return Err(format!("the template `{name}` has values for its {part} twice"));
            }
            component.check().map_err(|wrong| format!("the template `{name}`, {part}: {wrong}"))?;
            seen.push(part);
        }
        Ok(())
    }
}

impl Component {
    fn part(&self) -> String {
        match self {
            Self::Header { .. } => "header".to_owned(),
            Self::Body { .. } => "body".to_owned(),
            Self::Button { index, .. } => format!("button {}", index.0),
        }
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Self::Header { parameters } => match parameters.as_slice() {
                [Parameter::Text { text, .. }] => within(text, HEADER),
                [
                    Parameter::Image { image: file }
                    | Parameter::Video { video: file }
                    | Parameter::Document { document: file },
                ] => file.check(),
                [Parameter::Location { location }] => location.check(),
                [_] => Err("a header takes words, a file or a place".to_owned()),
                _ => Err("a header takes one value".to_owned()),
            },
            Self::Body { parameters } => {
                let named = parameters.iter().filter(|parameter| parameter.has_name()).count();
                if named != 0 && named != parameters.len() {
                    return Err("either every value has a `parameter_name` or none".to_owned());
                }
                let mut length = 0;
                for parameter in parameters {
                    let text = match parameter {
                        Parameter::Text { text, .. } => text,
                        Parameter::Currency { currency } => {
                            let code = &currency.code;
                            if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                                return Err(format!("`{code}` is no currency; it is like `BRL`"));
                            }
                            &currency.fallback_value
                        }
                        Parameter::DateTime { date_time } => &date_time.fallback_value,
                        Parameter::Image { .. }
                        | Parameter::Video { .. }
                        | Parameter::Document { .. }
                        | Parameter::Location { .. }
                        | Parameter::Payload { .. }
                        | Parameter::CouponCode { .. }
                        | Parameter::Action { .. } => {
                            return Err("the words take words, amounts and times".to_owned());
                        }
                    };
                    within(text, BODY)?;
                    length += text.chars().count();
                }
                if length > BODY {
                    Err(format!("its values have {length} characters; {BODY} fit"))
                } else {
                    Ok(())
                }
            }
            Self::Button { sub_type, index, parameters } => {
                if index.0 >= BUTTONS {
                    return Err(format!("a template has buttons 0 to {}", BUTTONS - 1));
                }
                let [parameter] = parameters.as_slice() else {
                    return Err("a button takes one value".to_owned());
                };
                match (sub_type, parameter) {
                    (ButtonKind::QuickReply, Parameter::Payload { payload }) => within(payload, PAYLOAD),
                    (ButtonKind::Url, Parameter::Text { text, .. }) => {
                        if text.contains(char::is_whitespace) {
                            return Err("what completes an address has no blanks".to_owned());
                        }
                        within(text, BODY)
                    }
                    (ButtonKind::CopyCode, Parameter::CouponCode { coupon_code }) => {
                        within(coupon_code, COUPON)
                    }
                    (ButtonKind::Flow, Parameter::Action { action }) if action.is_object() => Ok(()),
                    (
                        ButtonKind::QuickReply | ButtonKind::Url | ButtonKind::CopyCode | ButtonKind::Flow,
                        _,
                    ) => Err("the value is not of the button's kind".to_owned()),
                }
            }
        }
    }
}

impl Parameter {
    fn has_name(&self) -> bool {
        matches!(self, Self::Text { parameter_name: Some(_), .. })
    }

    fn words(&mut self) -> Option<&mut String> {
        match self {
            Self::Text { text, .. } => Some(text),
            Self::Currency { .. }
            | Self::DateTime { .. }
            | Self::Image { .. }
            | Self::Video { .. }
            | Self::Document { .. }
            | Self::Location { .. }
            | Self::Payload { .. }
            | Self::CouponCode { .. }
            | Self::Action { .. } => None,
        }
    }
}

impl File {
    fn check(&self) -> Result<(), String> {
        match (self.id.as_deref(), self.link.as_deref()) {
            (Some(id), None) if !id.trim().is_empty() => Ok(()),
            (None, Some(link)) if link.starts_with("https://") => Ok(()),
            (None, Some(_)) => Err("a file's `link` begins with https://".to_owned()),
            (Some(_), _) | (None, None) => Err("a file has an `id` or a `link`".to_owned()),
        }
    }
}

impl Place {
    fn check(&self) -> Result<(), String> {
        let inside = (-90.0..=90.0).contains(&self.latitude) && (-180.0..=180.0).contains(&self.longitude);
        if inside { Ok(()) } else { Err("there is no such place on earth".to_owned()) }
    }
}

/// What Meta takes as a value: some words, in one line, without wide gaps.
fn within(text: &str, most: usize) -> Result<(), String> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        return Err("a value is empty".to_owned());
    }
    if text.contains(['\n', '\r', '\t']) || text.contains("     ") {
        return Err("a value has no line breaks, no tabs and at most four blanks in a row".to_owned());
    }
    if length > most { Err(format!("a value has {length} characters; {most} fit")) } else { Ok(()) }
}

/// Puts names into a value, in one line.
fn named(text: &str, values: Values<'_>) -> String {
    let named = text.replace("{business}", &super::split::shortened(values.business, BODY));
    named.replace("{customer}", &super::split::shortened(values.customer, HEADER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(components: &Value) -> Result<Template, String> {
        Template::read("lembrete_visita", "pt_BR", components.as_array().unwrap())
    }

    #[test]
    fn every_part_reads_as_meta_documents_it() {
        let components = json!([
            {"type": "header", "parameters": [{"type": "image", "image": {"id": "5550001"}}]},
            {"type": "body", "parameters": [
                {"type": "text", "text": "Joana"},
                {"type": "currency", "currency": {"fallback_value": "R$ 99", "code": "BRL", "amount_1000": 99_000}},
                {"type": "date_time", "date_time": {"fallback_value": "amanhã 10h"}}]},
            {"type": "button", "sub_type": "quick_reply", "index": 0,
                "parameters": [{"type": "payload", "payload": "CONFIRMA_77"}]},
            {"type": "button", "sub_type": "url", "index": 1, "parameters": [{"type": "text", "text": "pedido/77"}]},
            {"type": "button", "sub_type": "copy_code", "index": 2,
                "parameters": [{"type": "coupon_code", "coupon_code": "VOLTA10"}]},
            {"type": "button", "sub_type": "flow", "index": 3,
                "parameters": [{"type": "action", "action": {"flow_token": "tk1"}}]},
        ]);
        let template = read(&components).unwrap();
        assert_eq!(template.body_values(), 3);
        let sent = serde_json::to_value(&template).unwrap();
        assert_eq!(
            (&sent["name"], &sent["language"]),
            (&json!("lembrete_visita"), &json!({"code": "pt_BR"}))
        );
        let mut expected = components;
        for (place, index) in [(2, "0"), (3, "1"), (4, "2"), (5, "3")] {
            expected[place]["index"] = json!(index);
        }
        assert_eq!(sent["components"], expected);
        for header in [
            json!({"type": "text", "text": "Olá"}),
            json!({"type": "video", "video": {"link": "https://loja.com.br/v.mp4"}}),
            json!({"type": "document", "document": {"id": "1", "filename": "a.pdf"}}),
            json!({"type": "location", "location":
                {"latitude": -23.5, "longitude": -46.6, "name": "Loja", "address": "Rua A, 1"}}),
        ] {
            assert!(read(&json!([{"type": "header", "parameters": [header]}])).is_ok(), "{header}");
        }
        assert!(serde_json::to_value(read(&json!([])).unwrap()).unwrap().get("components").is_none());
    }

    #[test]
    fn what_meta_would_refuse_is_said_before() {
        let body = |parameters: Value| json!([{"type": "body", "parameters": parameters}]);
        let text = |text: &str| json!({"type": "text", "text": text});
        let button = |kind: &str, index: u8, parameter: Value| json!([{"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]}]);
        for (components, expected) in [
            (body(json!([text("")])), "empty"),
            (body(json!([text("a\nb")])), "line breaks"),
            (body(json!([text("a\tb")])), "line breaks"),
            (body(json!([text("a     b")])), "blanks"),
            (body(json!([text(&"a".repeat(1025))])), "1024 fit"),
            (body(json!([text(&"a".repeat(600)), text(&"a".repeat(600))])), "1200 characters"),
            (
                body(json!([text("a"), {"type": "text", "text": "b", "parameter_name": "n"}])),
                "parameter_name",
            ),
            (body(json!([{"type": "image", "image": {"id": "1"}}])), "amounts"),
            (
                body(json!([{"type": "currency",
                    "currency": {"fallback_value": "R$ 1", "code": "reais", "amount_1000": 1}}])),
                "currency",
            ),
            (json!([{"type": "header", "parameters": [text(&"a".repeat(61))]}]), "60 fit"),
            (json!([{"type": "header", "parameters": []}]), "one value"),
            (
                json!([{"type": "header", "parameters": [{"type": "image", "image": {"link": "http://a"}}]}]),
                "https",
            ),
            (json!([{"type": "header", "parameters": [{"type": "image", "image": {}}]}]), "`id`"),
            (button("quick_reply", 10, json!({"type": "payload", "payload": "x"})), "0 to 9"),
            (button("quick_reply", 0, json!({"type": "payload", "payload": "x".repeat(129)})), "128 fit"),
            (button("url", 0, text("a b")), "blanks"),
            (button("copy_code", 0, text("x")), "kind"),
            (button("flow", 0, json!({"type": "action", "action": 1})), "kind"),
            (json!([{"type": "body", "parameters": []}, {"type": "body", "parameters": []}]), "twice"),
            (json!([{"type": "footer", "parameters": []}]), "part 1"),
        ] {
            let wrong = read(&components).unwrap_err();
            assert!(wrong.contains(expected), "{expected}: {wrong}");
        }
        assert!(Template::read("Lembrete", "pt_BR", &[]).is_err());
        assert!(Template::read("", "pt_BR", &[]).is_err());
        for code in ["pt-BR", "portuguese", "", "pt_br"] {
            assert!(Template::read("a", code, &[]).is_err(), "{code}");
        }
        assert!(Template::read("a", "es", &[]).is_ok());
    }

    #[test]
    fn values_are_put_in_and_fit() {
        let template = read(&json!([{"type": "body", "parameters": [
            {"type": "text", "text": "{customer}"}, {"type": "text", "text": "{business}: {message}"}]}]))
        .unwrap();
        let long = "Seu pedido\nsaiu. ".repeat(100);
        let values = Values { customer: "Joana", business: "Loja", message: &long };
        let filled = serde_json::to_value(template.filled(values).unwrap()).unwrap();
        let shared = filled["components"][0]["parameters"][1]["text"].as_str().unwrap();
        assert_eq!(shared.chars().count(), 1024 - "Joana".len(), "the values share the room");
        assert!(shared.starts_with("Loja: Seu pedido saiu. Seu") && shared.ends_with('…'), "{shared}");
        let values = Values { message: "Seu pedido\nsaiu.", ..values };
        let filled = serde_json::to_value(template.filled(values).unwrap()).unwrap();
        let texts: Vec<&str> = filled["components"][0]["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|parameter| parameter["text"].as_str().unwrap())
            .collect();
        assert_eq!(texts, ["Joana", "Loja: Seu pedido saiu."]);
    }
}
