//! Checks of an interview on the chat page.

use super::Scene;
use super::page::Page;

pub async fn shows_an_interview_with_chips_slider_and_steps(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.open(&shop.base).await;
    page.say("quero um orçamento de jardim").await;
    page.heard("assistant", "Que tipo de projeto").await;
    assert!(page.read::<String>("all('.step').at(-1).innerText").await.starts_with("1 de cerca de "));
    page.read::<bool>("(all('.choice').find((node) => node.innerText === 'Jardim vertical').click(), true)")
        .await;
    page.heard("assistant", "Quanto você pretende investir").await;
    page.until("a slider", "visible('.field input[type=range]')").await;
    assert!(page.read::<String>("all('.step').at(-1).innerText").await.starts_with("2 de cerca de "));
    page.read::<bool>(
        "(() => { const slider = all('.field input[type=range]').at(-1); slider.value = 75; \
         slider.dispatchEvent(new Event('input')); return true; })()",
    )
    .await;
    let shown = page.read::<String>("all('.field output').at(-1).innerText").await;
    assert!(shown.starts_with("R$ "), "{shown}");
    page.read::<bool>("(all('.field .choice').at(-1).click(), true)").await;
    assert_eq!(page.said("customer").await.last(), Some(&shown));
    page.heard("assistant", "CEP").await;
    assert!(!page.read::<bool>("all('.field input[type=range]').some((node) => !node.disabled)").await);
}

pub async fn an_interview_goes_back_skips_picks_a_day_and_is_edited_before_it_is_sent(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.open(&shop.base).await;
    page.say("quero um orçamento de jardim").await;
    page.heard("assistant", "Que tipo de projeto").await;
    tap(page, "Varanda").await;
    page.heard("assistant", "Quanto você pretende investir").await;
    page.say("uns 3 mil").await;
    page.heard("assistant", "Qual é o CEP").await;
    tap(page, "Voltar").await;
    page.until("the question before, again", &asked_times("Quanto você pretende investir", 2)).await;
    page.say("2 mil").await;
    page.until("the question after it, again", &asked_times("Qual é o CEP", 2)).await;
    tap(page, "Pular").await;
    page.heard("assistant", "Para quando você precisa?").await;
    page.until("a calendar", "visible('.field input[type=date]:enabled')").await;
    let day: String = page
        .read(
            "(() => { const calendar = all('.field input[type=date]').at(-1); \
             calendar.value = new Date(Date.now() + 10 * 86400000).toISOString().slice(0, 10); \
             return calendar.value.split('-').reverse().join('/'); })()",
        )
        .await;
    page.read::<bool>("(all('.field .choice').at(-1).click(), true)").await;
    page.heard("customer", &day).await;
    page.heard("assistant", "o seu nome").await;
    page.say("Ana Lima, ana.lima@example.com").await;
    page.heard("assistant", "confira o que anotei").await;
    let summary = page.said("assistant").await.pop().unwrap();
    assert!(summary.contains("2.000") && !summary.contains("3.000"), "{summary}");
    assert!(summary.contains("prefere não dizer"), "it was passed over: {summary}");
    assert!(summary.contains(&day), "{day}: {summary}");
    tap(page, "Corrigir").await;
    page.heard("assistant", "O que devo corrigir?").await;
    page.say("na verdade são 4 mil").await;
    page.until("what it is now", &asked_times("confira o que anotei", 2)).await;
    let summary = page.said("assistant").await.pop().unwrap();
    assert!(summary.contains("4.000"), "{summary}");
    tap(page, "Está certo").await;
    page.heard("assistant", "Obrigado, Ana!").await;
}

/// Taps what is offered last under that label.
async fn tap(page: &Page<'_>, label: &str) {
    let offered = format!("all('button').findLast((node) => node.innerText === '{label}' && !node.disabled)");
    page.until(label, &offered).await;
    page.read::<bool>(&format!("({offered}.click(), true)")).await;
}

/// Whether the assistant has said something so often.
fn asked_times(words: &str, times: usize) -> String {
    format!("said('assistant').filter((bubble) => bubble.includes('{words}')).length === {times}")
}
