//! Checks schemas when they are loaded and arguments when they are called, and says what is wrong in words a
//! model can act on. It never fetches a schema from anywhere.

use crate::declared::near::nearest;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value, json};

/// How many faults a model is told at once.
const MOST_FAULTS: usize = 8;

/// Longest fault that is told, in characters: a value may be long.
const LONGEST_FAULT: usize = 240;

/// Brings a schema to the form every model endpoint accepts, an object at the top, and compiles it.
///
/// # Errors
/// What is wrong with the schema: each fault with the place inside it.
pub fn compile(schema: &mut Value) -> Result<Validator, Vec<String>> {
    if let Value::Bool(true) = schema {
        *schema = json!({});
    }
    if !schema.is_object() {
        return Err(vec!["a JSON Schema is a table".into()]);
    }
    if let Err(error) = jsonschema::meta::validate(schema) {
        return Err(vec![format!(
            "not a JSON Schema: at `{}`: {}",
            error.instance_path(),
            cut(&error.to_string())
        )]);
    }
    hoist(schema)?;
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .build(schema)
        .map_err(|error| vec![format!("not a usable JSON Schema: {}", cut(&error.to_string()))])
}

/// Makes the top an object schema: follows a reference at the top into the document itself, and adds the type
/// where it only goes without saying.
fn hoist(schema: &mut Value) -> Result<(), Vec<String>> {
    for _ in 0..16 {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { break };
        let target = reference.strip_prefix('#').and_then(|pointer| schema.pointer(pointer)).cloned();
        let (Some(Value::Object(target)), Some(object)) = (target, schema.as_object_mut()) else { break };
        object.shift_remove("$ref");
        for (key, value) in target {
            object.entry(key).or_insert(value);
        }
    }
    let Some(object) = schema.as_object_mut() else { return Ok(()) };
    match object.get("type") {
        None => {
            object.insert("type".into(), json!("object"));
        }
        Some(Value::Array(types)) if types.contains(&json!("object")) => {
            object.insert("type".into(), json!("object"));
        }
        Some(Value::String(kind)) if kind == "object" => {}
        Some(other) => return Err(vec![format!("the arguments of a tool are an object, not {other}")]),
    }
    object.entry("properties").or_insert_with(|| json!({}));
    Ok(())
}

/// What is wrong with `arguments`, each fault with its parameter; empty if nothing.
pub fn faults(validator: &Validator, schema: &Value, arguments: &Value) -> Vec<String> {
    if validator.is_valid(arguments) {
        return Vec::new();
    }
    let mut faults: Vec<String> = Vec::new();
    for error in validator.iter_errors(arguments).take(MOST_FAULTS) {
        for fault in explain(&error, schema) {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }
    faults
}

fn explain(error: &ValidationError<'_>, schema: &Value) -> Vec<String> {
    let place = dotted(error.instance_path().as_str());
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![format!("`{}` is missing", join(&place, name))]
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let known = place.is_empty().then(|| schema.get("properties")?.as_object()).flatten();
            unexpected
                .iter()
                .take(MOST_FAULTS)
                .map(|name| unknown(&join(&place, name), name, known))
                .collect()
        }
        _ if place.is_empty() => vec![cut(&error.to_string())],
        _ => vec![format!("`{place}`: {}", cut(&error.to_string()))],
    }
}

fn unknown(path: &str, name: &str, known: Option<&Map<String, Value>>) -> String {
    let near = known.and_then(|known| nearest(name, known.keys().map(String::as_str)));
    match near {
        Some(near) => format!("`{}` is not a parameter; did you mean `{near}`?", cut(path)),
        None => format!("`{}` is not a parameter", cut(path)),
    }
}

/// `/items/0/sku` as `items[0].sku`.
fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{part}]"));
        } else {
            path = join(&path, &part);
        }
    }
    path
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_FAULT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_model_what_to_mend() {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "quantity": {"type": "integer", "minimum": 1},
                "email": {"type": "string"},
                "items": {"type": "array", "items": {"type": "object", "required": ["sku"]}},
            },
            "required": ["email"],
            "additionalProperties": false,
        });
        let validator = compile(&mut schema).unwrap();
        let arguments = json!({"quantity": 0, "e_mail": "a@b.c", "items": [{}]});
        assert_eq!(
            faults(&validator, &schema, &arguments),
            [
                "`quantity`: 0 is less than the minimum of 1",
                "`items[0].sku` is missing",
                "`e_mail` is not a parameter; did you mean `email`?",
                "`email` is missing",
            ]
        );
        assert!(faults(&validator, &schema, &json!({"email": "a@b.c"})).is_empty());
        assert_eq!(faults(&validator, &schema, &json!([1])).len(), 1);
    }

    #[test]
    fn accepts_what_vendors_publish() {
        for mut schema in [
            json!(true),
            json!({}),
            json!({"$ref": "#/$defs/Order", "$defs": {"Order": {"type": "object", "properties": {"id": {"$ref": "#/$defs/Id"}}}, "Id": {"type": "string"}}}),
            json!({"oneOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": true, "b": true}}),
            json!({"type": ["object", "null"], "unevaluatedProperties": false}),
            json!({"type": "object", "properties": {"a": {"$dynamicRef": "#node"}}, "$defs": {"n": {"$dynamicAnchor": "node"}}}),
            json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://vendor.example/a", "dependentSchemas": {"a": {"required": ["b"]}}, "patternProperties": {"^(?!x)": {"format": "made-up"}}}),
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {"type": "string"}}, "properties": {"a": {"$ref": "#/definitions/a"}}}),
        ] {
            compile(&mut schema).unwrap_or_else(|faults| panic!("{schema}: {faults:?}"));
            assert_eq!(schema["type"], "object");
        }
    }

    #[test]
    fn refuses_what_is_no_schema() {
        for mut schema in [
            json!("string"),
            json!({"type": "strange"}),
            json!({"type": "array"}),
            json!({"properties": {"a": {"$ref": "#/$defs/missing"}}}),
            json!({"properties": {"a": {"$ref": "https://vendor.example/other.json"}}}),
            json!({"properties": {"a": {"pattern": "("}}}),
        ] {
            assert!(compile(&mut schema).is_err(), "{schema}");
        }
    }
}
