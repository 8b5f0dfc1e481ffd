//! The tools as a model sees them, and what they say when every system is away.

use super::support::{context, registry};
use balcao::domain::language::Language;
use balcao::domain::tool::Risk;
use balcao::domain::tool_call::RefusalClass;
use balcao::tools::tool::ToolError;
use serde_json::json;

#[test]
fn the_list_a_model_sees() {
    let list: Vec<_> = registry()
        .specs()
        .iter()
        .map(|spec| {
            json!({
                "name": spec.name,
                "description": spec.description,
                "parameters": spec.parameters,
                "risk": spec.risk,
                "result_trusted": spec.result_trusted,
            })
        })
        .collect();
    insta::assert_json_snapshot!(list);
}

#[test]
fn every_tool_has_words_in_every_language() {
    for spec in registry().specs().iter() {
        assert!((40..=200).contains(&spec.words.examples.len()), "{}: examples", spec.name);
        for language in Language::ALL {
            assert!(spec.words.say.0.contains_key(language.tag()), "{}: say in {language}", spec.name);
            assert!(spec.title.0.contains_key(language.tag()), "{}: title in {language}", spec.name);
            for parameter in spec.parameters["properties"].as_object().unwrap().keys() {
                let label = spec.words.labels.get(parameter);
                assert!(
                    label.is_some_and(|label| label.0.contains_key(language.tag())),
                    "{}.{parameter}: label",
                    spec.name
                );
            }
            for parameter in spec.required() {
                let ask = spec.words.ask.get(parameter);
                assert!(
                    ask.is_some_and(|ask| ask.0.contains_key(language.tag())),
                    "{}.{parameter}: ask",
                    spec.name
                );
            }
        }
    }
}

#[test]
fn arguments_are_checked_in_words_a_model_can_use() {
    let registry = registry();
    let shipping = registry.get("shipping_options").unwrap();
    let mut arguments = json!({"postal_code": "04567000", "product": "PLA-001", "quantity": 0});
    assert_eq!(shipping.validate(&arguments).unwrap_err(), ["`quantity`: 0 is less than the minimum of 1"]);
    arguments["quantity"] = json!(null);
    shipping.tidy(&mut arguments);
    assert_eq!(shipping.validate(&arguments), Ok(()));
    assert_eq!(registry.near("orderStatus").as_deref(), Some("order_status"));
}

#[tokio::test]
async fn a_system_that_is_away_is_told_without_its_address() {
    for entry in registry().iter() {
        let spec = entry.spec();
        let mut arguments = serde_json::Map::new();
        for name in spec.required() {
            let value = match (spec.parameter(name).unwrap()["type"].as_str(), name) {
                (Some("boolean"), _) => json!(true),
                (Some("integer"), _) => json!(7),
                (_, "start") => json!("2026-11-23T10:00"),
                _ => json!("04567000"),
            };
            arguments.insert(name.to_owned(), value);
        }
        if spec.name == "crm_save_contact" {
            arguments.insert("name".into(), json!("Ana"));
        }
        let arguments = serde_json::Value::Object(arguments);
        entry.validate(&arguments).unwrap_or_else(|faults| panic!("{}: {faults:?}", spec.name));
        let result = entry.tool().call(arguments, &context("call_1_0")).await;
        match (spec.name.as_str(), result) {
            // A customer who needs a person gets one, whatever else is away.
            ("hand_off", Ok(_)) => {}
            // Nothing has proven who they are, so nobody is looked up before the coupons.
            (_, Err(ToolError::Tell { reason, class })) => {
                assert_eq!(class, RefusalClass::Unavailable, "{}: {reason}", spec.name);
                assert!(!reason.contains("internal") && !reason.contains("5432"), "{reason}");
            }
            (name, other) => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn only_cancelling_asks_the_customer_first() {
    let sensitive: Vec<String> = registry()
        .specs()
        .iter()
        .filter(|spec| spec.risk == Risk::Sensitive)
        .map(|spec| spec.name.clone())
        .collect();
    assert_eq!(sensitive, ["agenda_cancel"]);
}
