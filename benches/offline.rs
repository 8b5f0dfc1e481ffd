//! What a turn on the built-in model takes.

use crate::Place;
use crate::deployment::{impatient, settings};
use crate::figures::Figures;
use crate::server::Start;
use crate::visitor::Visitor;
use std::time::Duration;

const ROUNDS: usize = 12;

/// Small talk, knowledge, a search with a price, the agenda, an order, shipping, another language, a person.
const QUESTIONS: [&str; 10] = [
    "Oi, tudo bem?",
    "Qual o prazo para trocar um produto?",
    "Vocês têm vasos de cerâmica até 200 reais?",
    "Quais horários vocês têm na sexta à tarde?",
    "Onde está meu pedido?",
    "Quais são as formas de pagamento?",
    "Quanto custa o frete para o CEP 01310-100?",
    "Vocês abrem no sábado?",
    "What is your return policy?",
    "Quero falar com uma pessoa.",
];

/// Measures and prints.
pub async fn measure(place: &Place) -> anyhow::Result<()> {
    let settings = [settings(None), impatient()].concat();
    let start = Start { place, data: "offline", settings, under: Vec::new() };
    start.forget()?;
    let server = start.run()?;
    let mut turns = Figures::default();
    let mut slowest = (Duration::ZERO, "");
    for round in 0..=ROUNDS {
        let mut visitor = Visitor::open(&[server.address], 0, "Ana").await?;
        for question in QUESTIONS {
            let (took, _) = visitor.ask(question).await?;
            // The first round meets caches that are still empty.
            if round > 0 {
                turns.add(took);
                slowest = slowest.max((took, question));
            }
        }
    }
    println!(
        "\noffline   a turn on the built-in model, from sending to the end of the turn; quiet period set to 0"
    );
    println!(
        "  {} mixed questions, ten in a conversation: median {:.1} ms, p99 {:.1} ms (slowest: {:?})",
        turns.count(),
        turns.median(),
        turns.quantile(0.99),
        slowest.1
    );
    server.stop()
}
