//! Paths into a JSON value as `result_trusted` writes them: `order.number`, `items[].sku`, `[].id`.

use serde_json::Value;

/// The values at `path`; `[]` stands for every element. A path that leads nowhere selects nothing.
pub fn select<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut current = vec![value];
    for segment in path.split('.').filter(|segment| !segment.is_empty()) {
        let (key, elements) = match segment.strip_suffix("[]") {
            Some(key) => (key, true),
            None => (segment, false),
        };
        current = current
            .into_iter()
            .filter_map(|value| if key.is_empty() { Some(value) } else { value.get(key) })
            .flat_map(|value| match (value, elements) {
                (Value::Array(items), true) => items.iter().collect::<Vec<_>>(),
                (_, true) => Vec::new(),
                (other, false) => vec![other],
            })
            .collect();
    }
    current
}

/// Calls `visit` with every scalar below `value`.
pub fn scalars<'v>(value: &'v Value, visit: &mut dyn FnMut(&'v Value)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| scalars(item, visit)),
        Value::Object(fields) => fields.values().for_each(|field| scalars(field, visit)),
        Value::String(_) | Value::Number(_) | Value::Bool(_) => visit(value),
        Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_to_values() {
        let value = json!({"order": {"number": 7}, "items": [{"sku": "a"}, {"sku": "b"}, {}]});
        assert_eq!(select(&value, "order.number"), [&json!(7)]);
        assert_eq!(select(&value, "items[].sku"), [&json!("a"), &json!("b")]);
        assert!(select(&value, "items.sku").is_empty());
        assert!(select(&value, "nothing[].here").is_empty());
        assert_eq!(select(&json!([{"id": 1}]), "[].id"), [&json!(1)]);
    }
}
