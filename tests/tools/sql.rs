//! Operators' own queries on every kind of database: what is bound, what comes back, what can never be written, and what it costs
//! at most.

use super::support::{context, http_tools, tools_without_systems};
use crate::support::mariadb;
use crate::support::postgres::Database;
use balcao::domain::clock::{Clock, SystemClock};
use balcao::domain::contact::{Identity, IdentityKind};
use balcao::domain::query::ReadOnlyDatabase;
use balcao::domain::tool_call::RefusalClass;
use balcao::limits::alerts::Alerts;
use balcao::limits::net::Allowance;
use balcao::store::queries;
use balcao::tools::load::load;
use balcao::tools::registry::Registry;
use balcao::tools::sql::Databases;
use balcao::tools::tool::{ToolContext, ToolError, ToolOutput};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;

/// Databases with the same shelf in them.
struct Shelf {
    folder: TempDir,
    _postgres: Database,
    urls: [(&'static str, String); 3],
}

const ROWS: &str = "
    CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price NUMERIC(10, 2), added DATE, owner TEXT);
    INSERT INTO items VALUES (1, 'vaso \"azul\"; DROP TABLE items', 54.90, '2026-01-02', 'ana@example.com');
    INSERT INTO items VALUES (2, 'samambaia', 12.50, '2026-03-04', 'bia@example.com');
    INSERT INTO items VALUES (3, 'regador', NULL, NULL, 'ana@example.com');
";

/// What an older system would have in it, and what only counts.
const OLD: &str = "
    CREATE SEQUENCE numbers;
    CREATE TABLE customers (name TEXT) CHARACTER SET latin1;
    INSERT INTO customers VALUES ('João');
";

impl Shelf {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("shelf.db");
        rusqlite::Connection::open(&file).unwrap().execute_batch(ROWS).unwrap();
        let postgres = Database::bare().await;
        let url = postgres.url();
        let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
        connection.execute(ROWS).await.unwrap();
        let urls = [
            ("sqlite", format!("sqlite:{}", file.display())),
            ("postgres", url),
            ("mariadb", mariadb::database(&format!("{ROWS} {OLD}")).await),
        ];
        Self { folder, _postgres: postgres, urls }
    }

    /// A registry whose tools ask the database `name` as `shelf`.
    fn registry(&self, url: &str, file: &str) -> Result<Registry, Vec<String>> {
        let databases: BTreeMap<String, Arc<dyn ReadOnlyDatabase>> =
            BTreeMap::from([("shelf".to_owned(), queries::at(url).unwrap())]);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let alerts = Arc::new(Alerts::logged(clock.clone()));
        let shared = http_tools(Allowance::PublicOnly).asking(Databases::new(databases, &clock, &alerts));
        let tools = self.folder.path().join("tools");
        std::fs::create_dir_all(tools.join("custom")).unwrap();
        std::fs::write(tools.join("custom/shelf.toml"), file).unwrap();
        load(tools_without_systems(), &tools, &shared)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }
}

/// A tool over `query` with these parameters, as JSON Schema properties in TOML, and more keys of its table.
fn tool(query: &str, parameters: &str, more: &str) -> String {
    format!(
        "[[tool]]\nname = \"shelf\"\ndescription = \"d\"\nrisk = \"read\"\n\
         parameters = {{ type = \"object\", properties = {{ {parameters} }} }}\n{more}\n\
         [tool.sql]\ndatabase = \"shelf\"\ntimeout_ms = 2000\nquery = '''\n{query}\n'''\n"
    )
}

async fn ask(registry: &Registry, arguments: Value) -> Result<ToolOutput, ToolError> {
    ask_as(registry, arguments, &context("call_1_0")).await
}

async fn ask_as(
    registry: &Registry,
    arguments: Value,
    context: &ToolContext,
) -> Result<ToolOutput, ToolError> {
    let entry = registry.get("shelf").unwrap();
    assert_eq!(entry.validate(&arguments), Ok(()));
    entry.tool().call(arguments, context).await
}

/// Class and reason of a refusal.
fn refusal(result: Result<ToolOutput, ToolError>) -> (RefusalClass, String) {
    match result {
        Err(ToolError::Tell { reason, class }) => (class, reason),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn values_are_bound_and_columns_come_back_with_their_types() {
    let shelf = Shelf::new().await;
    let text = "{ type = \"string\" }";
    let by_name = tool(
        "SELECT id, name, price, added FROM items -- not :this\n WHERE name LIKE '%' || :part || '%' AND id >= :least ORDER BY id;",
        &format!("part = {text}, least = {{ type = \"integer\" }}"),
        "result_trusted = [\"rows[].id\"]",
    );
    for (database, url) in &shelf.urls {
        let registry = shelf.registry(url, &by_name).unwrap();
        let found = ask(&registry, json!({"part": "a", "least": 2})).await.unwrap().data;
        assert_eq!(found["rows"][0]["name"], "samambaia", "{database}: {found}");
        assert_eq!((&found["rows"][0]["id"], found["rows"][0]["price"].as_f64()), (&json!(2), Some(12.5)));
        assert_eq!(found["rows"][0]["added"], "2026-03-04");
        assert_eq!(found["rows"][1], json!({"id": 3, "name": "regador", "price": null, "added": null}));
        // A value is a value, whatever it says.
        for hostile in ["'; DROP TABLE items; --", "%' OR '1'='1", "\\", "$1", ":least", "é 💐"] {
            let found = ask(&registry, json!({"part": hostile, "least": 1})).await.unwrap().data;
            assert_eq!(found, json!({"rows": []}), "{database}: {hostile}");
        }
        let azul = ask(&registry, json!({"part": "\"azul\"; DROP", "least": 0})).await.unwrap().data;
        assert_eq!(azul["rows"].as_array().map(Vec::len), Some(1), "{database}");
        // What is not given is null.
        assert_eq!(ask(&registry, json!({"part": "a"})).await.unwrap().data, json!({"rows": []}));
        assert_eq!(registry.get("shelf").unwrap().spec().result_trusted, ["rows[].id"]);
        assert_eq!(registry.get("shelf").unwrap().tool().online().await, Some(Ok(())), "{database}");
    }
}

#[tokio::test]
async fn dates_and_lists_are_written_as_people_write_them() {
    let shelf = Shelf::new().await;
    let [(_, sqlite), (_, postgres), (_, mariadb)] = &shelf.urls;
    let parameters =
        "since = { type = \"string\" }, ids = { type = \"array\", items = { type = \"integer\" } }";
    for (url, query) in [
        (sqlite, "SELECT id FROM items WHERE added >= :since AND id IN (SELECT value FROM json_each(:ids))"),
        (postgres, "SELECT id FROM items WHERE added >= :since AND id = ANY(:ids)"),
        (mariadb, "SELECT id FROM items WHERE added >= :since AND JSON_CONTAINS(:ids, id)"),
    ] {
        let registry = shelf.registry(url, &tool(query, parameters, "")).unwrap();
        let found = ask(&registry, json!({"since": "2026-02-01", "ids": [1, 2, 3]})).await.unwrap().data;
        assert_eq!(found, json!({"rows": [{"id": 2}]}), "{query}");
    }
    let registry = shelf
        .registry(postgres, &tool("SELECT id FROM items WHERE added >= :since", parameters, ""))
        .unwrap();
    let (class, reason) = refusal(ask(&registry, json!({"since": "amanhã"})).await);
    assert_eq!((class, reason.contains("amanhã")), (RefusalClass::BadArguments, true), "{reason}");
}

#[tokio::test]
async fn old_alphabets_are_read_and_what_they_lack_is_no_fault_of_the_query() {
    let shelf = Shelf::new().await;
    let by_name = tool("SELECT name FROM customers WHERE name = :name", "name = { type = \"string\" }", "");
    let registry = shelf.registry(&shelf.urls[2].1, &by_name).unwrap();
    let found = ask(&registry, json!({"name": "joão"})).await.unwrap().data;
    assert_eq!(found, json!({"rows": [{"name": "João"}]}));
    let (class, _) = refusal(ask(&registry, json!({"name": "João 💐"})).await);
    assert_eq!(class, RefusalClass::BadArguments);
}

#[tokio::test]
async fn nothing_can_be_written() {
    let shelf = Shelf::new().await;
    let [(_, sqlite), (_, postgres), (_, mariadb)] = &shelf.urls;
    let outfile = shelf.folder.path().join("items.txt");
    let into_file = format!("SELECT id INTO OUTFILE '{}' FROM items", outfile.display());
    for (url, query) in [
        (mariadb, into_file.as_str()),
        (mariadb, "SELECT id INTO @copied FROM items"),
        (mariadb, "SELECT nextval(numbers)"),
        (mariadb, "WITH gone AS (SELECT 1) DELETE FROM items"),
        (mariadb, "SELECT * FROM nothing"),
        (postgres, "WITH gone AS (DELETE FROM items RETURNING id) SELECT * FROM gone"),
        (postgres, "SELECT id INTO copied FROM items"),
        (postgres, "SELECT setval('items_id_seq', 1)"),
        (postgres, "SELECT set_config('transaction_read_only', 'off', true), lo_create(0)"),
        (sqlite, "WITH gone AS (SELECT 1) DELETE FROM items"),
        (sqlite, "SELECT load_extension('x')"),
        (postgres, "SELECT * FROM nothing"),
        (sqlite, "SELECT * FROM nothing"),
    ] {
        let registry = shelf.registry(url, &tool(query, "", "")).unwrap();
        let (class, reason) = refusal(ask(&registry, json!({})).await);
        assert_eq!(class, RefusalClass::Unavailable, "{query}: {reason}");
        assert!(!reason.contains("items"), "what went wrong is for the operator: {reason}");
    }
    assert!(!outfile.exists());
    for (database, url) in &shelf.urls {
        let registry = shelf.registry(url, &tool("SELECT count(*) AS n FROM items", "", "")).unwrap();
        assert_eq!(ask(&registry, json!({})).await.unwrap().data, json!({"rows": [{"n": 3}]}), "{database}");
    }
}

#[tokio::test]
async fn rows_bytes_and_time_are_bounded() {
    let shelf = Shelf::new().await;
    let [(_, sqlite), (_, postgres), (_, mariadb)] = &shelf.urls;
    let numbers =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT i FROM n";
    for (url, long, wide) in [
        (
            sqlite,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
            "SELECT printf('%.*c', 200000, 'x') AS x FROM items",
        ),
        (postgres, "SELECT pg_sleep(60)", "SELECT repeat('x', 200000) AS x FROM items"),
        (mariadb, "SELECT sleep(60)", "SELECT repeat('x', 200000) AS x FROM items"),
    ] {
        let few = tool(numbers, "", "").replace("timeout_ms = 2000", "rows = 3\ntimeout_ms = 20000");
        let registry =
            shelf.registry(url, &few.replace("SELECT i FROM n", "SELECT i FROM n LIMIT 50")).unwrap();
        let found = ask(&registry, json!({})).await.unwrap().data;
        assert_eq!(found["rows"], json!([{"i": 1}, {"i": 2}, {"i": 3}]));
        assert!(found["more"].as_str().unwrap().contains("more rows"));
        let registry = shelf
            .registry(url, &tool(wide, "", "").replace("timeout_ms = 2000", "timeout_ms = 20000"))
            .unwrap();
        let found = ask(&registry, json!({})).await.unwrap().data;
        assert_eq!((found["rows"].as_array().map(Vec::len), found["more"].is_string()), (Some(1), true));
        let registry = shelf
            .registry(url, &tool(long, "", "").replace("timeout_ms = 2000", "timeout_ms = 100"))
            .unwrap();
        assert_eq!(refusal(ask(&registry, json!({})).await).0, RefusalClass::TimedOut, "{long}");
    }
    for url in ["sqlite:/no/such/file.db", "postgres://nobody@127.0.0.1:1/x", "mysql://nobody@127.0.0.1:1/x"]
    {
        let registry = shelf.registry(url, &tool("SELECT 1", "", "")).unwrap();
        assert_eq!(refusal(ask(&registry, json!({})).await).0, RefusalClass::Unavailable, "{url}");
        assert!(registry.get("shelf").unwrap().tool().online().await.unwrap().is_err());
    }
}

#[tokio::test]
async fn a_query_of_the_customers_own_things_is_bound_by_the_program() {
    let shelf = Shelf::new().await;
    let mine = tool(
        "SELECT id FROM items WHERE owner = :email ORDER BY id",
        "email = { type = \"string\" }",
        "sources = { email = \"context\" }",
    );
    for (database, url) in &shelf.urls {
        let registry = shelf.registry(url, &mine).unwrap();
        assert!(registry.get("shelf").unwrap().spec().parameter("email").is_none());
        let (class, _) = refusal(ask(&registry, json!({})).await);
        assert_eq!(class, RefusalClass::NotVerified, "{database}");
        let ana = Identity { kind: IdentityKind::Email, value: "ana@example.com".into() };
        let proven = ToolContext { verified: vec![ana], ..context("call_1_0") };
        let found = ask_as(&registry, json!({}), &proven).await.unwrap().data;
        assert_eq!(found, json!({"rows": [{"id": 1}, {"id": 3}]}), "{database}");
    }
}

#[tokio::test]
async fn every_mistake_is_named_with_its_line() {
    let shelf = Shelf::new().await;
    let url = &shelf.urls[0].1;
    for (file, wanted) in [
        (tool("SELECT :other", "", ""), "shelf.toml:11: query: `:other` is not a parameter"),
        (tool("DELETE FROM items", "", ""), "shelf.toml:11: query: a query begins with SELECT or WITH"),
        (tool("SELECT 1; SELECT 2", "", ""), "one statement only"),
        (
            tool("SELECT 1", "", "").replace("\"shelf\"\ntimeout", "\"shell\"\ntimeout"),
            "there is no database `shell`",
        ),
        (
            tool("SELECT 1", "", "").replace("\"read\"", "\"write\""),
            "a query changes nothing: its risk is read",
        ),
        (
            tool("SELECT 1", "", "").replace("timeout_ms = 2000", "timeout_ms = 0"),
            "timeout_ms is from 1 to 60000",
        ),
        (
            tool("SELECT 1", "", "[tool.http]\nurl = \"https://x.example\""),
            "either [tool.http] or [tool.sql], not both",
        ),
    ] {
        let problems = shelf.registry(url, &file).err().unwrap_or_else(|| panic!("{file}"));
        assert!(problems.iter().any(|problem| problem.contains(wanted)), "{wanted}: {problems:?}");
    }
    for url in ["oracle://a:senha@b/c", "mysql://a:senha@b", "sqlite:", "postgres://a:se nha@[x/c"] {
        let fault = queries::at(url).err().unwrap_or_else(|| panic!("{url}"));
        assert!(!fault.contains("senha") && !fault.contains("se nha"), "{fault}");
    }
}
