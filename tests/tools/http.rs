//! Operators' HTTP tools against a vendor on loopback that keeps a ledger: faults, slowness, size, refusals,
//! redirects, injected values.

use super::support::{ClockPause, CountingPause, NoPause, context, http_tools, tools_without_systems};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use balcao::config::secret::Secret;
use balcao::domain::clock::{Clock, ManualClock};
use balcao::domain::contact::{Identity, IdentityKind};
use balcao::domain::effect::Effect;
use balcao::domain::tool_call::RefusalClass;
use balcao::limits::net::Allowance;
use balcao::tools::http::{HttpTools, Secrets};
use balcao::tools::load::load;
use balcao::tools::registry::Registry;
use balcao::tools::tool::{ToolContext, ToolError, ToolOutput};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Clone, Debug)]
enum Act {
    Status(u16, Value),
    Redirect(String),
    /// Does the work, then never answers.
    Silence,
    Big(usize),
}

#[derive(Clone, Debug)]
struct Asked {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
}

#[derive(Default)]
struct Ledger {
    script: Mutex<VecDeque<Act>>,
    asked: Mutex<Vec<Asked>>,
    /// Effects by idempotency key.
    effects: Mutex<HashMap<String, u32>>,
}

struct Vendor {
    ledger: Arc<Ledger>,
    url: String,
    server: JoinHandle<()>,
}

impl Vendor {
    async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let ledger =
            Arc::new(Ledger { script: Mutex::new(script.into_iter().collect()), ..Ledger::default() });
        let router = Router::new().fallback(answer).with_state(ledger.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { ledger, url, server }
    }

    fn asked(&self) -> Vec<Asked> {
        self.ledger.asked.lock().unwrap().clone()
    }

    /// A registry with one custom tool, whose file may name the vendor as `VENDOR`.
    fn registry(&self, file: &str) -> (TempDir, Registry) {
        self.registry_with(file, &http_tools(Allowance::Hosts(vec!["127.0.0.1".into()])))
    }

    fn registry_with(&self, file: &str, shared: &HttpTools) -> (TempDir, Registry) {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("custom")).unwrap();
        std::fs::write(folder.path().join("custom/vendor.toml"), file.replace("VENDOR", &self.url)).unwrap();
        let registry = load(tools_without_systems(), folder.path(), shared)
            .unwrap_or_else(|problems| panic!("{problems:#?}"));
        (folder, registry)
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(ledger): State<Arc<Ledger>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8(bytes.to_vec()).unwrap();
    if let Some(key) = parts.headers.get("idempotency-key") {
        *ledger.effects.lock().unwrap().entry(key.to_str().unwrap().to_owned()).or_default() += 1;
    }
    ledger.asked.lock().unwrap().push(Asked {
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        body,
    });
    let act = ledger.script.lock().unwrap().pop_front().unwrap_or(Act::Status(200, json!({"ok": true})));
    match act {
        Act::Status(status, body) => {
            (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
        }
        Act::Redirect(to) => (StatusCode::FOUND, [("location", to)]).into_response(),
        Act::Silence => std::future::pending().await,
        Act::Big(items) => {
            let items: Vec<Value> = (0..items).map(|n| json!({"id": n, "text": "x".repeat(100)})).collect();
            json!({"first": "kept", "items": items, "last": "also read"}).to_string().into_response()
        }
    }
}

async fn call(registry: &Registry, arguments: Value) -> Result<ToolOutput, ToolError> {
    let entry = registry.get("vendor").unwrap();
    assert_eq!(entry.validate(&arguments), Ok(()));
    entry.tool().call(arguments, &context("call_1_0")).await
}

fn fault(status: u16) -> Act {
    Act::Status(status, json!({"error": "out of order"}))
}

const READ: &str = r#"
[[tool]]
name = "vendor"
description = "Reads"
risk = "read"
parameters = { type = "object", properties = { id = { type = "string" }, tag = { type = "string" } } }
[tool.http]
url = "VENDOR/orders/{{ args.id }}"
query = { tag = "{{ args.tag }}", "fixed key" = "a b", page = 2 }
headers = { Authorization = "Bearer {{ secret.API_KEY }}", X-Tag = "{{ args.tag }}" }
timeout_ms = 300
"#;

const WRITE: &str = r#"
[[tool]]
name = "vendor"
description = "Writes"
risk = "write"
parameters = { type = "object", properties = { name = { type = "string" }, amount = { type = "integer" } } }
[tool.http]
method = "POST"
url = "VENDOR/payments"
body = { who = { name = "{{ args.name }}" }, amount = "{{ args.amount }}", note = "for {{ args.name }}", missing = "{{ args.email }}", key = "{{ context.call_id }}" }
timeout_ms = 300
"#;

fn with_idempotency(file: &str) -> String {
    file.replace("timeout_ms = 300", "timeout_ms = 300\nidempotency_header = \"Idempotency-Key\"")
        .replace("missing = \"{{ args.email }}\", ", "")
}

#[tokio::test]
async fn values_stay_values() {
    let vendor = Vendor::start([]).await;
    let (_folder, registry) = vendor.registry(READ);
    call(&registry, json!({"id": "a/../b?x=1#y%", "tag": "ção & more"})).await.unwrap();
    let asked = vendor.asked();
    assert_eq!(asked[0].method, Method::GET);
    assert_eq!(asked[0].uri.path(), "/orders/a%2F..%2Fb%3Fx%3D1%23y%25");
    assert_eq!(asked[0].uri.query(), Some("tag=%C3%A7%C3%A3o+%26+more&fixed+key=a+b&page=2"));
    assert_eq!(asked[0].headers["authorization"], "Bearer s3cr3t+/=");

    for (id, tag) in [("..", "x"), ("", "x"), ("1", "x\r\nX-Admin: yes")] {
        let error = call(&registry, json!({"id": id, "tag": tag})).await.unwrap_err();
        assert!(
            matches!(error, ToolError::Tell { class: RefusalClass::BadArguments, .. }),
            "{id:?} {tag:?}: {error:?}"
        );
    }
    assert_eq!(vendor.asked().len(), 1, "none of these was sent");
}

#[tokio::test]
async fn a_body_keeps_types_and_cannot_be_broken_out_of() {
    let vendor = Vendor::start([]).await;
    let file = WRITE.replace("missing = \"{{ args.email }}\", ", "missing = \"{{ context.email }}\", ");
    let (_folder, registry) = vendor.registry(&file);
    let output = call(&registry, json!({"name": "A\", \"admin\": \"1", "amount": 12})).await.unwrap();
    assert_eq!(output.effects, [Effect::Wrote]);
    let asked = vendor.asked();
    assert_eq!(
        serde_json::from_str::<Value>(&asked[0].body).unwrap(),
        json!({"who": {"name": "A\", \"admin\": \"1"}, "amount": 12, "note": "for A\", \"admin\": \"1", "key": "call_1_0"})
    );
    assert_eq!(asked[0].headers["content-type"], "application/json");

    let text =
        r#"body = '{"name": "{{ args.name }}", "amount": {{ args.amount }}, "all": {{ args | tojson }}}'"#;
    let file: Vec<&str> =
        WRITE.lines().map(|line| if line.starts_with("body") { text } else { line }).collect();
    let (_folder, registry) = vendor.registry(&file.join("\n"));
    call(&registry, json!({"name": "A\", \"admin\": \"1", "amount": 12})).await.unwrap();
    let body: Value = serde_json::from_str(&vendor.asked()[1].body).unwrap();
    assert_eq!(body["name"], "A\", \"admin\": \"1");
    assert!(body.get("admin").is_none());
    assert_eq!(body["all"]["amount"], 12);
}

#[tokio::test]
async fn a_vendor_that_is_down_closes_no_other_on_its_host() {
    let (down, up) = (Vendor::start((0..12).map(|_| fault(500))).await, Vendor::start([]).await);
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("custom")).unwrap();
    let other = READ.replace("name = \"vendor\"", "name = \"other\"");
    let file = READ.replace("VENDOR", &down.url) + &other.replace("VENDOR", &up.url);
    std::fs::write(folder.path().join("custom/vendors.toml"), file).unwrap();
    let shared = http_tools(Allowance::Hosts(vec!["127.0.0.1".into()]));
    let registry = load(tools_without_systems(), folder.path(), &shared).unwrap_or_else(|p| panic!("{p:#?}"));
    for _ in 0..4 {
        call(&registry, json!({"id": "1"})).await.unwrap_err();
    }
    call(&registry, json!({"id": "1"})).await.unwrap_err();
    assert_eq!(down.asked().len(), 12, "its own breaker is open");
    let other = registry.get("other").unwrap().tool().call(json!({"id": "1"}), &context("call_1_0")).await;
    assert_eq!(other.unwrap().data, json!({"ok": true}));
}

#[tokio::test]
async fn the_wait_for_a_quota_fits_into_the_turn() {
    let clock = Arc::new(ManualClock::at(context("call_1_0").now.timestamp()));
    let pause = Arc::new(ClockPause { clock: clock.clone() });
    let shared =
        HttpTools::new(Allowance::Hosts(vec!["127.0.0.1".into()]), &Secrets::new(), clock.clone(), pause);
    let vendor = Vendor::start([]).await;
    let file =
        READ.replace("timeout_ms = 300", "timeout_ms = 300\nquota = 6").replace("{{ secret.API_KEY }}", "x");
    let (_folder, registry) = vendor.registry_with(&file, &shared.unwrap());
    let entry = registry.get("vendor").unwrap();
    let tool = entry.tool();
    let ask = async |seconds: u64| {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        tool.call(json!({"id": "1"}), &ToolContext { deadline, ..context("call_1_0") }).await
    };
    for _ in 0..6 {
        ask(60).await.unwrap();
    }
    let began = clock.now();
    let refused = ask(15).await.unwrap_err();
    let ToolError::Tell { class: RefusalClass::OverQuota, reason } = refused else { panic!("{refused:?}") };
    assert!(reason.contains("in a minute"), "{reason}");
    assert_eq!(clock.now(), began, "ten seconds would be too long, so that none is waited");
    ask(60).await.unwrap();
    assert_eq!(clock.now().duration_since(began).as_secs(), 10);
    ask(60).await.unwrap();
    let registry = vendor.registry_with(
        &file.replace("quota = 6", "quota = 1"),
        &http_tools(Allowance::Hosts(vec!["127.0.0.1".into()])),
    );
    let entry = registry.1.get("vendor").unwrap();
    let tool = entry.tool();
    let long = ToolContext { deadline: Instant::now() + Duration::from_secs(3_600), ..context("call_1_0") };
    tool.call(json!({"id": "1"}), &long).await.unwrap();
    let refused = tool.call(json!({"id": "1"}), &long).await.unwrap_err();
    assert!(matches!(refused, ToolError::Tell { class: RefusalClass::OverQuota, .. }), "{refused:?}");
}

#[tokio::test]
async fn as_many_attempts_are_made_as_the_file_says() {
    let vendor = Vendor::start((0..5).map(|_| fault(503))).await;
    let file = with_idempotency(WRITE).replace("timeout_ms = 300", "timeout_ms = 300\nretry = 4");
    let (_folder, registry) = vendor.registry(&file);
    let error = call(&registry, json!({"name": "Ana", "amount": 1})).await.unwrap_err();
    assert!(matches!(error, ToolError::Unknown(_)), "{error:?}");
    let effects = vendor.ledger.effects.lock().unwrap().clone();
    assert_eq!(effects.into_values().collect::<Vec<_>>(), [4], "one key for all attempts");
}

#[tokio::test]
async fn nobody_there_is_asked_three_times_when_only_reading() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let clock = Arc::new(ManualClock::at(context("call_1_0").now.timestamp()));
    let pause = Arc::new(CountingPause::default());
    let allowed = Allowance::Hosts(vec!["127.0.0.1".into()]);
    let shared = HttpTools::new(allowed, &Secrets::new(), clock, pause.clone()).unwrap();
    let vendor = Vendor::start([]).await;
    let file =
        READ.replace("VENDOR", &format!("http://127.0.0.1:{port}")).replace("{{ secret.API_KEY }}", "x");
    let (_folder, registry) = vendor.registry_with(&file, &shared);
    let error = call(&registry, json!({"id": "1"})).await.unwrap_err();
    let ToolError::Tell { class: RefusalClass::Unavailable, reason } = error else { panic!("{error:?}") };
    assert!(reason.contains("does not answer"), "{reason}");
    assert_eq!(pause.0.load(Ordering::SeqCst), 2, "two waits between three attempts");
}

#[tokio::test]
async fn a_read_is_tried_three_times() {
    let vendor = Vendor::start([fault(500), Act::Silence, Act::Status(200, json!({"n": 1}))]).await;
    let (_folder, registry) = vendor.registry(READ);
    assert_eq!(call(&registry, json!({"id": "1"})).await.unwrap().data, json!({"n": 1}));
    assert_eq!(vendor.asked().len(), 3);
}

#[tokio::test]
async fn a_write_without_a_key_is_never_repeated() {
    for act in [fault(503), Act::Silence] {
        let vendor = Vendor::start([act]).await;
        let (_folder, registry) = vendor.registry(&WRITE.replace("missing = \"{{ args.email }}\", ", ""));
        let error = call(&registry, json!({"name": "Ana", "amount": 1})).await.unwrap_err();
        assert!(matches!(error, ToolError::Unknown(_)), "{error:?}");
        assert_eq!(vendor.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_write_with_a_key_is_repeated_on_the_same_key() {
    let vendor = Vendor::start([fault(500), Act::Silence, Act::Status(201, json!({"id": 9}))]).await;
    let (_folder, registry) = vendor.registry(&with_idempotency(WRITE));
    let output = call(&registry, json!({"name": "Ana", "amount": 1})).await.unwrap();
    assert_eq!(output.data, json!({"id": 9}));
    let effects = vendor.ledger.effects.lock().unwrap().clone();
    assert_eq!(effects.into_values().collect::<Vec<_>>(), [3], "one key for all attempts");

    let vendor = Vendor::start([fault(500), fault(500), fault(500)]).await;
    let (_folder, registry) = vendor.registry(&with_idempotency(WRITE));
    let error = call(&registry, json!({"name": "Ana", "amount": 1})).await.unwrap_err();
    assert!(matches!(error, ToolError::Unknown(_)), "{error:?}");
}

#[tokio::test]
async fn nobody_there_is_not_an_unknown_fate() {
    let vendor = Vendor::start([]).await;
    let (_folder, registry) = vendor.registry(&with_idempotency(WRITE));
    vendor.server.abort();
    while !vendor.server.is_finished() {
        tokio::task::yield_now().await;
    }
    let error = call(&registry, json!({"name": "Ana", "amount": 1})).await.unwrap_err();
    assert!(matches!(error, ToolError::Tell { class: RefusalClass::Unavailable, .. }), "{error:?}");
}

#[tokio::test]
async fn a_refusal_is_final_and_its_body_told() {
    let vendor =
        Vendor::start([Act::Status(422, json!({"error": "amount too high", "more": "x".repeat(10_000)}))])
            .await;
    let (_folder, registry) = vendor.registry(&with_idempotency(WRITE));
    let Err(ToolError::Tell { reason, class }) = call(&registry, json!({"name": "Ana", "amount": 1})).await
    else {
        panic!("a refusal")
    };
    assert_eq!(class, RefusalClass::System);
    assert!(reason.contains("422") && reason.contains("amount too high"), "{reason}");
    assert!(reason.len() < 3_000);
    assert_eq!(vendor.asked().len(), 1);
}

#[tokio::test]
async fn a_redirect_into_a_private_network_is_not_followed() {
    let inside = Vendor::start([]).await;
    let vendor = Vendor::start([Act::Redirect(format!("{}/admin", inside.url))]).await;
    let (_folder, registry) = vendor.registry(READ);
    let error = call(&registry, json!({"id": "1"})).await.unwrap_err();
    assert!(matches!(error, ToolError::Tell { class: RefusalClass::Unavailable, .. }), "{error:?}");
    assert!(inside.asked().is_empty());
}

#[tokio::test]
async fn a_private_address_is_not_called_unless_allowed() {
    let inside = Vendor::start([]).await;
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("custom")).unwrap();
    std::fs::write(folder.path().join("custom/vendor.toml"), READ.replace("VENDOR", &inside.url)).unwrap();
    let registry = load(tools_without_systems(), folder.path(), &http_tools(Allowance::PublicOnly))
        .unwrap_or_else(|p| panic!("{p:#?}"));
    let error = call(&registry, json!({"id": "1"})).await.unwrap_err();
    assert!(matches!(error, ToolError::Tell { class: RefusalClass::Unavailable, .. }), "{error:?}");
    assert!(inside.asked().is_empty());
}

#[tokio::test]
async fn five_megabytes_are_read_and_projected() {
    let vendor = Vendor::start([Act::Big(40_000), Act::Big(200_000)]).await;
    let file = READ.replace(
        "timeout_ms = 300",
        "timeout_ms = 20000\nresult = \"{zed: first, abc: items[0].id, last: last}\"",
    );
    let (_folder, registry) = vendor.registry(&file);
    let output = call(&registry, json!({"id": "1"})).await.unwrap();
    assert_eq!(output.data.to_string(), r#"{"zed":"kept","abc":0,"last":"also read"}"#);
    // Above the limit the end is left unread, and what came whole counts.
    let output = call(&registry, json!({"id": "1"})).await.unwrap();
    assert_eq!(output.data.to_string(), r#"{"zed":"kept","abc":0,"last":null}"#);
}

#[tokio::test]
async fn a_vendor_that_fails_three_times_in_ten_keeps_being_asked() {
    let script = (0..400)
        .map(|n| if [0, 3, 6].contains(&(n % 10)) { fault(500) } else { Act::Status(200, json!({"n": n})) });
    let vendor = Vendor::start(script).await;
    let (_folder, registry) = vendor.registry(READ);
    for _ in 0..200 {
        assert!(call(&registry, json!({"id": "1"})).await.is_ok());
    }
}

#[tokio::test]
async fn what_the_program_binds_cannot_come_from_the_model() {
    let vendor = Vendor::start([]).await;
    let file = r#"
[[tool]]
name = "vendor"
description = "Balance"
risk = "read"
parameters = { type = "object", properties = { email = { type = "string" } }, required = ["email"], additionalProperties = false }
sources = { email = "context" }
[tool.http]
url = "VENDOR/balance"
query = { email = "{{ args.email }}" }
"#;
    let (_folder, registry) = vendor.registry(file);
    let entry = registry.get("vendor").unwrap();
    assert!(entry.validate(&json!({"email": "other@example.com"})).is_err());
    let mut who = context("call_1_0");
    let error = entry.tool().call(json!({"email": "other@example.com"}), &who).await.unwrap_err();
    assert!(matches!(error, ToolError::Tell { class: RefusalClass::NotVerified, .. }), "{error:?}");
    who.verified.push(Identity { kind: IdentityKind::Email, value: "ana@example.com".into() });
    entry.tool().call(json!({"email": "other@example.com"}), &who).await.unwrap();
    assert_eq!(vendor.asked()[0].uri.query(), Some("email=ana%40example.com"));
}

#[tokio::test]
async fn a_name_and_a_password_go_as_basic_authorization() {
    let vendor = Vendor::start([]).await;
    let file = "[[tool]]\nname = \"vendor\"\ndescription = \"d\"\nrisk = \"read\"\n[tool.http]\nurl = \"VENDOR/x\"\n\
                headers = { Authorization = \"Basic {{ ('user' ~ ':' ~ secret.API_KEY) | base64 }}\" }\n";
    let (_folder, registry) = vendor.registry(file);
    call(&registry, json!({})).await.unwrap();
    assert_eq!(vendor.asked()[0].headers["authorization"], "Basic dXNlcjpzM2NyM3QrLz0=");
}

#[tokio::test]
async fn a_tool_sees_the_secrets_that_it_names_and_none_of_a_connectors() {
    let vendor = Vendor::start([]).await;
    let secret = |name: &str| (name.to_owned(), Secret::new("s3cr3t+/="));
    let secrets = [secret("API_KEY"), secret("connectors__hubspot__access_token")].into();
    let shared = HttpTools::new(
        Allowance::Hosts(vec!["127.0.0.1".into()]),
        &secrets,
        Arc::new(ManualClock::at("2026-11-23T13:10:00Z".parse().unwrap())),
        Arc::new(NoPause),
    )
    .unwrap();
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("custom")).unwrap();
    let load_with = |named: &str| {
        let file = READ.replace("VENDOR", &vendor.url).replace("{{ secret.API_KEY }}", named);
        std::fs::write(folder.path().join("custom/vendor.toml"), file).unwrap();
        load(tools_without_systems(), folder.path(), &shared).map(drop)
    };
    assert!(load_with("{{ secret.API_KEY }}").is_ok());
    for (named, told) in [
        ("{{ secret.connectors__hubspot__access_token }}", "is a connector's own"),
        ("{{ secret.CONNECTORS__HUBSPOT__ACCESS_TOKEN }}", "is a connector's own"),
        ("{{ secret.OTHER }}", "is not set"),
        ("{{ secret }}", "which secret?"),
        ("{{ secret['connectors__hubspot__access_token'] }}", "secret"),
    ] {
        let problems = load_with(named).unwrap_err();
        assert!(problems.iter().any(|problem| problem.to_string().contains(told)), "{named}: {problems:?}");
    }
}
