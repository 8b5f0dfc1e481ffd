//! Who is heard, and who is taken for a program.

use super::*;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::Button;
use uuid::Uuid;

fn message(role: Role, text: &str, second: i64) -> Message {
    Message::new(MessageId(Uuid::nil()), role, text.to_owned(), at(second))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn log(messages: Vec<Message>) -> Vec<Event> {
    (1..)
        .zip(messages)
        .map(|(seq, message)| Event {
            conversation: ConversationId(Uuid::nil()),
            seq,
            turn: None,
            at: message.created_at,
            body: EventBody::Message(message),
        })
        .collect()
}

#[test]
fn a_whole_message_that_wants_no_more_is_heard() {
    for text in [
        "sair",
        "SAIR!",
        " Stop. ",
        "Não quero mais",
        "nao quero mais!!",
        "descadastrar",
        "Parar",
        "unsubscribe",
        "cancelar",
    ] {
        assert_eq!(wish(text, None, None), Some(Wish::Out), "{text}");
    }
    for text in ["voltar", "START", "Quero receber"] {
        assert_eq!(wish(text, None, None), Some(Wish::In), "{text}");
    }
    for text in [
        "quero sair às 18h",
        "pode parar no portão?",
        "cancelar meu pedido",
        "não quero mais o vaso azul",
        "",
        "👍",
        "stop motion",
        "quero cancelar a consulta de amanhã",
        "sair sair",
    ] {
        assert_eq!(wish(text, None, None), None, "{text}");
    }
}

#[test]
fn a_word_that_answers_a_question_is_the_answer() {
    let buttons = vec![Button { label: "Cancelar".to_owned(), value: "cancelar".to_owned() }];
    let asked = Message { buttons, ..message(Role::Assistant, "Confirma ou cancela?", 0) };
    for text in ["cancelar", "parar", "sair", "voltar"] {
        assert_eq!(wish(text, None, Some(&asked)), None, "{text}");
    }
    for text in ["stop", "descadastrar", "não quero mais receber mensagens"] {
        assert_eq!(wish(text, None, Some(&asked)), Some(Wish::Out), "{text}");
    }
    let told = message(Role::Assistant, "Posso ajudar em mais alguma coisa?", 0);
    assert_eq!(wish("parar", None, Some(&told)), Some(Wish::Out));
}

#[test]
fn a_template_button_says_it_by_its_payload() {
    assert_eq!(wish("Chega de ofertas", Some("STOP_PROMO"), None), Some(Wish::Out));
    assert_eq!(wish("Ver ofertas", Some("STOPPED"), None), None);
    assert_eq!(wish("Confirmar", Some("CONFIRMA_77"), None), None);
}

/// Our words and an answer to them, `pause` seconds later, over and over.
fn exchange(times: i64, pause: i64, answer: impl Fn(i64) -> String) -> (Vec<Event>, String, Timestamp) {
    let mut messages = Vec::new();
    for turn in 0..times {
        messages.push(message(Role::Customer, &answer(turn), 60 * turn));
        messages.push(message(Role::Assistant, "Posso ajudar?", 60 * (turn + 1) - pause));
    }
    (log(messages), answer(times), at(60 * times))
}

#[test]
fn whoever_answers_at_once_in_the_same_words_is_a_program() {
    let robot = |turn: i64| {
        format!("Olá! Sou o assistente da Loja Tal, protocolo {turn}. Como posso ajudar você hoje?")
    };
    let (events, text, now) = exchange(6, 2, robot);
    assert!(is_loop(&events, &text, now));
    let (events, text, now) = exchange(5, 2, robot);
    assert!(!is_loop(&events, &text, now), "not yet");
    let (events, text, now) = exchange(8, 20, robot);
    assert!(!is_loop(&events, &text, now), "somebody who takes their time");
    let person = |turn: i64| {
        ["Oi", "Tem samambaia?", "Quanto custa?", "E o frete?", "Pode ser amanhã", "Sim", "Obrigada"]
            [usize::try_from(turn).unwrap() % 7]
            .to_owned()
    };
    let (events, text, now) = exchange(8, 2, person);
    assert!(!is_loop(&events, &text, now), "somebody who is quick");
}

#[test]
fn nobody_reads_so_much_in_ten_minutes() {
    let ours = |count: i64, every: i64| {
        log((0..count).map(|turn| message(Role::Assistant, "Olá", turn * every)).collect())
    };
    assert!(is_loop(&ours(25, 10), "oi", at(300)));
    assert!(!is_loop(&ours(24, 10), "oi", at(300)));
    assert!(!is_loop(&ours(60, 60), "oi", at(3_600)), "over an hour");
    assert!(!is_loop(&[], "oi", at(0)));
}

#[test]
fn the_newest_message_tells_whether_somebody_was_told() {
    let kept = |kept| Message { kept, ..message(Role::Customer, "oi", 0) };
    let events = log(vec![kept(Some(Kept::Loop)), message(Role::Assistant, "x", 1)]);
    assert!(was_kept_for(&events, Kept::Loop) && !was_kept_for(&events, Kept::Late));
    let events = log(vec![kept(Some(Kept::Loop)), kept(None)]);
    assert!(!was_kept_for(&events, Kept::Loop));
}
