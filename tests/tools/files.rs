//! Operators' files: what they may change, and every fault with its place.

use super::support::{http_tools, tools_without_systems};
use balcao::domain::language::Language;
use balcao::domain::tool::{ParamSource, Risk};
use balcao::limits::net::Allowance;
use balcao::tools::load::load;
use balcao::tools::registry::Registry;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("custom")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn load_from(folder: &Path) -> Result<Registry, String> {
    load(tools_without_systems(), folder, &http_tools(Allowance::PublicOnly)).map_err(|problems| {
        let shown = folder.display().to_string();
        let lines: Vec<String> =
            problems.iter().map(|problem| problem.to_string().replace(&shown, "tools")).collect();
        lines.join("\n")
    })
}

#[test]
fn the_shipped_files_may_lie_in_the_operators_folder() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools");
    load_from(&shipped).unwrap();
}

#[test]
fn an_operator_narrows_and_rewords() {
    let folder = folder(&[(
        "agenda.toml",
        r#"
[agenda_cancel]
enabled = false

[agenda_book]
risk = "sensitive"
say = { "pt-BR" = "Marcado!" }

[agenda_list_slots.parameters.professional]
fixed = "marina"
"#,
    )]);
    let registry = load_from(folder.path()).unwrap();
    assert!(registry.get("agenda_cancel").is_none());
    let book = registry.get("agenda_book").unwrap();
    let book = book.spec();
    assert_eq!(book.risk, Risk::Sensitive);
    assert_eq!(book.words.say.get(Language::Portuguese), Some("Marcado!"));
    assert!(book.words.say.get(Language::English).unwrap().starts_with("Done"), "other languages stay");
    let slots = registry.get("agenda_list_slots").unwrap();
    let slots = slots.spec();
    assert!(slots.parameter("professional").is_none());
    assert_eq!(slots.hidden, ["professional"]);
}

#[test]
fn examples_of_the_operator_are_added_and_a_list_in_a_domain_file_replaces() {
    let of = |registry: &Registry, tool: &str| registry.get(tool).unwrap().spec().words.examples.clone();
    let shipped = load_from(Path::new("tests/no-such-folder")).unwrap();
    let folder = folder(&[
        (
            "examples.toml",
            "[order_status]\nexamples = [\"cadê minha marmita?\"]\n[hand_off]\nexamples = [\"chama o Zé\"]\n",
        ),
        ("people.toml", "[hand_off]\nexamples = [\"quero gente\"]\n"),
    ]);
    let registry = load_from(folder.path()).unwrap();
    let mut added = of(&shipped, "order_status");
    added.push("cadê minha marmita?".to_owned());
    assert_eq!(of(&registry, "order_status"), added);
    assert_eq!(of(&registry, "hand_off"), ["quero gente"]);
    let folder = super::files::folder(&[("examples.toml", "[order_status]\ntitle = \"x\"\n")]);
    let fault = load_from(folder.path()).err().unwrap();
    assert_eq!(fault, "tools/examples.toml:1: only `examples` stand in this file");
}

#[test]
fn every_fault_is_named_with_its_place() {
    let folder = folder(&[
        (
            "catalog.toml",
            r#"[order_status]
risk = "none"
tittle = "x"
say = """
{{ result.number }}
{% if %}"""

[product_search.parameters.colour]
ask = "Which colour?"

[shipping_options.parameters.quantity]
max = 5000

[order_statos]
enabled = true
"#,
        ),
        ("mine.toml", "[agenda_cancel]\nrisk = \"read\"\n[remember]\ntimeout_ms = -1\n"),
        ("broken.toml", "a = \n"),
        (
            "custom/one.toml",
            r#"
[[tool]]
name = "my.balance"
description = "x"
risk = "read"
parameters = { type = "strange" }
[tool.http]
url = "https://vendor.example/{{ args.account }}"

[[tool]]
name = "order_status"
description = "x"
risk = "read"
[tool.http]
url = "https://vendor.example/"

[[tool]]
name = "balance"
description = "Balance of an account"
risk = "read"
parameters = { type = "object", properties = { account = { type = "string" } } }
[tool.http]
url = "https://vendor.example/{{ args.acount }}"
headers = { Authorization = "Bearer {{ secret.NOPE }}" }
result = "a["

[[tool]]
name = "inside"
description = "x"
risk = "read"
parameters_file = "missing.json"
[tool.http]
url = "http://127.0.0.1:9/"

[[tool]]
name = "inside"
description = "x"
risk = "read"
[tool.http]
url = "https://user:word@vendor.example/"
"#,
        ),
    ]);
    insta::assert_snapshot!(load_from(folder.path()).err().unwrap());
}

#[test]
fn a_custom_tool_is_read_whole() {
    let folder = folder(&[
        (
            "custom/bank.toml",
            r#"
[[tool]]
name = "transfer_limit"
description = "Changes the limit for transfers."
risk = "sensitive"
parameters_file = "limit.json"
examples = ["quero aumentar meu limite"]
ask = { amount = { "pt-BR" = "Qual o novo limite?" } }
labels = { amount = "novo limite" }
say = { "pt-BR" = "Seu limite agora é {{ result.limit | money }}." }
sources = { conversation_id = "context", amount = "said" }
result_trusted = ["limit"]
[tool.http]
method = "put"
url = "https://bank.example/limits"
body = "{{ args | tojson }}"
timeout_ms = 2000
retry = { attempts = 4 }
quota = "2/second"
idempotency_header = "Idempotency-Key"
"#,
        ),
        (
            "custom/limit.json",
            r##"{"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#/$defs/L",
                "$defs": {"L": {"type": "object", "required": ["amount", "conversation_id"],
                "properties": {"amount": {"type": "integer", "exclusiveMinimum": 0}, "conversation_id": {"type": "string"}}}}}"##,
        ),
    ]);
    let registry = load_from(folder.path()).unwrap();
    let entry = registry.get("transfer_limit").unwrap();
    let spec = entry.spec();
    assert_eq!(spec.source_of("amount"), ParamSource::Said);
    assert_eq!(spec.source_of("conversation_id"), ParamSource::Context);
    assert!(spec.parameter("conversation_id").is_none(), "the model does not see what the program binds");
    assert_eq!(spec.required().collect::<Vec<_>>(), ["amount"]);
    assert_eq!(entry.validate(&serde_json::json!({"amount": 100})), Ok(()));
    assert!(entry.validate(&serde_json::json!({"amount": 0})).is_err());
}

#[test]
fn names_in_every_style_of_openai_are_taken_and_others_are_not() {
    let tool = |name: &str| {
        format!(
            "[[tool]]\nname = {name:?}\ndescription = \"d\"\nrisk = \"read\"\n[tool.http]\nurl = \"https://api.example.com/x\"\n"
        )
    };
    let taken = ["getOrder", "get-coupon", "Refund2", "2fa", "GET_STOCK", &"x".repeat(64)];
    let file: String = taken.iter().map(|name| tool(name)).collect();
    let files = folder(&[("custom/a.toml", &file)]);
    let registry = load_from(files.path()).unwrap();
    for name in taken {
        assert!(registry.get(name).is_some(), "{name}");
    }
    assert_eq!(registry.get("getOrder").unwrap().spec().title.get(Language::Portuguese), Some("get order"));
    assert_eq!(
        registry.get("get-coupon").unwrap().spec().title.get(Language::Portuguese),
        Some("get coupon")
    );
    for slip in ["get_order", "GetOrder", "functions.getOrder", "get-ordr"] {
        assert_eq!(registry.near(slip).as_deref(), Some("getOrder"), "{slip}");
    }
    for name in ["get order", "pedido.ver", "ação", &"x".repeat(65)] {
        let files = folder(&[("custom/a.toml", &tool(name))]);
        let told = load_from(files.path()).map(|_| ()).unwrap_err();
        assert!(told.contains("is no tool name: letters, digits, _ and -, at most 64"), "{name}: {told}");
    }
}
