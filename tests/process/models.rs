//! `balcao models`: a hub that is there, one that is not, and one that sends half a model.

use super::support::{Place, stderr, stdout};
use crate::support::tiny_e5::{Folder, packed};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use balcao::llm::embed::e5::{CONFIG, WEIGHTS};
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Serves the files of a folder, by way of another address as the hub does.
async fn hub(folder: &std::path::Path) -> String {
    let folder = folder.to_owned();
    let router = Router::new()
        .route(
            "/model/{name}",
            get(|Path(name): Path<String>| async move { Redirect::temporary(&format!("/bytes/{name}")) }),
        )
        .route(
            "/bytes/{name}",
            get(move |Path(name): Path<String>| async move { std::fs::read(folder.join(name)).unwrap() }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/model")
}

#[tokio::test]
async fn the_model_is_pulled_from_the_hub_once() {
    let folder = Folder::new();
    folder.hub();
    let mut place = Place::empty();
    place.set("BALCAO__EMBEDDINGS__HUB", &hub(folder.path()).await);
    let before = stdout(&place.run(&["models", "list"], "").await);
    assert!(before.contains("pulled: none") && before.contains("by words alone"), "{before}");
    let pulled = place.run(&["models", "pull"], "").await;
    let said = stdout(&pulled);
    assert!(pulled.status.success(), "{pulled:?}");
    assert!(
        said.contains("model.safetensors") && said.contains("sha256") && said.contains("e5-v1-"),
        "{said}"
    );
    let again = stdout(&place.run(&["models", "pull"], "").await);
    assert!(again.contains("is there already"), "{again}");
    let list = stdout(&place.run(&["models", "list"], "").await);
    assert!(list.contains("pulled: e5-v1-") && list.contains("= \"auto\": the pulled one"), "{list}");
}

#[tokio::test]
async fn half_a_model_does_not_take_the_place_of_a_whole_one() {
    let folder = Folder::new();
    folder.hub();
    let mut place = Place::empty();
    place.set("BALCAO__EMBEDDINGS__HUB", &hub(folder.path()).await);
    let file = folder.write("weights.bin", packed().0);
    let pulled = place.run(&["models", "pull", "--from", &file.display().to_string()], "").await;
    assert!(pulled.status.success(), "{pulled:?}");
    let list = stdout(&place.run(&["models", "list"], "").await);
    assert!(list.contains("e5-small.bin"), "{list}");
    let weights = std::fs::read(folder.path().join(WEIGHTS)).unwrap();
    folder.write(WEIGHTS, &weights[..weights.len() / 2]);
    let half = place.run(&["models", "pull", "--force"], "").await;
    assert_eq!(half.status.code(), Some(1), "{half:?}");
    assert!(stderr(&half).contains("this is no model that can be used"), "{half:?}");
    folder.write(CONFIG, vec![b' '; 1024 * 1024 + 1]);
    let large = place.run(&["models", "pull", "--force"], "").await;
    assert!(stderr(&large).contains("config.json has more than 1048576 bytes"), "{large:?}");
    assert_eq!(stdout(&place.run(&["models", "list"], "").await), list);
    let left: Vec<_> = std::fs::read_dir(place.path("data/models")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    folder.hub();
    let whole = place.run(&["models", "pull", "--force"], "").await;
    assert!(whole.status.success(), "{whole:?}");
    let list = stdout(&place.run(&["models", "list"], "").await);
    assert!(list.contains("model.safetensors") && !list.contains("e5-small.bin"), "{list}");
}

#[tokio::test]
async fn where_there_is_no_hub_it_says_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut place = Place::empty();
    place.set("BALCAO__EMBEDDINGS__HUB", &format!("http://{address}/"));
    let output = place.run(&["models", "pull"], "").await;
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("balcao models pull --from") && said.contains("words alone"), "{said}");
    place.set("BALCAO__EMBEDDINGS__HUB", "http://10.0.0.1/model");
    let output = place.run(&["models", "pull"], "").await;
    assert!(stderr(&output).contains("allow_private_networks"), "{output:?}");
}

/// A hub that can break off, and speaks of ranges, versions and hashes as the real one does.
#[derive(Clone)]
struct Hub {
    folder: PathBuf,
    state: Arc<Mutex<HubState>>,
}

struct HubState {
    /// Bytes of the weights after which the next answer breaks off.
    breaks_after: Option<usize>,
    /// Its name of this version of the weights.
    version: &'static str,
    /// The hash it announces.
    hash: String,
    /// What was asked of the weights: the header `Range`.
    ranges: Vec<Option<String>>,
}

impl Hub {
    async fn start(folder: &std::path::Path) -> (Self, String) {
        let state = HubState { breaks_after: None, version: "\"1\"", hash: "x".into(), ranges: Vec::new() };
        let hub = Self { folder: folder.to_owned(), state: Arc::new(Mutex::new(state)) };
        let router = Router::new()
            .route("/model/{name}", get(announce))
            .route("/bytes/{name}", get(send))
            .with_state(hub.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (hub, format!("http://{address}/model"))
    }

    fn set(&self, change: impl FnOnce(&mut HubState)) {
        change(&mut self.state.lock().unwrap());
    }

    /// What was asked of the weights since the last time.
    fn ranges(&self) -> Vec<Option<String>> {
        std::mem::take(&mut self.state.lock().unwrap().ranges)
    }
}

async fn announce(State(hub): State<Hub>, Path(name): Path<String>) -> Response {
    let hash = if name == WEIGHTS { hub.state.lock().unwrap().hash.clone() } else { String::new() };
    ([("x-linked-etag", format!("\"{hash}\""))], Redirect::temporary(&format!("/bytes/{name}")))
        .into_response()
}

async fn send(State(hub): State<Hub>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let bytes = std::fs::read(hub.folder.join(&name)).unwrap();
    if name != WEIGHTS {
        return bytes.into_response();
    }
    let mut state = hub.state.lock().unwrap();
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    state.ranges.push(header("range"));
    let from: usize = match header("range") {
        Some(range) if header("if-range").as_deref() == Some(state.version) => {
            range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
        }
        Some(_) | None => 0,
    };
    let length = bytes.len();
    let response = Response::builder().header("etag", state.version);
    if from >= length {
        let response = response.status(StatusCode::RANGE_NOT_SATISFIABLE);
        return response.header("content-range", format!("bytes */{length}")).body(Body::empty()).unwrap();
    }
    let response = match from {
        0 => response.header("content-length", length),
        _ => response
            .status(StatusCode::PARTIAL_CONTENT)
            .header("content-range", format!("bytes {from}-{}/{length}", length - 1)),
    };
    let end = state.breaks_after.take().map_or(length, |after| from + after);
    let mut pieces = vec![Ok(Bytes::copy_from_slice(&bytes[from..end]))];
    if end < length {
        pieces.push(Err(io::Error::other("cut")));
    }
    let pieces = futures_util::stream::iter(pieces).then(|piece| async {
        // What was sent before the break leaves first.
        if piece.is_err() {
            tokio::task::yield_now().await;
        }
        piece
    });
    response.body(Body::from_stream(pieces)).unwrap()
}

/// A hub with a model, and a program that knows it.
async fn with_hub(folder: &Folder) -> (Place, Hub) {
    folder.hub();
    let (hub, address) = Hub::start(folder.path()).await;
    let mut place = Place::empty();
    place.set("BALCAO__EMBEDDINGS__HUB", &address);
    (place, hub)
}

#[tokio::test]
async fn a_download_that_was_cut_off_goes_on_where_it_was() {
    let folder = Folder::new();
    let (place, hub) = with_hub(&folder).await;
    for after in [300, 50] {
        hub.set(|state| state.breaks_after = Some(after));
        let cut = place.run(&["models", "pull"], "").await;
        assert_eq!(cut.status.code(), Some(1), "{cut:?}");
        assert!(stderr(&cut).contains("try again to go on"), "{cut:?}");
        let list = stdout(&place.run(&["models", "list"], "").await);
        assert!(list.contains("pulled: none"), "half a file is no model: {list}");
    }
    let pulled = place.run(&["models", "pull"], "").await;
    assert!(pulled.status.success() && stdout(&pulled).contains("e5-v1-"), "{pulled:?}");
    assert_eq!(hub.ranges(), [None, Some("bytes=300-".to_owned()), Some("bytes=350-".to_owned())]);
    let installed = std::fs::read(place.path("data/models/multilingual-e5-small").join(WEIGHTS)).unwrap();
    assert_eq!(installed, std::fs::read(folder.path().join(WEIGHTS)).unwrap());
    assert_eq!(std::fs::read_dir(place.path("data/models")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_part_of_another_version_is_not_gone_on_with() {
    let folder = Folder::new();
    let (place, hub) = with_hub(&folder).await;
    hub.set(|state| state.breaks_after = Some(300));
    assert_eq!(place.run(&["models", "pull"], "").await.status.code(), Some(1));
    hub.set(|state| state.version = "\"2\"");
    let pulled = place.run(&["models", "pull"], "").await;
    assert!(pulled.status.success(), "{pulled:?}");
    let installed = std::fs::read(place.path("data/models/multilingual-e5-small").join(WEIGHTS)).unwrap();
    assert_eq!(installed, std::fs::read(folder.path().join(WEIGHTS)).unwrap());
}

#[tokio::test]
async fn what_has_another_hash_than_announced_is_thrown_away() {
    let folder = Folder::new();
    let (place, hub) = with_hub(&folder).await;
    hub.set(|state| state.hash = "ab".repeat(32));
    let wrong = place.run(&["models", "pull"], "").await;
    assert_eq!(wrong.status.code(), Some(1));
    assert!(stderr(&wrong).contains("does not have the SHA-256"), "{wrong:?}");
    let weights = std::fs::read(folder.path().join(WEIGHTS)).unwrap();
    let digest: String = Sha256::digest(&weights).iter().map(|byte| format!("{byte:02x}")).collect();
    hub.set(|state| state.hash = digest);
    hub.ranges();
    let pulled = place.run(&["models", "pull"], "").await;
    assert!(pulled.status.success(), "{pulled:?}");
    assert_eq!(hub.ranges(), [None], "nothing of the wrong file is used");
}

#[tokio::test]
async fn what_models_have_cost_stands_beside_its_bound() {
    let mut place = Place::empty();
    let told = stdout(&place.run(&["models", "spent"], "").await);
    assert!(told.contains("no account is kept") && told.contains("[llm.budget]"), "{told}");
    place.set("BALCAO__LLM__BUDGET__DAY", "20.0");
    place.set("BALCAO__LLM__BUDGET__MONTH", "400.0");
    let told = stdout(&place.run(&["models", "spent"], "").await);
    assert_eq!(told, "month\t0.0000 of 400.0000\nday\t0.0000 of 20.0000\n");
    // With a model that has no price nothing would be bounded.
    place.set("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
    let refused = place.run(&["check"], "").await;
    let told = format!("{}{}", stdout(&refused), stderr(&refused));
    assert!(!refused.status.success() && told.contains("it would count as free"), "{told}");
}
