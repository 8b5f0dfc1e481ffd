//! What the program does before any model: who is late, who wants no more, who is a program, and who has the
//! conversation.

use crate::support::app::{AppOptions, TestApp, says};
use crate::support::whatsapp::{
    JOANA, JOANA_ID, ago, body, conversations, history, messages, metadata, now, of_joana, operator, post,
    said, set, settled, talked, words,
};
use balcao::domain::ids::ContactId;
use balcao::llm::scripted::Reply;
use reqwest::Method;
use serde_json::{Value, json};

async fn behind(replies: Vec<Reply>) -> TestApp {
    AppOptions::scripted(replies).with(|settings| set(&mut settings.channels.whatsapp)).start().await
}

fn pair(role: &str, text: &str) -> (String, String) {
    (role.to_owned(), text.to_owned())
}

async fn told(app: &TestApp, body: &Value) {
    post(&app.door.base, body).await;
    settled(app).await;
}

async fn only(app: &TestApp) -> Value {
    let talks = conversations(app).await;
    assert_eq!(talks.len(), 1, "{talks:#?}");
    talks[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_too_late_is_kept_and_not_answered_as_if_it_were_new() {
    let app = behind(vec![says("Claro!")]).await;
    let mut late = words("wamid.1", "Quanto custa?");
    late["timestamp"] = ago(3_700).into();
    told(&app, &messages(&[late])).await;
    let kept = history(&app, &only(&app).await["id"]).await;
    assert_eq!((kept.len(), &kept[0]["kept"]), (1, &json!("late")));
    let said_at: jiff::Timestamp = kept[0]["created_at"].as_str().unwrap().parse().unwrap();
    assert!((said_at.as_second() - ago(3_700).parse::<i64>().unwrap()).abs() < 60, "when it was said");
    // Who writes again is answered.
    post(&app.door.base, &said("wamid.2", "E então?")).await;
    talked(&app, 3).await;
    app.end().await;
}

async fn consent(app: &TestApp) -> (Option<bool>, Vec<(bool, String)>) {
    let contact: ContactId = only(app).await["contact_id"].as_str().unwrap().parse().unwrap();
    let contacts = app.stores().await.contacts;
    let records = contacts.consents(contact).await.unwrap();
    let records = records.into_iter().map(|record| (record.agreed, record.words)).collect();
    (contacts.get(contact).await.unwrap().unwrap().marketing_consent, records)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_more_messages_is_heard_once_and_answered_when_they_write() {
    let app = behind(vec![says("Certo!"), says("Claro!")]).await;
    post(&app.door.base, &said("wamid.1", "Quero sair às 18h, dá tempo?")).await;
    talked(&app, 2).await;
    assert_eq!(consent(&app).await, (None, Vec::new()), "a word in a sentence");
    let mut stop = words("wamid.2", "SAIR!");
    stop["timestamp"] = ago(30).into();
    let stop = messages(&[stop]);
    told(&app, &stop).await;
    told(&app, &stop).await;
    let all = talked(&app, 4).await;
    assert!(all[3].0 == "system" && all[3].1.starts_with("Pronto, você não recebe mais"), "{all:#?}");
    assert_eq!(consent(&app).await, (Some(false), vec![(false, "SAIR!".to_owned())]));
    post(&app.door.base, &said("wamid.3", "Ainda tem samambaia?")).await;
    assert_eq!(talked(&app, 6).await[5], pair("assistant", "Claro!"));
    told(&app, &messages(&[words("wamid.4", "voltar")])).await;
    assert!(talked(&app, 8).await[7].1.starts_with("Combinado"));
    assert_eq!(consent(&app).await.0, Some(true));
    // The first word again, as Meta posts it for days: it was heard already.
    told(&app, &stop).await;
    assert_eq!(consent(&app).await.0, Some(true));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_of_a_template_and_whatsapps_own_settings_say_it_too() {
    let app = behind(Vec::new()).await;
    let button = json!({"type": "button", "button": {"payload": "STOP_PROMO", "text": "Não quero mais"}, "timestamp": ago(50)});
    told(&app, &messages(&[of_joana("wamid.1", button)])).await;
    assert_eq!(consent(&app).await.0, Some(false));
    let preference = |value: &str, at: String| {
        let said = json!({"wa_id": JOANA, "user_id": JOANA_ID, "category": "marketing_messages", "value": value, "timestamp": at.parse::<i64>().unwrap()});
        body("user_preferences", json!({"metadata": metadata(), "user_preferences": [said]}))
    };
    told(&app, &preference("resume", ago(20))).await;
    assert_eq!(consent(&app).await.0, Some(true));
    told(&app, &preference("stop", ago(40))).await;
    assert_eq!(consent(&app).await.0, Some(true), "what is older comes later and counts less");
    told(&app, &preference("stop", ago(10))).await;
    assert_eq!(consent(&app).await.0, Some(false));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_answers_on_the_phone_takes_the_conversation() {
    let slow = Reply { delay_ms: 60_000, ..says("tarde demais") };
    let app = behind(vec![slow]).await;
    post(&app.door.base, &said("wamid.1", "Tem alguém aí?")).await;
    while app.model().requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let echo = json!({"from": "551140028922", "to": JOANA, "id": "wamid.E1", "timestamp": now(), "type": "text", "text": {"body": "Oi, aqui é a Bia!"}});
    let echo = body("smb_message_echoes", json!({"metadata": metadata(), "message_echoes": [echo]}));
    told(&app, &echo).await;
    told(&app, &echo).await;
    told(&app, &said("wamid.2", "Oi, Bia!")).await;
    let expected = [
        pair("customer", "Tem alguém aí?"),
        pair("human", "Oi, aqui é a Bia!"),
        pair("customer", "Oi, Bia!"),
    ];
    assert_eq!(talked(&app, 3).await, expected);
    let talk = only(&app).await;
    assert_eq!((&talk["owner"], &talk["owner_name"]), (&json!("person"), &json!("Equipe")));
    let back = format!("/conversations/{}/close", talk["id"].as_str().unwrap());
    operator(&app, Method::POST, &back, json!({"name": "Bia"})).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_has_is_watched_until_it_is_given_back() {
    let app = behind(vec![says("Olá!")]).await;
    let watched =
        json!({"metadata": metadata(), "standby": {"messages": [words("wamid.1", "A que horas abrem?")]}});
    told(&app, &body("standby", watched)).await;
    let talk = only(&app).await;
    assert_eq!((&talk["owner"], &talk["owner_name"]), (&json!("person"), &json!("WhatsApp")));
    assert_eq!(history(&app, &talk["id"]).await[0]["kept"], "observed");
    let given = json!({"metadata": metadata(), "type": "control_passed", "recipient": {"phone_number_id": "900100200300"}, "contacts": [{"wa_id": JOANA, "user_id": JOANA_ID}]});
    told(&app, &body("messaging_handovers", given)).await;
    assert_eq!(only(&app).await["owner"], "bot");
    post(&app.door.base, &said("wamid.2", "A que horas vocês abrem?")).await;
    let all = talked(&app, 4).await;
    assert_eq!(all[3], pair("assistant", "Olá!"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_on_the_other_side_is_not_answered_for_ever() {
    let replies = (0..7).map(|_| says("Posso ajudar?")).collect();
    let app = behind(replies).await;
    let mut answered = 0;
    // It answers at once, in much the same words.
    for turn in 0..40 {
        let text =
            format!("Olá! Sou o assistente da Loja Tal, protocolo {turn}. Como posso ajudar você hoje?");
        told(&app, &said(&format!("wamid.{turn}"), &text)).await;
        let log = history(&app, &only(&app).await["id"]).await;
        if log.last().unwrap()["kept"] == "loop" {
            break;
        }
        answered += 1;
        crate::support::whatsapp::until("an answer", || async {
            let log = history(&app, &only(&app).await["id"]).await;
            (log.last().unwrap()["role"] == "assistant").then_some(())
        })
        .await;
    }
    assert!((6..=7).contains(&answered), "{answered}");
    assert_eq!(7 - app.model().remaining(), answered);
    // The replies that were not needed are asked for by somebody else.
    for left in 0..app.model().remaining() {
        let mut talk = app.talk().await;
        talk.say(&format!("Oi, tudo bem {left}?")).await;
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_assistant_says_once_that_it_is_one_and_how_to_reach_a_person() {
    let introduction = "Sou o assistente virtual. Para falar com uma pessoa, é só pedir.";
    let app = AppOptions::scripted(vec![says("Abrimos às 9h."), says("Certo!")])
        .with(|settings| {
            set(&mut settings.channels.whatsapp);
            settings.channels.whatsapp.introduction = introduction.to_owned();
        })
        .start()
        .await;
    post(&app.door.base, &said("wamid.1", "A que horas vocês abrem?")).await;
    assert_eq!(talked(&app, 2).await[1].1, format!("{introduction}\n\nAbrimos às 9h."));
    post(&app.door.base, &said("wamid.2", "E até quando?")).await;
    assert_eq!(talked(&app, 4).await[3].1, "Certo!");
    app.end().await;
}
