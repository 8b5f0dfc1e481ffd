//! Other people's systems as tools, from their own descriptions, through the program itself: imported, checked, used in
//! a chat.

use super::support::{Place, stderr, stdout};
use crate::support::fake_openai::{Act, FakeOpenAi, Reply, call, finish, says, usage};
use crate::tools::mcp::FAKE;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const DOCUMENT: &str = include_str!("openapi.yaml");

/// What a vendor was asked: method, path with query, headers by name, body.
#[derive(Clone, Debug)]
struct Asked {
    line: String,
    headers: Vec<(String, String)>,
    body: Value,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// A vendor that takes everything down, says what it knows of orders, and publishes its own description.
struct Vendor {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: JoinHandle<()>,
}

impl Vendor {
    async fn start() -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let router = Router::new().fallback(answer).with_state(asked.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, asked, server }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(asked): State<Arc<Mutex<Vec<Asked>>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if parts.uri.path() == "/docs/api.yaml" {
        return DOCUMENT.replace("'{base}/api'", "'../api'").into_response();
    }
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let headers = parts.headers.iter();
    asked.lock().unwrap().push(Asked {
        line: format!("{} {}", parts.method, parts.uri),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    });
    axum::Json(json!({"orders": [{"number": "A-77", "state": "pago"}]})).into_response()
}

/// A model's answer that calls one tool.
fn calls(name: &str, arguments: &Value) -> Reply {
    Act::Stream(vec![call(0, "c1", name, &arguments.to_string()), finish("tool_calls"), usage(10, 5)]).into()
}

#[tokio::test]
async fn without_a_choice_the_operations_are_listed_with_their_risk() {
    let place = Place::empty().file("api.yaml", DOCUMENT);
    let listed = place.run(&["tools", "import", "openapi", "api.yaml"], "").await;
    assert!(listed.status.success(), "{listed:?}");
    let told = stdout(&listed);
    let rows: Vec<Vec<&str>> = told.lines().map(|line| line.split_whitespace().collect()).collect();
    for row in [
        ["findOrders", "GET", "/orders", "read"],
        ["createOrder", "POST", "/orders", "write"],
        ["delete_orders_order_id", "DELETE", "/orders/{order_id}", "sensitive"],
    ] {
        assert!(rows.iter().any(|known| known.starts_with(&row)), "{row:?} is not in {told}");
    }
    assert!(told.contains("--operation ID") && !place.path("tools").exists(), "{told}");
}

#[tokio::test]
async fn imported_tools_load_without_an_edit_and_their_calls_arrive_right() {
    let vendor = Vendor::start().await;
    let endpoint = FakeOpenAi::start([
        calls(
            "find_orders",
            &json!({"email": "ana@example.com", "state": ["open", "paid"], "fields": ["number", "state"], "range": {"from": "2026-01-01"}}),
        ),
        says("O pedido A-77 está pago."),
        calls("notes_add_note", &json!({"order_id": "A-77", "text": "entregar de manhã / portão azul"})),
        says("Anotei no pedido A-77."),
    ])
    .await;
    let place = Place::new().await.with_model(&endpoint).file("api.yaml", DOCUMENT);
    let import = |extra: &[&'static str]| {
        let base = ["tools", "import", "openapi", "api.yaml", "--base-url"];
        [&base[..], &[vendor.url.as_str()], extra].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let some =
        import(&["--operation", "findOrders", "--operation", "post:/orders/{order_id}/notes.{format}"]);
    let some: Vec<&str> = some.iter().map(String::as_str).collect();
    let imported = place.run(&some, "").await;
    let told = stdout(&imported);
    assert!(imported.status.success(), "{imported:?}");
    assert!(told.contains("tools/custom/find_orders.toml: written"), "{told}");
    assert!(told.contains("secret LOJA_EXEMPLO_SHOP_KEY"), "{told}");
    insta::assert_snapshot!(
        "imported_find_orders",
        std::fs::read_to_string(place.path("tools/custom/find_orders.toml"))
            .unwrap()
            .replace(&vendor.url, "http://VENDOR")
            .lines()
            .filter(|line| !line.contains("sha256"))
            .collect::<Vec<_>>()
            .join("\n")
    );
    let unready = place.run(&["check"], "").await;
    assert!(stdout(&unready).contains("the secret `LOJA_EXEMPLO_SHOP_KEY` is not set"), "{unready:?}");
    let kept = place.run(&["secrets", "set", "LOJA_EXEMPLO_SHOP_KEY"], "k-1\n").await;
    assert!(kept.status.success(), "{kept:?}");
    let ready = place.run(&["check"], "").await;
    assert!(ready.status.success(), "{ready:?}");

    let server = place.serve().await;
    let mut talk = server.talk().await;
    let answer = talk.say("Como está o meu pedido? Meu e-mail é ana@example.com").await;
    assert_eq!(answer.tool("find_orders").outcome, "done", "{answer:#?}");
    let answer = talk.say("Anote no pedido A-77: entregar de manhã / portão azul").await;
    assert_eq!(answer.tool("notes_add_note").outcome, "done", "{answer:#?}");
    let asked = vendor.asked();
    assert_eq!(
        asked[0].line,
        "GET /orders?email=ana%40example.com&state%5B%5D=open&state%5B%5D=paid&fields=number%2Cstate&range%5Bfrom%5D=2026-01-01"
    );
    assert_eq!((asked[0].header("x-shop-key"), asked[0].header("x-version")), ("k-1", "2024-08-13"));
    assert_eq!(asked[1].line, "POST /orders/A-77/notes.json");
    assert_eq!(asked[1].body, json!({"text": "entregar de manhã / portão azul"}));
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn what_a_tool_cannot_say_is_named_with_its_place_and_the_others_are_written() {
    let place = Place::empty().file("api.yaml", DOCUMENT);
    let imported =
        place.run(&["tools", "import", "openapi", "api.yaml", "--all", "--prefix", "Loja"], "").await;
    assert_eq!(imported.status.code(), Some(1));
    let told = stdout(&imported);
    for wanted in [
        "tools/custom/loja_create_order.toml: written",
        "api.yaml: at #/paths/~1broken/post/requestBody: there is no `#/components/requestBodies/Missing`",
        "api.yaml: at #/paths/~1upload/post/requestBody/content: a tool sends JSON or a form, not multipart/form-data",
        "/get: the path `/orders/{{ secret.OTHER }}` would be read as a template",
        "secret LOJA_SHOP_KEY",
    ] {
        assert!(told.contains(wanted), "{wanted} is not in {told}");
    }
    let written = std::fs::read_to_string(place.path("tools/custom/loja_create_order.toml")).unwrap();
    let file: toml::Table = toml::from_str(&written).unwrap();
    let tool = serde_json::to_value(&file["tool"][0]).unwrap();
    let parameters = &tool["parameters"];
    assert_eq!(parameters["required"], json!(["items", "payment", "customer"]), "{written}");
    assert_eq!(parameters["properties"]["items"]["items"]["properties"]["part_of"]["type"], "object");
    assert!(parameters["properties"]["items"]["items"]["properties"]["part_of"].get("properties").is_none());
    assert_eq!(parameters["properties"]["payment"]["anyOf"].as_array().unwrap().len(), 2);
    assert!(parameters["properties"].get("id").is_none(), "only the vendor sets it: {written}");
    assert_eq!(tool["http"]["idempotency_header"], "Idempotency-Key");
    assert_eq!(tool["http"]["url"], "https://api.example.com/api/orders");
    assert_eq!(tool["sources"]["customer"], "said");
}

#[tokio::test]
async fn a_file_that_somebody_changed_is_left_alone() {
    let place = Place::empty().file("api.yaml", DOCUMENT);
    let import = ["tools", "import", "openapi", "api.yaml", "--operation", "findOrders"];
    let path = place.path("tools/custom/find_orders.toml");
    for told in ["written", "unchanged"] {
        let imported = place.run(&import, "").await;
        assert!(imported.status.success() && stdout(&imported).contains(told), "{imported:?}");
    }
    let mine = std::fs::read_to_string(&path).unwrap().replace("risk = \"read\"", "risk = \"sensitive\"");
    std::fs::write(&path, &mine).unwrap();
    let again = place.run(&import, "").await;
    assert_eq!(again.status.code(), Some(1));
    assert!(stdout(&again).contains("changed by hand, left alone"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), mine);
    let forced = place.run(&[&import[..], &["--force"]].concat(), "").await;
    assert!(forced.status.success() && std::fs::read_to_string(&path).unwrap() != mine, "{forced:?}");
    let dry = place.run(&[&import[..], &["--dry-run", "--prefix", "dry"]].concat(), "").await;
    assert!(stdout(&dry).contains("name = \"dry_find_orders\""), "{dry:?}");
    assert!(!place.path("tools/custom/dry_find_orders.toml").exists());
    let other = place.file("tools/custom/mine.toml", &mine);
    std::fs::remove_file(&path).unwrap();
    let taken = other.run(&import, "").await;
    assert!(stdout(&taken).contains("is taken by ./tools/custom/mine.toml; give a --prefix"), "{taken:?}");
}

#[tokio::test]
async fn a_document_at_an_address_is_fetched_only_where_the_program_may_go() {
    let vendor = Vendor::start().await;
    let address = format!("{}/docs/api.yaml", vendor.url);
    let import = ["tools", "import", "openapi", &address, "--operation", "findOrders", "--dry-run"];
    let mut place = Place::empty();
    let fetched = place.run(&import, "").await;
    // The address of the API is relative to the document's own.
    let url = format!("url = \"{}/api/orders\"", vendor.url);
    assert!(fetched.status.success() && stdout(&fetched).contains(&url), "{fetched:?}");
    place.set("BALCAO__LIMITS__ALLOWED_HOSTS", "");
    let refused = place.run(&import, "").await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("loopback or private"), "{refused:?}");
    let gone = place.run(&["tools", "import", "openapi", "gone.yaml"], "").await;
    assert!(stderr(&gone).contains("cannot read gone.yaml"), "{gone:?}");
}

#[tokio::test]
async fn a_server_of_tools_is_used_in_a_chat_and_one_that_is_away_keeps_nobody_waiting() {
    let endpoint = FakeOpenAi::start([
        says("ok"),
        calls("docs_find_order", &json!({"number": "A-77"})),
        says("O pedido A-77 está pago."),
        calls("docs_add_note", &json!({"text": "Portão azul"})),
        says("Anotado: portão azul."),
    ])
    .await;
    let place = Place::new().await.with_model(&endpoint);
    let ledger = place.path("ledger");
    let settings = format!(
        "[mcp.docs]\ncommand = {FAKE:?}\nargs = [\"well\", {ledger:?}]\n[mcp.docs.tools.\"find order\"]\nrisk = \"read\"\n\
         [mcp.gone]\ncommand = \"/no/such/program\"\n"
    );
    let place = place.file("balcao.toml", &settings);
    let listed = place.run(&["tools"], "").await;
    assert!(stdout(&listed).contains("docs_find_order (read; consultar pedido)"), "{listed:?}");
    assert!(
        stdout(&listed).contains("MCP server `gone` is away: `/no/such/program` cannot be started"),
        "{listed:?}"
    );
    let quick = place.run(&["check"], "").await;
    assert!(quick.status.success() && stdout(&quick).contains("`docs` is asked with --online"), "{quick:?}");
    let online = place.run(&["check", "--online"], "").await;
    assert_eq!(online.status.code(), Some(1));
    assert!(stdout(&online).contains("the MCP server `docs` offers 10 tools"), "{online:?}");
    assert!(stdout(&online).contains("mcp: the MCP server `gone` is away"), "{online:?}");

    let server = place.serve().await;
    let ready: Value =
        server.door.operator(reqwest::Method::GET, "/readyz").send().await.unwrap().json().await.unwrap();
    let check = ready["checks"].as_array().unwrap().iter().find(|check| check["name"] == "mcp").unwrap();
    assert!(
        ready["status"] == "ready" && check["detail"].as_str().unwrap().contains("`gone` is away"),
        "{ready}"
    );
    let mut talk = server.talk().await;
    let answer = talk.say("Como está o pedido A-77?").await;
    assert_eq!(answer.tool("docs_find_order").outcome, "done", "{answer:#?}");
    assert!(answer.text.contains("A-77"), "{answer:#?}");
    let answer = talk.say("Anote aí: portão azul").await;
    assert_eq!(answer.tool("docs_add_note").outcome, "done", "{answer:#?}");
    assert_eq!(std::fs::read_to_string(&ledger).unwrap(), "Portão azul\n");
    assert!(server.terminate().await.0.success());
}

/// What the desk answers to these requests, one a line, by id.
async fn asked(place: &Place, requests: &[Value]) -> Vec<Value> {
    let input: String = requests.iter().map(|request| format!("{request}\n")).collect();
    let output = place.run(&["mcp", "--calls-per-minute", "3"], &input).await;
    assert!(output.status.success(), "{output:?}");
    stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn the_desks_own_read_tools_are_served_to_other_agents() {
    let place = Place::new().await;
    let call = |id: u32, name: &str, arguments: Value| json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
    let requests = [
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": "a", "method": "tools/list"}),
        call(1, "product_search", json!({"query": "samambaia"})),
        call(2, "knowledge_search", json!({"query": "direito de arrependimento"})),
        call(3, "order_status", json!({"order_number": "10421", "email": "ana@example.com"})),
        call(4, "product_search", json!({"quary": "x"})),
        call(5, "shipping_options", json!({"postal_code": "04567000", "product": "PLA-001"})),
        call(6, "product_search", json!({"query": "vaso"})),
        json!({"jsonrpc": "2.0", "id": 7, "method": "resources/list"}),
    ];
    // Beside a server and without one.
    let alone = asked(&place, &requests).await;
    let server = place.serve().await;
    let beside = asked(&place, &requests).await;
    assert!(server.terminate().await.0.success());
    for answers in [alone, beside] {
        let ids: Vec<String> = answers.iter().map(|answer| answer["id"].to_string()).collect();
        assert_eq!(ids, ["0", "\"a\"", "1", "2", "3", "4", "5", "6", "7"]);
        assert_eq!(answers[0]["result"]["protocolVersion"], "2025-06-18");
        let tools = answers[1]["result"]["tools"].as_array().unwrap();
        let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["product_search", "shipping_options", "agenda_list_slots", "knowledge_search"]);
        assert!(
            answers[2]["result"]["content"][0]["text"].as_str().unwrap().contains("amambaia"),
            "{}",
            answers[2]
        );
        assert!(
            answers[3]["result"]["content"][0]["text"].as_str().unwrap().contains("rrependimento"),
            "{}",
            answers[3]
        );
        assert_eq!(
            answers[4]["error"]["message"], "there is no tool `order_status`",
            "it is bound to a customer"
        );
        assert_eq!(answers[5]["result"]["isError"], true);
        assert!(
            answers[7]["result"]["content"][0]["text"].as_str().unwrap().contains("too many calls"),
            "{}",
            answers[7]
        );
        assert_eq!(answers[8]["error"]["code"], -32601);
    }
}

#[tokio::test]
async fn secrets_are_kept_sealed_listed_without_values_renewed_and_forgotten() {
    let mut place = Place::empty();
    let tool = "[[tool]]\nname = \"x\"\ndescription = \"x\"\nrisk = \"read\"\n[tool.http]\nurl = \"https://api.example.com/\"\n\
                headers = { Authorization = \"Bearer {{ secret.ERP_TOKEN }}\" }\n";
    place = place.file("tools/custom/x.toml", tool).file("value", "from-a-file\n");
    let missing = place.run(&["check"], "").await;
    assert!(stdout(&missing).contains("balcao secrets set ERP_TOKEN"), "{missing:?}");
    let set = place.run(&["secrets", "set", "ERP_TOKEN"], "t0p-s3cret\n").await;
    assert!(set.status.success() && stdout(&set).contains("made the key data/secrets.key"), "{set:?}");
    let other = place.run(&["secrets", "set", "OTHER", "--from", "value"], "").await;
    assert!(other.status.success() && !stdout(&other).contains("made the key"), "{other:?}");
    assert!(place.run(&["check"], "").await.status.success());
    let listed = stdout(&place.run(&["secrets", "list"], "").await);
    assert_eq!(
        listed.lines().map(|line| line.split('\t').next().unwrap()).collect::<Vec<_>>(),
        ["ERP_TOKEN", "OTHER"]
    );
    let rotated = place.run(&["secrets", "rotate"], "").await;
    assert!(stdout(&rotated).contains("2 sealed anew"), "{rotated:?}");
    let told = [stdout(&set), stdout(&other), listed, stdout(&rotated)].concat();
    let on_disk = std::fs::read_to_string(place.path("data/secrets.json")).unwrap();
    for text in [told, on_disk] {
        assert!(!text.contains("t0p-s3cret") && !text.contains("from-a-file"), "{text}");
    }
    for (arguments, wanted) in [
        (&["secrets", "set", "2X"][..], "no name for a secret"),
        (&["secrets", "remove", "GONE"], "no secret `GONE`"),
    ] {
        let refused = place.run(arguments, "x").await;
        assert!(refused.status.code() == Some(1) && stderr(&refused).contains(wanted), "{refused:?}");
    }
    assert!(place.run(&["secrets", "remove", "OTHER"], "").await.status.success());
    place.set("BALCAO_SECRETS_KEY", "bm8=");
    let locked = place.run(&["check"], "").await;
    assert_eq!(locked.status.code(), Some(1));
    assert!(stdout(&locked).contains("BALCAO_SECRETS_KEY: a key is 32 random bytes"), "{locked:?}");
}

#[tokio::test]
async fn a_database_is_asked_in_a_chat() {
    let endpoint = FakeOpenAi::start([
        says("ok"),
        calls("stock_of", &json!({"product": "vaso"})),
        says("Encontrei na prateleira."),
    ])
    .await;
    let mut place = Place::new().await.with_model(&endpoint);
    let file = place.path("stock.db");
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE stock (product TEXT, units INTEGER, shelf TEXT); INSERT INTO stock VALUES ('vaso', 7, 'B2');")
        .unwrap();
    place.set("BALCAO__DATABASES__ERP__URL", &format!("sqlite:{}", file.display()));
    let place = place.file(
        "tools/custom/stock.toml",
        "[[tool]]\nname = \"stock_of\"\ndescription = \"Units on the shelf.\"\nrisk = \"read\"\n\
         parameters = { type = \"object\", required = [\"product\"], properties = { product = { type = \"string\" } } }\n\
         [tool.sql]\ndatabase = \"erp\"\nquery = \"SELECT units, shelf FROM stock WHERE product = :product\"\n",
    );
    let checked = place.run(&["check", "--online"], "").await;
    assert!(stdout(&checked).contains("the database of `stock_of` takes its query"), "{checked:?}");
    let server = place.serve().await;
    let answer = server.talk().await.say("Quantos vasos há, e onde?").await;
    assert_eq!(
        answer.tool("stock_of").result["data"]["rows"],
        json!([{"units": 7, "shelf": "B2"}]),
        "{answer:#?}"
    );
    assert!(server.terminate().await.0.success());
}
