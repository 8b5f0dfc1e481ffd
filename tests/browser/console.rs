//! The page for operators in a real browser, against the program as a process of its own, so that it can start again: who
//! waits is answered, and a system is set up without a look at a file.

use super::Noise;
use super::driver::Browser;
use super::{ALONE, is_fault};
use crate::connectors::fakes::hubspot::HubSpot;
use crate::connectors::fakes::server::Fake;
use crate::process::support::{Place, stderr, stdout};
use fantoccini::Locator;
use fantoccini::key::Key;
use serde::de::DeserializeOwned;
use serde_json::json;

const ATTACK: &str = "<img src=x onerror=\"document.title='tomado'\"> quero falar com um atendente";

/// Words for looking at the page, in front of every script.
const WORDS: &str = "
    const all = (css) => [...document.querySelectorAll(css)];
    const visible = (node) => node.checkVisibility({ visibilityProperty: true });
    const shown = (css) => all(css).filter(visible);
    const named = (css, words) => shown(css).find((node) => node.innerText.trim() === words);
    const labelled = (words) => document.getElementById(
        all('label').find((label) => label.innerText.trim() === words)?.htmlFor);
";

struct Console<'a>(&'a Browser);

impl Console<'_> {
    /// The value of an expression, as JSON.
    async fn read<T: DeserializeOwned>(&self, expression: &str) -> T {
        self.0.read(WORDS, expression).await
    }

    /// Waits until an expression is true. It is asked whenever the page changes.
    async fn until(&self, expression: &str) {
        if !self.0.becomes(WORDS, "document", expression).await {
            let picture = self.0.picture("console").await;
            let text: String = self.read("document.body.innerText").await;
            panic!("never: {expression} (see {picture}). The page shows:\n{text}");
        }
    }

    /// Clicks what bears these words.
    async fn click(&self, css: &str, words: &str) {
        self.until(&format!("named({}, {})", json!(css), json!(words))).await;
        let mark = format!("(named({}, {}).dataset.picked = 'yes')", json!(css), json!(words));
        self.read::<String>(&mark).await;
        let element = self.0.client.find(Locator::Css("[data-picked]")).await.unwrap();
        self.read::<bool>("delete document.querySelector('[data-picked]').dataset.picked").await;
        element.click().await.unwrap_or_else(|error| panic!("{css} {words}: {error}"));
    }

    /// Writes into the field with this label.
    async fn fill(&self, label: &str, text: &str) {
        self.until(&format!("labelled({})", json!(label))).await;
        let id: String = self.read(&format!("labelled({}).id", json!(label))).await;
        let field = self.0.client.find(Locator::Id(&id)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn go(&self, hash: &str) {
        self.read::<Option<()>>(&format!("(location.hash = {}, null)", json!(hash))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_works_in_a_real_browser() {
    let _alone = ALONE.lock().await;
    let vendor = Fake::start(HubSpot::new("pat-1")).await;
    let place = Place::new().await.file("balcao.toml", "# Ours.\n");
    let server = place.serve().await;
    let mut customer = server.talk().await;
    customer.say(ATTACK).await;
    let link = place.run(&["console", "Ana"], "").await;
    assert!(link.status.success(), "{}", stderr(&link));
    let link = stdout(&link).lines().next().unwrap().to_owned();
    let key = link.split("key=").nth(1).unwrap().split('&').next().unwrap().to_owned();

    let browser = Browser::start().await;
    let page = Console(&browser);
    browser.client.goto(&link).await.unwrap();

    // Who waits for a person is there, and is answered under Ana's name.
    page.until("document.title.startsWith('(1)') && shown('.row.waits').length === 1").await;
    let address: String = page.read("location.href").await;
    assert!(!address.contains(&key), "{address}");
    browser.client.find(Locator::Css(".row.waits")).await.unwrap().click().await.unwrap();
    page.until("shown('article.message.customer').length === 1").await;
    let said: String = page.read("shown('article.message.customer .bubble')[0].innerText").await;
    assert!(said.contains("<img src=x"), "markup stays text: {said}");
    let field = browser.client.find(Locator::Css("footer textarea")).await.unwrap();
    field.send_keys("Oi, aqui é a Ana.").await.unwrap();
    field.send_keys(&char::from(Key::Enter).to_string()).await.unwrap();
    page.until("shown('article.message.human').length === 1 && !document.title.startsWith('(')").await;
    assert_eq!(customer.said_by("human").await, ["Oi, aqui é a Ana."]);
    page.click("button", "Devolver").await;
    page.until("!named('button', 'Devolver')").await;

    // A system is tried, saved, and used after a restart.
    page.go("#systems/crm/hubspot").await;
    page.click("button", "Experimentar").await;
    page.until("shown('p.error').some((node) => node.innerText)").await;
    page.fill("Token de acesso", "pat-0").await;
    page.click("summary", "Mais ajustes").await;
    page.fill("Endereço do sistema", &vendor.url).await;
    page.click("button", "Experimentar").await;
    page.until("shown('.note.bad, .note.warn').length > 0").await;
    page.fill("Token de acesso", "pat-1").await;
    page.click("button", "Experimentar").await;
    page.until("shown('.note.good').length > 0").await;
    page.click("button", "Guardar e usar HubSpot").await;
    page.click("button", "Reiniciar agora").await;
    page.until("shown('.toast').some((node) => node.innerText.includes('Reiniciado'))").await;
    page.go("#systems").await;
    page.until("shown('.card').some((card) => card.innerText.includes('HubSpot'))").await;
    let written = std::fs::read_to_string(place.path("balcao.toml")).unwrap();
    assert!(written.starts_with("# Ours.\n") && written.contains("crm = \"hubspot\""), "{written}");
    assert!(!written.contains("pat-1"), "{written}");

    // It fits a phone, whatever is shown.
    browser.be_a_phone([360, 740]).await;
    for screen in ["#conversations", "#systems", "#systems/crm", "#systems/crm/hubspot", "#gaps", "#leads"] {
        page.go(screen).await;
        page.until("shown('h1').length > 0 && shown('.loading').length === 0").await;
        let [wide, room]: [u32; 2] = page.read("[document.documentElement.scrollWidth, innerWidth]").await;
        assert!(wide <= room, "{screen}: {wide} in {room}");
    }
    assert_ne!(page.read::<String>("document.title").await, "tomado");
    // While it starts again nobody answers, which the browser itself reports.
    let console = browser.console().await;
    // Nor are the browser's own advices faults: fields for keys are in no form, so that it does not offer to keep them.
    let told = console.iter().filter(|line| !line.starts_with("\"DEBUG\""));
    let faults: Vec<&String> = told.filter(|line| is_fault(line, Noise::Network)).collect();
    assert!(faults.is_empty(), "the console says {faults:#?}");
    browser.close().await;
    assert!(server.terminate().await.0.success());
}
