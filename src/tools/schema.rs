//! The JSON Schema of a tool's arguments, made from the Rust type that reads them, in the plain form that
//! language models handle best: one level, no references, no noise. It does not read operators' files.
//!
//! Our own hints stand beside the standard keywords, where validators ignore them:
//! `x-balcao-kind` says what a value is (`email`, `phone`, `postal_code`, `date`, `date_time`, `money`,
//! `order_number`, `sku`, `code`, `text`, `search`, `name`, `quantity`, `consent`); `x-balcao-choice-of` with
//! `x-balcao-choice` says that it is chosen from a field of the latest result of a tool, and `x-balcao-choice-part`
//! where the parts of what is chosen stand, of which the customer may have named one.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// What a value is, for whoever fills it in without understanding: `#[schemars(extend(KIND = …))]`.
pub const KIND: &str = "x-balcao-kind";

/// The tool whose latest result offers the values.
pub const CHOICE_OF: &str = "x-balcao-choice-of";

/// The path of the offered values in that result, e.g. `slots[].start`.
pub const CHOICE: &str = "x-balcao-choice";

/// The schema of `T`'s fields as a model sees it.
pub fn parameters_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    close(&mut schema);
    schema
}

/// Removes what only costs tokens: titles, the null of an optional field, integer widths, one-of lists of
/// constants.
fn tidy(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    object.remove("title");
    object.remove("default");
    if object.get("format").and_then(Value::as_str).is_some_and(is_width) {
        object.remove("format");
    }
    if let Some(Value::String(description)) = object.get_mut("description") {
        *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    drop_null(object);
    fold_constants(object);
    for key in ["properties", "$defs"] {
        if let Some(Value::Object(children)) = object.get_mut(key) {
            children.values_mut().for_each(tidy);
        }
    }
    if let Some(items) = object.get_mut("items") {
        tidy(items);
        close(items);
    }
}

/// Says that an object has no other fields, and that one without fields is one.
fn close(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.get("type").and_then(Value::as_str) == Some("object") {
        object.entry("properties").or_insert_with(|| json!({}));
        object.insert("additionalProperties".into(), Value::Bool(false));
    }
}

fn is_width(format: &str) -> bool {
    matches!(
        format,
        "uint8" | "uint16" | "uint32" | "uint64" | "uint" | "int32" | "int64" | "int" | "double" | "float"
    )
}

/// `["string", "null"]` is `"string"`: an optional field is left out, not null.
fn drop_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind.as_str() != Some("null"));
        if let [only] = types.as_mut_slice() {
            let only = only.take();
            object.insert("type".into(), only);
        }
    }
    let without_null =
        object.get("anyOf").and_then(Value::as_array).and_then(|choices| match choices.as_slice() {
            [schema, null] | [null, schema] if null.get("type").and_then(Value::as_str) == Some("null") => {
                schema.as_object().cloned()
            }
            _ => None,
        });
    if let Some(inner) = without_null {
        object.remove("anyOf");
        for (key, value) in inner {
            object.entry(key).or_insert(value);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

/// A one-of list of described constants becomes an `enum`, its descriptions one sentence.
fn fold_constants(object: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = object.get("oneOf") else { return };
    if !choices.iter().all(|choice| choice.get("const").is_some() || choice.get("enum").is_some()) {
        return;
    }
    let mut values = Vec::with_capacity(choices.len());
    let mut meanings = Vec::with_capacity(choices.len());
    for choice in choices {
        let constants = match (choice.get("const"), choice.get("enum")) {
            (Some(constant), _) => vec![constant.clone()],
            (None, Some(Value::Array(listed))) => listed.clone(),
            (None, _) => Vec::new(),
        };
        if let (Some(meaning), [Value::String(name)]) =
            (choice.get("description").and_then(Value::as_str), constants.as_slice())
        {
            meanings.push(format!("{name}: {}", meaning.trim_end_matches('.')));
        }
        values.extend(constants);
    }
    object.remove("oneOf");
    object.insert("type".into(), json!("string"));
    object.insert("enum".into(), Value::Array(values));
    if !meanings.is_empty() {
        let own = object.get("description").and_then(Value::as_str).unwrap_or_default();
        let all = format!("{own} {}.", meanings.join("; "));
        object.insert("description".into(), json!(all.trim()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Shade {
        /// Like the sky.
        Blue,
        /// Like grass.
        Green,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code)]
    struct Line {
        /// What.
        sku: String,
        quantity: Option<u32>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code)]
    struct Arguments {
        /// Where to
        /// write.
        #[schemars(extend("x-balcao-kind" = "email"), length(max = 200))]
        email: Option<String>,
        /// Which one.
        shade: Option<Shade>,
        lines: Vec<Line>,
    }

    #[test]
    fn is_plain_and_closed() {
        assert_eq!(
            parameters_of::<Arguments>(),
            json!({
                "type": "object",
                "properties": {
                    "email": {
                        "description": "Where to write.",
                        "type": "string",
                        "maxLength": 200,
                        "x-balcao-kind": "email",
                    },
                    "shade": {
                        "description": "Which one. blue: Like the sky; green: Like grass.",
                        "type": "string",
                        "enum": ["blue", "green"],
                    },
                    "lines": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "sku": {"description": "What.", "type": "string"},
                                "quantity": {"type": "integer", "minimum": 0},
                            },
                            "required": ["sku"],
                            "additionalProperties": false,
                        },
                    },
                },
                "required": ["lines"],
                "additionalProperties": false,
            })
        );
    }
}
