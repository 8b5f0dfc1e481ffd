//! The chat as its visitor sees and uses it: looks into the shadow tree, waits for what is shown, and types and
//! clicks as a person would. It decides nothing.

use super::driver::Browser;
use fantoccini::Locator;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use serde::de::DeserializeOwned;
use std::ops::Deref;

/// Words for looking into the chat, in front of every script.
const WORDS: &str = "
    const host = document.querySelector('balcao-chat');
    const ui = host && host.shadowRoot;
    const all = (css) => ui ? [...ui.querySelectorAll(css)] : [];
    const one = (css) => all(css)[0];
    const visible = (css) => all(css).some((node) => node.checkVisibility({ visibilityProperty: true }));
    const text = (css) => one(css) ? one(css).innerText : '';
    const said = (role) => all(`.log .item.${role}:not([aria-hidden]) .bubble`).map((node) => node.innerText);
    const says = (role, words) => said(role).some((bubble) => bubble.includes(words));
    const draft = () => text('.log .item[aria-hidden] .bubble');
    const focused = (css) => ui && ui.activeElement && ui.activeElement.matches(css);
    const kept = (key) => JSON.parse(Object.entries(localStorage).find(([name]) => name.endsWith(`:${key}`))?.[1] ?? null);
";

/// The page that is open.
pub struct Page<'a>(pub &'a Browser);

impl Deref for Page<'_> {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        self.0
    }
}

impl Page<'_> {
    /// Opens the chat page for somebody who was never there.
    pub async fn open(&self, base: &str) {
        // Storage belongs to the origin: something small of it is visited first.
        self.client.goto(&format!("{base}/favicon.svg")).await.unwrap();
        self.read::<Option<()>>("localStorage.clear() ?? null").await;
        self.client.goto(base).await.unwrap();
        self.until("the chat is there", "text('h1') === 'Casa Jatobá' && visible('textarea')").await;
    }

    /// The value of an expression, as JSON.
    pub async fn read<T: DeserializeOwned>(&self, expression: &str) -> T {
        self.0.read(WORDS, expression).await
    }

    /// Waits until an expression is true. It is asked whenever the chat changes.
    pub async fn until(&self, what: &str, expression: &str) {
        if !self.0.becomes(WORDS, "ui", expression).await {
            let shown: String = self.read("one('.root') ? text('.root') : ''").await;
            panic!("never: {what}. The chat shows:\n{shown}");
        }
    }

    /// Waits until somebody has said something.
    pub async fn heard(&self, role: &str, words: &str) {
        let expression = format!("says('{role}', {})", serde_json::json!(words));
        self.until(&format!("{role} says {words:?}"), &expression).await;
    }

    /// Every bubble of a role.
    pub async fn said(&self, role: &str) -> Vec<String> {
        self.read(&format!("said('{role}')")).await
    }

    /// The first element of the chat that fits.
    pub async fn element(&self, css: &str) -> Element {
        let host = self.client.find(Locator::Css("balcao-chat")).await.unwrap();
        let shadow = host.shadow_root().await.unwrap();
        shadow.find(Locator::Css(css)).await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Clicks as a mouse does.
    pub async fn click(&self, css: &str) {
        self.element(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Writes into the field and sends.
    pub async fn say(&self, text: &str) {
        self.element("textarea").await.send_keys(text).await.unwrap();
        self.press(&[Key::Enter]).await;
    }

    /// Presses keys together, wherever the focus is.
    pub async fn press(&self, keys: &[Key]) {
        let keys: Vec<char> = keys.iter().copied().map(char::from).collect();
        let mut actions = KeyActions::new("keyboard".to_owned());
        for value in &keys {
            actions = actions.then(KeyAction::Down { value: *value });
        }
        for value in keys.iter().rev() {
            actions = actions.then(KeyAction::Up { value: *value });
        }
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Types, wherever the focus is.
    pub async fn type_blindly(&self, text: &str) {
        let actions = text.chars().fold(KeyActions::new("keyboard".to_owned()), |actions, value| {
            actions.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.client.perform_actions(actions).await.unwrap();
    }
}
