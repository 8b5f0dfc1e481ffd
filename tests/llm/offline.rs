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
        pictures: Vec::new(),
        documents: Vec::new(),
        language,
        now: date(2026, 11, 23).at(10, 0, 0, 0).in_tz("America/Sao_Paulo").unwrap(),
        max_output_tokens: 500,
        step: 1,
        resort: balcao::llm::model::Resort::First,
        payer: balcao::limits::budget::Payer::default(),
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
        // What the page offers to begin with.
        ("Procuro uma planta para sombra", "product_search"),
        ("Quero agendar uma visita", "agenda_list_slots"),
        ("quanto custa a orquídea?", "product_search"),
        ("tem horário sexta à tarde?", "agenda_list_slots"),
        ("quero marcar uma visita", "agenda_list_slots"),
        ("como está o chamado 5013?", "ticket_status"),
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
async fn a_word_in_common_is_no_question() {
    let back =
        || vec![Passage { text: "Você tem o seu dinheiro de volta em 10 dias.".into(), ..passage(0.9) }];
    let ask_of = async |text: &str, passages: Vec<Passage>| {
        ask_with(vec![customer(text)], passages, Language::Portuguese).await.text
    };
    let answer = ask_of("Oi, voltei", back()).await;
    assert!(answer.starts_with("Olá!"), "{answer}");
    let answer = ask_of("Oi, cheguei do dinheiro", back()).await;
    assert!(!answer.contains("10 dias"), "{answer}");
    let answer = ask_of("acho bonito trocar figurinhas", vec![passage(0.9)]).await;
    assert!(!answer.contains("30 dias"), "{answer}");
    // What is asked for, or has more in common, is still answered.
    for asked in
        ["posso trocar?", "quero saber sobre trocas", "trocas", "não gostei e vou trocar antes dos 30 dias"]
    {
        assert_eq!(ask_of(asked, vec![passage(0.9)]).await, "Você pode trocar em até 30 dias.", "{asked}");
    }
    let dialogue = vec![customer("oi"), bot("Olá! Como posso ajudar?"), customer("Oi, voltei")];
    let again = ask_with(dialogue, back(), Language::Portuguese).await;
    assert_eq!(again.text, "Oi! Em que posso ajudar?");
}

#[tokio::test]
async fn a_search_keeps_the_product_and_what_describes_it() {
    for (text, query) in [
        ("quanto custa a jiboia pequena?", "jiboia pequena"),
        ("vocês têm o vaso Serena na cor areia, tamanho M? Quanto custa?", "vaso serena cor areia tamanho m"),
        ("quanto custa a orquídea?", "orquidea"),
        ("procuro vela aromática até 60 reais", "vela aromatica"),
    ] {
        let answer = ask(text).await;
        let call = answer.calls.first().unwrap_or_else(|| panic!("{text}: {answer:?}"));
        assert_eq!(
            (call.name.as_str(), &call.arguments["query"]),
            ("product_search", &json!(query)),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_variation_that_was_named_is_sent() {
    let variation = |sku: &str, label: &str| json!({"sku": sku, "variation": label, "price": "R$ 100,00"});
    let found = json!({"products": [{"sku": "V", "name": "Vaso", "variations": [
        variation("V-A-P", "Cor: Areia; Tamanho: P"), variation("V-A-G", "Cor: Areia; Tamanho: G"),
        variation("V-T-G", "Cor: Terracota; Tamanho: G")]}]});
    for (query, said, sku) in [
        ("vaso areia grande", "e o frete para 01310-100?", "V-A-G"),
        ("vaso", "quanto fica o frete do grande na cor terracota para 01310-100?", "V-T-G"),
        ("vaso areia", "quanto fica o frete do G para 01310-100?", "V-A-G"),
        ("vaso", "quanto fica o frete para 01310-100?", "V"),
    ] {
        let mut dialogue = vec![customer("vocês têm vaso?")];
        dialogue.extend(called("product_search", json!({"query": query}), found.clone()));
        dialogue.extend([bot("Encontrei um vaso."), customer(said)]);
        let answer = ask_with(dialogue, Vec::new(), Language::Portuguese).await;
        let call = answer.calls.first().unwrap_or_else(|| panic!("{said}: {answer:?}"));
        assert_eq!(
            (call.name.as_str(), &call.arguments["product"]),
            ("shipping_options", &json!(sku)),
            "{said}"
        );
    }
}

#[tokio::test]
async fn of_several_products_the_one_that_was_asked_for_is_sent() {
    let products = json!({"count": 2, "products": [
        {"sku": "KIT-1", "name": "Kit Primeira Planta", "variations": []},
        {"sku": "PLA-1", "name": "Jiboia", "variations": []},
    ]});
    let mut dialogue = vec![customer("quanto custa a jiboia?")];
    dialogue.extend(called("product_search", json!({"query": "jiboia"}), products));
    dialogue.extend([bot("Encontrei dois."), customer("quanto fica o frete para 01310-100?")]);
    let answer = ask_with(dialogue, Vec::new(), Language::Portuguese).await;
    assert_eq!(answer.calls[0].arguments["product"], "PLA-1", "{answer:?}");
}

#[tokio::test]
async fn who_introduces_themselves_is_recorded_and_then_served() {
    let said = "sou a Lia, lia@example.com, quero um orçamento para 50 vasos do escritório";
    let first = ask(said).await;
    assert_eq!(first.calls[0].name, "crm_save_contact", "{first:?}");
    assert_eq!(first.calls[0].arguments, json!({"name": "Lia", "email": "lia@example.com"}));
    let mut dialogue = vec![customer(said)];
    dialogue.extend(called(
        "crm_save_contact",
        first.calls[0].arguments.clone(),
        json!({"saved": true, "outcome": "already_on_file"}),
    ));
    let then = ask_with(dialogue.clone(), Vec::new(), Language::Portuguese).await;
    assert_eq!(then.calls[0].name, "crm_save_opportunity", "{then:?}");
    // Nobody is recorded for looking something up, nor twice.
    let lookup = ask("sou a Lia, lia@example.com, cadê meu pedido 10421?").await;
    assert_eq!(lookup.calls[0].name, "order_status");
    dialogue.extend([bot("Registrei."), customer(said)]);
    let again = ask_with(dialogue, Vec::new(), Language::Portuguese).await;
    assert_eq!(again.calls[0].name, "crm_save_opportunity", "{again:?}");
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

#[tokio::test]
async fn a_quantity_is_no_id_and_a_part_of_a_day_books_nothing() {
    let answer = ask("sou da empresa Verde Ltda e preciso de um orçamento de 80 vasos pro escritório").await;
    assert_eq!(answer.calls[0].name, "crm_save_opportunity", "{answer:?}");
    assert_eq!(answer.calls[0].arguments.get("opportunity"), None, "{answer:?}");
    let slots = json!({"slots": [
        {"start": "2026-11-28T09:00:00", "label": "sábado, 28/11, às 09:00", "professional": "caio"},
        {"start": "2026-11-30T09:00:00", "label": "segunda-feira, 30/11, às 09:00", "professional": "caio"},
    ]});
    for (said, books) in [("segunda de manhã", false), ("a de segunda às 9h", true)] {
        let mut dialogue = vec![customer("quero marcar uma visita")];
        dialogue.extend(called("agenda_list_slots", json!({"service": "visit"}), slots.clone()));
        dialogue.extend([bot("Horários livres: sábado e segunda."), customer(said)]);
        let answer = ask_with(dialogue, Vec::new(), Language::Portuguese).await;
        let is_booked = answer.calls.first().is_some_and(|call| call.name == "agenda_book");
        assert_eq!(is_booked, books, "{said}: {answer:?}");
    }
}

/// Documents speak of what is sold in passing, and no example names it.
#[tokio::test]
async fn whether_there_is_something_is_asked_of_the_shop_and_then_of_documents() {
    let of = |title: &str, text: &str| Passage { title: title.into(), text: text.into(), ..passage(0.9) };
    let pets = of("Pets e plantas", "A samambaia-americana é segura para cães e gatos.");
    let parking = of("Estacionamento e como chegar", "Há 3 vagas gratuitas na frente.");
    for text in [
        "tem samambaia?",
        "Oi! Vocês têm samambaia aí?",
        "vcs vendem samambaia",
        "do you have ferns?",
        "¿tienen helechos?",
    ] {
        let answer = ask_with(vec![customer(text)], vec![pets.clone()], Language::Portuguese).await;
        assert_eq!(
            answer.calls.first().map(|call| call.name.as_str()),
            Some("product_search"),
            "{text}: {answer:?}"
        );
    }
    // How, when, for what, of what is one's own, or something more: these are other questions.
    for text in [
        "tem como trocar?",
        "tem samambaia que aguenta sol?",
        "vocês têm meu pedido?",
        "have a nice day!",
        "tem um bicho na samambaia",
        "tem perigo pros gatos?",
    ] {
        let answer = ask_with(vec![customer(text)], vec![pets.clone()], Language::Portuguese).await;
        let called = answer.calls.first();
        assert!(called.is_none_or(|call| call.name != "product_search"), "{text}: {answer:?}");
    }
    let said = async |text: &str, found: Value, known: Vec<Passage>| {
        let mut messages = vec![customer(text)];
        messages.extend(called("product_search", json!({"query": "x"}), json!({"products": found})));
        ask_with(messages, known, Language::Portuguese).await.text
    };
    let fern = json!([{"name": "Samambaia-americana", "price": "R$ 54,90", "available": true}]);
    assert!(said("tem samambaia?", fern.clone(), vec![pets.clone()]).await.contains("Samambaia-americana"));
    assert_eq!(
        said("tem estacionamento?", json!([]), vec![pets.clone(), parking.clone()]).await,
        parking.text
    );
    assert_eq!(said("tem estacionamento?", fern.clone(), vec![parking.clone()]).await, parking.text);
    let lost = "Não encontrei isso por aqui. Quer que eu chame uma pessoa da equipe?";
    assert_eq!(said("tem banheiro?", json!([]), Vec::new()).await, lost);
    assert!(said("tem estacionamento barato?", fern, Vec::new()).await.contains("Samambaia-americana"));
    // What went wrong, and what another tool gave, is said as such.
    let said_of = async |tool: &str, result: Value| {
        let mut messages = vec![customer("tem samambaia?")];
        messages.extend(called(tool, json!({}), result));
        ask_with(messages, Vec::new(), Language::Portuguese).await.text
    };
    let away = said_of("product_search", json!({"error": "away", "outcome": "unavailable"})).await;
    assert!(!away.contains("Não encontrei isso"), "{away}");
    assert!(!said_of("agenda_list_slots", json!({"slots": []})).await.contains("Não encontrei isso"));
    assert!(!said("quero uma samambaia", json!([]), Vec::new()).await.contains(lost), "the tool's own words");
}

#[tokio::test]
async fn a_document_in_another_language_is_quoted_as_one() {
    let known = passage(0.9);
    let answer = ask_with(
        vec![customer("¿puedo cambiar un producto en 30 días?")],
        vec![known.clone()],
        Language::Spanish,
    )
    .await;
    assert_eq!(answer.text, format!("Esto dice nuestra información, en otro idioma:\n\n{}", known.text));
}
