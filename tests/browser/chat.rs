//! Checks of the chat page.

use super::Scene;
use super::clerk::{ATTACK, EXCHANGE, LONG_WORD};
use fantoccini::key::Key;
use reqwest::Method;
use serde_json::json;

pub async fn greets_with_ready_questions(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.open(&shop.base).await;
    let offered: Vec<String> = page.read("all('.choice').map((node) => node.innerText)").await;
    assert_eq!(
        offered,
        [
            "Cadê meu pedido?",
            "Quero agendar uma visita",
            "Qual o prazo de troca?",
            "Procuro uma planta para sombra"
        ]
    );
    assert!(page.said("assistant").await[0].contains("Como posso ajudar?"));
    page.click(".choice:nth-child(3)").await;
    page.heard("assistant", "30 dias").await;
    assert_eq!(page.said("customer").await, ["Qual o prazo de troca?"]);
    assert!(!page.read::<bool>("visible('.choice')").await, "ready questions are for the beginning");
}

pub async fn streams_the_answer_and_shows_its_sources(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.open(&shop.base).await;
    shop.clerk.hold();
    page.say("Qual o prazo de troca?").await;
    page.until("a draft", "draft().endsWith('nota fiscal.')").await;
    assert_eq!(page.said("assistant").await.len(), 1, "nothing is said for good yet");
    shop.clerk.go_on();
    page.heard("assistant", EXCHANGE).await;
    page.until("the draft is gone", "draft() === '' && !visible('.typing')").await;
    assert_eq!(page.said("assistant").await.len(), 2);
    assert_eq!(page.read::<u32>("all('.customer .meta [aria-label=Enviada]').length").await, 1);

    assert!(!page.read::<bool>("visible('.sources li')").await, "sources are folded");
    page.click(".sources summary").await;
    let sources: Vec<String> = page.read("all('.sources li').map((node) => node.innerText)").await;
    assert!(sources[0].starts_with("Trocas e devoluções · Troca por outro tamanho"), "{sources:?}");
}

pub async fn says_what_it_does_while_a_tool_works(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.open(&shop.base).await;
    shop.clerk.hold();
    page.say("Cadê o pedido 10411? Comprei com rafael.monteiro@example.com").await;
    page.until("the progress", "text('.progress') === 'Vou verificar o status do seu pedido agora.'").await;
    assert!(page.read::<bool>("visible('.typing')").await);
    shop.clerk.go_on();
    page.heard("assistant", "O pedido está entregue").await;
    assert!(!page.read::<bool>("visible('.typing')").await);
}

pub async fn history_is_there_after_a_reload(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.open(&shop.base).await;
    page.say("bom dia").await;
    page.heard("assistant", "Entendi: bom dia").await;
    page.element("textarea").await.send_keys("ainda pensando").await.unwrap();
    shop.clerk.hold();
    page.client.refresh().await.unwrap();
    page.heard("assistant", "Entendi: bom dia").await;
    assert_eq!(page.said("customer").await, ["bom dia"]);
    assert_eq!(page.read::<String>("one('textarea').value").await, "ainda pensando");

    // The answer of a turn that runs during the reload comes too.
    page.press(&[Key::Enter]).await;
    page.until("a turn", "visible('.typing')").await;
    page.client.refresh().await.unwrap();
    page.heard("customer", "ainda pensando").await;
    shop.clerk.go_on();
    page.heard("assistant", "Entendi: ainda pensando").await;
    assert_eq!(page.said("customer").await, ["bom dia", "ainda pensando"]);
    assert_eq!(page.said("assistant").await.len(), 3);
}

pub async fn asks_before_it_cancels_and_takes_a_click_for_an_answer(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.open(&shop.base).await;
    page.say("Marque a primeira consultoria").await;
    page.heard("assistant", "O código é A").await;
    page.say("Cancele, por favor").await;
    page.heard("assistant", "Você confirma?").await;
    assert_eq!(page.read::<String>("text('.asks .ask')").await, "Falta a sua confirmação");
    let question = page.said("assistant").await.pop().unwrap();
    let code = page.said("assistant").await[1].trim_end_matches('.').rsplit(' ').next().unwrap().to_owned();
    assert!(question.contains(&code), "{question:?} names {code}");

    page.click(".asks .choice:first-child").await;
    page.heard("assistant", &format!("O agendamento {code} foi cancelado.")).await;
    assert_eq!(page.said("customer").await[2], "Sim, confirmo");
    let spent: bool = page.read("all('.asks .choice').every((node) => node.disabled)").await;
    assert!(spent, "an answered question cannot be answered again");
}

pub async fn markup_stays_text(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.open(&shop.base).await;
    let typed = "html <img src=x onerror=\"document.title='tomado'\"> <b>negrito</b>";
    page.say(typed).await;
    // What is in two asterisks is bold, and nothing else is anything.
    page.heard("assistant", &ATTACK.replace("**", "")).await;
    page.client.refresh().await.unwrap();
    page.heard("assistant", "fim").await;
    assert_eq!(page.said("customer").await, [typed]);
    assert_eq!(page.read::<u32>("all('.log img, .log script, .log b').length").await, 0);
    assert_eq!(page.read::<String>("text('.assistant strong')").await, "fim");
    assert_eq!(page.client.title().await.unwrap(), "Casa Jatobá");
}

pub async fn a_person_answers_by_name_and_gives_back(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.open(&shop.base).await;
    page.say("oi").await;
    page.heard("assistant", "Entendi: oi").await;
    let conversation: String = page.read("kept('conversation').id").await;

    let reply = json!({"name": "Marina", "text": "Oi, aqui é a Marina. Já vejo isso."});
    let sent =
        shop.operator(Method::POST, &format!("{conversation}/reply")).json(&reply).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    page.heard("human", "Já vejo isso.").await;
    assert_eq!(page.read::<String>("text('.item.human .author')").await, "Marina");
    page.until("the status", "text('.status') === 'Você está falando com Marina'").await;

    page.say("obrigado").await;
    page.until("it is sent", "all('.customer .meta [aria-label=Enviada]').length === 2").await;
    assert!(!page.read::<bool>("visible('.typing')").await, "nobody types for a person");

    let back = shop.operator(Method::POST, &format!("{conversation}/return")).send().await.unwrap();
    assert_eq!(back.status(), 200);
    page.until("the status", "text('.status').startsWith('Assistente virtual')").await;
    let lines: Vec<String> = page.read("all('.line').map((node) => node.innerText)").await;
    assert_eq!(lines, ["Você está falando com Marina", "Você voltou a falar com o assistente virtual."]);
    page.say("voltei").await;
    page.heard("assistant", "Entendi: voltei").await;
    page.client.refresh().await.unwrap();
    page.heard("human", "Já vejo isso.").await;
    assert_eq!(page.read::<String>("text('.item.human .author')").await, "Marina");
}

pub async fn works_by_keyboard_alone(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.open(&shop.base).await;
    assert!(page.read::<bool>("focused('textarea')").await, "one may write at once");
    page.press(&[Key::Enter]).await;
    page.type_blindly("linha um").await;
    page.press(&[Key::Shift, Key::Enter]).await;
    page.type_blindly("linha dois").await;
    page.press(&[Key::Enter]).await;
    page.heard("assistant", "Entendi: linha um").await;
    assert_eq!(page.said("customer").await, ["linha um\nlinha dois"], "an empty message is none");
    assert!(page.read::<bool>("focused('textarea') && one('textarea').value === ''").await);

    // Back to the button for a new conversation, into its dialog, and out again.
    while !page.read::<bool>("focused('.tool')").await {
        page.press(&[Key::Shift, Key::Tab]).await;
        assert!(page.read::<bool>("Boolean(ui.activeElement)").await, "the button cannot be reached");
    }
    page.press(&[Key::Enter]).await;
    page.until("the dialog", "visible('dialog')").await;
    page.press(&[Key::Escape]).await;
    page.until("no dialog", "!one('dialog') && focused('textarea')").await;
    assert_eq!(page.said("customer").await.len(), 1, "Escape starts nothing new");

    while !page.read::<bool>("focused('.tool')").await {
        page.press(&[Key::Shift, Key::Tab]).await;
    }
    page.press(&[Key::Enter]).await;
    page.until("the dialog", "visible('dialog')").await;
    page.press(&[Key::Tab]).await;
    page.press(&[Key::Enter]).await;
    page.until("a new conversation", "said('customer').length === 0 && visible('.choice')").await;
}

pub async fn fits_a_phone(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.be_a_phone([360, 740]).await;
    page.open(&shop.base).await;
    page.say(&format!("uma resposta comprida com {LONG_WORD}")).await;
    page.heard("assistant", LONG_WORD).await;
    page.say("Qual o prazo de troca?").await;
    page.heard("assistant", EXCHANGE).await;
    page.click(".sources summary").await;

    let wide: Vec<String> = page
        .read(
            "[document.scrollingElement, one('.scroller'), ...all('.bubble')]
                .filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.className || node.localName)",
        )
        .await;
    assert_eq!(wide, [""; 0], "nothing is wider than its place");
    let inside: bool = page
        .read("all('.bubble, header, footer, .send').every((node) => node.getBoundingClientRect().right <= innerWidth)")
        .await;
    assert!(inside, "nothing sticks out on the right");
    assert_eq!(page.read::<[u32; 2]>("[innerWidth, one('.panel').clientHeight]").await, [360, 740]);
    // Phones zoom into fields with smaller letters.
    assert!(page.read::<f64>("parseFloat(getComputedStyle(one('textarea')).fontSize)").await >= 16.0);
    let end: f64 = page
        .read("one('.scroller').scrollHeight - one('.scroller').scrollTop - one('.scroller').clientHeight")
        .await;
    assert!(end < 3.0, "the newest words are in sight, {end} pixels are not");
    page.picture("phone").await;
}

pub async fn a_restarted_server_gets_what_was_written_meanwhile_once(scene: &mut Scene<'_>) {
    let Scene { page, shop, .. } = scene;
    page.open(&shop.base).await;
    page.say("antes").await;
    page.heard("assistant", "Entendi: antes").await;
    let conversation: String = page.read("kept('conversation').id").await;

    shop.stop().await;
    page.until("the banner", "text('.banner') === 'Reconectando…'").await;
    page.say("durante").await;
    page.until("it waits", "visible('.customer.pending [aria-label=Enviando]')").await;
    shop.start().await;
    page.heard("assistant", "Entendi: durante").await;
    page.until("the banner is gone", "!visible('.banner') && !one('.pending')").await;
    assert_eq!(page.said("customer").await, ["antes", "durante"]);
    assert_eq!(
        shop.history(&conversation).await,
        ["customer: antes", "assistant: Entendi: antes", "customer: durante", "assistant: Entendi: durante"]
    );
}
