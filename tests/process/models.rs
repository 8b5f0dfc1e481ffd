//! `balcao models`: a hub that is there, one that is not, and one that sends half a model.

use super::support::{Place, stderr, stdout};
use crate::support::tiny_e5::{Folder, packed};
use axum::Router;
use axum::extract::Path;
use axum::response::Redirect;
use axum::routing::get;
use balcao::llm::embed::e5::{CONFIG, WEIGHTS};
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
