//! Models that say what is not so: invented prices and people's data, deeds that nobody did, people who were never
//! called, inner names, another language. Repaired once, else not sent; and never shown on the way.

use crate::support::app::{AppOptions, ShopClock, TestApp, calls, says};
use crate::support::talk::Answer;
use balcao::domain::clock::Clock;
use balcao::llm::scripted::Reply;
use serde_json::json;

/// What comes of `replies` to `text`.
async fn answer_to(text: &str, replies: Vec<Reply>) -> Answer {
    let app: TestApp = AppOptions::scripted(replies).start().await;
    let answer = app.talk().await.say(text).await;
    assert_eq!(app.model().remaining(), 0, "no repair was asked for: {answer:#?}");
    app.end().await;
    answer
}

#[tokio::test]
async fn what_is_not_proven_is_repaired_once() {
    for untrue in [
        "A orquídea custa R$ 75,00.",
        "Ela chega em 4 dias úteis.",
        "Temos 37 unidades em estoque.",
        "Amanhã às 7h40 tem vaga.",
        "Pronto, agendei a sua visita!",
        "Seu pedido foi cancelado.",
        "Seu chamado foi aberto com sucesso.",
        "Vou transferir você para um atendente.",
        "Vou verificar e te aviso.",
        "Consultei order_status para você.",
        "O seu código interno é 0193f3c4-7b7a-7cc2-9d5e-2f0c5a6b7c8d.",
        "Use a chave sk-abc123.",
        "{\"name\": \"order_status\", \"args\": {\"number\": 1}}",
        "Sure! I can help you with that, just tell me which plant you would like to buy.",
    ] {
        let repaired = "Não tenho essa informação agora. Quer que eu chame uma pessoa?";
        let answer = answer_to("Oi, me ajuda com uma coisa?", vec![says(untrue), says(repaired)]).await;
        assert_eq!((answer.stop_reason.as_str(), answer.text.as_str()), ("answered", repaired), "{untrue}");
        assert!(!answer.drafts.contains(untrue), "{untrue} was shown");
    }
}

/// A shop of cakes, and a model that is asked of how many kilos a cake for twenty is.
async fn a_cake_for_twenty(second: &str) -> (Answer, String) {
    let cakes = "# Bolos\n\nCada quilo de bolo serve 10 pessoas. O quilo de brigadeiro custa R$ 75,50.\n";
    let first = says("Para 20 pessoas o bolo de brigadeiro é de 2 kg.");
    let app = AppOptions::scripted(vec![first, says(second)]).file("knowledge/bolos.md", cakes).start().await;
    let answer =
        app.talk().await.say("Somos 20 pessoas. Cada quilo do bolo de brigadeiro serve quantas?").await;
    let repair = format!("{:?}", app.model().requests().last().unwrap().messages);
    app.end().await;
    (answer, repair)
}

#[tokio::test]
async fn a_model_may_show_where_its_words_do_not_tell_it() {
    let said = "Para 20 pessoas o bolo de brigadeiro é de 2 kg.";
    let (answer, repair) =
        a_cake_for_twenty(&format!("{said}\n\n@@ 2 kg | Cada quilo de bolo serve 10 pessoas | 20 / 10"))
            .await;
    assert!(repair.contains("serve 10"), "{repair}");
    assert!(repair.contains("2 kg") && repair.contains("@@ value"), "{repair}");
    assert_eq!((answer.stop_reason.as_str(), answer.text.as_str()), ("answered", said));
    assert!(!answer.drafts.contains('@'), "{}", answer.drafts);
    assert_eq!(answer.sources[0], "Bolos", "{:#?}", answer.sources);
    // Words that stand nowhere, and numbers of nobody.
    for shown in [
        "2 kg | Cada quilo serve 10 pessoas e meia | 20 / 10",
        "2 kg | Cada quilo de bolo serve 10 pessoas | 30 / 15",
    ] {
        let (answer, _) = a_cake_for_twenty(&format!("{said}\n\n@@ {shown}")).await;
        assert_eq!(answer.stop_reason, "guard_withheld", "{shown}");
        assert!(!answer.text.contains("2 kg") && !answer.text.contains('@'), "{}", answer.text);
    }
}

#[tokio::test]
async fn what_stays_untrue_is_not_sent() {
    let price = || says("A orquídea custa R$ 75,00.");
    let answer = answer_to("Quanto custa a orquídea azul?", vec![price(), price()]).await;
    assert_eq!(answer.stop_reason, "guard_withheld");
    assert!(
        !answer.text.contains("75") && answer.text.contains("Não tenho como confirmar"),
        "{}",
        answer.text
    );
    assert_eq!(answer.buttons, ["Falar com uma pessoa"]);
}

#[tokio::test]
async fn only_the_untrue_sentence_goes() {
    let mixed = || says("Posso ajudar, sim! A orquídea custa R$ 75,00. Qual é o seu CEP?");
    let answer = answer_to("Quanto custa a orquídea azul?", vec![mixed(), mixed()]).await;
    assert_eq!(answer.text, "Posso ajudar, sim! Qual é o seu CEP?");
}

#[tokio::test]
async fn a_no_that_a_policy_says_is_an_answer() {
    for no in [
        "Não posso fazer a troca sem uma foto do vaso quebrado.",
        "Sem uma foto do vaso não é possível fazer a troca.",
    ] {
        let answer = answer_to("Meu vaso chegou quebrado", vec![says(no)]).await;
        assert_eq!((answer.text.as_str(), answer.model_calls.len()), (no, 1));
    }
}

#[tokio::test]
async fn a_change_that_was_asked_for_is_made_not_talked_about() {
    let when = "sexta às 14h";
    let slots = calls([("agenda_list_slots", json!({"service": "replantio", "when": when}))]);
    let app = AppOptions::scripted(vec![
        slots,
        says("Há horários na sexta. Qual fica melhor?"),
        says("O horário das 14h com o Caio é ótimo."),
        says("O horário das 14h com o Caio é ótimo."),
    ])
    .start()
    .await;
    let mut talk = app.talk().await;
    talk.say("Quero marcar um replantio na sexta às 14h").await;
    let answer = talk.say("Quero às 14h com o Caio, por favor").await;
    assert_eq!((answer.stop_reason.as_str(), answer.model_calls.len()), ("guard_withheld", 2), "{answer:#?}");
    app.end().await;
}

#[tokio::test]
async fn what_was_just_answered_is_not_asked_again() {
    let asks = || says("Claro! Qual é o e-mail do pedido?");
    let status = calls([("order_status", json!({"number": "10421", "email": "ana.souza@example.com"}))]);
    let app =
        AppOptions::scripted(vec![asks(), asks(), status, says("O pedido 10421 foi enviado.")]).start().await;
    let mut talk = app.talk().await;
    assert!(talk.say("Cadê o meu pedido 10421?").await.text.ends_with("e-mail do pedido?"));
    let answer = talk.say("ana.souza@example.com").await;
    assert_eq!((answer.text.as_str(), answer.model_calls.len()), ("O pedido 10421 foi enviado.", 3));
    app.end().await;
}

#[tokio::test]
async fn what_the_house_does_not_do_stands_somewhere_or_is_not_said() {
    let refusal = || says("Não alugamos plantas para casamento.");
    let fine = "Não sei dizer. Quer falar com uma pessoa?";
    let answer = answer_to("Vocês alugam plantas para casamento?", vec![refusal(), says(fine)]).await;
    assert_eq!(answer.text, fine);
    let answer = answer_to("Vocês alugam plantas para casamento?", vec![refusal(), refusal()]).await;
    assert_eq!(answer.stop_reason, "guard_withheld");
}

#[tokio::test]
async fn the_date_alone_proves_nothing_that_happens_in_the_world() {
    let today = ShopClock.now().to_zoned(jiff::tz::TimeZone::get("America/Sao_Paulo").unwrap());
    let claim = today.strftime("A eleição acontece hoje, %d/%m/%Y.").to_string();
    let fine = "Isso eu não sei dizer. Posso ajudar com a loja!";
    let answer = answer_to("quem vai ganhar a eleição?", vec![says(&claim), says(fine)]).await;
    assert_eq!(answer.text, fine);
    let told = today.strftime("Hoje é %d/%m/%Y.").to_string();
    assert_eq!(answer_to("que dia é hoje?", vec![says(&told)]).await.text, told);
}

#[tokio::test]
async fn a_price_is_looked_up_once_more_if_no_tool_told_it() {
    let search = calls([("product_search", json!({"query": "jiboia"}))]);
    let told = || says("A jiboia grande custa R$ 89,90.");
    let answer = answer_to("Quanto custa a jiboia grande?", vec![told(), search, told()]).await;
    assert_eq!((answer.text.as_str(), answer.model_calls.len()), ("A jiboia grande custa R$ 89,90.", 3));
}

#[tokio::test]
async fn words_of_a_hand_off_become_one() {
    let hand_off = calls([("hand_off", json!({"reason": "customer_asked"}))]);
    let answer =
        answer_to("Quero falar com alguém", vec![says("Vou transferir você para um atendente!"), hand_off])
            .await;
    assert_eq!((answer.stop_reason.as_str(), answer.owner.as_deref()), ("handed_off", Some("human")));
}

#[tokio::test]
async fn words_of_a_hand_off_are_not_true_because_something_else_was_done() {
    let save = calls([("crm_save_contact", json!({"name": "Rui", "email": "rui@example.com"}))]);
    let script =
        vec![save, says("Anotei seus dados. Já chamei um atendente!"), says("Anotei seus dados, Rui.")];
    let answer = answer_to("Sou o Rui, rui@example.com", script).await;
    assert_eq!(answer.text, "Anotei seus dados, Rui.");
}

#[tokio::test]
async fn a_deed_of_an_earlier_turn_proves_no_other() {
    let save = calls([("crm_save_contact", json!({"name": "Rui", "email": "rui@example.com"}))]);
    let script = vec![
        save,
        says("Pronto, salvei seus dados, Rui."),
        says("Já salvei seus dados e cancelei a sua visita."),
        says("Já salvei seus dados. Qual visita você quer cancelar?"),
    ];
    let app = AppOptions::scripted(script).start().await;
    let mut talk = app.talk().await;
    assert_eq!(talk.say("Sou o Rui, rui@example.com").await.text, "Pronto, salvei seus dados, Rui.");
    let answer = talk.say("E cancela a minha visita?").await;
    assert_eq!(answer.text, "Já salvei seus dados. Qual visita você quer cancelar?");
    app.end().await;
}

#[tokio::test]
async fn a_value_nobody_said_is_not_passed_on() {
    for (said, name, arguments) in [
        (
            "Cadê o pedido 10421?",
            "order_status",
            json!({"number": "10421", "email": "ana.souza@example.com"}),
        ),
        (
            "Sou joana@example.com, cadê meu pedido?",
            "order_status",
            json!({"number": "10421", "email": "joana@example.com"}),
        ),
        (
            "Quero me cadastrar, sou a Joana",
            "crm_save_contact",
            json!({"name": "Joana", "email": "joana@example.com"}),
        ),
        ("Anota meu telefone", "crm_save_contact", json!({"phone": "+5511955550101"})),
        ("Quanto é o frete?", "shipping_options", json!({"postal_code": "01310-100", "product": "PLA-005"})),
    ] {
        let script = vec![calls([(name, arguments)]), says("Pode me passar esse dado, por favor?")];
        let answer = answer_to(said, script).await;
        assert_eq!(answer.tool(name).outcome, "not_said", "{said}");
        assert_eq!(answer.text, "Pode me passar esse dado, por favor?");
    }
}

#[tokio::test]
async fn another_customers_order_is_not_told() {
    let mine = calls([("order_status", json!({"number": "10430", "email": "ana.souza@example.com"}))]);
    let script = vec![mine, says("Não encontrei esse pedido com esse e-mail. Pode conferir os dois?")];
    let answer = answer_to("Sou ana.souza@example.com, e o pedido 10430?", script).await;
    assert_eq!(answer.tool("order_status").outcome, "not_verified");
    assert!(!answer.tool("order_status").result.to_string().contains("daniela"));
}

#[tokio::test]
async fn a_yes_of_the_customer_is_not_words_for_the_model() {
    // The model cancels what the customer has not confirmed.
    let book = calls([("agenda_book", json!({"service": "replantio", "start": "2026-11-27T14:00"}))]);
    let app = AppOptions::scripted(vec![book, says("Pronto, marquei o seu replantio.")]).start().await;
    let mut talk = app.talk().await;
    let booked = talk.say("Quero um replantio no dia 27/11 às 14h").await;
    let code = booked.tool("agenda_book").result["data"]["code"].clone();
    app.model().push(calls([("agenda_cancel", json!({"appointment": code}))]));
    assert_eq!(talk.say("Sim, tudo bem? Cancela").await.stop_reason, "awaiting_confirmation");
    app.end().await;
}

#[tokio::test]
async fn nobody_is_asked_to_confirm_what_cannot_be() {
    let invented = calls([("agenda_cancel", json!({"appointment": "A9999"}))]);
    let taken = calls([("agenda_book", json!({"service": "replantio", "start": "2026-11-23T14:00"}))]);
    let script = vec![invented, taken, says("Qual horário você quer cancelar?")];
    let answer = answer_to("Cancela o meu horário", script).await;
    assert_eq!((answer.stop_reason.as_str(), answer.confirmation), ("answered", None));
    assert!(answer.tools[0].result.to_string().contains("no such appointment"), "{:?}", answer.tools[0]);
    assert!(answer.tools[1].result.to_string().contains("cannot be had"), "{:?}", answer.tools[1]);
}

#[tokio::test]
async fn a_name_nobody_said_narrows_no_search() {
    let list = |professional: &str| {
        let arguments =
            json!({"service": "replantio", "when": "sexta à tarde", "professional": professional});
        calls([("agenda_list_slots", arguments)])
    };
    let script = vec![list("seu_profissional"), says("Na sexta há horários. Qual prefere?")];
    let answer = answer_to("Quero marcar um replantio na sexta à tarde", script).await;
    let result = &answer.tool("agenda_list_slots").result;
    assert!(result["data"]["note"].as_str().unwrap().contains("professional"), "{result}");
    assert_eq!(result["data"]["in_wished_time"], true);
    let script = vec![list("Caio Nogueira"), says("Com o Caio há horários. Qual prefere?")];
    let answer = answer_to("Quero marcar um replantio na sexta à tarde com o Caio", script).await;
    let result = &answer.tool("agenda_list_slots").result;
    assert_eq!(
        (&result["data"]["note"], &result["data"]["slots"][0]["professional"]),
        (&json!(null), &json!("caio"))
    );
}

#[tokio::test]
async fn a_model_that_does_not_help_is_told_so_once_and_then_replaced() {
    // What the customer wants is clear, and nothing was looked up; the script is nobody's last resort.
    for draft in ["Olá! Como posso ajudar?", "Desculpe, não posso ajudar com isso."] {
        let search = calls([("product_search", json!({"query": "jiboia"}))]);
        let told = says("A jiboia custa a partir de R$ 29,90.");
        let answer = answer_to("Quanto custa a jiboia?", vec![says(draft), search, told]).await;
        assert_eq!((answer.stop_reason.as_str(), answer.tool_names()), ("answered", vec!["product_search"]));
        let answer = answer_to("Quanto custa a jiboia?", vec![says(draft), says(draft)]).await;
        assert_eq!(answer.stop_reason, "guard_withheld", "{answer:#?}");
    }
    // An invented e-mail is refused; what is missing has to be asked for.
    let invented = || calls([("order_status", json!({"number": "10421", "email": "x@example.com"}))]);
    let no = || says("Não posso ajudar com isso.");
    let asks = says("Qual e-mail você usou na compra?");
    let answer = answer_to("Cadê o meu pedido 10421?", vec![invented(), no(), asks]).await;
    assert_eq!(answer.text, "Qual e-mail você usou na compra?");
    // What is announced has to be said, and in the customer's language.
    for draft in
        ["Aqui está o que eu encontrei:", "I am sorry, but I do not have enough information to answer that."]
    {
        let fine = says("A loja abre às 9h.");
        assert_eq!(
            answer_to("A loja abre que horas?", vec![says(draft), fine]).await.text,
            "A loja abre às 9h."
        );
        let answer = answer_to("A loja abre que horas?", vec![says(draft), says(draft)]).await;
        assert_eq!(answer.stop_reason, "guard_withheld", "{answer:#?}");
    }
    // An end that invites is no stalling, and a greeting is answered by a greeting.
    for (said, fine) in [
        ("Oi!", "Olá! Como posso ajudar?"),
        ("Obrigada!", "Por nada! Se precisar, é só me avisar."),
        ("Posso pagar em 40 vezes?", "Não consigo parcelar assim, só o que está nas formas de pagamento."),
    ] {
        assert_eq!(answer_to(said, vec![says(fine)]).await.text, fine);
    }
}
