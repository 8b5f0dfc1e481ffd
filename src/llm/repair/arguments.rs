//! Fits arguments to a tool's schema where the meaning is beyond doubt: `"2"` for a number, one value for a list,
//! `Manhã` for the choice `manha`. It invents nothing; what does not fit is left for dispatch to refuse.

use super::names::{fold, only};
use serde_json::{Map, Number, Value};

/// Deeper than any arguments; also ends schemas that refer to themselves.
const MAX_DEPTH: usize = 32;

/// Keywords that let an object have members its `properties` do not name, or that we do not look into.
const OPENING_KEYWORDS: [&str; 9] = [
    "$ref",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "patternProperties",
    "dependentSchemas",
    "unevaluatedProperties",
    "not",
];

/// The arguments fitted to `schema`, and whether anything had to be changed.
pub(super) fn fit(arguments: Value, schema: &Value) -> (Value, bool) {
    let mut fitter = Fitter { root: schema, changed: false };
    let fitted = fitter.value(arguments, schema, 0);
    (fitted, fitter.changed)
}

struct Fitter<'a> {
    root: &'a Value,
    changed: bool,
}

impl<'a> Fitter<'a> {
    fn value(&mut self, value: Value, schema: &'a Value, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return value;
        }
        let schema = self.resolved(schema);
        let mut types = Vec::new();
        self.types(schema, &mut types, 0);
        let value = if types.is_empty() || types.iter().any(|name| is_of(&value, name)) {
            value
        } else {
            match types.iter().find_map(|name| converted(&value, name)) {
                Some(converted) => {
                    self.changed = true;
                    converted
                }
                None => value,
            }
        };
        let schema = self.branch(schema, &value);
        match value {
            Value::Object(map) => self.object(map, schema, depth),
            Value::Array(items) => match schema.get("items") {
                Some(of) => {
                    Value::Array(items.into_iter().map(|item| self.value(item, of, depth + 1)).collect())
                }
                None => Value::Array(items),
            },
            Value::String(text) => Value::String(self.choice(text, schema)),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }

    fn object(&mut self, map: Map<String, Value>, schema: &'a Value, depth: usize) -> Value {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Value::Object(map);
        };
        let open = match schema.get("additionalProperties") {
            Some(Value::Bool(allowed)) => *allowed,
            Some(_) => true,
            None => OPENING_KEYWORDS.iter().any(|keyword| schema.get(keyword).is_some()),
        };
        let given: Vec<String> = map.keys().cloned().collect();
        let mut fitted = Map::new();
        for (name, value) in map {
            let known = properties.get_key_value(&name).or_else(|| {
                let folded = fold(&name);
                only(properties.iter().filter(|(known, _)| !given.contains(known) && fold(known) == folded))
            });
            match known {
                Some((known, of)) => {
                    self.changed |= *known != name;
                    let value = self.value(value, of, depth + 1);
                    if is_nothing(&value) && !self.takes(of, &value) && !is_required(schema, known) {
                        self.changed = true;
                    } else {
                        fitted.insert(known.clone(), value);
                    }
                }
                None if open => {
                    fitted.insert(name, value);
                }
                None => self.changed = true,
            }
        }
        Value::Object(fitted)
    }

    /// The choice of an `enum` that `text` means, if it is but spelt differently.
    fn choice(&mut self, text: String, schema: &Value) -> String {
        let Some(choices) = schema.get("enum").and_then(Value::as_array) else { return text };
        if choices.iter().any(|choice| choice.as_str() == Some(&text)) {
            return text;
        }
        let folded = fold(&text);
        match only(choices.iter().filter_map(Value::as_str).filter(|choice| fold(choice) == folded)) {
            Some(choice) => {
                self.changed = true;
                choice.to_owned()
            }
            None => text,
        }
    }

    fn takes(&self, schema: &'a Value, value: &Value) -> bool {
        let mut types = Vec::new();
        self.types(self.resolved(schema), &mut types, 0);
        types.is_empty() || types.iter().any(|name| is_of(value, name))
    }

    /// Follows local references.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..MAX_DEPTH {
            let target = schema
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.strip_prefix('#'))
                .and_then(|pointer| self.root.pointer(pointer));
            match target {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// The types that `schema` takes; none if it does not say.
    fn types(&self, schema: &'a Value, into: &mut Vec<&'a str>, depth: usize) {
        if depth > 4 {
            return;
        }
        match schema.get("type") {
            Some(Value::String(name)) => into.push(name),
            Some(Value::Array(names)) => into.extend(names.iter().filter_map(Value::as_str)),
            Some(_) | None => {
                for branch in branches(schema) {
                    self.types(self.resolved(branch), into, depth + 1);
                }
            }
        }
    }

    /// The alternative of `schema` whose type `value` has, or `schema` itself.
    fn branch(&self, schema: &'a Value, value: &Value) -> &'a Value {
        branches(schema)
            .map(|branch| self.resolved(branch))
            .find(|branch| {
                let mut types = Vec::new();
                self.types(branch, &mut types, 0);
                types.iter().any(|name| is_of(value, name))
            })
            .unwrap_or(schema)
    }
}

fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array()).flatten()
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema
        .get("required")
        .and_then(Value::as_array)
        .is_some_and(|required| required.iter().any(|entry| entry.as_str() == Some(name)))
}

/// What models write for "not given".
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => matches!(text.trim(), "" | "null" | "None" | "none"),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn is_of(value: &Value, type_name: &str) -> bool {
    match type_name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        // 2.0 is an integer to JSON Schema, but not to the code that reads it.
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

fn converted(value: &Value, type_name: &str) -> Option<Value> {
    if let (Value::Array(items), "boolean" | "integer" | "number" | "string") = (value, type_name) {
        let [single] = items.as_slice() else { return None };
        return if is_of(single, type_name) {
            Some(single.clone())
        } else {
            converted_scalar(single, type_name)
        };
    }
    converted_scalar(value, type_name)
}

fn converted_scalar(value: &Value, type_name: &str) -> Option<Value> {
    match (type_name, value) {
        ("integer", Value::String(text)) => integer(text.trim()).map(Value::Number),
        ("integer", Value::Number(number)) => whole(number.as_f64()?).map(Value::Number),
        ("number", Value::String(text)) => text
            .trim()
            .parse::<f64>()
            .ok()
            .and_then(|number| integer(text.trim()).or_else(|| Number::from_f64(number)))
            .map(Value::Number),
        ("boolean", Value::String(text)) => match fold(text).as_str() {
            "true" | "yes" | "sim" | "si" => Some(Value::Bool(true)),
            "false" | "no" | "nao" => Some(Value::Bool(false)),
            _ => None,
        },
        ("string", Value::Number(number)) => Some(Value::String(number.to_string())),
        ("string", Value::Bool(flag)) => Some(Value::String(flag.to_string())),
        ("array", Value::String(text)) if text.trim_start().starts_with('[') => {
            super::loose_json::read_all(text).filter(Value::is_array)
        }
        ("array", single) if !is_nothing(single) => Some(Value::Array(vec![single.clone()])),
        ("object", Value::String(text)) => super::loose_json::read_all(text).filter(Value::is_object),
        _ => None,
    }
}

fn integer(text: &str) -> Option<Number> {
    text.parse::<i64>().ok().map(Number::from).or_else(|| whole(text.parse().ok()?))
}

/// `number` as an integer if it is one that a float holds exactly.
fn whole(number: f64) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    // The range check makes the conversion exact.
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then(|| Number::from(number as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "order_number": {"type": "string"},
                "quantity": {"type": "integer"},
                "price": {"type": ["number", "null"]},
                "express": {"type": "boolean"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "period": {"type": "string", "enum": ["manha", "tarde"]},
                "note": {"anyOf": [{"$ref": "#/$defs/Note"}, {"type": "null"}]},
                "limit": {"type": "integer"},
            },
            "required": ["order_number"],
            "$defs": {"Note": {"type": "object", "properties": {"stars": {"type": "integer"}}}},
        })
    }

    #[test]
    fn fits_what_is_beyond_doubt() {
        for (given, expected) in [
            (json!({"order_number": 1042}), json!({"order_number": "1042"})),
            (json!({"orderNumber": "A1"}), json!({"order_number": "A1"})),
            (json!({"quantity": "2"}), json!({"quantity": 2})),
            (json!({"quantity": 2.0}), json!({"quantity": 2})),
            (json!({"quantity": ["3"]}), json!({"quantity": 3})),
            (json!({"price": "19.90"}), json!({"price": 19.9})),
            (json!({"price": null}), json!({"price": null})),
            (json!({"express": "True"}), json!({"express": true})),
            (json!({"express": "não"}), json!({"express": false})),
            (json!({"tags": "novo"}), json!({"tags": ["novo"]})),
            (json!({"tags": "['a', 'b']"}), json!({"tags": ["a", "b"]})),
            (json!({"tags": [1, "b"]}), json!({"tags": ["1", "b"]})),
            (json!({"period": "Manhã"}), json!({"period": "manha"})),
            (json!({"note": {"stars": "5", "x": 1}}), json!({"note": {"stars": 5}})),
            (json!({"note": "{\"stars\": 4}"}), json!({"note": {"stars": 4}})),
            (json!({"limit": null}), json!({})),
            (json!({"limit": "None"}), json!({})),
            (json!({"nonsense": 1}), json!({})),
        ] {
            let (fitted, _) = fit(given.clone(), &schema());
            assert_eq!(fitted, expected, "{given}");
        }
    }

    #[test]
    fn leaves_alone_what_fits_and_what_it_cannot_mend() {
        for given in [
            json!({"order_number": "1042", "quantity": 1, "price": 2.5, "tags": [], "period": "tarde"}),
            json!({"quantity": "two"}),
            json!({"quantity": 2.5}),
            json!({"period": "noite"}),
            json!({"order_number": null}),
            json!("not an object"),
        ] {
            assert_eq!(fit(given.clone(), &schema()), (given, false));
        }
    }

    #[test]
    fn open_objects_keep_unknown_members() {
        for open in
            [json!({"additionalProperties": true}), json!({"additionalProperties": {}}), json!({"allOf": []})]
        {
            let mut schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
            if let (Some(schema), Value::Object(open)) = (schema.as_object_mut(), open) {
                schema.extend(open);
            }
            assert_eq!(fit(json!({"a": "1", "b": 2}), &schema).0, json!({"a": 1, "b": 2}));
        }
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}});
        assert_eq!(fit(json!({"x": 1}), &schema).0, json!({"x": 1}));
    }
}
