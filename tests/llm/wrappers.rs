//! The chain as it is built from settings, over real HTTP.

use super::request;
use crate::support::fake_openai::{Act, FakeOpenAi, error, says, words};
use balcao::config::llm::{LlmSettings, PriceSettings};
use balcao::domain::clock::SystemClock;
use balcao::limits::alerts::Alerts;
use balcao::limits::budget::{Account, Asked, BookAway, SpendBook};
use balcao::limits::net::Allowance;
use balcao::limits::pause::Pause;
use balcao::llm::factory::{ChainParts, build_chain};
use balcao::llm::model::{ChatAnswer, ChatModel, ModelError};
use balcao::llm::outage::Outage;
use balcao::llm::scripted::{Reply, ScriptedModel};
use jiff::Timestamp;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Takes no time.
struct NoPause;

impl Pause for NoPause {
    fn pause(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

fn settings(base_url: &str, chain: &[&str]) -> LlmSettings {
    #[derive(serde::Deserialize)]
    struct File {
        llm: LlmSettings,
    }
    let defaults = include_str!("../../src/config/default/llm.toml");
    let mut settings = toml::from_str::<File>(defaults).unwrap().llm;
    settings.base_url = base_url.to_owned();
    settings.chain = chain.iter().map(|&entry| entry.to_owned()).collect();
    settings
}

async fn ask(settings: &LlmSettings) -> (Result<ChatAnswer, ModelError>, String) {
    ask_from(settings, None).await
}

async fn ask_from(
    settings: &LlmSettings,
    book: Option<Arc<Book>>,
) -> (Result<ChatAnswer, ModelError>, String) {
    let offline = Reply { text: "Modo básico.".into(), ..Reply::default() };
    let parts = ChainParts {
        cells: None,
        book: book.map(|book| book as Arc<dyn SpendBook>),
        zone: jiff::tz::TimeZone::UTC,
        clock: Arc::new(SystemClock),
        pause: Arc::new(NoPause),
        allowance: Allowance::Everything,
        offline: Arc::new(ScriptedModel::new("offline", vec![offline])),
        lead: Arc::new(balcao::llm::offline::OfflineModel::new()),
        alerts: Arc::new(Alerts::logged(Arc::new(SystemClock))),
        outage: Arc::new(Outage::new(Arc::new(SystemClock))),
    };
    let shown = Mutex::new(String::new());
    let chain = build_chain(settings, &parts).unwrap();
    let answer = chain.answer(&request(), &|words| shown.lock().unwrap().push_str(words)).await;
    (answer, shown.into_inner().unwrap())
}

#[tokio::test]
async fn a_fault_that_passes_is_not_noticed() {
    let fake =
        FakeOpenAi::start([error(503, "busy", "busy"), error(429, "rate", "slow"), says("Olá!")]).await;
    let (answer, shown) = ask(&settings(fake.base_url(), &["openai:main", "offline"])).await;
    assert_eq!((answer.unwrap().model.as_str(), shown.as_str()), ("openai:main", "Olá!"));
    assert_eq!(fake.asked()[0].body["model"], "main");
}

#[tokio::test]
async fn the_counter_stays_open_when_the_model_is_down() {
    for (reply, attempts) in
        [(error(500, "down", "down"), 3), (error(401, "key", "bad key"), 1), (error(404, "model", "none"), 1)]
    {
        let fake = FakeOpenAi::start((0..attempts).map(|_| reply.clone())).await;
        let (answer, shown) = ask(&settings(fake.base_url(), &["openai:main", "offline"])).await;
        assert_eq!((answer.unwrap().model.as_str(), shown.as_str()), ("offline", "Modo básico."));
        assert_eq!(fake.remaining(), 0);
    }
}

#[tokio::test]
async fn a_wait_of_hours_is_not_waited_for() {
    let limited = Act::Status(429, vec![("retry-after", "86400".into())], "come back tomorrow".into());
    let fake = FakeOpenAi::start([limited.into()]).await;
    let (answer, _) = ask(&settings(fake.base_url(), &["openai:main", "offline"])).await;
    assert_eq!(answer.unwrap().model, "offline");
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn a_broken_draft_is_not_continued_by_another_voice() {
    let fake = FakeOpenAi::start([Act::Cut(vec![words("Seu pedido ")]).into(), says("O pedido saiu.")]).await;
    let (answer, shown) = ask(&settings(fake.base_url(), &["openai:main", "offline"])).await;
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), shown.as_str()), ("O pedido saiu.", "Seu pedido"));
    assert!(answer.repairs.contains(&"draft_differs"));
}

#[tokio::test]
async fn a_second_endpoint_stands_in() {
    let main = FakeOpenAi::start([error(401, "key", "bad key")]).await;
    let spare = FakeOpenAi::start([says("Aqui é a reserva.")]).await;
    let mut settings = settings(main.base_url(), &["openai:main", "openai@spare:small", "offline"]);
    let endpoint = format!("base_url = \"{}\"\napi_key = \"k2\"", spare.base_url());
    settings.endpoints.insert("spare".into(), toml::from_str(&endpoint).unwrap());
    let (answer, _) = ask(&settings).await;
    assert_eq!(answer.unwrap().model, "openai@spare:small");
    assert_eq!(spare.asked()[0].authorization.as_deref(), Some("Bearer k2"));
}

/// A place that keeps the accounts, in memory.
#[derive(Default)]
struct Book(Mutex<HashMap<String, i128>>);

#[async_trait::async_trait]
impl SpendBook for Book {
    async fn take(&self, accounts: &[Account], micros: u64, _: Timestamp) -> Result<Asked, BookAway> {
        let mut book = self.0.lock().unwrap();
        let totals: Vec<i128> = accounts
            .iter()
            .map(|account| book.get(&account.name).copied().unwrap_or(0) + i128::from(micros))
            .collect();
        let over =
            accounts.iter().zip(&totals).position(|(account, total)| *total > i128::from(account.most));
        if let Some(over) = over {
            return Ok(Asked::Over(over));
        }
        book.extend(accounts.iter().map(|account| account.name.clone()).zip(totals.iter().copied()));
        Ok(Asked::Taken(totals.into_iter().map(|total| u64::try_from(total).unwrap()).collect()))
    }

    async fn settle(&self, accounts: &[Account], taken: u64, spent: u64) -> Result<(), BookAway> {
        let mut book = self.0.lock().unwrap();
        for account in accounts {
            *book.get_mut(&account.name).unwrap() += i128::from(spent) - i128::from(taken);
        }
        Ok(())
    }

    async fn spent(&self, account: &Account) -> Result<u64, BookAway> {
        Ok(u64::try_from(self.0.lock().unwrap().get(&account.name).copied().unwrap_or(0)).unwrap())
    }
}

/// A day's money for one call and no more: what one may write costs 200 x 10 millionths.
fn with_money_for_one(base_url: &str) -> LlmSettings {
    let mut settings = settings(base_url, &["openai:main", "offline"]);
    settings.prices.insert("main".into(), PriceSettings { input: 0.0, output: 10.0 });
    settings.budget.day = 0.002;
    settings
}

#[tokio::test]
async fn what_a_call_did_not_cost_is_given_back() {
    let cut = || Act::Cut(vec![words("Seu pedido ")]).into();
    for (replies, expected, spent) in [
        // An answer costs what was written.
        (vec![says("Olá!")], "openai:main", 50),
        // Nobody bills what nothing came of; an attempt after it is paid anew.
        (vec![error(503, "busy", "busy"), error(429, "rate", "slow"), says("Olá!")], "openai:main", 50),
        (vec![error(401, "key", "bad key")], "offline", 0),
        // Of an answer that broke off nobody knows what is billed: there is no money for another one.
        (vec![cut(), says("O pedido saiu.")], "offline", 2_000),
    ] {
        let fake = FakeOpenAi::start(replies).await;
        let book = Arc::new(Book::default());
        let (answer, _) = ask_from(&with_money_for_one(fake.base_url()), Some(book.clone())).await;
        assert_eq!(answer.unwrap().model, expected);
        assert_eq!(book.0.lock().unwrap().values().copied().collect::<Vec<_>>(), [spent]);
    }
}

#[tokio::test]
async fn a_model_that_cannot_be_paid_is_not_asked_and_is_not_broken() {
    let fake = FakeOpenAi::start([says("Olá!")]).await;
    let mut settings = with_money_for_one(fake.base_url());
    settings.budget.day = 0.001_9;
    let book = Arc::new(Book::default());
    let (answer, shown) = ask_from(&settings, Some(book)).await;
    let answer = answer.unwrap();
    assert_eq!((answer.model.as_str(), answer.stands_in, shown.as_str()), ("offline", true, "Modo básico."));
    assert_eq!(fake.asked().len(), 0);
}
