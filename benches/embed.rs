//! What vectors cost in process: how long one question takes, how many passages a second, how much memory. Measured in
//! this process, as no verb of the program embeds and does nothing else.

use crate::Scale;
use crate::figures::Figures;
use anyhow::Context;
use balcao::llm::embed::e5::E5;
use balcao::llm::embed::{Embedder, TextKind};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// As many threads as the settings give by default.
const THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// Questions as customers write them, from one word to two sentences.
const QUESTIONS: [&str; 8] = [
    "frete",
    "vocês entregam no interior?",
    "qual o prazo para trocar um produto com defeito?",
    "posso parcelar em quantas vezes no cartão sem juros",
    "Comprei uma luminária na semana passada e ela chegou quebrada. O que eu faço?",
    "do you ship to Portugal?",
    "¿a qué hora abren los sábados?",
    "e no domingo?",
];

/// What a passage is made of: about 120 words make one as long as the knowledge is cut into.
const SENTENCES: [&str; 4] = [
    "Trocas são aceitas em até trinta dias após o recebimento, com a nota fiscal e o produto sem sinais de uso. ",
    "O frete é grátis para a capital em compras acima de duzentos reais; para o interior, o prazo é de cinco dias úteis. ",
    "Aceitamos cartão em até seis vezes sem juros, Pix com cinco por cento de desconto e boleto à vista. ",
    "A loja abre de segunda a sexta das nove às dezoito horas, e aos sábados das nove às treze. ",
];

/// Measures and prints, for each weight file there is.
pub fn measure(scale: Scale) -> anyhow::Result<()> {
    println!("\nembed     multilingual-e5-small in process, {THREADS} threads");
    let Some(folder) = std::env::var_os("BALCAO_TEST_E5").map(PathBuf::from) else {
        println!("  left out: BALCAO_TEST_E5 does not say where the weights are; ./dev bench sets it");
        return Ok(());
    };
    // Kept to the end, so that the second does not get the memory of the first.
    let mut models = Vec::new();
    for name in ["e5-small-q4.bin", "e5-small-enpt-q4.bin"] {
        models.push(one(&folder.join(name), name, scale)?);
    }
    Ok(())
}

fn one(path: &Path, name: &str, scale: Scale) -> anyhow::Result<E5> {
    let (rounds, count) = match scale {
        Scale::Full => (40, 256),
        Scale::Quick => (2, 16),
    };
    let before = resident().context("this system does not say how much memory is used")?;
    let began = Instant::now();
    let model = E5::open(path, THREADS)?;
    let loaded = began.elapsed();
    let mut figures = Figures::default();
    for round in 0..=rounds {
        for question in QUESTIONS {
            let began = Instant::now();
            model.embed(&[question], TextKind::Query)?;
            if round > 0 {
                figures.add(began.elapsed());
            }
        }
    }
    let passages: Vec<String> = (0..count)
        .map(|index| {
            let sentences = SENTENCES.iter().cycle().skip(index % 4).take(5 + index % 3);
            format!("{index}. {}", sentences.copied().collect::<String>())
        })
        .collect();
    let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
    let tokens: usize = passages.iter().map(|text| model.tokens(text, TextKind::Passage).len()).sum();
    let began = Instant::now();
    model.embed(&passages, TextKind::Passage)?;
    let took = began.elapsed().as_secs_f64();
    let after = resident().unwrap_or(before);
    println!("  {name}");
    println!(
        "    {} questions: median {:.2} ms, p99 {:.2} ms; loading took {:.0} ms",
        figures.count(),
        figures.median(),
        figures.quantile(0.99),
        loaded.as_secs_f64() * 1e3
    );
    println!(
        "    {count} passages of {} tokens: {:.1} a second ({:.0} tokens a second)",
        tokens / count,
        count as f64 / took,
        tokens as f64 / took
    );
    println!("    memory: {} MB more than before it was loaded", after.saturating_sub(before) / 1024);
    Ok(model)
}

/// Kilobytes of memory that this process has.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
