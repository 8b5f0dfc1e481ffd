//! A lead who writes to the whole program, without any hosted model: interviewed, kept as a row, passed on.

use crate::support::app::{AppOptions, Brain};
use balcao::domain::ids::ConversationId;
use balcao::domain::interview::{InterviewState, Manner, Standing};

/// What a cooperative lead says to a question.
fn reply(state: &InterviewState) -> &'static str {
    let Some(question) = state.open_question() else { return "sim" };
    match question.manner {
        Manner::Summary | Manner::Confirm | Manner::Correct | Manner::Consent => return "sim",
        Manner::Booking => return "não, obrigada",
        Manner::Ask | Manner::Again => {}
    }
    match question.fields.first().map(String::as_str) {
        Some("need") => "jardim vertical",
        Some("budget") => "8 mil reais",
        Some("name") => "Rita Prado",
        Some("email") => "rita.prado@example.com",
        Some("phone") => "11 95555-0188",
        Some("postal_code") => "01310-100",
        Some("deadline" | "when") => "até o fim do mês que vem",
        _ => "prefiro não dizer",
    }
}

#[tokio::test]
async fn a_lead_is_interviewed_kept_and_passed_on() {
    let mut app = AppOptions::new(Brain::BuiltIn).start().await;
    let mut talk = app.talk().await;
    talk.say("Oi! Quero um orçamento de jardim vertical").await;
    let id: ConversationId = talk.id.parse().unwrap();
    let stores = app.stores().await;
    let mut state = stores.interviews.newest_in(id).await.unwrap().expect("it began").state;
    assert_eq!(state.name, "projeto");
    let mut said = 0;
    while !matches!(state.standing, Standing::Ended(_)) {
        assert!(said < 15, "it has no end: {state:#?}");
        said += 1;
        if said == 2 {
            app.restart().await;
            talk.again(&app.door).await;
        }
        talk.say(reply(&state)).await;
        let record = stores.interviews.newest_in(id).await.unwrap().unwrap();
        assert_eq!(record.state.id, state.id, "it is one interview");
        state = record.state;
    }
    assert!(state.passed_on, "{state:#?}");
    let conversation = stores.conversations.get(id).await.unwrap().unwrap();
    let contact = stores.contacts.get(conversation.contact).await.unwrap().unwrap();
    assert!(contact.tags.iter().any(|tag| tag == "vertical"), "{contact:#?}");
    let notes = stores.backoffice.notes(conversation.contact, 5).await.unwrap();
    assert_eq!(notes.len(), 1);
    app.end().await;
}
