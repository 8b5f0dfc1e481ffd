//! The built-in model over the real tools: what it makes of customers' words, without any shop behind it.

use crate::tools::support::registry;
use balcao::domain::ids::CallId;
use balcao::domain::language::Language;
use balcao::domain::passage::Passage;
use balcao::domain::tool_call::ToolCall;
use balcao::llm::model::{ChatAnswer, ChatMessage, ChatModel, ChatRequest, ToolChoice};
use balcao::llm::offline::OfflineModel;
use jiff::civil::date;
use serde_json::{Value, json};

/// Monday, 23 November 2026, 10:00 in São Paulo.
async fn ask_with(messages: Vec<ChatMessage>, passages: Vec<Passage>, language: Language) -> ChatAnswer {
    let request = ChatRequest {
        messages,
        tools: registry().specs(),
        tool_choice: ToolChoice::Auto,
        passages,
        language,
        now: date(2026, 11, 23).at(10, 0, 0, 0).in_tz("America/Sao_Paulo").unwrap(),
        max_output_tokens: 500,
        step: 1,
        resort: balcao::llm::model::Resort::First,
    };
    OfflineModel::new().answer(&request, &|_| {}).await.unwrap()
}

async fn ask(text: &str) -> ChatAnswer {
    ask_with(vec![ChatMessage::Customer(text.to_owned())], Vec::new(), Language::Portuguese).await
}

fn customer(text: &str) -> ChatMessage {
    ChatMessage::Customer(text.to_owned())
}

fn bot(text: &str) -> ChatMessage {
    ChatMessage::Assistant { text: text.to_owned(), calls: Vec::new() }
}

fn called(name: &str, arguments: Value, result: Value) -> [ChatMessage; 2] {
    let call = ToolCall { id: CallId("call_9_0".to_owned()), name: name.to_owned(), arguments };
    [
        ChatMessage::Assistant { text: String::new(), calls: vec![call.clone()] },
        ChatMessage::ToolResult { call, content: result.to_string() },
    ]
}

fn passage(evidence: f32) -> Passage {
    Passage {
        id: "1".into(),
        source: "trocas.md".into(),
        title: "Trocas".into(),
        heading: None,
        text: "Você pode trocar em até 30 dias.".into(),
        score: 9.0,
        evidence,
    }
}

#[tokio::test]
async fn words_lead_to_the_right_tool() {
    for (text, tool) in [
        ("quero rastrear o pedido 10421, meu email é ana.souza@example.com", "order_status"),
        ("vocês têm vaso serena?", "product_search"),
        ("quanto custa a orquídea?", "product_search"),
        ("tem horário sexta à tarde?", "agenda_list_slots"),
        ("quero marcar uma visita", "agenda_list_slots"),
        ("meus agendamentos", "agenda_my_appointments"),
        ("meu vaso chegou quebrado ontem e a planta está sem folhas, quero reclamar", "ticket_create"),
        ("tem cupom de desconto?", "coupon_offer"),
        ("quero falar com uma pessoa", "hand_off"),
        ("atendente", "hand_off"),
    ] {
        let answer = ask(text).await;
        assert_eq!(answer.calls.first().map(|call| call.name.as_str()), Some(tool), "{text}: {answer:?}");
    }
}

#[tokio::test]
async fn what_is_missing_is_asked_for_one_at_a_time() {
    assert_eq!(ask("cadê meu pedido?").await.text, "Qual é o número do pedido?");
    assert_eq!(ask("meu pedido 10421 já saiu?").await.text, "Qual e-mail você usou na compra?");
    let dialogue = vec![
        customer("cadê meu pedido?"),
        bot("Qual é o número do pedido?"),
        customer("é o 10421"),
        bot("Qual e-mail você usou na compra?"),
        customer("Ana.Souza@Example.com"),
    ];
    let answer = ask_with(dialogue, Vec::new(), Language::Portuguese).await;
    assert_eq!(answer.calls[0].arguments, json!({"number": "10421", "email": "ana.souza@example.com"}));
}

#[tokio::test]
async fn a_corrected_value_goes_to_the_call_that_failed() {
    let mut dialogue = vec![customer("meu pedido 10421, email fulano@example.com")];
    let error =
        json!({"error": "no order with this number and this e-mail. … ask the customer to check both"});
    dialogue.extend(called(
        "order_status",
        json!({"number": "10421", "email": "fulano@example.com"}),
        error.clone(),
    ));
    let said = ask_with(dialogue.clone(), Vec::new(), Language::Portuguese).await.text;
    assert!(said.contains("não conferem") && !said.contains("order with"), "{said}");
    dialogue.extend([bot(&said), customer("opa, é ana.souza@example.com")]);
    let answer = ask_with(dialogue, Vec::new(), Language::Portuguese).await;
    assert_eq!(answer.calls[0].name, "order_status");
    assert_eq!(answer.calls[0].arguments["email"], "ana.souza@example.com");
}

#[tokio::test]
async fn a_time_is_picked_from_the_list_that_was_shown() {
    let slot = |start: &str| json!({"start": start, "when": start, "professional": "caio", "professional_name": "Caio"});
    let slots = json!({"service": "consultoria-online", "service_name": "Consultoria",
        "slots": [slot("2026-11-27T14:00"), slot("2026-11-27T15:00")]});
    for (text, start) in [
        ("o primeiro", "2026-11-27T14:00"),
        ("às 15h", "2026-11-27T15:00"),
        ("pode ser o segundo", "2026-11-27T15:00"),
    ] {
        let mut dialogue = vec![customer("quero marcar uma consultoria na sexta à tarde")];
        dialogue.extend(called("agenda_list_slots", json!({"service": "consultoria-online"}), slots.clone()));
        dialogue.extend([
            bot("Horários livres para Consultoria:\n… Qual fica melhor para você?"),
            customer(text),
        ]);
        let answer = ask_with(dialogue, Vec::new(), Language::Portuguese).await;
        let call = answer.calls.first().unwrap_or_else(|| panic!("{text}: {answer:?}"));
        assert_eq!((call.name.as_str(), &call.arguments["start"]), ("agenda_book", &json!(start)), "{text}");
        assert_eq!(call.arguments["service"], "consultoria-online");
    }
}

#[tokio::test]
async fn passages_answer_and_weak_ones_do_not() {
    let question = || vec![customer("qual a política para quem se arrepende?")];
    let answer = ask_with(question(), vec![passage(0.9)], Language::Portuguese).await;
    assert_eq!(answer.text, "Você pode trocar em até 30 dias.");
    let answer = ask_with(question(), vec![passage(0.2)], Language::Portuguese).await;
    assert!(answer.text.contains("não tenho") && answer.text.contains("pessoa"), "{}", answer.text);
}

#[tokio::test]
async fn an_offer_of_a_person_is_taken_up() {
    let offer = ask("me explica a teoria das cordas, por favor?").await.text;
    assert!(offer.contains("pessoa"), "{offer}");
    let answer =
        ask_with(vec![customer("?!x"), bot(&offer), customer("sim")], Vec::new(), Language::Portuguese).await;
    assert_eq!(answer.calls[0].name, "hand_off");
}

#[tokio::test]
async fn the_basic_mode_is_said_once() {
    let first = ask("oi").await.text;
    assert!(first.contains("modo básico"), "{first}");
    let again =
        ask_with(vec![customer("oi"), bot(&first), customer("oi")], Vec::new(), Language::Portuguese).await;
    assert!(!again.text.contains("modo básico"), "{}", again.text);
}

#[tokio::test]
async fn no_text_is_too_strange() {
    let long = "vaso ".repeat(200_000);
    for text in
        [long.as_str(), "😀😀", "\u{202e}abc مرحبا", "<script>alert(1)</script>", "\u{0}", "   ", "???"]
    {
        let answer = ask(text).await;
        assert!(!answer.text.trim().is_empty() || !answer.calls.is_empty(), "{:?}", text.get(..20));
        assert!(!answer.text.contains("<script"), "{}", answer.text);
    }
}

#[tokio::test]
async fn it_speaks_the_customers_language() {
    let english = ask_with(vec![customer("where is my order?")], Vec::new(), Language::English).await;
    assert_eq!(english.text, "What is the order number?");
    let spanish = ask_with(vec![customer("¿dónde está mi pedido?")], Vec::new(), Language::Spanish).await;
    assert_eq!(spanish.text, "¿Cuál es el número de pedido?");
}
#[test]
fn likely_tools_are_named_and_one_word_of_many_is_no_wish() {
    let likely = |text: &str| -> Vec<(String, bool)> {
        let found = OfflineModel::new().likely_tools(&registry().specs(), Language::Portuguese, text);
        found.into_iter().map(|likely| (likely.name, likely.clearly)).take(1).collect()
    };
    let clearly = |name: &str| vec![(name.to_owned(), true)];
    assert_eq!(likely("quanto custa a jiboia pequena?"), clearly("product_search"));
    assert_eq!(likely("meu vaso chegou quebrado"), clearly("ticket_create"));
    assert_eq!(likely("e se o vaso chegar quebrado?"), [("ticket_create".to_owned(), false)]);
    for no_wish in ["Oi, voltei", "obrigado", "tenho uma dúvida"] {
        assert_eq!(likely(no_wish), [], "{no_wish}");
    }
}
