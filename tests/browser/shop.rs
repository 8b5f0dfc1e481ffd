//! The real server with the demo shop, which can be stopped and started again at the same address, and the pages of
//! other sites that embed its widget.

use super::clerk::Clerk;
use axum::Router;
use axum::response::Html;
use balcao::app::build::Options;
use balcao::app::instance;
use balcao::app::serve::Server;
use balcao::config::origin::Origin;
use balcao::config::settings::Settings;
use balcao::domain::clock::SystemClock;
use http::header::CONTENT_SECURITY_POLICY;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running shop.
pub struct Shop {
    pub base: String,
    pub clerk: Arc<Clerk>,
    options: Options,
    address: SocketAddr,
    running: Option<Running>,
    client: Client,
    _folder: tempfile::TempDir,
}

struct Running {
    stop: CancellationToken,
    server: JoinHandle<()>,
    /// The server's own key, which is an operator's.
    key: String,
}

impl Shop {
    /// Opens one whose widget `allowed` may embed.
    pub async fn open(allowed: Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::load(None, &Vec::new()).unwrap();
        settings.channels.web.allowed_origins = allowed;
        // A slow machine must not put the general sentence in place of the tool's own.
        settings.turn.progress_after_ms = 600_000;
        let clerk = Arc::new(Clerk::default());
        let options = Options {
            settings,
            origin: Origin { file: folder.path().join("balcao.toml"), ..Origin::default() },
            data: folder.path().join("data"),
            operator: folder.path().to_path_buf(),
            clock: Arc::new(SystemClock),
            model: Some(clerk.clone()),
            program: None,
            channels: Vec::new(),
        };
        let mut shop = Self {
            base: String::new(),
            clerk,
            options,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            running: None,
            client: Client::builder().no_proxy().build().unwrap(),
            _folder: folder,
        };
        shop.start().await;
        shop
    }

    /// Starts the server, where it was before if it ran before.
    pub async fn start(&mut self) {
        let server = Server::bind(self.options.clone(), &self.address.to_string()).await.unwrap();
        self.address = server.address;
        self.base = format!("http://{}", self.address);
        let stop = server.stop.clone();
        let server = tokio::spawn(server.run());
        let key = instance::running(&self.options.data).await.expect("it says where it is").key;
        self.running = Some(Running { stop, server, key });
    }

    /// Stops the server and waits until it has.
    pub async fn stop(&mut self) {
        let Running { stop, server, .. } = self.running.take().expect("it runs");
        stop.cancel();
        server.await.unwrap();
    }

    /// Whether the server runs.
    pub fn is_open(&self) -> bool {
        self.running.is_some()
    }

    /// A call of an operator.
    pub fn operator(&self, method: Method, path: &str) -> RequestBuilder {
        let key = &self.running.as_ref().expect("it runs").key;
        self.client.request(method, format!("{}/api/v1/conversations/{path}", self.base)).bearer_auth(key)
    }

    /// What the server has of a conversation, as `role: words`.
    pub async fn history(&self, conversation: &str) -> Vec<String> {
        let answer = self.operator(Method::GET, &format!("{conversation}/messages")).send().await.unwrap();
        let history: Value = answer.json().await.unwrap();
        let line = |message: &Value| {
            format!("{}: {}", message["role"].as_str().unwrap(), message["text"].as_str().unwrap())
        };
        history["messages"].as_array().unwrap_or_else(|| panic!("{history}")).iter().map(line).collect()
    }
}

/// A page of somebody else that may embed the widget.
pub struct Site {
    pub origin: String,
    listener: TcpListener,
}

impl Site {
    /// Takes an address; another port is another origin.
    pub async fn reserve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { origin: format!("http://{}", listener.local_addr().unwrap()), listener }
    }

    /// Serves a page with the widget of `shop`, a strict policy, and styles that spoil whatever they reach. It is
    /// served until the runtime ends.
    pub fn embed(self, shop: &str) {
        let policy = format!(
            "default-src 'none'; script-src {shop}; connect-src {shop}; style-src 'self'; img-src data:; base-uri 'none'; \
            require-trusted-types-for 'script'"
        );
        let page = format!(
            "<!doctype html><html lang=\"pt-BR\"><meta charset=\"utf-8\"><title>Outra loja</title>\
            <link rel=\"stylesheet\" href=\"/style.css\"><link rel=\"icon\" href=\"data:,\">\
            <script async src=\"{shop}/widget.js\"></script><h1>Outra loja</h1>"
        );
        let style = "textarea, button { display: none !important } * { font-size: 40px !important }";
        let router = Router::new()
            .route(
                "/",
                axum::routing::get(move || async { ([(CONTENT_SECURITY_POLICY, policy)], Html(page)) }),
            )
            .route(
                "/style.css",
                axum::routing::get(move || async move { ([("content-type", "text/css")], style) }),
            );
        tokio::spawn(async move { axum::serve(self.listener, router).await });
    }
}
