//! The program's own tool over leads: no model sees it, and no model's call is made.

use super::support::{context, registry};
use balcao::domain::ids::CallId;
use balcao::domain::tool::Risk;
use balcao::domain::tool_call::{RefusalClass, ToolCall, ToolOutcome};
use balcao::tools::builtin::leads::SAVE_LEAD;
use balcao::tools::dispatch::Dispatcher;
use balcao::tools::gate::decide::Consent;
use balcao::tools::gate::evidence::Evidence;
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn only_the_program_calls_it() {
    let registry = Arc::new(registry());
    assert!(!registry.specs().iter().any(|spec| spec.name == SAVE_LEAD));
    assert_ne!(registry.near("lead_safe").as_deref(), Some(SAVE_LEAD));
    let dispatcher = Dispatcher::new(registry, 1_000);
    let arguments = json!({
        "interview": "0198a000-0000-7000-8000-000000000001",
        "note": "quente", "origin": {"channel": "web"}, "tags": ["hot"],
        "opportunity": {"title": "Projeto", "value": null, "stage": "qualified"},
    });
    let call = ToolCall { id: CallId::own(SAVE_LEAD), name: SAVE_LEAD.to_owned(), arguments };
    let evidence = Evidence::default();
    let asked =
        dispatcher.admit(&call, &evidence, Consent::NotAsked).err().expect("a model's call is refused");
    assert!(matches!(*asked, ToolOutcome::Refused { class: RefusalClass::UnknownTool, .. }), "{asked:?}");
    let Ok(admitted) = dispatcher.admit(&call, &evidence, Consent::Given) else {
        panic!("the program's is not")
    };
    assert!(admitted.repeatable && admitted.risk == Risk::Write);
    let outcome = dispatcher.perform(admitted, &context(SAVE_LEAD)).await.unwrap();
    assert_eq!(outcome.label(), "unavailable");
}
