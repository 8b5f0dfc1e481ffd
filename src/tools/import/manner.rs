//! How single arguments are treated: written into a query, told as somebody's own, marked with what they are.

use super::names::words;
use crate::tools::schema::KIND;
use serde_json::{Map, Value, json};

/// Words of names whose values nobody but the customer knows.
const PERSONAL: [&str; 24] = [
    "email",
    "mail",
    "emails",
    "phone",
    "phones",
    "telephone",
    "mobile",
    "cellphone",
    "whatsapp",
    "telefone",
    "celular",
    "cpf",
    "cnpj",
    "rg",
    "document",
    "documento",
    "identification",
    "passport",
    "passaporte",
    "ssn",
    "taxid",
    "iban",
    "address",
    "endereco",
];

/// How a query parameter is written.
pub struct Written<'d> {
    /// Whether a list is one parameter for each item.
    pub exploded: Option<bool>,
    /// The document's name for the manner.
    pub style: Option<&'d str>,
    /// Whether the value is written as JSON.
    pub as_json: bool,
    /// The fields of an object.
    pub fields: Option<Vec<String>>,
    /// Whether it is a list.
    pub is_list: bool,
}

impl Written<'_> {
    /// The parameters that an argument becomes, with their templates.
    pub fn query(&self, name: &str, argument: &str) -> Vec<(String, String)> {
        let given =
            |expression: &str| format!("{{{{ {expression} if args.{argument} is defined else none }}}}");
        if self.as_json {
            return vec![(name.to_owned(), given(&format!("args.{argument} | tojson")))];
        }
        match &self.fields {
            Some(fields) if !fields.is_empty() => {
                let is_deep = self.style == Some("deepObject");
                let key = |field: &str| if is_deep { format!("{name}[{field}]") } else { field.to_owned() };
                let value = |field: &str| format!("{{{{ args.{argument}['{field}'] }}}}");
                let plain = fields.iter().filter(|field| !field.contains(['\'', '\\', '{', '}', '%']));
                plain.map(|field| (key(field), value(field))).collect()
            }
            _ if self.is_list => {
                let separator = match self.style {
                    Some("pipeDelimited") => "|",
                    Some("spaceDelimited") => " ",
                    _ if self.exploded == Some(false) => ",",
                    _ => return vec![(name.to_owned(), format!("{{{{ args.{argument} }}}}"))],
                };
                vec![(name.to_owned(), given(&format!("args.{argument} | join('{separator}')")))]
            }
            _ => vec![(name.to_owned(), format!("{{{{ args.{argument} }}}}"))],
        }
    }
}

/// Whether a value, or one inside it, is somebody's own: an address, a number, a document.
pub fn is_personal(name: &str, shape: &Value) -> bool {
    let format = shape.get("format").and_then(Value::as_str);
    if matches!(format, Some("email" | "phone"))
        || words(name).iter().any(|word| PERSONAL.contains(&word.as_str()))
    {
        return true;
    }
    let fields = shape.get("properties").and_then(Value::as_object).into_iter().flatten();
    fields.into_iter().any(|(name, field)| is_personal(name, field))
        || shape.get("items").is_some_and(|items| is_personal("", items))
}

/// Says what a text is, for whoever fills it in without understanding.
pub fn mark(name: &str, shape: &mut Map<String, Value>) {
    if shape.get("type").and_then(Value::as_str) != Some("string") || shape.contains_key("enum") {
        return;
    }
    let words = words(name);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    if shape.get("format").and_then(Value::as_str) == Some("email") || has(&["email", "mail"]) {
        shape.insert(KIND.into(), json!("email"));
    } else if has(&["phone", "telephone", "mobile", "whatsapp", "telefone", "celular"]) {
        shape.insert(KIND.into(), json!("phone"));
    }
}
