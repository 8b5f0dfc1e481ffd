//! The surface as a whole: pages, probes, headers, wrong turns, and the document that describes it.

use crate::support::web::{WebOptions, problem, spawn_web, spawn_web_with};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Read;

#[tokio::test]
async fn wrong_addresses_and_methods_are_problems() {
    let app = spawn_web().await;
    for path in ["/nothing", "/api/v1/nothing", "/api/v2/conversations", "//", "/widget.js/x", "/%00"] {
        problem(app.get(path).await, 404, "not_found").await;
    }
    for (method, path, allow) in [
        (Method::DELETE, "/api/v1/conversations", "GET,HEAD,POST"),
        (Method::GET, "/api/v1/knowledge/ingest", "POST"),
        (Method::POST, "/healthz", "GET,HEAD"),
    ] {
        let answer = app.request(method, path).send().await.unwrap();
        assert_eq!(answer.headers()["allow"], allow);
        problem(answer, 405, "method_not_allowed").await;
    }
    let options = app.request(Method::OPTIONS, "/api/v1/conversations").send().await.unwrap();
    assert_eq!(
        (options.status().as_u16(), options.headers()["allow"].to_str().unwrap()),
        (204, "GET,HEAD,POST")
    );
    let head = app.request(Method::HEAD, "/healthz").send().await.unwrap();
    assert_eq!(head.status(), 200);
    for method in [Method::GET, Method::POST] {
        let hook = app.request(method, "/webhooks/whatsapp").send().await.unwrap();
        problem(hook, 404, "channel_not_set_up").await;
    }
}

#[tokio::test]
async fn a_panic_fails_one_request() {
    let app = spawn_web().await;
    let answer = app.operator(Method::GET, "/api/v1/knowledge/search?q=panic").send().await.unwrap();
    let body = problem(answer, 500, "internal").await;
    assert!(!body.to_string().contains("asked to"), "no internals: {body}");
    assert_eq!(app.get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn the_page_and_the_widget_are_served_and_remembered() {
    let app = spawn_web().await;
    for (path, content_type, policy) in [
        ("/", "text/html; charset=utf-8", "same-origin"),
        ("/widget.js", "text/javascript; charset=utf-8", "cross-origin"),
        ("/favicon.svg", "image/svg+xml", "cross-origin"),
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status(), 200);
        let headers = answer.headers().clone();
        assert_eq!(headers["content-type"], content_type);
        assert_eq!(headers["cross-origin-resource-policy"], policy);
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
        assert!(!answer.text().await.unwrap().is_empty());
        let etag = headers["etag"].to_str().unwrap();
        for known in [etag.to_owned(), format!("\"other\", {}", etag.trim_start_matches("W/"))] {
            let again = app.request(Method::GET, path).header("if-none-match", known).send().await.unwrap();
            assert_eq!(again.status(), 304);
            assert_eq!(again.headers()["etag"], etag);
        }
        let plain = app.get(path).await.bytes().await.unwrap();
        let zipped =
            app.request(Method::GET, path).header("accept-encoding", "br, gzip;q=0.8").send().await.unwrap();
        assert_eq!(zipped.headers()["content-encoding"], "gzip");
        assert!(zipped.headers().get_all("vary").iter().any(|vary| vary == "Accept-Encoding"));
        let zipped = zipped.bytes().await.unwrap();
        assert!(zipped.len() < plain.len());
        let mut unzipped = Vec::new();
        flate2::read::GzDecoder::new(&zipped[..]).read_to_end(&mut unzipped).unwrap();
        assert_eq!(unzipped, plain);
        let stale = app.request(Method::GET, path).header("if-none-match", "\"other\"").send().await.unwrap();
        assert_eq!(stale.status(), 200);
    }
    let page = app.get("/").await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "img-src 'self' data:"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn the_widget_learns_words_and_colours() {
    let mut options = WebOptions::default();
    options.settings.title = "Loja Girassol".to_owned();
    let app = spawn_web_with(options).await;
    let config: Value = app.get("/api/v1/widget-config").await.json().await.unwrap();
    insta::assert_json_snapshot!(config, {".version" => "[version]"});
}

#[tokio::test]
async fn probes_name_what_fails() {
    let app = spawn_web().await;
    assert_eq!(app.get("/healthz").await.json::<Value>().await.unwrap(), json!({"status": "ok"}));
    let ready: Value = app.get("/readyz").await.json().await.unwrap();
    let checks = json!([{"name": "store", "ok": true}, {"name": "model", "ok": true}]);
    assert_eq!(ready, json!({"status": "ready", "checks": checks}));

    let app = spawn_web_with(WebOptions { model: Err("no key".to_owned()), ..WebOptions::default() }).await;
    let answer = app.get("/readyz").await;
    assert_eq!(answer.status(), 503);
    let checks = json!([{"name": "store", "ok": true}, {"name": "model", "ok": false, "detail": "no key"}]);
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({"status": "not_ready", "checks": checks}));
    let relayed =
        app.request(Method::GET, "/readyz").header("x-forwarded-for", "198.51.100.1").send().await.unwrap();
    assert!(!relayed.text().await.unwrap().contains("no key"), "strangers learn no details");
}

#[tokio::test]
async fn metrics_are_open_on_the_machine_and_for_operators() {
    let app = spawn_web().await;
    let local = app.get("/metrics").await;
    assert_eq!(local.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(local.text().await.unwrap(), "balcao_test 1\n");
    let relayed = || app.request(Method::GET, "/metrics").header("x-forwarded-for", "198.51.100.1");
    problem(relayed().send().await.unwrap(), 401, "unauthorized").await;
    assert_eq!(relayed().bearer_auth(&app.key).send().await.unwrap().status(), 200);
    let reader = app.add_key("reader", &[]).await;
    problem(relayed().bearer_auth(reader).send().await.unwrap(), 403, "forbidden").await;
}

/// `{METHOD path}` of every `.route(…)` in the router's source.
fn routes() -> BTreeSet<String> {
    let source: String =
        include_str!("../../src/web/router.rs").split_whitespace().collect::<Vec<_>>().join("");
    let mut routes = BTreeSet::new();
    for part in source.split(".route(\"").skip(1) {
        let (path, rest) = part.split_once('"').unwrap();
        for method in ["get", "post", "put", "delete", "patch"] {
            let called =
                |mark: char| rest.split(".route(").next().unwrap().contains(&format!("{mark}{method}("));
            if called(',') || called('.') {
                routes.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    routes
}

#[tokio::test]
async fn the_document_describes_every_route_and_no_other() {
    let app = spawn_web().await;
    let answer = app.get("/api/v1/openapi.json").await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    let document: Value = answer.json().await.unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            described.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let routes = routes();
    assert!(routes.len() > 20, "{routes:?}");
    assert_eq!(described, routes);
    for route in &described {
        let (method, path) = route.split_once(' ').unwrap();
        let answer = app.request(method.parse().unwrap(), &path.replace("{id}", "x")).send().await.unwrap();
        assert_ne!(answer.status(), 405, "{route}");
        if answer.status() == 404 {
            assert_ne!(answer.json::<Value>().await.unwrap()["code"], "not_found", "{route}");
        }
    }
    // What a program that makes a client of it wants: a name for every call, words for every answer.
    let operations = document["paths"].as_object().unwrap().values();
    let operations: Vec<&Value> = operations.flat_map(|path| path.as_object().unwrap().values()).collect();
    let names: BTreeSet<&str> =
        operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), operations.len());
    for (status, answer) in
        operations.iter().flat_map(|operation| operation["responses"].as_object().unwrap())
    {
        assert!(answer["description"].as_str().is_some_and(|text| !text.is_empty()), "{status}: {answer}");
    }
    // Every reference leads somewhere.
    let text = document.to_string();
    for reference in text.split("\"#/").skip(1) {
        let pointer = format!("/{}", reference.split('"').next().unwrap());
        assert!(document.pointer(&pointer).is_some(), "{pointer}");
    }
}
