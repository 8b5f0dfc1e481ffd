//! Models cost money: where a bound is reached, the counter stays open in basic mode, and whose bound it is decides for
//! whom.

use crate::support::app::AppOptions;
use crate::support::fake_openai::{Act, Reply, finish, says, usage, words};
use balcao::config::llm::{BudgetSettings, PriceSettings};

const NOTICE: &str = "Estou no modo básico agora";

/// An answer that so many tokens were written for.
fn costly(text: &str, output: u64) -> Reply {
    Act::Stream(vec![words(text), finish("stop"), usage(10, output)]).into()
}

const FREE: BudgetSettings =
    BudgetSettings { turn: 0.0, conversation_day: 0.0, contact_day: 0.0, day: 0.0, month: 0.0 };

/// Reading costs nothing, so that a call may cost what it may write: 1,024 tokens, 0.1024.
async fn within(budget: BudgetSettings, replies: Vec<Reply>) -> AppOptions {
    AppOptions::endpoint(replies).await.with(|settings| {
        settings.llm.chain = vec!["openai".to_owned(), "offline".to_owned()];
        let price = PriceSettings { input: 0.0, output: 100.0 };
        settings.llm.prices.insert(settings.llm.model.clone(), price);
        settings.llm.budget = budget;
    })
}

#[tokio::test]
async fn one_conversation_uses_up_its_own_money_and_nobody_elses() {
    let replies = vec![costly("Olá, Ana!", 1_000), costly("Olá, Bia!", 10), costly("De nada!", 10)];
    let app = within(BudgetSettings { conversation_day: 0.2, ..FREE }, replies).await.start().await;
    let mut ana = app.talk().await;
    assert_eq!(ana.say("oi, sou a Ana").await.text, "Olá, Ana!");
    let second = ana.say("Qual o horário de funcionamento?").await;
    assert!(second.text.starts_with(NOTICE) && second.text.contains("9h"), "{}", second.text);
    let mut bia = app.talk().await;
    assert_eq!(bia.say("oi, sou a Bia").await.text, "Olá, Bia!");
    assert_eq!(bia.say("obrigada!").await.text, "De nada!", "what was not spent was given back");
    app.end().await;
}

#[tokio::test]
async fn the_business_has_one_purse_and_it_outlives_the_process() {
    let budget = BudgetSettings { day: 0.2, ..FREE };
    let mut app = within(budget, vec![costly("Olá, Ana!", 1_000)]).await.start().await;
    assert_eq!(app.talk().await.say("oi, sou a Ana").await.text, "Olá, Ana!");
    app.restart().await;
    let told = app.talk().await.say("Qual o horário de funcionamento?").await.text;
    assert!(told.starts_with(NOTICE), "{told}");
    assert_eq!(app.endpoint().asked().len(), 1, "nobody was asked who could not be paid");
    app.end().await;
}

#[tokio::test]
async fn without_a_bound_nothing_is_kept() {
    let app = within(FREE, vec![says("Olá!")]).await.start().await;
    assert_eq!(app.talk().await.say("oi, tudo bem?").await.text, "Olá!");
    app.end().await;
}
