//! An endpoint that writes down voice messages, over real HTTP: it reads the form as a strict server would, and says what
//! the test wants it to have heard.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What it was asked to listen to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    pub fields: HashMap<String, String>,
    pub file_name: String,
    pub bytes: Vec<u8>,
    pub authorization: String,
}

#[derive(Clone)]
struct Shared {
    hears: Arc<Mutex<Result<String, u16>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// The running endpoint.
pub struct FakeEars {
    pub base_url: String,
    shared: Shared,
    server: JoinHandle<()>,
}

impl FakeEars {
    /// Hears these words in everything, or answers with a status.
    pub async fn start(hears: Result<&str, u16>) -> Self {
        let hears = Arc::new(Mutex::new(hears.map(str::to_owned)));
        let shared = Shared { hears, asked: Arc::default() };
        let router = Router::new().route("/v1/audio/transcriptions", post(listen)).with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base_url, shared, server }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }
}

impl Drop for FakeEars {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn listen(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers["content-type"].to_str().unwrap();
    let boundary = multer::parse_boundary(kind).unwrap();
    let stream = futures_util::stream::once(async move { Ok::<_, std::io::Error>(body) });
    let mut form = multer::Multipart::new(stream, boundary);
    let mut asked = Asked {
        fields: HashMap::new(),
        file_name: String::new(),
        bytes: Vec::new(),
        authorization: headers["authorization"].to_str().unwrap().to_owned(),
    };
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        match field.file_name().map(str::to_owned) {
            Some(file_name) => {
                asked.file_name = file_name;
                asked.bytes = field.bytes().await.unwrap().to_vec();
            }
            None => {
                asked.fields.insert(name, field.text().await.unwrap());
            }
        }
    }
    shared.asked.lock().unwrap().push(asked);
    match shared.hears.lock().unwrap().clone() {
        Ok(text) => axum::Json(json!({"text": text})).into_response(),
        Err(status) => StatusCode::from_u16(status).unwrap().into_response(),
    }
}
