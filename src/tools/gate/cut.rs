//! Cuts a result to a size a model can read: first keys, first elements, beginnings of texts. What is left is still
//! valid JSON.

use serde_json::{Map, Value};

/// `value` within about `budget` characters of JSON, and whether anything was left out.
pub fn cut(value: Value, budget: usize) -> (Value, bool) {
    // Most results are small: measuring stops as soon as the budget is exceeded.
    if fits(&value, budget) {
        return (value, false);
    }
    let mut left = budget;
    (take(&value, &mut left), true)
}

fn fits(value: &Value, budget: usize) -> bool {
    fn walk(value: &Value, left: &mut usize) -> bool {
        let own = match value {
            Value::String(text) => text.len() + 2,
            Value::Array(items) => {
                return spend(left, 2) && items.iter().all(|item| spend(left, 1) && walk(item, left));
            }
            Value::Object(fields) => {
                return spend(left, 2)
                    && fields.iter().all(|(key, field)| spend(left, key.len() + 4) && walk(field, left));
            }
            Value::Number(_) => 8,
            Value::Bool(_) | Value::Null => 5,
        };
        spend(left, own)
    }
    let mut left = budget;
    walk(value, &mut left)
}

fn spend(left: &mut usize, amount: usize) -> bool {
    match left.checked_sub(amount) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}

fn take(value: &Value, left: &mut usize) -> Value {
    match value {
        Value::String(text) => {
            let room = (*left).saturating_sub(2);
            let end = (0..=room.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            *left = left.saturating_sub(end + 2);
            Value::String(text[..end].to_owned())
        }
        Value::Array(items) => {
            let mut kept = Vec::new();
            for item in items {
                if *left < 8 {
                    break;
                }
                kept.push(take(item, left));
            }
            Value::Array(kept)
        }
        Value::Object(fields) => {
            let mut kept = Map::new();
            let mut remaining = fields.len();
            for (key, field) in fields {
                if !spend(left, key.len() + 4) {
                    break;
                }
                // One huge field must not starve the ones behind it.
                let mut share = (*left / remaining.max(1)).max(200).min(*left);
                let before = share;
                kept.insert(key.clone(), take(field, &mut share));
                *left -= before - share;
                remaining -= 1;
            }
            Value::Object(kept)
        }
        Value::Number(_) | Value::Bool(_) | Value::Null => {
            *left = left.saturating_sub(8);
            value.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn small_results_are_left_alone() {
        let value = json!({"a": [1, 2, {"b": "c"}]});
        assert_eq!(cut(value.clone(), 1000), (value, false));
    }

    #[test]
    fn a_huge_field_leaves_room_for_the_others() {
        let value =
            json!({"id": 7, "log": "x".repeat(5_000_000), "state": "shipped", "ção": "ã".repeat(100_000)});
        let (small, was_cut) = cut(value, 4000);
        assert!(was_cut);
        assert_eq!(small["id"], 7);
        assert_eq!(small["state"], "shipped");
        assert!(small.to_string().len() < 5000);
    }
}
