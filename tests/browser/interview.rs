//! Checks of an interview on the chat page.

use super::Scene;

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
