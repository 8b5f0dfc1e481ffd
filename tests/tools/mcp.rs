//! Servers of tools as programs of their own: what they offer, what they say, and every way they fail. None of it may
//! cost more than the call.

use super::support::{context, tools_without_systems};
use balcao::config::mcp::McpSettings;
use balcao::config::secret::Secret;
use balcao::domain::clock::SystemClock;
use balcao::domain::effect::Effect;
use balcao::domain::language::Language;
use balcao::domain::tool::Risk;
use balcao::domain::tool_call::RefusalClass;
use balcao::limits::alerts::Alerts;
use balcao::limits::net::Allowance;
use balcao::limits::pause::Pause;
use balcao::tools::mcp::server::{Standing, Surroundings};
use balcao::tools::mcp::servers::{Means, Servers};
use balcao::tools::registry::Registry;
use balcao::tools::tool::{ToolError, ToolOutput};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The small server of `tests/support/mcp_server`.
pub const FAKE: &str = match option_env!("CARGO_BIN_EXE_balcao-test-mcp") {
    Some(program) => program,
    None => panic!("the server of tools is built with --features bench"),
};

/// Longest wait for something that happens at once.
const SOON: Duration = Duration::from_secs(60);

/// Waits until others have had their turn.
struct Turn;

impl Pause for Turn {
    fn pause(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::task::yield_now())
    }
}

struct Place {
    servers: Servers,
    registry: Arc<Registry>,
    folder: TempDir,
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Place {
    /// One server, `docs`, started in `mode`; `more` is written into its table.
    async fn start(mode: &str, more: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let ledger = folder.path().join("ledger");
        let settings = format!(
            "[docs]\ncommand = {FAKE:?}\nargs = [{mode:?}, {ledger:?}]\ntimeout_ms = 300\n\
             restart = {{ first_ms = 10, longest_ms = 50 }}\n{more}"
        );
        Self::with(&settings, Allowance::PublicOnly, folder).await
    }

    async fn with(settings: &str, allowance: Allowance, folder: TempDir) -> Self {
        let settings: McpSettings = toml::from_str(settings).unwrap();
        assert_eq!(settings.problems(), []);
        let surroundings = Surroundings {
            clock: Arc::new(SystemClock),
            pause: Arc::new(Turn),
            alerts: Arc::new(Alerts::logged(Arc::new(SystemClock))),
        };
        let secrets = BTreeMap::from([("DOCS".to_owned(), Secret::new("t-1"))]);
        let harmless = vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
        let means = Means {
            allowance: &allowance,
            secrets: &secrets,
            harmless: &harmless,
            surroundings: &surroundings,
        };
        let servers = Servers::new(&settings, &means).unwrap_or_else(|problems| panic!("{problems:?}"));
        let registry = Arc::new(Registry::new(tools_without_systems()).unwrap_or_default());
        let stop = CancellationToken::new();
        let running = servers.start(&registry, &stop);
        servers.settled(SOON).await;
        Self { servers, registry, folder, stop, running }
    }

    async fn call(&self, tool: &str, arguments: Value) -> Result<ToolOutput, ToolError> {
        let entry = self.registry.get(tool).unwrap_or_else(|| panic!("no tool {tool}"));
        entry.tool().call(arguments, &context("call_1_0")).await
    }

    fn ledger(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("ledger")).unwrap_or_default()
    }

    fn standing(&self) -> Standing {
        self.servers.standings().remove(0).1
    }

    async fn until(&self, what: impl FnMut(&Standing) -> bool) {
        let mut standing = self.servers.watch("docs").unwrap();
        tokio::time::timeout(SOON, standing.wait_for(what)).await.expect("in time").unwrap();
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(SOON, self.running.join_all()).await.expect("they end");
    }
}

/// Class and reason of a refusal.
fn refusal(result: Result<ToolOutput, ToolError>) -> (RefusalClass, String) {
    match result {
        Err(ToolError::Tell { reason, class }) => (class, reason),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_tools_of_a_server_are_offered_under_its_name_and_called() {
    let place = Place::start(
        "well",
        "risk = \"sensitive\"\nenv = { TOKEN = \"{{ secret.DOCS }}\" }\n[docs.tools.\"find order\"]\nrisk = \"read\"\n\
         result_trusted = [\"number\"]\n[docs.tools.nothing]\n",
    )
    .await;
    let Standing::Ready { tools, notes } = place.standing() else { panic!("{:?}", place.standing()) };
    assert_eq!(tools, 10);
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[0].contains("no tool `nothing`") && notes[1].contains("`bad`"), "{notes:?}");
    assert!(notes[2].contains("longer than 64 characters"), "{notes:?}");
    let entry = place.registry.get("docs_find_order").unwrap();
    let spec = entry.spec();
    assert_eq!((spec.risk, spec.description.as_str()), (Risk::Read, "Finds an order."));
    assert_eq!(spec.title.get(Language::Portuguese), Some("consultar pedido"));
    assert_eq!(spec.result_trusted, ["number"]);
    assert!(entry.validate(&json!({})).is_err() && entry.validate(&json!({"number": "7"})).is_ok());
    assert_eq!(place.registry.get("docs_add_note").unwrap().spec().risk, Risk::Sensitive);
    assert!(place.registry.specs().iter().any(|spec| spec.name == "docs_add_note"));

    let found = place.call("docs_find_order", json!({"number": "A-77"})).await.unwrap();
    assert_eq!((found.data["number"].as_str(), found.effects), (Some("A-77"), Vec::new()));
    let noted = place.call("docs_add_note", json!({"text": "oi"})).await.unwrap();
    assert_eq!((noted.data, noted.effects), (json!({"text": "written down"}), vec![Effect::Wrote]));
    assert_eq!(place.ledger(), "oi\n");
    let picture = place.call("docs_picture", json!({})).await.unwrap().data;
    assert_eq!(picture["text"], "a flower");
    assert!(picture["left_out"].as_str().unwrap().contains("left out"));
    let (class, reason) = refusal(place.call("docs_fail", json!({})).await);
    assert_eq!((class, reason.contains("closed on Mondays")), (RefusalClass::System, true));
    let seen = place.call("docs_environment", json!({})).await.unwrap().data;
    assert_eq!(seen["token"], "t-1");
    let mut names: Vec<&str> = seen["names"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["PATH", "TOKEN"], "nothing of ours is handed on");
    place.end().await;
}

#[tokio::test]
async fn only_what_the_operator_allows_is_offered() {
    let place = Place::start("well", "allow = [\"add-note\"]\n").await;
    assert_eq!(place.standing(), Standing::Ready { tools: 1, notes: Vec::new() });
    let entry = place.registry.get("docs_add_note").unwrap();
    assert_eq!(entry.spec().risk, Risk::Write, "unless said otherwise");
    assert!(place.registry.get("docs_find_order").is_none());
    place.end().await;
}

#[tokio::test]
async fn a_server_that_hangs_or_talks_rubbish_costs_one_call() {
    let place =
        Place::start("well", "[docs.tools.hang]\nrisk = \"write\"\n[docs.tools.rubbish]\nrisk = \"read\"\n")
            .await;
    assert!(matches!(place.call("docs_hang", json!({})).await, Err(ToolError::Unknown(_))));
    assert_eq!(place.ledger(), "hung\n");
    let (class, _) = refusal(place.call("docs_rubbish", json!({})).await);
    assert!(matches!(class, RefusalClass::Unavailable | RefusalClass::TimedOut), "{class:?}");
    place.call("docs_add_note", json!({"text": "still here"})).await.unwrap();
    place.end().await;
}

#[tokio::test]
async fn a_server_that_dies_leaves_a_change_unknown_and_is_started_again() {
    let place = Place::start("well", "").await;
    assert!(matches!(place.call("docs_die", json!({})).await, Err(ToolError::Unknown(_))));
    assert_eq!(place.ledger(), "died\n", "and it is not called again");
    let alive = async || {
        loop {
            match place.call("docs_find_order", json!({"number": "1"})).await {
                Ok(_) => return,
                // Away for a moment: that certainly did nothing.
                Err(ToolError::Tell { class: RefusalClass::Unavailable, .. } | ToolError::Unknown(_)) => {
                    place.until(|standing| matches!(standing, Standing::Ready { .. })).await;
                    tokio::task::yield_now().await;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(SOON, alive()).await.expect("it comes back");
    place.end().await;
}

#[tokio::test]
async fn a_flood_is_cut_off_and_the_server_started_again() {
    let place = Place::start("well", "").await;
    assert!(matches!(place.call("docs_flood", json!({})).await, Err(ToolError::Unknown(_))));
    place.until(|standing| matches!(standing, Standing::Away(_))).await;
    place.until(|standing| matches!(standing, Standing::Ready { .. })).await;
    place.end().await;
}

#[tokio::test]
async fn changes_of_a_servers_tools_are_followed() {
    let place = Place::start("well", "").await;
    assert!(place.registry.get("docs_later").is_none());
    let before = place.registry.specs();
    place.call("docs_grow", json!({})).await.unwrap();
    place.until(|standing| matches!(standing, Standing::Ready { tools: 11, .. })).await;
    assert_eq!(place.call("docs_later", json!({})).await.unwrap().data, json!({"text": "at last"}));
    assert_eq!(place.registry.specs().len(), before.len() + 1);
    place.end().await;
}

#[tokio::test]
async fn a_server_that_cannot_be_had_is_away_and_says_why() {
    let place = Place::start("broken", "").await;
    let Standing::Away(why) = place.standing() else { panic!("{:?}", place.standing()) };
    assert!(why.contains("it said: there is no database here"), "{why}");
    place.end().await;
    for (settings, wanted) in [
        ("[docs]\ncommand = \"/no/such/program\"\n", "`/no/such/program` cannot be started"),
        ("[docs]\nurl = \"http://127.0.0.1:9/mcp\"\n", "loopback or private"),
    ] {
        let place = Place::with(settings, Allowance::PublicOnly, TempDir::new().unwrap()).await;
        let Standing::Away(why) = place.standing() else { panic!("{:?}", place.standing()) };
        assert!(why.contains(wanted), "{why}");
        place.end().await;
    }
}

#[tokio::test]
async fn names_that_are_taken_stay_with_who_had_them() {
    let settings = format!(
        "[order]\ncommand = {FAKE:?}\nargs = [\"well\", \"\"]\nallow = [\"find order\"]\n[order_find]\ncommand = {FAKE:?}\n"
    );
    let place = Place::with(&settings, Allowance::PublicOnly, TempDir::new().unwrap()).await;
    assert!(place.registry.get("order_find_order").is_some() && place.registry.get("order_status").is_some());
    let faults =
        place.registry.replace("other", vec![place.registry.get("order_status").unwrap().tool().clone()]);
    assert_eq!(faults, [("order_status".to_owned(), "is there twice".to_owned())]);
    place.end().await;
}

/// A server of tools at an address, by hand: sessions, JSON answers, and what it was sent.
mod address {
    use axum::Router;
    use axum::extract::{Request, State};
    use axum::http::StatusCode;
    use axum::response::{IntoResponse, Response};
    use serde_json::{Value, json};
    use std::sync::{Arc, Mutex};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    pub struct Server {
        pub url: String,
        pub headers: Arc<Mutex<Vec<String>>>,
        task: JoinHandle<()>,
    }

    impl Server {
        pub async fn start() -> Self {
            let headers = Arc::new(Mutex::new(Vec::new()));
            let router = Router::new().fallback(answer).with_state(headers.clone());
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/mcp", listener.local_addr().unwrap());
            let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
            Self { url, headers, task }
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            self.task.abort();
        }
    }

    /// Ends every connection with its answer, so that none outlives the server.
    async fn answer(state: State<Arc<Mutex<Vec<String>>>>, request: Request) -> Response {
        ([("connection", "close")], answered(state, request).await).into_response()
    }

    async fn answered(State(headers): State<Arc<Mutex<Vec<String>>>>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let authorization =
            parts.headers.get("authorization").map_or("none", |value| value.to_str().unwrap());
        headers.lock().unwrap().push(authorization.to_owned());
        if parts.method != "POST" {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        }
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let message: Value = serde_json::from_slice(&bytes).unwrap();
        let result = match message["method"].as_str().unwrap() {
            "initialize" => json!({
                "protocolVersion": message["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "erp", "version": "1"},
            }),
            "tools/list" => json!({"tools": [
                {"name": "pay", "inputSchema": {"type": "object"}}, {"name": "look", "inputSchema": {"type": "object"}},
            ]}),
            "tools/call" if message["params"]["name"] == "pay" => {
                return (StatusCode::INTERNAL_SERVER_ERROR, "out of order").into_response();
            }
            "tools/call" => json!({"content": [], "structuredContent": {"state": "open"}}),
            _ => return StatusCode::ACCEPTED.into_response(),
        };
        let body = json!({"jsonrpc": "2.0", "id": message["id"], "result": result}).to_string();
        ([("content-type", "application/json"), ("mcp-session-id", "s-1")], body).into_response()
    }
}

#[tokio::test]
async fn a_server_at_an_address_is_called_with_its_headers_and_a_fault_leaves_a_change_unknown() {
    let server = address::Server::start().await;
    let settings = format!(
        "[docs]\nurl = {:?}\nheaders = {{ Authorization = \"Bearer {{{{ secret.DOCS }}}}\" }}\n\
         restart = {{ first_ms = 10, longest_ms = 50 }}\n[docs.tools.look]\nrisk = \"read\"\n",
        server.url
    );
    let allowed = Allowance::Hosts(vec!["127.0.0.1".into()]);
    let place = Place::with(&settings, allowed, TempDir::new().unwrap()).await;
    assert_eq!(place.standing(), Standing::Ready { tools: 2, notes: Vec::new() });
    assert_eq!(place.call("docs_look", json!({})).await.unwrap().data, json!({"state": "open"}));
    assert!(matches!(place.call("docs_pay", json!({})).await, Err(ToolError::Unknown(_))));
    let headers = server.headers.lock().unwrap().clone();
    assert!(headers.len() >= 4 && headers.iter().all(|header| header == "Bearer t-1"), "{headers:?}");
    // Nobody is there any more: what was not sent is known not to be done.
    drop(server);
    let gone = async {
        loop {
            match place.call("docs_pay", json!({})).await {
                Err(ToolError::Tell { class: RefusalClass::Unavailable, reason }) => break reason,
                Err(ToolError::Unknown(_)) => tokio::task::yield_now().await,
                other => panic!("{other:?}"),
            }
        }
    };
    let reason = tokio::time::timeout(SOON, gone).await.expect("it is found out");
    assert!(reason.contains("nothing was done"), "{reason}");
    place.end().await;
}
