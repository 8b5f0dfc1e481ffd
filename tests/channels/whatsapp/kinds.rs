//! Every kind of message as it stands in the log, and whether anybody answers it.

use crate::support::app::{AppOptions, Brain, TestApp, says};
use crate::support::whatsapp::{
    DISPLAY, JOANA, body, conversations, history, messages, metadata, of_joana, operator, post, said, set,
    settled, talked, until,
};
use balcao::domain::event::EventBody;
use balcao::domain::ids::ConversationId;
use balcao::domain::interview::{AnswerOrigin, StartRule};
use balcao::llm::model::ChatMessage;
use balcao::llm::scripted::Reply;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

async fn behind(replies: Vec<Reply>) -> TestApp {
    AppOptions::scripted(replies).with(|settings| set(&mut settings.channels.whatsapp)).start().await
}

fn pair(role: &str, text: &str) -> (String, String) {
    (role.to_owned(), text.to_owned())
}

/// The messages of the one conversation, once everything posted is taken in.
async fn log(app: &TestApp) -> Vec<Value> {
    settled(app).await;
    history(app, &conversations(app).await[0]["id"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_answered_is_answered() {
    for (part, text) in [
        (
            json!({"type": "image", "image": {"caption": "fachada", "mime_type": "image/jpeg", "sha256": "q1w2e3=", "id": "4440001"}}),
            "fachada\n[imagem]",
        ),
        (
            json!({"type": "location", "location": {"latitude": -23.5611, "longitude": -46.6559}}),
            "[localização: -23.56110, -46.65590]",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "plano_pro", "title": "Plano Pro"}}}),
            "Plano Pro",
        ),
        (json!({"type": "button", "button": {"payload": "CONFIRMA_77", "text": "Confirmar"}}), "Confirmar"),
        (
            json!({"type": "order", "order": {"product_items": [{"product_retailer_id": "SKU-7", "quantity": 2}]}}),
            "[pedido: 2 × SKU-7]",
        ),
        (
            json!({"type": "edit", "edit": {"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "corrigido"}}}}),
            "[corrigiu a mensagem]\ncorrigido",
        ),
    ] {
        let app = behind(vec![says("Certo!")]).await;
        post(&app.door.base, &messages(&[of_joana("wamid.1", part)])).await;
        assert_eq!(talked(&app, 2).await, [pair("customer", text), pair("assistant", "Certo!")]);
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_kept_with_its_message() {
    let app = behind(vec![says("Que bonita!")]).await;
    let image = json!({"type": "image", "image": {"caption": "fachada", "mime_type": "image/jpeg", "sha256": "q1w2e3=", "id": 4_440_001}});
    post(&app.door.base, &messages(&[of_joana("wamid.1", image)])).await;
    talked(&app, 2).await;
    let expected =
        json!([{"kind": "image", "id": "4440001", "mime_type": "image/jpeg", "sha256": "q1w2e3="}]);
    assert_eq!(log(&app).await[0]["media"], expected);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_are_written_down_and_not_answered() {
    let app = behind(vec![says("Olá!")]).await;
    post(&app.door.base, &said("wamid.1", "oi?")).await;
    talked(&app, 2).await;
    let signs = [
        of_joana(
            "wamid.2",
            json!({"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}}),
        ),
        of_joana("wamid.3", json!({"type": "reaction", "reaction": {"message_id": "wamid.1"}})),
        of_joana(
            "wamid.4",
            json!({"type": "sticker", "sticker": {"mime_type": "image/webp", "id": "4440005"}}),
        ),
        of_joana("wamid.5", json!({"type": "revoke", "revoke": {"original_message_id": "wamid.1"}})),
        of_joana("wamid.6", json!({"type": "request_welcome"})),
    ];
    post(&app.door.base, &messages(&signs)).await;
    let log = log(&app).await;
    let texts: Vec<&str> = log[2..].iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["[reagiu com 👍]", "[retirou a reação]", "[figurinha]", "[apagou uma mensagem]"]);
    assert!(log[2..].iter().all(|message| message["kept"] == "sign"));
    assert_eq!(log[2]["quoted"]["text"], "oi?");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_show_gets_a_sentence_and_no_model() {
    let app = behind(Vec::new()).await;
    let poll = json!({"type": "unsupported", "errors": [{"code": 131_051, "title": "Message type unknown"}], "unsupported": {"type": "poll_creation"}});
    let body = messages(&[of_joana("wamid.1", poll)]);
    post(&app.door.base, &body).await;
    let unseen = "Não consigo ver esse tipo de mensagem por aqui. Pode me contar por escrito?";
    let expected =
        [pair("customer", "[mensagem que não aparece aqui: poll_creation]"), pair("system", unseen)];
    assert_eq!(talked(&app, 2).await, expected);
    post(&app.door.base, &body).await;
    settled(&app).await;
    assert_eq!(talked(&app, 2).await, expected, "once");
    let gone = json!({"type": "unsupported", "errors": [{"code": 131_060, "title": "x"}]});
    let nothing = json!({"type": "interactive"});
    let invisible = json!({"type": "text", "text": {"body": "\u{200B}"}});
    for (id, part) in [("wamid.2", gone), ("wamid.3", nothing), ("wamid.4", invisible)] {
        post(&app.door.base, &messages(&[of_joana(id, part)])).await;
        settled(&app).await;
    }
    let all = talked(&app, 8).await;
    assert_eq!(all[3].1, "Sua mensagem não chegou até aqui. Pode repetir, por favor?");
    assert_eq!((all[5].1.as_str(), all[7].1.as_str()), (unseen, unseen));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unseen_message_takes_no_question_away() {
    let app = AppOptions::scripted(vec![says("Certo!")])
        .with(|settings| {
            set(&mut settings.channels.whatsapp);
            settings.channels.whatsapp.quiet_ms = 700;
            settings.channels.whatsapp.quiet_longest_ms = 700;
        })
        .start()
        .await;
    post(&app.door.base, &said("wamid.1", "Quanto custa?")).await;
    until("it is there", || async { (!conversations(&app).await.is_empty()).then_some(()) }).await;
    post(&app.door.base, &messages(&[of_joana("wamid.2", json!({"type": "unsupported"}))])).await;
    let roles: Vec<String> = talked(&app, 4).await.into_iter().map(|(role, _)| role).collect();
    assert_eq!(roles.iter().filter(|role| *role == "assistant").count(), 1, "{roles:?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_shows_what_it_replies_to_and_that_proves_nothing() {
    let app = behind(vec![says("Olá!"), says("Sim!")]).await;
    post(&app.door.base, &said("wamid.1", "O que vocês vendem?")).await;
    talked(&app, 2).await;
    let reply = json!({"type": "text", "text": {"body": "e isso ainda vale?"}, "context": {"id": "wamid.1", "from": "x", "referred_product": {"product_retailer_id": "SKU-7"}}});
    post(&app.door.base, &messages(&[of_joana("wamid.2", reply)])).await;
    let all = talked(&app, 4).await;
    assert_eq!(all[2].1, "e isso ainda vale?\n[SKU-7]");
    let log = log(&app).await;
    assert_eq!(
        (&log[2]["quoted"]["text"], &log[2]["quoted"]["role"]),
        (&json!("O que vocês vendem?"), &json!("customer"))
    );
    let asked = app.model().requests();
    let shown = &asked.last().unwrap().messages;
    let notes: Vec<&String> = shown
        .iter()
        .filter_map(|message| match message {
            ChatMessage::System(text) if text.contains("replies to") => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!(notes.len(), 1, "{shown:#?}");
    assert!(notes[0].contains("O que vocês vendem?"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_moves_nothing_that_nobody_sent() {
    let app = behind(Vec::new()).await;
    for status in [
        json!({"id": "wamid.X=", "status": "delivered", "timestamp": "1795363300", "recipient_id": "5511987650001"}),
        json!({"id": "wamid.X=", "status": "failed", "errors": [{"code": 131_047, "title": "Re-engagement message"}]}),
        json!({"status": "sent"}),
        json!({"id": "wamid.X=", "status": "teleported"}),
        json!(7),
    ] {
        post(&app.door.base, &body("messages", json!({"metadata": metadata(), "statuses": [status]}))).await;
    }
    settled(&app).await;
    assert!(conversations(&app).await.is_empty());
    app.end().await;
}

/// Somewhere alerts are posted to.
async fn operator_of_the_shop() -> (String, mpsc::UnboundedReceiver<Value>) {
    let (alerts, received) = mpsc::unbounded_channel();
    let receive = move |axum::Json(alert): axum::Json<Value>| {
        alerts.send(alert).ok();
        std::future::ready(())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/alerts", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/alerts", axum::routing::post(receive));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, received)
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_bodies_of_independent_clients_are_taken_and_worked_through() {
    let (url, mut alerts) = operator_of_the_shop().await;
    let app = AppOptions::scripted(vec![says("Olá!")])
        .with(|settings| {
            set(&mut settings.channels.whatsapp);
            settings.alerts.webhook_url = url;
        })
        .start()
        .await;
    let account = |field: &str, value: Value| body(field, value);
    let news = [
        account("account_update", json!({"phone_number": "551140028922", "event": "VERIFIED_ACCOUNT"})),
        account(
            "message_template_status_update",
            json!({"event": "APPROVED", "message_template_id": 1, "message_template_name": "a", "message_template_language": "pt_BR", "reason": null}),
        ),
        account(
            "phone_number_quality_update",
            json!({"display_phone_number": DISPLAY, "event": "FLAGGED", "current_limit": "TIER_10K"}),
        ),
        account(
            "history",
            json!({"metadata": metadata(), "history": [{"metadata": {"phase": 0, "chunk_order": 1, "progress": 50}, "threads": [{"id": JOANA, "messages": [{"from": JOANA, "id": "wamid.H", "timestamp": "1739230955", "type": "text", "text": {"body": "antiga"}, "history_context": {"status": "READ"}}]}]}]}),
        ),
        account(
            "smb_app_state_sync",
            json!({"metadata": metadata(), "state_sync": [{"type": "contact", "contact": {"full_name": "Ana", "phone_number": JOANA}, "action": "add", "metadata": {"timestamp": "1"}}]}),
        ),
        account(
            "security",
            json!({"display_phone_number": DISPLAY, "event": "PIN_CHANGED", "requester": "1"}),
        ),
        account("tomorrow", json!({"anything": [1, {"a": null}]})),
        json!({"object": "whatsapp_business_account", "entry": []}),
        account(
            "messages",
            json!({"metadata": metadata(), "errors": [{"code": 131_042, "title": "Business eligibility payment issue"}]}),
        ),
        json!({"object": "page", "entry": [{"id": "1", "time": 1, "messaging": [{}]}]}),
    ];
    for body in &news {
        post(&app.door.base, body).await;
    }
    settled(&app).await;
    assert!(conversations(&app).await.is_empty(), "nobody said anything");
    // What needs somebody is told to whoever sees to it, and only that.
    let mut told = Vec::new();
    while told.len() < 3 {
        told.push(alerts.recv().await.unwrap()["text"].as_str().unwrap().to_owned());
    }
    for expected in ["is flagged: TIER_10K", "pin_changed", "131042"] {
        assert!(told.iter().any(|told| told.contains(expected)), "{expected}: {told:?}");
    }
    let said = [
        of_joana(
            "wamid.1",
            json!({"type": "ephemeral", "errors": [{"code": 131_051, "title": "Unsupported message type", "details": "x"}]}),
        ),
        of_joana(
            "wamid.2",
            json!({"type": "text", "text": {"body": "oi", "extra": {}}, "errors": [{"code": 1}], "new_field": [[1]]}),
        ),
        of_joana(
            "wamid.3",
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{\"flow_token\":\"tk\",\"cidade\":\"Campinas\",\"itens\":[\"a\",\"b\"]}"}}}),
        ),
        of_joana(
            "wamid.4",
            json!({"type": "contacts", "contacts": [{"birthday": "1980-01-31", "name": {"first_name": "Rui"}, "addresses": [{"city": "Rio"}], "vcard": "x"}]}),
        ),
    ];
    post(&app.door.base, &messages(&said)).await;
    let status = json!({"id": "wamid.Z", "status": "sent", "timestamp": "1795363302", "recipient_id": JOANA,
        "conversation": {"id": "c0ffee", "expiration_timestamp": 1_795_622_400, "origin": {"type": "utility"}},
        "pricing": {"billable": true, "pricing_model": "CBP", "category": "utility"}, "errors": []});
    post(&app.door.base, &body("messages", json!({"metadata": metadata(), "statuses": [status]}))).await;
    settled(&app).await;
    let log = log(&app).await;
    let texts: Vec<&str> = log
        .iter()
        .filter(|message| message["role"] == "customer")
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        texts,
        [
            "[mensagem que não aparece aqui: ephemeral]",
            "oi",
            "[formulário preenchido]\ncidade: Campinas\nitens: a, b",
            "[contato: Rui, nascimento 1980-01-31]",
        ]
    );
    let stores = app.stores().await;
    until("everything is answered", || async {
        stores.turns.due(Timestamp::MAX, 1).await.unwrap().is_empty().then_some(())
    })
    .await;
    // No Meta is there to take the answers: that is told in its own time.
    let told = std::iter::from_fn(|| alerts.try_recv().ok());
    let others: Vec<_> = told.filter(|alert| alert["event"] != "given_up").collect();
    assert!(others.is_empty(), "nothing else needs anybody: {others:?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advertisement_is_remembered_first_and_last() {
    let app = behind(vec![says("Oi!"), says("Oi de novo!"), says("Sim.")]).await;
    let ad = |id: &str, referral: &str| {
        let part = json!({"type": "text", "text": {"body": "Oi! Vi o anúncio?"}, "referral": {"source_type": "ad", "source_id": referral, "ctwa_clid": "Aff"}});
        messages(&[of_joana(id, part)])
    };
    post(&app.door.base, &ad("wamid.1", "1")).await;
    talked(&app, 2).await;
    post(&app.door.base, &ad("wamid.2", "2")).await;
    talked(&app, 4).await;
    post(&app.door.base, &said("wamid.3", "e agora?")).await;
    talked(&app, 6).await;
    let conversation = &conversations(&app).await[0];
    let path = format!("/conversations/{}", conversation["id"].as_str().unwrap());
    let metadata = operator(&app, Method::GET, &path, json!({})).await["metadata"].clone();
    assert_eq!(
        (&metadata["referral"]["source_id"], &metadata["last_referral"]["source_id"]),
        (&json!("1"), &json!("2"))
    );
    app.end().await;
}

/// A business whose interview is begun by ads.
async fn advertised() -> TestApp {
    let interview = include_str!("../../../prompts/interviews/projeto.toml")
        .replacen("campaigns = [", "ads = [\"1203*\"]\ncampaigns = [", 1)
        .replacen("id = \"vertical\"\n", "id = \"vertical\"\nvisits = [\"1203*\"]\n", 1);
    AppOptions::new(Brain::BuiltIn)
        .with(|settings| set(&mut settings.channels.whatsapp))
        .file("prompts/interviews/projeto.toml", &interview)
        .start()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advertisement_that_brings_a_customer_back_begins_its_interview() {
    let app = advertised().await;
    post(&app.door.base, &said("wamid.1", "Vocês abrem no sábado?")).await;
    talked(&app, 2).await;
    let id: ConversationId = conversations(&app).await[0]["id"].as_str().unwrap().parse().unwrap();
    let interviews = app.stores().await.interviews;
    assert!(interviews.newest_in(id).await.unwrap().is_none());
    let part = json!({"type": "text", "text": {"body": "Olá! Queria mais informações."}, "referral": {"source_type": "ad", "source_id": "120330"}});
    post(&app.door.base, &messages(&[of_joana("wamid.2", part)])).await;
    talked(&app, 4).await;
    let begun = interviews.newest_in(id).await.unwrap().expect("the ad begins it").state;
    assert_eq!(begun.rule, StartRule::Ad("120330".to_owned()));
    post(&app.door.base, &said("wamid.3", "agora não quero responder nada disso, obrigada")).await;
    talked(&app, 6).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advertisement_begins_the_interview_it_was_made_for_and_answers_what_it_says() {
    let app = advertised().await;
    let referral =
        json!({"source_type": "ad", "source_id": "120330", "ctwa_clid": "Aff-1", "headline": "Jardins"});
    let part = json!({"type": "text", "text": {"body": "Olá! Tenho interesse e queria mais informações."}, "referral": referral});
    let mut post_next = messages(&[of_joana("wamid.0", part)]);
    let interviews = app.stores().await.interviews;
    let mut state = None;
    for number in 1..12 {
        post(&app.door.base, &post_next).await;
        talked(&app, 2 * number).await;
        let id: ConversationId = conversations(&app).await[0]["id"].as_str().unwrap().parse().unwrap();
        let now = interviews.newest_in(id).await.unwrap().expect("the ad begins it").state;
        let asked = now.open_question().and_then(|question| question.fields.first()).cloned();
        assert_ne!(asked.as_deref(), Some("need"), "the ad says what it is about");
        let words = match asked.as_deref() {
            Some("budget") => "uns 6 mil",
            Some("postal_code") => "05422-010",
            Some("name") => "Joana Reis, joana@example.com",
            Some(_) => "prefiro não dizer",
            None => "sim",
        };
        post_next = said(&format!("wamid.{number}"), words);
        let is_over = !now.is_open();
        state = Some(now);
        if is_over {
            break;
        }
    }
    let state = state.unwrap();
    assert_eq!(state.rule, StartRule::Ad("120330".to_owned()));
    assert_eq!(state.answers["need"].origin, AnswerOrigin::Channel);
    assert_eq!(state.standing.as_str(), "completed");
    let events = app.stores().await.conversations.recent_events(state.conversation, 500).await.unwrap();
    let saved = events.iter().find_map(|event| match &event.body {
        EventBody::ToolFinished { call, .. } if call.name == "lead_save" => Some(call.arguments.clone()),
        _ => None,
    });
    let origin = saved.expect("it is passed on")["origin"].clone();
    assert_eq!((&origin["ad"], &origin["click_ids"]["ctwa_clid"]), (&json!("120330"), &json!("Aff-1")));
    app.end().await;
}
