//! Checks of the widget on pages of other origins, which have a strict policy and styles that spoil what they reach.

use super::Scene;
use fantoccini::key::Key;

pub async fn opens_on_a_foreign_page_and_is_left_by_escape(scene: &mut Scene<'_>) {
    let Scene { page, friend, .. } = scene;
    page.client.goto(friend).await.unwrap();
    page.until("the launcher", "visible('.launcher')").await;
    assert!(!page.read::<bool>("visible('.panel')").await, "it does not open unasked");
    page.click(".launcher").await;
    page.until("the panel", "visible('.panel') && focused('textarea')").await;
    assert_eq!(page.read::<String>("text('h2')").await, "Casa Jatobá");
    assert_eq!(
        page.read::<u32>("document.querySelectorAll('textarea, .bubble').length").await,
        0,
        "a shadow tree"
    );
    let letters: String = page.read("getComputedStyle(one('.bubble')).fontSize").await;
    assert_eq!(letters, "15px", "the page's styles do not reach in");

    page.say("oi").await;
    page.heard("assistant", "Entendi: oi").await;
    page.press(&[Key::Escape]).await;
    page.until("it is closed", "!visible('.panel') && focused('.launcher')").await;
    page.press(&[Key::Enter]).await;
    page.until("it is open again", "visible('.panel')").await;
    page.client.refresh().await.unwrap();
    page.heard("assistant", "Entendi: oi").await;
    assert_eq!(page.said("customer").await, ["oi"]);
}

pub async fn other_origins_cannot_use_it(scene: &mut Scene<'_>) {
    let Scene { page, shop, stranger, .. } = scene;
    page.client.goto(stranger).await.unwrap();
    let script = format!(
        "const done = arguments[0];
        fetch('{}/api/v1/conversations', {{ method: 'POST', body: '{{}}' }})
            .then((response) => done(`answered ${{response.status}}`), (error) => done(error.name));",
        shop.base
    );
    let outcome = page.client.execute_async(&script, Vec::new()).await.unwrap();
    assert_eq!(outcome, "TypeError", "the browser keeps the answer from the page");
}
