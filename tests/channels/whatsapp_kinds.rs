//! More than words: links, files, requests, forms and signs that people of the business send, and those that the program
//! sends of itself.

use crate::support::app::{AppOptions, Brain, TestApp, says};
use crate::support::meta::{Act, Customer, FakeMeta};
use crate::support::whatsapp::{conversations, history, operator, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn behind(meta: &FakeMeta, options: AppOptions) -> TestApp {
    let app = options.with(|settings| meta.set(&mut settings.channels.whatsapp)).start().await;
    meta.knows(&app);
    app
}

/// A conversation in which Ana has written and was answered; and the id of what she wrote.
async fn talked(meta: &FakeMeta, app: &TestApp) -> (String, String) {
    meta.tells(Customer::ana().writes("wamid.1", "oi, tudo bem?")).await;
    meta.taken(1).await;
    let conversation = conversations(app).await.remove(0)["id"].clone();
    let said = history(app, &conversation).await.remove(0)["id"].clone();
    (conversation.as_str().unwrap().to_owned(), said.as_str().unwrap().to_owned())
}

const PDF: &[u8] = b"%PDF-1.4 o contrato";

/// Puts a file with Meta, to be sent.
async fn place(app: &TestApp, conversation: &str, bytes: &[u8]) -> Value {
    let answer = put(app, conversation, bytes).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    answer.json().await.unwrap()
}

async fn put(app: &TestApp, conversation: &str, bytes: &[u8]) -> reqwest::Response {
    let path = format!("/api/v1/conversations/{conversation}/files");
    app.door.operator(Method::POST, &path).body(bytes.to_vec()).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sends_every_kind_and_meta_takes_it() {
    let meta = FakeMeta::start([]).await;
    let app = behind(&meta, AppOptions::scripted(vec![says("Olá! Como posso ajudar?")])).await;
    let (conversation, said) = talked(&meta, &app).await;
    let path = format!("/conversations/{conversation}/send");
    let contract = place(&app, &conversation, PDF).await;
    assert_eq!(
        (&contract["type"], &contract["mime_type"], &contract["bytes"]),
        (&json!("document"), &json!("application/pdf"), &json!(PDF.len()))
    );
    let song = place(&app, &conversation, b"OggS\0\x02").await;
    assert_eq!(song["type"], "audio");
    assert_eq!(meta.placed()[0], ("application/pdf".to_owned(), PDF.to_vec()));
    for (count, (text, attachment, kind, logged)) in (2..).zip([
        (
            "Pague aqui",
            json!({"type": "link", "label": "Pagar", "url": "https://exemplo.com.br/p/1"}),
            "cta_url",
            "Pague aqui",
        ),
        ("Onde você está?", json!({"type": "location_request"}), "location_request_message", "Onde você está?"),
        ("Qual o seu telefone?", json!({"type": "contact_request"}), "request_contact_info", "Qual o seu telefone?"),
        (
            "Preencha",
            json!({"type": "flow", "id": "6660001", "label": "Abrir", "screen": "INICIO", "data": {"nome": "Ana"}}),
            "flow",
            "Preencha",
        ),
        ("", json!({"type": "image", "link": "https://exemplo.com.br/a.jpg", "caption": "Foto"}), "image", "Foto"),
        ("", json!({"type": "document", "id": contract["id"], "file_name": "contrato.pdf"}), "document", "[documento: contrato.pdf]"),
        ("", json!({"type": "audio", "id": song["id"]}), "audio", "[áudio]"),
        ("", json!({"type": "reaction", "to": said, "emoji": "👍"}), "reaction", "[reagiu com 👍]"),
    ]) {
        operator(&app, Method::POST, &path, json!({"text": text, "attachment": attachment})).await;
        let taken = meta.taken(count).await.pop().unwrap();
        assert_eq!(taken.kind(), kind);
        if kind == "reaction" {
            assert_eq!(taken.body["reaction"], json!({"message_id": "wamid.1", "emoji": "👍"}));
        }
        let newest = history(&app, &json!(conversation)).await.pop().unwrap();
        assert_eq!((&newest["role"], &newest["text"]), (&json!("human"), &json!(logged)));
        assert_eq!(newest["attachment"]["type"], attachment["type"]);
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_would_refuse_is_refused_before() {
    let meta = FakeMeta::start([]).await;
    let app = behind(&meta, AppOptions::scripted(vec![says("Olá! Como posso ajudar?")])).await;
    let (conversation, _) = talked(&meta, &app).await;
    let send = async |conversation: &str, body: &Value| {
        let path = format!("/api/v1/conversations/{conversation}/send");
        app.door.operator(Method::POST, &path).json(body).send().await.unwrap().status()
    };
    for (text, attachment) in [
        ("", json!({"type": "link", "label": "Pagar", "url": "https://exemplo.com.br"})),
        (
            "Pague",
            json!({"type": "link", "label": "um rótulo longo demais", "url": "https://exemplo.com.br"}),
        ),
        ("Pague", json!({"type": "link", "label": "Pagar", "url": "javascript:alert(1)"})),
        ("", json!({"type": "image"})),
        ("com palavras", json!({"type": "image", "id": "1"})),
        ("", json!({"type": "reaction", "to": uuid::Uuid::nil(), "emoji": "👍"})),
        ("", json!({"type": "poll"})),
    ] {
        let status = send(&conversation, &json!({"text": text, "attachment": attachment})).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY || status == StatusCode::BAD_REQUEST, "{status}");
    }
    let mut huge = b"\xFF\xD8\xFF".to_vec();
    huge.resize(5_000_001, 0);
    for bytes in [&b"MZ\x90\0"[..], b"GIF89a", b"", &huge] {
        let answer = put(&app, &conversation, bytes).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert!(meta.placed().is_empty());
    // The page shows words alone.
    let visitor = app.talk().await;
    let link = json!({"text": "Pague", "attachment": {"type": "link", "label": "Pagar", "url": "https://exemplo.com.br"}});
    assert_eq!(send(&visitor.id.to_string(), &link).await, StatusCode::CONFLICT);
    assert_eq!(put(&app, &visitor.id.to_string(), PDF).await.status(), StatusCode::CONFLICT);
    assert_eq!(meta.taken(1).await.len(), 1, "nothing of it has left");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_that_is_refused_becomes_words() {
    let meta = FakeMeta::start([Act::Take, Act::Refuse(131_009)]).await;
    let app = behind(&meta, AppOptions::scripted(vec![says("Olá! Como posso ajudar?")])).await;
    let (conversation, _) = talked(&meta, &app).await;
    let link = json!({"type": "link", "label": "Pagar", "url": "https://exemplo.com.br/p/1"});
    let path = format!("/conversations/{conversation}/send");
    operator(&app, Method::POST, &path, json!({"text": "Pague aqui", "attachment": link})).await;
    let taken = meta.taken(2).await.pop().unwrap();
    assert_eq!((taken.kind(), taken.text()), ("text", "Pague aqui\nhttps://exemplo.com.br/p/1"));
    assert_eq!(meta.refusals(), [131_009]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hides_their_number_is_asked_for_it_where_it_is_needed() {
    let meta = FakeMeta::start([]).await;
    // The shop's interview, only that it asks for a number in the place of an e-mail address.
    let interview = include_str!("../../prompts/interviews/projeto.toml")
        .replace("with = \"email\"\n", "")
        .lines()
        .filter(|line| !line.starts_with("ask_with = { \"pt-BR\" = \"Me diga o seu nome e o seu e-mail"))
        .map(|line| format!("{line}\n"))
        .collect::<String>()
        .replace("kind = \"email\"", "kind = \"phone\"")
        .replace("saves_to = \"email\"", "saves_to = \"phone\"");
    let options = AppOptions::new(Brain::BuiltIn).file("prompts/interviews/projeto.toml", &interview);
    let app = behind(&meta, options).await;
    let bia = Customer::bia_hidden();
    let mut asked = None;
    for (number, line) in
        ["quero um orçamento de jardim vertical", "uns 6 mil", "05422-010", "Bia Lima"].iter().enumerate()
    {
        meta.tells(bia.writes(&format!("wamid.{number}"), line)).await;
        let newest = meta.taken(number + 1).await.pop().unwrap();
        if newest.kind() == "request_contact_info" {
            asked = Some((number + 1, newest));
            break;
        }
    }
    let (count, _) = asked.expect("the interview asks for her number by WhatsApp's own means");
    let card = json!({"name": {"formatted_name": "Bia"}, "phones": [{"phone": "+55 11 98765-0009", "wa_id": "5511987650009"}],
        "origin": "contact_request"});
    meta.tells(bia.says("wamid.card", &json!({"type": "contacts", "contacts": [card]}))).await;
    meta.taken(count + 1).await;
    let conversation = conversations(&app).await.remove(0);
    let id = conversation["id"].as_str().unwrap().to_owned();
    let phone = until("her number is on file", || async {
        let detail = operator(&app, Method::GET, &format!("/conversations/{id}"), json!({})).await;
        detail["contact"]["phone"].as_str().map(str::to_owned)
    })
    .await;
    assert_eq!(phone, "+5511987650009");
    app.end().await;
}
